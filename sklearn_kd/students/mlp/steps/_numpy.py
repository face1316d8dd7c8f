"""The network on NumPy, with a workspace that every step uses again."""

import numpy as np

from sklearn_kd._native import NUMPY
from sklearn_kd.students.mlp._network import Workspace, backward, forward


class NumPyNetwork:
    """A network and its training steps on NumPy.

    Parameters
    ----------
    parameters : Parameters
        Changed in place.
    activation : str
        A key of ``ACTIVATIONS``.
    optimizer : AdamW
        Of the parameters.
    loss : object
        As in :mod:`sklearn_kd.losses`.
    batch_size : int
        Most rows of a step.
    """

    kernel = NUMPY

    def __init__(self, parameters, activation, optimizer, loss, batch_size):
        self.parameters = parameters
        self.activation = activation
        self.optimizer = optimizer
        self.loss = loss
        self.workspace = Workspace(parameters, batch_size)

    def parts(self, run, most):
        """Part a run into what is learned at once: batches of a step each."""
        return run.batches()

    def learn(self, part, rate):
        """Take the steps of a part.

        Parameters
        ----------
        part : Run
            What :meth:`parts` gave.
        rate : callable
            Gives the learning rate of the next step.

        Returns
        -------
        float
            The loss, summed over rows. A step whose loss is not finite is not taken.
        """
        layers = self._layers(part.X)
        value = self._value(layers, part, 1 / len(part))
        if np.isfinite(value):
            workspace = self.workspace
            backward(part.X, layers, workspace, self.parameters, self.activation)
            self.optimizer.step(workspace.gradient.flat, rate())
        return value * len(part)

    def loss_of(self, part):
        """Sum the loss of the rows of a part."""
        return self._value(self._layers(part.X), part, 1.0)

    def forward(self, X):
        """Compute the outputs of some rows; the next call overwrites them."""
        return self._layers(X)[-1]

    def _layers(self, X):
        return forward(X, self.parameters, self.activation, self.workspace.layers)

    def _value(self, layers, batch, weight):
        """Evaluate the loss, and write its gradient."""
        if batch.weight is not None:
            weight = batch.weight * weight
        outputs = layers[-1]
        gradient = self.workspace.deltas[-1][: len(outputs)]
        return self.loss.value_and_gradient(outputs, batch.targets, weight, gradient)
