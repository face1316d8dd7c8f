"""Rows of teacher and student in bins of what they predict."""

import numpy as np

from sklearn_kd._messages import printable, show
from sklearn_kd._parameters import MOST, check_number
from sklearn_kd.metrics._arguments import rows_that_count
from sklearn_kd.metrics._calibration_error import (
    average_in_bins,
    calibration_error,
    equal_mass_places,
    top_label,
)


def bins_of_both(y, probas, labels, pos_label, n_bins, strategy, sample_weight):
    """Put rows into bins of the probability that a model has for them.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        True labels.
    probas : list of ndarray of shape (n_samples, n_classes)
        Predicted probabilities of each model.
    labels : list of length n_classes
        The label of each column.
    pos_label : object or None
        The class whose probability it is; None is the most probable one.
    n_bins, strategy, sample_weight
        As for :meth:`ReliabilityDisplay.from_predictions`.

    Returns
    -------
    list of (Bins, float)
        For each model, with its expected calibration error.

    Raises
    ------
    TypeError, ValueError
        For parameters as for that method.
    """
    n_bins = check_number("n_bins", n_bins, least=1, most=MOST, whole=True)
    if strategy not in ("quantile", "uniform"):
        raise ValueError(
            f'strategy must be "quantile" or "uniform", got {show(strategy)}.'
        )
    codes = _codes(y, labels)
    weights, codes, *probas = rows_that_count(sample_weight, codes, *probas)
    found = []
    for proba in probas:
        predicted, true = top_label(proba, codes)
        if pos_label is not None:
            code = labels.index(pos_label)
            predicted, true = proba[:, code], codes == code
        places = np.minimum(predicted * n_bins, n_bins - 1).astype(int)
        if strategy == "quantile":
            places = equal_mass_places(predicted, weights, n_bins)
        bins = average_in_bins(predicted, true, weights, places)
        found.append((bins, calibration_error(proba, codes, weights, n_bins)))
    return found


def shown_label(pos_label, labels):
    """Give the label whose probability is shown; of two classes that is the second."""
    if pos_label is not None and pos_label not in labels:
        raise ValueError(
            f"pos_label={show(pos_label)} is not among the labels {show(labels)}."
        )
    return labels[1] if pos_label is None and len(labels) == 2 else pos_label


def known_labels(y, labels):
    """Give the labels of the columns: those that are passed, or those in y, sorted."""
    if labels is not None:
        return np.asarray(labels).tolist()
    try:
        return sorted(set(y.tolist()))
    except TypeError as error:
        raise ValueError(
            f"The labels of y have types that do not compare, such as {show(y[0])}: "
            f"{printable(error)}. Pass labels=[...], one for each column."
        ) from error


def _codes(y, labels):
    """Give the column of each label."""
    places = {label: code for code, label in enumerate(labels)}
    unknown = set(y.tolist()) - places.keys()
    if unknown:
        raise ValueError(
            f"y has the label {show(next(iter(unknown)))}, which is not among the "
            f"labels {show(labels)}."
        )
    return np.array([places[label] for label in y.tolist()])
