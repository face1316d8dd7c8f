"""Checking class probabilities, and bringing them into a class order."""

from math import isfinite

import numpy as np

from sklearn_kd._messages import printable, show

# Probabilities of float16 or of a CSV file with four digits still pass: rounding moves
# the sum by up to half a unit of the last digit a column.
_SUM_TOLERANCE, _COLUMN_TOLERANCE = 1e-3, 5e-5

# Rows that are checked and aligned at a time: temporary arrays of all would count.
_BLOCK = 65_536


def check_proba(proba, n_classes, *, name="proba"):
    """Check an array of class probabilities, and clip what rounding made negative.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Probabilities, not checked yet.
    n_classes : int
        How many columns it must have.
    name : str, default="proba"
        What the messages call it.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float32 or float64
        The same numbers; float32 and float64 are kept, anything else becomes float64.
        Numbers that are as little below 0 as a sum may be off (``1 - .9 - .1`` is) are
        0, in a copy: `proba` itself is never changed.

    Raises
    ------
    ValueError
        For what is no array of numbers, masked entries, another shape, NaN, infinity,
        numbers farther below 0 than that, and rows whose sum, after clipping, is
        farther from 1 than rounding to four digits explains.
    """
    proba = as_array(proba, name)
    if np.ma.is_masked(proba):
        raise _masked(name)
    proba = np.asarray(proba)
    if proba.dtype not in (np.float32, np.float64):
        try:
            proba = proba.astype(np.float64)
        except Exception as error:  # whatever an object raises that is no number
            raise _no_numbers(name, error) from error
    if proba.ndim != 2 or proba.shape[1] != n_classes:
        raise ValueError(
            f"{name} has shape {proba.shape}, expected (n_samples, {n_classes}): one "
            "column a class, in sorted class order (for two classes too). Where a fold "
            "may lack a class, pass a DataFrame with columns named by the classes."
        )
    n_wrong, first, found, given = 0, 0, 1.0, proba
    tolerance = _SUM_TOLERANCE + _COLUMN_TOLERANCE * n_classes
    for start in range(0, len(proba), _BLOCK):
        rows = slice(start, start + _BLOCK)
        if not given[rows].min(initial=0) >= 0:  # NaN is not at least 0
            _refuse_numbers(given[rows], tolerance, start, name)
            proba = given.copy() if proba is given else proba
            np.maximum(given[rows], 0, out=proba[rows])
        with np.errstate(over="ignore"):
            sums = _sums(proba[rows])
        if not np.isfinite(sums).all():
            _refuse_numbers(given[rows], tolerance, start, name)
        wrong = np.flatnonzero(np.abs(sums - 1) > tolerance)
        if len(wrong) and not n_wrong:
            first, found = start + int(wrong[0]), sums[wrong[0]]
        n_wrong += len(wrong)
    if n_wrong:
        raise ValueError(
            f"The rows of {name} must sum to 1; {n_wrong} of {len(proba)} do "
            f"not, first row {first} with sum {found:.6g}."
        )
    return proba


def as_array(proba, name):
    """Make an array of probabilities that are not checked yet.

    Parameters
    ----------
    proba : array-like
        Anything.
    name : str
        What the messages call it.

    Returns
    -------
    ndarray
        Of any shape and dtype; a masked array is returned as it is.

    Raises
    ------
    ValueError
        For what NumPy cannot convert, such as a tensor of torch that requires a
        gradient, and for a list of rows with masked entries.
    """
    if isinstance(proba, np.ma.MaskedArray):
        return proba
    if isinstance(proba, (list, tuple)) and any(map(np.ma.is_masked, proba)):
        raise _masked(name)  # NumPy would take what is under the mask
    try:
        return np.asarray(proba)
    except MemoryError:
        raise
    except Exception as error:  # each library has its own
        raise _no_numbers(name, error) from error


def _no_numbers(name, error):
    return ValueError(f"{name} must hold numbers: {printable(error)}")


def _masked(name):
    return ValueError(
        f"{name} has masked entries, and every class of every row needs a probability. "
        "Fill them, as with .filled(0), so that each row sums to 1, or leave the rows "
        "out."
    )


def check_finite(outputs, name):
    """Refuse outputs that are NaN or infinite: no label follows from them.

    Parameters
    ----------
    outputs : ndarray of shape (n_samples, n_classes), float
        Logits or probabilities.
    name : str
        What messages call the model.

    Returns
    -------
    ndarray
        The same object.

    Raises
    ------
    ValueError
        With the number of such rows and the first of them.
    """
    # a sum of squares that is finite costs a tenth of a check of each of a few numbers
    if not isfinite(np.vdot(outputs, outputs)):
        wrong = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
        if len(wrong):
            raise ValueError(
                f"{name} predicts NaN or infinity for {len(wrong)} of {len(outputs)} "
                f"rows, first row {wrong[0]}: its weights or the numbers in these "
                "rows are too large for it. Train it with a lower learning rate, and "
                'bring the columns to a common scale, as encoder="auto" does.'
            )
    return outputs


def _refuse_numbers(proba, tolerance, start, name):
    """Refuse a block with NaN, infinity or numbers clearly below 0."""
    finite = np.isfinite(proba).all(axis=1)
    if not finite.all():
        row = start + int(finite.argmin())
        raise ValueError(f"{name} contains NaN or infinity, first in row {row}.")
    negative = (proba < -tolerance).any(axis=1)
    if negative.any():
        row = int(negative.argmax())
        raise ValueError(
            f"{name} contains negative numbers, first in row {start + row}: "
            f"{proba[row].min():.6g}, where rounding explains {-tolerance:.6g}. Pass "
            "probabilities: apply softmax to logits first."
        )


def _sums(proba):
    """Sum each row in float64, along columns: NumPy reduces short rows one by one."""
    return np.asfortranarray(proba, dtype=np.float64).sum(axis=1)


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
    place = {plain_label(label): j for j, label in enumerate(source_classes)}
    if len(place) < proba.shape[1]:
        raise ValueError(
            f"Two columns of class probabilities stand for the same class: the labels "
            f"of the columns are {show(list(source_classes))}."
        )
    source = np.array(
        [place.get(plain_label(label), -1) for label in classes], dtype=int
    )
    known = source >= 0
    aligned = np.zeros((len(proba), len(source)), dtype=proba.dtype)
    outside = np.zeros(len(proba))
    for start in range(0, len(proba), _BLOCK):
        rows = slice(start, start + _BLOCK)
        aligned[rows, known] = proba[rows, source[known]]
        mass = _sums(aligned[rows])
        if known.sum() < len(place):  # else a permutation: the difference is rounding
            total = _sums(proba[rows])
            outside[rows] = np.maximum(total - mass, 0) / total
        # float32 rounding leaves a little mass on rows that lie wholly outside
        kept = outside[rows] < 1 - 1e-6
        scale = np.divide(1, mass, out=np.zeros_like(mass), where=kept & (mass > 0))
        aligned[rows] *= scale[:, None].astype(aligned.dtype)
    return aligned, outside, known


def widen(values, own_classes, classes, absent):
    """Add columns of `absent` for those of the sorted `classes` that a model lacks."""
    wide = np.full((len(values), len(classes)), absent)
    wide[:, np.searchsorted(classes, own_classes)] = values
    return wide


def plain_label(label):
    """Give a label as a Python object, so that ``np.int64(1)`` and ``1.0`` are one."""
    return label.item() if isinstance(label, np.generic) else label
