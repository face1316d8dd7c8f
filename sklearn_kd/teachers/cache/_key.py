"""The key of a kept result: a hash of everything that it depends on."""

import importlib.metadata
import inspect
import pickle
import sys
from dataclasses import dataclass

import numpy as np
from joblib.hashing import NumpyHasher
from numpy.lib.recfunctions import repack_fields
from sklearn import get_config

from sklearn_kd._estimators.parts import thawed
from sklearn_kd._native import training_kernel
from sklearn_kd.teachers.given.stored import StoredTeacher

#: Packages whose code is behind every result.
_OWN = "sklearn_kd"
_ALWAYS = (_OWN, "sklearn", "numpy", "scipy")

#: Settings of scikit-learn that change how an estimator is shown, and no result.
_SH_OWN = frozenset(["display", "print_changed_only"])


@dataclass(frozen=True, eq=False)
class Keyed:
    """An argument with a key that stands for it.

    Parameters
    ----------
    value : object
        What the function gets.
    key : str or None
        What the key of the call is made of; None keeps nothing of it.
    """

    value: object
    key: str


class _Hasher(NumpyHasher):
    """joblib's, but for the bytes between the fields of records, which mean nothing.

    The nodes of a tree have some, which are others each time joblib has loaded them.
    """

    def save(self, obj):
        if isinstance(obj, np.ndarray) and obj.dtype.names:
            obj = repack_fields(obj)
        super().save(obj)


def hash_of(value):
    """Hash a value, as ``joblib.hash`` does."""
    return _Hasher(hash_name="md5").hash(value)


def key_of_call(function, arguments):
    """Make the key of a call.

    Parameters
    ----------
    function : callable
        At the top of a module.
    arguments : sequence
        All that the result depends on.

    Returns
    -------
    str
        A hash of the function's name, of every argument, of the versions of the
        packages whose code is in them, and of scikit-learn's settings.

    Raises
    ------
    Exception
        What pickle raises for an argument that it does not take.
    """
    hashes = [
        argument.key if isinstance(argument, Keyed) else hash_of(argument)
        for argument in arguments
    ]
    return hash_of([function.__qualname__, hashes, environment(arguments)])


def key_of_teacher(teacher):
    """Make the key of a fitted teacher.

    Parameters
    ----------
    teacher : object
        Fitted.

    Returns
    -------
    str
        A hash of its state, its classes and the versions of the packages whose code is
        in it. An attribute ``cache_key`` of the teacher stands for the state; one that
        its class has for all instances counts beside it, or alone where the state
        cannot be pickled.

    Raises
    ------
    Exception
        What pickle raises where it does not take the teacher, and there is no key.
    """
    named = getattr(teacher, "cache_key", None)
    state = hash_of(named) if named else None
    if state is None or _is_of_the_class(teacher):
        try:
            state = hash_of(teacher)
        except Exception:
            if state is None:
                raise
    return hash_of(
        [
            f"{type(teacher).__module__}.{type(teacher).__qualname__}",
            state,
            getattr(teacher, "classes_", None),
            environment([teacher]),
        ]
    )


def _is_of_the_class(teacher):
    """Return whether ``cache_key`` is one string for all instances."""
    teacher = thawed(teacher)
    own = "cache_key" in getattr(teacher, "__dict__", ())
    return not own and isinstance(
        inspect.getattr_static(type(teacher), "cache_key", None), str
    )


def environment(arguments):
    """Collect what a result depends on beside the arguments of its call.

    Parameters
    ----------
    arguments : sequence
        Of the call.

    Returns
    -------
    list of tuple
        scikit-learn's settings, the packages of all classes and functions inside the
        arguments with their versions, and the ``cache_key`` of such classes.
    """
    found = {("package", name) for name in _ALWAYS}
    for argument in arguments:
        if not isinstance(argument, Keyed):
            found |= _parts(argument)
    settings = get_config()
    return [
        *sorted((n, repr(v)) for n, v in settings.items() if n not in _SH_OWN),
        *sorted(
            (kind, name, _version(name) if kind == "package" else "")
            for kind, name in found
        ),
    ]


def _version(package):
    """Give the version of an imported package, empty where it has none."""
    version = getattr(sys.modules.get(package), "__version__", None)
    if version is None and package not in {*sys.stdlib_module_names, "__main__"}:
        try:
            version = importlib.metadata.version(package)
        except Exception:  # no distribution has this name
            version = None
    return str(version or "")


def _parts(argument):
    """Find the packages, and keys of classes, whose code is in an argument."""
    collector = _Collector()
    try:
        collector.dump(argument)
    except Exception:
        # what cannot be pickled has a cache_key, or is not kept
        values = [argument, *vars(argument).values()] if _has_state(argument) else []
        if hasattr(argument, "get_params"):
            values += argument.get_params(deep=True).values()
        for value in values:
            collector.add_class(type(value))
    return collector.found


def _has_state(argument):
    return hasattr(argument, "__dict__") and not isinstance(argument, type)


class _Nowhere:
    """A file that keeps nothing of what is written to it."""

    def write(self, data):
        return len(data)


class _Collector(pickle.Pickler):
    """A pickler that collects the packages whose code is in an object."""

    def __init__(self):
        super().__init__(_Nowhere())
        self.found = set()

    def reducer_override(self, obj):
        if isinstance(obj, StoredTeacher):  # its state is a path
            self.found |= _parts(obj.estimator)
        if isinstance(obj, np.ndarray) and not obj.dtype.hasobject:
            self.add_class(type(obj))
            return tuple, ()  # its numbers belong to no code
        if isinstance(obj, type):
            self.add_class(obj)
            return NotImplemented if obj is tuple else (tuple, ())
        if inspect.isroutine(obj) and getattr(obj, "__self__", None) is None:
            self._add_package(obj)
            return tuple, ()
        return NotImplemented

    def add_class(self, cls):
        """Note a class, and those that it derives from."""
        for base in cls.__mro__:
            self._add_package(base)
            key = vars(base).get("cache_key")
            if isinstance(key, str):
                self.found.add(("key", f"{base.__module__}.{base.__qualname__}={key}"))

    def _add_package(self, obj):
        module = getattr(obj, "__module__", None)
        if isinstance(module, str):
            package = module.partition(".")[0]
            self.found.add(("package", package))
            if package == _OWN:  # it may train a network
                self.found.add(("training", training_kernel()))
