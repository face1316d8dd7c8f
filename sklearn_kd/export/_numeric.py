"""The numeric half of a TabularEncoder, as ONNX nodes in float32."""

import numpy as np

from sklearn_kd._messages import show

#: Beyond these, differences or their inverses leave the range of float32.
_LARGE, _SMALL = 1e37, 1e-37


def encode_numbers(graph, encoder, X, held):
    """Add the nodes that make scores, components and flags of numbers.

    Values are compared and subtracted in float32 as exactly as in float64: a knot is
    rounded up, so that the same float32 values lie above it, and is taken away in two
    parts, its float32 value and what that leaves out.

    Parameters
    ----------
    graph : Graph
        Receives the nodes.
    encoder : TabularEncoder
        Fitted.
    X : str
        Name of float32 rows.
    held : list of int
        The columns that they have, all numeric ones among them.

    Returns
    -------
    list of str
        Names of blocks of columns, in the order of the encoder's output.
    """
    columns = encoder.score_columns_
    blocks = []
    if columns:
        numbers = _choose(graph, X, columns, held)
        missing = graph.add("IsNaN", numbers)
        ends = np.finfo(np.float32)
        least, most = np.array(ends.min), np.array(ends.max)
        # below all knots: what a comparison with NaN gives differs by the runtime
        numbers = graph.add("Where", missing, least, numbers)
        # infinity times the slope of an outer cell, zero, would be NaN
        numbers = graph.add("Clip", numbers, least, most)
        blocks.append(_normal_scores(graph, encoder, numbers, missing))
        if encoder.components_ is not None and len(encoder.components_):
            blocks.append(_components(graph, encoder, numbers))
    if encoder.flag_columns_:
        flagged = _choose(graph, X, encoder.flag_columns_, held)
        flags = graph.add("IsNaN", flagged)
        blocks.append(graph.add("Cast", flags, to=1))  # float32
    return blocks


def _choose(graph, X, columns, held):
    if columns == held:
        return X
    places = np.array([held.index(column) for column in columns])
    return graph.add("Gather", X, places, axis=1)


def _normal_scores(graph, encoder, numbers, missing):
    """Count the knots at or below a value, and read the line of its cell."""
    table = encoder.knots_
    n_columns = len(table.counts)
    width = int(table.counts.max()) + 1
    knots = np.full((n_columns, width), np.inf, dtype=np.float32)
    # a cell below the first knot, one a gap, one above the last: no ends to clip at
    lines = np.zeros((n_columns, width, 4), dtype=np.float32)
    for column, count in enumerate(table.counts):
        place = encoder.score_columns_[column]
        points = in_range(table.knots[column, :count], place)
        scores = table.scores[column, :count]
        knots[column, :count] = _rounded_up(points)
        high, low = _split(points[:-1])
        lines[column, 1:count, 0] = high
        lines[column, 1:count, 1] = low
        lines[column, 1:count, 2] = in_range(np.diff(scores) / np.diff(points), place)
        lines[column, 0, 3] = scores[0]
        lines[column, 1 : count + 1, 3] = scores
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
    score = graph.add("Sub", numbers, graph.add("Gather", high, cell))
    if low.any():  # knots that float32 does not hold
        score = graph.add("Sub", score, graph.add("Gather", low, cell))
    score = graph.add("Mul", score, graph.add("Gather", slope, cell))
    score = graph.add("Add", score, graph.add("Gather", height, cell))
    return graph.add("Where", missing, np.array(0, dtype=np.float32), score)


def _components(graph, encoder, numbers):
    """How far a value has come through each stretch."""
    table = encoder.components_
    places = np.array(encoder.score_columns_)[table.column]
    lower, scale = in_range(table.lower, places), in_range(table.scale, places)
    part = graph.add("Gather", numbers, table.column.astype(np.int64), axis=1)
    part = subtract(graph, part, lower)
    part = graph.add("Mul", part, scale.astype(np.float32))
    zero, one = np.array(0, dtype=np.float32), np.array(1, dtype=np.float32)
    return graph.add("Clip", part, zero, one)


def _rounded_up(points):
    """The least float32 that is not below each value."""
    rounded = points.astype(np.float32)
    above = np.nextafter(rounded, np.float32(np.inf))
    return np.where(rounded < points, above, rounded)


def subtract(graph, numbers, points):
    """Add the nodes that take float64 points away from float32 numbers.

    Parameters
    ----------
    graph : Graph
        Receives the nodes.
    numbers : str
        Name of float32 values.
    points : ndarray
        In the range of float32; broadcast against the values.

    Returns
    -------
    str
        Name of the differences.
    """
    high, low = _split(points)
    numbers = graph.add("Sub", numbers, high)
    if low.any():  # points that float32 does not hold
        numbers = graph.add("Sub", numbers, low)
    return numbers


def _split(points):
    """A float32 value of each point and the rest, so that their sum is the point."""
    high = points.astype(np.float32)
    return high, (points - high).astype(np.float32)


def in_range(values, columns):
    """Refuse what float32 can only say as zero or infinity.

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
