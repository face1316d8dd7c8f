"""Hooks on the public methods of scikit-learn, as platforms that record runs put them.

There are two kinds, with and without the traces that ``functools.wraps`` leaves; and a
module that stands in for MLflow's switch.
"""

import functools
import inspect
import sys
import types
import warnings
from contextlib import contextmanager

from sklearn.utils import all_estimators

METHODS = (
    *("fit", "partial_fit", "fit_transform", "fit_predict", "transform", "kneighbors"),
    *("predict", "predict_proba", "predict_log_proba", "decision_function", "score"),
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    ESTIMATORS = [kind for _, kind in all_estimators()]

MLFLOW = "mlflow.utils.autologging_utils"


@contextmanager
def hooked(*, wrapped):
    """Put a hook on every method of every class; yields the list of calls."""
    calls, undo = [], []

    def hook(method, name):
        def recorded(self, *args, **params):
            calls.append(f"{type(self).__name__}.{name}")
            return method(self, *args, **params)

        return functools.wraps(method)(recorded) if wrapped else recorded

    for kind in ESTIMATORS:
        for name in METHODS:
            static = inspect.getattr_static(kind, name, None)
            if static is None:
                continue
            if hasattr(static, "fn"):  # of ``available_if``
                undo.append((setattr, static, "fn", static.fn))
                static.fn = hook(static.fn, name)
                continue
            own = name in vars(kind)
            undo.append((setattr if own else _remove, kind, name, static))
            setattr(kind, name, hook(getattr(kind, name), name))
    try:
        yield calls
    finally:
        for back, owner, name, value in reversed(undo):
            back(owner, name, value)


def _remove(owner, name, value):
    delattr(owner, name)


class Mlflow(types.ModuleType):
    """The part of MLflow that a fit reads, and whether it records at the moment."""

    _AUTOLOGGING_GLOBALLY_DISABLED = False

    @contextmanager
    def disable_autologging(self):
        # as the original does: off before, or not, it is on afterwards
        self._AUTOLOGGING_GLOBALLY_DISABLED = True
        try:
            yield
        finally:
            self._AUTOLOGGING_GLOBALLY_DISABLED = False

    @property
    def records(self):
        return not self._AUTOLOGGING_GLOBALLY_DISABLED


def loaded_mlflow(monkeypatch):
    module = Mlflow(MLFLOW)
    monkeypatch.setitem(sys.modules, MLFLOW, module)
    return module
