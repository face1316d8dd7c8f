"""What teaches an encoder: scores made of soft targets, labels or numbers."""

from decimal import Decimal
from numbers import Real

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_consistent_length, column_or_1d

from sklearn_kd._messages import show
from sklearn_kd._tables.columns import has_missing
from sklearn_kd._task.blending import one_hot
from sklearn_kd._task.link import teacher_logits
from sklearn_kd.targets import SoftTargets

#: Of more classes an encoder learns from so many random mixtures: a target each would
#: cost a pass over the rows for each column, and an input for each nominal column.
MOST_TARGETS = 32

#: Probabilities turned into logits at a time.
_BLOCK_VALUES = 1 << 20


def check_targets(y, soft_targets, n_samples):
    """Check that there is one target a row, and keep what an encoder can learn from.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
        Labels, or the targets of a regression.
    soft_targets : SoftTargets of length n_samples or None
        Where there are any, nothing is learned from `y`.
    n_samples : int
        Number of rows.

    Returns
    -------
    ndarray of shape (n_samples,), SoftTargets or None
        None also for several outputs.

    Raises
    ------
    TypeError
        For `soft_targets` of another type or length.
    ValueError
        For `y` of another length or of more than two dimensions.
    """
    if soft_targets is not None:
        if not isinstance(soft_targets, SoftTargets) or len(soft_targets) != n_samples:
            raise TypeError(
                f"soft_targets must be SoftTargets of {n_samples} rows, got "
                f"{show(soft_targets)}."
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
    """Make the scores that teach an encoder.

    Parameters
    ----------
    targets : ndarray of shape (n_samples,), SoftTargets, ndarray of shape (n_samples, \
n_targets) or None
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
        return _class_scores(targets.proba)
    if targets.ndim == 2:
        return targets
    if has_missing(targets):
        raise ValueError(
            "Input y contains NaN: some labels are missing. Drop these rows, or "
            "fit without y."
        )
    # a column for each of as many values as there are rows would fill the memory
    if _is_continuous(targets):
        return _standardized(targets, sample_weight)
    return _class_scores(_hot_labels(targets))


def _class_scores(proba):
    """Turn class probabilities into logits, of one column for two classes."""
    if proba.shape[1] < 2:
        return None
    if proba.shape[1] > MOST_TARGETS:
        return _mixed_logits(proba)
    logits = teacher_logits(proba)
    # two columns of a pair of classes say the same
    return logits[:, 1:] if logits.shape[1] == 2 else logits


def _standardized(y, sample_weight):
    """Bring numbers to mean 0 and variance 1, as a column; None if they are equal."""
    try:
        with np.errstate(over="ignore"):  # infinity is refused
            numbers = y.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"y holds fractions beside what is no number ({error}). Give all targets "
            "one type: numbers, or strings for labels."
        ) from error
    greatest = np.abs(numbers).max()
    if not np.isfinite(greatest):
        raise ValueError(
            "Input y contains infinity: expected finite targets. Drop these rows, or "
            "fit without y."
        )
    numbers /= greatest  # whose squares do not overflow
    numbers -= np.average(numbers, weights=sample_weight)
    spread = np.sqrt(np.average(numbers**2, weights=sample_weight))
    return numbers[:, None] / spread if spread > 0 else None


def _mixed_logits(proba):
    """Mix the logits of many classes to few targets, which vary about as much.

    Random signs keep the squared distances of rows, on average over the signs, and
    where targets change most is read off their distances.
    """
    n_classes = proba.shape[1]
    signs = np.random.default_rng(0).integers(2, size=(n_classes, MOST_TARGETS))
    signs = (2.0 * signs - 1) / np.sqrt(MOST_TARGETS)
    mixed = np.empty((len(proba), MOST_TARGETS))
    step = max(_BLOCK_VALUES // n_classes, 1)
    for start in range(0, len(proba), step):
        rows = slice(start, start + step)
        mixed[rows] = teacher_logits(proba[rows]) @ signs
    return mixed


def _is_continuous(y):
    """Say whether some target is a fraction, as `type_of_target` has it.

    That function warns of what is no error here, and takes objects for strings.
    """
    if y.dtype.kind == "f":
        return bool(np.any(y != np.floor(y)))
    return y.dtype.kind == "O" and any(
        isinstance(value, (Real, Decimal)) and value % 1 != 0 for value in y
    )


def _hot_labels(y):
    """Make probabilities of 0 and 1 of labels."""
    try:
        classes, codes = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(
            f"y holds labels that cannot be sorted ({error}). Give all labels one "
            "type: strings, say."
        ) from error
    return one_hot(codes.ravel(), len(classes))
