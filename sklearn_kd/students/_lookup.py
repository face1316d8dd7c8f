"""The encoder and the first layer as one table look-up, for few rows at a time."""

from math import isnan

import numpy as np

from sklearn_kd.students._encoder import TabularEncoder

#: Most numbers a table may have: wide layers on many columns take the product.
_MAX_SIZE = 1 << 23

#: Rows up to which a look-up beats encoding and product.
FEW_ROWS = 4


class LookupLayer:
    """What the first layer makes of encoded numeric columns, as functions of each.

    Normal scores and components are piecewise linear in a value, and so is their
    product with the weights of the first layer. Between two neighbouring breakpoints,
    knots and edges alike, it is enough to know the vector at the lower one and the
    difference to the next: a row costs two rows of a table a column, instead of a
    product with all components.

    Parameters
    ----------
    columns : ndarray of shape (n_columns,), intp
        The columns of the input that are read.
    points : list of ndarray
        The increasing breakpoints of each column. They part it into cells, one more
        than there are breakpoints: the outer two have no end.
    offsets : ndarray of shape (n_cells,), float64
        What a value is measured from; 0 in outer cells.
    table : ndarray of shape (n_cells, 2, n_outputs), float64
        The vector at the offset, and its change a unit; 0 in outer cells.
    """

    def __init__(self, columns, points, offsets, table):
        n_columns = len(columns)
        self.columns = None if np.array_equal(columns, np.arange(n_columns)) else columns
        self.table = table
        self._offsets = offsets
        # one search in the breakpoints of all columns, and one look-up for the cell
        # that a rank among them means in each column
        self._points = np.unique(np.concatenate(points))
        n_ranks = len(self._points) + 1
        self._cells = np.empty((n_columns, n_ranks), dtype=np.intp)
        first = 0
        for cells, own in zip(self._cells, points, strict=True):
            cells[0] = first
            cells[1:] = first + np.searchsorted(own, self._points, "right")
            first += len(own) + 1
        self._ranks = np.arange(0, n_columns * n_ranks, n_ranks)
        self._ones = np.ones((1, n_columns, 2))

    def read(self, X):
        """Compute the layer, before its activation, for rows without missing values.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features), float
            Checked rows.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), float64, or None
            None where a value is missing.
        """
        if self.columns is not None:
            X = X.take(self.columns, axis=1)
        cell = self._points.searchsorted(X, "right")
        cell += self._ranks
        cell = self._cells.take(cell)
        n_samples = len(X)
        factors = self._ones.copy() if n_samples == 1 else self._ones.repeat(n_samples, 0)
        np.subtract(X, self._offsets.take(cell), out=factors[:, :, 1])
        vectors = self.table.take(cell, axis=0)
        if n_samples == 1:
            out = factors.reshape(1, -1).dot(vectors.reshape(factors.size, -1))
            # it gets from any value into every output
            return None if isnan(out.item(0)) else out
        vectors = vectors.reshape(n_samples, 2 * len(self._ranks), -1)
        out = (factors.reshape(n_samples, 1, -1) @ vectors)[:, 0]
        return None if np.isnan(out[:, 0]).any() else out


def build_lookup(encoder, layers):
    """Make the table for a fitted network, where it can be one.

    Parameters
    ----------
    encoder : transformer or None
        Fitted.
    layers : Layers
        The network, in float64.

    Returns
    -------
    LookupLayer or None
        None for another encoder than :class:`TabularEncoder`, with nominal columns or
        without numeric ones, and where the table would be too large.
    """
    if type(encoder) is not TabularEncoder or encoder.levels_:
        return None
    columns = np.array(encoder.score_columns_, dtype=np.intp)
    points = [_breakpoints(encoder, place) for place in range(len(columns))]
    n_cells = sum(map(len, points)) + len(points)
    coef = layers.coefs[0]
    if not 0 < n_cells * (2 * coef.shape[1] + len(points)) <= _MAX_SIZE:
        return None
    offsets, table = np.zeros(n_cells), np.zeros((n_cells, 2, coef.shape[1]))
    start = 0
    for place, each in enumerate(points):
        stop = start + len(each) + 1
        vectors = _encoded_column(encoder, place, each) @ coef
        table[start, 0] = vectors[0]
        table[start + 1 : stop, 0] = vectors
        offsets[start + 1 : stop - 1] = each[:-1]
        distance = np.diff(each)[:, None]
        table[start + 1 : stop - 1, 1] = np.diff(vectors, axis=0) / distance
        start = stop
    # every row reads one cell of the first column
    table[: len(points[0]) + 1, 0] += layers.intercepts[0]
    return LookupLayer(columns, points, offsets, table)


def _breakpoints(encoder, place):
    """Knots and edges of one column, in order."""
    knots = encoder.knots_.knots[place, : encoder.knots_.counts[place]]
    if encoder.components_ is None:
        return knots
    # the greatest edge is the greatest knot, or beyond it nothing changes
    own = encoder.components_.column == place
    return np.union1d(knots, encoder.components_.lower[own])


def _encoded_column(encoder, place, points):
    """Encoded rows in which one numeric column has a value, and no other has any."""
    rows = np.full((len(points), encoder.n_features_in_), np.nan)
    rows[:, encoder.score_columns_[place]] = points
    encoded = encoder._encode(rows, "float64")
    start = len(encoder.score_columns_)
    if encoder.components_ is not None:
        start += len(encoder.components_)
    encoded[:, start : start + len(encoder.flag_columns_)] = 0
    return encoded
