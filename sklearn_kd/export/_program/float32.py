"""Numbers of a program in float32, and those that leave the range of a type."""

import numpy as np

from sklearn_kd._messages import show

#: Beyond it, or below one over it, differences and their inverses leave the range.
_LARGEST = {"float32": 1e37, "double precision": 1e307}


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


def in_range(values, columns, precision="float32"):
    """Refuse what is zero or infinity in the type that an export computes in.

    Parameters
    ----------
    values : ndarray
        What the model is to hold.
    columns : int, str or ndarray
        What they belong to: positions of columns of the input, or words that a message
        begins with; broadcast to the values.
    precision : {"float32", "double precision"}, default="float32"
        The type.

    Returns
    -------
    ndarray
        The same values.

    Raises
    ------
    ValueError
        For one too large or too small.
    """
    size, largest = np.abs(values), _LARGEST[precision]
    wrong = (size > largest) | ((size < 1 / largest) & (size > 0))
    if wrong.any():
        column = np.broadcast_to(columns, size.shape)[wrong][0]
        told = column if isinstance(column, str) else f"Column {column}"
        raise ValueError(
            f"{told} cannot be written in {precision}, which the exported model "
            f"computes in: {show(values[wrong][0])} is among the knots, slopes, means "
            "or scales of its encoding. Bring it to another unit before fitting."
        )
    return values
