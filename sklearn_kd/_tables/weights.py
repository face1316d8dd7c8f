"""Numbers, one a row: how they are read, and weights as numbers of rows."""

from decimal import Decimal

import numpy as np

from sklearn_kd._compat import check_sample_weight, num_samples
from sklearn_kd._messages import printable, show
from sklearn_kd._parameters import is_number
from sklearn_kd._tables.columns import count_missing

#: The lightest row may stand for up to so many rows, and rows on average for so many,
#: for weights to be repetitions: what has no small common unit is no count.
_MOST_OF_LIGHTEST, _MOST_ON_AVERAGE = 3, 100

#: How far a multiple may be from a whole number: by the rounding of float32, but not
#: so far that fractions of large multiples pass.
_RELATIVE, _ABSOLUTE = 2.5e-7, 0.01

#: No weight counts for less of the heaviest: what it is divided by stays finite.
_LEAST_SHARE = 1e-290

#: Other people's estimators square sums of weights, and multiply them with squares: up
#: to so large a weight, and down to so small a largest one, that is a number.
_MOST = 1e30


def in_rows(weight):
    """Scale weights so that they are numbers of rows, whatever their scale was.

    Weights that are whole multiples of the lightest (or of a half or a third of it)
    become these multiples: a row of weight 3 is three rows. All others are divided by
    their mean, so that a row counts as one row on average.

    Parameters
    ----------
    weight : ndarray of shape (n_samples,), float64
        Finite weights, none negative and at least one positive.

    Returns
    -------
    ndarray of shape (n_samples,), float64
        Positive where `weight` is, with finite sums and squares of sums. The same for
        `weight` and a multiple of it, to rounding.
    """
    positive = weight > 0
    # by the largest first: the sum may be too large for a float, or the mean too small
    share = weight / weight.max()
    np.maximum(share, _LEAST_SHARE, out=share, where=positive)
    lightest, mean = share.min(where=positive, initial=1), share.mean(where=positive)
    for of_lightest in range(1, _MOST_OF_LIGHTEST + 1):
        if mean * of_lightest / lightest > _MOST_ON_AVERAGE:
            break
        multiples = share * of_lightest / lightest
        whole = np.rint(multiples)
        allowed = np.minimum(_RELATIVE * whole, _ABSOLUTE)
        if (np.abs(multiples - whole) <= allowed).all():
            return whole
    return _rounded(share / mean)


def _rounded(values):
    """Round to 26 bits: trees may part rows by the last bits, which the scale moves."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.rint(np.ldexp(mantissa, 26)), exponent - 26)


def with_finite_sums(weight):
    """Keep weights as they are, unless the largest is beyond 1e30 or 1e-30: in rows."""
    return weight if 1 / _MOST <= weight.max() <= _MOST else in_rows(weight)


def weight_of_row(weight):
    """Give the weight that stands for one row, among weights of any scale."""
    heaviest = weight.argmax()
    return weight[heaviest] / in_rows(weight)[heaviest]


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
            f"{n_samples} rows: ({n_samples},)."
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


def compact(values):
    """Return equal values as a read-only view of one of them, others as they are."""
    if len(values) == 0 or (values != values[0]).any():
        return values
    return np.broadcast_to(values[0], len(values))
