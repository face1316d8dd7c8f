"""Calibrating a teacher's answers on those that it gave out of sample."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV

#: Probabilities are raised to it, as logarithms are taken: a forest says exactly 0.
_FLOOR = 1e-3


class _Answers(ClassifierMixin, BaseEstimator):
    """A classifier whose rows are the probabilities that it answers with."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return X[:, self.classes_]

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def fit_calibrator(method, proba, lesson):
    """Fit one of scikit-learn's calibrators to out-of-sample soft targets.

    Parameters
    ----------
    method : {"temperature", "sigmoid", "isotonic"}
        As in :class:`~sklearn.calibration.CalibratedClassifierCV`.
    proba : ndarray of shape (n_samples, n_classes), float32, or None
        What those who did not see a labelled row say of it.
    lesson : Lesson
        The labelled rows.

    Returns
    -------
    callable
        Takes and returns an array of shape (n_rows, n_classes), float32. Rows without
        any mass stay so.

    Raises
    ------
    ValueError
        Without out-of-sample soft targets, and for a method that the installed
        scikit-learn does not have.
    """
    if proba is None:
        raise ValueError(
            f"calibration={method!r} needs soft targets from a part of the teacher "
            "that did not see the row. Pass the teacher unfitted with cv=, or a forest "
            "or BaggingClassifier that was fitted on this X with bootstrap=True; "
            "cross_fit=False and transfer=None rule both out."
        )
    told = lesson.present & (proba.sum(axis=1) > 0)
    every = np.arange(told.sum())  # one split: nothing is fitted but the calibrator
    calibrator = CalibratedClassifierCV(
        _Answers(), method=method, cv=[(every, every)], ensemble=False
    )
    try:
        calibrator.fit(_raise(proba[told]), lesson.codes[told])
    except ValueError as error:
        if method == "temperature" and "method" in str(error):
            raise ValueError(
                'calibration="temperature" needs scikit-learn 1.8 or newer: use '
                '"sigmoid" or "isotonic".'
            ) from error
        raise

    def calibrate(proba):
        told = proba.sum(axis=1) > 0
        calibrated = np.zeros(proba.shape, dtype=np.float32)
        if told.any():
            place = np.ix_(told, calibrator.classes_)
            calibrated[place] = calibrator.predict_proba(_raise(proba[told]))
        return calibrated

    return calibrate


def _raise(proba):
    raised = np.maximum(proba, _FLOOR, dtype=np.float64)
    return raised / raised.sum(axis=1, keepdims=True)
