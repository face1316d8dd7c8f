"""A multilayer perceptron on NumPy, its parameters in one flat buffer."""

import numpy as np
from scipy.sparse import issparse
from scipy.special import expit

from sklearn_kd._messages import show
from sklearn_kd._parameters import MOST, is_number


def _relu(hidden):
    np.maximum(hidden, 0, out=hidden)


def _relu_backward(hidden, delta):
    np.multiply(delta, hidden > 0, out=delta)


def _tanh(hidden):
    np.tanh(hidden, out=hidden)


def _tanh_backward(hidden, delta):
    delta *= 1 - hidden * hidden


def _logistic(hidden):
    expit(hidden, out=hidden)


def _logistic_backward(hidden, delta):
    delta *= hidden * (1 - hidden)


def _identity(hidden):
    pass


def _identity_backward(hidden, delta):
    pass


#: By name: the function in place, and the product of its derivative with a gradient,
#: in place and written in terms of the function's value.
ACTIVATIONS = {
    "relu": (_relu, _relu_backward),
    "tanh": (_tanh, _tanh_backward),
    "logistic": (_logistic, _logistic_backward),
    "identity": (_identity, _identity_backward),
}


#: In place of a look-up table that has not been made yet; None if there is none.
NOT_BUILT = object()

#: What rounding to float16 changes at most, as a share, in its normal range.
_HALF_PRECISION = 2.0**-11


class Layers:
    """Weights and biases of each layer.

    Parameters
    ----------
    coefs : list of ndarray of shape (n_inputs, n_outputs)
        Weights.
    intercepts : list of ndarray of shape (n_outputs,)
        Biases.
    """

    #: The first layer as a table, where the student has made one; see ``_lookup``.
    lookup = NOT_BUILT

    #: The cells of the encoder, where many rows were predicted compiled.
    cells = NOT_BUILT

    def __init__(self, coefs, intercepts):
        self.coefs = coefs
        self.intercepts = intercepts

    @classmethod
    def in_float64(cls, coefs, intercepts):
        """Copy layers to float64, for predictions."""
        return cls(
            [coef.astype(np.float64) for coef in coefs],
            [intercept.astype(np.float64) for intercept in intercepts],
        )


class Parameters(Layers):
    """Weights and biases as views into one flat buffer.

    One buffer makes an optimizer step a handful of calls whatever the number of
    layers, and a copy of the best weights one call.

    Parameters
    ----------
    sizes : sequence of int
        Width of the input, of each hidden layer and of the output.
    dtype : dtype
        float32 or float64.
    """

    def __init__(self, sizes, dtype):
        self.sizes = tuple(int(size) for size in sizes)
        shapes = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        self.flat = np.zeros(
            sum((rows + 1) * columns for rows, columns in shapes), dtype
        )
        super().__init__([], [])
        start = 0
        for rows, columns in shapes:
            stop = start + rows * columns
            self.coefs.append(self.flat[start:stop].reshape(rows, columns))
            self.intercepts.append(self.flat[stop : stop + columns])
            start = stop + columns

    @classmethod
    def of(cls, coefs, intercepts):
        """Copy weights and biases into one flat buffer."""
        sizes = [coefs[0].shape[0], *[coef.shape[1] for coef in coefs]]
        parameters = cls(sizes, coefs[0].dtype)
        pairs = [(parameters.coefs, coefs), (parameters.intercepts, intercepts)]
        for ours, theirs in pairs:
            for target, source in zip(ours, theirs, strict=True):
                np.copyto(target, source)
        return parameters

    def initialize(self, generator, activation, input_norm, spread=1.0):
        """Draw weights whose outputs have about unit variance, the last ones `spread`.

        Parameters
        ----------
        generator : numpy.random.Generator
            Where the draws come from.
        activation : str
            A key of ``ACTIVATIONS``.
        input_norm : float
            Mean squared length of an input row. Encoded tables and sparse rows are far
            from one per column, so the number of columns would be a poor guess.
        spread : float, default=1.0
            About the deviation of the outputs of the network.
        """
        gain = 2.0 if activation == "relu" else 1.0
        for layer, coef in enumerate(self.coefs):
            fan_in = input_norm if layer == 0 else coef.shape[0]
            is_output = layer == len(self.coefs) - 1
            scale = np.sqrt((1.0 if is_output else gain) / max(fan_in, 1e-12))
            scale *= spread if is_output else 1.0
            coef[...] = scale * generator.standard_normal(coef.shape)

    def round_to_half(self):
        """Round float32 to numbers that float16 holds, so that files may hold float16.

        Weights that are too large or too small for its range stay as they are.
        """
        if self.flat.dtype != np.float32:
            return
        for array in [*self.coefs, *self.intercepts]:
            half = _as_half(array).astype(np.float32)
            error = np.linalg.norm(half - array)  # infinite or NaN beyond the range
            if error <= _HALF_PRECISION * np.linalg.norm(array):
                array[...] = half


