"""The network behind the first layer's inputs, as estimators of scikit-learn."""

import numpy as np
from scipy import special
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, LabelBinarizer

#: A bias of what has no probability: its exponential is 0.
NONE = -1e300


class Layers:
    """Layers of a network under construction, in float64.

    Attributes
    ----------
    coefs, intercepts : list of ndarray
        Weights and biases.
    hidden : str
        The activation behind all layers but the last.
    link : str
        The function behind the last layer.
    n_levels : int
        Quantiles of each target that the outputs are to be added up to; 1 for none.
    scale, shift : ndarray of shape (n_outputs,) or None
        The units of these quantiles.
    """

    def __init__(self):
        self.coefs, self.intercepts = [], []
        self.hidden = self.link = "identity"
        self.n_levels, self.scale, self.shift = 1, None, None

    def add(self, coef, intercept):
        """Add a layer behind the others; the link so far was their activation."""
        if self.coefs:
            self.hidden, self.link = self.link, "identity"
        self.coefs.append(np.array(coef, dtype=np.float64, order="C"))
        self.intercepts.append(np.array(intercept, dtype=np.float64))

    def activate(self, step):
        """Put a function behind the last layer."""
        self.link = step.function

    def widen(self, step):
        """Add outputs without probability to the last layer."""
        coef = np.zeros((len(self.coefs[-1]), step.n_columns))
        intercept = np.full(step.n_columns, NONE)
        coef[:, step.columns] = self.coefs[-1]
        intercept[step.columns] = self.intercepts[-1]
        self.coefs[-1], self.intercepts[-1] = coef, intercept

    def ascend(self, step):
        """Remember that the outputs become quantiles."""
        self.n_levels = step.n_levels

    def unscale(self, step):
        """Change the unit of the outputs: in the last layer, where that gives it."""
        if self.n_levels > 1:
            self.scale, self.shift = step.scale, step.shift
        elif self.link == "exp":  # of equal targets the scale is 0, of others the shift
            self.coefs[-1][:, step.scale == 0] = 0
            size = np.where(step.scale == 0, step.shift, step.scale)
            own = np.where(step.scale == 0, 0, self.intercepts[-1])
            self.intercepts[-1] = own + np.log(size, out=own * 0 + NONE, where=size > 0)
        else:
            self.coefs[-1] = self.coefs[-1] * step.scale
            self.intercepts[-1] = self.intercepts[-1] * step.scale + step.shift


def classifier_of(layers, classes):
    """Make the network of a classifier.

    Parameters
    ----------
    layers : Layers
        With "softmax" as the link.
    classes : ndarray of shape (n_classes,)
        The labels.

    Returns
    -------
    MLPClassifier
        Fitted. For two classes it has one output.
    """
    coefs, intercepts, link = layers.coefs, layers.intercepts, layers.link
    if len(classes) == 2:
        coefs = [*coefs[:-1], coefs[-1][:, 1:] - coefs[-1][:, :1]]
        intercepts = [*intercepts[:-1], intercepts[-1][1:] - intercepts[-1][:1]]
        link = "logistic"
    network = _fill(MLPClassifier, coefs, intercepts, layers.hidden, link)
    network._label_binarizer = LabelBinarizer().fit(classes)
    network.classes_ = network._label_binarizer.classes_
    return network


def regressor_of(layers):
    """Make the network of a regressor.

    Parameters
    ----------
    layers : Layers
        Whose link is "identity" or "exp".

    Returns
    -------
    MLPRegressor
        Fitted. Of quantiles it has the outputs that :func:`quantiles_of` adds up: the
        first of each target and all of them, with the opposite sign.
    """
    coefs, intercepts = layers.coefs, layers.intercepts
    if layers.n_levels > 1:
        spread = _spread(coefs[-1].shape[1], layers.n_levels)
        coefs = [*coefs[:-1], coefs[-1] @ spread]
        intercepts = [*intercepts[:-1], intercepts[-1] @ spread]
    loss = {"loss": "poisson"} if layers.link == "exp" else {}
    return _fill(MLPRegressor, coefs, intercepts, layers.hidden, layers.link, **loss)


def _fill(kind, coefs, intercepts, hidden, link, **params):
    """Make a network with these weights."""
    sizes = tuple(len(each) for each in intercepts)
    network = kind(hidden_layer_sizes=sizes[:-1], activation=hidden, **params)
    network.coefs_, network.intercepts_ = coefs, intercepts
    network.n_features_in_ = len(coefs[0])
    network.n_layers_, network.n_outputs_ = len(coefs) + 1, sizes[-1]
    network.out_activation_ = link
    return network


def _spread(n_outputs, n_levels):
    """Give the matrix from outputs to those that the network of quantiles has.

    For each target: minus its outputs, and the first.
    """
    eye = np.eye(n_outputs)
    first = np.arange(0, n_outputs, n_levels)
    return np.hstack([-eye, eye[:, first]])


def quantiles_of(layers, pipeline):
    """Add the outputs of a network up to quantiles.

    Minus ``log_expit(-z)`` is the softplus of ``z``, and that of ``z`` less that of
    ``-z`` is ``z``: quantiles are sums of such terms, which a matrix gives.

    Parameters
    ----------
    layers : Layers
        With the levels and the units.
    pipeline : Pipeline
        Fitted; the last step is what :func:`regressor_of` gave.

    Returns
    -------
    TransformedTargetRegressor
        Fitted; it predicts all quantiles.
    """
    n_outputs, n_levels = len(layers.scale), layers.n_levels
    place = np.arange(n_outputs)
    same = place[:, None] // n_levels == place // n_levels
    lower = -(same & (place[:, None] <= place)).astype(np.float64)
    first = np.arange(0, n_outputs, n_levels)
    sums = PCA(n_outputs + len(first))
    sums.components_ = np.vstack([lower, -lower[first]]) * layers.scale
    sums.mean_ = np.array(layers.shift)
    sums.explained_variance_ = np.ones(len(sums.components_))
    sums.n_components_, sums.n_features_in_ = sums.components_.shape
    softplus = FunctionTransformer(
        inverse_func=special.log_expit, check_inverse=False
    ).fit(sums.components_)
    steps = [("sums", sums), ("softplus", softplus)]
    whole = TransformedTargetRegressor(pipeline, transformer=Pipeline(steps))
    whole.regressor_, whole.transformer_ = whole.regressor, whole.transformer
    whole._training_dim = 2
    if hasattr(pipeline, "feature_names_in_"):
        whole.feature_names_in_ = pipeline.feature_names_in_
    return whole
