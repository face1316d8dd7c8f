"""Which levels occur in a nominal column, and whether they are of the types of fit."""

import warnings

import numpy as np

from sklearn_kd._columns import column_name, nominal_codes
from sklearn_kd._compat import num_samples, safe_indexing

_SAMPLE = 1000


def occurring_levels(codes, found):
    """Count the levels that occur.

    Parameters
    ----------
    codes, found
        As :func:`~sklearn_kd._columns.nominal_codes` gives them.

    Returns
    -------
    dict
        The number of rows of each level.
    """
    counts = np.bincount(codes + 1, minlength=len(found) + 1)[1:].tolist()
    return {
        level: count for level, count in zip(found, counts, strict=True) if count > 0
    }


def sample_rows(X):
    """Take some rows of a table, the same ones each time.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        A table.

    Returns
    -------
    {ndarray, DataFrame}
        At most 1000 of its rows, in order. A value is repeated less often among them
        than in the whole.
    """
    n_rows = num_samples(X)
    if n_rows <= _SAMPLE:
        return X
    rows = np.random.default_rng(0).choice(n_rows, _SAMPLE, replace=False)
    return safe_indexing(X, np.sort(rows))


def check_same_types(X, other, kinds, name):
    """Compare the types of the levels in two tables.

    Parameters
    ----------
    X, other : {ndarray, DataFrame} of shape (n_samples, n_features)
        Checked rows.
    kinds : list of {"numeric", "nominal"}
        What the columns of X are.
    name : str
        What a message calls the other.

    Warns
    -----
    UserWarning
        For a nominal column of X none of whose levels occurs in the other, and none of
        their types.
    """
    nominal = [column for column, kind in enumerate(kinds) if kind == "nominal"]
    if not nominal:
        return
    X, whole, other = sample_rows(X), other, sample_rows(other)
    watch = TypeWatch(f"{name}: ")
    for column in nominal:
        known = occurring_levels(*nominal_codes(X, column))
        watch.see(column, *nominal_codes(other, column), known)
        if watch.is_strange(column):
            watch.see(column, *nominal_codes(whole, column), known)
    watch.warn(X)


class TypeWatch:
    """Looks, part by part, for columns whose values are of another type than in fit.

    Parameters
    ----------
    prefix : str, default=""
        What the warning begins with.
    """

    def __init__(self, prefix=""):
        self._prefix = prefix
        self._strange = {}  # a pair a column; None where there is nothing to say of it

    def see(self, column, codes, found, known):
        """Look at one column of some rows.

        Parameters
        ----------
        column : int
            Position of the column.
        codes, found
            As :func:`~sklearn_kd._columns.nominal_codes` gives them.
        known : dict
            Its keys are the levels of fit, perhaps with None for missing values.
        """
        if self._strange.get(column, True):
            self.see_levels(column, occurring_levels(codes, found), known)

    def see_levels(self, column, levels, known):
        """Look at the levels that occur in one column of some rows."""
        if not levels or not self._strange.get(column, True):
            return
        strange = not any(level in known for level in levels)
        strange = strange and not set(map(_kind, levels)) & set(map(_kind, known))
        self._strange[column] = (levels, known) if strange else None

    def is_strange(self, column):
        """Say whether all that was seen of a column is of another type than in fit."""
        return self._strange.get(column) is not None

    def warn(self, X):
        """Warn of the columns of a table all of whose values are of another type."""
        for column, pair in self._strange.items():
            known = [] if pair is None else [x for x in pair[1] if x is not None]
            if not known:
                continue
            held, fitted = map(_described, (list(pair[0]), known))
            warnings.warn(
                f"{self._prefix}Column {column_name(X, column)!r} holds {held}, all of "
                f"them unknown: in fit its levels were {fitted}. An unknown level says "
                "nothing. Convert the column to the type that it had in fit.",
                UserWarning,
                stacklevel=4,
            )


def _kind(level):
    """Group types: a float may be the level that an int was, since 4.0 == 4."""
    kind = type(level)
    return "number" if kind in (int, float) else kind.__name__


def _described(levels):
    types = " and ".join(sorted({type(level).__name__ for level in levels}))
    return f"values of type {types}, such as {levels[0]!r}"
