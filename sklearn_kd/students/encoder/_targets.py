"""The targets of an encoder: scores made of soft targets, labels or numbers."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_consistent_length, column_or_1d

from sklearn_kd._messages import show
from sklearn_kd._task.scores import class_scores, label_scores, number_scores
from sklearn_kd.targets import SoftPredictions, SoftTargets


def check_targets(y, soft_targets, n_samples):
    """Check that there is one target a row, and keep what an encoder can learn from.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
        Labels, or the targets of a regression.
    soft_targets : SoftTargets or SoftPredictions of length n_samples, or None
        Where there are any, nothing is learned from `y`.
    n_samples : int
        Number of rows.

    Returns
    -------
    ndarray of shape (n_samples,), SoftTargets, SoftPredictions or None
        None also for several outputs.

    Raises
    ------
    TypeError
        For `soft_targets` of another type or length.
    ValueError
        For `y` of another length or of more than two dimensions.
    """
    if soft_targets is not None:
        fits = isinstance(soft_targets, (SoftTargets, SoftPredictions))
        if not fits or len(soft_targets) != n_samples:
            raise TypeError(
                f"soft_targets must be SoftTargets or SoftPredictions of {n_samples} "
                f"rows, got {show(soft_targets)}."
            )
        return soft_targets
    if y is None:
        return None
    try:
        check_consistent_length(y, np.empty(n_samples))
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"y must be one label for each of the {n_samples} rows of X: {error}"
        ) from error
    labels = y if issparse(y) else np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] > 1:
        return None
    return column_or_1d(labels.toarray() if issparse(labels) else labels)


def target_scores(targets, sample_weight=None):
    """Make the scores that an encoder is fitted to.

    Parameters
    ----------
    targets : ndarray of shape (n_samples,), SoftTargets, SoftPredictions, ndarray of \
shape (n_samples, n_targets) or None
        What `check_targets` returned, or some rows of it. An array of two dimensions
        is taken to be scores.
    sample_weight : ndarray of shape (n_samples,), float64, default=None
        Positive weights; None stands for ones.

    Returns
    -------
    ndarray of shape (n_samples, n_targets), float64, or None
        Logits of classes, or numbers that have been standardised. None where there is
        nothing to learn, as for one class.

    Raises
    ------
    ValueError
        For missing labels, labels that cannot be sorted, and targets of a regression
        that are infinite or no numbers.
    """
    if targets is None:
        return None
    if isinstance(targets, SoftTargets):
        return class_scores(targets.proba)
    if isinstance(targets, SoftPredictions):
        return number_scores(targets.pred, sample_weight)
    if targets.ndim == 2:
        return targets
    return label_scores(targets, sample_weight)
