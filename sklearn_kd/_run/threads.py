"""One BLAS thread while a small network trains, and the share of a worker process."""

import multiprocessing
import os
import sys
import threading
from contextlib import contextmanager

import threadpoolctl

_lock = threading.Lock()
_users = 0
_original = {}
_known = 0, []

#: What ``joblib.cpu_count`` asks, and what joblib gives its workers for OpenMP.
_COUNT, _SHARE = "LOKY_MAX_CPU_COUNT", "OMP_NUM_THREADS"

_sharing = 0


@contextmanager
def share_of_the_cores():
    """Have a worker process of joblib count the cores that are its share.

    joblib limits BLAS and OpenMP in its workers, so that all of them together have as
    many threads as there are cores. LightGBM, and estimators with ``n_jobs=-1``, ask
    ``joblib.cpu_count`` instead, which counts all cores in each worker: the threads of
    LightGBM then wait for each other, and a fit took ten times as long. Elsewhere
    nothing is done, and where the user has set the number.
    """
    global _sharing
    share = _share()
    if share is None:
        yield
        return
    with _lock:
        os.environ[_COUNT] = share
        _sharing += 1
    try:
        yield
    finally:
        with _lock:
            _sharing -= 1
            if _sharing == 0:
                del os.environ[_COUNT]


def _share():
    """Give the number of threads of a worker of joblib; None elsewhere."""
    is_worker = multiprocessing.current_process().name.startswith("LokyProcess")
    if not is_worker or (_COUNT in os.environ and not _sharing):
        return None
    share = os.environ.get(_SHARE, "")
    return share if share.isdecimal() and int(share) else None


@contextmanager
def single_blas_thread():
    """Limit BLAS to one thread until the last of all overlapping uses has left.

    Products of a few hundred rows by a few dozen columns lose time to a second thread,
    and one thread makes the sums the same on every machine size.

    threadpoolctl's own context manager restores what it found when it was entered. Up
    to its version 3.7, two that overlap in different threads can so leave the limit on
    for good; from 3.8 on, only the first thread's counts, and when that leaves, the
    other goes on without a limit. Hence the count, and the original kept once. A BLAS
    on OpenMP has a limit for each thread, which each thread sets and restores itself.
    """
    global _users
    shared, own = [], []
    for library in _blas_libraries():
        per_thread = getattr(library, "threading_layer", None) == "openmp"
        (own if per_thread else shared).append(library)
    with _lock:
        found = [library.get_num_threads() for library in own]
        for library in shared:
            _original.setdefault(library.filepath, library.get_num_threads())
        _set_threads(own + shared, [1] * len(own + shared))
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            _set_threads(own, found)
            if _users == 0:
                _set_threads(
                    shared,
                    [_original.get(library.filepath) for library in shared],
                )
                _original.clear()


def _blas_libraries():
    """Find the loaded BLAS libraries, again only where modules have been imported.

    To look takes milliseconds, as long as a batch of ``partial_fit``.
    """
    global _known
    imported = len(sys.modules)
    if _known[0] != imported:
        found = threadpoolctl.ThreadpoolController().select(user_api="blas")
        _known = imported, found.lib_controllers
    return _known[1]


def _set_threads(libraries, numbers):
    _release_control()
    for library, number in zip(libraries, numbers, strict=True):
        if number is not None:
            library.set_num_threads(number)
    _release_control()


def _release_control():
    """From threadpoolctl 3.8 on, a thread that has set a limit keeps others out."""
    controller = getattr(threadpoolctl, "OpenBLASController", None)
    if hasattr(controller, "clear_controlling_thread"):
        controller.clear_controlling_thread(force=True)
