"""The student without a teacher: the same network, trained on labels alone."""

from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from sklearn_kd._compat import num_samples
from sklearn_kd._estimators.parts import last_step
from sklearn_kd._rows import TransferSet
from sklearn_kd._run.interrupts import ending_all
from sklearn_kd.students._dispatch import fit_student, student_proba
from sklearn_kd.students.mlp._training import epochs_of, steps_of_epoch
from sklearn_kd.students.mlp.student import MLPStudent

#: Most epochs: with few rows, the network is past its best long before.
MOST_EPOCHS = 200


def without_teacher(student, n_labelled, n_transfer, seed):
    """Make the network that is trained on labels alone.

    Parameters
    ----------
    student : estimator
        The student, seeded. For one that is no :class:`MLPStudent`, nor a pipeline that
        ends in one, it is the default network.
    n_labelled, n_transfer : int
        Number of rows with labels, and of those that the student is trained on.
    seed : int
        Of the default network.

    Returns
    -------
    estimator
        Not fitted. It takes as many steps as the student, in 200 epochs at most.
    """
    if not isinstance(last_step(student), MLPStudent):
        student = MLPStudent(random_state=seed)
    student = clone(student)
    network = last_step(student)
    steps = epochs_of(network, n_transfer) * steps_of_epoch(network, n_transfer)
    epochs = min(-(-steps // steps_of_epoch(network, n_labelled)), MOST_EPOCHS)
    network.set_params(max_iter=epochs, verbose=False)
    return student


def shortened(student, share):
    """Give the same network with a share of its epochs."""
    student = clone(student)
    network = last_step(student)
    network.set_params(max_iter=max(round(network.max_iter * share), 1))
    return student


class OnLabels(ClassifierMixin, BaseEstimator):
    """A student that is fitted on labels as a teacher is, and stopped by given rows.

    Parameters
    ----------
    student : estimator
        From :func:`without_teacher`.
    held : TransferSet or None
        Labelled rows that decide when training stops. Without, none are split off.
    task : Classification
        The classes, all of which have rows wherever it is fitted.
    n_students : int, default=1
        Predictions are pooled from so many that differ in their seed.

    Attributes
    ----------
    students_ : list of estimator
        The fitted students, that of the given seed first.
    classes_ : ndarray of shape (n_classes,)
        Those of the student.
    """

    def __init__(self, student, held, task, n_students=1):
        self.student = student
        self.held = held
        self.task = task
        self.n_students = n_students

    def fit(self, X, y, sample_weight=None):
        """Train the students; Ctrl-C ends all."""
        if sample_weight is None:
            sample_weight = np.ones(num_samples(X))
        rows = TransferSet(X, self.task, self.task.encode(y), sample_weight)
        held = self.held and replace(self.held, soft=None)  # stopped by labels, too
        with ending_all():
            self.students_ = [
                fit_student(self._make(index), rows, held)
                for index in range(self.n_students)
            ]
        self.classes_ = self.students_[0].classes_
        return self

    def _make(self, index):
        student = clone(self.student)
        network = last_step(student)
        if self.held is None:
            network.set_params(early_stopping=False)
        if index:
            network.set_params(random_state=network.random_state + index)
        return student

    def predict_proba(self, X):
        """Predict class probabilities: the log-linear pool of the students, evenly."""
        probas = [student_proba(student, X) for student in self.students_]
        if len(probas) == 1:
            return probas[0]
        return self.task.pool(probas, np.full(len(probas), 1 / len(probas)))

    def __sklearn_clone__(self):
        return OnLabels(self.student, self.held, self.task, self.n_students)
