"""What the columns of training rows held: least and greatest values, levels, gaps."""

import numpy as np

from sklearn_kd._tables.level_types import occurring_levels


class Ranges:
    """What each column of some rows held.

    Parameters
    ----------
    least, greatest : ndarray of shape (n_features,), float64
        Of the numbers in a column; NaN without any, as in a nominal column.
    missing : ndarray of shape (n_features,), bool
        Whether a value was missing.
    levels : dict of int to dict
        For each nominal column its levels, as keys.
    """

    def __init__(self, least, greatest, missing, levels):
        self.least, self.greatest = least, greatest
        self.missing, self.levels = missing, levels

    @classmethod
    def of_no_rows(cls, n_features):
        """Begin with columns that have held nothing."""
        least, greatest = np.full((2, n_features), np.nan)
        return cls(least, greatest, np.zeros(n_features, dtype=bool), {})

    @property
    def numeric(self):
        """The numeric columns, in order."""
        return [j for j in range(len(self.missing)) if j not in self.levels]

    def see_numbers(self, columns, numbers):
        """Add rows of numeric columns, NaN for a missing value."""
        for bounds, most in ((self.least, np.fmin), (self.greatest, np.fmax)):
            bounds[columns] = most(bounds[columns], most.reduce(numbers))
        self.missing[columns] |= np.isnan(numbers).any(axis=0)

    def see_levels(self, column, codes, found):
        """Add rows of a nominal column, as ``nominal_codes`` gave them."""
        levels = self.levels.setdefault(column, {})
        levels.update(dict.fromkeys(occurring_levels(codes, found)))
        self.missing[column] |= bool((codes < 0).any())

    def copy(self):
        """Make one that sees other rows; it shares the levels."""
        bounds = (self.least, self.greatest, self.missing)
        return type(self)(*map(np.copy, bounds), self.levels)

    def holds(self, other):
        """Return whether another has seen no numbers and no gaps beyond these."""
        return all(
            np.array_equal(getattr(self, name), getattr(other, name), equal_nan=True)
            for name in ("least", "greatest", "missing")
        )

    def state(self):
        """Give what it consists of, as plain arrays and lists."""
        levels = {column: [*known] for column, known in self.levels.items()}
        return vars(self) | {"levels": levels}

    @classmethod
    def from_state(cls, state):
        """Make it again of what :meth:`state` gave."""
        levels = {column: dict.fromkeys(k) for column, k in state["levels"].items()}
        return cls(**state | {"levels": levels})


def pack_ranges(state):
    """Write the ranges in the state of an estimator as data, for files."""
    if state.get("_ranges") is not None:
        state["_ranges"] = state["_ranges"].state()
    return state


def unpack_ranges(estimator):
    """Undo :func:`pack_ranges`."""
    if vars(estimator).get("_ranges") is not None:
        estimator._ranges = Ranges.from_state(estimator._ranges)
