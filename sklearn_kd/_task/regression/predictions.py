"""What every regressor here has: predictions and the score, of any container."""

from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if

from sklearn_kd._estimators.unusable_parts import read_tags
from sklearn_kd._tables.containers import as_column
from sklearn_kd._task.regression.reading import LOG_LINK


class PredictingRegressorMixin(RegressorMixin):
    """Predict with ``_predict(X)``, and score targets in any container.

    A class has ``_predict_quantiles(X)`` too, and the parameter ``quantiles``.
    """

    def _has_quantiles(self):
        """Return whether there are quantiles to predict."""
        return self.quantiles is not None

    def predict(self, X):
        """Predict means, or with quantiles the one nearest to the median.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs), float64
            Predictions in the units of ``y``, of one dimension for one output.
        """
        return self._predict(X)

    @available_if(lambda self: self._has_quantiles())
    def predict_quantiles(self, X):
        """Predict quantiles, which never cross.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_quantiles) or (n_samples, n_outputs, \
n_quantiles), float64
            Quantiles in the units of ``y``, in the order of the levels.
        """
        return self._predict_quantiles(X)

    def score(self, X, y, sample_weight=None):
        """Give the coefficient of determination of the predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows, as ``predict`` takes them.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.

        Returns
        -------
        float
            R² of ``predict(X)``, the mean over outputs where there are several.
        """
        weight = as_column(sample_weight, "sample_weight")
        return super().score(X, as_column(y, "y"), sample_weight=weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = getattr(self, "loss", None) in LOG_LINK
        return tags


def predicts_numbers(estimator):
    """Return whether an estimator predicts numbers; what has no tags may do so."""
    tags = read_tags(estimator)
    if tags is None:
        return hasattr(estimator, "predict") and not hasattr(estimator, "predict_proba")
    if tags.estimator_type == "classifier":
        return False
    return tags.estimator_type == "regressor" or hasattr(estimator, "predict")
