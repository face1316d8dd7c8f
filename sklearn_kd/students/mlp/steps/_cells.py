"""Which cells a fitted TabularEncoder parts its columns into, and what they encode."""

import numpy as np

from sklearn_kd._tables.columns import nominal_codes
from sklearn_kd.students.encoder._forms import MissingFlags, Ramps
from sklearn_kd.students.encoder._nominal import numbered, places
from sklearn_kd.students.mlp.steps._cell_rows import CellRows

#: Cells are counted in 16 bits.
MOST_CELLS = 1 << 16

#: A level that no column has.
_UNKNOWN = object()


class CellPlan:
    """The cells of an encoder's columns.

    A column with ramps has a cell for each ramp and one for a missing value. A nominal
    column has a cell for each level, and the last for an unknown one. A column that
    only has a flag has two. All other functions of numbers are *dense*: inputs that are
    kept as they are.

    Parameters
    ----------
    layout : Layout
        Of a fitted encoder.

    Attributes
    ----------
    possible : bool
        False where there are too many cells, or dense inputs are not the first.
    n_inputs, n_dense : int
        Number of inputs, and of dense ones.
    arrays : tuple of ndarray
        As `cells.h` describes them: the first cell of each column; for columns with
        ramps the input of the first, and that of the flag or -1; for the cells of all
        others the first of their entries, and of each entry its input and its value.
    square_norms : ndarray of shape (n_cells,), float64
        What a cell adds to the squared length of an encoded row, shares left out.
    """

    def __init__(self, layout):
        self._layout = layout
        self._groups = [*layout.numbers.groups.items()]
        self._levels = [
            (column, blocks, list(layout.known_levels[column]))
            for column, blocks in layout.nominal.items()
        ]
        flags = self._find_flags()
        dense = sorted(
            (place.start, place.stop)
            for _, group in self._groups
            for place, functions in group
            if not isinstance(functions, (Ramps, MissingFlags))
        )
        ends = [0, *(stop for _, stop in dense)]
        self.n_inputs, self.n_dense = len(layout), ends[-1]
        ramps, counts = self._find_ramps(flags)
        self._flags = flags  # those that are left
        sizes = [len(levels) + 1 for _, _, levels in self._levels]
        counts += [2] * len(flags) + sizes
        self.first = np.cumsum([0, *counts])
        self.n_ramps = len(ramps)
        self.possible = [start for start, _ in dense] == ends[:-1] and (
            self.first[-1] <= MOST_CELLS
        )
        if self.possible:
            self._build(ramps)

    def _find_flags(self):
        """Give the input of each column's flag."""
        return {
            column: place.start + position
            for columns, group in self._groups
            for place, functions in group
            if isinstance(functions, MissingFlags)
            for position, column in enumerate(columns)
        }

    def _find_ramps(self, flags):
        """Give each column's first ramp and its flag, which is taken out of the others.

        With it come the numbers of cells.
        """
        found, counts = [], []
        for columns, group in self._groups:
            for place, functions in group:
                if isinstance(functions, Ramps):
                    start = place.start
                    for position, count in zip(*functions.counts(), strict=True):
                        found.append((start, flags.pop(columns[position], -1)))
                        counts.append(int(count) + 1)
                        start += int(count)
        return found, counts

    def _build(self, ramps):
        """Lay out what cells are encoded as."""
        entries = [
            pair for flag in self._flags.values() for pair in ([], [(flag, 1.0)])
        ]
        for _, blocks, levels in self._levels:
            entries += _entries(blocks, levels)
        counts = [len(each) for each in entries]
        flat = [entry for each in entries for entry in each]
        inputs, values = zip(*flat, strict=True) if flat else ((), ())
        ramp_inputs, flag_inputs = zip(*ramps, strict=True) if ramps else ((), ())
        self.arrays = (
            self.first.astype(np.int32),
            np.array(ramp_inputs, dtype=np.int32),
            np.array(flag_inputs, dtype=np.int32),
            np.cumsum([0, *counts], dtype=np.int32),
            np.array(inputs, dtype=np.int32),
            np.array(values, dtype=np.float32),
        )
        norms = [sum(value**2 for _, value in each) for each in entries]
        below = [
            [*range(stop - start - 1), float(flag >= 0)]
            for start, stop, flag in zip(
                self.first[: self.n_ramps],
                self.first[1 : self.n_ramps + 1],
                flag_inputs,
                strict=True,
            )
        ]
        self.square_norms = np.array([each for own in below for each in own] + norms)

    def encode(self, X, watch=None):
        """Find the cells of checked rows.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_samples, n_features)
            Rows that `check_rows` has passed.
        watch : TypeWatch or None, default=None
            Looks at the levels.

        Returns
        -------
        CellRows
            The rows.
        """
        n_rows = len(X)
        cells = np.empty((n_rows, len(self.first) - 1), dtype=np.uint16)
        shares = np.empty((n_rows, self.n_ramps), dtype=np.float32)
        dense = np.empty((n_rows, self.n_dense), dtype=np.float32)
        next_ramp, next_column = 0, self.n_ramps
        read = self._layout.numbers.read_columns(X)
        for numbers, (columns, group) in zip(read, self._groups, strict=True):
            for place, functions in group:
                if isinstance(functions, Ramps):
                    own, _ = functions.counts()
                    stop = next_ramp + len(own)
                    found, share = functions.locate(numbers)
                    last = np.diff(self.first[next_ramp : stop + 1]) - 1
                    found = np.where(np.isnan(numbers.take(own, axis=1)), last, found)
                    cells[:, next_ramp:stop] = found + self.first[next_ramp:stop]
                    shares[:, next_ramp:stop] = share
                    next_ramp = stop
                elif isinstance(functions, MissingFlags):
                    for position, column in enumerate(columns):
                        if column in self._flags:
                            missing = np.isnan(numbers[:, position])
                            cells[:, next_column] = missing + self.first[next_column]
                            next_column += 1
                else:
                    functions.read(numbers, dense[:, place])
        for column, _, levels in self._levels:
            codes, found = nominal_codes(X, column)
            if watch is not None:
                watch.see(column, codes, found, self._layout.known_levels[column])
            own = places(codes, found, numbered(levels), len(levels))
            cells[:, next_column] = own + self.first[next_column]
            next_column += 1
        return CellRows(self, cells, shares, dense)


def _entries(blocks, levels):
    """List for each level, and for an unknown one, the inputs that are not 0."""
    entries = [[] for _ in range(len(levels) + 1)]
    codes = [-1 if level is None else place for place, level in enumerate(levels)]
    codes = np.array([*codes, len(levels)])
    for block in blocks:
        start, stop = block.slice.start, block.slice.stop
        encoded = np.zeros((len(entries), stop - start), dtype=np.float32)
        block.readout.read(codes, [*levels, _UNKNOWN], encoded)
        for level, position in zip(*np.nonzero(encoded), strict=True):
            value = float(encoded[level, position])
            entries[level].append((start + int(position), value))
    return entries
