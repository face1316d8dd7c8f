"""The estimator under test where the teacher is pooled with nothing, and its rows."""

import numpy as np

from sklearn_kd import DistilledClassifier, Pool


def alone(**params):
    """Make an objective in which the teacher is pooled with nothing."""
    return Pool(booster=False, student=False, **params)


def distil(teacher=None, student=None, **params):
    """Make a ``DistilledClassifier`` whose soft targets are the teacher's alone."""
    return DistilledClassifier(teacher, student, **{"objective": alone()} | params)


def make_table(n_samples=400, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, 4))
    return X, (X[:, 0] + X[:, 1] ** 2 > 0.7).astype(int)


X, y = make_table()
