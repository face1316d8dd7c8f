"""Predicting with the fitted network of the NumPy student."""

import numpy as np
from scipy.special import log_softmax
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._compat import safe_indexing
from sklearn_kd._validation import check_rows
from sklearn_kd.students._encoding import encode
from sklearn_kd.students._lookup import FEW_ROWS, build_lookup
from sklearn_kd.students._network import Layers, forward, forward_from, softmax

#: Rows that are encoded and multiplied at once in ``predict_proba``.
_BLOCK = 4096


class NetworkPredictionMixin:
    """Answer with ``encoder_``, ``coefs_`` and ``intercepts_``."""

    def _logits(self, X):
        if not hasattr(self, "coefs_"):
            check_is_fitted(self)
        X = check_rows(self, X, reset=False)
        n_samples = X.shape[0]
        if n_samples <= _BLOCK:
            return self._block_logits(X)
        return np.vstack(
            [
                self._block_logits(safe_indexing(X, slice(start, start + _BLOCK)))
                for start in range(0, n_samples, _BLOCK)
            ]
        )

    def _block_logits(self, X):
        if X.shape[0] <= FEW_ROWS and isinstance(X, np.ndarray) and X.dtype.kind == "f":
            first = self._look_up(X)
            if first is not None:
                return forward_from(first, self._exact, self.activation)
        # float64 makes a row's answer independent of the rows beside it, to rounding
        X = encode(self.encoder_, X, "float64")
        return forward(X, self._exact, self.activation)[-1]

    def _look_up(self, X):
        """Give the first layer of few rows, from a table that is made when needed."""
        lookup = self.__dict__.get("_lookup", self)
        if lookup is self:
            lookup = self._lookup = build_lookup(self.encoder_, self._exact)
        return None if lookup is None else lookup.read(X)

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
        return softmax(self._logits(X))

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
        return log_softmax(self._logits(X), axis=1)

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
        codes = self._logits(X).argmax(axis=1)
        return self.classes_[codes]

    def __getstate__(self):
        state = dict(super().__getstate__())
        # made again from coefs_: more than half the pickle
        state.pop("_exact", None)
        state.pop("_lookup", None)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "coefs_" in state:
            self._exact = Layers.in_float64(self.coefs_, self.intercepts_)
