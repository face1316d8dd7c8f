"""Messages: values and names that are short and safe on a terminal, errors reworded."""

import os
import reprlib
import sys
import warnings

import numpy as np

#: The packages between a warning and the user's line: this one, and what calls its
#: estimators.
_BETWEEN = "sklearn_kd", "sklearn", "joblib"


class _Shown(reprlib.Repr):
    """Short representations, in which scalars of NumPy are plain numbers and texts."""

    def __init__(self):
        super().__init__()
        self.maxlevel = 4
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 20
        self.maxstring = self.maxother = 120

    def repr1(self, x, level):
        if isinstance(x, np.ndarray) and x.ndim:
            x = x[: self.maxlist + 1].tolist()
        elif isinstance(x, (np.generic, np.ndarray)):
            x = _plain(x)
        return super().repr1(x, level)

    def repr_instance(self, x, level):
        return " ".join(super().repr_instance(x, level).split())


_SHOWN = _Shown()


def _plain(scalar):
    """Give a scalar of NumPy as a Python object; dates keep their own spelling."""
    kind = scalar.dtype.kind
    return str(scalar) if kind in "mM" or scalar.dtype.char in "gG" else scalar.item()


def show(value):
    """Write any value for a message: short, on one line, control characters escaped."""
    return printable(_SHOWN.repr(value))


def printable(text, *, lines=False):
    """Write characters that a terminal would act on as escapes.

    Parameters
    ----------
    text : object
        A name, a message of someone else's, or anything with a string.
    lines : bool, default=False
        Whether the ends of lines stay.

    Returns
    -------
    str
        With nothing but printable characters, and blanks.
    """
    text = str(text)
    if lines:
        return "\n".join(map(printable, text.split("\n")))
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )


def with_message(error, message):
    """Make an error of the same type, or the nearest one that takes a message alone.

    Parameters
    ----------
    error : Exception
        What was raised.
    message : str
        The new message.

    Returns
    -------
    Exception
        To be raised from the old one.
    """
    beginning = message[:20]  # a KeyError shows it in quotes
    for kind in type(error).__mro__:
        if kind in (Exception, object):
            break
        try:
            made = kind(message)
        except Exception:
            continue
        if beginning in str(made):
            return made
    return ValueError(message)


def warn(message, category=UserWarning):
    """Warn at the line by which the user came into this package or scikit-learn."""
    loaded = [sys.modules[name].__file__ for name in _BETWEEN if name in sys.modules]
    folders = tuple(os.path.join(os.path.dirname(file), "") for file in loaded)
    frame, level = sys._getframe(1), 2
    while frame is not None and frame.f_code.co_filename.startswith(folders):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
