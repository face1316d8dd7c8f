"""Checking the labelled rows and soft targets that reach the NumPy student."""

from dataclasses import replace

import numpy as np

from sklearn_kd._compat import num_samples
from sklearn_kd._messages import printable, show
from sklearn_kd._parameters import MOST, is_number
from sklearn_kd._tables.containers import as_column
from sklearn_kd._tables.rows import check_groups, check_rows
from sklearn_kd._tables.taking import RowsInPlace
from sklearn_kd._tables.weights import check_weight, compact
from sklearn_kd._task.blending import one_hot
from sklearn_kd._task.labels import check_labels, encode_labels, read_labels
from sklearn_kd.losses import LOSSES
from sklearn_kd.students._transfer_set import TransferSet
from sklearn_kd.targets import SoftTargets


def check_train(student, X, y, sample_weight, soft_targets, groups=None):
    """Check training rows.

    Parameters
    ----------
    student : estimator
        Named in the messages; its ``n_features_in_`` is set.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,)
        Labels.
    sample_weight : array-like of shape (n_samples,), float or None
        Row weights; rows of weight 0 are left out.
    soft_targets : SoftTargets of length n_samples or None
        None is replaced by the labels, with nothing on the soft term.
    groups : array-like of shape (n_samples,) or None, default=None
        Which rows must be on one side when validation rows are split off.

    Returns
    -------
    TransferSet
        The rows with their classes: those of the soft targets where there are any.
    """
    X = _check_rows(student, X, reset=True)
    classes = None
    if soft_targets is not None:
        _check_soft_targets(soft_targets, num_samples(X), "soft_targets")
        classes = soft_targets.classes
    y, weight, classes = check_labels(student, X, y, sample_weight, classes)
    rows = _transfer_set(X, y, weight, classes, soft_targets)
    return replace(rows, groups=check_groups(groups, weight > 0))


def check_batch(student, X, y, classes, sample_weight, soft_targets, first):
    """Check a batch of a stream.

    Parameters
    ----------
    student : estimator
        Named in the messages; its ``n_features_in_`` is set or compared.
    X, y, sample_weight, soft_targets
        As for :func:`check_train`.
    classes : array-like of shape (n_classes,) or None
        All labels of the stream.
    first : bool
        Whether nothing has been learned yet.

    Returns
    -------
    TransferSet
        The rows with all classes of the stream.
    """
    X = _check_rows(student, X, reset=first)
    if soft_targets is not None:
        _check_soft_targets(soft_targets, num_samples(X), "soft_targets")
    known = None if first else student.classes_
    for given in (classes, None if soft_targets is None else soft_targets.classes):
        if given is None:
            continue
        given = _sorted_classes(given)
        if known is not None and not np.array_equal(given, known):
            raise ValueError(
                f"classes={show(given)} are not those that partial_fit started "
                f"with, {show(known)}. Pass all classes of the stream in the first "
                "call, and in soft_targets."
            )
        known = given
    if known is None:
        raise ValueError(
            "classes must be passed on the first call to partial_fit: all labels that "
            "the stream will have."
        )
    y, weight, classes = check_labels(student, X, y, sample_weight, known)
    return _transfer_set(X, y, weight, classes, soft_targets)


def check_validation(student, X, y, sample_weight, soft_targets, *, like):
    """Check validation rows, against what ``check_train`` has set.

    Parameters
    ----------
    student : estimator
        With ``n_features_in_`` and ``classes_``.
    X, y, sample_weight, soft_targets
        As for :func:`check_train`, or all None.
    like : SoftTargets
        Of the training rows: loss and temperature are the same for both.

    Returns
    -------
    TransferSet or None
        The rows.
    """
    if X is None and y is None and sample_weight is None and soft_targets is None:
        return None
    if X is None or y is None:
        raise ValueError("Validation rows need both X_val and y_val.")
    try:
        X = _check_rows(student, X, reset=False)
    except (TypeError, ValueError) as error:
        raise type(error)(f"X_val: {error}") from error
    y = as_column(y, "y_val")
    sample_weight = as_column(sample_weight, "sample_weight_val")
    y = read_labels(student, X, y, "y_val")
    if soft_targets is not None:
        _check_soft_targets(soft_targets, len(y), "soft_targets_val")
        if not (
            np.array_equal(soft_targets.classes, like.classes)
            and soft_targets.temperature == like.temperature
            and soft_targets.loss == like.loss
        ):
            raise ValueError(
                "soft_targets_val must have the classes, the temperature and the loss "
                f"of soft_targets: got {soft_targets} and {like}."
            )
    weight = check_weight(sample_weight, X, "sample_weight_val")
    return _transfer_set(X, y, weight, student.classes_, soft_targets, name="y_val")


