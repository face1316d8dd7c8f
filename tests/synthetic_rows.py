"""A table, its teachers, and samplers whose rows contain their source."""

import numpy as np
from recorder import Recorder
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from teacher_alone import distil

from sklearn_kd import MLPStudent
from sklearn_kd.transfer import MungeSampler


def noisy_table(n_samples=300, flipped=0.0, seed=0):
    """Rows that begin with their number, and two classes."""
    rng = np.random.default_rng(seed)
    X = np.c_[np.arange(n_samples), rng.normal(size=(n_samples, 3))]
    y = (X[:, 1] + X[:, 2] ** 2 > 0.7).astype(int)
    return X, np.where(rng.random(n_samples) < flipped, 1 - y, y)


X, y = noisy_table()
BOOSTER = HistGradientBoostingClassifier(max_iter=10).fit(X, y)
FOREST = RandomForestClassifier(30, random_state=0).fit(X, y)
SMALL = MLPStudent((8,), max_iter=3)
FEW = MungeSampler(500)


class Shifted:
    """Each row twice, a little to the side: its number gives its source.

    The next row is a neighbour, so that residuals of neighbours are unrelated.
    """

    def __init__(self, step=0.25):
        self.step = step

    def fit(self, X):
        self.X = X
        self.neighbors_ = np.roll(np.arange(len(X)), -1)[:, None]
        return self

    def sample(self):
        source = np.tile(np.arange(len(self.X)), 2)
        X_new = self.X[source]
        X_new[:, 1] += self.step
        return X_new, source


class Seeded(BaseEstimator):
    """A sampler that follows scikit-learn's rules."""

    seeds = []

    def __init__(self, n_samples=40, random_state=None):
        self.n_samples = n_samples
        self.random_state = random_state

    def fit(self, X):
        self.X_ = X
        return self

    def sample(self):
        self.seeds.append(self.random_state)
        rng = np.random.default_rng(self.random_state)
        source = rng.integers(len(self.X_), size=self.n_samples)
        return self.X_[source], source


def rows_of(teacher=BOOSTER, X=X, y=y, fit_params=None, **params):
    """Give the student's rows: (X, y, weight, soft) as its ``fit`` got them."""
    params = {"transfer": Shifted(), "random_state": 0} | params
    distilled = distil(teacher, Recorder(), **params)
    student = distilled.fit(X, y, **fit_params or {}).student_
    return student, distilled
