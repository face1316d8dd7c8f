"""Who computes a result that several processes want at the same time: one of them."""

import os
from contextlib import ExitStack, contextmanager, suppress

try:
    import fcntl
except ImportError:  # on Windows each computes it for itself
    fcntl = None


@contextmanager
def turn_for(cached, key):
    """Wait while another process, or thread, computes the result of the same key.

    What it holds is a lock of the operating system, which ends with its process: nobody
    waits for one that was killed. Where files cannot be locked, nobody waits.

    Parameters
    ----------
    cached : callable
        A function as a memory gives it. Only those of joblib in a folder have a place
        for locks.
    key : str
        Of the call, a hash.
    """
    folder = getattr(getattr(cached, "store_backend", None), "location", None)
    with ExitStack() as stack:
        if fcntl is not None and isinstance(folder, str):
            name = os.path.join(folder, ".turns", key)
            with suppress(OSError):
                os.makedirs(os.path.dirname(name), exist_ok=True)
                file = stack.enter_context(open(name, "a"))
                fcntl.flock(file, fcntl.LOCK_EX)
                # for processes that were forked from this one, too
                stack.callback(fcntl.flock, file, fcntl.LOCK_UN)
                stack.callback(_remove, name)
        yield


def _remove(name):
    # those who wait for this very file find the result that is there by now
    with suppress(OSError):
        os.remove(name)
