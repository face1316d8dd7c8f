"""Tables of one stream in containers that can be stacked."""

import numpy as np
from scipy.sparse import csr_matrix, issparse

from sklearn_kd._tables.columns import is_frame, is_polars, objects_of


def alike(above, below):
    """Bring tables of one stream into containers that can be stacked.

    Parameters
    ----------
    above, below : {ndarray, CSR matrix, DataFrame} of shape (n_rows, n_features)
        Rows with the same columns, in any two containers.

    Returns
    -------
    above, below : {ndarray, CSR matrix, DataFrame} of shape (n_rows, n_features)
        Arrays of objects for two kinds of containers, and where a common dtype would
        make strings of numbers, or numbers of booleans that are levels.
    """
    if issparse(above):
        return above, below if issparse(below) else csr_matrix(below)
    if issparse(below):
        return above, below
    if is_frame(above) or is_frame(below):
        fits = type(above) is type(below)
        if fits:
            pair = _stack_in_polars if is_polars(above) else _stack_in_pandas
            fits = all(map(pair, above.dtypes, below.dtypes))
    else:
        fits = above.dtype.kind == below.dtype.kind or not (
            {above.dtype.kind, below.dtype.kind} & {"U", "S"}
        )
    if fits:
        return above, below
    return _objects(above), _objects(below)


def _objects(X):
    """Make an array of objects, without a common type of the columns in between."""
    table = np.empty(X.shape, dtype=object)
    for column in range(X.shape[1]):
        table[:, column] = objects_of(X, column)
    return table


def _stack_in_pandas(dtype, other):
    """Say whether two dtypes of pandas are not booleans beside numbers."""
    return (dtype.kind == "b") == (other.kind == "b") or not (
        {dtype.kind, other.kind} <= set("biuf")
    )


def _stack_in_polars(dtype, other):
    """Say whether two dtypes of polars have one that holds the values of both."""
    words = ("String", "Categorical", "Enum")
    return (
        dtype == other
        or (dtype.is_numeric() and other.is_numeric())
        or all(each.base_type().__name__ in words for each in (dtype, other))
        or any(each.base_type().__name__ == "Null" for each in (dtype, other))
    )
