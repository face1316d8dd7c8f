"""A threshold in place of the most probable class: given, or handed on by a teacher."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from sklearn_kd._compat import BaseSearchCV
from sklearn_kd._estimators.thresholds import THRESHOLDED, place_of, read_threshold
from sklearn_kd._messages import show, warn
from sklearn_kd._recipe.base import BaseDistilled
from sklearn_kd._recipe.threshold_rows import (
    share_of,
    threshold_for_share,
    threshold_of,
)
from sklearn_kd._run.random import contained_draws
from sklearn_kd._tables.taking import read_rows


def check_threshold(wanted, student, source, task):
    """Refuse a threshold that cannot be, before any teacher predicts.

    Parameters
    ----------
    wanted : float, "teacher" or None
        The ``decision_threshold``.
    student : estimator
        The one that learns.
    source : NoTeacher, GivenTargets or TeacherList
        Where soft targets come from.
    task : Classification
        With the classes.

    Raises
    ------
    ValueError
        With what to do instead.
    """
    if wanted is None:
        return
    if task.n_outputs != 2:
        raise ValueError(
            f"decision_threshold={show(wanted)} needs two classes, and y has "
            f"{task.n_outputs}: leave it at None."
        )
    if not hasattr(student, "predict_proba"):
        raise ValueError(
            f"decision_threshold={show(wanted)} is one on probabilities, and the "
            f"student {type(student).__name__} has no predict_proba: leave "
            "it at None, or take another student."
        )
    if wanted != "teacher":
        return
    if source.no_threshold is not None:
        raise ValueError(
            f'decision_threshold="teacher", but {source.no_threshold}: pass the '
            "threshold as a number, or leave it at None."
        )
    teacher = _deciding_part(source.members)
    # the model that these two predict with exists once they are fitted
    if not isinstance(teacher, (BaseSearchCV, BaseDistilled)):
        _check_thresholded(teacher)


def _check_thresholded(teacher):
    if not isinstance(teacher, THRESHOLDED):
        raise ValueError(
            f'decision_threshold="teacher", but {type(teacher).__name__} predicts the '
            "most probable class: pass a FixedThresholdClassifier or a "
            "TunedThresholdClassifierCV as the teacher (or as the end of it), or the "
            "threshold as a number."
        )


@dataclass(frozen=True)
class Flags:
    """Which rows a teacher predicts to be of the class that its threshold is for.

    Parameters
    ----------
    value : float
        From which probability on.
    column : int
        Of the class among ours.
    is_argmax : bool
        Whether it predicts the most probable class, without a threshold of its own.
    """

    value: float
    column: int
    is_argmax: bool

    def __call__(self, outputs):
        """Mark the rows whose predictions, before calibration, reach the threshold."""
        # in float32, as they are: a share of .9 of the trees is not below .9
        return outputs[:, self.column] >= np.float32(self.value)


def with_flags(teachers, wanted, rows):
    """Read the threshold off the teacher, where it is to be handed on.

    Parameters
    ----------
    teachers : Teachers
        Fitted.
    wanted : float, "teacher" or None
        The ``decision_threshold``.
    rows : TransferSet
        The labelled rows.

    Returns
    -------
    Teachers
        The same, with ``flags``.
    """
    if wanted != "teacher":
        return teachers
    one = teachers.members[0]
    teacher = _deciding_part(one.teacher)
    _check_thresholded(teacher)
    threshold = read_threshold(teacher)
    place = place_of(teacher, threshold.pos_label)
    label = _our_names(teacher, one.given_classes)[place]
    column = _column_of(label, teacher, rows.task.classes)
    value = threshold.value
    if threshold.on_scores:
        value = _on_probabilities(one, teacher.classes_[place], column, rows, teachers)
    return replace(teachers, flags=Flags(value, column, not threshold.chosen))


def _on_probabilities(one, label, column, rows, teachers):
    """Find the probability that is as good as a threshold on scores."""
    with contained_draws(0, one.teacher):
        flagged = np.asarray(one.teacher.predict(read_rows(rows.X))) == label
    outputs = one.label(rows.X, rows.task, teachers.context)
    every = np.ones(len(flagged))
    return threshold_for_share(outputs[:, column], flagged.mean(), every)


def add_threshold(student, wanted, teachers, task, compared, kind):
    """Have a student predict by the threshold that is wanted.

    Parameters
    ----------
    student : estimator
        Fitted.
    wanted : float, "teacher" or None
        The ``decision_threshold``.
    teachers : Teachers
        Fitted.
    task : Classification
        With the classes.
    compared : TransferSet or None
        Rows with what a teacher predicts by its threshold, where that is handed on.
    kind : str or None
        What these are, for messages.

    Returns
    -------
    estimator
        The student, in a ``FixedThresholdClassifier`` where a threshold is wanted.

    Warns
    -----
    UserWarning
        Where a teacher has a threshold, none is wanted, and the student has no own.
    """
    pos_label = None
    if wanted is None:
        if not isinstance(_deciding_part(student), THRESHOLDED):  # it has its own
            _warn_of_lost_threshold(teachers)
        return student
    if len(student.classes_) < 2:
        return student  # a class without any mass in the transfer set: nothing to part
    if wanted == "teacher":
        column = teachers.flags.column
        if column == 0:
            pos_label = task.classes.tolist()[0]
        wanted = 0.5
    if compared is not None:
        wanted = threshold_of(student, column, compared)
        teachers.context.report(
            f"the teacher flags {share_of(compared):.2%} of {len(compared)} "
            f"{kind}, and the student from a probability of {wanted:.4g} on"
        )
    thresholded = FixedThresholdClassifier(
        FrozenEstimator(student),
        threshold=float(wanted),
        pos_label=pos_label,
        response_method="predict_proba",
    )
    # as its ``fit`` would, for a student that is fitted, without what hooks are put on
    thresholded.estimator_ = thresholded.estimator
    for name in ("n_features_in_", "feature_names_in_"):
        if hasattr(student, name):
            setattr(thresholded, name, getattr(student, name))
    return thresholded


def _warn_of_lost_threshold(teachers):
    for one in teachers.members:
        teacher = _deciding_part(one.teacher)
        threshold = read_threshold(teacher)
        if threshold is None or threshold.is_argmax:
            continue
        handed_on = 'decision_threshold="teacher" for the same share of rows'
        if len(teachers.members) > 1:
            handed_on = "decision_threshold=<number> for one on its probabilities"
        warn(
            f"The teacher {type(teacher).__name__} predicts by a threshold of "
            f"{threshold.value:.4g}, and the student will predict the most probable "
            f"class. Set {handed_on}, or decision_threshold=0.5 to keep it so.",
        )


def _deciding_part(teacher):
    """Give that part of a teacher whose ``predict`` makes labels of probabilities."""
    while True:
        if isinstance(teacher, (list, tuple)) and len(teacher) == 1:
            teacher = teacher[0]
        elif isinstance(teacher, Pipeline):
            teacher = teacher.steps[-1][1]
        elif isinstance(teacher, FrozenEstimator):
            teacher = teacher.estimator
        elif isinstance(teacher, BaseSearchCV) and hasattr(teacher, "best_estimator_"):
            teacher = teacher.best_estimator_
        elif isinstance(teacher, BaseDistilled) and hasattr(teacher, "student_"):
            teacher = teacher.student_
        else:
            return teacher


def _our_names(teacher, given_classes):
    """Give the teacher's classes as the user names them."""
    return teacher.classes_ if given_classes is None else list(given_classes)


def _column_of(label, teacher, classes):
    """Find a label among our classes."""
    places = np.flatnonzero(classes == label)
    if len(places) == 0:
        raise ValueError(
            f"The threshold of the teacher {type(teacher).__name__} is for the class "
            f"{show(label)}, which is not among the labels {show(classes)}: "
            "pass decision_threshold as a number."
        )
    return int(places[0])
