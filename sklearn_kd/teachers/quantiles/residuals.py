"""Quantiles around a mean: those of residuals of rows that were left out of a fit."""

import numpy as np
from scipy.sparse import issparse
from sklearn.ensemble import RandomForestRegressor

from sklearn_kd._compat import weighted_quantile
from sklearn_kd._run.twins import below_hooks
from sklearn_kd._tables.columns import column_kinds, nominal_codes, numeric_block
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd._tables.texts import is_text
from sklearn_kd._tables.unreadable import find_unreadable
from sklearn_kd.teachers.quantiles.adapters import QuantileTeacher
from sklearn_kd.teachers.quantiles.leaves import LeafTargets

#: Trees of the forest of residuals, the fewest rows in a leaf, the share of the rows
#: that these are of few rows, and the share of the columns that a split chooses from.
_TREES, _LEAF, _SHARE, _FEATURES = 100, 25, 0.05, 0.5


class ResidualQuantiles(QuantileTeacher):
    """A regressor that predicts means, and the quantiles of residuals around them.

    A forest of shallow trees is fitted to residuals and their absolute values, on the
    columns and on the prediction: rows in a leaf have like residuals, and the quantiles
    are those in the leaves of a row. Each level is then shifted so that its share of
    the residuals lies below it, as in split-conformal prediction; the residual of a row
    itself counts in neither step.

    Parameters
    ----------
    teacher : object
        It predicts means.
    quantiles : tuple of float
        The levels.

    Attributes
    ----------
    forest_ : RandomForestRegressor
        Of the residuals.
    leaves_ : LeafTargets
        The residuals in its leaves.
    shift_ : ndarray of shape (n_targets, n_quantiles)
        What is added to the quantiles.
    levels_ : list of {list of str, None}, or None
        For each column of the rows its levels, where it is nominal. None where the
        columns are not read: of texts and sparse rows.

    References
    ----------
    Lei et al., "Distribution-Free Predictive Inference for Regression", 2018.
    :doi:`10.1080/01621459.2017.1307116`

    Romano, Patterson and Candès, "Conformalized Quantile Regression", 2019.
    :doi:`10.48550/arXiv.1905.03222`
    """

    def around(self, teacher, X, means, hard, weight, seed):
        """Learn the residuals around a fitted teacher.

        Parameters
        ----------
        teacher : object
            Fitted.
        X : {ndarray, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Labelled rows.
        means, hard : ndarray of shape (n_samples, n_targets), float64
            Predictions by models that were not fitted on the row, and targets.
        weight : ndarray of shape (n_samples,), float64
            Row weights.
        seed : int
            Of the forest.

        Returns
        -------
        ResidualQuantiles
            The same object.
        """
        self.teacher_, self.n_targets_ = teacher, hard.shape[1]
        self.levels_ = _levels(X)
        residuals, columns = hard - means, self._columns(X, means)
        wide = np.where(residuals.std(axis=0) > 0, residuals.std(axis=0), 1.0)
        both = np.hstack([residuals / wide, np.abs(residuals) / wide])
        forest = RandomForestRegressor(
            _TREES,
            min_samples_leaf=max(min(_LEAF, round(_SHARE * len(hard))), 1),
            max_features=_FEATURES,
            random_state=seed,
        )
        self.forest_ = below_hooks(forest).fit(columns, both, sample_weight=weight)
        leaves = self.forest_.apply(columns)
        self.leaves_ = LeafTargets(leaves, residuals, weight)
        every = np.arange(len(residuals))
        found = self.leaves_.quantiles(leaves, self.quantiles, every)
        beyond = residuals[:, :, None] - found
        self.shift_ = np.stack(
            [
                weighted_quantile(beyond[:, :, k], weight, level)
                for k, level in enumerate(self.quantiles)
            ],
            axis=1,
        )
        return self

    def _of_targets(self, X):
        means = np.asarray(self.teacher_.predict(copy_rows(X)), dtype=float)
        return self.spread(X, means.reshape(-1, self.n_targets_))

    def spread(self, X, means, source=None):
        """Give quantiles around means.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.
        means : ndarray of shape (n_samples, n_targets), float64
            What is predicted for them.
        source : ndarray of shape (n_samples,), int, or None, default=None
            For each the position of a labelled row whose residual does not count.

        Returns
        -------
        ndarray of shape (n_samples, n_targets, n_quantiles), float64
            The quantiles.
        """
        leaves = self.forest_.apply(self._columns(X, means))
        found = self.leaves_.quantiles(leaves, self.quantiles, source)
        return means[:, :, None] + found + self.shift_

    def _columns(self, X, means):
        """Give numbers for trees: codes of nominal columns, and the means."""
        if self.levels_ is None:
            return means
        columns = []
        for column, levels in enumerate(self.levels_):
            if levels is None:
                columns.append(numeric_block(X, [column])[:, 0])
                continue
            codes, names = nominal_codes(X, column)
            place = {level: k for k, level in enumerate(levels)}
            known = [place.get(str(name), -1.0) for name in names]
            columns.append(np.array([*known, np.nan])[codes])
        return np.column_stack([*columns, means])


def _levels(X):
    """List the levels of nominal columns, None of numeric ones; None for no table."""
    if is_text(X) or issparse(X) or find_unreadable(X) is not None:
        return None
    return [
        sorted(map(str, nominal_codes(X, column)[1])) if kind == "nominal" else None
        for column, kind in enumerate(column_kinds(X))
    ]
