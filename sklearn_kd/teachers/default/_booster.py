"""A small booster on the labels, averaged with a teacher's probabilities."""

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline

from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._estimators.routing import weight_parameter
from sklearn_kd._run.budget import affordable_rows
from sklearn_kd._run.random import contained_draws, seed_unset
from sklearn_kd._run.twins import below_hooks
from sklearn_kd._tables.weights import in_rows
from sklearn_kd.teachers._asked import AskedTeacher
from sklearn_kd.teachers.default._ensemble import small_booster
from sklearn_kd.teachers.out_of_sample._folds import fit_teacher

#: Of more rows it learns from a random sample: it is small.
MOST_ROWS = 400_000

#: Share of a time limit after which it is neither fitted further nor asked.
_SHARE = 0.5

#: What says how many trees there are, a class or for all classes.
_SIZES = {
    HistGradientBoostingClassifier: "max_iter",
    ExtraTreesClassifier: "n_estimators",
}

#: Trees between two looks at the clock, and rows that say how long asking takes.
_ADDED, _FEW_ROWS = 5, 500


def fit_booster(X, y, weight, classes, seed, context):
    """Fit the booster on the rows that synthetic rows are made from.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        The training rows, validation rows left out.
    y : ndarray of shape (n_samples,)
        Their labels.
    weight : ndarray of shape (n_samples,), float64
        Their weights.
    classes : ndarray of shape (n_classes,)
        Our labels.
    seed : int
        Of the booster.
    context : Context
        Cache and progress.

    Returns
    -------
    AskedTeacher or None
        To be asked like a teacher. None where no column has a value, where classes
        are too many, and where half of its rounds would take longer than a time limit
        allows.
    """
    booster = small_booster(X, len(classes))
    if booster is None:
        return None
    booster = below_hooks(seed_unset(booster, seed))
    weights = {}
    if (weight != 1).any():
        weights[weight_parameter(booster)] = in_rows(weight)
    rows = np.arange(len(y))
    if len(y) > MOST_ROWS:
        generator = np.random.default_rng(seed)
        rows = np.sort(generator.choice(len(y), MOST_ROWS, replace=False))
    if not context.deadline.limited:
        fitted, key = fit_teacher(
            booster, X, y, weights, rows, context, "small booster"
        )
        return AskedTeacher(fitted, key, None)
    X, y = safe_indexing(X, rows), y[rows]
    weights = {name: value[rows] for name, value in weights.items()}
    with contained_draws(seed, booster):
        fitted = _fit_in_time(booster, (X, y), weights, context.deadline)
    if fitted is None:
        context.report("no small booster: there is no time to fit it")
        return None
    return AskedTeacher(below_hooks(fitted), None, None)


def _fit_in_time(model, rows, weights, deadline):
    """Add rounds or trees while there is time; None where that is less than half."""
    if deadline.left(_SHARE) < 0:
        return None
    last = model.steps[-1][1] if isinstance(model, Pipeline) else model
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


def ask_booster(booster, X, source, lesson, context):
    """Ask the booster about synthetic rows, where there is time.

    Parameters
    ----------
    booster : AskedTeacher or None
        From :func:`fit_booster`.
    X : {ndarray, DataFrame} of shape (n_new, n_features)
        The rows.
    source : ndarray of shape (n_new,), int
        For each the position of the labelled row that it was made from.
    lesson : Lesson
        The labelled rows.
    context : Context
        Cache, progress and deadline.

    Returns
    -------
    ndarray of shape (n_new, n_classes), float32, or None
        Its answers; None without a booster, and where they would take too long.
    """
    if booster is None:
        return None

    def ask(rows, source):
        return booster.label_synthetic(
            rows,
            source,
            lesson.X,
            lesson.classes,
            context,
            name="The small booster (booster_weight=0 does without it)",
        )

    deadline, few = context.deadline, slice(_FEW_ROWS)
    if deadline.limited and num_samples(X) > _FEW_ROWS:
        began = deadline.elapsed()
        ask(safe_indexing(X, few), source[few])
        each = (deadline.elapsed() - began) / _FEW_ROWS
        if each * num_samples(X) > deadline.left(_SHARE):
            context.report("no small booster: there is no time to ask it")
            return None
    return ask(X, source)


def smooth(proba, vote, share):
    """Average teacher and booster where the teacher has a prediction.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), float32
        The teacher's answers; a row may be zero.
    vote : ndarray of shape (n_samples, n_classes), float32
        The booster's.
    share : float
        Weight of the vote, in [0, 1].

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float32
        The mean; rows that were zero still are.
    """
    has_prediction = proba.sum(axis=1, keepdims=True) > 0
    mean = (1 - share) * proba + share * vote
    return np.where(has_prediction, mean, 0).astype(np.float32)
