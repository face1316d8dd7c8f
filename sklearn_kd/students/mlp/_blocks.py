"""Predicting for many rows, in blocks that stay in the processor's cache."""

import numpy as np

from sklearn_kd._compat import safe_indexing
from sklearn_kd._tables.columns import nominal_codes
from sklearn_kd._tables.level_types import TypeWatch
from sklearn_kd.students.encoder._encoder import TabularEncoder
from sklearn_kd.students.encoder._encoding import encode
from sklearn_kd.students.encoder._knots import binary_search
from sklearn_kd.students.encoder._levels import level_vectors
from sklearn_kd.students.mlp._network import Layers, forward, forward_from

#: More rows than this are predicted in the dtype of training.
MANY_ROWS = 1024

#: Rows whose values are read from the input at once.
_READ = 4096

#: Rows that are encoded and multiplied at once.
_BLOCK = 256


def block_logits(student, X):
    """Compute the logits of many rows in bounded memory.

    Parameters
    ----------
    student : MLPStudent
        Fitted.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Checked rows.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs), float64
        The logits, computed in the dtype of the weights where the encoder is a
        :class:`TabularEncoder`, whose output is small, and else in float64.
    """
    encoder = student.encoder_
    logits = np.empty((X.shape[0], student.n_outputs_))
    blocks, watch = None, TypeWatch()
    if type(encoder) is TabularEncoder and encoder.n_features_out_:
        blocks = TabularBlocks(encoder, student, student.activation)
        if not blocks.finite:
            blocks = None
    for start in range(0, X.shape[0], _READ):
        rows = safe_indexing(X, slice(start, start + _READ))
        out = logits[start : start + _READ]
        if blocks is None:
            encoded = encode(encoder, rows, "float64", watched=True)
            out[:] = forward(encoded, student._exact, student.activation)[-1]
        else:
            blocks.logits(rows, out, watch)
    watch.warn(X)
    return logits


class TabularBlocks:
    """Encoder and network on blocks of rows, a column of numbers a row of memory.

    Laid out like that, every step runs along the rows of the table: knots are compared
    with many values at once, and a component is one of these rows moved and cut off.

    Parameters
    ----------
    encoder : TabularEncoder
        Fitted.
    layers : object
        With `coefs_` and `intercepts_`.
    activation : str
        A key of ``ACTIVATIONS``.

    Attributes
    ----------
    finite : bool
        False where points nearly touch, so that a slope is infinite: of no use then.
    """

    def __init__(self, encoder, layers, activation):
        self._encoder = encoder
        self._activation = activation
        self._layers = Layers(layers.coefs_, layers.intercepts_)
        coef = layers.coefs_[0]
        self._coef = coef[: encoder._n_numbers()]
        self._levels = [
            (column, {level: code for code, level in enumerate(levels)}, vectors)
            for column, levels, vectors in level_vectors(encoder, coef)
        ]
        self._scores = self._components = None
        self.finite = True
        if encoder.score_columns_:
            self._scores = _score_lines(encoder.knots_)
            self.finite = self._scores.finite
            self._greatest = _greatest(encoder.knots_)[:, None]
        if encoder.components_ is not None and len(encoder.components_):
            self._components = _component_lines(encoder)
            self.finite = self.finite and self._components.finite
            self._column = column = encoder.components_.column
            before = np.arange(len(column)) - np.searchsorted(column, column)
            self._before = before.astype(coef.dtype)[:, None]

    def logits(self, rows, out, watch):
        """Compute the logits of some thousand rows.

        Parameters
        ----------
        rows : {ndarray, DataFrame} of shape (n_samples, n_features)
            Checked.
        out : ndarray of shape (n_samples, n_outputs), float64
            Receives the logits.
        watch : TypeWatch
            Looks at the levels.
        """
        encoder = self._encoder
        numbers = encoder._numbers(rows, encoder.score_columns_)
        flags = np.isnan(encoder._numbers(rows, encoder.flag_columns_))
        codes = []
        for column, place, _ in self._levels:
            read = nominal_codes(rows, column)
            watch.see(column, *read, place)
            codes.append(_places(*read, place))
        # they belong to this call: another thread has its own
        buffer = np.empty((len(self._coef), min(_BLOCK, len(out))), self._coef.dtype)
        with np.errstate(over="ignore"):  # what overflows is cut off
            for start in range(0, len(out), _BLOCK):
                block = slice(start, start + _BLOCK)
                encoded = buffer[:, : len(out) - start]
                self._encode(numbers[block], flags[block], encoded)
                first = encoded.T.dot(self._coef)
                first += self._layers.intercepts[0]
                for code, (_, _, vectors) in zip(codes, self._levels, strict=True):
                    first += vectors.take(code[block], axis=0)
                out[block] = forward_from(first, self._layers, self._activation)

    def _encode(self, numbers, flags, out):
        """Encode a block into an array with a row for each number of a row."""
        n_scores = numbers.shape[1]
        if n_scores:
            X = np.minimum(numbers.T, self._greatest, order="C")
            missing = np.isnan(X)
            some_missing = missing.any()
            lines = [self._scores, self._components]
            cells = [each and each.cells(X) for each in lines]
            if some_missing:
                X[missing] = 0  # its cell is the first: no component, some score
            scores = self._scores.read(X, cells[0])
            if some_missing:
                scores[missing] = 0
            out[:n_scores] = scores
            if self._components:
                steps = self._components.read(X, cells[1], most=1).astype(out.dtype)
                part = out[n_scores : n_scores + len(self._column)]
                if part.flags.c_contiguous:
                    np.take(steps, self._column, axis=0, out=part, mode="clip")
                else:
                    part[:] = steps.take(self._column, axis=0)
                part -= self._before
                np.clip(part, 0, 1, out=part)
        out[len(out) - flags.shape[1] :] = flags.T


