"""What an exported file says of itself: version, columns, classes, quantiles."""

import json

import numpy as np

from sklearn_kd import __version__


def metadata_of(program):
    """Describe a program by strings, which are the same for every export.

    Parameters
    ----------
    program : Program
        The student.

    Returns
    -------
    dict of str to str
        ``sklearn_kd_version``; ``task``, "classification" or "regression"; and as JSON
        ``feature_names``, in the order of the columns, ``feature_levels``, with the
        levels of each nominal column by its name, where null is a missing value, and
        ``classes`` of a classifier with ``threshold`` (the class, and the probability
        from which on it is the label) where there is one, or ``quantiles`` of a
        regressor of quantiles.
    """
    levels = {
        column.label: list(map(plain, column.levels))
        for column in program.inputs
        if column.levels is not None
    }
    described = {
        "feature_names": [column.label for column in program.inputs],
        "feature_levels": levels,
    }
    if program.classes is not None:
        described["classes"] = list(map(plain, program.classes))
        threshold = program.threshold
        if threshold is not None:
            described["threshold"] = [plain(threshold[0]), threshold[1]]
    elif program.decision.quantiles is not None:
        described["quantiles"] = list(map(float, program.decision.quantiles))
    return {
        "sklearn_kd_version": __version__,
        "task": "regression" if program.classes is None else "classification",
        **{name: json.dumps(value) for name, value in described.items()},
    }


def plain(value):
    """Give a label or level as what JSON has; text for what it has not."""
    if isinstance(value, np.generic):
        value = value.item()
    plainly = value is None or isinstance(value, str | bool | int | float)
    return value if plainly else str(value)
