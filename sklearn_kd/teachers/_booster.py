"""A small booster on the labels, whose vote smooths a teacher's answers."""

import numpy as np

from sklearn_kd._random import seed_unset
from sklearn_kd._routing import weight_parameter
from sklearn_kd._weights import in_rows
from sklearn_kd.teachers._asked import AskedTeacher
from sklearn_kd.teachers._default import small_booster
from sklearn_kd.teachers._fit import fit_teacher

#: Of more rows it learns from a random sample: it is small.
MOST_ROWS = 400_000


def fit_booster(X, y, weight, seed, context):
    """Fit the booster on the rows that synthetic rows are made from.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        The training rows, validation rows left out.
    y : ndarray of shape (n_samples,)
        Their labels.
    weight : ndarray of shape (n_samples,), float64
        Their weights.
    seed : int
        Of the booster.
    context : Context
        Cache and progress.

    Returns
    -------
    AskedTeacher or None
        To be asked like a teacher. None where no column has a value.
    """
    booster = small_booster(X)
    if booster is None:
        return None
    booster = seed_unset(booster, seed)
    weights = {}
    if (weight != 1).any():
        weights[weight_parameter(booster)] = in_rows(weight)
    rows = np.arange(len(y))
    if len(y) > MOST_ROWS:
        generator = np.random.default_rng(seed)
        rows = np.sort(generator.choice(len(y), MOST_ROWS, replace=False))
    fitted, key = fit_teacher(booster, X, y, weights, rows, context)
    return AskedTeacher(fitted, key, None)


def smooth(proba, vote, share):
    """Let the booster vote where the teacher has an answer.

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
    told = proba.sum(axis=1, keepdims=True) > 0
    return np.where(told, (1 - share) * proba + share * vote, 0).astype(np.float32)
