"""Piecewise-linear functions of numeric columns, which an encoded row consists of."""

import numpy as np

from sklearn_kd._tables.checks import read_numbers

# Values handled at a time: the work arrays of a block fit in the processor's cache.
_CURVES_SIZE, _RAMPS_SIZE = 1 << 14, 1 << 15

# Up to this many comparisons, comparing with all knots beats six rounds of a search.
_COMPARE_SIZE = 1 << 13


class PiecewiseLinear:
    """All functions of numeric columns that fill an encoded row, part by part.

    Each function is of one column, linear between knots and level outside them.

    Parameters
    ----------
    parts : list of (list of int, Functions)
        The columns of the table that some functions read, and the functions, in the
        order of the output.

    Attributes
    ----------
    columns : list of int
        All columns that are read, in increasing order.
    groups : dict of tuple of int to list of (slice, Functions)
        The functions that read the same columns, and the outputs that they fill.
    """

    def __init__(self, parts):
        self.groups = {}
        self._size = self._n_sloped = 0
        for columns, functions in parts:
            start, self._size = self._size, self._size + len(functions)
            if len(functions):
                group = self.groups.setdefault(tuple(columns), [])
                group.append((slice(start, self._size), functions))
                if functions.sloped:
                    self._n_sloped = self._size
        self.columns = sorted({column for columns in self.groups for column in columns})

    def __len__(self):
        return self._size

    def read_columns(self, X):
        """Read the columns of each group of checked rows; no number is infinite."""
        return [read_numbers(X, columns, "TabularEncoder") for columns in self.groups]

    def read(self, X, out):
        """Compute all functions of checked rows into the first columns of `out`."""
        for numbers, group in zip(
            self.read_columns(X), self.groups.values(), strict=True
        ):
            for place, functions in group:
                functions.read(numbers, out[:, place])

    def functions_of(self, column):
        """Give the functions of one column.

        Yields
        ------
        outputs : ndarray of int
            What they fill.
        functions : Functions
            Functions of an array with that column alone.
        """
        for columns, group in self.groups.items():
            if column in columns:
                for place, functions in group:
                    own, functions = functions.of(columns.index(column))
                    yield place.start + own, functions

    def knots_of(self, column):
        """List the values between which all functions of a column are linear."""
        knots = [
            functions.knots_of(columns.index(column))
            for columns, group in self.groups.items()
            if column in columns
            for _, functions in group
        ]
        return np.unique(np.concatenate(knots))

    def read_column(self, column, numbers):
        """Compute the functions of one column.

        Parameters
        ----------
        column : int
            Position of the column.
        numbers : ndarray of shape (n_values,), float64
            Its values.

        Returns
        -------
        outputs : ndarray of int
            What the functions fill.
        values : ndarray of shape (n_values, n_functions), float64
            What they are.
        """
        outputs, values = [], []
        for places, functions in self.functions_of(column):
            own = np.empty((len(numbers), len(functions)))
            functions.read(numbers[:, None], own)
            outputs.append(places)
            values.append(own)
        return np.concatenate(outputs), np.hstack(values)

    def fold(self, column, knots, coef):
        """Multiply what one column is encoded as with a layer's weights `coef`.

        Returns the products at `knots` from :meth:`knots_of`, of shape (n_knots,
        n_units), and for a missing value, (n_units,). Between knots they are linear,
        and outside level.
        """
        encoded, some = np.zeros((len(knots) + 1, len(self))), self._n_sloped
        outputs, values = self.read_column(column, np.append(knots, np.nan))
        encoded[:, outputs] = values
        return encoded[:-1, :some] @ coef[:some], encoded[-1] @ coef[: len(self)]


class Functions:
    """Functions of one column each, of several columns.

    The forms of them below have an arithmetic of their own: `Curves`, of which a column
    has one, a search; `Ramps` and `MissingFlags` none.

    Attributes
    ----------
    column : ndarray of shape (n_functions,), intp
        Which column each function reads.
    missing : float
        What each function is for a missing value.
    sloped : bool
        Whether they depend on a value that is not missing.
    """

    sloped = True
    missing = 0.0

    def __len__(self):
        return len(self.column)

    def of(self, column):
        """Give which functions are of one column, and these as functions of it."""
        raise NotImplementedError

    def knots_of(self, column):
        """Give the increasing values between which the functions of one are linear."""
        raise NotImplementedError

    def read(self, X, out):
        """Compute the functions of float64 values, NaN allowed, one row a sample.

        What a row gets does not depend on the other rows. `out` is float32 or float64,
        of shape (n_samples, n_functions).
        """
        raise NotImplementedError

    def state(self):
        """Give what the functions follow from, as a dict of plain arrays."""
        raise NotImplementedError

    @classmethod
    def from_state(cls, state):
        """Make the functions again of what :meth:`state` gave."""
        raise NotImplementedError


