"""The small booster on the labels: one of the members of a pool."""

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)

from sklearn_kd._estimators.parts import last_step
from sklearn_kd._run.budget import affordable_rows
from sklearn_kd._run.random import contained_draws, seed_unset
from sklearn_kd._run.twins import below_hooks
from sklearn_kd._tables.taking import read_rows
from sklearn_kd.teachers import (
    FittedTeacher,
    fit_teacher,
    small_booster,
    weights_for,
)

#: Share of a time limit after which it is neither fitted further nor used.
_SHARE = 0.5

#: What a booster is, whose rounds can be counted.
_BOOSTERS = HistGradientBoostingClassifier, HistGradientBoostingRegressor

#: Rounds between two looks at the clock.
_ADDED = 5


def booster_of(train, seed):
    """Make the booster for training rows, seeded and not fitted; None without one."""
    booster = small_booster(train.X, train.task, train.soft.loss)
    return booster and below_hooks(seed_unset(booster, seed))


def fit_booster(booster, train, seed, context):
    """Fit the booster on the rows that synthetic rows are made from.

    Parameters
    ----------
    booster : estimator
        From :func:`booster_of`.
    train : TransferSet
        The training rows, validation rows left out.
    seed : int
        Of what it draws.
    context : Context
        Cache, progress and deadline.

    Returns
    -------
    FittedTeacher or None
        It predicts like a teacher. None where half of its rounds would take longer than
        a time limit allows.
    """
    weights = weights_for(booster, train)
    if not context.deadline.limited:
        every = np.arange(len(train))
        fitted, key = fit_teacher(
            booster, train, weights, every, context, "small booster"
        )
        return FittedTeacher(fitted, key, None)
    model = clone(booster)
    with contained_draws(seed, model):
        rows = read_rows(train.X), train.y
        fitted = _fit_in_time(model, rows, weights, context.deadline)
    if fitted is None:
        context.report("no small booster: there is no time to fit it")
        return None
    return FittedTeacher(below_hooks(fitted), None, None)


def _fit_in_time(model, rows, weights, deadline):
    """Add rounds while there is time; None where that is less than half."""
    if deadline.left(_SHARE) < 0:
        return None
    last = last_step(model)
    if not isinstance(last, _BOOSTERS):  # that of a wide table, or of several outputs
        X, _ = rows
        if len(X) > affordable_rows(X.shape[1], deadline.seconds):
            return None
        return model.fit(*rows, **weights)
    wanted, done = last.max_iter, 0
    last.set_params(warm_start=True)
    while done < wanted:
        began = deadline.elapsed()
        added = min(_ADDED if done else 1, wanted - done)
        done += added
        last.set_params(max_iter=done)
        model.fit(*rows, **weights)
        each = (deadline.elapsed() - began) / added
        needed = max(wanted // 2 - done, min(_ADDED, wanted - done))
        if each * needed > deadline.left(_SHARE):
            break
    last.set_params(warm_start=False)
    return model if done >= wanted // 2 else None
