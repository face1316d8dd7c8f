"""What every classifier here has: predictions, each from one method, and the score."""

import numpy as np
from sklearn.base import (
    ClassifierMixin,
    is_classifier,
    is_clusterer,
    is_outlier_detector,
    is_regressor,
)

from sklearn_kd._tables.containers import as_column


class PredictingClassifierMixin(ClassifierMixin):
    """Predict with ``_proba(X)``, and score labels in any container that ``fit`` takes.

    A class overrides ``_labels`` and ``_log_proba`` where these need no
    probabilities.
    """

    def _labels(self, X):
        """Give the most probable label of each row."""
        codes = self._proba(X).argmax(axis=1)  # first, since it may not be fitted
        return self.classes_[codes]

    def _log_proba(self, X):
        """Give finite logarithms, also of probabilities that are 0."""
        proba = self._proba(X)
        return np.log(np.maximum(proba, np.finfo(proba.dtype).tiny))

    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            The label of each row: the most probable one, unless a threshold decides.
        """
        return self._labels(X)

    def predict_proba(self, X):
        """Predict class probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float
            Columns in the order of ``classes_``; float64, unless a student or teacher
            that is not of this package returns float32.
        """
        return self._proba(X)

    def predict_log_proba(self, X):
        """Predict the logarithms of class probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float
            Columns in the order of ``classes_``, of the dtype of ``predict_proba``.
        """
        return self._log_proba(X)

    def score(self, X, y, sample_weight=None):
        """Give the accuracy of the predicted labels.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows, as ``predict`` takes them.
        y : array-like of shape (n_samples,)
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.

        Returns
        -------
        float
            Share of the rows, by weight, whose label is predicted.
        """
        weight = as_column(sample_weight, "sample_weight")
        return super().score(X, as_column(y, "y"), sample_weight=weight)


def predicts_labels(estimator):
    """Return whether an estimator predicts labels; of stacking the tags decide."""
    if not hasattr(estimator, "__sklearn_tags__"):
        return hasattr(estimator, "predict")
    others = is_regressor, is_outlier_detector, is_clusterer
    if any(is_other(estimator) for is_other in others):
        return False
    return is_classifier(estimator) or hasattr(estimator, "predict")
