"""Small regressors, rows and students that tests of ``DistilledRegressor`` share."""

import numpy as np
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.datasets import load_diabetes

from sklearn_kd import DistilledRegressor, MLPStudentRegressor, MungeSampler

SMALL = MLPStudentRegressor((8,), max_iter=5, random_state=0)
FEW = MungeSampler(n_samples=200)
X, y = load_diabetes(return_X_y=True, scaled=False)


def on_given_rows(teacher=None, student=None, **params):
    """Make an estimator that learns from the rows it is given, and a teacher alone."""
    given = {"transfer": None, "objective": "fidelity", "random_state": 0}
    student = clone(SMALL) if student is None else student
    return DistilledRegressor(teacher, student, **given | params)


class Learner:
    """A regressor without tags that predicts the mean, and keeps what ``fit`` gets."""

    def __init__(self, note=None):
        self.note = note

    def get_params(self, deep=True):
        return {"note": self.note}

    def set_params(self, **params):
        self.__dict__.update(params)
        return self

    def fit(self, X, y, sample_weight=None, soft_targets=None):
        self.X_, self.y_, self.weight_ = X, np.asarray(y), sample_weight
        self.soft_targets_ = soft_targets
        return self

    def predict(self, X):
        return np.tile(self.y_.mean(axis=0), (len(X), *np.ones(self.y_.ndim - 1, int)))


def learner_of(distilled, X, y, **fit_params):
    """Give a student that keeps what one of this estimator would learn from."""
    distilled = clone(distilled).set_params(student=Learner())
    return distilled.fit(X, y, **fit_params).student_


def soft_predictions(distilled, X, y, **fit_params):
    """Give the soft targets that a student of this estimator would learn from."""
    return learner_of(distilled, X, y, **fit_params).soft_targets_.pred


def close(given, wanted):
    """Compare soft targets, which have the digits of float32 around the mean of y."""
    wanted = np.reshape(wanted, given.shape)
    assert_allclose(given, wanted, rtol=0, atol=1e-6 * wanted.std(axis=0).max())
