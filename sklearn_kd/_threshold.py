"""A threshold in place of the most probable class: read off a teacher, or given."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline

from sklearn_kd._compat import BaseSearchCV, tuned_pos_label
from sklearn_kd.students import StudentPredictionMixin

_THRESHOLDED = (FixedThresholdClassifier, TunedThresholdClassifierCV)


@dataclass(frozen=True)
class Threshold:
    """From where on a class is predicted.

    Parameters
    ----------
    value : float
        The threshold.
    pos_label : object
        The label whose score it is held against; None is the second class.
    on_scores : bool
        Whether it is held against a ``decision_function``.
    """

    value: float
    pos_label: object
    on_scores: bool

    @property
    def is_argmax(self):
        """Say whether the most probable class is predicted."""
        return self.value == (0 if self.on_scores else 0.5)


def check_threshold(distilled, teacher_proba):
    """Refuse a threshold that cannot be, before any teacher is asked.

    Parameters
    ----------
    distilled : DistilledClassifier
        With its ``classes_``.
    teacher_proba : object or None
        As passed to ``fit``.

    Raises
    ------
    ValueError
        Saying what to do instead.
    """
    wanted = distilled.decision_threshold
    if wanted is None:
        return
    if len(distilled.classes_) != 2:
        raise ValueError(
            f"decision_threshold={wanted!r} needs two classes, and y has "
            f"{len(distilled.classes_)}: leave it at None."
        )
    if distilled.student is not None and not hasattr(
        distilled.student, "predict_proba"
    ):
        raise ValueError(
            f"decision_threshold={wanted!r} is one on probabilities, and the student "
            f"{type(distilled.student).__name__} has no predict_proba: leave it at "
            "None, or take another student."
        )
    if wanted != "teacher":
        return
    reason = _why_no_teacher_has_one(distilled, teacher_proba)
    if reason is not None:
        raise ValueError(
            f'decision_threshold="teacher", but {reason}: pass the threshold as a '
            "number, or leave it at None."
        )
    teacher = _deciding_part(distilled.teacher)
    # what these two will predict with is known once they are fitted
    if not isinstance(teacher, (BaseSearchCV, StudentPredictionMixin)):
        _check_thresholded(teacher)


def _why_no_teacher_has_one(distilled, teacher_proba):
    if distilled.alpha == 0:
        return "alpha=0 asks no teacher"
    if teacher_proba is not None:
        return "teacher_proba comes without a threshold"
    if distilled.teacher is None:
        return "the default teacher has no threshold"
    if isinstance(distilled.teacher, (list, tuple)) and len(distilled.teacher) > 1:
        return "several teachers have no threshold in common"
    if distilled.calibration is not None:
        return (
            f"calibration={distilled.calibration!r} changes the scale that it was "
            "chosen on"
        )
    return None


def _check_thresholded(teacher):
    if not isinstance(teacher, _THRESHOLDED):
        raise ValueError(
            f'decision_threshold="teacher", but {type(teacher).__name__} predicts the '
            "most probable class: pass a FixedThresholdClassifier or a "
            "TunedThresholdClassifierCV as the teacher (or as the end of it), or the "
            "threshold as a number."
        )
    if teacher.response_method == "decision_function":
        raise ValueError(
            f'decision_threshold="teacher", but the {type(teacher).__name__} has its '
            "threshold on decision_function, and the student learns probabilities: "
            'give it response_method="predict_proba", or pass the threshold as a '
            "number."
        )


def add_threshold(distilled, student, knowledge):
    """Have a student predict by the threshold that is wanted.

    Parameters
    ----------
    distilled : DistilledClassifier
        With its ``classes_``.
    student : estimator
        Fitted.
    knowledge : Knowledge
        With its fitted teachers.

    Returns
    -------
    estimator
        The student, in a ``FixedThresholdClassifier`` where a threshold is wanted.

    Warns
    -----
    UserWarning
        Where a teacher has a threshold, none is wanted, and the student has no own.
    """
    wanted, pos_label = distilled.decision_threshold, None
    if wanted is None:
        if not isinstance(_deciding_part(student), _THRESHOLDED):  # it has its own
            _warn_of_lost_threshold(distilled, knowledge)
        return student
    if wanted == "teacher":
        asked = knowledge.asked[0]
        teacher = _deciding_part(asked.teacher)
        _check_thresholded(teacher)
        threshold = _read_threshold(teacher)
        wanted = threshold.value
        label = _class_of(teacher, threshold.pos_label, asked.given_classes)
        pos_label = _in_our_labels(label, teacher, distilled.classes_)
    if len(student.classes_) < 2:
        return student  # a class without any mass in the transfer set: nothing to part
    thresholded = FixedThresholdClassifier(
        FrozenEstimator(student),
        threshold=float(wanted),
        pos_label=pos_label,
        response_method="predict_proba",
    )
    # what is frozen is not fitted: of these rows it is seen that there are two classes
    return thresholded.fit(np.zeros((2, 1)), [0, 1])


def _warn_of_lost_threshold(distilled, knowledge):
    for one in knowledge.asked:
        teacher = _deciding_part(one.teacher)
        threshold = _read_threshold(teacher)
        if threshold is None or threshold.is_argmax:
            continue
        alone = len(knowledge.asked) == 1 and distilled.calibration is None
        handed_on = 'decision_threshold="teacher" for the same'
        if threshold.on_scores or not alone:
            handed_on = "decision_threshold=<number> for one on its probabilities"
        warnings.warn(
            f"The teacher {type(teacher).__name__} predicts by a threshold of "
            f"{threshold.value:.4g}, and the student will predict the most probable "
            f"class. Set {handed_on}, or decision_threshold=0.5 to keep it so.",
            UserWarning,
            stacklevel=5,
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
        elif isinstance(teacher, StudentPredictionMixin) and hasattr(
            teacher, "student_"
        ):
            teacher = teacher.student_
        else:
            return teacher


def _read_threshold(teacher):
    """Read the threshold off a fitted classifier; None where it has none."""
    if not isinstance(teacher, _THRESHOLDED):
        return None
    on_scores = teacher.response_method == "decision_function"
    if isinstance(teacher, TunedThresholdClassifierCV):
        value, pos_label = teacher.best_threshold_, tuned_pos_label(teacher)
    else:
        value, pos_label = teacher.threshold, teacher.pos_label
        if value == "auto":
            value = 0.0 if on_scores else 0.5
    return Threshold(float(value), pos_label, on_scores)


def _class_of(teacher, pos_label, given_classes):
    """Give the class that a threshold is for, as the user names it."""
    column = 1
    if pos_label is not None:
        column = int(np.flatnonzero(np.asarray(teacher.classes_) == pos_label)[0])
    names = teacher.classes_ if given_classes is None else list(given_classes)
    return names[column]


def _in_our_labels(label, teacher, classes):
    """Find a label among our classes; None for the second of them."""
    places = np.flatnonzero(classes == label)
    if len(places) == 0:
        raise ValueError(
            f"The threshold of the teacher {type(teacher).__name__} is for the class "
            f"{label!r}, which is not among the labels {classes.tolist()}: "
            "pass decision_threshold as a number."
        )
    return None if places[0] == 1 else classes.tolist()[0]
