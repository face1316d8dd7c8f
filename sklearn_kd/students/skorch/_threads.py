"""One thread of torch for a small net, in the Python thread that computes it."""

import ctypes
import os
from functools import cache
from weakref import WeakKeyDictionary

import torch
from torch.nn.parameter import is_lazy

#: A net with more weights than this has steps of tens of milliseconds, which gain from
#: more cores what they lose beside other processes: torch is left as it is.
MOST_WEIGHTS = 1_000_000

#: What limits the threads of torch's operators, and of the products of MKL; the latter
#: returns the number before, 0 where none was set.
_OPENMP = ("omp_get_max_threads", "omp_set_num_threads")
_MKL = ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads_Local")


#: Of a module that was looked at, whether it has no more.
_known = WeakKeyDictionary()


class single_torch_thread:
    """Hold torch to one thread while a net computes, and put it back.

    OpenMP and MKL have a limit for each thread of the program, so that fits side by
    side do not meet. ``torch.set_num_threads`` has one for the process beside it, which
    each thread takes over when it first uses torch, and keeps: a thread that began
    during a fit would be left at one for good.

    A number that ``torch.set_num_threads`` has set stays, and so does one that is set
    meanwhile. Nets on other devices, and large ones, are left alone.

    Parameters
    ----------
    net : skorch.NeuralNet
        Initialised.
    """

    def __init__(self, net):
        self._net = net
        self._holds = self._holds_mkl = False

    def __enter__(self):
        self._before = torch.get_num_threads()  # also, torch begins in this thread
        if self._before == 1 or not _is_small(self._net) or _is_users(self._before):
            return
        self._holds = True
        _functions(_OPENMP)[1](1)
        if _functions(_MKL):
            get_mkl, set_mkl = _functions(_MKL)
            # it follows OpenMP unless MKL_NUM_THREADS is set, as in joblib's workers
            if get_mkl() > 1:
                self._holds_mkl = True
                set_mkl(1)

    def __exit__(self, *error):
        if not self._holds:
            return
        get_openmp, set_openmp = _functions(_OPENMP)
        if get_openmp() != 1:  # by torch.set_num_threads
            return
        if self._holds_mkl:
            _functions(_MKL)[1](0)
        elif _functions(_MKL) and _is_users(1):
            return
        set_openmp(self._before)


def _is_small(net):
    """Return whether a net computes on the CPU, with few weights."""
    if net.device not in ("cpu", None) and torch.device(net.device).type != "cpu":
        return False
    module = net.module_
    small = _known.get(module)
    if small is None:
        weights = [weight for _, weight in net.get_all_learnable_params()]
        # one that finds out its width by itself has none before its first row
        lazy = any(map(is_lazy, weights))
        small = lazy or sum(w.numel() for w in weights) <= MOST_WEIGHTS
        if not lazy:
            _known[module] = small
    return small


def _is_users(number):
    """Return whether the user has set this thread's number, or none can be set."""
    if not _functions(_OPENMP):
        return True
    if not _functions(_MKL):  # on Macs, and on ARM
        return number not in _defaults()
    set_mkl = _functions(_MKL)[1]
    # torch.set_num_threads sets it in MKL, and nothing else in torch does
    own = set_mkl(0)
    set_mkl(own)
    return own != 0


def _defaults():
    """List the numbers that torch may begin with."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    given = [os.environ.get(name, "") for name in names]
    cores = {os.cpu_count()}
    if hasattr(os, "sched_getaffinity"):
        cores.add(len(os.sched_getaffinity(0)))
    return cores | {int(number) for number in given if number.isdecimal()}


@cache
def _functions(names):
    """Find functions of the libraries that torch is linked with; () where it is not."""
    try:
        library = ctypes.CDLL(torch._C.__file__)
        return tuple(getattr(library, name) for name in names)
    except (AttributeError, OSError):
        return ()
