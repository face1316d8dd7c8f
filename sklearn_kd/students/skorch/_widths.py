"""The width of the rows that a module takes, and what decides it."""

import functools
import inspect

import numpy as np
import torch
from sklearn.base import clone
from skorch import NeuralNetBinaryClassifier
from skorch.callbacks import Callback, InputShapeSetter
from torch.nn.parameter import is_lazy

from sklearn_kd.students.skorch._nets import module_name
from sklearn_kd.students.skorch._prediction import forward
from sklearn_kd.students.skorch._threads import single_torch_thread

#: Under these names a module's constructor gets the width of its input, and of its
#: output, where the user has not set it.
INPUT_WIDTHS = {
    "n_features",
    "n_inputs",
    "in_features",
    "input_dim",
    "input_size",
    "num_features",
    "n_in",
    "d_in",
}
OUTPUT_WIDTHS = {
    "n_classes",
    "n_outputs",
    "out_features",
    "output_dim",
    "output_size",
    "num_classes",
    "n_out",
    "d_out",
}

#: Attributes in which layers keep the width that they take.
_LAYER_WIDTHS = ("in_features", "num_features", "normalized_shape", "input_size")

#: What modules raise for rows of another width.
_REFUSALS = (RuntimeError, ValueError, IndexError, AssertionError)


def widths(net, X, n_outputs):
    """Fill in the widths that the module's constructor takes by a customary name.

    Parameters
    ----------
    net : skorch.NeuralNet
        Any.
    X : {ndarray, CSR matrix} of shape (n_samples, n_inputs), dict of ndarray, or None
        Encoded rows; None leaves the width of the input out.
    n_outputs : int
        Number of columns that the module is to return.

    Returns
    -------
    dict of str to int
        Parameters of the net; none that the user has set.
    """
    free = _free_names(net)
    width = 1 if isinstance(net, NeuralNetBinaryClassifier) else n_outputs
    found = dict.fromkeys(OUTPUT_WIDTHS & free, width)
    if X is not None and not isinstance(X, dict):
        found |= dict.fromkeys(INPUT_WIDTHS & free, X.shape[1])
    return {f"module__{name}": width for name, width in found.items()}


def _free_names(net):
    """List the parameters of the module's constructor that the user has not set."""
    module = net.module
    try:
        names = set(inspect.signature(module).parameters)
    except ValueError:  # of what is written in C
        return set()
    while isinstance(module, functools.partial):
        names -= module.keywords.keys()
        module = module.func
    return {name for name in names if f"module__{name}" not in vars(net)}


def set_shapes(net, X, y):
    """Have skorch's callback set the module's width, as it does in training."""
    for _, callback in net.callbacks_:
        if isinstance(callback, InputShapeSetter):
            callback.on_train_begin(net, X=X, y=y)


def may_set_width(net):
    """Return whether a user's callback may set the width when training begins."""
    return any(
        type(callback).on_train_begin is not Callback.on_train_begin
        and not type(callback).__module__.startswith("skorch.")
        for _, callback in net.callbacks_
    )


