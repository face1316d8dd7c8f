"""Seeds: from one ``random_state`` to a seed for every part, global state untouched."""

import numbers
import random
import sys
import threading
from contextlib import contextmanager

import numpy as np

#: Streams of a seed: a student's own, and the rows that calibrate a cascade.
SPLIT, INITIALIZE, SHUFFLE, HOLD_OUT = range(4)

_MAX_SEED = np.iinfo(np.int32).max

_lock = threading.Lock()
_users = 0
_restore = None
_own = threading.local()


def as_seed(random_state):
    """Turn a ``random_state`` into one integer seed.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        An int is returned as it is, a ``RandomState`` draws one, and None takes
        entropy from the operating system: NumPy's global generator is neither read nor
        advanced.

    Returns
    -------
    int
        The seed, which ``random_state=seed`` accepts anywhere in scikit-learn.
    """
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] % _MAX_SEED)
    if isinstance(random_state, numbers.Integral):
        return int(random_state)
    return int(random_state.randint(_MAX_SEED))


def stream(seed, purpose):
    """Give the generator for one purpose, independent of those for the others."""
    return np.random.default_rng([seed, purpose])


def seed_unset(estimator, seed):
    """Seed every ``random_state`` of an estimator that its user left at None.

    Parameters
    ----------
    estimator : estimator
        Changed in place: pass a clone. A seed that the user chose stays.
    seed : int
        The seed that the first gets; nested ones get draws from it.

    Returns
    -------
    estimator
        The same object.
    """
    if not hasattr(estimator, "get_params"):
        return estimator
    params = estimator.get_params(deep=True)
    unset = sorted(
        name
        for name, value in params.items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    )
    draws = np.random.default_rng(seed).integers(_MAX_SEED, size=len(unset))
    seeds = {
        name: seed if name == "random_state" else int(draw)
        for name, draw in zip(unset, draws, strict=True)
    }
    if seeds:
        estimator.set_params(**seeds)
    return estimator


@contextmanager
def contained_draws(seed, estimator):
    """Run foreign code that draws from global generators, and leave no trace in them.

    Some estimators have no ``random_state``: a skorch net draws from torch, in ``fit``
    and in ``predict_proba``. Inside, the global generators of NumPy, ``random`` and,
    where it is imported, torch start from the seed; afterwards they are as they were.
    Where several threads are inside at once they share the draws, and the last to
    leave restores. A use inside another starts from its own seed. For anything that
    can be seeded, and for scikit-learn's own, nothing is done. The generators of GPUs
    count where there is a CUDA context, or a parameter ``device`` names one.

    Parameters
    ----------
    seed : int or None
        None takes entropy from the operating system.
    estimator : object
        Whose code it is.
    """
    global _users, _restore
    if not _draws_globally(estimator):
        yield
        return
    depth, undo = getattr(_own, "depth", 0), None
    with _lock:
        if _users == depth:  # no other thread is inside
            undo = _set_global_seeds(as_seed(seed), estimator)
        if _users == 0:
            _restore = undo
        _users += 1
        _own.depth = depth + 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            _own.depth = depth
            if _users == 0:
                _restore()
                _restore = None
            elif undo is not None and _users == depth:
                undo()


def _draws_globally(estimator):
    """Return whether any part is neither scikit-learn's, nor ours, nor has a seed."""
    params = {}
    if hasattr(estimator, "get_params"):
        params = estimator.get_params(deep=False)
    package = type(estimator).__module__.partition(".")[0]
    if package not in ("sklearn", "sklearn_kd") and "random_state" not in params:
        return True
    return any(_holds_draws(value) for value in params.values())


def _holds_draws(value):
    """Return it for a parameter: an estimator, a list with some, or a splitter."""
    if isinstance(value, (list, tuple)):
        return any(map(_holds_draws, value))
    if hasattr(value, "get_params") and not isinstance(value, type):
        return _draws_globally(value)
    return getattr(value, "random_state", 0) is None


def _uses_cuda(estimator):
    """Return whether a part is set to a device of CUDA."""
    params = estimator.get_params() if hasattr(estimator, "get_params") else {}
    return any(
        str(value).startswith("cuda")
        for name, value in params.items()
        if name.rpartition("__")[2] == "device"
    )


def _set_global_seeds(seed, estimator):
    """Seed the global generators, and give the function that undoes it."""
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    torch = sys.modules.get("torch")
    if torch is not None:
        torch_state = torch.get_rng_state()
        torch.default_generator.manual_seed(seed)
        cuda_states = None
        # neither call makes a context, and reading the states would
        if torch.cuda.is_initialized() or (
            _uses_cuda(estimator) and torch.cuda.is_available()
        ):
            cuda_states = torch.cuda.get_rng_state_all()
            torch.cuda.manual_seed_all(seed)
    np.random.seed(seed)  # noqa: NPY002
    random.seed(seed)

    def restore():
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)
        if torch is not None:
            torch.set_rng_state(torch_state)
            if cuda_states is not None:
                torch.cuda.set_rng_state_all(cuda_states)

    return restore
