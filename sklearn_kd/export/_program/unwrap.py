"""Finding the student inside a model to export, and the threshold for its labels."""

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier

from sklearn_kd._estimators.thresholds import THRESHOLDED, place_of, read_threshold
from sklearn_kd.cascade import CascadeClassifier


def unwrap(model):
    """Look through what leaves the probabilities of a student as they are.

    Parameters
    ----------
    model : estimator
        A student, a DistilledClassifier, or either behind a threshold.

    Returns
    -------
    part : object
        The first that is none of these wrappers, or that is not fitted.
    deciding : estimator or None
        The outermost classifier with a threshold.
    path : str
        How to get from the model to the part.

    Raises
    ------
    TypeError
        For a cascade: for some rows it is not the student that predicts.
    """
    part, deciding, path = model, None, ""
    while True:
        if isinstance(part, CascadeClassifier):
            raise TypeError(
                "A CascadeClassifier asks its teacher about some rows, and an export "
                "has the student alone. Export cascade.student_, and hand the rows in "
                "which the probability of its label is below cascade.threshold_ to the "
                "teacher yourself."
            )
        if isinstance(part, THRESHOLDED):
            name = "estimator_"
            if isinstance(part, FixedThresholdClassifier) and not hasattr(part, name):
                name = "estimator"  # fitted before, it predicts without a fit
            deciding = part if deciding is None else deciding
        elif isinstance(part, FrozenEstimator) and deciding is not None:
            name = "estimator"
        else:
            name = "student_"
        if not hasattr(part, name):
            return part, deciding, path
        part, path = getattr(part, name), f"{path}.{name}"


def read_decision(deciding, classes):
    """Read how a classifier with a threshold makes labels of probabilities.

    Parameters
    ----------
    deciding : estimator or None
        As :func:`unwrap` gave it.
    classes : ndarray of shape (n_classes,)
        The labels of the whole model.

    Returns
    -------
    tuple of (int, int, float), or None
        The column that is held against the threshold, that of the other class, and the
        threshold. None where the most probable class is predicted.

    Raises
    ------
    TypeError
        For a threshold on a ``decision_function``, which a student does not have.
    ValueError
        For a threshold of a label that is not among the classes.
    """
    if deciding is None:
        return None
    threshold = read_threshold(deciding)
    if threshold.on_scores:
        raise TypeError(
            f"The threshold of the {type(deciding).__name__} is one on a "
            "decision_function, and an MLPStudent has none. Set "
            'response_method="predict_proba".'
        )
    place = place_of(deciding, threshold.pos_label)
    column, other = np.searchsorted(classes, deciding.classes_)[[place, 1 - place]]
    return int(column), int(other), _finite(threshold.value)


def _finite(threshold):
    """Give a finite threshold that decides the same of every probability."""
    if np.isnan(threshold):
        return 2.0  # nothing is at or above it
    return float(np.clip(threshold, -1, 2)) if np.isinf(threshold) else threshold
