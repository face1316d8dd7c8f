"""Losses of numbers whose optimum is a median or quantiles, or lies near the median."""

import numpy as np

from sklearn_kd._task.regression.quantiles import increasing, increasing_gradient
from sklearn_kd.losses.numbers import RegressionLoss, half_square


class AbsoluteError(RegressionLoss):
    """The absolute error: the student learns medians.

    ``alpha * |s - t| + (1 - alpha) * |s - y|`` for the outputs ``s`` of the network,
    the teacher's prediction ``t``, and the label ``y``.

    Parameters
    ----------
    quantiles : None
        It has no quantiles.

    See Also
    --------
    Huber : Smooth near the optimum.
    distillation_loss : The value and the gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    The gradient is the sign of the error, and 0 where there is none.
    """

    def distance(self, outputs, target, gradient):
        np.subtract(outputs, target, out=gradient)
        values = np.abs(gradient)
        np.sign(gradient, out=gradient)
        return values

    def torch_distance(self, outputs, target):
        return (outputs - target).abs()


class Huber(RegressionLoss):
    """Huber's loss: squared for small errors, absolute for large ones.

    With the error ``u``: ``u**2 / 2`` up to ``delta``, and ``delta * (|u| - delta /
    2)`` beyond, so that a label that is far off does not pull more than others.

    Parameters
    ----------
    quantiles : None
        It has no quantiles.

    Attributes
    ----------
    delta : float
        1 for every instance: a standard deviation of ``y``, since students standardise
        their targets. A subclass may set another.

    See Also
    --------
    SquaredError : Has this as its limit for large ``delta``.
    distillation_loss : The value and the gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    The gradient is the error, cut off at ``-delta`` and ``delta``.

    References
    ----------
    Huber, "Robust Estimation of a Location Parameter", 1964.
    :doi:`10.1214/aoms/1177703732`
    """

    delta = 1.0

    def distance(self, outputs, target, gradient):
        error = outputs - target
        np.maximum(error, -self.delta, out=gradient)
        np.minimum(gradient, self.delta, out=gradient)
        error -= 0.5 * gradient
        error *= gradient
        return error

    def torch_distance(self, outputs, target):
        from torch.nn import functional

        return functional.huber_loss(
            outputs, target, reduction="none", delta=self.delta
        )


class Pinball(RegressionLoss):
    """Quantiles: the pinball loss on labels, the distance of quantiles on the teacher.

    The hard term is the mean over the levels of the pinball loss, which is least at
    the quantiles of ``y``. The soft term is half the mean squared difference between
    the quantiles of teacher and student. The student's never cross.

    Parameters
    ----------
    quantiles : sequence of float
        The levels, in (0, 1) and ascending.

    See Also
    --------
    AbsoluteError : Twice the pinball loss of the median.
    distillation_loss : The value and the gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    Of the outputs :math:`z` of the network for a target, the first is the lowest
    quantile, and each further one adds :math:`\\log(1 + e^{z_k})` to the quantile
    before. The pinball loss of a label :math:`y` and a quantile :math:`s` of level
    :math:`\\tau` is :math:`\\max(\\tau (y - s), (\\tau - 1) (y - s))`.

    Where the levels are evenly spaced the soft term is, in proportion, the squared
    2-Wasserstein distance between the two distributions: the distance between their
    quantile functions.

    References
    ----------
    Koenker and Bassett, "Regression Quantiles", 1978. :doi:`10.2307/1913643`
    """

    of_quantiles = True

    def distance(self, outputs, target, gradient):
        return half_square(outputs, target, gradient)

    def hard_distance(self, outputs, target, gradient):
        error = outputs - target
        np.heaviside(error, 0.5, out=gradient)
        gradient -= np.array(self._levels(outputs), gradient.dtype)
        error *= gradient
        return error

    def torch_distance(self, outputs, target):
        return (outputs - target).square() / 2

    def torch_hard_distance(self, outputs, target):
        import torch

        levels = outputs.new_tensor(self._levels(outputs))
        error = outputs - target
        return torch.maximum((1 - levels) * error, -levels * error)

    def torch_values(self, outputs, pred, labels, alpha):
        levels = self.torch_predictions(outputs)
        return super().torch_values(levels, pred, labels, alpha)

    def torch_predictions(self, outputs):
        import torch

        each = outputs.unflatten(1, (-1, self.n_quantiles))
        # softplus, whose own function in torch is cut off above 20
        added = -torch.nn.functional.logsigmoid(-each[..., 1:])
        return torch.cat([each[..., :1], added], dim=2).cumsum(dim=2).flatten(1)

    def _values(self, outputs, targets, gradient):
        """Give the value of each row, through quantiles that do not cross."""
        levels = increasing(outputs, self.n_quantiles)
        values = super()._values(levels, targets, gradient)
        increasing_gradient(outputs, gradient, self.n_quantiles)
        return values

    def _levels(self, outputs):
        """List the level of each output."""
        return list(self.quantiles) * (outputs.shape[1] // self.n_quantiles)