def _check_rows(student, X, *, reset):
    """Check rows, and those of large arrays without making one of them."""
    if not isinstance(X, RowsInPlace):
        return check_rows(student, X, reset=reset)
    for array in X.arrays:
        check_rows(student, array, reset=reset)
        reset = False
    return X


def _transfer_set(X, y, weight, classes, soft_targets, name="y"):
    try:
        if _text_type(y) != _text_type(classes):
            raise TypeError
        codes = encode_labels(y, classes)
        strange = (classes[codes] != y) & (weight > 0)
    except TypeError:  # of types that do not compare
        codes, strange = None, weight > 0
    if strange.any():
        label, known = y[strange].tolist()[0], classes.tolist()
        types = ""
        if type(label) is not type(known[0]):
            types = (
                f", of type {type(label).__name__} where the classes are of type "
                f"{type(known[0]).__name__}. Give both one type"
            )
        raise ValueError(
            f"{name} holds labels that are not among the classes {show(known)}, first "
            f"{show(label)}{types}."
        )
    if soft_targets is None:
        # 0 and 1 are exact in any dtype
        hot = one_hot(codes, len(classes), np.float32)
        soft_targets = SoftTargets(hot, classes, row_alpha=0.0)
    rows = TransferSet(X, codes, compact(weight), classes, soft_targets)
    return rows.take(weight > 0)


def _text_type(labels):
    """Give str or bytes, which are not compared with numbers or each other, or None."""
    kind = type(labels[:1].tolist()[0])
    return kind if issubclass(kind, (str, bytes)) else None


def _sorted_classes(classes):
    try:
        distinct = np.unique(np.asarray(classes))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"classes={show(classes)} cannot be sorted ({printable(error)}). Give all "
            "labels one type: strings, say."
        ) from error
    if len(distinct) == 0:
        raise ValueError("classes is empty: pass all labels that the stream will have.")
    if distinct.dtype == object and not isinstance(distinct[0], (str, bytes)):
        raise ValueError(
            f"classes={show(classes)} is an array of objects, of type "
            f"{type(distinct[0]).__name__}: pass numbers or strings in a list."
        )
    return distinct


def _check_soft_targets(soft_targets, n_samples, name):
    if not isinstance(soft_targets, SoftTargets):
        raise TypeError(
            f"{name} must be a sklearn_kd.SoftTargets, got "
            f"{type(soft_targets).__name__}. Wrap probabilities: SoftTargets(proba, "
            "classes)."
        )
    if soft_targets.loss not in LOSSES:
        raise ValueError(
            f"{name} has loss {show(soft_targets.loss)}, expected one of "
            f"{list(LOSSES)}."
        )
    if len(soft_targets) != n_samples:
        raise ValueError(f"{name} has {len(soft_targets)} rows, expected {n_samples}.")


def check_hidden_layer_sizes(sizes):
    """Check the widths of the hidden layers.

    Parameters
    ----------
    sizes : int or sequence of int
        What the user asked for.

    Returns
    -------
    list of int
        One width a layer.

    Raises
    ------
    ValueError
        For anything but whole numbers of at least 1.
    """
    several = hasattr(sizes, "__len__") and getattr(sizes, "ndim", 1) == 1
    widths = list(sizes) if several else [sizes]
    if not all(is_number(width, whole=True) and 1 <= width <= MOST for width in widths):
        raise ValueError(
            "hidden_layer_sizes must be whole numbers of at least 1, and below 2**31, "
            f"got {show(sizes)}."
        )
    return [int(width) for width in widths]
