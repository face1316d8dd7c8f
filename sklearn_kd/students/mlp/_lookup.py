"""The encoder and the first layer as one table look-up, for few rows at a time."""

from math import isnan

import numpy as np

from sklearn_kd._tables.checks import read_numbers
from sklearn_kd._tables.columns import is_missing, plain_level
from sklearn_kd._tables.few_rows import few_rows, plain_codes, plain_numbers
from sklearn_kd._tables.frames import is_frame
from sklearn_kd._tables.level_types import TypeWatch
from sklearn_kd.students.encoder._forms import lines
from sklearn_kd.students.encoder._nominal import numbered
from sklearn_kd.students.encoder.encoder import TabularEncoder

#: Most numbers a table may have: wide layers on many columns take the product.
_MAX_SIZE = 1 << 23

#: Rows up to which a look-up beats encoding and product.
FEW_ROWS = 4


class NumberLookup:
    """What the first layer makes of encoded numeric columns, as functions of each.

    What an encoder reads off a numeric column is piecewise linear in a value, and so is
    its product with the weights of the first layer. Between two neighbouring knots it
    is enough to have the vector at the lower one and the difference to the next: a row
    costs two rows of a table a column, instead of a product with all components.

    Parameters
    ----------
    columns : list of int or None
        The columns of the input that are read; None for all.
    points : list of ndarray
        The increasing knots of each column. They part it into cells, one more than
        there are knots: the outer two have no end. One more cell stands for
        a missing value.
    offsets : ndarray of shape (n_cells,), float64
        What a value is measured from; 0 in cells without slope.
    table : ndarray of shape (n_cells, 2, n_outputs), float64
        The vector at the offset, and its change a unit; 0 in outer cells.
    """

    def __init__(self, columns, points, offsets, table):
        n_columns = len(points)
        self.columns = columns
        self.table = table
        self._offsets = offsets
        # one search in the knots of all columns, and one look-up for the cell
        # that a rank among them means in each column
        self._points = np.unique(np.concatenate(points))
        n_ranks = len(self._points) + 1
        self._cells = np.empty((n_columns, n_ranks), dtype=np.intp)
        first = 0
        for cells, own in zip(self._cells, points, strict=True):
            cells[0] = first
            cells[1:] = first + np.searchsorted(own, self._points, "right")
            first += len(own) + 2
        self._missing = np.cumsum([len(own) + 2 for own in points]) - 1
        self._ranks = np.arange(0, n_columns * n_ranks, n_ranks)
        self._ones = np.ones((1, n_columns, 2))

    def read(self, X):
        """Compute the layer, before its activation.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_columns), float
            The columns that are read.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), float64
            With the intercept of the layer.
        """
        cell = self._points.searchsorted(X, "right")
        cell += self._ranks
        cell = self._cells.take(cell)
        out = self._multiply(X, cell)
        # NaN gets from any value into every output
        if isnan(out.item(0)) if len(X) == 1 else np.isnan(out[:, 0]).any():
            missing = np.isnan(X)
            cell = np.where(missing, self._missing, cell)
            out = self._multiply(np.where(missing, 0.0, X), cell)
        return out

    def _multiply(self, X, cell):
        """Add up the lines of the cells of each row."""
        n_samples = len(X)
        vectors = self.table.take(cell, axis=0)
        if n_samples == 1:
            factors = self._ones.copy()
            np.subtract(X, self._offsets.take(cell), out=factors[:, :, 1])
            return factors.reshape(1, -1).dot(vectors.reshape(factors.size, -1))
        factors = self._ones.repeat(n_samples, axis=0)
        np.subtract(X, self._offsets.take(cell), out=factors[:, :, 1])
        vectors = vectors.reshape(n_samples, 2 * X.shape[1], -1)
        return (factors.reshape(n_samples, 1, -1) @ vectors)[:, 0]


class LookupLayer:
    """The first layer on few rows of numbers, levels or both.

    Parameters
    ----------
    numbers : NumberLookup or None
        None where no numeric column is read.
    levels : list of (int, dict, ndarray)
        Each nominal column, the place of its levels (None: missing) in the table of
        their vectors, and the table; the last of it is an unknown level's.
    intercept : ndarray of shape (n_outputs,), float64
        Of the layer; it is in `numbers` where there are any.
    """

    def __init__(self, numbers, levels, intercept):
        self.numbers = numbers
        self.levels = levels
        self.intercept = intercept

    def read(self, X):
        """Compute the layer, before its activation.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_samples, n_features)
            Checked rows.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), float64, or None
            None where a value is not of the plain kind that needs no check.
        """
        if not self.levels:
            columns = self.numbers.columns
            if is_frame(X) or X.dtype.char not in "efd":
                chosen = range(X.shape[1]) if columns is None else columns
                X = read_numbers(X, chosen, TabularEncoder.__name__)
            elif columns is not None:
                X = X.take(columns, axis=1)
            return self.numbers.read(X)
        values = few_rows(X)
        if self.numbers is None:
            out = self.intercept + np.zeros((len(X), 1))
        else:
            chosen = self.numbers.columns
            numbers = plain_numbers(
                values if chosen is None else [values[column] for column in chosen]
            )
            if numbers is None:
                return None
            out = self.numbers.read(numbers)
        watch = None
        for column, place, vectors in self.levels:
            codes = plain_codes(values[column], place)
            if codes is None:
                return None
            if -1 in codes:
                watch = watch or TypeWatch()
                present = [each for each in values[column] if not is_missing(each)]
                watch.see_levels(column, [*map(plain_level, present)], place)
            out += vectors.take(codes, axis=0)
        if watch is not None:
            watch.warn(X)
        return out


def build_lookup(encoder, layers):
    """Make the tables for a fitted network, where they can be made.

    Parameters
    ----------
    encoder : transformer or None
        Fitted.
    layers : Layers
        The network, in float64.

    Returns
    -------
    LookupLayer or None
        None for another encoder than :class:`TabularEncoder`, for one that drops all
        columns, and where the table would be too large.
    """
    if type(encoder) is not TabularEncoder or not encoder.n_features_out_:
        return None
    layout, coef, intercept = encoder.layout_, layers.coefs[0], layers.intercepts[0]
    columns = layout.numbers.columns
    points = layout.numbers.knots()
    n_cells = sum(map(len, points)) + 2 * len(points)
    if n_cells * (2 * coef.shape[1] + len(points)) > _MAX_SIZE:
        return None
    numbers = None
    if columns:
        offsets, table = np.zeros(n_cells), np.zeros((n_cells, 2, coef.shape[1]))
        folded, first = layout.numbers.fold(points, coef), 0
        for own, (vectors, missing) in zip(points, folded, strict=True):
            cells, last = slice(first, first + len(own) + 1), first + len(own) + 1
            offsets[cells], table[cells, 1], table[cells, 0] = lines(own, vectors)
            table[last, 0], first = missing, last + 1
        if not np.isfinite(table).all():  # points that nearly touch
            return None
        # every row reads one cell of the first column
        table[: len(points[0]) + 2, 0] += intercept
        every = columns == list(range(encoder.n_features_in_))
        numbers = NumberLookup(None if every else columns, points, offsets, table)
    return LookupLayer(numbers, level_places(layout, coef), intercept)


def level_places(layout, coef):
    """Give each nominal column, the places of its levels and the table of vectors."""
    return [
        (column, numbered(levels), vectors)
        for column, levels, vectors in layout.fold_levels(coef)
    ]
