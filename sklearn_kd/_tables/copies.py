"""Rows that foreign code may write into: copies of what is used elsewhere too."""

import copy

import numpy as np

from sklearn_kd._compat import safe_indexing


def copy_rows(X):
    """Copy rows, so that other code may write into them.

    Parameters
    ----------
    X : {ndarray, sparse matrix, DataFrame, Series, RowsInPlace, list}
        Rows in any container.

    Returns
    -------
    {ndarray, sparse matrix, DataFrame, Series, list}
        Of the same type, dtype and memory layout, writable, in memory of its own; an
        array for rows in place.
    """
    if isinstance(X, np.ndarray):
        return X.copy(order="K")
    if isinstance(X, list):
        return [copy.copy(row) for row in X]
    for name in ("copy", "clone"):  # polars and torch have the second
        method = getattr(X, name, None)
        if callable(method):
            return method()
    return copy.deepcopy(X)


def take_copy(X, rows):
    """Take rows that may be written into.

    Parameters
    ----------
    X : {ndarray, sparse matrix, DataFrame, Series, list} of n_samples rows
        Rows in any container.
    rows : slice, list of int or ndarray of int
        Which.

    Returns
    -------
    {ndarray, sparse matrix, DataFrame, Series, list}
        The rows, in memory of their own.
    """
    taken = safe_indexing(X, rows)
    # positions copy already, but for a frame of pandas of which all rows are taken
    shared = isinstance(rows, slice) or hasattr(taken, "iloc")
    return copy_rows(taken) if shared else taken
