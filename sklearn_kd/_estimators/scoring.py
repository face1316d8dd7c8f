"""Scoring by labels in any container that ``fit`` takes."""

from sklearn.base import ClassifierMixin

from sklearn_kd._tables.containers import as_column


class ScoredClassifierMixin(ClassifierMixin):
    """scikit-learn's mixin, for labels and weights that it does not read itself."""

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
