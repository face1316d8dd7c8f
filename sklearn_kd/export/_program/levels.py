"""What levels and labels of a program are, for exports that have few types."""

import numpy as np

from sklearn_kd._messages import show


def fits_int64(number):
    """Return whether a whole number is one of int64."""
    return -(2**63) <= number < 2**63


def kind_of_levels(column, caller):
    """Return what the levels of a nominal column are.

    Parameters
    ----------
    column : Input
        Of a :class:`Program`.
    caller : str
        The function that exports, for messages.

    Returns
    -------
    {"string", "whole number"}
        Strings also where there are no levels.

    Raises
    ------
    TypeError
        For levels that are neither all strings nor all whole numbers.
    ValueError
        For whole numbers beyond int64.
    """
    levels = [level for level in column.levels if level is not None]
    if all(isinstance(level, str) for level in levels):
        return "string"
    if not all(map(_is_whole, levels)):
        raise TypeError(
            f"{caller} does not cover the levels of column {show(column.label)}: "
            f"expected strings or whole numbers, got {show(levels[:4])}. Turn the "
            "column into strings before fitting."
        )
    wide = [level for level in levels if not fits_int64(level)]
    if wide:
        raise ValueError(
            f"{caller} cannot write the level {show(wide[0])} of column "
            f"{show(column.label)}, which is beyond int64, the widest integers that it "
            "writes. Turn the column into strings before fitting."
        )
    return "whole number"


def _is_whole(level):
    """Return whether a level is a whole number."""
    return not isinstance(level, (str, bytes)) and level % 1 == 0


def plain_labels(classes, caller):
    """Give labels in one of four dtypes.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Those of a :class:`Program`.
    caller : str
        The function that exports, for messages.

    Returns
    -------
    ndarray of shape (n_classes,), int64, float64, bool or object
        Objects are strings.

    Raises
    ------
    TypeError
        For labels that are neither all numbers nor all strings.
    ValueError
        For numbers that these types do not hold.
    """
    kinds = {type(label) for label in classes.tolist()}
    if classes.dtype.kind in "iu" or kinds == {int}:
        wide = [label for label in classes.tolist() if not fits_int64(label)]
        if wide:
            raise ValueError(
                f"{caller} cannot write the label {wide[0]}, which is beyond int64, "
                "the widest integers that it writes. Fit on smaller labels or on "
                "strings."
            )
        return classes.astype(np.int64)
    if classes.dtype.kind == "f" or kinds == {float}:
        doubles = classes.astype(np.float64)
        if (doubles != classes).any():
            raise ValueError(
                f"{caller} cannot write labels of dtype {classes.dtype} that float64 "
                "does not hold. Fit on integers or strings."
            )
        return doubles
    if kinds == {str}:
        return classes.astype(object)
    if kinds == {bool}:
        return classes.astype(bool)
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise TypeError(
        f"{caller} covers labels that are all numbers or all strings, got {names}. Fit "
        "on such labels."
    )
