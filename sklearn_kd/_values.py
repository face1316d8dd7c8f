"""Numbers and switches that users passed, checked by the name of the parameter."""

from decimal import Decimal
from math import isfinite
from numbers import Integral, Real

import numpy as np

from sklearn_kd._columns import count_missing
from sklearn_kd._messages import printable, show

#: Largest whole number that counts or sizes may be.
MOST = 2**31 - 1


def is_number(value, *, whole=False):
    """Say whether a value is a real number, NaN and infinity among them.

    Parameters
    ----------
    value : object
        Anything.
    whole : bool, default=False
        Whether it has to be an integer.

    Returns
    -------
    bool
        False for booleans, durations (which NumPy counts among the integers), arrays,
        strings, and integers that no float is as large as.
    """
    kind = Integral if whole else Real
    if not isinstance(value, kind) or isinstance(value, (bool, np.timedelta64)):
        return False
    try:
        float(value)
    except OverflowError:
        return False
    return True


def plain_number(value):
    """Give a number as an int or a float of Python, and anything else as it is.

    Arithmetic with others is done at their precision: a sum with a ``float16`` is one.

    Parameters
    ----------
    value : object
        A parameter that has been checked.

    Returns
    -------
    object
        The same number or object.
    """
    if is_number(value, whole=True):
        return int(value)
    return float(value) if is_number(value) else value


def check_number(name, value, *, least=None, above=None, most=None, whole=False):
    """Check a number that a function was given.

    Parameters
    ----------
    name : str
        Of the parameter.
    value : object
        What was passed.
    least, above, most : float or None, default=None
        The range: from `least` or beyond `above`, and to `most`.
    whole : bool, default=False
        Whether it has to be an integer.

    Returns
    -------
    int or float
        The number, as a plain one of Python.

    Raises
    ------
    TypeError
        For anything but a number.
    ValueError
        For a number outside the range, NaN and infinity.
    """
    wanted = "an integer" if whole else "a number"
    if not is_number(value, whole=whole):
        too_large = isinstance(value, int) and not isinstance(value, bool)
        raise (ValueError if too_large else TypeError)(
            f"{name} must be {wanted}{_range(least, above, most, of=True)}, got "
            f"{show(value)}."
        )
    small = least is not None and value < least
    number = int(value) if whole else float(value)
    inside = (
        isfinite(number)  # integers are
        and (least is None or number >= least)
        and (above is None or number > above)
        and (most is None or number <= most)
    )
    if not inside:
        raise ValueError(
            f"{name} must be{_range(least, above, most, small)}, got {show(value)}."
        )
    return number


def _range(least, above, most, short=False, *, of=False):
    if least is not None and most is not None and most != MOST:
        return f" from {least:g} to {most:g}"
    parts = [
        f"{'of ' if of else ''}at least {least:g}" if least is not None else "",
        f"above {above:g}" if above is not None else "",
        f"at most {most}" if most is not None and not short else "",
    ]
    return " " + " and ".join(part for part in parts if part)


def check_boolean(name, value):
    """Check a switch that a function was given.

    Parameters
    ----------
    name : str
        Of the parameter.
    value : object
        What was passed.

    Returns
    -------
    bool
        The same value.

    Raises
    ------
    TypeError
        For anything but True and False.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {show(value)}.")
    return bool(value)


def check_jobs(n_jobs):
    """Check a number of jobs.

    Parameters
    ----------
    n_jobs : object
        What was passed; None is left to joblib, and -1 stands for all processors.

    Returns
    -------
    int or None
        The same number.

    Raises
    ------
    TypeError, ValueError
        For anything but None and an integer other than 0.
    """
    if n_jobs is None:
        return None
    number = check_number("n_jobs", n_jobs, least=-MOST, most=MOST, whole=True)
    if number == 0:
        raise ValueError("n_jobs must be None, at least 1, or below 0, got 0.")
    return number


def read_floats(values, name):
    """Read numbers, one a row, that a user passed.

    Parameters
    ----------
    values : array-like
        Anything.
    name : str
        Of the parameter.

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
            f"{name} has masked entries: fill them, or leave these rows out."
        )
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must hold one number a row, and is no array of numbers: "
            f"{printable(error)}."
        ) from error
    if array.dtype.kind in "biuf":
        return array.astype(np.float64)
    missing = count_missing(array.ravel())
    if missing:
        raise ValueError(
            f"{name} contains NaN: {missing} of {array.size} values are missing. Give "
            "each row a number, or leave these rows out."
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
