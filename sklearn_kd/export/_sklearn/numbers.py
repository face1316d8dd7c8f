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

#: Beyond these, a knot or the inverse of a gap leaves the range of float64.
_LARGE, _SMALL = 1e300, 1e-300


def spline_of_numbers(step, coef, inputs):
    """Write the functions of numeric columns, times the first layer, as hat functions.

    A hat function is 1 at its knot and 0 at all others, and linear between them: what
    is linear between the knots is their sum, each times its value at the knot. The knot
    behind the last stands for missing values; numbers are cut off before it.

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
    knots = [_knots(functions, inputs[column].label) for column, functions in own]
    width = 1 + max(map(len, knots), default=0)
    grid, weights = np.empty((width, len(own))), []
    for place, (points, (_, functions)) in enumerate(zip(knots, own, strict=True)):
        n_more = width - len(points)
        above = points[-1] + max(1.0, abs(points[-1])) * np.arange(1, n_more + 1)
        grid[:, place] = np.concatenate([points, above])
        read = read_columns(functions, np.append(points, np.nan))
        outs = np.concatenate([each for each, _ in functions])
        hats = np.zeros((width, coef.shape[1]))
        hats[: len(read)] = read @ coef[outs]
        weights.append(hats)
    ends = {
        "a_min": grid[0],
        "a_max": np.array([each[-1] for each in knots]),
    }
    missing = np.array([grid[len(points), place] for place, points in enumerate(knots)])
    floats = {"dtype": np.float64, "ensure_all_finite": False}
    spline = SplineTransformer(
        degree=1, knots=grid, extrapolation="continue", sparse_output=True
    )
    transformer = Pipeline(
        [
            ("floats", FunctionTransformer(check_array, kw_args=floats)),
            ("ends", FunctionTransformer(np.clip, kw_args=ends)),
            ("missing", FunctionTransformer(np.nan_to_num, kw_args={"nan": missing})),
            ("hats", spline),
        ]
    )
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
    return scaler
