"""A skorch net as data, for files of skops, and the net again.

skorch writes its weights as a pickle, whatever asks for its state. Here a net consists
of its parameters and of arrays; it is made and initialised anew, and must then be equal
to the one that was written.
"""

import inspect

import numpy as np
import skorch
import torch
from skorch.utils import get_map_location

from sklearn_kd._messages import printable, show
from sklearn_kd._run.random import contained_draws
from sklearn_kd.students.skorch.criterion import Numbers, Probabilities

#: The classes of nets by the name in a file: a file that named them as types could ask
#: skops for one, and skorch would unpickle what is in it.
_KINDS = {
    kind.__name__: kind
    for kind in (
        skorch.NeuralNetClassifier,
        skorch.NeuralNetBinaryClassifier,
        skorch.NeuralNetRegressor,
    )
}

#: Values that `==` compares.
_PLAIN = (bool, int, float, complex, str, bytes, set, frozenset, np.generic)

#: For what constructors draw. No fit has it: what is drawn, and kept nowhere, then
#: differs from what the net had.
_SEED = 1_402_946_843

_INSTEAD = "Write it by joblib.dump, or export the module by torch.onnx.export."


def net_as_data(net):
    """Write down a net that is not fitted.

    Parameters
    ----------
    net : skorch.NeuralNet
        Its weights, if it has any, are left out, as `clone` would.

    Returns
    -------
    dict
        The name of its class, and the parameters that differ from their defaults.

    Raises
    ------
    TypeError
        For a class of the user's, and for a parameter that skops cannot restore.
    """
    kind = type(net).__name__
    if _KINDS.get(kind) is not type(net):
        raise TypeError(
            f"The net is of the class {kind}, and skops keeps nets of the classes of "
            f"skorch alone: {', '.join(_KINDS)}. {_INSTEAD}"
        )
    defaults = _defaults(type(net))
    params = {
        name: value
        for name, value in net.get_params(deep=False).items()
        if not name.startswith("_")  # its constructor sets it by the others
        and (name not in defaults or not _same(value, defaults[name]))
    }
    for name, value in params.items():
        _check_kept(f"The parameter {name} of the net", value)
    return {"kind": kind, "params": params}


def net_of(data):
    """Make a net that is not fitted of what :func:`net_as_data` gave."""
    params = data["params"]
    if params.get("device") is not None:
        params = params | {"device": str(get_map_location(params["device"]))}
    return _KINDS[data["kind"]](**params)


def fitted_net_as_data(net):
    """Write down a fitted net of an adapter, as it is left for prediction.

    Parameters
    ----------
    net : skorch.NeuralNet
        Without optimizer and callbacks.

    Returns
    -------
    dict
        As from :func:`net_as_data`, and with: the arrays of its modules by name; its
        history; what else it has learned; how predictions are made of what the module
        returns.

    Raises
    ------
    TypeError
        Also where the net that is made of it would be another: a module may hold what
        is neither a weight nor made by its constructor.
    """
    bare = object.__new__(type(net))
    vars(bare).update(vars(net))
    reads = net.predict_nonlinearity
    bare.predict_nonlinearity = "auto"
    data = net_as_data(bare) | {
        "weights": {name: _arrays(net, name) for name in net._modules},
        "history": [*net.history],
        "learned": {},
        "reads": {"output": reads.output}
        if isinstance(reads, Probabilities)
        else {"level": reads.level},
    }
    made = fitted_net_of(data)
    known = vars(made).keys() | {"optimizer_"}
    data["learned"] = {n: v for n, v in vars(net).items() if n not in known}
    for name, value in data["learned"].items():
        _check_kept(f"The attribute {name} of the net", value)
    for name in net._modules:
        _check_same(getattr(net, f"{name}_"), getattr(made, f"{name}_"), name)
    return data


