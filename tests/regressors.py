"""Small regressors, rows and students that tests of ``DistilledRegressor`` share."""

import numpy as np
from sklearn.datasets import load_diabetes

from sklearn_kd import DistilledRegressor, MLPStudentRegressor, MungeSampler

SMALL = MLPStudentRegressor((8,), max_iter=5, random_state=0)
FEW = MungeSampler(n_samples=200)
X, y = load_diabetes(return_X_y=True, scaled=False)


def on_given_rows(teacher=None, student=SMALL, **params):
    """Make an estimator that learns from the rows it is given, and a teacher alone."""
    given = {"transfer": None, "objective": "fidelity", "random_state": 0}
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
