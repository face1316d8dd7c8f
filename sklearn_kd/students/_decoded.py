"""Labels of any type for a student that is at ease with 0, 1, 2, ... alone."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

# One refuses any other labels; the other answers in objects, and in a column where
# there are more than two classes.
_REFUSES, _CHANGES = "xgboost", "catboost"


def needs_codes(student, labels):
    """Say whether a student cannot take labels, or answer with them, as they are.

    Parameters
    ----------
    student : estimator
        With whatever it is made of.
    labels : ndarray of shape (n_samples,)
        Those to learn from.

    Returns
    -------
    bool
        True where some part is of CatBoost; where one is of XGBoost, unless the labels
        are the int64 0, 1, 2, ... without a gap.
    """
    parts = [student]
    if hasattr(student, "get_params"):
        parts += student.get_params(deep=True).values()
    packages = {type(part).__module__.partition(".")[0] for part in parts}
    if _CHANGES in packages:
        return True
    classes = np.unique(labels)
    # of another width, they would come back in its own
    are_codes = classes.dtype == np.int64 and np.array_equal(
        classes, np.arange(len(classes))
    )
    return _REFUSES in packages and not are_codes


class DecodedClassifier(ClassifierMixin, BaseEstimator):
    """A classifier that learns positions in the sorted labels, and answers with labels.

    Parameters
    ----------
    estimator : estimator
        Fitted in place: this is what a student becomes, and no student to pass.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y, **params):
        """Fit the estimator on the positions of labels.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.
        y : ndarray of shape (n_samples,)
            Labels.
        **params : dict
            Handed on.

        Returns
        -------
        DecodedClassifier
            The same object.
        """
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.estimator.fit(X, codes, **params)
        return self

    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            The label of each row.
        """
        codes = np.ravel(self.estimator.predict(X)).astype(np.intp)
        return self.classes_[codes]

    @available_if(lambda self: hasattr(self.estimator, "predict_proba"))
    def predict_proba(self, X):
        """Predict class probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float
            Columns in the order of ``classes_``.
        """
        return self.estimator.predict_proba(X)

    @available_if(lambda self: hasattr(self.estimator, "predict_log_proba"))
    def predict_log_proba(self, X):
        """Predict the logarithms of class probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float
            Columns in the order of ``classes_``.
        """
        return self.estimator.predict_log_proba(X)

    def __sklearn_is_fitted__(self):
        check_is_fitted(self.estimator)
        return hasattr(self, "classes_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags
