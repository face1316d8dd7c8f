"""Settings that have to be there before SciPy is imported, and shared fixtures."""

import gc
import importlib.util
import os
import random
import sys

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor

# scikit-learn's array API checks run only with it, and skip otherwise
os.environ.setdefault("SCIPY_ARRAY_API", "1")

# callbacks came with scikit-learn 1.9
if importlib.util.find_spec("sklearn.callback") is None:
    collect_ignore = ["test_callbacks.py"]

np.random.seed(0)  # for what test modules draw when they are imported
gc.disable()  # while they are collected, a fifth of the time is the collector's


def pytest_collection_finish():
    """Go on with the collector, and leave all that lives as long as the run to rest."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Seed what tests draw without a seed of their own: none fails by chance."""
    random.seed(0)
    np.random.seed(0)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture(scope="module")
def fresh_workers():
    """Let joblib start new worker processes, rather than go on with those it kept.

    For tests of what a worker has when it starts, or of one that imports much: joblib
    replaces workers that have grown by 300 MB since their first job.
    """
    get_reusable_executor().shutdown(wait=True, kill_workers=True)
    yield
    get_reusable_executor().shutdown(wait=True, kill_workers=True)


@pytest.fixture
def small_teachers(monkeypatch):
    """Let the default ensemble and the pool's booster be small.

    For tests of anything but how good these are: most of the time of a fit with the
    defaults goes into them. What they are made of stays the same.
    """
    from sklearn_kd.teachers.default import _makers

    def booster(kind):
        return lambda max_iter=100, **params: kind(max_iter=max_iter // 10, **params)

    def trees(kind):
        return lambda number, **params: kind(max(number // 5, 5), **params)

    def network(kind):
        small = {"hidden_layer_sizes": (20,), "n_iter_no_change": 5}
        return lambda **params: kind(**params | small)

    for task, of in _makers._MAKERS.items():
        models = booster(of.booster), trees(of.trees), network(of.network)
        monkeypatch.setitem(_makers._MAKERS, task, type(of)(*models, of.linear))


@pytest.fixture
def figures_closed():
    """Close the figures that a test has opened: pyplot warns of more than twenty."""
    from matplotlib import pyplot

    yield
    pyplot.close("all")


@pytest.fixture
def few_synthetic_rows(monkeypatch):
    """Let "auto" make 500 synthetic rows at most: for tests of anything but them."""
    from sklearn_kd import MungeSampler

    size = MungeSampler.automatic_size

    def at_most(*args):
        found = size(*args)
        return found if found is None else min(found, 500)

    monkeypatch.setattr(MungeSampler, "automatic_size", at_most)
