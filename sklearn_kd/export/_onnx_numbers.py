"""Numeric columns in ONNX: piecewise-linear functions and scaling, in float32."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd.students.encoder._piecewise import Curves, MissingFlags, Ramps

#: Beyond these, differences or their inverses leave the range of float32.
_LARGE, _SMALL = 1e37, 1e-37


def encode_numbers(graph, numbers, X, held):
    """Add the nodes that compute the functions of numeric columns.

    Values are compared and subtracted in float32 as exactly as in float64: a knot is
    rounded up, so that the same float32 values lie above it, and is taken away in two
    parts, its float32 value and what that leaves out.

    Parameters
    ----------
    graph : Graph
        Receives the nodes.
    numbers : PiecewiseLinear
        The functions.
    X : str
        Name of float32 rows.
    held : list of int
        The columns that they have, all numeric ones among them.

    Returns
    -------
    list of str
        Names of blocks of columns, in the order of the functions.
    """
    blocks = []
    for columns, group in numbers.groups.items():
        chosen = _choose(graph, X, columns, held)
        missing = graph.add("IsNaN", chosen)
        if any(functions.sloped for _, functions in group):
            ends = np.finfo(np.float32)
            least, most = np.array(ends.min), np.array(ends.max)
            # below all knots: what a comparison with NaN gives differs by the runtime
            chosen = graph.add("Where", missing, least, chosen)
            # infinity times the slope of an outer cell, zero, would be NaN
            chosen = graph.add("Clip", chosen, least, most)
        for place, functions in group:
            added = _FORMS[type(functions)](graph, functions, columns, chosen, missing)
            blocks.append((place.start, added))
    return [name for _, name in sorted(blocks)]


def _choose(graph, X, columns, held):
    """Add a node that takes some columns, where they are not all."""
    if list(columns) == held:
        return X
    places = np.array([held.index(column) for column in columns])
    return graph.add("Gather", X, places, axis=1)


def _curves(graph, curves, columns, numbers, missing):
    """Count the knots at or below a value, and read the line of its cell."""
    n_columns = len(curves)
    width = int(curves.counts.max()) + 1
    knots = np.full((n_columns, width), np.inf, dtype=np.float32)
    # a cell below the first knot, one a gap, one above the last: no ends to clip at
    lines = np.zeros((n_columns, width, 4), dtype=np.float32)
    for place, column in enumerate(columns):
        points = _in_range(curves.knots_of(place), column)
        offset, slope, height = curves.lines(place)
        knots[place, : len(points)] = _rounded_up(points)
        own = lines[place, : len(offset)]
        own[:, 0], own[:, 1] = _split(offset)
        own[:, 2], own[:, 3] = _in_range(slope, column), height
    above = graph.add(
        "GreaterOrEqual",
        graph.add("Unsqueeze", numbers, np.array([2])),
        knots[:, : width - 1],
    )
    count = graph.add(
        "ReduceSum", graph.add("Cast", above, to=6), np.array([2]), keepdims=0
    )
    first = np.arange(0, n_columns * width, width, dtype=np.int32)
    cell = graph.add("Add", count, first)
    high, low, slope, height = np.ascontiguousarray(lines.reshape(-1, 4).T)
    value = graph.add("Sub", numbers, graph.add("Gather", high, cell))
    if low.any():  # knots that float32 does not hold
        value = graph.add("Sub", value, graph.add("Gather", low, cell))
    value = graph.add("Mul", value, graph.add("Gather", slope, cell))
    value = graph.add("Add", value, graph.add("Gather", height, cell))
    return graph.add("Where", missing, np.array(curves.missing, np.float32), value)


def _ramps(graph, ramps, columns, numbers, missing):
    """How far a value has come through each stretch."""
    places = np.array(columns)[ramps.column]
    lower, scale = _in_range(ramps.lower, places), _in_range(ramps.scale, places)
    part = graph.add("Gather", numbers, ramps.column.astype(np.int64), axis=1)
    part = _subtract(graph, part, lower)
    part = graph.add("Mul", part, scale.astype(np.float32))
    zero, one = np.array(0, dtype=np.float32), np.array(1, dtype=np.float32)
    return graph.add("Clip", part, zero, one)


def _flags(graph, flags, columns, numbers, missing):
    """Whether a value is missing, as a number."""
    return graph.add("Cast", missing, to=1)  # float32


_FORMS = {Curves: _curves, Ramps: _ramps, MissingFlags: _flags}


def scale_numbers(graph, step, X):
    """Add the nodes that scale all columns.

    Parameters
    ----------
    graph : Graph
        Receives the nodes.
    step : Scale
        The scaling.
    X : str
        Name of float32 rows.

    Returns
    -------
    str
        Name of the scaled rows.
    """
    if step.shift is not None:
        X = _subtract(graph, X, _in_range(step.shift, np.arange(len(step.shift))))
    if step.scale is not None:
        scale = _in_range(step.scale, np.arange(len(step.scale)))
        X = graph.add("Div", X, scale.astype(np.float32))
    if step.clip:
        one = np.array(1, dtype=np.float32)
        X = graph.add("Clip", X, -one, one)
    return X


def _rounded_up(points):
    """The least float32 that is not below each value."""
    rounded = points.astype(np.float32)
    above = np.nextafter(rounded, np.float32(np.inf))
    return np.where(rounded < points, above, rounded)


def _subtract(graph, numbers, points):
    """Add the nodes that take float64 points away from float32 numbers."""
    high, low = _split(points)
    numbers = graph.add("Sub", numbers, high)
    if low.any():  # points that float32 does not hold
        numbers = graph.add("Sub", numbers, low)
    return numbers


def _split(points):
    """A float32 value of each point and the rest, so that their sum is the point."""
    high = points.astype(np.float32)
    return high, (points - high).astype(np.float32)


def _in_range(values, columns):
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
            f"Column {column} cannot be written in float32, which the ONNX model "
            f"computes in: {show(values[wrong][0])} is among the knots, slopes, means "
            "or scales of its encoding. Bring the column to another unit before "
            "fitting."
        )
    return values
