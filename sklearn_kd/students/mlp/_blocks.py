"""Predicting for many rows, in blocks that stay in the processor's cache."""

import numpy as np

from sklearn_kd._compat import safe_indexing
from sklearn_kd._tables.columns import nominal_codes
from sklearn_kd._tables.level_types import TypeWatch
from sklearn_kd.students.encoder._encoding import encode
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.mlp._lookup import level_places
from sklearn_kd.students.mlp._network import Layers, forward, forward_from

#: More rows than this are predicted in the dtype of training.
MANY_ROWS = 1024

#: Rows whose values are read from the input at once.
_READ = 4096

#: Rows that are encoded and multiplied at once.
_BLOCK = 256

#: Stands for a missing value where it is read; it is below all knots.
_LEAST = np.finfo(np.float64).min


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
    ndarray of shape (n_samples, n_classes), float64
        The logits, computed in the dtype of the weights where the encoder is a
        :class:`TabularEncoder`, whose output is small, and else in float64.
    """
    encoder = student.encoder_
    logits = np.empty((X.shape[0], student.n_outputs_))
    blocks, watch = None, TypeWatch()
    if type(encoder) is TabularEncoder and encoder.n_features_out_:
        blocks = TabularBlocks(encoder.layout_, student, student.activation)
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

    Laid out like that, every step runs along the rows of the table.

    Parameters
    ----------
    layout : Layout
        Of a fitted encoder.
    layers : object
        With `coefs_` and `intercepts_`.
    activation : str
        A key of ``ACTIVATIONS``.

    Attributes
    ----------
    finite : bool
        False where points nearly touch, so that a slope is infinite: of no use then.
    """

    def __init__(self, layout, layers, activation):
        self._layout = layout
        self._activation = activation
        self._layers = Layers(layers.coefs_, layers.intercepts_)
        self._coef = layers.coefs_[0][: len(layout.numbers)]
        self._levels = level_places(layout, layers.coefs_[0])
        self._readers = [
            [(functions.by_columns(), place) for place, functions in group]
            for group in layout.numbers.groups.values()
        ]
        self.finite = all(one.finite for group in self._readers for one, _ in group)

    def logits(self, rows, out, watch):
        """Compute the logits of some thousand rows.

        Parameters
        ----------
        rows : {ndarray, DataFrame} of shape (n_samples, n_features)
            Checked.
        out : ndarray of shape (n_samples, n_classes), float64
            Receives the logits.
        watch : TypeWatch
            Looks at the levels.
        """
        numbers = self._layout.read_numbers(rows)
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
                for values, readers in zip(numbers, self._readers, strict=True):
                    _encode(values[block], readers, encoded)
                first = encoded.T.dot(self._coef)
                first += self._layers.intercepts[0]
                for code, (_, _, vectors) in zip(codes, self._levels, strict=True):
                    first += vectors.take(code[block], axis=0)
                out[block] = forward_from(first, self._layers, self._activation)


def _encode(numbers, readers, out):
    """Encode some columns of a block of rows into rows of memory of the output."""
    X = np.array(numbers.T, order="C")
    missing = np.isnan(X)
    if missing.any():
        X[missing] = _LEAST
    else:
        missing = None
    for reader, place in readers:
        reader.read(X, missing, out[place])


def _places(codes, found, place):
    """Turn codes into places of a table; -1 for an unknown level."""
    return np.array([place.get(level, -1) for level in [*found, None]])[codes]
