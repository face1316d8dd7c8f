"""Frames of pandas and polars: what is one, and the names of its columns.

No frame library is imported here: a frame can only reach us after its owner has
imported one.
"""

import sys

from sklearn_kd._compat import get_feature_names


def is_frame(X):
    """Return whether X is a pandas or polars DataFrame; a lazy frame is none."""
    return is_pandas(X) or is_polars(X)


def is_pandas(X):
    """Return whether X is a DataFrame of pandas."""
    frame = getattr(sys.modules.get("pandas"), "DataFrame", None)
    return frame is not None and isinstance(X, frame)


def is_polars(X):
    """Return whether X is a DataFrame of polars."""
    frame = getattr(sys.modules.get("polars"), "DataFrame", None)
    return frame is not None and isinstance(X, frame)


def is_series(X):
    """Return whether X is a pandas or polars Series."""
    kinds = (
        getattr(sys.modules.get(name), "Series", None) for name in ("pandas", "polars")
    )
    return any(kind is not None and isinstance(X, kind) for kind in kinds)


def same_container(X, other):
    """Return whether two tables are frames of one library, or neither is a frame."""
    return is_pandas(X) == is_pandas(other) and is_polars(X) == is_polars(other)


def column_name(X, column):
    """Name of a column for messages: its label in a frame, else its position."""
    return X.columns[column] if is_frame(X) else int(column)


def take_column(X, column):
    """Give one column of an array or a frame, by its position, as a table."""
    return X.iloc[:, [column]] if is_pandas(X) else X[:, [column]]


def column_names(table):
    """List the names of the columns of a table.

    Parameters
    ----------
    table : object
        A DataFrame of any library, a table of Arrow, or anything else.

    Returns
    -------
    list or None
        None for what has no names, such as an array.
    """
    if is_pandas(table):
        return table.columns.tolist()
    names = getattr(table, "column_names", None)  # of Arrow
    if names is None:
        names = getattr(table, "columns", None)
    return None if names is None else list(names)


def dtypes_of(X):
    """List the dtypes of the columns of a frame, or the one of an array or Series."""
    return list(X.dtypes) if is_frame(X) else [X.dtype]


def same_labels(X, other):
    """Return whether columns, dtypes and, of pandas, the index of two tables match."""
    index = getattr(X, "index", None)
    return (
        column_names(X) == column_names(other)
        and dtypes_of(X) == dtypes_of(other)
        and (index is None or index.identical(other.index))
    )


def are_numbered(names, table):
    """Return whether pandas numbered the columns itself, so that they have no names."""
    index = getattr(table, "columns", None)
    return type(index).__name__ == "RangeIndex" and names == list(range(len(names)))


def is_reordered(table, X):
    """Return whether two frames have an index of the same labels in another order."""
    ours, theirs = getattr(X, "index", None), getattr(table, "index", None)
    if ours is None or theirs is None or not hasattr(theirs, "equals"):
        return False
    return not theirs.equals(ours) and theirs.sort_values().equals(ours.sort_values())


class _Interchange:
    """The one method of the interchange protocol that gives column names."""

    def __init__(self, names):
        self.names = names

    def __dataframe__(self):
        return self

    def column_names(self):
        return self.names


def with_readable_names(X):
    """Give rows, or what stands for a polars frame, with names that scikit-learn reads.

    scikit-learn before 1.9 reads them by the interchange protocol, and polars 2 has
    none: columns in another order would pass unnoticed.
    """
    if is_polars(X) and get_feature_names(X) is None:
        return _Interchange(X.columns)
    return X
