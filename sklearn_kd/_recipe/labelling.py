"""From the teachers' predictions to the trained student, after ``preparation``."""

import warnings
from dataclasses import replace

import numpy as np
from sklearn.base import clone

from sklearn_kd._compat import safe_indexing
from sklearn_kd._estimators.parts import last_step
from sklearn_kd._parameters import plain_number
from sklearn_kd._run.random import contained_draws
from sklearn_kd.students import fit_student
from sklearn_kd.teachers import (
    fit_booster,
    fit_calibrator,
    label_by_booster,
    smooth,
)

#: Weight of the small booster beside teachers without out-of-sample predictions.
BOOSTER_WEIGHT = 0.2

#: Shares of a time limit after which no more synthetic and no more unlabelled rows are
#: labelled: encoding and training need the rest.
LABELLING_SHARE, UNLABELED_SHARE = 0.4, 0.5


def calibrated(teachers, method, rows):
    """Fit a calibrator on the out-of-sample predictions of the labelled rows."""
    if method is None or not teachers.members:
        return teachers
    outputs = teachers.out_of_sample_outputs(rows.task)
    return replace(teachers, calibrate=fit_calibrator(method, outputs, rows.hard))


def add_soft(teachers, rows, soft_term, *parts):
    """Add soft targets to parts of the labelled rows, of which some may be None.

    Without a teacher they have none.
    """
    outputs = teachers.soft_outputs(rows.task)
    if outputs is None:
        return parts
    soft = soft_term.of(outputs, rows.task.classes)
    return tuple(part and part.with_soft(soft) for part in parts)


def add_synthetic(
    train,
    validation,
    made,
    neighbors,
    real,
    teachers,
    cross_fit,
    booster_weight,
    seed,
):
    """Label the synthetic rows, and add them.

    Training rows with out-of-sample soft targets are kept. Otherwise their soft targets
    repeat the labels: they are dropped, and only the labels are kept, at the weight of
    the hard term.

    Returns
    -------
    train, validation : TransferSet
        Both with the booster's predictions averaged into their soft targets.
    """
    if made is None:
        return train, validation
    context, task = teachers.context, train.task
    out_of_sample = teachers.choose_cross_fit(cross_fit, train, neighbors)
    outputs = teachers.label_until(LABELLING_SHARE, made, real, out_of_sample)
    made = _labelled_in_time(made, outputs, "synthetic rows", context)
    context.report(f"{len(made)} synthetic rows labelled")
    proba, flagged = teachers.calibrated(outputs), teachers.flagged(outputs)
    without = teachers.out_of_sample_outputs(task) is None
    share = plain_number(booster_weight)
    if share == "auto":
        share = BOOSTER_WEIGHT if without and context.deadline.left() > 0 else 0
    booster = boosted = None
    if share > 0:
        booster = fit_booster(train, seed, context)
        boosted = label_by_booster(booster, made, real, context)
    if boosted is not None:
        proba = smooth(proba, boosted, share, task)
        train, validation = (
            part and _smoothed(part, booster, share, context)
            for part in (train, validation)
        )
    soft = train.soft
    if without:
        train = train.keep_hard_term()
    made = _with_targets(made, proba, flagged, soft, "synthetic rows")
    return train.append(made), validation


def _smoothed(rows, booster, share, context):
    """Average the booster's predictions into the soft targets of labelled rows."""
    boosted = booster.label(rows.X, rows.task, context)
    return rows.with_outputs(smooth(rows.soft.proba, boosted, share, rows.task))


def add_unlabelled(train, unlabelled, teachers, seed):
    """Label the unlabelled rows and add them, with the soft term only."""
    if unlabelled is None:
        return train
    context, name = teachers.context, "rows of X_unlabeled"
    if context.deadline.limited:
        order = np.random.default_rng(seed).permutation(len(unlabelled))
        unlabelled = unlabelled.with_rows(safe_indexing(unlabelled.X, order))
    outputs = teachers.label_until(UNLABELED_SHARE, unlabelled)
    unlabelled = _labelled_in_time(unlabelled, outputs, name, context)
    proba, flagged = teachers.calibrated(outputs), teachers.flagged(outputs)
    return train.append(_with_targets(unlabelled, proba, flagged, train.soft, name))


def _labelled_in_time(rows, outputs, name, context):
    """Cut off the rows that were not labelled in time."""
    if len(outputs) == len(rows):
        return rows
    warnings.warn(
        f"time_limit={context.deadline.seconds:g}: {len(outputs)} of {len(rows)} "
        f"{name} were labelled in time, and the student learns from these. Raise the "
        "limit, or pass fewer rows or transfer=MungeSampler(n_samples).",
        UserWarning,
        stacklevel=4,
    )
    return rows.first(len(outputs))


def _with_targets(rows, outputs, flagged, soft, name):
    """Add predictions as soft targets, and leave rows without a prediction out."""
    predicted = rows.task.has_prediction(outputs)
    if not predicted.all():
        warnings.warn(
            f"The teacher puts all mass on classes that are not in y for "
            f"{int((~predicted).sum())} of {len(rows)} {name}: they are left out.",
            UserWarning,
            stacklevel=4,
        )
        rows, outputs = rows.take(predicted), outputs[predicted]
        flagged = None if flagged is None else flagged[predicted]
    return rows.predicted(outputs, soft, flagged)


def train_student(student, train, validation, seed, deadline):
    """Train a clone of the student in what time is left, or its own if that is less."""
    student = clone(student)
    last = last_step(student)
    params = last.get_params(deep=False)
    if deadline.limited and "time_limit" in params:
        limits = [max(deadline.left(), 1e-3), params["time_limit"]]
        last.set_params(time_limit=min(filter(None, limits)))
    with contained_draws(seed, student):
        return fit_student(student, train, validation)