def fitted_net_of(data):
    """Make a fitted net of what :func:`fitted_net_as_data` gave.

    Raises
    ------
    RuntimeError
        By torch, for arrays that do not fit the modules.
    """
    net = net_of(data)
    # callbacks may open files when they are initialised
    callbacks, net.callbacks = net.callbacks, "disable"
    with contained_draws(_SEED, net):
        net.initialize()
    net.callbacks, net.callbacks_ = callbacks, []
    vars(net).pop("optimizer_", None)
    for name, arrays in data["weights"].items():
        module = getattr(net, f"{name}_")
        module.load_state_dict({n: torch.as_tensor(v) for n, v in arrays.items()})
        module.eval()
    net.history_.extend(data["history"])
    vars(net).update(data["learned"])
    criterion = getattr(net.criterion_, "_orig_mod", net.criterion_)
    if "output" in data["reads"]:
        criterion.output = data["reads"]["output"]
        net.predict_nonlinearity = Probabilities(criterion.output)
    else:
        net.predict_nonlinearity = Numbers(criterion, data["reads"]["level"])
    return net


def _defaults(kind):
    """Give the defaults of all parameters that the constructors of a net name."""
    found = {}
    for owner in reversed(kind.__mro__):
        if "__init__" in vars(owner):
            for name, parameter in inspect.signature(owner.__init__).parameters.items():
                if parameter.default is not parameter.empty:
                    found[name] = parameter.default
    return found


def _arrays(net, name):
    """Give the weights and buffers of a module as arrays."""
    found = {}
    for place, value in getattr(net, f"{name}_").state_dict().items():
        try:
            found[place] = value.detach().cpu().numpy()
        except (AttributeError, RuntimeError, TypeError) as error:
            raise TypeError(
                f"{place} of the {name} of the net is {_kind_of(value)}, which is no "
                f"array of NumPy: {printable(error)}. {_INSTEAD}"
            ) from error
    return found


def _kind_of(value):
    if isinstance(value, torch.Tensor):
        return f"a tensor of {value.dtype}"
    return f"of type {type(value).__name__}"


def _check_kept(what, value):
    """Refuse a value that skops cannot restore, as the same."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return
    # here, since skops asks for the state that this is a part of
    from skops import io

    try:
        data = io.dumps(value)
        trusted = io.get_untrusted_types(data=data)
        again = io.loads(data, trusted=trusted)
    except Exception as error:
        raise TypeError(
            f"{what} is {show(value)}, which skops cannot keep: {printable(error)}. "
            f"{_INSTEAD}"
        ) from error
    if not _same(value, again):
        raise TypeError(
            f"{what} is {show(value)}, which skops restores as {show(again)}. "
            f"{_INSTEAD}"
        )


def _check_same(module, made, name):
    """Refuse a module whose parts differ from those that are made again."""
    others = dict(made.named_modules())
    for place, part in module.named_modules():
        where = f"{name}.{place}" if place else name
        other = others.get(place)
        for attribute, value in vars(part).items():
            if attribute in ("training", "_modules"):
                continue
            if other is None or not _same(value, vars(other).get(attribute)):
                raise TypeError(
                    f"{attribute} of the {where} of the net is not what its "
                    f"constructor makes, and skops keeps weights and buffers alone. "
                    f"{_INSTEAD}"
                )
    if others.keys() - dict(module.named_modules()):
        raise TypeError(
            f"The {name} of the net has other parts than its constructor makes. "
            f"{_INSTEAD}"
        )


def _same(one, other, within=()):
    """Return whether two values are equal, in all that they consist of."""
    if one is other or (id(one), id(other)) in within:
        return True
    if type(one) is not type(other):
        return False
    within = (*within, (id(one), id(other)))
    if isinstance(one, _PLAIN):
        return bool(one == other or (one != one and other != other))
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, np.ndarray):
        numbers = one.dtype.kind in "fc"
        same = np.array_equal(one, other, equal_nan=numbers)
        return one.dtype == other.dtype and same
    if isinstance(one, dict):
        return list(one) == list(other) and all(
            _same(value, other[key], within) for key, value in one.items()
        )
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(
            _same(*pair, within) for pair in zip(one, other, strict=True)
        )
    if isinstance(one, type) or inspect.isroutine(one):
        return False  # two of one name
    try:
        parts = [each.__reduce_ex__(4) for each in (one, other)]
    except Exception:  # a generator, a lock
        return False
    if isinstance(parts[0], str):
        return parts[0] == parts[1]
    return _same(*(each[:3] for each in parts), within)
