"""Predicting with the fitted network of the NumPy student."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._tables.rows import check_rows
from sklearn_kd._task.link import log_probabilities, probabilities
from sklearn_kd._task.proba import check_finite
from sklearn_kd.students.encoder._encoding import encode
from sklearn_kd.students.mlp._blocks import MANY_ROWS, block_logits
from sklearn_kd.students.mlp._lookup import FEW_ROWS, build_lookup
from sklearn_kd.students.mlp._network import (
    NOT_BUILT,
    Layers,
    forward,
    forward_from,
    packed,
    unpacked,
)

_WEIGHTS = ("coefs_", "intercepts_")


class NetworkPredictionMixin:
    """Predict with ``encoder_``, ``coefs_`` and ``intercepts_``."""

    def _logits(self, X):
        if not hasattr(self, "coefs_"):
            check_is_fitted(self, "coefs_")
        X = check_rows(self, X, reset=False)
        n_samples = X.shape[0]
        exact = self._exact
        if n_samples <= FEW_ROWS:
            first = self._look_up(X, exact)
            if first is not None:
                return forward_from(first, exact, self.activation)
        # answers that are not finite are refused, which says more than a warning
        with np.errstate(over="ignore", invalid="ignore"):
            if n_samples > MANY_ROWS:
                return block_logits(self, X)
            # float64: a row's answer then does not depend on the rows beside it
            X = encode(self.encoder_, X, "float64", watched=True)
            return forward(X, exact, self.activation)[-1]

    def _finite(self, logits):
        return check_finite(logits, f"This {type(self).__name__}")

    def _look_up(self, X, exact):
        """Give the first layer of few rows, from a table that is made when needed."""
        if exact.lookup is NOT_BUILT:  # it stays with the weights that it is made of
            exact.lookup = build_lookup(self.encoder_, exact)
        return None if exact.lookup is None else exact.lookup.read(X)

    def predict_proba(self, X):
        """Predict class probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            Columns in the order of ``classes_``.
        """
        return probabilities(self._logits(X), f"This {type(self).__name__}")

    def predict_log_proba(self, X):
        """Predict the logarithms of class probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            Finite, also where the probability rounds to 0.
        """
        return log_probabilities(self._logits(X), f"This {type(self).__name__}")

    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            The most probable label of each row.
        """
        codes = self._finite(self._logits(X)).argmax(axis=1)
        return self.classes_[codes]

    def __getstate__(self):
        state = dict(super().__getstate__())
        # made again from coefs_: more than half the pickle
        state.pop("_exact", None)
        if "coefs_" in state:
            state |= {name: packed(state[name]) for name in _WEIGHTS}
        return state

    def __setstate__(self, state):
        if "coefs_" in state:
            state = state | {name: unpacked(state[name]) for name in _WEIGHTS}
        super().__setstate__(state)
        if "coefs_" in state:
            self._exact = Layers.in_float64(self.coefs_, self.intercepts_)
