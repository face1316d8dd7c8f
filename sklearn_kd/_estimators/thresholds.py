"""Classifiers with a threshold in place of the most probable class."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from sklearn_kd._compat import tuned_pos_label
from sklearn_kd._messages import show

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
        """Return whether the most probable class is predicted."""
        return self.value == (0 if self.on_scores else 0.5)


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
