"""Numbers of a program in float32, for exports that compute in it."""

import numpy as np

from sklearn_kd._messages import show

#: Beyond these, differences or their inverses leave the range of float32.
_LARGE, _SMALL = 1e37, 1e-37


def rounded_up(points):
    """The least float32 that is not below each value.

    The same float32 numbers lie at or above it as at or above the value.
    """
    rounded = points.astype(np.float32)
    above = np.nextafter(rounded, np.float32(np.inf))
    return np.where(rounded < points, above, rounded)


def split(points):
    """A float32 value of each point and the rest, so that their sum is the point."""
    high = points.astype(np.float32)
    return high, (points - high).astype(np.float32)


def in_range(values, columns):
    """Refuse what is zero or infinity in float32.

    Parameters
    ----------
    values : ndarray
        What the model is to hold.
    columns : int or ndarray
        The columns of the input that they belong to; broadcast to the values.

    Returns
    -------
    ndarray
        The same values.

    Raises
    ------
    ValueError
        For one too large or too small.
    """
    size = np.abs(values)
    wrong = (size > _LARGE) | ((size < _SMALL) & (size > 0))
    if wrong.any():
        column = np.broadcast_to(columns, size.shape)[wrong][0]
        raise ValueError(
            f"Column {column} cannot be written in float32, which the exported model "
            f"computes in: {show(values[wrong][0])} is among the knots, slopes, means "
            "or scales of its encoding. Bring the column to another unit before "
            "fitting."
        )
    return values
