"""The student without a teacher: the same network, trained on labels alone."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone

from sklearn_kd._compat import drop_callbacks, num_samples
from sklearn_kd._estimators.parts import last_step, parts_of
from sklearn_kd._rows import TransferSet
from sklearn_kd._run.parts import as_part
from sklearn_kd._run.random import as_seed
from sklearn_kd._run.workers import each
from sklearn_kd._tables.columns import column_kinds
from sklearn_kd._tables.doubtful_levels import (
    has_numbers_as_text,
    without_warnings_of_levels,
)
from sklearn_kd._tables.texts import is_text
from sklearn_kd._tables.unreadable import find_unreadable
from sklearn_kd.students._dispatch import (
    default_student,
    fit_student,
    follow,
    student_outputs,
)
from sklearn_kd.students.mlp._base import BaseMLP
from sklearn_kd.students.mlp.steps._schedule import (
    MOST_EPOCHS,
    STEPS,
    epochs_of,
    steps_of_epoch,
)

#: Share of all epochs without an improvement after which training stops.
PATIENCE = 0.25


def without_teacher(student, train, n_transfer, seed):
    """Make the network that is trained on labels alone.

    Parameters
    ----------
    student : estimator
        The student, seeded. For one that is no network of this package, nor a pipeline
        that ends in one, it is the default network.
    train : TransferSet
        The rows with labels, with soft targets for the loss.
    n_transfer : int
        Number of rows that the student is trained on.
    seed : int
        Of the default network.

    Returns
    -------
    estimator
        Not fitted. It takes 4000 steps, or as many as the student where the user has
        set its epochs, in 100 epochs at most.
    """
    if not is_own_network(student):
        student = default_student(train.task)(random_state=seed)
        follow(student, train.soft, train.task)
    student = clone(student)
    drop_callbacks(parts_of(student))
    network = last_step(student)
    steps = STEPS
    if not isinstance(network.max_iter, str):
        steps = epochs_of(network, n_transfer) * steps_of_epoch(network, n_transfer)
    epochs = min(-(-steps // steps_of_epoch(network, len(train))), MOST_EPOCHS)
    network.set_params(max_iter=epochs, verbose=False)
    if isinstance(network.n_iter_no_change, str):
        network.set_params(n_iter_no_change=max(round(epochs * PATIENCE), 1))
    return student


def is_own_network(student):
    """Return whether a student is, or ends in, the network of this package."""
    return isinstance(last_step(student), BaseMLP)


def reads_table(X):
    """Return whether the default network can be trained on rows that others read."""
    if is_text(X) or find_unreadable(X) is not None:
        return False
    return issparse(X) or not has_numbers_as_text(X, column_kinds(X))


def was_cut(network):
    """Return whether a time limit has ended a training of :func:`without_teacher`."""
    curve = network.validation_loss_curve_
    waited = len(curve) - 1 - int(np.argmin(curve)) if curve else 0
    stopped = network.early_stopping and waited >= network.n_iter_no_change
    return network.n_iter_ < network.max_iter and not stopped


def shortened(student, share):
    """Give the same network with a share of its epochs."""
    student = clone(student)
    network = last_step(student)
    network.set_params(max_iter=max(round(network.max_iter * share), 1))
    return student


def _fit_one(shared, student):
    """Fit one student, with the settings of its own process or thread."""
    rows, held = shared
    with as_part(), without_warnings_of_levels(rows.X):
        return fit_student(student, rows, held)


class OnLabels(BaseEstimator):
    """A student that is fitted on labels as a teacher is, and stopped by given rows.

    It predicts by the method of its task.

    Parameters
    ----------
    student : estimator
        From :func:`without_teacher`.
    held : TransferSet or None
        Labelled rows, without soft targets, that decide when training stops. Without
        any, none are split off.
    task : Classification or Regression
        All its classes have rows wherever it is fitted.
    n_students : int, default=1
        Predictions are pooled from so many that differ in their seed.

    Attributes
    ----------
    students_ : list of estimator
        The fitted students, that of the given seed first.
    classes_ : ndarray of shape (n_classes,)
        Those of the student, where it has some.
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
        # as many at a time as joblib's parallel_config says, one by default
        students = ((self._make(index),) for index in range(self.n_students))
        shared, n_students = (rows, self.held), self.n_students
        self.students_ = list(each(_fit_one, shared, students, n_students))
        if hasattr(self.students_[0], "classes_"):
            self.classes_ = self.students_[0].classes_
        return self

    def _make(self, index):
        student = clone(self.student)
        network = last_step(student)
        if self.held is None:
            network.set_params(early_stopping=False)
        if index:
            seed = as_seed(network.random_state)
            network.set_params(random_state=(seed + index) % 2**32)
        return student

    def _outputs(self, X):
        """Predict by the students, pooled evenly."""
        method, n_rows = self.task.method, num_samples(X)
        outputs = [
            np.reshape(student_outputs(student, X, method), (n_rows, -1))
            for student in self.students_
        ]
        if len(outputs) == 1:
            return outputs[0]
        return self.task.pool(outputs, np.full(len(outputs), 1 / len(outputs)))

    predict_proba = predict = predict_quantiles = _outputs

    def __sklearn_clone__(self):
        return OnLabels(self.student, self.held, self.task, self.n_students)
