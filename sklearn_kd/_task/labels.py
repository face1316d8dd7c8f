"""Reading and numbering labels: one a row, none missing, of types that count."""

import numpy as np
from sklearn.utils.multiclass import check_classification_targets

from sklearn_kd._compat import check_y, num_samples
from sklearn_kd._messages import printable, show
from sklearn_kd._parameters import is_number
from sklearn_kd._tables.columns import count_missing
from sklearn_kd._tables.containers import as_column
from sklearn_kd._tables.weights import check_weight


def read_labels(estimator, X, y, name="y"):
    """Read labels of one dimension, none missing, that scikit-learn takes for such.

    Parameters
    ----------
    estimator : estimator
        Named in the messages.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Checked rows.
    y : array-like of shape (n_samples,)
        Labels.
    name : str, default="y"
        What the messages call them.

    Returns
    -------
    ndarray of shape (n_samples,)
        The labels.

    Raises
    ------
    ValueError
        For another shape or number, complex numbers, records, and objects that are
        not all strings.
    """
    labels = refuse_missing_labels(y, name)
    if labels.dtype.kind in "cV":
        raise ValueError(
            f"{name} must hold labels, got dtype {printable(labels.dtype)}: number the "
            "classes, or name them by strings."
        )
    if labels.dtype == object and labels.ndim == 1:
        _refuse_objects(labels, name)
    try:
        labels = check_y(y, estimator=estimator)
    except ValueError as error:
        raise ValueError(str(error) if name == "y" else f"{name}: {error}") from error
    if len(labels) != num_samples(X):
        raise ValueError(
            f"{name} has {len(labels)} labels, and X {num_samples(X)} rows: Found "
            "input variables with inconsistent numbers of samples. Pass one label a "
            "row."
        )
    return labels


def _refuse_objects(labels, name):
    """Refuse labels in an array of objects that scikit-learn does not support."""
    kinds = set(map(type, labels.tolist()))
    if not kinds or all(issubclass(kind, (str, bytes)) for kind in kinds):
        return
    names = sorted(kind.__name__ for kind in kinds)
    fix = f"give all labels one type, as by {name}.astype(str)"
    if all(issubclass(kind, (bool, np.bool_)) for kind in kinds):
        fix = f"pass {name}.astype(bool)"
    elif all(map(is_number, labels)) and all(label == int(label) for label in labels):
        fix = f"pass {name}.astype(int)"
    if any(issubclass(kind, (str, bytes)) for kind in kinds):
        raise ValueError(
            f"{name} holds labels that cannot be sorted, of the types "
            f"{', '.join(names)}: {fix}."
        )
    raise ValueError(
        f"Unknown label type: {name} is an array of objects of type "
        f"{', '.join(names)}, the first {show(labels[0])}, and scikit-learn takes "
        f"arrays of objects for labels only where all are strings: {fix}."
    )


def refuse_missing_labels(y, name):
    """Refuse labels of which some are missing.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.
    name : str
        What the message calls them.

    Returns
    -------
    ndarray
        The labels.
    """
    try:
        labels = np.asarray(y)
    except ValueError as error:
        raise ValueError(
            f"{name} must be labels in one dimension, one a row, and is no such array: "
            f"{printable(error)}."
        ) from error
    missing = count_missing(labels)
    if missing:
        raise ValueError(
            f"Input {name} contains NaN: {missing} of {len(labels)} labels are "
            "missing. Drop these rows, or pass them as X_unlabeled."
        )
    return labels