def takes_numbers_only(net, rows, n_outputs, *, numbers):
    """Return which rows a module takes that cannot follow an encoder.

    It can where its constructor takes the width of the input by a customary name, and
    the user has not set it; where it is set by skorch's ``InputShapeSetter``; where a
    layer finds out by itself, such as ``torch.nn.LazyLinear``; and where it takes rows
    of any width.

    Parameters
    ----------
    net : skorch.NeuralNet
        Not initialised; not changed.
    rows : ndarray of shape (n_samples, n_features), float
        Some rows as they are, or, where they cannot be, zeros.
    n_outputs : int
        Number of columns that the module is to return.
    numbers : bool
        Whether all columns hold numbers.

    Returns
    -------
    str or None
        The dtype in which the module takes the rows as they are, "float32" or "int64";
        None for one that can follow, or may.

    Raises
    ------
    ValueError
        For a module of one width where the rows have another, or are not numbers.
    """
    if INPUT_WIDTHS & _free_names(net):
        return None
    trial = clone(net).set_params(
        criterion=torch.nn.CrossEntropyLoss, **widths(net, None, n_outputs)
    )
    trial.initialize()
    if any(isinstance(each, InputShapeSetter) for _, each in trial.callbacks_):
        return None
    if any(is_lazy(weight) for _, weight in trial.get_all_learnable_params()):
        return None
    single = rows.astype(np.float32)
    failed = _failure(trial, single)
    if failed is None:
        wider = np.c_[single, np.zeros_like(single[:, :1])]
        if _failure(trial, wider) is None:
            return None
        if numbers:
            return "float32"
    elif numbers:
        whole = rows.astype(np.int64)
        if (whole == rows).all() and _failure(trial, whole) is None:
            return "int64"
    # a callback may set it first; other errors have other causes
    if failed and (may_set_width(trial) or not isinstance(failed, _REFUSALS)):
        return None
    if numbers:
        raise unreadable(trial, single, failed) from failed
    raise ValueError(
        f"The module {module_name(net)} takes rows of one width: its constructor has "
        "no free parameter for it, such as n_features. X has columns that do not hold "
        "numbers, and encoded they are as wide as their levels are many. Let the "
        "constructor take n_features, which is then filled in, or make numbers of them "
        "first: by a transformer such as OneHotEncoder before the net in a pipeline, "
        "or as SkorchStudent(net, encoder=...), for numbers SkorchStudentRegressor."
    )


def unreadable(net, X, error):
    """Make the error for a module that cannot read the rows.

    Parameters
    ----------
    net : skorch.NeuralNet
        Initialised.
    X : {ndarray, CSR matrix} of shape (n_samples, n_inputs), or dict of ndarray
        What it could not read.
    error : Exception
        What the module raised.

    Returns
    -------
    ValueError
        With the width of the rows, and the width that they must have, if that can be
        found.
    """
    name, text = module_name(net), str(error).strip().partition("\n")[0]
    if isinstance(X, dict):
        return ValueError(f"The module {name} cannot read the encoded rows: {text}.")
    width = X.shape[1]
    layer = _first_layer(net, X)
    wanted = None if layer is None else _width_of(layer)
    if wanted in (None, width):
        return ValueError(
            f"The module {name} cannot read rows of {width} columns: {text}."
        )
    mine = sorted(n for n in INPUT_WIDTHS if f"module__{n}" in vars(net))
    fix = "Let its constructor take the width as n_features, which is then filled in"
    if mine:
        fix = f"Leave module__{mine[0]} out, so that it is filled in"
    return ValueError(
        f"The module {name} takes rows of {wanted} columns, by its {layer!r}, and got "
        f"rows of {width}. {fix}, or pass rows of {wanted} columns."
    )


def _failure(net, X):
    """Give what the module raises for a few rows; None where it takes them."""
    try:
        with single_torch_thread(net):
            forward(net, X)
    except Exception as error:  # a module may raise anything
        return error
    return None


def _first_layer(net, X):
    """Find the layer that the rows reach first."""
    reached = []

    def keep(layer, inputs):
        """Keep the first layer that has a width."""
        if not reached and _width_of(layer) is not None:
            reached.append(layer)

    hooks = [
        layer.register_forward_pre_hook(keep)
        for layer in net.module_.modules()
        if not list(layer.children())
    ]
    _failure(net, X)
    for hook in hooks:
        hook.remove()
    return reached[0] if reached else None


def _width_of(layer):
    """Read the width that a layer takes; None where it has none."""
    for name in _LAYER_WIDTHS:
        width = getattr(layer, name, None)
        if isinstance(width, (tuple, list)) and len(width) == 1:
            width = width[0]
        if isinstance(width, int):
            return width
    return None
