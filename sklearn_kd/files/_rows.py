"""The rows of a table on disk, whatever it is, and the columns that a teacher reads."""

import os

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._tables.containers import as_rows
from sklearn_kd._tables.frames import is_frame
from sklearn_kd.files._arrays import ArrayRows, is_array_file
from sklearn_kd.files._dask import DaskRows, is_of_dask
from sklearn_kd.files._parquet import ParquetRows


def open_rows(data):
    """Open a table to be read a part at a time.

    Parameters
    ----------
    data : str, os.PathLike, ndarray or dask.dataframe.DataFrame
        As the user passed it.

    Returns
    -------
    ParquetRows, ArrayRows or DaskRows
        The table.

    Raises
    ------
    TypeError, ValueError
        For anything else, and for a table without rows.
    """
    if isinstance(data, np.ndarray):
        rows = ArrayRows(data)
    elif is_of_dask(data):
        rows = DaskRows(data)
    elif isinstance(data, (str, os.PathLike)):
        rows = _open_path(os.fsdecode(data))
    else:
        fix = "compute_soft_targets labels rows in memory" if is_frame(data) else ""
        raise TypeError(
            "data must be the name of a Parquet file, of a folder of them or of a .npy "
            "file, an array of NumPy or a DataFrame of Dask, got "
            f"{type(data).__name__}{': ' + fix if fix else ''}."
        )
    if rows.n_rows == 0:
        raise no_rows(rows)
    return rows


def no_rows(rows):
    """Make the error of a table without rows."""
    return ValueError(f"{show(rows.place)} has no rows.")


def _open_path(path):
    if not os.path.exists(path):
        raise ValueError(f"data={show(path)} does not exist.")
    return ArrayRows(path) if is_array_file(path) else ParquetRows(path)


def choose_columns(rows, teacher, columns):
    """Find the columns that a teacher reads.

    Parameters
    ----------
    rows : ParquetRows, ArrayRows or DaskRows
        The table.
    teacher : object
        Fitted.
    columns : list or None
        As the user passed them: names, or positions in an array.

    Returns
    -------
    list or None
        Names or positions; None for all of an array.

    Raises
    ------
    TypeError
        For `columns` that are no list.
    ValueError
        For columns that the table does not have, and for another number of them than
        the teacher was fitted on.
    """
    named = rows.names is not None
    if columns is not None:
        columns = _check_columns(columns, rows)
    elif named and hasattr(teacher, "feature_names_in_"):
        columns = [str(name) for name in teacher.feature_names_in_]
        missing = [name for name in columns if name not in rows.names]
        if missing and len(missing) < len(columns):
            raise ValueError(
                f"{show(rows.place)} has no columns {show(missing)}, which the teacher "
                "was fitted on."
            )
        if missing:  # they are those that a package made up for an array
            columns = list(rows.names)
    elif named:
        columns = list(rows.names)
    n_columns = rows.width if columns is None else len(columns)
    n_expected = getattr(teacher, "n_features_in_", n_columns)
    if n_columns != n_expected:
        raise ValueError(
            f"The teacher {type(teacher).__name__} was fitted on {n_expected} columns, "
            f"and {show(rows.place)} has {n_columns}: pass those that it reads, in its "
            f"order, as columns=[...]"
            + (f". There are {show(rows.names)}." if named else ", by position.")
        )
    return columns


def _check_columns(columns, rows):
    """Check the columns that the user named."""
    if isinstance(columns, (str, bytes)) or not hasattr(columns, "__iter__"):
        raise TypeError(
            f"columns must be a list of {'names' if rows.names else 'positions'}, got "
            f"{show(columns)}."
        )
    columns = [one.item() if isinstance(one, np.generic) else one for one in columns]
    there = range(rows.width) if rows.names is None else rows.names
    kind = int if rows.names is None else str  # True and 1.0 are in a range, too
    wrong = [one for one in columns if type(one) is not kind or one not in there]
    if wrong or not columns or len(set(columns)) < len(columns):
        wrong = show(wrong or columns)
        raise ValueError(
            f"columns={wrong}, expected different ones of {show(list(there))}."
        )
    return columns


def as_input(table, teacher_reads_names):
    """Give rows as a teacher was fitted on them.

    Parameters
    ----------
    table : pyarrow.Table or ndarray
        From a table on disk.
    teacher_reads_names : bool
        Whether it was fitted on named columns: then it gets a frame. Otherwise it gets
        an array of numbers, where the columns hold nothing else.

    Returns
    -------
    ndarray or DataFrame of shape (n_rows, n_columns)
        The rows.
    """
    if isinstance(table, np.ndarray):
        return table
    if not teacher_reads_names and all(map(_is_numeric, table.schema.types)):
        return np.column_stack([column.to_numpy() for column in table.columns])
    return as_rows(table)


def _is_numeric(kind):
    from pyarrow import types

    return types.is_floating(kind) or types.is_integer(kind) or types.is_boolean(kind)


def as_labels(table):
    """Split the last column off, as an array of labels."""
    if isinstance(table, np.ndarray):
        return table[:, :-1], table[:, -1]
    labels = table.column(table.num_columns - 1)
    if hasattr(labels.type, "value_type"):  # of categories
        labels = labels.cast(labels.type.value_type)
    return table.remove_column(table.num_columns - 1), labels.to_numpy()


def taken(table, rows):
    """Give some rows of a table."""
    return table[rows] if isinstance(table, np.ndarray) else table.take(rows)


def stacked(tables):
    """Put tables below each other."""
    if isinstance(tables[0], np.ndarray):
        return np.concatenate(tables)
    from pyarrow import concat_tables

    return concat_tables(tables, promote_options="permissive")
