"""What student and teacher answer: labels, how sure the student is, probabilities."""

import numpy as np

from sklearn_kd._estimators.parts import last_step
from sklearn_kd._recipe.base import labels_by_threshold, without_threshold
from sklearn_kd._task.labels import encode_labels
from sklearn_kd._task.outputs import ask, predict_by
from sklearn_kd._task.proba import widen
from sklearn_kd.metrics._agreement import read_predicted
from sklearn_kd.students import own_rows, student_outputs
from sklearn_kd.students._tasks import LearnsLabels

#: What messages call the labels of the two.
STUDENT, TEACHER = "predict of the student", "predict of the teacher"


def of_student(student, X):
    """Give a student's labels, how sure it is of them, and its probabilities.

    Parameters
    ----------
    student : classifier
        Fitted, with ``classes_``.
    X : object
        Checked rows.

    Returns
    -------
    labels : ndarray of shape (n_samples,)
        As its ``predict`` gives them, thresholds included.
    certainty : ndarray of shape (n_samples,), float64
        Its probability of that label.
    proba : ndarray of shape (n_samples, n_classes), float
        Its probabilities, columns in the order of its ``classes_``.
    """
    inner = _without_own_threshold(student)
    classes = inner.classes_
    proba = student_outputs(inner, X)
    if inner is student and _predicts_most_probable(student):
        codes = proba.argmax(axis=1)
        return classes[codes], _as_float64(proba.max(axis=1)), proba
    if inner is student:
        labels = read_predicted(STUDENT, student.predict(own_rows(student, X)))
    else:
        labels = labels_by_threshold(student, classes, proba)
    codes = encode_labels(labels, classes, name=STUDENT)
    return labels, _as_float64(proba[np.arange(len(codes)), codes]), proba


def _without_own_threshold(student):
    """Give the student inside a threshold that ``decision_threshold`` has put on it."""
    inner = without_threshold(student)
    if inner is not student and (
        student.response_method != "predict_proba"
        or isinstance(student.threshold, str)
        or student.pos_label not in (None, inner.classes_[0])
    ):
        return student  # the user's: its own ``predict`` reads all of that
    return inner


def _predicts_most_probable(student):
    """Return whether labels follow from probabilities: one call gives both."""
    last = last_step(student)
    usual = type(last).predict is LearnsLabels.predict
    return usual and isinstance(last, LearnsLabels)


def _as_float64(certainty):
    """Widen: a threshold that is rounded to float32 may decide otherwise."""
    return certainty.astype(np.float64, copy=False)


def labels_of_teacher(teacher, X):
    """Predict the labels of checked rows by a teacher, which may write into a copy."""
    return read_predicted(TEACHER, ask(teacher, "predict", X))


def proba_of_teacher(teacher, X, classes):
    """Predict checked rows by a teacher: float64 of shape (n_samples, n_classes).

    The columns are those of the sorted `classes`, 0 where it does not have one.
    """
    proba, labels = predict_by(teacher, X, None, classes)
    order = np.argsort(encode_labels(np.asarray(labels), classes, name="classes_"))
    return widen(proba[:, order], np.asarray(labels)[order], classes, 0.0)
