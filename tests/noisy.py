"""A regression whose noise grows with a column, and small estimators that learn it."""

import numpy as np
from scipy.stats import norm

from sklearn_kd import DistilledRegressor, MLPStudentRegressor

LEVELS = (0.1, 0.5, 0.9)
_DRAWN = np.random.default_rng(0)
X = _DRAWN.uniform(-1, 1, size=(600, 3))
SPREAD = 0.1 + (X[:, 1] + 1) / 2
Y = 3 * X[:, 0] + SPREAD * _DRAWN.normal(size=len(X))
TRAIN, TEST = slice(400), slice(400, None)

#: What the quantiles are.
TRUE = 3 * X[:, [0]] + SPREAD[:, None] * norm.ppf(LEVELS)

STUDENT = MLPStudentRegressor((16,), max_iter=30, batch_size=32)


def distil(teacher=None, quantiles=LEVELS, **params):
    """Make a small distilled regressor of quantiles."""
    params = {"student": STUDENT, "random_state": 0} | params
    return DistilledRegressor(teacher, quantiles=quantiles, **params)


def coverage(y, quantiles):
    """Give the share of targets between the lowest and the highest quantile."""
    inside = (y >= quantiles[..., 0]) & (y <= quantiles[..., -1])
    return inside.mean()


class Fixed:
    """A fitted teacher of means, of no package."""

    def predict(self, X):
        return 3 * np.asarray(X)[:, 0]
