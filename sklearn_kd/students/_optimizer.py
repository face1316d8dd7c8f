"""Adam with decoupled weight decay on a flat buffer, and its learning rate schedule."""

import math

import numpy as np


class AdamW:
    """Adam with decoupled weight decay.

    Parameters
    ----------
    n_parameters : int
        Length of the flat buffer.
    dtype : dtype
        float32 or float64.
    decay_mask : ndarray of shape (n_parameters,)
        1 where the decay applies (weights), 0 where it does not (biases).
    weight_decay : float
        Share of a weight that is taken off a step, times the learning rate.

    References
    ----------
    Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015.
    :doi:`10.48550/arXiv.1412.6980`

    Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.
    :doi:`10.48550/arXiv.1711.05101`
    """

    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, n_parameters, dtype, decay_mask, weight_decay):
        self.mean = np.zeros(n_parameters, dtype)
        self.square = np.zeros(n_parameters, dtype)
        self.work = np.empty(n_parameters, dtype)
        self.decay_mask = decay_mask
        self.weight_decay = weight_decay
        self.n_steps = 0

    def step(self, flat, gradient, learning_rate):
        """Change the parameters in place.

        Parameters
        ----------
        flat : ndarray of shape (n_parameters,)
            The parameters.
        gradient : ndarray of shape (n_parameters,)
            Overwritten.
        learning_rate : float
            Of this step.
        """
        self.n_steps += 1
        mean, square, work = self.mean, self.square, self.work
        mean *= self.beta_1
        np.multiply(gradient, 1 - self.beta_1, out=work)
        mean += work
        square *= self.beta_2
        np.multiply(gradient, gradient, out=gradient)
        gradient *= 1 - self.beta_2
        square += gradient
        # both bias corrections in two numbers, instead of two passes over the buffer
        correction = math.sqrt(1 - self.beta_2**self.n_steps)
        rate = learning_rate * correction / (1 - self.beta_1**self.n_steps)
        np.sqrt(square, out=work)
        work += self.epsilon * correction
        np.divide(mean, work, out=work)
        work *= rate
        if self.weight_decay:
            np.multiply(flat, self.decay_mask, out=gradient)
            gradient *= learning_rate * self.weight_decay
            flat -= gradient
        flat -= work


def cosine_rate(step, n_steps, peak, warmup):
    """Learning rate of a step: a linear warm-up, then half a cosine down to zero.

    Parameters
    ----------
    step : int
        From 0.
    n_steps : int
        Of the whole run.
    peak : float
        The largest rate.
    warmup : int
        Number of steps of the warm-up.

    Returns
    -------
    float
        The rate.

    References
    ----------
    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.
    :doi:`10.48550/arXiv.1608.03983`
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (n_steps - warmup)))
