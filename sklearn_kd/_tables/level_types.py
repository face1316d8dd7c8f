"""Which levels occur in a nominal column, and whether they are of the types of fit."""

import numpy as np

from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._messages import show, warn
from sklearn_kd._tables.columns import nominal_codes
from sklearn_kd._tables.frames import column_name, is_pandas, is_polars

_SAMPLE = 1000


def occurring_levels(codes, found):
    """Count the rows of each level that occurs, by what ``nominal_codes`` gave."""
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
        if watch.is_unknown(column):
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
        # of each column a value of each type, none a level of fit; None: some were
        self._unknown = {}

    def see(self, column, codes, found, known):
        """Look at the codes and levels of one column, and at those known in fit."""
        if self._unknown.get(column, True):
            self.see_levels(column, occurring_levels(codes, found), known)

    def see_levels(self, column, levels, known):
        """Look at the levels that occur in one column of some rows."""
        if not levels or not self._unknown.get(column, True):
            return
        if any(level in known for level in levels):
            self._unknown[column] = None
            return
        examples, _ = self._unknown.setdefault(column, ({}, known))
        for level in levels:
            examples.setdefault(type(level), level)

    def is_unknown(self, column):
        """Return whether a column had some values, and none was a level of fit."""
        return bool(self._unknown.get(column))

    def warn(self, X):
        """Warn of the columns of a table all of whose values are of another type."""
        for column, pair in self._unknown.items():
            if pair is None:
                continue
            examples, known = pair
            fitted = {type(level): level for level in known if level is not None}
            dates = _dates(X, column)
            if not fitted or not (dates or _kinds(examples).isdisjoint(_kinds(fitted))):
                continue
            held, was = next(iter(examples.values())), next(iter(fitted.values()))
            warn(
                f"{self._prefix}Column {show(column_name(X, column))} holds values of "
                f"type {dates or _named(examples)}, such as {show(held)}, and all of "
                f"them are unknown: in fit they were of type {_named(fitted)}, such as "
                f"{show(was)}. Convert the column to the type that it had in fit.",
            )


def _kinds(types):
    """Group types: a float may be the level that an int was, since 4.0 == 4."""
    return {"number" if each in (int, float) else each.__name__ for each in types}


def _named(types):
    """List the names of types, for messages."""
    return " and ".join(sorted(each.__name__ for each in types))


def _dates(X, column):
    """Name the dtype of dates and durations, which are read as strings; else None."""
    if is_pandas(X):
        dtype = X.dtypes.iloc[column]
        return dtype if dtype.kind in "mM" else None
    if is_polars(X):
        return X.dtypes[column] if X.dtypes[column].is_temporal() else None
    return None
