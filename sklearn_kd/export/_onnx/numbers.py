"""Numeric columns in ONNX: piecewise-linear functions and scaling, in float32."""

import numpy as np

from sklearn_kd.export._program.float32 import in_range, rounded_up, split
from sklearn_kd.export._program.steps import Flag, Interpolate, Rise
from sklearn_kd.students.encoder._forms import lines


def encode_numbers(graph, parts, X, held):
    """Add the nodes that compute the functions of numeric columns.

    Values are compared and subtracted in float32 as exactly as in float64: a knot is
    rounded up, so that the same float32 values lie above it, and is taken away in two
    parts, its float32 value and what that leaves out.

    Parameters
    ----------
    graph : Graph
        Receives the nodes.
    parts : tuple of Interpolate, Rise and Flag
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
    missing = graph.add("IsNaN", X)
    if not all(isinstance(part, Flag) for part in parts):
        ends = np.finfo(np.float32)
        least, most = np.array(ends.min), np.array(ends.max)
        # below all knots: what a comparison with NaN gives differs by the runtime
        X = graph.add("Where", missing, least, X)
        # infinity times the slope of an outer cell, zero, would be NaN
        X = graph.add("Clip", X, least, most)
    return [_PARTS[type(part)](graph, part, X, missing, held) for part in parts]


def _choose(graph, X, columns, held):
    """Add a node that takes a column for each function, where these are not all."""
    if columns.tolist() == held:
        return X
    return graph.add("Gather", X, np.searchsorted(held, columns), axis=1)


def _interpolate(graph, part, X, missing, held):
    """Count the knots at or below a value, and read the line of its cell."""
    n_functions, n_knots = len(part.columns), max(map(len, part.knots))
    width = n_knots + 1
    knots = np.full((n_functions, n_knots), np.inf)
    # a cell below the first knot, one a gap, one above the last: no ends to clip at
    offset, slope, height = np.zeros((3, n_functions, width))
    for place, (own, values) in enumerate(zip(part.knots, part.values, strict=True)):
        knots[place, : len(own)] = own
        cells = place, slice(len(own) + 1)
        offset[cells], slope[cells], height[cells] = lines(own, values)
    in_range(np.where(knots == np.inf, 0.0, knots), part.columns[:, None])
    in_range(slope, part.columns[:, None])
    numbers = _choose(graph, X, part.columns, held)
    above = graph.add(
        "GreaterOrEqual",
        graph.add("Unsqueeze", numbers, np.array([2])),
        rounded_up(knots),
    )
    count = graph.add(
        "ReduceSum", graph.add("Cast", above, to=6), np.array([2]), keepdims=0
    )
    first = np.arange(0, n_functions * width, width, dtype=np.int32)
    cell = graph.add("Add", count, first)
    high, low = split(offset.ravel())
    value = graph.add("Sub", numbers, graph.add("Gather", high, cell))
    if low.any():  # knots that float32 does not hold
        value = graph.add("Sub", value, graph.add("Gather", low, cell))
    slope, height = slope.ravel().astype(np.float32), height.ravel().astype(np.float32)
    value = graph.add("Mul", value, graph.add("Gather", slope, cell))
    value = graph.add("Add", value, graph.add("Gather", height, cell))
    absent = _choose(graph, missing, part.columns, held)
    return graph.add("Where", absent, np.array(part.missing, np.float32), value)


def _rise(graph, part, X, missing, held):
    """How far a value has come through each stretch."""
    lower = in_range(part.lower, part.columns)
    scale = in_range(1 / (part.upper - part.lower), part.columns)
    value = _subtract(graph, _choose(graph, X, part.columns, held), lower)
    value = graph.add("Mul", value, scale.astype(np.float32))
    zero, one = np.array(0, dtype=np.float32), np.array(1, dtype=np.float32)
    return graph.add("Clip", value, zero, one)


def _flag(graph, part, X, missing, held):
    """Whether a value is missing, as a number."""
    missing = _choose(graph, missing, part.columns, held)
    return graph.add("Cast", missing, to=1)  # float32


_PARTS = {Interpolate: _interpolate, Rise: _rise, Flag: _flag}


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
        X = _subtract(graph, X, in_range(step.shift, np.arange(len(step.shift))))
    if step.scale is not None:
        scale = in_range(step.scale, np.arange(len(step.scale)))
        X = graph.add("Div", X, scale.astype(np.float32))
    if step.clip:
        one = np.array(1, dtype=np.float32)
        X = graph.add("Clip", X, -one, one)
    return X


def _subtract(graph, numbers, points):
    """Add the nodes that take float64 points away from float32 numbers."""
    high, low = split(points)
    numbers = graph.add("Sub", numbers, high)
    if low.any():  # points that float32 does not hold
        numbers = graph.add("Sub", numbers, low)
    return numbers
