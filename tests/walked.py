"""Fitted models of trees, their rows, and what is walked of them."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import make_classification, make_regression

from sklearn_kd._native import COMPILED, core
from sklearn_kd.teachers.trees import Walkers

needs_core = pytest.mark.skipif(core() is None, reason="the compiled core is not there")

#: Rows that are predicted: enough for a walk.
N_ROWS = 1500


def method_of(model):
    """Name the method that gives what a model predicts for a student."""
    return "predict_proba" if hasattr(model, "predict_proba") else "predict"


class AsItIs:
    """A task that takes what a teacher predicts as it is, all bits of it."""

    def predict_by(self, teacher, X, given_classes):
        return getattr(teacher, method_of(teacher))(X), None


def walk(model, X):
    """Predict rows by the compiled core; None where these are not walked."""
    walked = Walkers().of(model, method_of(model), N_ROWS)
    if walked is None:
        return None
    outputs, _, kernel = walked.predict_by(AsItIs(), X, None)
    return outputs if kernel == COMPILED else None


def assert_walked(model, X):
    """Check that a model is walked, and predicts the same to the last digits."""
    found, wanted = walk(model, X), getattr(model, method_of(model))(X)
    assert found is not None
    assert found.dtype == wanted.dtype
    assert_allclose(found, wanted, rtol=1e-13, atol=1e-15)


def classes_table(n_classes=2, *, missing=0.0, zeros=0.0, n_rows=N_ROWS):
    """Make rows of numbers and their labels, some values missing, some zero."""
    X, y = make_classification(
        n_rows, 8, n_informative=6, n_classes=n_classes, random_state=0, flip_y=0.2
    )
    rng = np.random.default_rng(0)
    X[rng.random(X.shape) < zeros] = 0
    X[rng.random(X.shape) < missing] = np.nan
    return X, y


def numbers_table(n_rows=N_ROWS):
    """Make rows of numbers, and a positive number for each."""
    X, y = make_regression(n_rows, 8, noise=10, random_state=0)
    return X, np.exp(y / y.std())


def mixed_table(n_rows=N_ROWS, seed=0):
    """Make a frame with levels, some missing, of few and of many values."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n_rows),
            "few": pd.Categorical(rng.choice(list("abcde"), n_rows)),
            "many": pd.Categorical(rng.integers(0, 90, n_rows), categories=range(90)),
            "count": rng.integers(0, 9, n_rows),
            "flag": rng.random(n_rows) < 0.5,
        }
    )
    y = (frame["x"] > 0) ^ (frame["many"].cat.codes % 7 < 3) ^ (frame["few"] == "b")
    frame.loc[rng.random(n_rows) < 0.1, "few"] = np.nan
    return frame, y.to_numpy().astype(int) + (frame["count"] > 5).to_numpy()
