"""A program computed with NumPy: what an export is checked against."""

from functools import partial

import numpy as np
from scipy.special import expit, softmax

from sklearn_kd._tables.checks import read_numbers
from sklearn_kd._tables.columns import nominal_codes
from sklearn_kd._task.regression.quantiles import increasing
from sklearn_kd.export._program.steps import (
    Activate,
    AddLevel,
    Ascend,
    Dense,
    Encode,
    Flag,
    Greatest,
    Interpolate,
    Middle,
    Rise,
    Scale,
    Unscale,
    Widen,
)
from sklearn_kd.students.encoder._nominal import numbered, places

_ACTIVATIONS = {
    "relu": lambda value: np.maximum(value, 0),
    "tanh": np.tanh,
    "logistic": expit,
    "exp": np.exp,
    "softmax": partial(softmax, axis=1),
}


def run(steps, value, X=None):
    """Compute steps of a program; `value` is None in front of the first."""
    for step in steps:
        value = _STEPS[type(step)](step, value, X)
    return value


def decide(decision, outputs):
    """Give for each row the position of its label in the classes, or its numbers."""
    if isinstance(decision, Middle):
        return outputs[:, decision.place :: decision.n_levels]
    if isinstance(decision, Greatest):
        return outputs.argmax(axis=1)
    above = outputs[:, decision.column] >= decision.value
    return np.where(above, decision.column, decision.other)


def read_part(part, X):
    """Compute a part of `Encode`; X has for each function the values that it is of."""
    return _PARTS[type(part)](part, X)


def _interpolate(part, X):
    """Interpolate between knots."""
    read = np.zeros(X.shape)
    for out, numbers, knots, values in zip(
        read.T, X.T, part.knots, part.values, strict=True
    ):
        if len(knots):
            out[:] = np.interp(numbers, knots, values)
    read[np.isnan(X)] = part.missing
    return read


def _rise(part, X):
    """Find which share of a stretch is below a value."""
    with np.errstate(over="ignore"):  # what overflows is cut off
        share = (X - part.lower) * (1 / (part.upper - part.lower))
    return np.clip(np.nan_to_num(share), 0, 1)


_PARTS = {
    Interpolate: _interpolate,
    Rise: _rise,
    Flag: lambda part, X: np.isnan(X).astype(np.float64),
}


def _encode(step, value, X):
    """Read the functions of numeric columns."""
    read = [np.empty((len(X), 0))]
    for part in step.parts:
        columns, own = np.unique(part.columns, return_inverse=True)
        numbers = read_numbers(X, columns.tolist(), "program")
        read.append(read_part(part, numbers[:, own]))
    return np.hstack(read)


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
    known = numbered(step.levels)
    return value + step.vectors[places(*nominal_codes(X, step.column), known)]


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
    Widen: _widen,
    Ascend: lambda step, value, X: increasing(value, step.n_levels),
    Unscale: lambda step, value, X: value * step.scale + step.shift,
}
