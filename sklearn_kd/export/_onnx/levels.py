"""Nominal columns in ONNX: what an input holds, and the vector of a level."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd.export._program.levels import kind_of_levels

#: What stands for a missing value in an input that has no NaN.
MISSING = {"STRING": "", "INT64": np.iinfo(np.int64).min}


def input_kind(column):
    """Return what an input of one column holds.

    Parameters
    ----------
    column : Input
        Of a :class:`Program`.

    Returns
    -------
    {"FLOAT", "INT64", "STRING"}
        Numbers, levels that are whole numbers, and other levels.

    Raises
    ------
    TypeError
        For levels that are neither all strings nor all whole numbers.
    ValueError
        For whole numbers beyond int64, and where what stands for a missing value in the
        model is a level beside missing values.
    """
    known = column.levels
    if known is None:
        return "FLOAT"
    strings = kind_of_levels(column, "to_onnx") == "string"
    for level in known:
        check_text(level, f"the level {show(level)} of column {show(column.label)}")
    kind, name = "STRING" if strings else "INT64", column.label
    mark = MISSING[kind]
    if None in known and mark in known:
        raise ValueError(
            f"Column {show(name)} has missing values and the level {show(mark)}, and "
            f"in the ONNX model {show(mark)} stands for a missing value: they would be "
            "one. Replace one of the two by a level of its own before fitting, such as "
            + ('"empty".' if kind == "STRING" else "-1.")
        )
    return kind


def check_text(text, what):
    """Refuse half of a surrogate pair in a string, which no ONNX model can have."""
    if isinstance(text, str) and any("\ud800" <= each <= "\udfff" for each in text):
        raise ValueError(
            f"to_onnx cannot write {what}: it has half of a surrogate pair, which is "
            "no character. Replace it before fitting."
        )


def read_level(graph, name, kind, step):
    """Add the nodes that read the vector of a level.

    Parameters
    ----------
    graph : Graph
        Receives the nodes.
    name : str
        Of the input, of shape (N, 1).
    kind : {"INT64", "STRING"}
        What it holds.
    step : AddLevel
        The levels and their vectors.

    Returns
    -------
    str
        Name of the vectors, of shape (N, n_units).
    """
    keys = [MISSING[kind] if level is None else level for level in step.levels]
    if kind == "INT64":
        keys = [int(key) for key in keys]
    # the last is None: where it did not occur in fit, a level equal to its mark comes
    # first
    keys = {key: place for place, key in reversed(list(enumerate(keys)))}
    code = graph.add(
        "LabelEncoder",
        name,
        domain="ai.onnx.ml",
        **{"keys_strings" if kind == "STRING" else "keys_int64s": list(keys)},
        values_int64s=list(keys.values()),
        default_int64=len(step.levels),
    )
    # (N, 1) codes give (N, 1, n_units)
    found = graph.add("Gather", step.vectors.astype(np.float32), code)
    return graph.add("Squeeze", found, np.array([1]))
