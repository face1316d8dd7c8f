"""Losses of numbers whose optimum is the mean of the targets.

They are Bregman divergences, the ones that are least at the mean, whatever the targets'
distribution: so the two distances of a row are one distance from the blended target.
"""

import numpy as np
from scipy.special import xlogy

from sklearn_kd.losses.numbers import RegressionLoss, half_square


class SquaredError(RegressionLoss):
    """Half the squared error: the student learns means.

    ``alpha * (s - t)**2 / 2 + (1 - alpha) * (s - y)**2 / 2`` for the outputs ``s`` of
    the network, the teacher's prediction ``t``, and the label ``y``.

    Parameters
    ----------
    quantiles : None
        It has no quantiles.

    See Also
    --------
    Huber : Where single labels are far off.
    distillation_loss : The value and the gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    Both terms are one squared error against the blend :math:`b = \\alpha t + (1 -
    \\alpha) y` and a constant, :math:`\\alpha (1 - \\alpha) (t - y)^2 / 2`. The
    gradient is :math:`s - b`.
    """

    blends = True

    def distance(self, outputs, target, gradient):
        return half_square(outputs, target, gradient)

    def constant(self, pred, hard, alpha):
        return alpha * (1 - alpha) * (pred - hard) ** 2 / 2

    def torch_distance(self, outputs, target):
        return (outputs - target).square() / 2


class _LogLink(RegressionLoss):
    """Base of deviances of means ``exp(z)``, which are linear in the target."""

    blends = True

    def constant(self, pred, hard, alpha):
        return alpha * self._left_out(pred) + (1 - alpha) * self._left_out(hard)

    def torch_predictions(self, outputs):
        return outputs.exp()


class PoissonDeviance(_LogLink):
    """Half the deviance of Poisson, with a log link: for counts, which may be 0.

    The outputs ``z`` of the network are logarithms of predictions ``s = exp(z)``, and
    ``d(t, s) = s - t + t * log(t / s)``.

    Parameters
    ----------
    quantiles : None
        It has no quantiles.

    See Also
    --------
    GammaDeviance : For prices and durations.
    distillation_loss : The value and the gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    The gradient with respect to :math:`z` is :math:`s - t`. For a target of 0 the
    distance is :math:`s`. Both terms of a row are one distance from the blended target
    and a constant. The optimum is the mean of the targets.

    References
    ----------
    McCullagh and Nelder, "Generalized Linear Models", 1989.
    :doi:`10.1007/978-1-4899-3242-6`
    """

    def distance(self, outputs, target, gradient):
        np.exp(outputs, out=gradient)
        values = gradient - target * outputs
        gradient -= target
        return values

    @staticmethod
    def _left_out(target):
        """Give what a step leaves out of the distance from a target."""
        return xlogy(target, target) - target

    def torch_distance(self, outputs, target):
        import torch

        return outputs.exp() - target * (1 + outputs) + torch.xlogy(target, target)


class GammaDeviance(_LogLink):
    """Half the deviance of the gamma distribution, with a log link: relative errors.

    The outputs ``z`` of the network are logarithms of predictions ``s = exp(z)``, and
    ``d(t, s) = t / s - 1 - log(t / s)``: it depends on the ratio alone, as is apt for
    prices and durations. Targets have to be above 0.

    Parameters
    ----------
    quantiles : None
        It has no quantiles.

    See Also
    --------
    PoissonDeviance : For counts.
    distillation_loss : The value and the gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    The gradient with respect to :math:`z` is :math:`1 - t / s`. Both terms of a row are
    one distance from the blended target and a constant. The optimum is the mean of the
    targets.

    References
    ----------
    McCullagh and Nelder, "Generalized Linear Models", 1989.
    :doi:`10.1007/978-1-4899-3242-6`
    """

    def distance(self, outputs, target, gradient):
        np.negative(outputs, out=gradient)
        np.exp(gradient, out=gradient)
        gradient *= target
        values = gradient + outputs
        np.subtract(1, gradient, out=gradient)
        return values

    @staticmethod
    def _left_out(target):
        """Give what a step leaves out of the distance from a target."""
        return -1 - np.log(target)

    def torch_distance(self, outputs, target):
        return target * (-outputs).exp() + outputs - 1 - target.log()