def check_labels(estimator, X, y, sample_weight, classes=None):
    """Check labels and weights, and number the classes.

    Parameters
    ----------
    estimator : estimator
        Named in the messages.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Checked rows.
    y : array-like of shape (n_samples,)
        Labels.
    sample_weight : array-like of shape (n_samples,), float or None
        Row weights.
    classes : ndarray of shape (n_classes,) or None, default=None
        Where there are some already; None takes them from ``y``.

    Returns
    -------
    y : ndarray of shape (n_samples,)
        The labels.
    weight : ndarray of shape (n_samples,), float64
        The weights; None stood for ones.
    classes : ndarray of shape (n_classes,)
        The labels of rows with a weight above 0, sorted.

    Raises
    ------
    ValueError
        For missing, continuous or multi-output labels, one class, and weights that
        are negative or all 0.
    """
    name = type(estimator).__name__
    if y is None:
        raise ValueError(f"{name} requires y to be passed, but the target y is None.")
    y, sample_weight = as_column(y, "y"), as_column(sample_weight, "sample_weight")
    shape = refuse_missing_labels(y, "y").shape
    if len(shape) > 1 and shape[1] > 1:
        raise ValueError(
            f"{name} does not support multi-output y: y should be a 1d array, got an "
            f"array of shape {tuple(shape)}. Fit one per column, as "
            "sklearn.multioutput.MultiOutputClassifier does."
        )
    y = read_labels(estimator, X, y)
    try:
        check_classification_targets(y)
    except TypeError as error:
        if isinstance(y[0], bytes):
            raise ValueError(
                f"y holds labels of type bytes, such as {show(y[0])}, and scikit-learn "
                "takes text or numbers. Decode them: [label.decode() for label in y]."
            ) from error
        raise ValueError(
            f"y holds labels that cannot be sorted ({printable(error)}), and {name} "
            "keeps classes sorted. Give all labels one type, such as strings."
        ) from error
    weight = check_weight(sample_weight, X)
    if classes is None:
        classes = np.unique(y[weight > 0])
    if len(classes) < 2:
        raise ValueError(
            f"{name} needs rows of at least 2 classes, but the data contains only one "
            f"class: {show(classes[0])}."
        )
    return y, weight, classes


def encode_labels(y, classes, present=None, name="y"):
    """Write labels as positions in the sorted classes.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.
    classes : ndarray of shape (n_classes,)
        Sorted.
    present : ndarray of shape (n_samples,), bool, or None, default=None
        Rows whose label has to be among the classes; None for all.
    name : str, default="y"
        What the message calls the labels.

    Returns
    -------
    ndarray of shape (n_samples,), int
        Positions; for a label that is not among the classes, one to its side.

    Raises
    ------
    ValueError
        For a label that is not among the classes, with its type where that is another.
    """
    if present is None:
        present = np.ones(len(y), dtype=bool)
    try:
        if _text_type(y) != _text_type(classes):
            raise TypeError
        codes = np.searchsorted(classes, y).clip(max=len(classes) - 1)
        strange = (classes[codes] != y) & present
    except TypeError:  # of types that do not compare
        codes, strange = None, present
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
    return codes


def _text_type(labels):
    """Give str or bytes, which are not compared with numbers or each other, or None."""
    kind = type(labels[:1].tolist()[0])
    return kind if issubclass(kind, (str, bytes)) else None


def distinct_classes(given):
    """Read the labels of columns, which have to be distinct and sorted."""
    try:
        classes = np.array(given)
        if np.array_equal(np.unique(classes), classes):
            return classes
    except (TypeError, ValueError):  # of types that cannot be compared, or lengths
        pass
    raise ValueError(f"classes must be distinct and sorted, got {show(given)}.")


def stream_classes(known, *given):
    """Give the classes of a stream, and refuse others than it started with.

    Parameters
    ----------
    known : ndarray of shape (n_classes,) or None
        Those that it started with; None in the first call.
    *given : array-like of shape (n_classes,) or None
        Those that a call names.

    Returns
    -------
    ndarray of shape (n_classes,)
        Distinct and sorted.

    Raises
    ------
    ValueError
        Where there are none, and for classes that differ, are none, cannot be sorted,
        or are objects and no strings.
    """
    for classes in given:
        if classes is None:
            continue
        classes = _sorted_classes(classes)
        if known is not None and not np.array_equal(classes, known):
            raise ValueError(
                f"classes={show(classes)} are not those that partial_fit started "
                f"with, {show(known)}. Pass all classes of the stream in the first "
                "call, and in soft_targets."
            )
        known = classes
    if known is None:
        raise ValueError(
            "classes must be passed on the first call to partial_fit: all labels that "
            "the stream will have."
        )
    return known


def _sorted_classes(classes):
    try:
        distinct = np.unique(np.asarray(classes))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"classes={show(classes)} cannot be sorted ({printable(error)}). Give all "
            "labels one type, such as strings."
        ) from error
    if len(distinct) == 0:
        raise ValueError("classes is empty: pass all labels that the stream will have.")
    if distinct.dtype == object and not isinstance(distinct[0], (str, bytes)):
        raise ValueError(
            f"classes={show(classes)} is an array of objects, of type "
            f"{type(distinct[0]).__name__}: pass numbers or strings in a list."
        )
    return distinct
