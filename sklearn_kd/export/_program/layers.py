"""The layers of a fitted network, whatever it was trained by."""

from dataclasses import dataclass

import numpy as np

from sklearn_kd.students.skorch._base import BaseSkorch


@dataclass(frozen=True, eq=False)
class Layers:
    """Weights and activations.

    Parameters
    ----------
    coefs, intercepts : list of ndarray, float64
        Those of each layer, of shape (n_inputs, n_outputs) and (n_outputs,).
    activation : str
        Behind each layer but the last; "identity" is none.
    link : str
        Behind the last; that of a regressor belongs to its task, and is "identity".
    """

    coefs: list
    intercepts: list
    activation: str
    link: str


def layers_of(student, caller):
    """Read the layers of a student.

    Parameters
    ----------
    student : MLPStudent, MLPStudentRegressor, SkorchStudent or SkorchStudentRegressor
        Fitted.
    caller : str
        The function that exports, for messages.

    Returns
    -------
    Layers
        Its arrays may be those of the student.

    Raises
    ------
    TypeError
        For a net whose module is not a :class:`~sklearn_kd.torch.TabularMLP` of layers
        that a program has.
    """
    if isinstance(student, BaseSkorch):
        layers = layers_of_net(student)
        if isinstance(layers, str):
            raise TypeError(
                f"{caller} covers nets whose module is a sklearn_kd.torch.TabularMLP "
                f'with the activation "relu", "tanh" or "logistic", got {layers}. '
                "Train such a module, or write the student by to_onnx, which covers "
                "other modules too."
            )
        return layers
    exact = student._exact
    link = student.out_activation_ if hasattr(student, "classes_") else "identity"
    return Layers(exact.coefs, exact.intercepts, student.activation, link)


def layers_of_net(student):
    """Read the layers of a net's module; what it is instead, where it has none."""
    # here, since they import torch, as the net has done
    from torch import nn

    from sklearn_kd.torch import TabularMLP

    net = student.net_
    own = own_prediction(net)
    if own is not None:
        return own
    module = module_of(net)
    if type(module) is not TabularMLP:
        return f"a module of the class {type(module).__name__}"
    activations = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "logistic"}
    layers = [layer for layer in module.layers if type(layer) is not nn.Dropout]
    linear, between = layers[::2], {type(layer) for layer in layers[1::2]}
    if {type(layer) for layer in linear} != {nn.Linear} or len(between) > 1:
        return "a TabularMLP of other layers"
    if not between <= activations.keys():
        return f"one with {between.pop().__name__}"
    coefs = [_array(layer.weight).T for layer in linear]
    intercepts = [_array(layer.bias) for layer in linear]
    activation = activations[between.pop()] if between else "identity"
    if not hasattr(student, "classes_"):
        return Layers(coefs, intercepts, activation, "identity")
    returned = net.predict_nonlinearity.output
    if returned == "logit":  # that of the first of two classes is 0
        coefs[-1] = np.hstack([np.zeros_like(coefs[-1]), coefs[-1]])
        intercepts[-1] = np.concatenate([np.zeros(1), intercepts[-1]])
    elif returned != "logits":
        return "one whose numbers are taken as probabilities"
    return Layers(coefs, intercepts, activation, "softmax")


def module_of(net):
    """Give the module of a net, not its compiled form."""
    return getattr(net.module_, "_orig_mod", net.module_)


def own_prediction(net):
    """Name a net whose class does not predict as skorch's do; None for any other."""
    kind = next(b for b in type(net).__mro__ if b.__module__.startswith("skorch."))
    for name in ("infer", "evaluation_step", "forward_iter", "predict_proba"):
        if getattr(type(net), name) is not getattr(kind, name):
            return f"a {type(net).__name__} with a method {name} of its own"
    return None


def _array(parameter):
    """Give a parameter of a module in float64."""
    return parameter.detach().cpu().numpy().astype(np.float64)
