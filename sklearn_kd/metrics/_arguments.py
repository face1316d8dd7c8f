"""Checking the lengths and the row weights that a metric is given."""

import numpy as np

from sklearn_kd._compat import check_sample_weight, num_samples
from sklearn_kd._tables.containers import as_column
from sklearn_kd._tables.weights import read_floats


def check_lengths(**arrays):
    """Refuse predictions of different rows, and those of none.

    Parameters
    ----------
    **arrays : array-like of shape (n_samples, ...)
        By the name of the parameter.

    Returns
    -------
    int
        The number of rows.

    Raises
    ------
    ValueError
        Where the numbers of rows differ, and where there are none.
    """
    found = {name: num_samples(array) for name, array in arrays.items()}
    (first, n_samples), *others = found.items()
    for name, number in others:
        if number != n_samples:
            raise ValueError(
                f"{first} has {n_samples} rows and {name} {number}, expected the same "
                "rows in both."
            )
    if n_samples == 0:
        raise ValueError(f"{first} has no rows, and a metric needs one.")
    return n_samples


def check_weights(sample_weight, n_samples):
    """Read the row weights of a metric; None where none were given.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), float or None
        What was passed.
    n_samples : int
        The number of rows.

    Returns
    -------
    ndarray of shape (n_samples,), float64, or None
        The weights.

    Raises
    ------
    TypeError, ValueError
        For anything but one number a row, negative ones, and none above 0.
    """
    if sample_weight is None:
        return None
    weight = read_floats(as_column(sample_weight, "sample_weight"), "sample_weight")
    if weight.shape != (n_samples,):
        raise ValueError(
            f"sample_weight has shape {weight.shape}, expected one weight for each of "
            f"the {n_samples} rows: ({n_samples},)."
        )
    try:
        return check_sample_weight(weight, np.empty((n_samples, 1)))
    except ValueError as error:
        raise ValueError(f"sample_weight: {error}") from error
