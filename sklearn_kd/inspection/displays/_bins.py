"""Rows of teacher and student in bins of what they predict."""

import numpy as np

from sklearn_kd._messages import printable, show
from sklearn_kd._parameters import MOST, check_number
from sklearn_kd._tables.containers import as_values
from sklearn_kd._task.outputs import read_proba
from sklearn_kd._task.proba import as_array
from sklearn_kd.metrics._arguments import rows_that_count
from sklearn_kd.metrics._calibration_error import (
    average_in_bins,
    calibration_error,
    equal_mass_places,
    top_label,
)
from sklearn_kd.metrics._models import in_one_order


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
    places = {label: code for code, label in enumerate(labels)}
    codes = np.array([places[label] for label in y.tolist()])
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


def read_both(y, given, labels):
    """Read the probabilities of two models, and find the label of each column.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        True labels.
    given : dict of str to array-like or DataFrame of shape (n_samples, n_classes)
        Of each model, by the name of the parameter.
    labels : array-like of shape (n_classes,) or None
        What was passed.

    Returns
    -------
    probas : list of ndarray of shape (n_samples, n_classes)
        In one class order.
    labels : list of length n_classes
        The label of each column.

    Raises
    ------
    ValueError
        For what is no table of probabilities, where it is not known which column is for
        which label, and for a label of a row that no column is for.
    """
    known = _sorted_labels(y) if labels is None else list(labels)
    unknown = set(y.tolist()) - set(known)
    if unknown:
        raise ValueError(
            f"y has the label {show(next(iter(unknown)))}, which is not among "
            f"labels={show(known)}."
        )
    probas = []
    for name, table in given.items():
        table = as_values(table, name)
        shape = np.shape(as_array(table, name))
        if labels is None and len(shape) == 2 and shape[1] != len(known):
            raise ValueError(
                f"{name} has {shape[1]} columns, and y has {len(known)} different "
                "labels: pass labels=[...], one for each column."
            )
        probas.append(read_proba(None, table, len(y), given_classes=known, name=name))
    return in_one_order(probas, y)


def _sorted_labels(y):
    """Give the labels that occur, sorted."""
    try:
        return sorted(set(y.tolist()))
    except TypeError as error:
        raise ValueError(
            f"The labels of y have types that do not compare, such as {show(y[0])}: "
            f"{printable(error)}. Bring them to one type."
        ) from error
