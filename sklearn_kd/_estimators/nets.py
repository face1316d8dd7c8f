"""What can be read off a skorch net without importing skorch."""

import functools
import inspect
import sys

from sklearn.base import clone


def is_skorch_net(estimator):
    """Say whether an object is a net of skorch.

    Parameters
    ----------
    estimator : object
        Anything.

    Returns
    -------
    bool
        False where skorch has not been imported: then there can be no net.
    """
    skorch = sys.modules.get("skorch")
    return skorch is not None and isinstance(estimator, skorch.NeuralNet)


def has_default_split(net):
    """Say whether a net has the ``train_split`` that skorch gives it unasked.

    Parameters
    ----------
    net : skorch.NeuralNet
        Any.

    Returns
    -------
    bool
        True also where the user has written down just that.
    """
    for owner in type(net).__mro__:
        parameter = inspect.signature(owner).parameters.get("train_split")
        if parameter is not None:
            default = parameter.default
            break
    own = net.train_split
    if own is None or type(own) is not type(default):
        return False
    return vars(own) == vars(default)


def for_prediction(net):
    """Leave out of a net what only training reads, and what outgrows the net itself.

    That is the optimizer, the callbacks, which may hold it or another copy of the
    weights, and the records of batches in the history.

    Parameters
    ----------
    net : skorch.NeuralNet
        Fitted.

    Returns
    -------
    skorch.NeuralNet
        One that shares everything else with it.
    """
    small = object.__new__(type(net))
    small.__dict__.update(net.__dict__)
    small.__dict__.pop("optimizer_", None)
    small.__dict__["callbacks_"] = []
    # skorch keeps the state of a callback in the one that the user passed
    small.__dict__["callbacks"] = clone(net.callbacks, safe=False)
    if not isinstance(net.history, list):  # of several processes, elsewhere
        return small
    epochs = ({**epoch, "batches": []} for epoch in net.history)
    small.__dict__["history_"] = type(net.history)(epochs)
    return small


def module_attribute(net, name, default):
    """Read an attribute of a net's module class, or of the function that makes it.

    Parameters
    ----------
    net : object
        A net, or what was passed in its place.
    name : str
        Of the attribute.
    default : object
        Where there is none.

    Returns
    -------
    object
        The attribute.
    """
    return getattr(getattr(net, "module", None), name, default)


def module_name(net):
    """Name the class of a net's module, or the function that makes it.

    Parameters
    ----------
    net : skorch.NeuralNet
        Any.

    Returns
    -------
    str
        Its name.
    """
    module = net.module
    while isinstance(module, functools.partial):
        module = module.func
    return getattr(module, "__name__", type(module).__name__)
