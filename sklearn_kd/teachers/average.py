"""Several teachers as one: the weighted mean, or the pool, of their predictions."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.metaestimators import available_if

from sklearn_kd._compat import num_samples
from sklearn_kd._estimators.tags import takes_missing, takes_sparse
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd._task import Regression
from sklearn_kd._task.blending import average_proba
from sklearn_kd._task.outputs import read_proba
from sklearn_kd._task.pooling import log_linear
from sklearn_kd._task.predictions import PredictingClassifierMixin
from sklearn_kd._task.proba import align_proba
from sklearn_kd._task.regression.pooling import linear
from sklearn_kd._task.regression.predictions import PredictingRegressorMixin


class AveragedTeachers(VersionedMixin, PredictingClassifierMixin, BaseEstimator):
    """The weighted mean of fitted teachers, or their log-linear pool.

    Parameters
    ----------
    teachers : list of object
        Fitted, each with ``predict_proba``.
    weights : ndarray of shape (n_teachers,)
        Non-negative; with sum 1 for the mean.
    classes : ndarray of shape (n_classes,)
        The labels of the columns.
    given_classes : list of {array-like, None} of length n_teachers
        For each the labels of its columns, where it has no ``classes_``.
    log_linear : bool, default=False
        Whether the logarithms of the probabilities are weighed and added, and the sums
        turned into probabilities, as for the default ensemble.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels of the columns.
    """

    def __init__(self, teachers, weights, classes, given_classes, log_linear=False):
        self.teachers = teachers
        self.weights = weights
        self.classes = classes
        self.given_classes = given_classes
        self.log_linear = log_linear

    @property
    def classes_(self):
        """The labels of the columns."""
        return self.classes

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = takes_sparse(self.teachers)
        tags.input_tags.allow_nan = takes_missing(self.teachers)
        return tags

    def _proba(self, X):
        probas = []
        for teacher, given in zip(self.teachers, self.given_classes, strict=True):
            # each may write into its rows, which are the user's and those of the next
            returned = teacher.predict_proba(copy_rows(X))
            proba, labels = read_proba(
                teacher,
                returned,
                num_samples(X),
                given_classes=given,
                wanted=self.classes,
            )
            proba = proba.astype(np.float64, copy=False)
            probas.append(align_proba(proba, labels, self.classes)[0])
        if self.log_linear:
            return log_linear(probas, self.weights)
        return average_proba(probas, self.weights)


class AveragedRegressors(VersionedMixin, PredictingRegressorMixin, BaseEstimator):
    """The weighted mean of fitted regressors, or their linear pool.

    Parameters
    ----------
    teachers : list of object
        Fitted, each with ``predict``.
    weights : ndarray of shape (n_teachers,)
        Non-negative; with sum 1 for the mean.
    middle : ndarray of shape (n_outputs,) or None, default=None
        Where weights are those of deviations from these numbers, as for the default
        ensemble; None for a mean.
    """

    def __init__(self, teachers, weights, middle=None):
        self.teachers = teachers
        self.weights = weights
        self.middle = middle

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = takes_sparse(self.teachers)
        tags.input_tags.allow_nan = takes_missing(self.teachers)
        return tags

    def predict(self, X):
        """Predict numbers.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs), float64
            The mean or the pool of the predictions.
        """
        pooled = self._pooled("predict", X).reshape(num_samples(X), -1)
        return pooled[:, 0] if pooled.shape[1] == 1 else pooled

    def _predicts_quantiles(self):
        return all(hasattr(teacher, "predict_quantiles") for teacher in self.teachers)

    @available_if(_predicts_quantiles)
    def predict_quantiles(self, X):
        """Predict quantiles.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_quantiles) or (n_samples, n_outputs, \
n_quantiles), float64
            The mean of those of the teachers.
        """
        return self._pooled("predict_quantiles", X)

    def _pooled(self, method, X):
        # each may write into its rows, which are the user's and those of the next
        outputs = [
            np.asarray(getattr(teacher, method)(copy_rows(X)), dtype=float)
            for teacher in self.teachers
        ]
        if self.middle is None:
            return np.tensordot(self.weights, outputs, 1)
        outputs = [each.reshape(num_samples(X), -1) for each in outputs]
        return linear(outputs, self.weights, self.middle)


def average_of(teachers, weights, task, given_classes, *, pooled):
    """Make one teacher of several, by the task.

    Parameters
    ----------
    teachers : list of object
        Fitted.
    weights : ndarray of shape (n_teachers,)
        Their weights.
    task : Classification or Regression
        What they teach.
    given_classes : list of {array-like, None}
        As for :class:`AveragedTeachers`.
    pooled : bool
        Whether the weights are those of a pool.

    Returns
    -------
    AveragedTeachers or AveragedRegressors
        The teacher.
    """
    if task.name == Regression.name:
        return AveragedRegressors(teachers, weights, task.center if pooled else None)
    return AveragedTeachers(
        teachers, weights, task.classes, given_classes, log_linear=pooled
    )
