"""Reading labels and weights: of one dimension, one a row, and of types that count."""

from decimal import Decimal

import numpy as np

from sklearn_kd._compat import check_sample_weight, check_y, num_samples
from sklearn_kd._messages import printable, show
from sklearn_kd._parameters import is_number
from sklearn_kd._tables.columns import count_missing


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


def check_weight(sample_weight, X, name="sample_weight"):
    """Check row weights.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), float or None
        The weights; None stands for ones.
    X : array-like of shape (n_samples, n_features)
        The rows, for their number.
    name : str, default="sample_weight"
        What the messages call them.

    Returns
    -------
    ndarray of shape (n_samples,), float64
        The weights.

    Raises
    ------
    TypeError, ValueError
        For anything but one number a row, negative ones, and none above 0.
    """
    if sample_weight is None:
        return check_sample_weight(None, X)
    weight = read_floats(sample_weight, name)
    n_samples = num_samples(X)
    if is_number(sample_weight):
        weight = np.full(n_samples, weight)
    if weight.shape != (n_samples,):
        raise ValueError(
            f"{name} has shape {weight.shape}, expected one weight for each of the "
            f"{n_samples} rows of X: ({n_samples},)."
        )
    try:
        return check_sample_weight(weight, X)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def read_floats(values, name, each="row"):
    """Read numbers, one a row or the like, that a user passed.

    Parameters
    ----------
    values : array-like
        Anything.
    name : str
        Of the parameter.
    each : str, default="row"
        What has a number.

    Returns
    -------
    ndarray, float64
        Of the shape that it has; NaN and infinity are left to the caller.

    Raises
    ------
    TypeError
        For strings (of digits, too), dates, durations, complex numbers and other
        objects that are no real numbers.
    ValueError
        For lists of different lengths, masked entries, missing values that no float
        stands for, and integers that no float is as large as.
    """
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name} has masked entries: fill them, or leave such a {each} out."
        )
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must hold one number a {each}, and is no array of numbers: "
            f"{printable(error)}."
        ) from error
    if array.dtype.kind in "biuf":
        return array.astype(np.float64)
    missing = count_missing(array.ravel())
    if missing:
        raise ValueError(
            f"{name} contains NaN: {missing} of {array.size} values are missing. Give "
            f"each {each} a number, or leave such a {each} out."
        )
    wrong = [v for v in array.ravel() if not isinstance(v, Decimal | np.bool_ | bool)]
    wrong = [value for value in wrong if not is_number(value)]
    if wrong or not array.size:
        first = wrong[0] if wrong else values
        if isinstance(first, int):
            raise ValueError(
                f"{name} holds an integer that is too large for float64: {show(first)}."
            )
        raise TypeError(
            f"{name} must hold numbers, got {show(first)} of type {_type_name(first)}. "
            f"Convert them first, as by np.asarray({name}, dtype=float) for strings "
            "of digits."
        )
    return array.astype(np.float64)


def _type_name(value):
    """Name the type of a value, of a string of NumPy as that of any other."""
    plain = isinstance(value, np.str_ | np.bytes_ | np.number)
    return type(value.item() if plain else value).__name__
