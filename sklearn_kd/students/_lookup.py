"""The encoder and the first layer as one table look-up, for few rows at a time."""

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
    breakpoints : ndarray of shape (n_columns, width), float64
        Increasing; padded with infinity.
    table : ndarray of shape (n_columns * width, 2, n_outputs), float64
        The vector at each breakpoint, and the difference to the vector at the next one
        over the distance; 0 at the last.
    intercept : ndarray of shape (n_outputs,), float64
        Of the layer.
    """

    def __init__(self, columns, breakpoints, table, intercept):
        self.columns = columns
        self.breakpoints = breakpoints
        self.table = table
        self.intercept = intercept
        n_columns, width = breakpoints.shape
        self._before = np.arange(0, n_columns * width, width) - 1
        self._flat = breakpoints.ravel()
        self._least = breakpoints[:, 0]
        # values at the ends keep the differences below finite, whatever comes
        self._greatest = np.where(np.isinf(breakpoints), -np.inf, breakpoints).max(1)
        self._every = np.array_equal(columns, np.arange(n_columns))

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
        X = np.maximum(X if self._every else X[:, self.columns], self._least)
        np.minimum(X, self._greatest, out=X)
        cell = np.add.reduce(self.breakpoints <= X[:, :, None], axis=2, dtype=np.intp)
        cell += self._before
        factors = np.ones((*X.shape, 2))
        np.subtract(X, self._flat.take(cell), out=factors[:, :, 1])
        n_samples, n_columns = X.shape
        vectors = self.table.take(cell, axis=0)
        vectors = vectors.reshape(n_samples, 2 * n_columns, -1)
        out = (factors.reshape(n_samples, 1, -1) @ vectors)[:, 0]
        if np.isnan(out[:, 0]).any():  # it gets from any value into every output
            return None
        out += self.intercept
        return out


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
    width = max(map(len, points), default=0)
    coef = layers.coefs[0]
    size = len(columns) * width * coef.shape[1]
    if not 0 < size <= _MAX_SIZE:
        return None
    breakpoints = np.full((len(columns), width), np.inf)
    table = np.zeros((len(columns), width, 2, coef.shape[1]))
    for place, each in enumerate(points):
        breakpoints[place, : len(each)] = each
        vectors = _encoded_column(encoder, place, each) @ coef
        table[place, : len(each), 0] = vectors
        distance = np.diff(each)[:, None]
        table[place, : len(each) - 1, 1] = np.diff(vectors, axis=0) / distance
    table = table.reshape(-1, 2, coef.shape[1])
    return LookupLayer(columns, breakpoints, table, layers.intercepts[0])


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
