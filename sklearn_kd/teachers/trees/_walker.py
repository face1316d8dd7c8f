"""What walks the trees of one model in its place."""

import inspect
from contextlib import suppress
from types import FunctionType


def public_class(model):
    """Give the class of a model, and scikit-learn's own for a twin without hooks."""
    return vars(type(model)).get("_public_class", type(model))


def shallow_copy(model, **attributes):
    """Copy a model that shares all it holds, but for some attributes."""
    made = object.__new__(type(model))
    vars(made).update(vars(model), **attributes)
    return made


class Walker:
    """Stands in for a part of a fitted model, and predicts by the compiled core.

    Parameters
    ----------
    model : estimator
        Fitted.

    Attributes
    ----------
    trees : FlatTrees or None
        None before :meth:`load`, and where the model has to predict in its own way.
    """

    #: The attribute of the model that it stands in for; a method of the same name does.
    replaces = None

    def __init__(self, model):
        self.model = model
        self.trees = None

    def __reduce__(self):
        """Pickle the model alone."""
        return type(self), (self.model,)

    def can_walk(self):
        """Return whether that may be possible, without reading the trees."""
        raise NotImplementedError

    def read(self):
        """Read the trees into flat arrays; None where anything in them is unknown."""
        raise NotImplementedError

    def load(self):
        """Read the trees if that has not been done; return whether there are any."""
        if self.trees is None:
            with suppress(Exception):  # as of a library that keeps them in another way
                self.trees = self.read()
        return self.trees is not None

    def own(self, *args, **params):
        """Call what it stands in for."""
        return getattr(self.model, self.replaces)(*args, **params)

    def copy(self):
        """Copy the model, with this in the place of what it replaces."""
        return shallow_copy(self.model, **{self.replaces: getattr(self, self.replaces)})

    def keeps_method(self, name):
        """Return whether a method is that of its package, without a hook on it."""
        return keep_method([self.model], name)


def keep_method(models, name):
    """Return whether a method of all models is that of their package, without hooks."""
    return not any(name in vars(model) for model in models) and all(
        _is_of_package(kind, name) for kind in set(map(type, models))
    )


def _is_of_package(kind, name):
    """Return whether a method was written in the package of its class."""
    method = inspect.getattr_static(kind, name, None)
    package = kind.__module__.partition(".")[0]
    return (
        type(method) is FunctionType
        and method.__name__ == name
        and method.__globals__.get("__name__", "").partition(".")[0] == package
    )
