"""Adam with decoupled weight decay on a flat buffer."""

import math

import numpy as np


class AdamW:
    """Adam with decoupled weight decay.

    Parameters
    ----------
    flat : ndarray of shape (n_parameters,)
        The parameters, changed in place.
    decayed : list of ndarray
        The parts of `flat` that the decay applies to, as views: weights, not biases.
    weight_decay : float
        Share of a weight that is taken off a step, times the learning rate.

    Notes
    -----
    Both averages are kept without the factor ``1 - beta``, which cancels in a number,
    and so do the bias corrections: each saves a pass over the buffer.

    References
    ----------
    Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015.
    :doi:`10.48550/arXiv.1412.6980`

    Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.
    :doi:`10.48550/arXiv.1711.05101`
    """

    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, flat, decayed, weight_decay):
        self.flat = flat
        self.decayed = decayed if weight_decay else []
        self.weight_decay = weight_decay
        self.mean = np.zeros_like(flat)
        self.square = np.zeros_like(flat)
        self.n_steps = 0

    def step(self, gradient, learning_rate):
        """Change the parameters in place.

        Parameters
        ----------
        gradient : ndarray of shape (n_parameters,)
            Overwritten.
        learning_rate : float
            Of this step.
        """
        rate, epsilon, kept, beta_1, beta_2 = self.next_step(learning_rate)
        mean, square = self.mean, self.square
        mean *= beta_1
        mean += gradient
        square *= beta_2
        np.multiply(gradient, gradient, out=gradient)
        square += gradient
        np.sqrt(square, out=gradient)
        gradient += epsilon
        np.divide(mean, gradient, out=gradient)
        gradient *= rate
        for part in self.decayed:
            part *= kept
        self.flat -= gradient

    def next_step(self, learning_rate):
        """Count a step, and give its numbers.

        Parameters
        ----------
        learning_rate : float
            Of this step.

        Returns
        -------
        tuple of float
            What the quotient of the averages is multiplied by, what is added to
            the root of squares, and the shares that are kept of weights and of
            the two averages.
        """
        self.n_steps += 1
        rest_1, rest_2 = 1 - self.beta_1, 1 - self.beta_2
        scale = math.sqrt((1 - self.beta_2**self.n_steps) / rest_2)
        rate = learning_rate * scale * rest_1 / (1 - self.beta_1**self.n_steps)
        kept = 1 - learning_rate * self.weight_decay
        return rate, self.epsilon * scale, kept, self.beta_1, self.beta_2
