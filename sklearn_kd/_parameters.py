"""Parameters that users passed: numbers and switches, and parameters of parameters."""

from math import isfinite
from numbers import Integral, Real

import numpy as np
from sklearn.base import is_regressor

from sklearn_kd._messages import show

#: Largest whole number that counts or sizes may be.
MOST = 2**31 - 1

#: What has to be passed first, where a parameter is left to a default.
_FIRST = {
    "student": "student=MLPStudent(), the default,",
    "teacher": "a teacher",
    "transfer": "transfer=MungeSampler()",
    "encoder": "encoder=TabularEncoder()",
    "net": "net=NeuralNetClassifier(Module)",
    "objective": "objective=Pool()",
}
_FIRST_OF_NUMBERS = _FIRST | {
    "student": "student=MLPStudentRegressor(), the default,",
    "net": "net=NeuralNetRegressor(Module)",
}


def is_number(value, *, whole=False):
    """Return whether a value is a real number, NaN and infinity among them.

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
    """Give a checked number as an int or a float of Python, and anything else as it is.

    Arithmetic with others is done at their precision: a sum with a ``float16`` is one.
    """
    if is_number(value, whole=True):
        return int(value)
    return float(value) if is_number(value) else value


def check_number(name, value, *, least=None, most=None, whole=False):
    """Check a number that a function was given.

    Parameters
    ----------
    name : str
        Of the parameter.
    value : object
        What was passed.
    least, most : float or None, default=None
        The range: from `least` to `most`.
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
            f"{name} must be {wanted}{_range(least, most, of=True)}, got {show(value)}."
        )
    small = least is not None and value < least
    number = int(value) if whole else float(value)
    inside = (
        isfinite(number)  # integers are
        and (least is None or number >= least)
        and (most is None or number <= most)
    )
    if not inside:
        raise ValueError(
            f"{name} must be{_range(least, most, small)}, got {show(value)}."
        )
    return number


def _range(least, most, short=False, *, of=False):
    if least is not None and most is not None and most != MOST:
        return f" from {least:g} to {most:g}"
    parts = [
        f"{'of ' if of else ''}at least {least:g}" if least is not None else "",
        f"at most {most}" if most is not None and not short else "",
    ]
    return " " + " and ".join(part for part in parts if part)


def check_boolean(name, value):
    """Return a switch as a bool; a TypeError for anything but True and False."""
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


def refuse_nested(estimator, params, prefix=""):
    """Refuse parameters of what has none, at any depth.

    Parameters
    ----------
    estimator : estimator
        Whose ``set_params`` was called.
    params : dict
        Names and values.
    prefix : str, default=""
        What the user writes before these names.

    Raises
    ------
    ValueError
        For ``transfer__n_samples`` where ``transfer`` is a string, and the like.
    """
    # the steps of a pipeline are among the deep ones only
    known = estimator.get_params(deep=bool(prefix))
    for name in params:
        part, nested, inner = name.partition("__")
        if not nested or part not in known:
            continue  # scikit-learn names what is no parameter
        value = params.get(part, known[part])
        whole = f"{prefix}{part}"
        if hasattr(value, "set_params") and not isinstance(value, type):
            # others may give names with "__" a meaning of their own, as skorch does
            if type(value).__module__.startswith(("sklearn.", "sklearn_kd.")):
                below = {
                    other.removeprefix(f"{part}__"): given
                    for other, given in params.items()
                    if other.startswith(f"{part}__")
                }
                refuse_nested(value, below, f"{whole}__")
            continue
        if part in _FIRST:
            first = (_FIRST_OF_NUMBERS if is_regressor(estimator) else _FIRST)[part]
            first = first if part == "teacher" else f"{prefix}{first}"
            raise ValueError(
                f"{prefix}{name} cannot be set while {whole} is {show(value)}: pass "
                f"{first} to set its parameters."
            )
        raise ValueError(
            f"{prefix}{name} cannot be set: {whole} is {show(value)}, which has no "
            f"parameter {show(inner)}. Set {whole} itself."
        )


class NestedParameterMixin:
    """Name the parameter, where scikit-learn would miss an attribute of its value."""

    def set_params(self, **params):
        """Set parameters, nested ones as ``part__name``.

        Parameters
        ----------
        **params : dict
            Names and values.

        Returns
        -------
        estimator
            The same object.

        Raises
        ------
        ValueError
            For unknown names, and for parameters of what has none.
        """
        refuse_nested(self, params)
        return super().set_params(**params)
