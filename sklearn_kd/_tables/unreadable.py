"""Columns that are neither numbers nor levels, and the errors for them."""

import numpy as np
from scipy.sparse import issparse

from sklearn_kd._messages import with_message
from sklearn_kd._tables.checks import check_table
from sklearn_kd._tables.columns import column_kinds
from sklearn_kd._tables.frames import is_frame
from sklearn_kd._tables.texts import is_text

#: What estimators raise at columns that they cannot read; the last at huge integers.
REFUSALS = TypeError, ValueError, OverflowError


def find_unreadable(X):
    """Find a column that is neither a number nor a level, or holds infinity.

    Parameters
    ----------
    X : {ndarray, CSR matrix, DataFrame, Series}
        What ``check_rows`` returned; sparse rows and texts have no such columns.

    Returns
    -------
    TypeError, ValueError or None
        What a reader of the table would raise, naming the column.
    """
    if issparse(X) or is_text(X):
        return None
    try:
        check_table(X, column_kinds(X), "MungeSampler")
    except (TypeError, ValueError) as error:
        return error
    return None


def has_odd_columns(X):
    """Return whether rows are a table in which some column is not numeric.

    Parameters
    ----------
    X : {ndarray, CSR matrix, DataFrame, Series, RowsInPlace}
        What ``check_rows`` returned.

    Returns
    -------
    bool
        True too for columns that are neither numeric nor nominal.
    """
    if issparse(X) or is_text(X):
        return False
    try:
        return "nominal" in column_kinds(X)
    except TypeError:
        return True


def is_odd(X):
    """Return whether rows are a table in which a column is not numeric, or infinite."""
    if not (is_frame(X) or (isinstance(X, np.ndarray) and X.ndim == 2)):
        return False
    return has_odd_columns(X) or find_unreadable(X) is not None


def refused_by(side, X, error):
    """Make the error for a table that a model cannot read, with the likely column.

    Parameters
    ----------
    side : str
        The teacher or the student, as messages call it.
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        The table.
    error : TypeError, ValueError or OverflowError
        What was raised.

    Returns
    -------
    TypeError or ValueError
        Of the same type where it is one of these, to be raised from the old one.
    """
    message, unreadable = f"{side} cannot read these rows: {error}", find_unreadable(X)
    if unreadable is not None and str(unreadable) not in message:
        message = f"{message} {unreadable}"
    if not isinstance(error, (TypeError, ValueError)):
        return ValueError(message)
    return with_message(error, message)
