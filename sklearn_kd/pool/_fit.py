"""Fitting a pool: where there is one, its members, and what their weights are."""

import numpy as np
from scipy.sparse import issparse
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from sklearn_kd._messages import warn
from sklearn_kd._tables.taking import is_large
from sklearn_kd._tables.texts import is_text
from sklearn_kd.pool._fitted import FittedPool, whole
from sklearn_kd.pool._members import NAMES, fit_members
from sklearn_kd.pool._weights import (
    FEWEST,
    STRONG_RIDGE,
    center_of,
    fit_weights,
    least_share,
    share_of_labels,
)
from sklearn_kd.students import is_linear, split

#: Folds for the models of the labels, and the most rows with which there are any beside
#: synthetic rows.
FOLDS, MOST_FOLDED = 3, 20_000

#: Of more rows the members are fitted on a random sample; without synthetic rows there
#: are no members then, nor where the rows are too large to be copied.
MOST = 400_000

#: Share of the rows that stop the student on labels, where the student has none.
HELD = 0.1

#: A teacher with a smaller share of the pool adds nothing.
_NOTHING = 0.05


def fit_pool(pool, student, teachers, rows, train, validation, made, seed):
    """Fit the members of a pool on labels, and their weights.

    Parameters
    ----------
    pool : Pool
        Which members there are.
    student : estimator
        The student, seeded and not fitted.
    teachers : Teachers
        Fitted.
    rows : TransferSet
        All labelled rows.
    train, validation : TransferSet
        The labelled rows on either side of the student's split; the latter may be None.
    made : TransferSet or None
        The synthetic rows. Without any, the training rows keep their soft targets, and
        the members need folds.
    seed : int
        For the members and the folds.

    Returns
    -------
    FittedPool
        The pool; of the teacher alone where there are no members.

    Warns
    -----
    UserWarning
        Where the teacher has next to no weight.
    """
    context, task = teachers.context, rows.task
    if not (pool.booster or pool.student) or not _can_pool(teachers, rows.X):
        return FittedPool()
    rest, held = (train, validation) if validation else split(train, HELD, seed)
    of_teacher = teachers.out_of_sample_outputs(task)
    if made is not None:
        rest = _some(rest, seed)
    splits = None
    if made is None or (of_teacher is not None and len(rest) <= MOST_FOLDED):
        splits = _folds(rest, seed, context)
    if made is None and (
        splits is None or is_linear(student) or is_large(rows.X) or len(rest) > MOST
    ):
        return FittedPool()
    members = fit_members(pool, student, rest, held, made, rows.X, seed, context)
    if not members:
        return FittedPool()
    of_labelled = None
    if splits is not None:
        of_labelled = _predict_labelled(members, rest, held, splits, len(rows), context)
    parts = rest, held if held and len(held) >= FEWEST else None
    if of_teacher is None:
        outputs = teachers.calibrated(teachers.outputs)
        fitted = _beside_teacher(members, *parts, of_labelled, outputs, made, context)
    else:
        fitted = _with_teacher(members, *parts, of_labelled, of_teacher, context)
    _tell(fitted.shares, context)
    return fitted


def _with_teacher(members, rest, held, of_labelled, of_teacher, context):
    """Weigh a teacher by its out-of-sample predictions, and the members."""
    weights, spreads = center_of(members, with_teacher=True), None
    if of_labelled is not None:
        weights, spreads = fit_weights([rest, held], of_teacher, of_labelled, weights)
    elif held is not None:
        of_held = _predict_held(members, held, len(of_teacher), context)
        weights, spreads = fit_weights(
            [held], of_teacher, of_held, weights, ridge=STRONG_RIDGE
        )
    if spreads is None:
        spreads = np.ones(len(weights))
    shares = whole(weights * spreads, members)
    return FittedPool(members, weights, of_labelled=of_labelled, shares=shares)


def _beside_teacher(members, rest, held, of_labelled, outputs, made, context):
    """Weigh the members, and their part beside a teacher that is in no loss."""
    weights = center_of(members, with_teacher=False)
    of_held = of_labelled
    if held is not None and of_labelled is None:
        of_held = _predict_held(members, held, len(outputs), context)
        weights, _ = fit_weights([held], None, of_held, weights)
    elif of_labelled is not None:
        weights, _ = fit_weights([rest, held], None, of_labelled, weights)
    share, power = share_of_labels(members, weights, made)
    if held is not None:
        others = [each[held.origin] for each in of_held]
        of_teacher = outputs[held.origin]
        share = max(share, least_share(held, of_teacher, others, weights, power))
    parts = np.r_[1 - share, share * weights / max(weights.sum(), 1e-9)]
    return FittedPool(
        members, weights, share, power, of_labelled, whole(parts, members)
    )


def _can_pool(teachers, X):
    """Return whether there is a teacher to be pooled, and rows that members read."""
    if teachers.outputs is None or is_text(X) or issparse(X):
        return False
    if any(_is_pooled(one.teacher) for one in teachers.members):
        teachers.context.report("the teacher is pooled: there is no second pool")
        return False
    return True


def _some(rows, seed):
    """Draw rows for the members from very many."""
    if len(rows) <= MOST:
        return rows
    drawn = np.random.default_rng(seed).choice(len(rows), MOST, replace=False)
    return rows.at(np.sort(drawn))


def _is_pooled(teacher):
    """Return whether a teacher has learned from a pool: a chain pools once."""
    while not hasattr(teacher, "pool_weights_"):
        if isinstance(teacher, Pipeline):
            teacher = teacher.steps[-1][1]
        elif isinstance(teacher, FrozenEstimator):
            teacher = teacher.estimator
        else:  # of a search, or of a classifier with a threshold
            inner = getattr(teacher, "best_estimator_", None)
            inner = getattr(teacher, "estimator_", inner)
            if inner is None:
                return False
            teacher = inner
    shares = teacher.pool_weights_
    return bool(shares) and shares[NAMES[0]] < 1


def _folds(rows, seed, context):
    """Split rows for the models of the labels; None for no folds."""
    if context.deadline.limited:
        return None
    return rows.task.folds(rows.hard, rows.groups, FOLDS, seed)


def _predict_labelled(members, rest, held, splits, n_rows, context):
    """Predict the labelled rows out of sample: out-of-fold, or as validation rows."""
    if held is None:
        predicted = [None] * len(members)
    else:
        predicted = _predict_held(members, held, n_rows, context)
    for place, one in enumerate(members.values()):
        if predicted[place] is None:
            predicted[place] = np.zeros((n_rows, rest.task.n_outputs), rest.task.dtype)
        predicted[place][rest.origin] = one.out_of_fold(rest, splits, context)
    return predicted


def _predict_held(members, held, n_rows, context):
    """Predict validation rows, as rows of arrays for all labelled ones."""
    predicted = []
    for one in members.values():
        outputs = np.zeros((n_rows, held.task.n_outputs), held.task.dtype)
        outputs[held.origin] = one.label(held, context)
        predicted.append(outputs)
    return predicted


def _tell(shares, context):
    """Print the weights, and warn where the teacher has next to none."""
    parts = [f"{name} {share:.2f}" for name, share in shares.items()]
    context.report("weights in the pool: " + ", ".join(parts))
    of_teacher = shares[NAMES[0]]
    if of_teacher < _NOTHING:
        warn(
            f"The teacher's weight in the pool is {of_teacher:.2f}: on this table it "
            "adds next to nothing to what models of the labels predict, and the "
            'student learns from these. objective="fidelity" makes it learn from the '
            "teacher alone.",
        )
