"""What all metrics do with what they are given: lengths, weights, functions."""

import inspect

import numpy as np

from sklearn_kd._compat import num_samples
from sklearn_kd._messages import show
from sklearn_kd._tables.containers import as_column
from sklearn_kd._tables.weights import check_weight


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


def weighted_mean(values, sample_weight):
    """Average an array over rows, of which those of weight 0 do not count.

    The mean is a float, or an array of them for values of more than one dimension.
    Errors are those of :func:`rows_that_count`.
    """
    weight, values = rows_that_count(sample_weight, values)
    mean = np.average(values, axis=0, weights=weight)
    return mean if mean.ndim else float(mean)


def rows_that_count(sample_weight, *arrays):
    """Give weights, the largest from 1/2 to 1, and arrays without rows of weight 0.

    It is a TypeError or ValueError for weights that are not one number a row, negative
    ones, and none above 0.
    """
    weight = check_weight(as_column(sample_weight, "sample_weight"), arrays[0])
    # by a power of two, which keeps all bits: the sum may be too large for a float
    weight = np.ldexp(weight, -np.frexp(weight.max())[1])
    return [each[weight > 0] for each in (weight, *arrays)]


def check_call(name, function, arguments, fix):
    """Refuse a function that cannot be called by these positional arguments.

    Parameters
    ----------
    name : str
        Of the parameter.
    function : object
        What was passed.
    arguments : str
        As messages write them, between commas.
    fix : str
        A sentence on what to pass instead.

    Raises
    ------
    TypeError
        For what is not callable, and for what takes fewer arguments or needs more.
    """
    try:
        inspect.signature(function).bind(*arguments.split(", "))
    except TypeError as error:
        raise TypeError(
            f"{name} must be a function of {arguments}, got {show(function)} "
            f"({error}). {fix}"
        ) from error
    except ValueError:  # some written in C have no signature
        return
