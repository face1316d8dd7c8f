"""A program computed with NumPy: what an export is checked against."""

import numpy as np
from scipy.special import expit, softmax

from sklearn_kd._tables.checks import read_numbers
from sklearn_kd._tables.columns import nominal_codes
from sklearn_kd.export._program import (
    Activate,
    AddLevel,
    Dense,
    Encode,
    Greatest,
    Scale,
    Softmax,
    Widen,
)

_ACTIVATIONS = {
    "relu": lambda value: np.maximum(value, 0),
    "tanh": np.tanh,
    "logistic": expit,
}


def run(steps, value, X=None):
    """Compute steps of a program; `value` is None in front of the first."""
    for step in steps:
        value = _STEPS[type(step)](step, value, X)
    return value


def decide(decision, proba):
    """Give for each row the position of its label in the classes."""
    if isinstance(decision, Greatest):
        return proba.argmax(axis=1)
    above = proba[:, decision.column] >= decision.value
    return np.where(above, decision.column, decision.other)


def _encode(step, value, X):
    """Read the functions of numeric columns."""
    encoded = np.zeros((len(X), len(step.numbers)))
    step.numbers.read(X, encoded)
    return encoded


def _scale(step, value, X):
    """Shift and scale all columns."""
    value = read_numbers(X, range(X.shape[1]), "program")
    if step.shift is not None:
        value = value - step.shift
    if step.scale is not None:
        value = value / step.scale
    return np.clip(value, -1, 1) if step.clip else value


def _add_level(step, value, X):
    """Add the vectors of the levels of a column."""
    place = {level: code for code, level in enumerate(step.levels)}
    codes, found = nominal_codes(X, step.column)
    places = np.array([place.get(level, -1) for level in [*found, None]])
    return value + step.vectors[places[codes]]


def _widen(step, value, X):
    """Spread the columns over those of all classes."""
    wide = np.zeros((len(value), step.n_columns))
    wide[:, step.columns] = value
    return wide


_STEPS = {
    Encode: _encode,
    Scale: _scale,
    Dense: lambda step, value, X: value @ step.coef + step.intercept,
    AddLevel: _add_level,
    Activate: lambda step, value, X: _ACTIVATIONS[step.function](value),
    Softmax: lambda step, value, X: softmax(value, axis=1),
    Widen: _widen,
}
