"""What the demo does for classes and for numbers, where it is not the same."""

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
    VotingRegressor,
)

from sklearn_kd import DistilledClassifier, DistilledRegressor
from sklearn_kd._demo.error import DemoError
from sklearn_kd._messages import show

#: Share of the rows that are held out for the test.
TEST_SHARE = 0.3

#: Folds for the teacher's out-of-fold predictions, which say what it is worth.
_FOLDS = 3

#: A table of numbers with fewer rows has nothing to learn from and to test with.
_LEAST_ROWS = 10


@dataclass(frozen=True)
class Models:
    """The classes of scikit-learn of which the demo makes its models.

    ``mean`` makes the mean of named ones.
    """

    forest: type
    extra_trees: type
    boosting: type
    mean: object


def _soft_voting(named):
    return VotingClassifier(named, voting="soft")


class Classes:
    """The target holds labels, which are drawn and split by class."""

    noun, targets = "class", "labels"
    distilled = DistilledClassifier
    models = Models(
        RandomForestClassifier,
        ExtraTreesClassifier,
        HistGradientBoostingClassifier,
        _soft_voting,
    )

    @staticmethod
    def check(name, classes, counts, advice):
        """Refuse classes that have too few rows to be learned and tested."""
        n_rows = counts.sum()
        if counts.min() < 2:
            rare = classes[counts < 2].tolist()
            raise DemoError(
                f"{len(rare)} of the {len(classes)} classes of column {name!r} have a "
                f"single row, {show(rare[0])} for one: it cannot be learnt and tested. "
                f"Merge such classes with others, or leave their rows out.{advice}"
            )
        if int(np.ceil(TEST_SHARE * n_rows)) < len(classes):
            raise DemoError(
                f"{n_rows} rows are too few for the {len(classes)} classes of column "
                f"{name!r}: {TEST_SHARE:.0%} of them, for the test, are fewer than "
                f"that.{advice}"
            )

    @staticmethod
    def strata(y):
        """Give what rows are split by."""
        return y

    @staticmethod
    def folds(y):
        """Give the number of folds that all have rows of each class, or None."""
        n_folds = min(_FOLDS, int(np.unique(y, return_counts=True)[1].min()))
        return n_folds if n_folds > 1 else None

    @staticmethod
    def describe(y, target):
        """Write what is predicted."""
        return f"{len(np.unique(y))} classes of {target!r}"


class Numbers:
    """The target holds numbers."""

    noun, targets = "value", "targets"
    distilled = DistilledRegressor
    models = Models(
        RandomForestRegressor,
        ExtraTreesRegressor,
        HistGradientBoostingRegressor,
        VotingRegressor,
    )

    @staticmethod
    def check(name, distinct, counts, advice):
        """Refuse a table that is too small."""
        if counts.sum() < _LEAST_ROWS:
            raise DemoError(
                f"{counts.sum()} rows with a value in {name!r} are too few: "
                f"{_LEAST_ROWS} are needed to learn from and to test with."
            )

    @staticmethod
    def strata(y):
        """Give nothing: rows are split at random."""

    @staticmethod
    def folds(y):
        """Give the number of folds."""
        return _FOLDS

    @staticmethod
    def describe(y, target):
        """Write what is predicted."""
        return f"{target!r} from {y.min():,.7g} to {y.max():,.7g}"


TASKS = {"classification": Classes, "regression": Numbers}
