"""Nominal columns in ONNX: what an input holds, and the vector of a level."""

import numpy as np

from sklearn_kd._messages import show

#: What stands for a missing value in an input that has no NaN.
MISSING = {"STRING": "", "INT64": np.iinfo(np.int64).min}


def fits_int64(number):
    """Return whether a whole number is one of int64."""
    return -(2**63) <= number < 2**63


def input_kind(column, name):
    """Return what an input of one column holds.

    Parameters
    ----------
    column : Input
        Of a :class:`Program`.
    name : str
        What messages call it.

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
    levels = [level for level in known if level is not None]
    if all(isinstance(level, str) for level in levels):
        kind = "STRING"
    elif all(map(_is_whole, levels)):
        kind = "INT64"
        wide = [level for level in levels if not fits_int64(level)]
        if wide:
            raise ValueError(
                f"to_onnx cannot write the level {show(wide[0])} of column "
                f"{show(name)}, which is beyond int64, the widest integers of ONNX "
                "inputs. Turn the column into strings before fitting."
            )
    else:
        raise TypeError(
            f"to_onnx does not cover the levels of column {show(name)}: expected "
            f"strings or whole numbers, got {show(levels[:4])}. Turn the column into "
            "strings before fitting."
        )
    mark = MISSING[kind]
    if None in known and mark in known:
        raise ValueError(
            f"Column {show(name)} has missing values and the level {show(mark)}, and "
            f"in the ONNX model {show(mark)} stands for a missing value: they would be "
            "one. Replace one of the two by a level of its own before fitting, such as "
            + ('"empty".' if kind == "STRING" else "-1.")
        )
    return kind


def _is_whole(level):
    """Return whether a level is a whole number."""
    return not isinstance(level, (str, bytes)) and level % 1 == 0


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
