"""What Ctrl-C does: it ends a training early, or all that is under way."""

from contextlib import contextmanager
from contextvars import ContextVar

_ends_all = ContextVar("ends_all", default=False)


@contextmanager
def ending_all():
    """Let Ctrl-C inside end all: what is trained there is a part of something else."""
    token = _ends_all.set(True)
    try:
        yield
    finally:
        _ends_all.reset(token)


def ends_all():
    """Return whether a training must not be kept where Ctrl-C ends it."""
    return _ends_all.get()
