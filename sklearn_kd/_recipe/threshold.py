"""A threshold in place of the most probable class: read off a teacher, or given."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline

from sklearn_kd._compat import BaseSearchCV, tuned_pos_label
from sklearn_kd._messages import show
from sklearn_kd._recipe.flagged import threshold_for_share, threshold_of
from sklearn_kd._run.random import contained_draws
from sklearn_kd._tables.taking import read_rows
from sklearn_kd.students import StudentPredictionMixin

#: Classifiers that predict by a threshold of their own.
THRESHOLDED = (FixedThresholdClassifier, TunedThresholdClassifierCV)


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
    chosen : bool
        False for "auto", the threshold of the most probable class.
    """

    value: float
    pos_label: object
    on_scores: bool
    chosen: bool

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
            f"decision_threshold={show(wanted)} needs two classes, and y has "
            f"{len(distilled.classes_)}: leave it at None."
        )
    if distilled.student is not None and not hasattr(
        distilled.student, "predict_proba"
    ):
        raise ValueError(
            f"decision_threshold={show(wanted)} is one on probabilities, and the "
            f"student {type(distilled.student).__name__} has no predict_proba: leave "
            "it at None, or take another student."
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
        return "alpha=0 uses no teacher"
    if teacher_proba is not None:
        return "teacher_proba comes without a threshold"
    if distilled.teacher is None:
        return "the default teacher has no threshold"
    if isinstance(distilled.teacher, (list, tuple)) and len(distilled.teacher) > 1:
        return "several teachers have no threshold in common"
    return None


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

    def __call__(self, answers):
        """Say by its answers, before calibration, which rows it flags."""
        # in float32, as answers are: a share of .9 of the trees is not below .9
        return answers[:, self.column] >= np.float32(self.value)


def with_flags(distilled, knowledge, lesson):
    """Read the threshold off the teacher, where it is to be handed on.

    Parameters
    ----------
    distilled : DistilledClassifier
        With its ``classes_``.
    knowledge : Knowledge
        With its fitted teachers.
    lesson : Lesson
        The labelled rows.

    Returns
    -------
    Knowledge
        The same, with ``flags``.
    """
    if distilled.decision_threshold != "teacher":
        return knowledge
    one = knowledge.asked[0]
    teacher = _deciding_part(one.teacher)
    _check_thresholded(teacher)
    threshold = read_threshold(teacher)
    place = place_of(teacher, threshold.pos_label)
    label = _our_names(teacher, one.given_classes)[place]
    column = _column_of(label, teacher, distilled.classes_)
    value = threshold.value
    if threshold.on_scores:
        value = _on_probabilities(
            one, teacher.classes_[place], column, lesson, knowledge
        )
    return replace(knowledge, flags=Flags(value, column, not threshold.chosen))


def _on_probabilities(one, label, column, lesson, knowledge):
    """Find the probability that is as good as a threshold on scores."""
    with contained_draws(0, one.teacher):
        flagged = np.asarray(one.teacher.predict(read_rows(lesson.X))) == label
    answers = one.label(lesson.X, lesson.classes, knowledge.context)
    every = np.ones(len(flagged))
    return threshold_for_share(answers[:, column], flagged.mean(), every)


def add_threshold(distilled, student, knowledge, compared):
    """Have a student predict by the threshold that is wanted.

    Parameters
    ----------
    distilled : DistilledClassifier
        With its ``classes_``.
    student : estimator
        Fitted.
    knowledge : Knowledge
        With its fitted teachers.
    compared : ComparedRows or None
        Rows with what a teacher predicts by its threshold, where that is handed on.

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
        if not isinstance(_deciding_part(student), THRESHOLDED):  # it has its own
            _warn_of_lost_threshold(knowledge)
        return student
    if len(student.classes_) < 2:
        return student  # a class without any mass in the transfer set: nothing to part
    if wanted == "teacher":
        column = knowledge.flags.column
        if column == 0:
            pos_label = distilled.classes_.tolist()[0]
        wanted = 0.5
    if compared is not None:
        wanted = threshold_of(student, column, compared)
        knowledge.context.report(
            f"the teacher flags {compared.share:.2%} of {len(compared.flagged)} "
            f"{compared.kind}, and the student from a probability of {wanted:.4g} on"
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


def _warn_of_lost_threshold(knowledge):
    for one in knowledge.asked:
        teacher = _deciding_part(one.teacher)
        threshold = read_threshold(teacher)
        if threshold is None or threshold.is_argmax:
            continue
        handed_on = 'decision_threshold="teacher" for the same share of rows'
        if len(knowledge.asked) > 1:
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


def read_threshold(teacher):
    """Read the threshold off a fitted classifier.

    Parameters
    ----------
    teacher : estimator
        One whose ``predict`` makes labels of probabilities.

    Returns
    -------
    Threshold or None
        None where it predicts the most probable class.
    """
    if not isinstance(teacher, THRESHOLDED):
        return None
    on_scores, chosen = teacher.response_method == "decision_function", True
    if isinstance(teacher, TunedThresholdClassifierCV):
        value, pos_label = teacher.best_threshold_, tuned_pos_label(teacher)
    else:
        value, pos_label = teacher.threshold, teacher.pos_label
        if value == "auto":
            chosen = False
            value = 0.0 if on_scores else 0.5
    return Threshold(float(value), pos_label, on_scores, chosen)


def place_of(teacher, pos_label):
    """Find the class that a threshold is for.

    Parameters
    ----------
    teacher : estimator
        Fitted, with a threshold.
    pos_label : object
        Its label; None is the second class.

    Returns
    -------
    int
        The place among the two classes of the teacher.

    Raises
    ------
    ValueError
        For a label that is none of them.
    """
    if pos_label is None:
        return 1
    places = np.flatnonzero(np.asarray(teacher.classes_) == pos_label)
    if len(places) == 0:
        raise ValueError(
            f"The {type(teacher).__name__} has pos_label={show(pos_label)}, which is "
            f"none of its classes, {show(teacher.classes_)}. Set pos_label to one of "
            "them."
        )
    return int(places[0])


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
