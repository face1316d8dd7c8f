"""Numeric columns in scikit-learn: hat functions between knots, and scalers."""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    SplineTransformer,
    StandardScaler,
)
from sklearn.utils import check_array

from sklearn_kd._messages import show
from sklearn_kd.export._program.rows import by_column, knots_of, read_columns

#: Numbers are cut off here, and a missing value is the number behind.
_END, _MISSING = 1e300, 2e300

#: Knots beyond the one, or nearer to each other than the other, are refused.
_LARGE, _SMALL = 1e290, 1e-300


def spline_of_numbers(step, coef, inputs):
    """Write the functions of numeric columns, times the first layer, as hat functions.

    A hat function is 1 at its knot and 0 at all others, and linear between them: what
    is linear between the knots is their sum, each times its value at the knot. Columns
    have as many knots as the one with most: far out on both sides there are two with
    the values of the first and of the last, then that of missing values, and more.

    Parameters
    ----------
    step : Encode
        The functions.
    coef : ndarray of shape (n_functions, n_units), float64
        Weights of the first layer.
    inputs : tuple of Input
        The columns of a row, for messages.

    Returns
    -------
    name : str
        What the columns are.
    columns : list of int
        Those that have functions.
    transformer : Pipeline
        Of these columns; to be fitted on any rows.
    weights : ndarray of shape (n_hats, n_units), float64
        What each output of it is multiplied by.

    Raises
    ------
    ValueError
        For knots that are too large or too near to each other.
    """
    own = by_column(step)
    width = 3 + max((len(knots_of(each)) or 1 for _, each in own), default=0)
    grid, weights = np.empty((width, len(own))), []
    for place, (column, functions) in enumerate(own):
        knots = _knots(functions, inputs[column].label)
        more = _MISSING * np.arange(1, width - len(knots) - 1)
        grid[:, place] = np.concatenate([[-_END], knots, [_END], more])
        read = read_columns(functions, np.concatenate([knots, [knots[-1], np.nan]]))
        outs = np.concatenate([each for each, _ in functions])
        hats = np.zeros((width, coef.shape[1]))
        hats[1 : 1 + len(read)] = read @ coef[outs]
        hats[0] = hats[1]
        weights.append(hats)
    spline = SplineTransformer(
        degree=1, knots=grid, extrapolation="continue", sparse_output=True
    )
    calls = {
        "floats": (check_array, {"dtype": np.float64, "ensure_all_finite": False}),
        "ends": (np.clip, {"a_min": -_END, "a_max": _END}),
        "missing": (np.nan_to_num, {"nan": _MISSING}),
    }
    steps = [
        (name, FunctionTransformer(function, kw_args=kw_args))
        for name, (function, kw_args) in calls.items()
    ]
    transformer = Pipeline([*steps, ("hats", spline)])
    weights = np.vstack(weights) if weights else np.empty((0, coef.shape[1]))
    return "numbers", [column for column, _ in own], transformer, weights


def _knots(functions, label):
    """List the knots of a column, 0 where it has none; refuse what has no inverse."""
    knots = knots_of(functions)
    if not len(knots):
        return np.zeros(1)
    with np.errstate(over="ignore"):
        gaps = np.diff(knots)
    wrong = np.abs(knots) > _LARGE
    wrong[1:] |= gaps < _SMALL
    if wrong.any():
        raise ValueError(
            f"to_sklearn cannot write column {show(label)}: "
            f"{show(knots[wrong][0].item())} is among the knots of its encoding; "
            f"expected are knots up to {_LARGE:g}, at least {_SMALL:g} apart. Bring "
            "the column to another unit before fitting."
        )
    return knots


def scaler_of(step):
    """Write a scaling of all columns.

    Parameters
    ----------
    step : Scale
        The scaling.

    Returns
    -------
    StandardScaler, MaxAbsScaler or None
        Fitted; None where it changes nothing.
    """
    if step.shift is None and step.scale is None:
        return None
    if step.shift is None:
        clip = {"clip": True} if step.clip else {}
        scaler = MaxAbsScaler(**clip)
        scaler.max_abs_ = np.array(step.scale)
    else:
        scaler = StandardScaler(with_std=step.scale is not None)
        scaler.mean_ = np.array(step.shift)
        scaler.var_ = None if step.scale is None else np.square(step.scale)
    scaler.scale_ = None if step.scale is None else np.array(step.scale)
    scaler.n_samples_seen_ = 1
    scaler.n_features_in_ = len(step.scale if step.shift is None else step.shift)
    return scaler.set_output(transform="default")  # as in columns.py
