"""From the teachers' predictions to the trained student, after ``preparation``."""

import time
from dataclasses import replace

import numpy as np
from sklearn.base import clone

from sklearn_kd._compat import safe_indexing
from sklearn_kd._estimators.parts import last_step
from sklearn_kd._messages import warn
from sklearn_kd._native import COMPILED
from sklearn_kd._run.budget import most_for_trees
from sklearn_kd._run.random import contained_draws
from sklearn_kd.students import fit_student
from sklearn_kd.teachers import count_trees, fit_calibrator
from sklearn_kd.transfer._draw import as_sampler, automatic_size

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
    soft = soft_term.of(outputs, rows.task)
    return tuple(part and part.with_soft(soft) for part in parts)


def fewer_where_dear(made, sampler, train, teachers, seed):
    """Take fewer synthetic rows where asking the teachers costs more than training.

    The work is counted, in trees, and not timed: the same rows are taken each time.
    A number of rows that the user has chosen stays.

    Returns
    -------
    TransferSet
        Of each labelled row about as many as of any other.
    """
    n_trees = sum(count_trees(one.teacher) for one in teachers.members)
    most = most_for_trees(n_trees)
    if (
        most is None
        or len(made) <= most
        or automatic_size(as_sampler(sampler), train.X) is None
    ):
        return made
    teachers.context.report(
        f"{n_trees} trees are asked for each row: {most} synthetic rows instead of "
        f"{len(made)}"
    )
    order = np.lexsort(
        [np.random.default_rng(seed).random(len(made)), occurrences(made.origin)]
    )
    return made.at(np.sort(order[:most]))


def occurrences(values):
    """Count for each of many integers how often it has occurred before."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    lengths = np.diff(np.r_[starts, len(values)])
    before = np.empty(len(values), dtype=np.intp)
    before[order] = np.arange(len(values)) - np.repeat(starts, lengths)
    return before


def kernel_of(context):
    """Say what has predicted for the teachers: see ``labelling_kernel_``."""
    kernel = COMPILED if COMPILED in context.kernels else None
    kernel = kernel or next(iter(context.kernels), None)
    if kernel is not None:
        context.report(f"Labelling kernel: {kernel}")
    return kernel


def label_synthetic(made, train, neighbors, real, teachers, out_of_sample):
    """Add the teachers' predictions to synthetic rows, as soft targets.

    Parameters
    ----------
    made : TransferSet
        The synthetic rows.
    train : TransferSet
        The rows that they were made from.
    neighbors : object
        As the sampler has them, for :meth:`Teachers.choose_out_of_sample`.
    real : {ndarray, DataFrame} of shape (n_samples, n_features)
        All labelled rows.
    teachers : Teachers
        Fitted.
    out_of_sample : bool or "auto"
        Whether the predictions are out of sample for the source of each row.

    Returns
    -------
    TransferSet
        Those that were labelled in time, and have a prediction.
    """
    context = teachers.context
    aside = teachers.choose_out_of_sample(out_of_sample, train, neighbors)
    outputs = teachers.label_until(LABELLING_SHARE, made, real, aside)
    made = _labelled_in_time(made, outputs, "synthetic rows", context)
    context.report(f"{len(made)} synthetic rows labelled")
    proba, flagged = teachers.calibrated(outputs), teachers.flagged(outputs)
    return _with_targets(made, proba, flagged, train.soft, "synthetic rows")


def pool_targets(train, validation, made, teachers, pool):
    """Pool the soft targets, and add the synthetic rows.

    Beside synthetic rows, training rows are kept where their soft targets are
    out-of-sample predictions of the teacher alone. Otherwise only their labels are
    kept, at the weight of the hard term: their soft targets would repeat the labels.

    Returns
    -------
    train, validation : TransferSet
        What to learn from, and what to be stopped by; the latter may be None.
    """
    if validation is not None and pool.members:
        validation = pool.over(validation, teachers.context)
    if made is None:
        return pool.over_train(train), validation
    if pool.members or teachers.out_of_sample_outputs(train.task) is None:
        train = train.keep_hard_term()
    return train.append(pool.over_made(made)), validation


def add_unlabelled(train, unlabelled, teachers, pool, seed):
    """Label the unlabelled rows and add them, with the pooled soft term only."""
    if unlabelled is None:
        return train
    context, name = teachers.context, "rows of X_unlabeled"
    if context.deadline.limited:
        order = np.random.default_rng(seed).permutation(len(unlabelled))
        unlabelled = unlabelled.with_rows(safe_indexing(unlabelled.X, order))
    outputs = teachers.label_until(UNLABELED_SHARE, unlabelled)
    unlabelled = _labelled_in_time(unlabelled, outputs, name, context)
    proba, flagged = teachers.calibrated(outputs), teachers.flagged(outputs)
    rows = _with_targets(unlabelled, proba, flagged, train.soft, name)
    return train.append(pool.over(rows, context))


def _labelled_in_time(rows, outputs, name, context):
    """Cut off the rows that were not labelled in time."""
    if len(outputs) == len(rows):
        return rows
    warn(
        f"time_limit={context.deadline.seconds:g}: {len(outputs)} of {len(rows)} "
        f"{name} were labelled in time, and the student learns from these. Raise the "
        "limit, or pass fewer rows or transfer=MungeSampler(n_samples).",
    )
    return rows.first(len(outputs))


def _with_targets(rows, outputs, flagged, soft, name):
    """Add predictions as soft targets, and leave rows without a prediction out."""
    predicted = rows.task.has_prediction(outputs)
    if not predicted.all():
        warn(
            f"The teacher puts all mass on classes that are not in y for "
            f"{int((~predicted).sum())} of {len(rows)} {name}: they are left out.",
        )
        rows, outputs = rows.take(predicted), outputs[predicted]
        flagged = None if flagged is None else flagged[predicted]
    return rows.predicted(outputs, soft, flagged)


def train_student(student, train, validation, seed, context):
    """Train a clone of the student in what time is left, or its own if that is less."""
    student, deadline = clone(student), context.deadline
    last = last_step(student)
    params = last.get_params(deep=False)
    if deadline.limited and "time_limit" in params:
        limits = [max(deadline.left(), 1e-3), params["time_limit"]]
        last.set_params(time_limit=min(filter(None, limits)))
    began = time.perf_counter()
    with context.progress.handed_to(last, "train"), contained_draws(seed, student):
        trained = fit_student(student, train, validation)
    context.report(
        f"student ({type(last).__name__}) trained on {len(train)} rows in "
        f"{time.perf_counter() - began:.1f} s"
    )
    return trained
