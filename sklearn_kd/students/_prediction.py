"""Predicting with the fitted student."""

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._tables.rows import check_rows
from sklearn_kd._task.predictions import PredictingClassifierMixin
from sklearn_kd._task.proba import check_finite, widen
from sklearn_kd.students._dispatch import OURS, last_step, own_rows, resolve_student


def _student_has(method):
    """Say whether the student, fitted or not, has a method."""

    def check(self):
        if hasattr(self, "student_"):
            return hasattr(self.student_, method)
        return hasattr(resolve_student(self.student), method)

    return check


def _trained(student):
    """Give the student that ``decision_threshold`` has put a threshold on."""
    if isinstance(student, FixedThresholdClassifier):
        inner = student.estimator
        return inner.estimator if isinstance(inner, FrozenEstimator) else student
    return student


def _predict_by_threshold(thresholded, student, X):
    """Predict as ``FixedThresholdClassifier`` does, without its 0.3 ms of checks."""
    classes = student.classes_
    column = 1 if thresholded.pos_label is None else 0
    above = _proba(student, X)[:, column] >= thresholded.threshold
    return classes[np.where(above, column, 1 - column)]


def _proba(student, X):
    """Ask a student; NaN is refused, here where it does not do so by itself."""
    proba = student.predict_proba(X)
    if type(student) in OURS:
        return proba
    return check_finite(proba, f"The student {type(student).__name__}")


class StudentPredictionMixin(PredictingClassifierMixin):
    """Predict with ``student_``, after the checks of the estimator itself."""

    @property
    def n_iter_(self):
        """``n_iter_`` of the student, or of its last step, where it has one."""
        return last_step(_trained(self.student_)).n_iter_

    predict_proba = available_if(_student_has("predict_proba"))(
        PredictingClassifierMixin.predict_proba
    )
    predict_log_proba = available_if(_student_has("predict_log_proba"))(
        PredictingClassifierMixin.predict_log_proba
    )

    def _labels(self, X):
        student, X = self._student_and_rows(X)
        if student is not self.student_:
            return _predict_by_threshold(self.student_, student, X)
        return student.predict(X)

    def _proba(self, X):
        student, X = self._student_and_rows(X)
        return self._widen(_proba(student, X), 0.0)

    def _log_proba(self, X):
        student, X = self._student_and_rows(X)
        return self._widen(student.predict_log_proba(X), -np.inf)

    def _student_and_rows(self, X):
        """Give the student without its threshold, and checked rows for it."""
        if not hasattr(self, "student_"):  # it costs more than a small student
            check_is_fitted(self)
        X = check_rows(self, X, reset=False)
        student = _trained(self.student_)
        return student, own_rows(student, X)

    def _widen(self, values, absent):
        """Add columns for classes in which the teacher left no mass to learn from."""
        if values.shape[1] == len(self.classes_):
            return values
        return widen(values, self.student_.classes_, self.classes_, absent)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "student_")
