"""Columns of a table read at other rows, and tables made of such columns."""

import sys

import numpy as np

from sklearn_kd._tables.columns import is_frame


def take_and_replace(X, column, rows, replaced, values):
    """Read one column at some rows, with other numbers in some places.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        A table.
    column : int
        Position of the column.
    rows : ndarray of shape (n_rows,), intp
        Positions in X.
    replaced : ndarray of shape (n_replaced,), intp
        Positions in `rows`, all with a number in the column.
    values : ndarray of shape (n_replaced,), float64
        What stands there instead, within the range of the column.

    Returns
    -------
    {ndarray, Series} of shape (n_rows,)
        Of the dtype of the column.
    """
    if not is_frame(X):
        taken = X[:, column][rows]
        taken[replaced] = _as_dtype(values, taken[replaced])
        return taken
    if hasattr(X, "iloc"):
        return _take_pandas(X.iloc[:, column], rows, replaced, values)
    return _take_polars(X[:, column], rows, replaced, values)


def _take_pandas(series, rows, replaced, values):
    pandas = sys.modules["pandas"]
    dtype = series.dtype
    if isinstance(dtype, pandas.SparseDtype):  # no value of it can be replaced
        series = series.sparse.to_dense()
    taken = series.array.take(rows)
    if len(replaced):
        if isinstance(series.dtype, np.dtype):
            values = _as_dtype(values, np.asarray(taken)[replaced])
        else:
            values = pandas.Series(values).astype(series.dtype).array
        taken[replaced] = values
    return pandas.Series(taken, dtype=dtype, copy=False)


def _take_polars(series, rows, replaced, values):
    polars = sys.modules["polars"]
    if series.dtype == polars.Object:
        objects = np.empty(len(series), dtype=object)
        objects[:] = series.to_list()
        taken = objects[rows]
        taken[replaced] = _as_dtype(values, taken[replaced])
        return polars.Series(series.name, taken.tolist(), dtype=polars.Object)
    taken = series.gather(rows)
    if len(replaced) == 0:
        return taken
    kept = np.ones(len(rows), dtype=bool)
    kept[replaced] = False
    # in the kept places a number that every dtype holds
    numbers = np.zeros(len(rows))
    numbers[replaced] = values
    made = polars.Series(numbers).cast(series.dtype)
    return taken.zip_with(polars.Series(kept), made)


def _as_dtype(values, old):
    """Numbers of the dtype of those they replace; among objects, of their one type."""
    if old.dtype != object:
        return values.astype(old.dtype)
    kinds = set(map(type, old))
    kind = kinds.pop() if len(kinds) == 1 else float
    objects = np.empty(len(values), dtype=object)
    objects[:] = [kind(value) for value in values.tolist()]
    return objects


def build_table(X, columns, n_rows):
    """Put columns together in a table like another.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        Its type and the names of its columns are taken.
    columns : iterable of {ndarray, Series}
        One a column of X, each of `n_rows` values of its dtype.
    n_rows : int
        Number of rows.

    Returns
    -------
    {ndarray, DataFrame} of shape (n_rows, n_features)
        The table. A pandas DataFrame is indexed from 0.
    """
    if not is_frame(X):
        table = np.empty((n_rows, X.shape[1]), dtype=X.dtype)
        for position, column in enumerate(columns):
            table[:, position] = column
        return table
    if not hasattr(X, "iloc"):
        return sys.modules["polars"].DataFrame(list(columns))
    table = sys.modules["pandas"].DataFrame(dict(enumerate(columns)), copy=False)
    table.columns = X.columns
    return like_pandas(table, X)


def like_pandas(table, X):
    """Make a frame one of a subclass of pandas, with what that keeps beside columns.

    Parameters
    ----------
    table : DataFrame
        With the columns of X.
    X : DataFrame
        Of the subclass. Without a ``_constructor`` of its own, pandas itself makes
        plain frames of it.

    Returns
    -------
    DataFrame
        Of the type, and with the metadata, that pandas gives parts of X.
    """
    if type(table) is not type(X):
        table = X._constructor(table)
    return table.__finalize__(X)
