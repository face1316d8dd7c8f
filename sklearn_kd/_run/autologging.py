"""Keeping what happens inside a fit out of MLflow's autologging."""

import sys
import threading
from contextlib import contextmanager

_lock = threading.Lock()
_users = 0
_switch = None


@contextmanager
def no_autologging():
    """Switch MLflow's autologging off until the last of all overlapping uses has left.

    Its own context manager switches it on at the end of the first of two that overlap,
    and also where it was off before. Without MLflow in memory nothing is done.
    """
    global _users, _switch
    with _lock:
        if _users == 0:
            _switch = _switch_off()
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0 and _switch is not None:
                _switch.__exit__(None, None, None)
                _switch = None


def _switch_off():
    """Enter MLflow's own switch; None where there is none, or it is off already."""
    module = sys.modules.get("mlflow.utils.autologging_utils")
    switch = getattr(module, "disable_autologging", None)
    if switch is None or getattr(module, "_AUTOLOGGING_GLOBALLY_DISABLED", False):
        return None
    entered = switch()
    entered.__enter__()
    return entered
