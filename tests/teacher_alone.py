"""The estimator under test without a booster beside the teacher, and rows for it."""

import numpy as np

from sklearn_kd import DistilledClassifier


def distil(teacher=None, student=None, **params):
    """Make a ``DistilledClassifier`` whose soft targets are the teacher's alone."""
    return DistilledClassifier(teacher, student, **{"booster_weight": 0} | params)


def make_table(n_samples=400, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, 4))
    return X, (X[:, 0] + X[:, 1] ** 2 > 0.7).astype(int)


X, y = make_table()