def _as_half(array):
    with np.errstate(over="ignore"):
        return array.astype(np.float16)


def packed(arrays):
    """Give float32 arrays as float16 where nothing is lost, others as they are.

    Parameters
    ----------
    arrays : list of ndarray
        Weights or biases.

    Returns
    -------
    list of ndarray
        Of the same numbers.
    """
    if arrays[0].dtype != np.float32:
        return arrays
    halves = [_as_half(array) for array in arrays]
    return [
        half if np.array_equal(half, array) else array
        for half, array in zip(halves, arrays, strict=True)
    ]


def unpacked(arrays):
    """Undo :func:`packed`."""
    return [
        array.astype(np.float32) if array.dtype == np.float16 else array
        for array in arrays
    ]


class Workspace:
    """Arrays for one batch, allocated once and used by every step.

    Parameters
    ----------
    parameters : Parameters
        For the sizes and the dtype.
    batch_size : int
        The largest number of rows of a batch.
    """

    def __init__(self, parameters, batch_size):
        dtype = parameters.flat.dtype
        self.gradient = Parameters(parameters.sizes, dtype)
        self.layers = [np.empty((batch_size, n), dtype) for n in parameters.sizes[1:]]
        self.deltas = [np.empty((batch_size, n), dtype) for n in parameters.sizes[1:]]
        self.ones = np.ones(batch_size, dtype)


def forward(X, parameters, activation, out=None):
    """Compute the logits of a batch.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_samples, n_inputs)
        Encoded rows.
    parameters : Layers
        The network.
    activation : str
        A key of ``ACTIVATIONS``.
    out : list of ndarray, default=None
        One buffer a layer with at least ``n_samples`` rows; None allocates.

    Returns
    -------
    list of ndarray
        The values of every layer behind the input; the last are the logits.
    """
    act = ACTIVATIONS[activation][0]
    last = len(parameters.coefs) - 1
    layers, below = [], X
    for depth, (coef, intercept) in enumerate(
        zip(parameters.coefs, parameters.intercepts, strict=True)
    ):
        if issparse(below):
            layer = np.ascontiguousarray(below @ coef)
        elif out is None:
            layer = below @ coef
        else:
            layer = np.dot(below, coef, out=out[depth][: len(below)])
        layer += intercept
        if depth < last:
            act(layer)
        layers.append(layer)
        below = layer
    return layers


def forward_from(first, parameters, activation):
    """Compute the logits of rows whose first layer is there already.

    Parameters
    ----------
    first : ndarray of shape (n_samples, n_units)
        The first layer behind the input, before its activation; overwritten.
    parameters : Layers
        The network.
    activation : str
        A key of ``ACTIVATIONS``.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs)
        The logits.
    """
    act = ACTIVATIONS[activation][0]
    layer = first
    for coef, intercept in zip(
        parameters.coefs[1:], parameters.intercepts[1:], strict=True
    ):
        act(layer)
        layer = layer.dot(coef)
        layer += intercept
    return layer


def backward(X, layers, workspace, parameters, activation):
    """Propagate the gradient of the logits to the parameters.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_samples, n_inputs)
        Encoded rows.
    layers : list of ndarray
        What :func:`forward` returned for them.
    workspace : Workspace
        ``workspace.deltas[-1]`` holds the gradient of the loss with respect to the
        logits; ``workspace.gradient`` is filled.
    parameters : Parameters
        The network.
    activation : str
        A key of ``ACTIVATIONS``.
    """
    derive = ACTIVATIONS[activation][1]
    n_samples = layers[-1].shape[0]
    gradient = workspace.gradient
    ones = workspace.ones[:n_samples]
    for depth in reversed(range(len(layers))):
        delta = workspace.deltas[depth][:n_samples]
        if depth < len(layers) - 1:
            derive(layers[depth], delta)
        below = X if depth == 0 else layers[depth - 1]
        if issparse(below):
            gradient.coefs[depth][...] = below.T @ delta
        else:
            np.dot(below.T, delta, out=gradient.coefs[depth])
        np.dot(ones, delta, out=gradient.intercepts[depth])
        if depth > 0:
            np.dot(
                delta,
                parameters.coefs[depth].T,
                out=workspace.deltas[depth - 1][:n_samples],
            )


def check_hidden_layer_sizes(sizes):
    """Check the widths of the hidden layers.

    Parameters
    ----------
    sizes : int or sequence of int
        As the user passed it.

    Returns
    -------
    list of int
        One width a layer.

    Raises
    ------
    ValueError
        For anything but whole numbers of at least 1.
    """
    several = hasattr(sizes, "__len__") and getattr(sizes, "ndim", 1) == 1
    widths = list(sizes) if several else [sizes]
    if not all(is_number(width, whole=True) and 1 <= width <= MOST for width in widths):
        raise ValueError(
            "hidden_layer_sizes must be whole numbers of at least 1, and below 2**31, "
            f"got {show(sizes)}."
        )
    return [int(width) for width in widths]
