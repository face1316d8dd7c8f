"""What an encoder reads off numeric columns: scores, components and flags."""

from dataclasses import dataclass

import numpy as np

from sklearn_kd._parameters import plain_number
from sklearn_kd._run.budget import automatic_bins
from sklearn_kd._run.deadline import Deadline
from sklearn_kd.students.encoder._edges import learn_edges
from sklearn_kd.students.encoder._forms import Curves, MissingFlags, Ramps
from sklearn_kd.students.encoder._knots import build_knots

#: Share of a time limit after which no edges are learned any more.
EDGES_SHARE = 0.5


@dataclass(frozen=True)
class NumericColumns:
    """What there is to learn from the numeric columns of the training rows.

    Parameters
    ----------
    columns : list of int
        Those that vary.
    numbers : ndarray of shape (n_samples, n_columns), float64
        Their values.
    flagged : list of int
        The numeric columns, constant ones too, with some values and some missing ones.
    targets : ndarray of shape (n_samples, n_targets), float64, or None
        What the encoder is fitted to.
    sample_weight : ndarray of shape (n_samples,), float64, or None
        Positive weights; None stands for ones.
    n_knots, n_bins
        As in :class:`TabularEncoder`.
    deadline : Deadline
        With "auto" there are no components that it leaves no time for.
    """

    columns: list
    numbers: np.ndarray
    flagged: list
    targets: np.ndarray | None
    sample_weight: np.ndarray | None
    n_knots: int
    n_bins: object
    deadline: Deadline

    @classmethod
    def of(cls, columns, numbers, ranges, **rest):
        """Find which of the numeric columns vary and which have missing values.

        What they hold is added to `ranges`.
        """
        ranges.see_numbers(columns, numbers)
        least, greatest = ranges.least[columns], ranges.greatest[columns]
        varies = least < greatest  # False for a column without any value: NaN
        flagged = ranges.missing[columns] & ~np.isnan(least)
        chosen = [
            [column for column, yes in zip(columns, mask, strict=True) if yes]
            for mask in (varies, flagged)
        ]
        return cls(chosen[0], numbers[:, varies], chosen[1], **rest)


class NumericReadout:
    """A block of the output that is read off numeric columns.

    A subclass defines how it is fitted and what its outputs are called. All else
    follows from the functions: the encoded rows, predictions for few and many rows,
    exports.

    Parameters
    ----------
    columns : list of int
        The columns of the input that it reads.
    functions : Functions
        What it reads off them; a place in `columns` is a column of these.
    """

    #: What the functions are made again from a pickle as.
    form = Curves

    def __init__(self, columns, functions):
        self.columns = columns
        self.functions = functions

    @classmethod
    def fit(cls, train):
        """Fit it to `NumericColumns`; None if there is nothing to read."""
        raise NotImplementedError

    def names(self, features):
        """Name the outputs by the names of the input columns."""
        raise NotImplementedError

    @property
    def inputs(self):
        """Give the column of the input that each output is read off."""
        return [self.columns[place] for place in self.functions.column]

    def state(self):
        """Give what it consists of, as plain arrays and lists."""
        return {"columns": self.columns, **self.functions.state()}

    @classmethod
    def from_state(cls, state):
        """Make it again of what :meth:`state` gave."""
        return cls(state["columns"], cls.form.from_state(state))


class NormalScores(NumericReadout):
    """Normal scores: what the ranks of values would be on a normal curve."""

    name = "scores"

    @classmethod
    def fit(cls, train):
        knots = build_knots(train.numbers, train.sample_weight, int(train.n_knots))
        return cls(train.columns, knots)

    def names(self, features):
        return [features[column] for column in self.columns]


class Components(NumericReadout):
    """Piecewise-linear components between the values where targets change most."""

    name = "components"
    form = Ramps

    @classmethod
    def fit(cls, train):
        n_bins, automatic = plain_number(train.n_bins), train.n_bins == "auto"
        if automatic:
            n_bins = automatic_bins(*train.numbers.shape)
        if train.targets is None or n_bins is None:
            return None
        edges, began = [], train.deadline.elapsed()
        for values in train.numbers.T:
            edges.append(
                learn_edges(values, train.targets, train.sample_weight, n_bins)
            )
            needed = (train.deadline.elapsed() - began) * (len(train.columns) - 1)
            left = train.deadline.left(EDGES_SHARE)
            if automatic and len(edges) == 1 and needed > left:
                return None
        return cls(train.columns, Ramps(edges))

    def names(self, features):
        lower = self.functions.lower.tolist()
        return [
            f"{features[column]}_from_{edge:g}"
            for column, edge in zip(self.inputs, lower, strict=True)
        ]


class Flags(NumericReadout):
    """Flags of missing values, of the columns that have some in training."""

    name = "flags"
    form = MissingFlags

    @classmethod
    def fit(cls, train):
        return cls(train.flagged, MissingFlags(len(train.flagged)))

    def names(self, features):
        return [f"{features[column]}_missing" for column in self.columns]
