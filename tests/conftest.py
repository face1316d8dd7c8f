"""Settings that have to be there before SciPy is imported, and a shared fixture."""

import importlib.util
import os
from dataclasses import replace

import pytest

# scikit-learn's array API checks run only with it, and skip otherwise
os.environ.setdefault("SCIPY_ARRAY_API", "1")

# callbacks came with scikit-learn 1.9
if importlib.util.find_spec("sklearn.callback") is None:
    collect_ignore = ["test_callbacks.py"]


@pytest.fixture
def few_trees(monkeypatch):
    """Let the default ensemble and the pool's booster be small.

    For tests of anything but how good these are: most of the time of a fit with the
    defaults goes into them. What they are made of stays the same.
    """
    from sklearn_kd.teachers.default import _makers

    def booster(kind):
        return lambda max_iter=100, **params: kind(max_iter=max_iter // 10, **params)

    def trees(kind):
        return lambda number, **params: kind(max(number // 5, 5), **params)

    for task, makers in _makers._MAKERS.items():
        small = {"booster": booster(makers.booster), "trees": trees(makers.trees)}
        monkeypatch.setitem(_makers._MAKERS, task, replace(makers, **small))