class Lines:
    """A piecewise-linear function of each column, a line for each of its cells.

    Parameters
    ----------
    points : list of ndarray
        Where the lines of a column meet; the first cell lies below all of them.
    offset, slope, height : list of sequence of float
        The line of each cell, one more than there are points: height at the offset.
    """

    def __init__(self, points, offset, slope, height):
        most = max(map(len, points), default=0)
        self._width = 1 << most.bit_length()  # above `most`: the first cell counts too
        self._first = np.arange(0, len(points) * self._width, self._width)[:, None]
        self._points = self._pad([[-np.inf, *own] for own in points], np.inf)
        self._offset = self._pad(offset, 0.0)
        self._slope = self._pad(slope, 0.0)
        self.finite = bool(np.isfinite(self._slope).all())
        self._height = self._pad(height, 0.0)

    def _pad(self, columns, value):
        table = np.full((len(columns), self._width), value)
        for padded, column in zip(table, columns, strict=True):
            padded[: len(column)] = column
        return table.ravel()

    def cells(self, X):
        """Find the cell of each value, the first for NaN; X has a row a column."""
        return binary_search(self._points, X, self._first, self._width)

    def read(self, X, cells, most=None):
        """Read the function, a line's rise cut off at `most`."""
        rise = X - self._offset.take(cells)
        rise *= self._slope.take(cells)
        if most is not None:
            np.minimum(rise, most, out=rise)
        rise += self._height.take(cells)
        return rise


def _score_lines(table):
    """Normal scores: level below the first knot and above the last."""
    points, offset, slope, height = [], [], [], []
    for column, count in enumerate(table.counts):
        knots, scores = table.knots[column, :count], table.scores[column, :count]
        points.append(knots)
        offset.append([0.0, *knots[:-1], 0.0])
        with np.errstate(over="ignore"):
            slope.append([0.0, *(np.diff(scores) / np.diff(knots)), 0.0])
        height.append([scores[0], *scores])
    return Lines(points, offset, slope, height)


def _component_lines(encoder):
    """How many of its stretches a value has come through, in all."""
    table = encoder.components_
    points, offset, slope, height = [], [], [], []
    for column in range(len(encoder.score_columns_)):
        own = table.column == column
        points.append(table.lower[own])
        offset.append([0.0, *table.lower[own]])
        slope.append([0.0, *table.scale[own]])
        height.append([0.0, *range(np.count_nonzero(own))])
    return Lines(points, offset, slope, height)


def _greatest(table):
    return table.knots[np.arange(len(table.counts)), table.counts - 1]


def _places(codes, found, place):
    """Turn codes into places of a table; -1 for an unknown level."""
    return np.array([place.get(level, -1) for level in [*found, None]])[codes]
