"""The transfer set: all rows a student learns from, with their targets."""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_kd._tables.building import stack_rows
from sklearn_kd._tables.taking import take_rows
from sklearn_kd._tables.weights import compact, in_rows
from sklearn_kd.targets import SoftTargets


@dataclass(frozen=True)
class TransferSet:
    """All rows that a student learns from.

    Parameters
    ----------
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    codes : ndarray of shape (n_samples,), int
        Hard targets. In rows without a label the teacher's most probable class, for
        transformers that look at labels; no loss reads it.
    weight : ndarray of shape (n_samples,), float64
        Row weights, above 0.
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    soft : SoftTargets of length n_samples or None
        None for learning from the labels alone.
    origin : ndarray of shape (n_samples,), int, or None
        Where each labelled row stood in ``fit``; -1 for a row without a label.
    groups : ndarray of shape (n_samples,), int, or None
        For labelled rows: which must be on one side when validation rows are split off.
    flagged : ndarray of shape (n_samples,), bool, or None
        Rows without a label that the teacher predicts to be of the class that its
        threshold is for; None where no threshold is handed on.
    """

    X: object
    codes: np.ndarray
    weight: np.ndarray
    classes: np.ndarray
    soft: SoftTargets | None
    origin: np.ndarray | None = None
    groups: np.ndarray | None = None
    flagged: np.ndarray | None = None

    @property
    def y(self):
        """Hard targets as labels."""
        return self.classes[self.codes]

    def take(self, mask):
        """Take the rows where a mask is True."""
        return self if mask.all() else self.at(np.flatnonzero(mask))

    def at(self, rows):
        """Take rows by their positions."""
        return replace(
            self,
            X=take_rows(self.X, rows),
            codes=self.codes[rows],
            weight=compact(self.weight[rows]),
            soft=None if self.soft is None else self.soft[rows],
            origin=None if self.origin is None else self.origin[rows],
            groups=None if self.groups is None else self.groups[rows],
            flagged=None if self.flagged is None else self.flagged[rows],
        )

    def with_rows(self, X):
        """Exchange the rows for the same in another container."""
        return replace(self, X=X)

    def with_soft(self, soft):
        """Add soft targets, given for all labelled rows in their order."""
        return replace(self, soft=soft[self.origin])

    def in_rows(self):
        """Scale the weights so that they are numbers of rows."""
        return replace(self, weight=compact(in_rows(self.weight)))

    def append(self, X, proba, weight, flagged=None):
        """Append rows without a label: with the soft term only.

        Parameters
        ----------
        X : {ndarray, CSR matrix, DataFrame} of shape (n_new, n_features)
            The rows.
        proba : ndarray of shape (n_new, n_classes), float
            Their soft targets.
        weight : float or ndarray of shape (n_new,)
            Their weight.
        flagged : ndarray of shape (n_new,), bool, or None
            As above.

        Returns
        -------
        TransferSet
            All rows.
        """
        n_rows = len(proba)
        soft = replace(
            self.soft,
            proba=np.vstack([self.soft.proba, proba]),
            row_alpha=np.r_[self.soft.row_alpha, np.ones(n_rows)],
        )
        if flagged is not None:
            above = self.flagged
            if above is None:
                above = np.zeros(len(self.codes), dtype=bool)
            flagged = np.r_[above, flagged]
        return replace(
            self,
            X=stack_rows(self.X, X) if len(self.codes) else X,
            codes=np.r_[self.codes, proba.argmax(axis=1)],
            weight=np.r_[self.weight, np.broadcast_to(weight, n_rows)],
            soft=soft,
            origin=np.r_[self.origin, np.full(n_rows, -1)],
            groups=None,
            flagged=flagged,
        )

    def mean_target(self):
        """Mean of soft and hard targets, as each row has them and by weight."""
        hard = self.weight * (1 - self.soft.row_alpha)
        mean = (self.weight * self.soft.row_alpha) @ self.soft.proba
        mean += np.bincount(self.codes, hard, len(self.classes))
        return mean / self.weight.sum()

    def with_proba(self, proba):
        """Exchange the probabilities of the soft targets."""
        return replace(self, soft=replace(self.soft, proba=proba))

    def keep_hard_term(self):
        """Leave the soft term out: the labels stay, at the weight of the hard term.

        Returns
        -------
        TransferSet
            Without any row where the hard term has no weight.
        """
        hard = 1 - self.soft.row_alpha
        soft = replace(self.soft, row_alpha=np.zeros(len(hard)))
        return replace(self, soft=soft, weight=self.weight * hard).take(hard > 0)
