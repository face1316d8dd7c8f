"""A small booster on the labels, averaged with a teacher's probabilities."""

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

from sklearn_kd._compat import safe_indexing
from sklearn_kd._estimators.parts import last_step
from sklearn_kd._estimators.weight_names import weight_parameter
from sklearn_kd._run.budget import affordable_rows
from sklearn_kd._run.random import contained_draws, seed_unset
from sklearn_kd._run.twins import below_hooks
from sklearn_kd._tables.weights import in_rows
from sklearn_kd.teachers._fit import fit_teacher
from sklearn_kd.teachers._teachers import FittedTeacher
from sklearn_kd.teachers.default._ensemble import small_booster

#: Of more rows, the booster is fitted on a random sample.
MOST_ROWS = 400_000

#: Share of a time limit after which it is neither fitted further nor used.
_SHARE = 0.5

#: The parameter with the number of trees, a class or for all classes.
_SIZES = {
    HistGradientBoostingClassifier: "max_iter",
    ExtraTreesClassifier: "n_estimators",
}

#: Trees between two looks at the clock, and rows whose prediction is timed.
_ADDED, _FEW_ROWS = 5, 500


def fit_booster(train, seed, context):
    """Fit the booster on the rows that synthetic rows are made from.

    Parameters
    ----------
    train : TransferSet
        The training rows, validation rows left out.
    seed : int
        Of the booster.
    context : Context
        Cache and progress.

    Returns
    -------
    FittedTeacher or None
        It predicts like a teacher. None where no column has a value, where classes are
        too many, and where half of its rounds would take longer than a time limit
        allows.
    """
    booster = small_booster(train.X, train.task.n_outputs)
    if booster is None:
        return None
    booster = below_hooks(seed_unset(booster, seed))
    weights = {}
    if (train.weight != 1).any():
        weights[weight_parameter(booster)] = in_rows(train.weight)
    rows = np.arange(len(train))
    if len(train) > MOST_ROWS:
        generator = np.random.default_rng(seed)
        rows = np.sort(generator.choice(len(train), MOST_ROWS, replace=False))
    if not context.deadline.limited:
        fitted, key = fit_teacher(
            booster, train, weights, rows, context, "small booster"
        )
        return FittedTeacher(fitted, key, None)
    X, y = safe_indexing(train.X, rows), train.y[rows]
    weights = {name: value[rows] for name, value in weights.items()}
    with contained_draws(seed, booster):
        fitted = _fit_in_time(booster, (X, y), weights, context.deadline)
    if fitted is None:
        context.report("no small booster: there is no time to fit it")
        return None
    return FittedTeacher(below_hooks(fitted), None, None)


def _fit_in_time(model, rows, weights, deadline):
    """Add rounds or trees while there is time; None where that is less than half."""
    if deadline.left(_SHARE) < 0:
        return None
    last = last_step(model)
    name = next((size for kind, size in _SIZES.items() if isinstance(last, kind)), None)
    if name is None:  # the linear model of a wide table
        X, _ = rows
        if len(X) > affordable_rows(X.shape[1], deadline.seconds):
            return None
        return model.fit(*rows, **weights)
    wanted, done = getattr(last, name), 0
    last.set_params(warm_start=True)
    while done < wanted:
        began = deadline.elapsed()
        added = min(_ADDED if done else 1, wanted - done)
        done += added
        last.set_params(**{name: done})
        model.fit(*rows, **weights)
        each = (deadline.elapsed() - began) / added
        needed = max(wanted // 2 - done, min(_ADDED, wanted - done))
        if each * needed > deadline.left(_SHARE):
            break
    last.set_params(warm_start=False)
    return model if done >= wanted // 2 else None


def label_by_booster(booster, made, real, context):
    """Predict synthetic rows by the booster, where there is time.

    Parameters
    ----------
    booster : FittedTeacher or None
        From :func:`fit_booster`.
    made : TransferSet
        The synthetic rows.
    real : {ndarray, DataFrame} of shape (n_samples, n_features)
        The labelled rows.
    context : Context
        Cache, progress and deadline.

    Returns
    -------
    ndarray of shape (n_new, n_outputs), float32, or None
        Its predictions; None without a booster, and where they would take too long.
    """
    if booster is None:
        return None

    def predict(rows):
        name = "The small booster (booster_weight=0 does without it)"
        return booster.label_synthetic(rows, real, context, name=name)

    deadline, n_rows = context.deadline, len(made)
    if deadline.limited and n_rows > _FEW_ROWS:
        began = deadline.elapsed()
        predict(made.first(_FEW_ROWS))
        each = (deadline.elapsed() - began) / _FEW_ROWS
        if each * n_rows > deadline.left(_SHARE):
            context.report("no small booster: there is no time for its predictions")
            return None
    return predict(made)


def smooth(outputs, boosted, share, task):
    """Average teacher and booster; a row without a teacher's prediction stays zero."""
    has_prediction = task.has_prediction(outputs)[:, None]
    mean = (1 - share) * outputs + share * boosted
    return np.where(has_prediction, mean, 0).astype(np.float32)
