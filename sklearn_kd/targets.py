"""Soft targets: what a teacher says about each row, in the student's class order.

Pure functions of arrays and one immutable holder; nothing here knows what a teacher
or a student is.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

# Probabilities of float16 or of a CSV file with four digits still pass: rounding moves
# the sum by up to half a unit of the last digit a column.
_SUM_TOLERANCE, _COLUMN_TOLERANCE = 1e-3, 5e-5

# Probabilities are raised to it before their logarithm is taken, since a forest says
# exactly 0, and 0.01 is the next that a hundred trees can say. The lower it is, the
# more of the network goes into telling these two apart: on validation rows of three
# tables, 1e-3 kept more of the teacher than 1e-4 and 1e-6.
_LOGIT_FLOOR = 1e-3


@dataclass(frozen=True, eq=False, repr=False)
class SoftTargets:
    """What a student learns from, beside the labels: immutable and sliceable.

    An estimator whose ``fit`` takes ``soft_targets`` is a student of
    :class:`~sklearn_kd.DistilledClassifier` and gets one of these.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes), float32 or float64
        The teacher's probabilities at temperature 1, rows summing to 1.
    classes : array-like of shape (n_classes,)
        The label of each column, sorted.
    row_alpha : float or array-like of shape (n_samples,), default=1.0
        The weight of the soft term in each row's loss, in [0, 1]; the hard term has
        ``1 - row_alpha``. A row without a label has 1.
    temperature : float, default=1.0
        Divides the logits of both sides in the soft term, which is multiplied by its
        square.
    loss : str, default="kl"
        The name of the soft term, a key of :data:`sklearn_kd.losses.LOSSES`.

    See Also
    --------
    sklearn_kd.DistilledClassifier : Makes them, and hands them to the student.
    sklearn_kd.MLPStudent : A student that takes them.

    Notes
    -----
    .. versionadded:: 0.1

    Indexing takes whatever NumPy takes for the rows of an array, and scikit-learn's
    splitters slice it like an array with ``n_samples`` rows.

    Examples
    --------
    >>> from sklearn_kd import SoftTargets
    >>> soft = SoftTargets([[0.8, 0.2], [0.3, 0.7]], classes=["no", "yes"])
    >>> len(soft), soft[1:].proba.tolist(), soft.row_alpha.tolist()
    (2, [[0.3, 0.7]], [1.0, 1.0])
    """

    proba: np.ndarray
    classes: np.ndarray
    row_alpha: np.ndarray = 1.0
    temperature: float = 1.0
    loss: str = "kl"

    def __post_init__(self):
        classes = np.array(self.classes)
        if not np.array_equal(np.unique(classes), classes):
            raise ValueError(
                f"classes must be distinct and sorted, got {classes.tolist()}."
            )
        proba = np.array(check_proba(self.proba, len(classes)))
        row_alpha = np.array(self.row_alpha, dtype=np.float64)
        if row_alpha.ndim == 0:
            row_alpha = np.full(len(proba), row_alpha)
        if row_alpha.shape != (len(proba),):
            raise ValueError(
                f"row_alpha has shape {row_alpha.shape}, expected one value a row: "
                f"({len(proba)},)."
            )
        if not ((row_alpha >= 0) & (row_alpha <= 1)).all():
            raise ValueError("row_alpha must lie in [0, 1].")
        if not self.temperature > 0:
            raise ValueError(f"temperature must be above 0, got {self.temperature!r}.")
        self._store(proba=proba, classes=classes, row_alpha=row_alpha)

    def _store(self, **arrays):
        for name, array in arrays.items():
            view = array.view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __len__(self):
        return len(self.proba)

    def __repr__(self):
        return (
            f"SoftTargets({len(self)} rows, {len(self.classes)} classes, "
            f"temperature={self.temperature:g}, loss={self.loss!r})"
        )

    @property
    def shape(self):
        """Shape of ``proba``: scikit-learn slices what has one like an array."""
        return self.proba.shape

    def __getitem__(self, rows):
        if isinstance(rows, tuple):  # scikit-learn asks for [rows, ...]
            rows = rows[0]
        if np.ndim(rows) == 0 and not isinstance(rows, slice):
            raise TypeError(f"SoftTargets are sliced by several rows, got {rows!r}.")
        part = object.__new__(type(self))
        object.__setattr__(part, "temperature", self.temperature)
        object.__setattr__(part, "loss", self.loss)
        part._store(
            proba=self.proba[rows],
            classes=self.classes,
            row_alpha=self.row_alpha[rows],
        )
        return part


def check_proba(proba, n_classes, *, name="proba"):
    """Check an array of class probabilities.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        What is said to be probabilities.
    n_classes : int
        How many columns it must have.
    name : str, default="proba"
        What the messages call it.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float32 or float64
        The same numbers; float32 and float64 are kept, anything else becomes float64.

    Raises
    ------
    ValueError
        For another shape, NaN, infinity, negative numbers and rows whose sum is
        farther from 1 than rounding to four digits explains.
    """
    try:
        proba = np.asarray(proba)
        if proba.dtype not in (np.float32, np.float64):
            proba = proba.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers: {error}") from error
    if proba.ndim != 2 or proba.shape[1] != n_classes:
        raise ValueError(
            f"{name} has shape {proba.shape}, expected (n_samples, {n_classes}): one "
            "column a class, in sorted class order (for two classes too). Where a fold "
            "may lack a class, pass a DataFrame with columns named by the classes."
        )
    if not np.isfinite(proba).all():
        row = int(np.flatnonzero(~np.isfinite(proba).all(axis=1))[0])
        raise ValueError(f"{name} contains NaN or infinity, first in row {row}.")
    if (proba < 0).any():
        row = int(np.flatnonzero((proba < 0).any(axis=1))[0])
        raise ValueError(
            f"{name} contains negative numbers, first in row {row}. Pass "
            "probabilities: apply softmax to logits first."
        )
    sums = proba.sum(axis=1, dtype=np.float64)
    wrong = np.abs(sums - 1) > _SUM_TOLERANCE + _COLUMN_TOLERANCE * n_classes
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"The rows of {name} must sum to 1; {int(wrong.sum())} of {len(sums)} do "
            f"not, first row {row} with sum {sums[row]:.6g}."
        )
    return proba


def align_proba(proba, source_classes, classes):
    """Bring class probabilities into another class order.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_source_classes), float
        Probabilities, column ``j`` for ``source_classes[j]``.
    source_classes : sequence of length n_source_classes
        The labels of the columns, each once.
    classes : sequence of length n_classes
        The labels wanted, matched by equality.

    Returns
    -------
    aligned : ndarray of shape (n_samples, n_classes), same dtype
        Rows that sum to 1. A class that the source lacks has probability 0; the mass
        of classes that are not wanted is removed and the rest renormalised. A row
        with no mass on any wanted class is all zero.
    outside : ndarray of shape (n_samples,), float64
        The mass that was removed from each row.
    known : ndarray of shape (n_classes,), bool
        Which of the wanted classes the source has.

    Raises
    ------
    ValueError
        When two columns stand for the same class.
    """
    place = {_plain(label): j for j, label in enumerate(source_classes)}
    if len(place) < proba.shape[1]:
        raise ValueError(
            f"Two columns of class probabilities stand for the same class: the labels "
            f"of the columns are {list(map(_plain, source_classes))}."
        )
    source = np.array([place.get(_plain(label), -1) for label in classes], dtype=int)
    known = source >= 0
    aligned = np.zeros((len(proba), len(source)), dtype=proba.dtype)
    aligned[:, known] = proba[:, source[known]]
    total = proba.sum(axis=1, dtype=np.float64)
    mass = aligned.sum(axis=1, dtype=np.float64)
    outside = np.maximum(total - mass, 0) / total
    if known.sum() == len(place):
        outside[:] = 0  # a permutation: the difference is rounding
    # float32 rounding leaves crumbs of mass on rows that lie wholly outside
    kept = outside < 1 - 1e-6
    scale = np.divide(1, mass, out=np.zeros_like(mass), where=kept & (mass > 0))
    aligned *= scale[:, None].astype(aligned.dtype)
    return aligned, outside, known


def _plain(label):
    """Give a label as a Python object, so that ``np.int64(1)`` and ``1.0`` are one."""
    return label.item() if isinstance(label, np.generic) else label


def temper(proba, temperature):
    """Divide the logits of probabilities by a temperature.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), float
        Probabilities at temperature 1; exact zeros are allowed and stay zero.
    temperature : float
        Above 1 flattens, below 1 sharpens, 1 returns ``proba`` itself.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), same dtype
        ``softmax(log(proba) / temperature)``.
    """
    if temperature == 1:
        return proba
    # divided by the largest first: the largest is then 1 at any temperature
    powered = (proba / proba.max(axis=1, keepdims=True)) ** (1 / temperature)
    powered /= powered.sum(axis=1, keepdims=True)
    return powered.astype(proba.dtype, copy=False)


def one_hot(codes, n_classes):
    """Write class codes as rows of an identity matrix.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), int
        Positions in the sorted classes.
    n_classes : int
        The width.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float64
        One 1 a row.
    """
    hot = np.zeros((len(codes), n_classes))
    hot[np.arange(len(codes)), codes] = 1
    return hot


def blend(proba, codes, row_alpha):
    """Mix soft and hard targets: ``row_alpha * proba + (1 - row_alpha) * onehot(y)``.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), float
        Soft targets.
    codes : ndarray of shape (n_samples,), int
        Hard targets; what stands in a row whose ``row_alpha`` is 1 is not read.
    row_alpha : ndarray of shape (n_samples,), float
        Weight of the soft term.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), same dtype as proba
        At temperature 1, cross-entropy against it has the gradient of the blended
        loss.
    """
    alpha = row_alpha.astype(proba.dtype, copy=False)
    mixed = proba * alpha[:, None]
    mixed[np.arange(len(codes)), codes] += 1 - alpha
    return mixed


def negative_entropy(proba):
    """Sum ``p log p`` over each row, with ``0 log 0 = 0``.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), float
        Probabilities.

    Returns
    -------
    ndarray of shape (n_samples,), float64
        What turns a cross-entropy into a Kullback-Leibler divergence.
    """
    proba = proba.astype(np.float64, copy=False)
    return xlogy(proba, proba).sum(axis=1)


def teacher_logits(proba):
    """Give logits for a teacher's probabilities, with a mean of 0 over classes.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), float
        Probabilities; what is below 0.001 counts as 0.001.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float64
        Finite.
    """
    logits = np.log(np.maximum(proba, _LOGIT_FLOOR, dtype=np.float64))
    logits -= logits.mean(axis=1, keepdims=True)
    return logits


def average_proba(probas, weights):
    """Average the probabilities of several teachers.

    Parameters
    ----------
    probas : list of ndarray of shape (n_samples, n_classes), float
        Aligned probabilities. A row without any mass has no vote.
    weights : ndarray of shape (n_teachers,)
        Non-negative.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), dtype of the first
        Rows that sum to 1; zero where nobody has a vote.
    """
    if len(probas) == 1:
        return probas[0]
    total = np.zeros(probas[0].shape)
    for proba, weight in zip(probas, weights, strict=True):
        total += weight * proba
    mass = total.sum(axis=1, keepdims=True)
    np.divide(total, mass, out=total, where=mass > 0)
    return total.astype(probas[0].dtype)


def match_columns(columns, classes):
    """Give each named column the class that it names, by equality or by its string.

    Parameters
    ----------
    columns : sequence
        Column names of a frame; some frames allow strings only.
    classes : ndarray of shape (n_classes,)
        The labels.

    Returns
    -------
    list
        One label a column; a column that names no class keeps its name.
    """
    columns, labels = list(columns), classes.tolist()
    if any(column in labels for column in columns):
        return columns
    by_text = {str(label): label for label in labels}
    return [by_text.get(str(column), column) for column in columns]
