"""Kinds and levels of the columns of a stream, while its first rows are kept."""

from dataclasses import dataclass, field

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._tables.checks import read_numbers
from sklearn_kd._tables.columns import column_kinds, nominal_codes
from sklearn_kd._tables.frames import column_name
from sklearn_kd._tables.level_types import TypeWatch, occurring_levels
from sklearn_kd.students.encoder.encoder import TabularEncoder


@dataclass(frozen=True)
class SeenColumns:
    """Kinds and levels of the columns of a stream so far.

    The encoder is fitted anew on all rows that are kept, so that it takes whatever
    they hold: what a new batch holds is compared with those before it first.

    Parameters
    ----------
    kinds : dict of int to {"numeric", "nominal"}
        Of the columns that have had a value.
    levels : dict of int to dict
        The keys are the levels of a nominal column.
    """

    kinds: dict = field(default_factory=dict)
    levels: dict = field(default_factory=dict)

    def add(self, X):
        """Compare a batch with what came before it, and add what it holds.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_samples, n_features)
            Checked rows.

        Returns
        -------
        SeenColumns
            With the columns of X.

        Raises
        ------
        ValueError
            For infinity, and where a column of numbers holds anything else now.

        Warns
        -----
        UserWarning
            Where a nominal column holds only levels of another type than before.
        """
        found_kinds = column_kinds(X)
        held = [self.kinds.get(column, kind) for column, kind in enumerate(found_kinds)]
        kinds, levels = dict(self.kinds), dict(self.levels)
        watch = TypeWatch()
        for column, kind in enumerate(held):
            if kind == "numeric":
                continue
            codes, found = nominal_codes(X, column)
            known = levels.get(column, {})
            watch.see(column, codes, found, known)
            occurring = occurring_levels(codes, found)
            if occurring:
                kinds[column] = kind
                levels[column] = known | dict.fromkeys(occurring)
        numeric = [column for column, kind in enumerate(held) if kind == "numeric"]
        numbers = read_numbers(X, numeric, TabularEncoder.__name__)
        for column in numeric:
            if found_kinds[column] == "nominal":
                _refuse_booleans(X, column)
        some = ~np.isnan(numbers).all(axis=0)
        kinds |= {j: "numeric" for j, yes in zip(numeric, some, strict=True) if yes}
        watch.warn(X)
        return SeenColumns(kinds, levels)

    def packed(self):
        """Write it as dicts and lists: levels of two types may be equal as keys."""
        levels = {column: [*known] for column, known in self.levels.items()}
        return {"kinds": self.kinds, "levels": levels}

    @classmethod
    def unpacked(cls, state):
        """Undo :meth:`packed`."""
        levels = {column: dict.fromkeys(k) for column, k in state["levels"].items()}
        return cls(state["kinds"], levels)


def _refuse_booleans(X, column):
    """Refuse booleans in a column of numbers: both together would be levels."""
    for level in occurring_levels(*nominal_codes(X, column)):
        if isinstance(level, bool):
            raise ValueError(
                f"Column {show(column_name(X, column))} is numeric, but it holds "
                f"{show(level)}: expected a number or a missing value. Convert the "
                "column to numbers first."
            )
