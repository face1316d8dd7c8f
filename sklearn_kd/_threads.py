"""One BLAS thread while a small network trains, shared safely between threads."""

import threading
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_users = 0
_limiter = None


@contextmanager
def single_blas_thread():
    """Limit BLAS to one thread until the last of all overlapping uses has left.

    Products of a few hundred rows by a few dozen columns lose time to a second thread,
    and one thread makes the sums the same on every machine size. threadpoolctl's own
    context managers restore what they found when they were entered, so two that
    overlap in different threads can leave the limit on for good: hence the count.
    """
    global _users, _limiter
    with _lock:
        if _users == 0:
            _limiter = ThreadpoolController().limit(limits=1, user_api="blas")
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _limiter.restore_original_limits()
                _limiter = None
