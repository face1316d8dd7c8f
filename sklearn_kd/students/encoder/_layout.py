"""The layout of encoded rows: which read-out fills which columns of the output."""

from itertools import chain
from typing import NamedTuple

import numpy as np

from sklearn_kd._tables.columns import nominal_codes
from sklearn_kd.students.encoder._nominal import (
    LevelMeans,
    NominalReadout,
    OneHot,
    numbered,
)
from sklearn_kd.students.encoder._numeric import (
    Components,
    Flags,
    NormalScores,
    NumericReadout,
)
from sklearn_kd.students.encoder._piecewise import PiecewiseLinear

#: What is read off columns, in the order of the output. A new read-out is one class,
#: which is listed here.
NUMERIC, NOMINAL = (NormalScores, Components, Flags), (OneHot, LevelMeans)


class Block(NamedTuple):
    """A read-out and its place in the output.

    Attributes
    ----------
    name : str
        Of the kind of read-out.
    columns : list of int
        The columns of the input that it reads.
    slice : slice
        The columns of the output that it fills.
    readout : object
        The fitted read-out.
    """

    name: str
    columns: list
    slice: slice
    readout: object


class Layout:
    """The read-outs of a fitted encoder, in the order of its output.

    Parameters
    ----------
    readouts : list
        Fitted, in any order: those of numeric columns come first in the output, and
        each kind of read-out stands where `NUMERIC` and `NOMINAL` have it.

    Attributes
    ----------
    blocks : list of Block
        In the order of the output.
    inputs : list of int, of length n_outputs
        The column of the input that each column of the output is read off.
    """

    def __init__(self, readouts):
        order = [kind.name for kind in (*NUMERIC, *NOMINAL)]
        readouts = sorted(readouts, key=lambda each: order.index(each.name))
        self.blocks, self.inputs = [], []
        for readout in readouts:
            start = len(self.inputs)
            self.inputs += readout.inputs
            place = slice(start, len(self.inputs))
            self.blocks.append(Block(readout.name, readout.columns, place, readout))
        #: What is read off the numeric columns: it fills the first of the output.
        self.numbers = PiecewiseLinear(
            [
                (block.columns, block.readout.functions)
                for block in self.blocks
                if isinstance(block.readout, NumericReadout)
            ]
        )
        #: The blocks of each nominal column.
        self.nominal = {}
        for block in self.blocks:
            if isinstance(block.readout, NominalReadout):
                self.nominal.setdefault(block.columns[0], []).append(block)
        #: The levels of each nominal column that it was fitted on, as keys.
        self.known_levels = {
            column: dict.fromkeys(each for b in blocks for each in b.readout.levels)
            for column, blocks in self.nominal.items()
        }

    @classmethod
    def fit(cls, numeric, nominal):
        """Fit all read-outs.

        Parameters
        ----------
        numeric : NumericColumns
            What there is to learn from the numeric columns.
        nominal : iterable of NominalColumn
            The same of each nominal column; those that do not vary are left out.

        Returns
        -------
        Layout
            Of the read-outs that have something to read.
        """
        readouts = [kind.fit(numeric) for kind in NUMERIC]
        for train in nominal:
            if train.varies:
                readouts += [kind.fit(train) for kind in NOMINAL]
        return cls([each for each in readouts if each is not None])

    def __len__(self):
        return len(self.inputs)

    def readouts(self, name):
        """List the read-outs of one kind."""
        return [block.readout for block in self.blocks if block.name == name]

    def names(self, features):
        """Name the columns of the output, distinctly, by those of the input."""
        names = [block.readout.names(features) for block in self.blocks]
        return _distinct([*chain.from_iterable(names)])

    def encode(self, X, dtype, watch=None):
        """Encode checked rows.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_samples, n_features)
            Rows that `check_rows` has passed.
        dtype : str
            Of the result.
        watch : TypeWatch or None, default=None
            Looks at the levels.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), dtype
            C-contiguous.
        """
        encoded = np.zeros((len(X), len(self)), dtype=dtype)
        self.numbers.read(X, encoded)
        for column, blocks in self.nominal.items():
            codes, found = nominal_codes(X, column)
            if watch is not None:
                watch.see(column, codes, found, self.known_levels[column])
            for block in blocks:
                block.readout.read(codes, found, encoded[:, block.slice])
        return encoded

    def fold_levels(self, coef):
        """Multiply what each level is encoded as with the first layer.

        Parameters
        ----------
        coef : ndarray of shape (n_outputs, n_units)
            Weights of the first layer.

        Yields
        ------
        column : int
            Position of the column.
        levels : list
            Its levels.
        vectors : ndarray of shape (n_levels + 1, n_units), float64
            The vector of each; the last is an unknown level's.
        """
        coef = coef.astype(np.float64, copy=False)
        for column, blocks in self.nominal.items():
            levels = list(self.known_levels[column])
            place = numbered(levels)
            vectors = sum(b.readout.fold(place, coef[b.slice]) for b in blocks)
            if None not in place:  # missing values were not in fit: they are unknown
                levels.append(None)
                vectors = np.vstack([vectors, vectors[-1:]])
            yield column, levels, vectors

    def state(self):
        """Give the read-outs as plain arrays and lists, for pickles."""
        return [(block.name, block.readout.state()) for block in self.blocks]

    @classmethod
    def from_state(cls, state):
        """Make the layout again of what :meth:`state` gave."""
        kinds = {kind.name: kind for kind in (*NUMERIC, *NOMINAL)}
        return cls([kinds[name].from_state(each) for name, each in state])


def _distinct(names):
    """Number names that have been given away already."""
    taken = set(names)
    seen = set()
    distinct = []
    for name in names:
        new, number = name, 2
        while new in seen or (new != name and new in taken):
            new, number = f"{name}_{number}", number + 1
        seen.add(new)
        distinct.append(new)
    return distinct


class ReadoutsMixin:
    """The attributes of a fitted encoder that are read off its ``layout_``."""

    @property
    def score_columns_(self):
        """The numeric columns that have a normal score."""
        return self._readout("scores").columns

    @property
    def flag_columns_(self):
        """The numeric columns that have a flag."""
        return self._readout("flags").columns

    @property
    def knots_(self):
        """The normal scores, as functions of `score_columns_`."""
        return self._readout("scores").functions

    @property
    def components_(self):
        """The piecewise-linear components of `score_columns_`, or None."""
        components = self._readout("components")
        return components and components.functions

    @property
    def levels_(self):
        """The levels with a column of their own, by nominal column."""
        hot = self._fitted_layout().readouts("levels")
        return {each.column: each.levels for each in hot}

    @property
    def grouped_columns_(self):
        """The nominal columns whose rare levels share a column."""
        hot = self._fitted_layout().readouts("levels")
        return [each.column for each in hot if each.grouped]

    @property
    def level_scores_(self):
        """The levels and their mean targets, by nominal column."""
        means = self._fitted_layout().readouts("means")
        return {each.column: (each.levels, each.scores) for each in means}

    @property
    def n_features_out_(self):
        """The number of columns of the output."""
        return len(self._fitted_layout())

    def _readout(self, name):
        """Give the one read-out of numeric columns of a kind, or None."""
        return next(iter(self._fitted_layout().readouts(name)), None)

    def _fitted_layout(self):
        """Give the layout, or the error of an attribute that comes with ``fit``."""
        if "layout_" not in vars(self):
            raise AttributeError(
                f"This {type(self).__name__} is not fitted yet: call fit first."
            )
        return self.layout_
