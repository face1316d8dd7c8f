"""Several teachers as one: the weighted mean of their probabilities."""

import numpy as np

from sklearn_kd.targets import align_proba
from sklearn_kd.teachers._fitted import classes_of


class AveragedTeachers:
    """Fitted teachers that answer together.

    Parameters
    ----------
    teachers : list of object
        Fitted, each with ``predict_proba``.
    weights : ndarray of shape (n_teachers,)
        Non-negative, with sum 1.
    classes : ndarray of shape (n_classes,)
        The labels of the columns.
    given_classes : array-like or None, default=None
        The column labels of teachers that do not know their own.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels of the columns.
    """

    def __init__(self, teachers, weights, classes, given_classes=None):
        self.teachers = teachers
        self.weights = weights
        self.classes_ = classes
        self.given_classes = given_classes

    def __repr__(self):
        names = ", ".join(type(teacher).__name__ for teacher in self.teachers)
        return f"AveragedTeachers({names})"

    def predict_proba(self, X):
        """Predict class probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            The weighted mean.
        """
        total = 0
        for teacher, weight in zip(self.teachers, self.weights, strict=True):
            answer = teacher.predict_proba(X)
            labels = classes_of(teacher, answer, self.given_classes)
            answer = np.asarray(answer, dtype=np.float64)
            total = total + weight * align_proba(answer, labels, self.classes_)[0]
        return total

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
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
