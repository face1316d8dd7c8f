"""What an encoder reads off nominal columns: one-hot columns and mean targets."""

from functools import cached_property
from numbers import Integral

import numpy as np

from sklearn_kd._tables.columns import nominal_codes

#: Rows that a level's mean is smoothed by.
PRIOR_WEIGHT = 20


class NominalColumn:
    """What there is to learn from one nominal column of the training rows.

    Parameters
    ----------
    column : int
        Its position.
    codes : ndarray of shape (n_samples,), int
        Position in `found`; -1 for a missing value.
    found : list
        The levels.
    targets : ndarray of shape (n_samples, n_targets), float64, or None
        What the encoder is fitted to.
    sample_weight : ndarray of shape (n_samples,), float64, or None
        Positive weights; None stands for ones.
    min_frequency, max_categories
        As in :class:`TabularEncoder`.
    """

    def __init__(self, column, codes, found, *, targets, sample_weight, **limits):
        self.column, self.codes, self.found = column, codes, found
        self.targets, self.sample_weight = targets, sample_weight
        self._limits = limits

    @classmethod
    def each_of(cls, X, columns, ranges, **rest):
        """Read nominal columns one by one; what they hold is added to `ranges`."""
        for column in columns:
            codes, found = nominal_codes(X, column)
            ranges.see_levels(column, codes, found)
            yield cls(column, codes, found, **rest)

    @cached_property
    def kept(self):
        """Levels with a column of their own, and whether others share one."""
        weights = _level_weights(self.codes, self.found, self.sample_weight)
        return _kept_levels(weights, **self._limits)

    @property
    def varies(self):
        """Whether there are at least two codes."""
        levels, grouped = self.kept
        return len(levels) + grouped > 1


class NominalReadout:
    """A block of the output that is read off one nominal column.

    A subclass defines how it is fitted, which levels it has, what rows get and what
    its outputs are called. What it holds are plain attributes.

    Attributes
    ----------
    column : int
        The column of the input.
    levels : list
        Its levels, of fit; None stands for missing values.
    """

    @classmethod
    def fit(cls, train):
        """Fit it to a `NominalColumn`; None if there is nothing to read."""
        raise NotImplementedError

    def __len__(self):
        raise NotImplementedError

    def names(self, features):
        """Name the outputs by the names of the input columns."""
        raise NotImplementedError

    def read(self, codes, found, out):
        """Write what rows get into zeros; codes are as `nominal_codes` gives them."""
        raise NotImplementedError

    def fold(self, place, coef):
        """Multiply what levels get with weights of shape (n_outputs, n_units).

        `place` has the row of each known level in the result; one more row, the last,
        is an unknown level's.
        """
        raise NotImplementedError

    @property
    def columns(self):
        """The columns of the input, as for any read-out."""
        return [self.column]

    @property
    def inputs(self):
        """Give the column of the input that each output is read off."""
        return [self.column] * len(self)

    def state(self):
        """Give what it consists of, as plain arrays and lists."""
        return dict(vars(self))

    @classmethod
    def from_state(cls, state):
        """Make it again of what :meth:`state` gave."""
        return cls(**state)


class OneHot(NominalReadout):
    """One 0/1 column a level, and one for the rare and the unknown if some are rare.

    Parameters
    ----------
    column : int
        The column of the input.
    levels : list
        Those with a column of their own, in order.
    grouped : bool
        Whether others share one more.
    """

    name = "levels"

    def __init__(self, column, levels, grouped):
        self.column, self.levels, self.grouped = column, levels, grouped

    @classmethod
    def fit(cls, train):
        return cls(train.column, *train.kept)

    def __len__(self):
        return len(self.levels) + self.grouped

    def names(self, features):
        endings = ["missing" if level is None else level for level in self.levels]
        endings += ["other"] * self.grouped
        return [f"{features[self.column]}_{ending}" for ending in endings]

    def read(self, codes, found, out):
        unknown = len(self.levels) if self.grouped else -1
        hot = places(codes, found, numbered(self.levels), unknown)
        rows = np.flatnonzero(hot >= 0)
        out[rows, hot[rows]] = 1

    def fold(self, place, coef):
        vectors = np.zeros((len(place) + 1, coef.shape[1]))
        if self.grouped:
            vectors[:] = coef[len(self.levels)]
        vectors[[place[level] for level in self.levels]] = coef[: len(self.levels)]
        return vectors


class LevelMeans(NominalReadout):
    """The mean targets of the levels, drawn towards the mean of all rows.

    Parameters
    ----------
    column : int
        The column of the input.
    levels : list
        All that occurred.
    scores : ndarray of shape (n_levels, n_targets), float64
        Their means, minus the mean of all; an unknown level has 0.
    """

    name = "means"

    def __init__(self, column, levels, scores):
        self.column, self.levels, self.scores = column, levels, scores

    @classmethod
    def fit(cls, train):
        if train.targets is None:
            return None
        scores = level_scores(
            train.codes, train.found, train.targets, train.sample_weight
        )
        return cls(train.column, *scores)

    def __len__(self):
        return self.scores.shape[1]

    def names(self, features):
        return [f"{features[self.column]}_score_{i}" for i in range(len(self))]

    def read(self, codes, found, out):
        table = np.vstack([self.scores, np.zeros(len(self))])
        out[:] = table[places(codes, found, numbered(self.levels))]

    def fold(self, place, coef):
        vectors = np.zeros((len(place) + 1, coef.shape[1]))
        vectors[[place[level] for level in self.levels]] = self.scores @ coef
        return vectors


def numbered(levels):
    """Give the place of each level in a list."""
    return {level: place for place, level in enumerate(levels)}


def places(codes, found, place, unknown=-1):
    """Turn what ``nominal_codes`` gave into places of levels; None: a missing value."""
    # the last entry is what code -1, a missing value, reads
    return np.array([place.get(level, unknown) for level in [*found, None]])[codes]


def _level_weights(codes, levels, sample_weight):
    """Total weight of each level that occurs; None is the missing one."""
    totals = np.bincount(codes + 1, weights=sample_weight, minlength=len(levels) + 1)
    weights = {}
    for level, total in zip([None, *levels], totals.tolist(), strict=True):
        if total:
            weights[level] = weights.get(level, 0) + total
    return weights


def _kept_levels(weights, min_frequency, max_categories):
    """Levels with a column of their own, in order, and whether others share one."""
    if min_frequency is None:
        threshold = 0
    elif isinstance(min_frequency, Integral):
        threshold = min_frequency
    else:
        threshold = min_frequency * sum(weights.values())
    present = [level for level in weights if level is not None]
    kept = [level for level in present if weights[level] >= threshold]
    if max_categories is not None:
        n_columns = len(kept) + (len(kept) < len(present))
        if n_columns > max_categories:
            kept.sort(key=lambda level: (-weights[level], _order(level)))
            del kept[max_categories - 1 :]
    grouped = len(kept) < len(present)
    kept.sort(key=_order)
    # missing is a level of its own however rare: it is not one of a group
    return kept + [None] * (None in weights), grouped


def _order(level):
    """Numbers before strings before bytes, as values of different types have none."""
    return (isinstance(level, str) + 2 * isinstance(level, bytes), level)


def level_scores(codes, levels, targets, sample_weight):
    """Mean targets of the rows of each level, drawn towards the mean of all rows.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), int
        Position in `levels`; -1 for a missing value.
    levels : list
        The levels found.
    targets : ndarray of shape (n_samples, n_targets), float
        What to take means of.
    sample_weight : ndarray of shape (n_samples,), float, or None
        Positive weights; None stands for ones.

    Returns
    -------
    levels : list
        Those found, with None for missing values where there are any.
    scores : ndarray of shape (n_levels, n_targets), float64
        As if each level had 20 more rows with the mean targets of all, minus that mean.
    """
    n_cells = len(levels) + 1
    weight = np.bincount(codes + 1, sample_weight, n_cells)
    sums = np.empty((n_cells, targets.shape[1]))
    for target, column in zip(targets.T, sums.T, strict=True):
        product = target if sample_weight is None else target * sample_weight
        column[:] = np.bincount(codes + 1, product, n_cells)
    mean = sums.sum(axis=0) / weight.sum()
    scores = (sums - weight[:, None] * mean) / (weight[:, None] + PRIOR_WEIGHT)
    found = np.flatnonzero(weight)
    return [[None, *levels][cell] for cell in found], scores[found]
