"""In which share of the rows teacher and student predict the same label."""

from datetime import date, timedelta
from numbers import Real

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._tables.columns import count_missing
from sklearn_kd._tables.containers import as_column
from sklearn_kd.metrics._arguments import check_lengths, weighted_mean

_FIX = (
    "Pass what predict of a classifier gives, such as the LGBMClassifier or "
    "XGBClassifier that a Booster is of."
)

#: What labels are by the kind of their dtype, and by their type. Durations come before
#: numbers, since NumPy counts its own among the integers.
_KINDS = dict.fromkeys("biuf", "numbers") | {"M": "dates", "m": "durations"}
_TYPES = [
    (str, "text"),
    (bytes, "bytes"),
    ((date, np.datetime64), "dates"),
    ((timedelta, np.timedelta64), "durations"),
    (Real, "numbers"),
]


def agreement_score(y_teacher, y_student, *, sample_weight=None):
    """Compute the share of rows for which teacher and student predict the same label.

    Also called top-1 fidelity. It compares predicted labels, which need not be the most
    probable ones: a classifier with a tuned threshold predicts others.

    Parameters
    ----------
    y_teacher, y_student : array-like of shape (n_samples,)
        Predicted labels of the same rows: numbers without decimals, truth values,
        strings, dates of any resolution or other objects that compare by equality. One
        column, as CatBoost predicts it, counts as one dimension.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights; only their ratios count.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    TypeError
        For what is no single label a row: probabilities, or the numbers of a regressor.
    ValueError
        For different numbers of rows, no rows, missing labels, and where one side has
        text, numbers, dates or durations and the other another of these.

    See Also
    --------
    agreement_scorer : The same of two models, for ``scoring=``.
    kl_divergence : Compares probabilities, not labels.
    retention_score : Compares how often both are right.

    Notes
    -----
    .. versionadded:: 0.1

    The two sides may be exchanged. Two teachers that differ in nothing but their seed
    do not agree on all rows either; compare the agreement of a student with *theirs*,
    not with 1.

    Examples
    --------
    >>> from sklearn_kd.metrics import agreement_score
    >>> agreement_score(["a", "b", "b", "a"], ["a", "b", "a", "a"])
    0.75
    >>> agreement_score([0, 1, 1], [0, 1, 0], sample_weight=[1, 1, 2])
    0.5
    """
    return share_equal(sample_weight, y_teacher=y_teacher, y_student=y_student)


def share_equal(sample_weight=None, **sides):
    """Compute the share of rows with the same label on two sides, as a float.

    Parameters and errors are those of :func:`equal_labels`, besides row weights.
    """
    return weighted_mean(equal_labels(**sides), sample_weight)


def equal_labels(**sides):
    """Find the rows with the same label on two sides.

    Parameters
    ----------
    **sides : array-like of shape (n_samples,)
        The labels of the two sides, by what messages call them.

    Returns
    -------
    ndarray of shape (n_samples,), bool
        Whether the labels are equal.

    Raises
    ------
    TypeError, ValueError
        As :func:`agreement_score`.
    """
    sides = {name: read_predicted(name, labels) for name, labels in sides.items()}
    check_lengths(**sides)
    (name, labels), (other, others) = sides.items()
    kinds = _kind(labels), _kind(others)
    if None not in kinds and kinds[0] != kinds[1]:
        raise ValueError(
            f"{name} and {other} never have the same label: {name} holds {kinds[0]}, "
            f"such as {show(labels[0])}, and {other} {kinds[1]}, such as "
            f"{show(others[0])}. Bring both to one spelling."
        )
    if {labels.dtype.kind, others.dtype.kind} & set("mM"):
        labels, others = _in_own_units(labels), _in_own_units(others)
    else:  # NumPy would write numbers as strings to compare them
        labels, others = labels.astype(object), others.astype(object)
    return labels == others


def read_predicted(name, labels):
    """Read labels that a classifier predicted.

    Parameters
    ----------
    name : str
        What messages call them.
    labels : array-like of shape (n_samples,) or (n_samples, 1)
        The labels; CatBoost has them in a column.

    Returns
    -------
    ndarray of shape (n_samples,)
        The labels.

    Raises
    ------
    TypeError
        For what is no single label a row.
    ValueError
        For missing labels.
    """
    labels = np.asarray(as_column(labels, name))
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise TypeError(
            f"{name} must hold one label a row, got values of shape {labels.shape}. "
            f"{_FIX}"
        )
    missing = count_missing(labels)
    if missing:
        raise ValueError(
            f"{name} contains NaN: {missing} of {len(labels)} labels are missing. "
            "Leave these rows out."
        )
    if labels.dtype.kind not in "biu" and _kind(labels) == "numbers":
        wrong = [value for value in np.unique(labels).tolist() if value % 1 != 0]
        if wrong:
            raise TypeError(
                f"{name} must hold labels, got the number {show(wrong[0])}, which is "
                f"none. {_FIX} Of regressors, take fidelity_r2_score, or "
                "retention_score with metric=sklearn.metrics.r2_score."
            )
    return labels


def _kind(labels):
    """Name the kind of labels where all are of one that equals no other."""
    if labels.dtype.kind in _KINDS:
        return _KINDS[labels.dtype.kind]
    kinds = set(map(type, labels.tolist()))
    for kind, name in _TYPES:
        if kinds and all(issubclass(each, kind) for each in kinds):
            return name
    return None


def _in_own_units(labels):
    """Give dates and durations as NumPy compares them, whatever their resolution."""
    if labels.dtype != object or any(getattr(one, "tzinfo", None) for one in labels):
        return labels
    unit = {"dates": "M8", "durations": "m8"}.get(_kind(labels), object)
    return labels.astype(unit)