class Curves(Functions):
    """One function a column, given by its values at knots.

    A *cell* is the stretch from one knot to the next. Cells of all columns are counted
    through, column by column, so that one index reads any of the flat tables.

    Parameters
    ----------
    knots, values : list of ndarray, float64
        The increasing knots of each column, and the values there.
    missing : float, default=0.0
        Each function of a missing value.

    Attributes
    ----------
    counts : ndarray of shape (n_columns,), intp
        Number of knots of each column.
    knots : ndarray of shape (n_columns, width), float64
        Increasing; padded with infinity to a width that is a power of two.
    widths : ndarray of shape (n_columns, width), float64
        Distance to the next knot; 1 where there is none.
    values : ndarray of shape (n_columns, width), float64
        Value at the knot.
    rises : ndarray of shape (n_columns, width), float64
        Difference to the value at the next knot; 0 where there is none.
    """

    def __init__(self, knots, values, missing=0.0):
        self.missing = missing
        self.counts = np.array([len(each) for each in knots], dtype=np.intp)
        width = 1 << int(max(self.counts, default=1) - 1).bit_length()
        shape = (len(knots), width)
        self.knots, self.widths = np.full(shape, np.inf), np.ones(shape)
        self.values, self.rises = np.zeros(shape), np.zeros(shape)
        for column, (own, heights) in enumerate(zip(knots, values, strict=True)):
            count = len(own)
            self.knots[column, :count] = own
            self.widths[column, : count - 1] = np.diff(own)
            self.values[column, :count] = heights
            self.rises[column, : count - 1] = _rises(heights)

    @property
    def column(self):
        """Each column has one function."""
        return np.arange(len(self.counts))

    def __len__(self):
        return len(self.counts)

    def of(self, column):
        knots, values = self.knots_of(column), self.values_of(column)
        return np.array([column]), Curves([knots], [values], self.missing)

    def knots_of(self, column):
        return self.knots[column, : self.counts[column]]

    def values_of(self, column):
        """Give the values of one function at its knots."""
        return self.values[column, : self.counts[column]]

    def read(self, X, out):
        n_rows = max(1, _CURVES_SIZE // max(1, X.shape[1]))
        for start in range(0, len(X), n_rows):
            block = slice(start, start + n_rows)
            cell, value = self.locate(X[block])
            value *= self.rises.take(cell)
            value += self.values.take(cell)
            np.copyto(value, self.missing, where=np.isnan(value))
            out[block] = value

    def locate(self, X):
        """Give the cell of each value, any for NaN, and which share of it is below."""
        n_columns, width = self.knots.shape
        first = np.arange(0, n_columns * width, width)
        knots = self.knots.ravel()
        # values at the ends keep the differences below finite, whatever comes
        X = np.maximum(X, knots.take(first))
        np.minimum(X, knots.take(first + self.counts - 1), out=X)
        if X.size * width <= _COMPARE_SIZE:
            below = np.add.reduce(self.knots <= X[:, :, None], axis=2, dtype=np.intp)
            # none is below NaN
            cell = first + np.maximum(below - 1, 0)
        else:
            cell = binary_search(knots, X, first, width)
        position = np.subtract(X, knots.take(cell), out=X)
        position /= self.widths.take(cell)
        return cell, position

    def lines(self, column):
        """Give offset, slope and height of the line of each cell.

        The first is below all knots, the last above them. The value is
        ``height + slope * (x - offset)``.
        """
        knots, values = self.knots_of(column), self.values_of(column)
        with np.errstate(over="ignore"):
            slopes = np.diff(values) / np.diff(knots)
        offset, slope = np.zeros(len(knots) + 1), np.zeros(len(knots) + 1)
        offset[1:-1], slope[1:-1] = knots[:-1], slopes
        return offset, slope, np.append(values[:1], values)

    def state(self):
        real = np.arange(self.knots.shape[1]) < self.counts[:, None]
        kept = {"knots": self.knots[real], "values": self.values[real]}
        return {"counts": self.counts, "missing": self.missing, **kept}

    @classmethod
    def from_state(cls, state):
        ends = np.cumsum(state["counts"])
        parts = [np.split(state[name], ends)[:-1] for name in ("knots", "values")]
        return cls(*parts, state["missing"])


class Ramps(Functions):
    """Functions that rise from 0 to 1 on one stretch each, any number a column.

    Parameters
    ----------
    column : ndarray of shape (n_functions,), intp
        Which column each reads, in increasing order.
    lower : ndarray of shape (n_functions,), float64
        Where it begins to rise; increasing within a column, and no two overlap.
    scale : ndarray of shape (n_functions,), float64
        One over the length of the stretch.

    References
    ----------
    Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features in Tabular
    Deep Learning", 2022. :doi:`10.48550/arXiv.2203.05556`
    """

    def __init__(self, column, lower, scale):
        self.column, self.lower, self.scale = column, lower, scale

    @classmethod
    def between(cls, edges):
        """Make the ramps between the edges of several columns.

        Parameters
        ----------
        edges : list of ndarray
            For each column its increasing edges. A single stretch is left out: a column
            that is read linearly has its normal score. So is one that is too narrow or
            too wide for its width to have an inverse.

        Returns
        -------
        Ramps
            Column by column.
        """
        counts = [len(each) - 1 if len(each) > 2 else 0 for each in edges]
        column = np.repeat(np.arange(len(edges)), counts)
        kept = [each for each in edges if len(each) > 2]
        empty = [np.empty(0)]
        lower = np.concatenate([each[:-1] for each in kept] or empty)
        with np.errstate(over="ignore", divide="ignore"):
            width = np.concatenate([np.diff(each) for each in kept] or empty)
            scale = 1 / width
        # neighbouring floats and the ends of their range span nothing to divide by
        usable = np.isfinite(scale) & (scale > 0)
        return cls(column[usable], lower[usable], scale[usable])

    def of(self, column):
        own = np.flatnonzero(self.column == column)
        return own, Ramps(np.zeros_like(own), self.lower[own], self.scale[own])

    def knots_of(self, column):
        # without the greatest edge: it is the greatest value of fit, which is a knot of
        # the score, or nothing changes beyond it
        return self.lower[self.column == column]

    def read(self, X, out):
        n_rows = max(1, _RAMPS_SIZE // max(1, len(self)))
        for start in range(0, len(X), n_rows):
            block = slice(start, start + n_rows)
            part = X[block].take(self.column, axis=1)
            with np.errstate(over="ignore"):  # what overflows is cut off below
                part -= self.lower
                part *= self.scale
            # fmax: NaN counts as 0
            np.fmax(part, 0.0, out=part)
            np.minimum(part, 1.0, out=out[block], casting="same_kind")

    def state(self):
        counts = np.bincount(self.column)
        return {"counts": counts, "lower": self.lower, "scale": self.scale}

    @classmethod
    def from_state(cls, state):
        counts = state["counts"]
        column = np.repeat(np.arange(len(counts)), counts)
        return cls(column, state["lower"], state["scale"])


class MissingFlags(Functions):
    """One function a column: 1 for a missing value, and 0 for any other.

    Parameters
    ----------
    n_columns : int
        Number of columns.
    """

    missing, sloped = 1.0, False

    def __init__(self, n_columns):
        self.n_columns = n_columns

    @property
    def column(self):
        """Each column has one function."""
        return np.arange(self.n_columns)

    def __len__(self):
        return self.n_columns

    def of(self, column):
        return np.array([column]), MissingFlags(1)

    def knots_of(self, column):
        return np.empty(0)

    def read(self, X, out):
        out[:] = np.isnan(X)

    def state(self):
        return {"n_columns": self.n_columns}

    @classmethod
    def from_state(cls, state):
        return cls(state["n_columns"])


def binary_search(knots, X, first, width):
    """Find the last knot at or below each value, for all columns in step.

    Parameters
    ----------
    knots : ndarray of shape (n_columns * width,), float64
        Those of all columns, each padded with infinity to the width.
    X : ndarray, float64
        Values.
    first : ndarray, intp
        Index of the first knot of each value's column; broadcast to the shape of X.
    width : int
        A power of two.

    Returns
    -------
    ndarray of the shape of X, intp
        Index into `knots`; `first` for a value below all of them and for NaN.
    """
    cell = np.empty(X.shape, dtype=np.intp)
    cell[:] = first
    step = width // 2
    while step:
        # no branch: a comparison with NaN is False and leaves the first cell
        cell += step * (knots.take(cell + step) <= X)
        step //= 2
    return cell


def _rises(values):
    """Differences that, added to a value, never pass the next one by rounding."""
    rises = np.diff(values)
    past = values[:-1] + rises > values[1:]
    return np.where(past, np.nextafter(rises, -np.inf), rises)
