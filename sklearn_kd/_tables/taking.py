"""Rows taken out of any container: copied, or out of large arrays, read in place."""

import copy

import numpy as np
from scipy.sparse import issparse

from sklearn_kd._compat import safe_indexing

#: Arrays of numbers with as many bytes are not copied to take rows out of them.
LARGE_BYTES = 2**28


class RowsInPlace:
    """Some rows of arrays, a file on disk as a rule, that are read when indexed.

    Indexing gives an array. Anything that reads all rows at once, such as an
    estimator of scikit-learn, gets a copy of them.

    Parameters
    ----------
    arrays : list of ndarray of shape (n_rows, n_features)
        What is read.
    rows : list of ndarray of int, or of None
        For each array the positions of the rows meant; None is all of them.
    """

    ndim = 2

    def __init__(self, arrays, rows):
        self.arrays = arrays
        self.rows = rows
        lengths = [
            len(array if some is None else some)
            for array, some in zip(arrays, rows, strict=True)
        ]
        self.ends = np.cumsum(lengths)
        self.shape = (int(self.ends[-1]), arrays[0].shape[1])
        self.dtype = np.result_type(*[array.dtype for array in arrays])

    def __len__(self):
        return self.shape[0]

    def _parts(self, index):
        """For each array: which of the chosen rows are in it, and where."""
        which = np.searchsorted(self.ends, index, side="right")
        for number, some in enumerate(self.rows):
            chosen = slice(None)
            place = index
            if len(self.rows) > 1:
                chosen = np.flatnonzero(which == number)
                place = index[chosen] - (self.ends[number - 1] if number else 0)
            yield number, chosen, place if some is None else some[place]

    def select(self, rows):
        """Give rows of these, in the order of the arrays, without reading them.

        Parameters
        ----------
        rows : ndarray of int
            Positions, ascending.

        Returns
        -------
        RowsInPlace
            The rows.
        """
        # positions in 4 bytes, of which there is one a row
        narrow = np.int32 if max(map(len, self.arrays)) < 2**31 else np.intp
        parts = [
            (self.arrays[number], place.astype(narrow))
            for number, _, place in self._parts(_positions(rows, len(self)))
        ]
        parts = [part for part in parts if len(part[1])] or parts[:1]
        return RowsInPlace(*map(list, zip(*parts, strict=True)))

    def __getitem__(self, rows):
        if isinstance(rows, tuple):  # scikit-learn indexes by [rows, ...]
            rows = rows[0]
        if np.ndim(rows) == 0 and not isinstance(rows, slice):
            return self[[rows]][0]
        if len(self.arrays) == 1 and isinstance(rows, slice):
            some = self.rows[0]
            return np.asarray(self.arrays[0][rows if some is None else some[rows]])
        index = _positions(rows, len(self))
        parts = list(self._parts(index))
        if len(parts) == 1:
            return np.asarray(self.arrays[0][parts[0][2]])
        taken = np.empty((len(index), self.shape[1]), self.dtype)
        for number, chosen, place in parts:
            taken[chosen] = self.arrays[number][place]
        return taken

    def copy(self):
        """Read all rows into an array of their own."""
        rows = self[:]
        shared = len(self.arrays) == 1 and self.rows[0] is None
        return rows.copy() if shared else rows

    def __array__(self, dtype=None, copy=None):
        rows = self.copy() if copy else self[:]
        return np.asarray(rows, dtype=dtype)


def _positions(rows, n_rows):
    """Positions from 0 on of what a slice, a mask or positions choose, as NumPy does.

    Not ``np.arange(n_rows)[rows]``: that is as long as all rows, and a batch has few.
    """
    if isinstance(rows, slice):
        return np.arange(*rows.indices(n_rows))
    rows = np.asarray(rows)
    if rows.dtype == bool:
        if rows.shape != (n_rows,):
            raise IndexError(
                f"The mask has shape {rows.shape}, expected one value a row: "
                f"({n_rows},)."
            )
        return np.flatnonzero(rows)
    if rows.size == 0:
        return np.empty(0, dtype=np.intp)
    if rows.dtype.kind not in "iu" or rows.ndim != 1:
        raise IndexError(
            f"Rows are chosen by a slice, a mask or whole numbers in one dimension, "
            f"got an array of shape {rows.shape} and dtype {rows.dtype}."
        )
    least, most = rows.min(), rows.max()
    if least < -n_rows or most >= n_rows:
        wrong = most if most >= n_rows else least
        raise IndexError(f"Row {wrong} is out of bounds: there are {n_rows} rows.")
    rows = rows.astype(np.intp, copy=False)
    return rows if least >= 0 else np.where(rows < 0, rows + n_rows, rows)


def is_large(X):
    """Return whether rows are numbers in an array that is too large to be copied."""
    if not isinstance(X, np.ndarray):
        return isinstance(X, RowsInPlace)
    return X.ndim == 2 and X.dtype.kind in "fiub" and X.nbytes >= LARGE_BYTES


def in_place(X):
    """Give large rows as :class:`RowsInPlace`."""
    return X if isinstance(X, RowsInPlace) else RowsInPlace([X], [None])


def take_rows(X, rows):
    """Take checked rows by ascending positions, large ones without reading them."""
    return in_place(X).select(rows) if is_large(X) else safe_indexing(X, rows)


def read_rows(X):
    """Read rows that may be :class:`RowsInPlace`; give any others as they are."""
    return X[:] if isinstance(X, RowsInPlace) else X


def chain_rows(above, below):
    """Put rows on top of each other, of which at least some are large."""
    if issparse(below):
        below = below.toarray()
    above, below = in_place(above), in_place(below)
    return RowsInPlace(above.arrays + below.arrays, above.rows + below.rows)


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
    """Take rows of any container into memory of their own, by slice or positions."""
    taken = safe_indexing(X, rows)
    # positions copy already, but for a frame of pandas of which all rows are taken
    shared = isinstance(rows, slice) or hasattr(taken, "iloc")
    return copy_rows(taken) if shared else taken
