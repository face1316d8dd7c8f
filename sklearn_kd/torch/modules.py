"""A ready network for tables."""

import math

import numpy as np
import torch
from torch import nn

from sklearn_kd._messages import show
from sklearn_kd._parameters import MOST, is_number
from sklearn_kd._run.versions import VersionedMixin

_ACTIVATIONS = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "logistic": nn.Sigmoid,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
}

#: Variance that a layer's inputs lose in these activations, by about this factor.
_GAINS = {"relu": 2.0, "silu": 2.0, "gelu": 2.0}


class TabularMLP(VersionedMixin, nn.Module):
    """A multilayer perceptron that gives logits, or numbers.

    Parameters
    ----------
    n_features : int
        Number of input columns.
    n_classes : int
        Number of outputs: of classes, or of numbers in a regression.
    hidden_layer_sizes : int or sequence of int, default=(128, 128)
        Units of each hidden layer; empty for a linear model.
    activation : {"relu", "tanh", "logistic", "silu", "gelu"}, default="relu"
        After each hidden layer.
    dropout : float, default=0.0
        Share of hidden units that is dropped in training, in [0, 1).

    Attributes
    ----------
    layers : torch.nn.Sequential
        The layers in order.

    Raises
    ------
    ValueError
        For a size below 1, an unknown activation or a share outside [0, 1).

    See Also
    --------
    sklearn_kd.MLPStudent : The same network without torch, and faster to train.
    DistillationLoss : What to train it on.

    Notes
    -----
    .. versionadded:: 0.1

    Weights are drawn as those of :class:`sklearn_kd.MLPStudent`: normal, of variance
    2 over the number of inputs for hidden layers with "relu", "silu" or "gelu" (He
    2015), else 1 over that number; biases start at 0. Columns are expected at about
    unit variance.

    Rows of another floating-point type than the weights, such as float64, are brought
    to that of the weights.

    References
    ----------
    He et al., "Delving Deep into Rectifiers", 2015. :doi:`10.1109/ICCV.2015.123`

    Examples
    --------
    >>> import torch
    >>> from sklearn_kd.torch import TabularMLP
    >>> module = TabularMLP(n_features=4, n_classes=3, hidden_layer_sizes=(16,))
    >>> module(torch.zeros(2, 4)).shape
    torch.Size([2, 3])
    """

    def __init__(
        self,
        n_features,
        n_classes,
        hidden_layer_sizes=(128, 128),
        activation="relu",
        dropout=0.0,
    ):
        super().__init__()
        if not isinstance(hidden_layer_sizes, (list, tuple)):
            one = isinstance(hidden_layer_sizes, (str, bytes))
            one = one or np.ndim(hidden_layer_sizes) == 0
            hidden_layer_sizes = (hidden_layer_sizes,) if one else hidden_layer_sizes
        _check_size("n_features", n_features)
        _check_size("n_classes", n_classes)
        for size in hidden_layer_sizes:
            _check_size("each of hidden_layer_sizes", size)
        if not isinstance(activation, str) or activation not in _ACTIVATIONS:
            raise ValueError(
                f"activation must be one of {sorted(_ACTIVATIONS)}, got "
                f"{show(activation)}."
            )
        if not is_number(dropout) or not 0 <= dropout < 1:
            raise ValueError(
                f"dropout must be a number in [0, 1), got {show(dropout)}."
            )
        layers, width = [], int(n_features)
        for size in hidden_layer_sizes:
            layers.append(_linear(width, int(size), _GAINS.get(activation, 1.0)))
            layers.append(_ACTIVATIONS[activation]())
            if dropout:
                layers.append(nn.Dropout(float(dropout)))
            width = int(size)
        layers.append(_linear(width, int(n_classes), 1.0))
        self.layers = nn.Sequential(*layers)

    def forward(self, X):
        """Compute logits.

        Parameters
        ----------
        X : tensor of shape (n_samples, n_features), floating point
            Rows.

        Returns
        -------
        tensor of shape (n_samples, n_classes), dtype of the weights
            Logits.
        """
        layers = self.layers
        dtype = layers[-1].weight.dtype
        return layers(X if X.dtype == dtype else X.to(dtype))

    def train(self, mode=True):
        """Set training mode, at no cost where nothing changes.

        Parameters
        ----------
        mode : bool, default=True
            Whether to train, with dropout, or to evaluate.

        Returns
        -------
        TabularMLP
            The module.
        """
        # skorch reads it before every batch, where the walk through all layers is
        # an eighth of what a prediction costs
        if self.training == mode and self._is_flat_and(mode):
            return self
        return super().train(mode)

    def _is_flat_and(self, mode):
        """Return whether the layers have no children and are all in one mode."""
        # not `self.layers`, which goes a long way round
        layers = self._modules["layers"]
        for layer in layers._modules.values():
            if layer.training != mode or layer._modules:
                return False
        return layers.training == mode


def _check_size(name, value):
    """Refuse a width that is no whole number from 1."""
    if not is_number(value, whole=True) or not 1 <= value <= MOST:
        large = " and below 2**31" if isinstance(value, int) and value > 1 else ""
        raise ValueError(
            f"{name} must be an integer of at least 1{large}, got {show(value)}."
        )


def _linear(n_inputs, n_outputs, gain):
    """Make a layer whose weights have a variance of gain over its inputs."""
    layer = nn.Linear(n_inputs, n_outputs)
    with torch.no_grad():
        layer.weight.normal_(std=math.sqrt(gain / n_inputs))
        layer.bias.zero_()
    return layer
