"""Twins of scikit-learn's classes, for the models that the package fits for itself.

Platforms that record experiments put hooks on the public methods of scikit-learn's
classes, and record there what users fitted; nothing else belongs there. A twin is a
subclass that has these methods without a hook.
"""

import copy
import functools
import inspect
from types import FunctionType

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.preprocessing import LabelEncoder

#: Most objects that are looked at to find the method inside a hook.
_MOST_PARTS = 200


def below_hooks(model):
    """Copy a model of the package's own, so that no hook is called when it is used.

    All estimators inside become twins; what the model holds besides is shared.
    """
    return _rebuilt(model, _twin, {})


def is_below_hooks(model):
    """Return whether a model is of a twin class: what its fit makes may not be."""
    return "_public_class" in vars(type(model))


def as_public(model):
    """Copy a model with all twins in it replaced by scikit-learn's own classes."""
    return _rebuilt(model, lambda kind: vars(kind).get("_public_class", kind), {})


def _rebuilt(value, new_class, done):
    """Copy a value where an estimator in it has to be of another class."""
    if id(value) in done:
        return done[id(value)]
    kind = type(value)
    if kind in (list, tuple):
        parts = [_rebuilt(part, new_class, done) for part in value]
        same = all(new is old for new, old in zip(parts, value, strict=True))
        return value if same else kind(parts)
    if kind is dict:
        parts = {name: _rebuilt(part, new_class, done) for name, part in value.items()}
        return value if all(parts[n] is value[n] for n in value) else parts
    if not isinstance(value, BaseEstimator):
        return value
    parts = _rebuilt(vars(value), new_class, done)
    wanted = new_class(kind)
    if wanted is kind and parts is vars(value):
        return value
    made = done[id(value)] = object.__new__(wanted)
    vars(made).update(parts)
    return made


@functools.cache
def _twin(kind):
    """Make the subclass of a class of scikit-learn that no hook reaches."""
    if not _is_scikit_learn(kind.__module__) or "_public_class" in vars(kind):
        return kind
    own = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    twin = type(kind.__name__, (kind,), own)
    # set one by one: scikit-learn wraps what stands in the body of a class once more
    twin._public_class = kind
    twin.__reduce_ex__ = _reduce
    for name in dir(kind):
        if not name.startswith("_"):
            setattr(twin, name, _without_hook(kind, name))
    if kind.__name__ == "HistGradientBoostingClassifier":
        twin._encode_y = _encode_y
    return twin


def _reduce(self, protocol):
    return _make_twin, (self._public_class,), self.__getstate__()


def _make_twin(kind):
    return object.__new__(_twin(kind))


def _is_scikit_learn(module):
    return module.partition(".")[0] == "sklearn"


def _without_hook(kind, name):
    """Give an attribute of a class; scikit-learn's own where there is a hook on it."""
    found = inspect.getattr_static(kind, name)
    if isinstance(found, (classmethod, staticmethod)):
        return found
    if hasattr(found, "fn") and hasattr(found, "check"):  # one of ``available_if``
        found = copy.copy(found)  # a hook may come to stand in it later
        found.fn = _innermost(found.fn, name)
        return found
    return _innermost(found, name) if callable(found) else _of_property(found, name)


def _of_property(found, name):
    if not isinstance(found, property) or _is_own(found.fget, name):
        return found
    return _innermost(found, name)


def _is_own(value, name):
    # by where it is defined: a wrapper names the module of what it wraps
    return (
        type(value) is FunctionType
        and value.__name__ == name
        and _is_scikit_learn(value.__globals__.get("__name__", ""))
    )


def _innermost(hook, name):
    """Find scikit-learn's method in a hook, or give the hook."""
    pending, seen = [hook], []
    while pending and len(seen) < _MOST_PARTS:
        value = pending.pop(0)
        if _is_own(value, name):
            return value
        if isinstance(value, type) or any(value is other for other in seen):
            continue
        seen.append(value)
        if hasattr(value, "fn") and hasattr(value, "check"):
            value = value.fn
        pending += _held(value)
    return hook


def _held(value):
    """List what a wrapper of a method may keep that method in."""
    names = ("__wrapped__", "__func__", "func", "fget")
    held = [getattr(value, name) for name in names if hasattr(value, name)]
    for cell in getattr(value, "__closure__", None) or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:  # nothing is in it
            continue
    held += getattr(value, "__defaults__", None) or ()
    held += (getattr(value, "__kwdefaults__", None) or {}).values()
    if callable(value) and hasattr(value, "__dict__"):
        held += vars(value).values()
    return [part for part in held if callable(part) or isinstance(part, property)]


def _encode_y(self, y):
    """Encode labels as boosting does, without a public ``LabelEncoder``."""
    classes, codes = np.unique(y, return_inverse=True)
    self._label_encoder = LabelEncoder()
    self._label_encoder.classes_ = self.classes_ = classes
    self.n_trees_per_iteration_ = len(classes) if len(classes) > 2 else 1
    return codes.astype(np.float64)
