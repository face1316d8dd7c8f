"""A training that is a part of another fit: what it does with Ctrl-C and warnings."""

from contextlib import contextmanager
from contextvars import ContextVar

_is_part = ContextVar("is_part", default=False)


@contextmanager
def as_part():
    """Train inside as a part: Ctrl-C ends all, and what is cut is not warned of."""
    token = _is_part.set(True)
    try:
        yield
    finally:
        _is_part.reset(token)


def is_part():
    """Return whether a training is a part of another fit."""
    return _is_part.get()
