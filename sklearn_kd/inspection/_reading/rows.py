"""Counting the rows that a measurement is given."""

from sklearn_kd._compat import num_samples
from sklearn_kd._messages import printable, show
from sklearn_kd.metrics._models import read_rows


def count_rows(X, models=()):
    """Count rows, and refuse what has none.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame}
        What was passed.
    models : iterable of object, default=()
        Those that will predict.

    Returns
    -------
    X : object
        Rows that can be taken out one by one.
    n_samples : int
        Their number, at least 1.

    Raises
    ------
    TypeError
        For what is no sequence of rows.
    ValueError
        Where there are none, and for one row without the dimension of rows.
    """
    X = read_rows(X, models)
    try:
        n_samples = num_samples(X)
    except TypeError as error:
        raise TypeError(
            f"X must hold rows, got {show(X)}: {printable(error)}."
        ) from error
    if n_samples == 0:
        raise ValueError("X has no rows, and a prediction needs one.")
    return X, n_samples
