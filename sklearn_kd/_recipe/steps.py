"""From the teacher's answers to the trained student, after ``preparation``."""

import warnings
from dataclasses import replace

import numpy as np
from sklearn.base import clone

from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._parameters import plain_number
from sklearn_kd._recipe.threshold import with_flags
from sklearn_kd._run.random import contained_draws
from sklearn_kd._tables.weights import in_rows
from sklearn_kd.students import fit_student, last_step
from sklearn_kd.targets import SoftTargets
from sklearn_kd.teachers import (
    Context,
    Knowledge,
    ask_booster,
    fit_booster,
    fit_calibrator,
    label_until,
    read_teacher_proba,
    smooth,
    teach,
    usable_memory,
)

#: Weight of the small booster beside teachers without out-of-sample predictions.
BOOSTER_WEIGHT = 0.2

#: Shares of a time limit after which no more synthetic and no more unlabelled rows are
#: labelled: encoding and training need the rest.
LABELLING_SHARE, UNLABELED_SHARE = 0.4, 0.5


def wants_held_out(distilled, sampler):
    """Say whether out-of-sample answers are needed, or may be: "auto"."""
    if not distilled.cross_fit:
        return False
    if distilled.calibration is not None:
        return True
    if sampler is None:
        return False
    return "auto" if distilled.cross_fit == "auto" else True


def make_context(distilled, seed, deadline):
    """Gather what the whole teacher stage shares."""
    return Context(
        distilled.memory,
        distilled.n_jobs,
        distilled.verbose,
        seed=None if distilled.random_state is None else seed,
        deadline=deadline,
    )


def ask_teachers(distilled, teachers, lesson, teacher_proba, *, context, **params):
    """Fit what is not fitted, ask about the labelled rows, and calibrate the answers.

    Returns
    -------
    Knowledge
        Whom to ask further.
    """
    if distilled.alpha == 0:
        return Knowledge()
    if teacher_proba is not None:
        return read_teacher_proba(teacher_proba, lesson)
    knowledge = teach(
        teachers.members,
        lesson,
        weights=teachers.weights,
        fit_params=teachers.fit_params,
        given_classes=distilled.teacher_classes,
        context=replace(context, memory=usable_memory(context.memory)),
        **params,
    )
    knowledge = with_flags(distilled, knowledge, lesson)
    method = distilled.calibration
    if method is None:
        return knowledge
    calibrate = fit_calibrator(method, knowledge.held_out_proba, lesson)
    return replace(knowledge, calibrate=calibrate)


def soft_targets(distilled, lesson, knowledge):
    """Gather the soft targets of the labelled rows, out-of-sample ones if there are.

    Returns
    -------
    SoftTargets or None
        None where no teacher was asked.
    """
    proba = knowledge.held_out_proba
    if proba is None:
        proba = knowledge.proba
    if proba is None:
        return None
    has_prediction = proba.sum(axis=1) > 0
    return SoftTargets(
        np.where(has_prediction[:, None], proba, knowledge.proba),
        lesson.classes,
        distilled.alpha,
        distilled.temperature,
        distilled.loss,
    )


def add_soft(soft, *parts):
    """Add soft targets to parts of the labelled rows, of which some may be None."""
    if soft is None:
        return parts
    return tuple(part and part.with_soft(soft) for part in parts)


def add_synthetic(distilled, train, validation, made, knowledge, lesson, seed):
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
    context, source = knowledge.context, made.source
    held_out = knowledge.choose_cross_fit(
        distilled.cross_fit, lesson, made.neighbors, train.origin, in_rows(train.weight)
    )
    answers = label_until(
        knowledge,
        made.X,
        train.origin[source],
        lesson.classes,
        held_out,
        LABELLING_SHARE,
        lesson.X,
    )
    proba, flagged = knowledge.calibrated(answers), knowledge.flagged(answers)
    X_new = _labelled_part(distilled, made.X, proba, "synthetic rows")
    source = source[: len(proba)]
    context.report(f"{len(proba)} synthetic rows labelled")
    weight = float(distilled.alpha) * train.weight[source]
    share = plain_number(distilled.booster_weight)
    if share == "auto":
        needed = knowledge.held_out_proba is None and context.deadline.left() > 0
        share = BOOSTER_WEIGHT if needed else 0
    booster = votes = None
    if share > 0:
        booster = fit_booster(
            train.X, train.y, train.weight, lesson.classes, seed, context
        )
        votes = ask_booster(booster, X_new, train.origin[source], lesson, context)
    if votes is not None:
        proba = smooth(proba, votes, share)
        train, validation = (
            rows
            and rows.with_proba(
                smooth(
                    rows.soft.proba,
                    booster.label(rows.X, lesson.classes, context),
                    share,
                )
            )
            for rows in (train, validation)
        )
    if knowledge.held_out_proba is None:
        train = train.keep_hard_term()
    made = _with_predictions("synthetic rows", X_new, proba, weight, flagged)
    return train.append(*made), validation


def add_unlabeled(distilled, train, X_unlabeled, knowledge, seed, weight_of_row):
    """Label the unlabelled rows and add them, with the soft term only."""
    if X_unlabeled is None:
        return train
    if knowledge.context.deadline.limited:
        order = np.random.default_rng(seed).permutation(num_samples(X_unlabeled))
        X_unlabeled = safe_indexing(X_unlabeled, order)
    whole = [False] * len(knowledge.asked)
    answers = label_until(
        knowledge, X_unlabeled, None, train.classes, whole, UNLABELED_SHARE
    )
    proba, flagged = knowledge.calibrated(answers), knowledge.flagged(answers)
    name = "rows of X_unlabeled"
    X_unlabeled = _labelled_part(distilled, X_unlabeled, proba, name)
    weight = np.full(len(proba), float(distilled.alpha) * weight_of_row)
    return train.append(*_with_predictions(name, X_unlabeled, proba, weight, flagged))


def _labelled_part(distilled, X, proba, name):
    """Cut off the rows that were not labelled in time."""
    n_rows = num_samples(X)
    if len(proba) == n_rows:
        return X
    warnings.warn(
        f"time_limit={float(distilled.time_limit):g}: {len(proba)} of {n_rows} {name} "
        "were labelled in time, and the student learns from these. Raise the limit, or "
        "pass fewer rows or transfer=MungeSampler(n_samples).",
        UserWarning,
        stacklevel=4,
    )
    return safe_indexing(X, slice(len(proba)))


def _with_predictions(name, X, proba, weight, flagged):
    """Leave out rows for which the teacher predicts none of our classes."""
    predicted = np.flatnonzero(proba.sum(axis=1) > 0)
    if len(predicted) == len(proba):
        return X, proba, weight, flagged
    warnings.warn(
        f"The teacher puts all mass on classes that are not in y for "
        f"{len(proba) - len(predicted)} of {len(proba)} {name}: they are left out.",
        UserWarning,
        stacklevel=4,
    )
    flagged = None if flagged is None else flagged[predicted]
    return safe_indexing(X, predicted), proba[predicted], weight[predicted], flagged


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
