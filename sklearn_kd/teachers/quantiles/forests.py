"""Forests as teachers of quantiles: by the targets in their leaves."""

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from sklearn_kd._tables.taking import copy_rows
from sklearn_kd.teachers.quantiles._levels import opened, transformed
from sklearn_kd.teachers.quantiles.adapters import QuantileTeacher
from sklearn_kd.teachers.quantiles.leaves import LeafTargets

#: What has leaves that hold targets.
FORESTS = RandomForestRegressor, ExtraTreesRegressor


class LeafQuantiles(QuantileTeacher):
    """A forest, and the targets of the labelled rows in its leaves.

    All labelled rows count, whether a tree was fitted on them or not. Forests that were
    fitted elsewhere are used as they are.

    Parameters
    ----------
    teacher : estimator
        A forest, also frozen, in a search or at the end of a pipeline.
    quantiles : tuple of float
        The levels.

    Attributes
    ----------
    leaves_ : LeafTargets
        The targets in the leaves.

    References
    ----------
    Meinshausen, "Quantile Regression Forests", 2006.
    https://jmlr.org/papers/v7/meinshausen06a.html
    """

    def fit(self, X, y, sample_weight=None):
        """Fit the forest if it is not fitted, and keep the targets in its leaves."""
        super().fit(X, y, sample_weight)
        targets = np.asarray(y, dtype=float).reshape(len(y), -1)
        self.leaves_ = LeafTargets(self._apply(X), targets, sample_weight)
        return self

    def _apply(self, X):
        steps, forest = opened(self.teacher_)
        return forest.apply(transformed(steps, copy_rows(X)))

    def _of_targets(self, X):
        return self.without(X, None)

    def without(self, X, source):
        """Predict quantiles without the targets of the rows that others are made from.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.
        source : ndarray of shape (n_samples,), int, or None
            For each the position of a labelled row; None leaves none out.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs, n_quantiles), float64
            The quantiles.
        """
        return self.leaves_.quantiles(self._apply(X), self.quantiles, source)
