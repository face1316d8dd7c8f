"""The transfer set: rows with their targets, weights and origins."""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._tables.building import stack_rows
from sklearn_kd._tables.taking import take_rows
from sklearn_kd._tables.weights import compact, in_rows
from sklearn_kd._task import Classification, Regression
from sklearn_kd.targets import SoftPredictions, SoftTargets


@dataclass(frozen=True, eq=False)
class TransferSet:
    """Labelled, synthetic and unlabelled rows: immutable, sliceable.

    None stands for what comes later: rows without a label get their targets from a
    teacher.

    Parameters
    ----------
    X : {ndarray, CSR matrix, DataFrame, RowsInPlace} of shape (n_samples, n_features)
        Rows.
    task : Classification or Regression
        What is to be learned.
    hard : ndarray of shape (n_samples,), int, or (n_samples, n_targets), float, or None
        Hard targets, as the task encodes them. In rows without a label what the teacher
        predicts, for transformers that use labels; no loss reads it.
    weight : ndarray of shape (n_samples,), float64
        Row weights, above 0.
    soft : SoftTargets or SoftPredictions of length n_samples, or None
        None for learning from the labels alone.
    origin : ndarray of shape (n_samples,), int, or None
        The position among the labelled rows of the row itself, or of the one that a
        synthetic row was made from; -1 for an unlabelled row.
    has_label : ndarray of shape (n_samples,), bool, or None
        None where all have one.
    groups : ndarray of shape (n_samples,), int, or None
        For labelled rows: which must be on one side when validation rows are split off.
    flagged : ndarray of shape (n_samples,), bool, or None
        Rows without a label that the teacher predicts to be of the class that its
        threshold is for; None where no threshold is handed on.
    """

    X: object
    task: Classification | Regression
    hard: np.ndarray | None
    weight: np.ndarray
    soft: SoftTargets | SoftPredictions | None = None
    origin: np.ndarray | None = None
    has_label: np.ndarray | None = None
    groups: np.ndarray | None = None
    flagged: np.ndarray | None = None

    def __len__(self):
        return len(self.weight)

    @property
    def y(self):
        """Hard targets as the user wrote them."""
        return self.task.labels(self.hard)

    @property
    def n_without_label(self):
        """Number of synthetic and unlabelled rows."""
        return 0 if self.has_label is None else int((~self.has_label).sum())

    def take(self, mask):
        """Take the rows where a mask is True."""
        return self if mask.all() else self.at(np.flatnonzero(mask))

    def at(self, rows):
        """Take rows by their positions, or a slice of them."""
        take = safe_indexing if isinstance(rows, slice) else take_rows
        names = ["hard", "soft", "origin", "has_label", "groups", "flagged"]
        known = {name: getattr(self, name) for name in names}
        return replace(
            self,
            X=take(self.X, rows),
            weight=compact(self.weight[rows]),
            **{name: v if v is None else v[rows] for name, v in known.items()},
        )

    def first(self, n_rows):
        """Take the first rows."""
        return self if n_rows == len(self) else self.at(slice(n_rows))

    def with_rows(self, X):
        """Exchange the rows for the same in another container."""
        return replace(self, X=X)

    def with_soft(self, soft):
        """Add soft targets, given for all labelled rows in their order."""
        return replace(self, soft=soft[self.origin])

    def in_rows(self):
        """Scale the weights so that they are numbers of rows."""
        return replace(self, weight=compact(in_rows(self.weight)))

    def append(self, more):
        """Append rows without a label, with a teacher's soft targets."""
        X = stack_rows(self.X, more.X) if len(self) else more.X
        return self.join([more], X)

    def join(self, others, X):
        """Put the targets and weights of others below; ``X`` is the rows of all.

        Loss and temperature are those of the first; which groups they are of is lost.
        """
        parts = [self, *others]

        def joined(name, default):
            values = [getattr(part, name) for part in parts]
            if all(value is None for value in values):
                return None
            filled = [
                np.full(len(part), default) if value is None else value
                for part, value in zip(parts, values, strict=True)
            ]
            return np.concatenate(filled)

        soft = self.soft.with_outputs(
            np.vstack([part.soft.outputs for part in parts]),
            np.concatenate([part.soft.row_alpha for part in parts]),
        )
        return TransferSet(
            X,
            self.task,
            np.concatenate([part.hard for part in parts]),
            np.concatenate([part.weight for part in parts]),
            soft,
            origin=joined("origin", -1),
            has_label=joined("has_label", True),
            flagged=joined("flagged", False),
        )

    def predicted(self, outputs, soft, flagged=None):
        """Add a teacher's predictions to rows without a label: the soft term only.

        `soft`, of the labelled rows, gives temperature and loss; `flagged` is as above.
        """
        soft = soft.with_outputs(outputs, np.ones(len(outputs)))
        hard = self.task.harden(outputs)
        return replace(self, hard=hard, soft=soft, flagged=flagged)

    def mean_target(self):
        """Mean of soft and hard targets, as each row has them and by weight."""
        hard = self.weight * (1 - self.soft.row_alpha)
        mean = (self.weight * self.soft.row_alpha) @ self.soft.outputs
        mean += self.task.total(self.hard, hard)
        return mean / self.weight.sum()

    def with_outputs(self, outputs):
        """Exchange the outputs of the soft targets."""
        return replace(self, soft=self.soft.with_outputs(outputs))

    def keep_hard_term(self):
        """Leave the soft term out, and rows without a hard term with it."""
        hard = 1 - self.soft.row_alpha
        soft = self.soft.with_outputs(self.soft.outputs, np.zeros(len(hard)))
        return replace(self, soft=soft, weight=self.weight * hard).take(hard > 0)


def rows_without_label(X, task, weight, origin=None):
    """Make a transfer set of rows without a label, and without targets.

    Parameters
    ----------
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Synthetic or unlabelled rows.
    task : Classification
        What is to be learned.
    weight : ndarray of shape (n_samples,) or float
        Their weights.
    origin : ndarray of shape (n_samples,), int, or None, default=None
        The position of the labelled row that each was made from; None for unlabelled
        rows.

    Returns
    -------
    TransferSet
        Without targets.
    """
    n_rows = num_samples(X)
    return TransferSet(
        X,
        task,
        None,
        np.broadcast_to(np.float64(weight), n_rows),
        origin=np.full(n_rows, -1) if origin is None else origin,
        has_label=np.zeros(n_rows, dtype=bool),
    )


@dataclass(frozen=True, eq=False)
class Present:
    """Which of the rows that ``fit`` got count: those of weight 0 do not.

    Parameters
    ----------
    positions : ndarray of shape (n_samples,), int
        Of the rows that count, ascending.
    n_rows : int
        Number of all rows.
    """

    positions: np.ndarray
    n_rows: int

    @property
    def all(self):
        """Whether all rows count."""
        return len(self.positions) == self.n_rows

    def take(self, values):
        """Take the rows that count out of a table of all, as it is where all do."""
        return values if self.all else safe_indexing(values, self.positions)

    def mask(self):
        """Give the rows that count as a mask of all."""
        mask = np.zeros(self.n_rows, dtype=bool)
        mask[self.positions] = True
        return mask

    def places(self, rows):
        """Turn positions among all rows into those among the rows that count."""
        place = np.full(self.n_rows, -1)
        place[self.positions] = np.arange(len(self.positions))
        return place[rows][place[rows] >= 0]
