"""What is read off a skorch net, and which nets can be students; without skorch."""

import functools
import inspect

from sklearn.base import ClassifierMixin, RegressorMixin, clone

from sklearn_kd._estimators.nets import is_skorch_net
from sklearn_kd._messages import show

#: What skorch calls a net of each task.
_NETS = {"classifier": "NeuralNetClassifier", "regressor": "NeuralNetRegressor"}


def check_net(net, kind):
    """Refuse what is no net that can be trained here, as a classifier or regressor."""
    if isinstance(net, type) or not is_skorch_net(net):
        raise TypeError(
            f"net must be a skorch net such as {_NETS[kind]}(Module), got {show(net)}."
        )
    other = RegressorMixin if kind == "classifier" else ClassifierMixin
    if isinstance(net, other):
        raise TypeError(
            f"net must be a {kind}, got {type(net).__name__}. Use "
            f"{_NETS[kind]}(Module)."
        )
    if not isinstance(net.module, type) and hasattr(net.module, "state_dict"):
        raise TypeError(
            f"The net holds an instance of {type(net.module).__name__}: skorch trains "
            "it in place, and weights leak from one fold to the next. Pass the class, "
            f"{_NETS[kind]}({type(net.module).__name__}, module__...=...), or a "
            "function that makes the module."
        )
    replaced = sorted(name for name in vars(net) if name.startswith("criterion__"))
    if replaced:
        raise ValueError(
            f"{', '.join(replaced)}: the distillation loss takes the place of the "
            "criterion, so it would have no effect. Remove it; weights, those of "
            "classes too, go into sample_weight."
        )


def check_criterion(net):
    """Refuse a criterion of a regressor that is not the one that skorch gives it."""
    # here, since they import torch, as the net has done
    from torch.nn import MSELoss

    from sklearn_kd.torch.regression import RegressionDistillationLoss

    given = net.criterion if isinstance(net.criterion, type) else type(net.criterion)
    if not issubclass(given, (MSELoss, RegressionDistillationLoss)):
        name = getattr(net.criterion, "__name__", given.__name__)
        raise ValueError(
            f"criterion={name} of the net would have no effect: the distillation loss "
            "takes its place. Leave it out, or MSELoss, and choose the loss by loss=: "
            '"absolute_error", "huber", "poisson", or another of '
            "sklearn_kd.losses.LOSSES."
        )


def has_default_split(net):
    """Return whether a net has the ``train_split`` that skorch gives it unasked.

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
    """Read an attribute of a net's module class, or of the function that makes it."""
    return getattr(getattr(net, "module", None), name, default)


def module_name(net):
    """Name the class of a net's module, or the function that makes it."""
    module = net.module
    while isinstance(module, functools.partial):
        module = module.func
    return getattr(module, "__name__", type(module).__name__)
