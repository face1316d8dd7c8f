"""What an encoder learns from: centred logits, or mixtures of those of many classes."""

from decimal import Decimal
from numbers import Real

import numpy as np

from sklearn_kd._tables.columns import has_missing
from sklearn_kd._task.blending import one_hot
from sklearn_kd._task.link import teacher_logits

#: Of more classes an encoder learns from so many random mixtures: a target each would
#: cost a pass over the rows for each column, and an input for each nominal column.
MOST_TARGETS = 32

#: Probabilities turned into logits at a time.
_BLOCK_VALUES = 1 << 20


def class_scores(proba):
    """Give a few numbers a row, close together for rows with like probabilities.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), float
        Class probabilities.

    Returns
    -------
    ndarray of shape (n_samples, n_targets), float64, or None
        Centred logits, at most 32 columns, and one for two classes. None for one class.
    """
    if proba.shape[1] < 2:
        return None
    if proba.shape[1] > MOST_TARGETS:
        return _mixed(proba, teacher_logits)
    logits = teacher_logits(proba)
    # with two classes the second column is the negative of the first
    return logits[:, 1:] if logits.shape[1] == 2 else logits


def label_scores(y, sample_weight=None):
    """Give the scores of labels, of classes or of a regression.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels, or the targets of a regression.
    sample_weight : ndarray of shape (n_samples,), float64, or None, default=None
        Positive weights; None stands for ones.

    Returns
    -------
    ndarray of shape (n_samples, n_targets), float64, or None
        One standardised column for continuous `y`. None for one class, and where all
        numbers are equal.

    Raises
    ------
    ValueError
        For missing labels, labels that cannot be sorted, and numbers that are infinite
        or stand beside others.
    """
    if has_missing(y):
        raise ValueError(
            "Input y contains NaN: some labels are missing. Drop these rows, or "
            "fit without y."
        )
    # a column for each of as many values as there are rows would fill the memory
    if _is_continuous(y):
        return _standardized(y, sample_weight)
    return class_scores(_hot_labels(y))


def number_scores(numbers, sample_weight=None):
    """Give scores of finite numbers, a column an output: those that vary, or None."""
    columns = [_standardized(column, sample_weight) for column in numbers.T]
    varying = [column for column in columns if column is not None]
    return few_targets(np.hstack(varying)) if varying else None


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


def few_targets(numbers):
    """Give numbers as they are, or at most 32 mixtures of the columns of more."""
    if numbers.shape[1] <= MOST_TARGETS:
        return numbers
    return _mixed(numbers, lambda block: block)


def _mixed(outputs, read):
    """Mix what is read of many columns to few targets, which vary about as much.

    Random signs keep the squared distances of rows, on average over the signs, and
    where targets change most is read off their distances.
    """
    n_columns = outputs.shape[1]
    signs = np.random.default_rng(0).integers(2, size=(n_columns, MOST_TARGETS))
    signs = (2.0 * signs - 1) / np.sqrt(MOST_TARGETS)
    mixed = np.empty((len(outputs), MOST_TARGETS))
    step = max(_BLOCK_VALUES // n_columns, 1)
    for start in range(0, len(outputs), step):
        rows = slice(start, start + step)
        mixed[rows] = read(outputs[rows]) @ signs
    return mixed


def _is_continuous(y):
    """Return whether some target is a fraction, as `type_of_target` has it.

    That function warns of what is no error here, and takes objects for strings.
    """
    if y.dtype.kind == "f":
        return bool(np.any(y != np.floor(y)))
    return y.dtype.kind == "O" and any(
        isinstance(value, (Real, Decimal)) and value % 1 != 0 for value in y
    )


def _hot_labels(y):
    try:
        classes, codes = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(
            f"y holds labels that cannot be sorted ({error}). Give all labels one "
            "type: for example strings."
        ) from error
    return one_hot(codes.ravel(), len(classes))
