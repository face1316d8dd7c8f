"""All piecewise-linear functions of numeric columns that an encoded row begins with."""

import numpy as np

from sklearn_kd._tables.checks import read_numbers
from sklearn_kd.students.encoder._forms import side_by_side


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
    parts : list of (list of int, Functions)
        As above, without those that have no functions.
    columns : list of int
        All columns that are read, in increasing order.
    groups : dict of tuple of int to list of (slice, Functions)
        The functions that read the same columns, and the outputs that they fill.
    """

    def __init__(self, parts):
        self.groups, self.parts = {}, []
        self._size = self._n_sloped = 0
        for columns, functions in parts:
            start, self._size = self._size, self._size + len(functions)
            if len(functions):
                group = self.groups.setdefault(tuple(columns), [])
                group.append((slice(start, self._size), functions))
                self.parts.append((columns, functions))
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

    def knots(self):
        """List the values of each column between which all its functions are linear."""
        knots = {column: [] for column in self.columns}
        for columns, group in self.groups.items():
            for place, column in enumerate(columns):
                knots[column] += [each.knots_of(place) for _, each in group]
        return [
            own[0] if len(own) == 1 else np.unique(np.concatenate(own))
            for own in knots.values()
        ]

    def fold(self, knots, coef):
        """Multiply what each column is encoded as with a layer's weights `coef`.

        Yields for each of `columns` the products at its own of :meth:`knots`, of shape
        (n_knots, n_units), and for a missing value, (n_units,). Between knots they are
        linear, and outside level.
        """
        rows, some = side_by_side(knots), self._n_sloped
        inputs = [np.take(columns, each.column) for columns, each in self.parts]
        inputs = np.concatenate([np.empty(0), *inputs])
        read = np.empty((len(rows), len(self)))
        for columns, group in self.groups.items():
            numbers = rows[:, np.searchsorted(self.columns, columns)]
            for place, functions in group:
                functions.read(numbers, read[:, place])
        for column, own in zip(self.columns, knots, strict=True):
            outputs, n_knots = np.flatnonzero(inputs == column), len(own)
            encoded = np.zeros((n_knots + 1, len(self)))
            encoded[:-1, outputs] = read[:n_knots, outputs]
            encoded[-1, outputs] = read[-1, outputs]
            yield encoded[:-1, :some] @ coef[:some], encoded[-1] @ coef[: len(self)]
