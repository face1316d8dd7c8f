"""The nominal half of a TabularEncoder: each level has a vector of the first layer."""

import numpy as np

from sklearn_kd.students._levels import known_levels

#: What stands for a missing value in an input that has no NaN.
MISSING = {"STRING": "", "INT64": np.iinfo(np.int64).min}


def input_kind(encoder, column):
    """Say what an input of one column holds.

    Parameters
    ----------
    encoder : TabularEncoder
        Fitted.
    column : int
        Position of the column.

    Returns
    -------
    {"FLOAT", "INT64", "STRING"}
        Numbers, levels that are whole numbers, and other levels.

    Raises
    ------
    TypeError
        For levels that are neither all strings nor all whole numbers.
    """
    if encoder.kinds_[column] == "numeric":
        return "FLOAT"
    levels = [level for level in known_levels(encoder, column) if level is not None]
    if all(isinstance(level, str) for level in levels):
        return "STRING"
    if all(not isinstance(level, (str, bytes)) and level % 1 == 0 for level in levels):
        return "INT64"
    raise TypeError(
        f"to_onnx does not cover the levels of column {column}: expected strings or "
        f"whole numbers, got {levels[:4]}. Turn the column into strings before fitting."
    )


def read_level(graph, name, kind, levels, vectors):
    """Add the nodes that read the vector of a level.

    Parameters
    ----------
    graph : Graph
        Receives the nodes.
    name : str
        Of the input, of shape (N, 1).
    kind : {"INT64", "STRING"}
        What it holds.
    levels : list
        None stands for a missing value.
    vectors : ndarray of shape (n_levels + 1, n_units)
        As :func:`~sklearn_kd.students._levels.level_vectors` gives them.

    Returns
    -------
    str
        Name of the vectors, of shape (N, n_units).
    """
    keys = [MISSING[kind] if level is None else level for level in levels]
    if kind == "INT64":
        keys = [int(key) for key in keys]
    # a level that looks like a missing value is told from it by nobody: it comes first
    keys = {key: place for place, key in reversed(list(enumerate(keys)))}
    code = graph.add(
        "LabelEncoder",
        name,
        domain="ai.onnx.ml",
        **{"keys_strings" if kind == "STRING" else "keys_int64s": list(keys)},
        values_int64s=list(keys.values()),
        default_int64=len(levels),
    )
    # (N, 1) codes give (N, 1, n_units)
    found = graph.add("Gather", vectors.astype(np.float32), code)
    return graph.add("Squeeze", found, np.array([1]))
