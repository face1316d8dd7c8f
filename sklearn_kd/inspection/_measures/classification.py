"""What is measured of classifiers: the quality of labels and of probabilities."""

import numpy as np
from sklearn.metrics import roc_auc_score

from sklearn_kd._messages import show
from sklearn_kd._tables.containers import as_column
from sklearn_kd._task.labels import refuse_missing_labels
from sklearn_kd.metrics import agreement_score, kl_divergence
from sklearn_kd.metrics._agreement import share_equal
from sklearn_kd.metrics._models import in_one_order, predicted_labels, predicted_proba
from sklearn_kd.metrics._retention import kept


def measure_classifiers(models, X, y, n_samples, reference):
    """Measure quality and fidelity of classifiers.

    Parameters
    ----------
    models : dict of str to classifier
        Fitted, with ``predict`` and ``predict_proba``.
    X : object
        Rows, as they take them.
    y : array-like of shape (n_samples,)
        What was passed as labels.
    n_samples : int
        The number of rows.
    reference : str
        The key of the model that the others are held against.

    Returns
    -------
    list of dict
        For each model what :func:`compare` lists of its quality and fidelity.

    Raises
    ------
    ValueError
        For labels that are missing, of another shape, or that cannot be sorted.
    """
    y = _read_labels(y, n_samples)
    probas = [predicted_proba(show(name), each, X) for name, each in models.items()]
    labels = {name: predicted_labels(show(name), models[name], X) for name in models}
    aligned, classes = in_one_order(probas, y)
    probas = dict(zip(models, aligned, strict=True))
    quality = {
        name: _quality(y, classes, labels[name], probas[name]) for name in models
    }
    accuracy = quality[reference]["accuracy"]
    return [
        {
            **quality[name],
            "agreement": agreement_score(labels[reference], labels[name]),
            "kl_divergence": kl_divergence(probas[reference], probas[name]),
            "retention": kept(accuracy, quality[name]["accuracy"]),
        }
        for name in models
    ]


def _read_labels(y, n_samples):
    """Read one label a row, none missing."""
    y = refuse_missing_labels(as_column(y, "y"), "y")
    if y.dtype.kind == "f" and np.isnan(y).any():
        raise ValueError("Input y contains NaN: leave these rows out.")
    if y.shape != (n_samples,):
        raise ValueError(
            f"y has shape {y.shape}, expected one label for each of the {n_samples} "
            f"rows of X: ({n_samples},)."
        )
    return y


def _quality(y, classes, labels, proba):
    """Compare the predictions of a model with the labels of the rows."""
    place = {label: code for code, label in enumerate(classes)}
    codes = np.array([place[label] for label in y.tolist()])
    return {
        "accuracy": share_equal(y=y, labels=labels),
        "roc_auc": _roc_auc(codes, proba),
        "log_loss": _log_loss(codes, proba),
    }


def _roc_auc(codes, proba):
    """Area under the ROC curve: of the second of two classes, or one against rest."""
    counts = np.bincount(codes, minlength=proba.shape[1])
    present = np.flatnonzero(counts)
    if len(present) < 2:
        return float("nan")
    if proba.shape[1] == 2:
        present = present[1:]
    areas = [roc_auc_score(codes == k, proba[:, k]) for k in present]
    return float(np.average(areas, weights=counts[present]))


def _log_loss(codes, proba):
    """Mean of minus the logarithm of the probability of the label, in nats."""
    right = proba[np.arange(len(codes)), codes]
    return float(-np.log(np.maximum(right, np.finfo(proba.dtype).eps)).mean())
