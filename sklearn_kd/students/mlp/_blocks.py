"""Predicting for many rows, in blocks that stay in the processor's cache."""

import numpy as np

from sklearn_kd._compat import safe_indexing
from sklearn_kd._tables.columns import nominal_codes
from sklearn_kd._tables.level_types import TypeWatch
from sklearn_kd.students.encoder._encoding import encode
from sklearn_kd.students.encoder._forms import (
    Curves,
    MissingFlags,
    Ramps,
    binary_search,
    lines,
)
from sklearn_kd.students.encoder._nominal import places
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.mlp._lookup import level_places
from sklearn_kd.students.mlp._network import (
    NOT_BUILT,
    Layers,
    forward,
    forward_from,
)
from sklearn_kd.students.mlp.steps._cells import CellPlan
from sklearn_kd.students.mlp.steps._compiled import CompiledBlocks, can_compile

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
    ndarray of shape (n_samples, n_outputs), float64
        The logits, computed in the dtype of the weights where the encoder is a
        :class:`TabularEncoder`, whose output is small, and else in float64.
    """
    encoder = student.encoder_
    logits = np.empty((X.shape[0], student.n_outputs_))
    blocks, watch = None, TypeWatch()
    if type(encoder) is TabularEncoder and encoder.n_features_out_:
        blocks = _compiled_blocks(student)
        if blocks is None:
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


def _compiled_blocks(student):
    """Give the compiled network of a student, or None."""
    exact, dtype = student._exact, student.coefs_[0].dtype.name
    if exact.cells is NOT_BUILT:  # they stay with the weights
        exact.cells = CellPlan(student.encoder_.layout_)
    if not can_compile(exact.cells, dtype):
        return None
    return CompiledBlocks(exact.cells, student, student.activation)


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
        self._numbers = layout.numbers
        self._activation = activation
        self._layers = Layers(layers.coefs_, layers.intercepts_)
        self._coef = layers.coefs_[0][: len(layout.numbers)]
        self._levels = level_places(layout, layers.coefs_[0])
        self._readers = [
            [(_by_columns(each), place) for place, each in group]
            for group in layout.numbers.groups.values()
        ]
        self.finite = all(one.finite for group in self._readers for one, _ in group)

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
        numbers = self._numbers.read_columns(rows)
        codes = []
        for column, place, _ in self._levels:
            read = nominal_codes(rows, column)
            watch.see(column, *read, place)
            codes.append(places(*read, place))
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


class _Lines:
    """A piecewise-linear function of each column, a line for each of its cells.

    Laid out by columns, every step runs along the rows of the table: knots are compared
    with many values at once.

    Parameters
    ----------
    points : list of ndarray
        Where the lines of a column meet; the first cell lies below all of them.
    lines : list of (sequence, sequence, sequence) of float
        Offset, slope and height of each cell, one more than there are points.
    """

    def __init__(self, points, lines):
        most = max(map(len, points), default=0)
        self._width = 1 << most.bit_length()  # above `most`: the first cell counts too
        self._first = np.arange(0, len(points) * self._width, self._width)[:, None]
        self._points = self._pad([[-np.inf, *own] for own in points], np.inf)
        offset, slope, height = zip(*lines, strict=True) if lines else ((), (), ())
        self._offset = self._pad(offset, 0.0)
        self._slope = self._pad(slope, 0.0)
        self._height = self._pad(height, 0.0)
        #: False where points nearly touch, so that a slope is infinite.
        self.finite = bool(np.isfinite(self._slope).all())

    def _pad(self, columns, value):
        """Lay the columns out in one flat table."""
        table = np.full((len(columns), self._width), value)
        for padded, column in zip(table, columns, strict=True):
            padded[: len(column)] = column
        return table.ravel()

    def _read(self, X, most=None):
        """Read the function, a line's rise cut off at `most`; X has a row a column."""
        cells = binary_search(self._points, X, self._first, self._width)
        rise = X - self._offset.take(cells)
        rise *= self._slope.take(cells)
        if most is not None:
            np.minimum(rise, most, out=rise)
        rise += self._height.take(cells)
        return rise


class _CurvesByColumns(_Lines):
    """Curves on blocks of rows, a column a row of memory."""

    def __init__(self, curves):
        knots, values = curves.curves()
        super().__init__(knots, list(map(lines, knots, values)))
        self._missing = curves.missing

    def read(self, X, missing, out):
        """Compute the functions of a block."""
        values = self._read(X)
        if missing is not None:
            values[missing] = self._missing
        out[:] = values


class _RampsByColumns(_Lines):
    """Ramps on blocks of rows: how many of its stretches a value has come through."""

    def __init__(self, ramps):
        self._column = column = ramps.column
        self._before = np.arange(len(column)) - np.searchsorted(column, column)
        points, lines = [], []
        for place in range(column[-1] + 1):
            lower, scale = ramps.lower[column == place], ramps.scale[column == place]
            points.append(lower)
            lines.append(([0.0, *lower], [0.0, *scale], [0.0, *range(len(lower))]))
        super().__init__(points, lines)

    def read(self, X, missing, out):
        """Compute the functions of a block."""
        steps = self._read(X[: len(self._first)], most=1).astype(out.dtype)
        if out.flags.c_contiguous:
            np.take(steps, self._column, axis=0, out=out, mode="clip")
        else:
            out[:] = steps.take(self._column, axis=0)
        out -= self._before.astype(out.dtype)[:, None]
        np.clip(out, 0, 1, out=out)


class _FlagsByColumns:
    """Flags of missing values on blocks of rows."""

    finite = True

    def __init__(self, flags):
        pass

    def read(self, X, missing, out):
        """Compute the functions of a block."""
        out[:] = 0 if missing is None else missing


class _AnyByColumns:
    """Functions of any other form on blocks of rows."""

    finite = True

    def __init__(self, functions):
        self._functions = functions

    def read(self, X, missing, out):
        """Compute the functions of a block."""
        rows = X.T if missing is None else np.where(missing, np.nan, X).T
        self._functions.read(rows, out.T)


#: For forms of functions a reader of blocks, in which a column is a row of memory:
#: ``read(X, missing, out)`` takes values, of which missing ones are `_LEAST`, and which
#: are missing (None: none). Any other form is read a row at a time.
_READERS = {
    Curves: _CurvesByColumns,
    Ramps: _RampsByColumns,
    MissingFlags: _FlagsByColumns,
}


def _by_columns(functions):
    """Give the reader of blocks of functions."""
    return _READERS.get(type(functions), _AnyByColumns)(functions)
