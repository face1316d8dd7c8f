"""Calibrating a teacher on its out-of-sample predictions of the labelled rows."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.isotonic import IsotonicRegression

from sklearn_kd._compat import SigmoidCalibration, TemperatureScaling
from sklearn_kd._messages import show
from sklearn_kd._run.twins import below_hooks
from sklearn_kd._task.pooling import raised


class OneVersusRest:
    """Calibrate the probability of each class by itself, and divide by their sum.

    With two classes the second is calibrated, and the first has the rest.

    Parameters
    ----------
    make : callable
        Gives a regression of one column that is not fitted.

    Attributes
    ----------
    classes_ : ndarray of shape (n_present,), int
        Columns for which there are labels.
    """

    def __init__(self, make):
        self.make = make

    def fit(self, X, y):
        """Fit a regression a class on probabilities and the columns of the labels."""
        self.classes_ = np.unique(y)
        calibrated = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        self.columns_ = [
            (column, self.make().fit(X[:, column], (y == column).astype(int)))
            for column in calibrated
        ]
        return self

    def predict_proba(self, X):
        """Calibrate probabilities; columns are in the order of ``classes_``."""
        proba = np.column_stack([one.predict(X[:, c]) for c, one in self.columns_])
        if len(self.classes_) == 2:
            return np.column_stack([1.0 - proba, proba])
        total = proba.sum(axis=1, keepdims=True)
        even = np.full_like(proba, 1 / len(self.classes_))
        return np.divide(proba, total, out=even, where=total != 0)


class Softened:
    """Divide logits by the temperature that fits the labels best.

    Attributes
    ----------
    classes_ : ndarray of shape (n_present,), int
        Columns for which there are labels.
    """

    def fit(self, X, y):
        """Fit the temperature on probabilities and the columns of the labels."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.scaling_ = TemperatureScaling().fit(self._columns(X), codes)
        return self

    def predict_proba(self, X):
        """Calibrate probabilities; columns are in the order of ``classes_``."""
        return self.scaling_.predict(self._columns(X))

    def _columns(self, X):
        columns = X[:, self.classes_]
        if len(self.classes_) == 2:
            columns[:, 0] = 1 - columns[:, 1]
        return columns


class PriorCorrection:
    """Add an offset for each class to the log-probabilities.

    It is the multinomial logistic regression whose only coefficients are its
    intercepts. At its optimum, the mean probability of each class is the share of the
    class among the labels. Between two classes the order of rows stays what it was.

    Attributes
    ----------
    classes_ : ndarray of shape (n_present,), int
        Columns for which there are labels.
    offset_ : ndarray of shape (n_present,), float64
        Logarithms of what each column is multiplied by, with mean 0.

    References
    ----------
    Saerens, Latinne and Decaestecker, "Adjusting the outputs of a classifier to new a
    priori probabilities: a simple procedure", 2002. :doi:`10.1162/089976602753284446`
    """

    def fit(self, X, y):
        """Fit the offsets.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_classes), float64
            Probabilities above 0.
        y : ndarray of shape (n_samples,), int
            Columns of the labels.

        Returns
        -------
        PriorCorrection
            The same object.
        """
        self.classes_, codes = np.unique(y, return_inverse=True)
        logits = np.log(X[:, self.classes_])
        share = np.bincount(codes) / len(codes)
        target = logits[np.arange(len(codes)), codes].mean()

        def loss(offset):
            shifted = logits + offset
            highest = shifted.max(axis=1, keepdims=True)
            odds = np.exp(shifted - highest)
            total = odds.sum(axis=1, keepdims=True)
            value = np.log(total).mean() + highest.mean() - target - share @ offset
            return value, (odds / total).mean(axis=0) - share

        start = np.log(share) - np.log(X[:, self.classes_].mean(axis=0))
        found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-6})
        self.offset_ = found.x - found.x.mean()
        return self

    def predict_proba(self, X):
        """Shift probabilities above 0; columns are in the order of ``classes_``."""
        return softmax(np.log(X[:, self.classes_]) + self.offset_, axis=1)


def fit_calibrator(method, proba, codes):
    """Fit a calibrator to out-of-sample soft targets.

    Parameters
    ----------
    method : {"temperature", "sigmoid", "isotonic", "prior"}
        :class:`PriorCorrection`, or as in
        :class:`~sklearn.calibration.CalibratedClassifierCV`.
    proba : ndarray of shape (n_samples, n_classes), float32, or None
        Out-of-sample predictions for the labelled rows.
    codes : ndarray of shape (n_samples,), int
        Their labels, as columns.

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
        raise no_calibration(method)
    predicted = proba.sum(axis=1) > 0
    calibrator = _make_calibrator(method)
    calibrator.fit(raised(proba[predicted]), codes[predicted])

    def calibrate(proba):
        predicted = proba.sum(axis=1) > 0
        calibrated = np.zeros(proba.shape, dtype=np.float32)
        if predicted.any():
            place = np.ix_(predicted, calibrator.classes_)
            calibrated[place] = calibrator.predict_proba(raised(proba[predicted]))
        return calibrated

    return calibrate


def no_calibration(method):
    """Make the error for a calibration without out-of-sample soft targets."""
    return ValueError(
        f"calibration={show(method)} of Pool needs soft targets that are out of "
        "sample. Pass the teacher unfitted with cv=, or a forest or BaggingClassifier "
        "that was fitted on this X with bootstrap=True, and leave out_of_sample on."
    )


def _make_calibrator(method):
    if method == "prior":
        return PriorCorrection()
    if method == "sigmoid":
        return OneVersusRest(SigmoidCalibration)
    if method == "isotonic":
        return OneVersusRest(
            lambda: below_hooks(IsotonicRegression(out_of_bounds="clip"))
        )
    if TemperatureScaling is None:
        raise ValueError(
            'calibration="temperature" needs scikit-learn 1.8 or newer: use '
            '"sigmoid", "isotonic" or "prior".'
        )
    return Softened()
