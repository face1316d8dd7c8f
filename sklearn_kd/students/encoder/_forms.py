"""Forms of piecewise-linear functions of numeric columns: curves, ramps and flags."""

import numpy as np

# Values handled at a time: the work arrays of a block fit in the processor's cache.
_CURVES_SIZE, _RAMPS_SIZE = 1 << 14, 1 << 15

# Up to this many comparisons, comparing with all knots beats six rounds of a search.
_COMPARE_SIZE = 1 << 13


class Functions:
    """Functions of one column each, of several columns.

    Each is linear between knots and level outside them. A form is a subclass: `Curves`,
    of which a column has one, `Ramps` and `MissingFlags` have an arithmetic of their
    own in blocks of many rows and in exports. There another form is read by
    :meth:`read`, and at its knots, so that a new one is a class alone.

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

    def knots_of(self, column):
        """Give the increasing values between which the functions of one are linear.

        Without any, the functions are 0 for all values that are not missing.
        """
        raise NotImplementedError

    def read(self, X, out):
        """Compute the functions of float64 values, NaN allowed, one row a sample.

        What a row gets does not depend on the other rows. `out` is float32 or float64,
        of shape (n_samples, n_functions).
        """
        raise NotImplementedError

    def curves(self):
        """Give the knots of each function and its values there, as two lists."""
        if not len(self):
            return [], []
        knots = [self.knots_of(column) for column in range(max(self.column) + 1)]
        rows = side_by_side(knots)
        read = np.empty((len(rows), len(self)))
        self.read(rows, read)
        own = [knots[column] for column in self.column]
        return own, [
            column[: len(each)] for column, each in zip(read.T, own, strict=True)
        ]

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

    def knots_of(self, column):
        return self.knots[column, : self.counts[column]]

    def curves(self):
        values = zip(self.values, self.counts, strict=True)
        return (
            [self.knots_of(column) for column in self.column],
            [own[:count] for own, count in values],
        )

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
    edges : list of ndarray, float64
        For each column its increasing edges, with a function from each to the next. A
        single stretch is left out: a column that is read linearly has its normal score.
        So is one that is too narrow or too wide for its width to have an inverse.

    Attributes
    ----------
    column : ndarray of shape (n_functions,), intp
        Which column each reads, in increasing order.
    lower, upper : ndarray of shape (n_functions,), float64
        Where it begins to rise, increasing within a column, and where it ends.
    scale : ndarray of shape (n_functions,), float64
        One over the length of the stretch.

    References
    ----------
    Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features in Tabular
    Deep Learning", 2022. :doi:`10.48550/arXiv.2203.05556`
    """

    def __init__(self, edges):
        self.edges = [each if len(each) > 2 else each[:0] for each in edges]
        counts = np.array([max(len(each) - 1, 0) for each in edges], dtype=np.intp)
        column = np.repeat(np.arange(len(edges)), counts * (counts > 1))
        lower, upper = (
            np.concatenate([np.empty(0), *(each[ends] for each in self.edges)])
            for ends in (slice(None, -1), slice(1, None))
        )
        with np.errstate(over="ignore", divide="ignore"):
            scale = 1 / (upper - lower)
        # neighbouring floats and the ends of their range span nothing to divide by
        usable = np.isfinite(scale) & (scale > 0)
        self.column, self.lower = column[usable], lower[usable]
        self.upper, self.scale = upper[usable], scale[usable]

    def knots_of(self, column):
        own = self.column == column
        return np.union1d(self.lower[own], self.upper[own])

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

    def counts(self):
        """Give the columns that have functions, and how many each has."""
        return np.unique(self.column, return_counts=True)

    def locate(self, X):
        """Find the last stretch that begins at or below each value, and its share.

        All functions before that stretch are 1, and those behind it 0.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_columns), float64
            Values, NaN allowed.

        Returns
        -------
        place : ndarray of shape (n_samples, n_read), intp
            Of the stretch among those of its column, for each column of :meth:`counts`;
            0 for a value below all of them and for NaN.
        share : ndarray of shape (n_samples, n_read), float64
            How much of it lies below the value: its function. 0 for NaN.
        """
        columns, counts = self.counts()
        width = 1 << int(counts.max(initial=1) - 1).bit_length()
        lower, scale = np.full((2, len(columns), width), np.inf)
        real = np.arange(width) < counts[:, None]
        lower[real], scale[real] = self.lower, self.scale
        lower, scale = lower.ravel(), scale.ravel()
        first = np.arange(0, len(lower), width)
        place = np.empty((len(X), len(columns)), dtype=np.intp)
        share = np.empty(place.shape)
        n_rows = max(1, _RAMPS_SIZE // max(1, len(columns)))
        for start in range(0, len(X), n_rows):
            block = slice(start, start + n_rows)
            part = X[block].take(columns, axis=1)
            cell = binary_search(lower, part, first, width)
            with np.errstate(over="ignore"):  # what overflows is cut off below
                part -= lower.take(cell)
                part *= scale.take(cell)
            np.fmax(part, 0.0, out=part)
            np.minimum(part, 1.0, out=share[block])
            np.subtract(cell, first, out=place[block])
        return place, share

    def state(self):
        counts = np.array([len(each) for each in self.edges], dtype=np.intp)
        return {"counts": counts, "edges": np.concatenate([np.empty(0), *self.edges])}

    @classmethod
    def from_state(cls, state):
        return cls(np.split(state["edges"], np.cumsum(state["counts"]))[:-1])


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

    def knots_of(self, column):
        return np.empty(0)

    def read(self, X, out):
        out[:] = np.isnan(X)

    def state(self):
        return {"n_columns": self.n_columns}

    @classmethod
    def from_state(cls, state):
        return cls(state["n_columns"])


def side_by_side(columns):
    """Lay values of each column side by side, with NaN below: a row, or more."""
    rows = np.full((max(map(len, columns), default=0) + 1, len(columns)), np.nan)
    for column, values in enumerate(columns):
        rows[: len(values), column] = values
    return rows


def lines(knots, values):
    """Turn values at knots into lines: offset, slope and height of each cell.

    A cell lies below all knots, one in each gap, and one above them all. The value is
    ``height + slope * (x - offset)``.

    Parameters
    ----------
    knots : ndarray of shape (n_knots,), float64
        Increasing.
    values : ndarray of shape (n_knots,) or (n_knots, n_units), float64
        Of one function or of several.

    Returns
    -------
    offset : ndarray of shape (n_knots + 1,), float64
        0 where there is no slope.
    slope, height : ndarray of shape (n_knots + 1,) or (n_knots + 1, n_units), float64
        A slope is infinite where knots nearly touch.
    """
    n_cells = len(knots) + 1
    offset, slope = np.zeros(n_cells), np.zeros((n_cells, *values.shape[1:]))
    if not len(knots):
        return offset, slope, slope
    offset[1:-1] = knots[:-1]
    with np.errstate(over="ignore"):
        slope[1:-1].T[:] = np.diff(values, axis=0).T / np.diff(knots)
    return offset, slope, np.concatenate([values[:1], values])


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
