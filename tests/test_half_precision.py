"""Weights in half precision: what is rounded, what is not, and what files hold."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits

from sklearn_kd import MLPStudent
from sklearn_kd.students.mlp._network import Parameters

X, y = load_digits(return_X_y=True)
STUDENT = MLPStudent((32,), encoder=None, max_iter=5, random_state=0)


def in_half(array):
    return np.array_equal(array.astype(np.float16), array)


def test_fitted_weights_are_numbers_of_half_precision_and_files_hold_them_so():
    student = MLPStudent((128, 128), max_iter=3, random_state=0).fit(X, y)
    weights = [*student.coefs_, *student.intercepts_]
    assert all(array.dtype == np.float32 and in_half(array) for array in weights)
    data = pickle.dumps(student)
    network = sum(array.nbytes for array in weights)
    encoder = len(pickle.dumps(student.encoder_))
    assert len(data) < 0.6 * network + 2 * encoder
    again = pickle.loads(data)
    for array, copy in zip(weights, [*again.coefs_, *again.intercepts_], strict=True):
        assert copy.dtype == np.float32
        assert_array_equal(array, copy)
    for rows in (X[:1], X[:100], X):
        assert_array_equal(student.predict_proba(rows), again.predict_proba(rows))


def test_rounding_moves_probabilities_little(monkeypatch):
    rounded = STUDENT.fit(X / 16, y).predict_proba(X / 16)
    monkeypatch.setattr(Parameters, "round_to_half", lambda self: None)
    student = STUDENT.fit(X / 16, y)
    assert not all(map(in_half, student.coefs_))
    difference = np.abs(rounded - student.predict_proba(X / 16)).max()
    assert 0 < difference < 2e-3


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_weights_beyond_its_range_stay_as_they_are(scale):
    parameters = Parameters((3, 4, 2), np.float32)
    parameters.initialize(np.random.default_rng(0), "relu", 3.0)
    parameters.coefs[0] *= np.float32(scale)
    before = [coef.copy() for coef in parameters.coefs]
    parameters.round_to_half()
    assert_array_equal(parameters.coefs[0], before[0])
    assert in_half(parameters.coefs[1])
    assert not in_half(before[1])


def test_float64_and_streams_keep_all_digits():
    exact = MLPStudent((8,), encoder=None, max_iter=3, dtype="float64", random_state=0)
    exact.fit(X, y)
    stream = MLPStudent((8,), encoder=None, random_state=0)
    stream.partial_fit(X, y, classes=np.unique(y))
    for student, dtype in [(exact, np.float64), (stream, np.float32)]:
        assert not in_half(student.coefs_[0])
        again = pickle.loads(pickle.dumps(student))
        assert again.coefs_[0].dtype == dtype
        assert_array_equal(again.predict_proba(X), student.predict_proba(X))
