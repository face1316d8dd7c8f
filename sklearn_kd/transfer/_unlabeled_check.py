"""Unlabelled rows taken out of their holder, and refused where a fold may cut them."""

from sklearn_kd._compat import num_samples
from sklearn_kd._messages import printable, show
from sklearn_kd._tables.building import refuse_two_kinds
from sklearn_kd._tables.containers import as_rows
from sklearn_kd._tables.frames import same_container
from sklearn_kd.transfer.unlabeled import UnlabeledRows


def check_unlabeled(X_unlabeled, X, n_given=None):
    """Take unlabelled rows out of their holder, and refuse what a fold may have cut.

    Parameters
    ----------
    X_unlabeled : UnlabeledRows, array-like, sparse matrix, DataFrame or None
        What the user passed.
    X : {ndarray, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The labelled rows.
    n_given : int or None, default=None
        How many labelled rows ``fit`` got, where some had weight 0 and are not in X.

    Returns
    -------
    {array-like, sparse matrix, DataFrame} or None
        The rows.

    Raises
    ------
    ValueError
        For a bare array with as many rows as ``fit`` got.
    TypeError
        When one is a frame and the other is not, or of another library; and when one
        has numbers where the other has strings.
    """
    if X_unlabeled is None:
        return None
    held = isinstance(X_unlabeled, UnlabeledRows)
    rows = as_rows(X_unlabeled.X if held else X_unlabeled, "X_unlabeled")
    try:
        n_rows = num_samples(rows)
    except TypeError as error:
        raise TypeError(
            f"X_unlabeled must hold rows like X, got {show(rows)}: {printable(error)}."
        ) from error
    if not same_container(X, rows):
        raise TypeError(
            f"X_unlabeled must be of the type of X, {_type_name(X)}, got "
            f"{_type_name(rows)}."
        )
    n_given = num_samples(X) if n_given is None else n_given
    if not held and n_rows == n_given:
        raise ValueError(
            f"X_unlabeled has {n_given} rows, exactly as many as X: cross-validation "
            "slices any array as long as X by the fold, without an error. Pass "
            "X_unlabeled=sklearn_kd.UnlabeledRows(X_unlabeled), which is never sliced."
        )
    refuse_two_kinds(X, rows)
    return rows


def _type_name(X):
    """Name the library and the type of a table."""
    return f"{type(X).__module__.partition('.')[0]}.{type(X).__name__}"
