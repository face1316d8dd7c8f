"""Teachers that must neither be fitted nor predict, and rows for them."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

RNG = np.random.default_rng(0)
N = 60
X = RNG.normal(size=(N, 3))
y = np.arange(N) % 2


class Unfitted(ClassifierMixin, BaseEstimator):
    """An unfitted teacher that must not be fitted."""

    def fit(self, X, y, sample_weight=None):
        raise AssertionError("the teacher was fitted")

    def predict_proba(self, X):
        raise AssertionError("the teacher predicted")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.sparse = True
        return tags


class Fitted:
    """A fitted teacher that must not predict."""

    classes_ = np.array([0, 1])

    def predict_proba(self, X):
        raise AssertionError("the teacher predicted")


def table(**columns):
    return pd.DataFrame({"number": X[:, 0], **columns})
