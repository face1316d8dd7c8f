"""The losses a student can be trained on, each once: for NumPy and for torch."""

import numpy as np

from sklearn_kd.losses._checks import check_batch
from sklearn_kd.losses._registry import LOSSES
from sklearn_kd.losses.blended import BlendedLoss
from sklearn_kd.losses.decoupled import DecoupledKL
from sklearn_kd.losses.kl import KLDivergence
from sklearn_kd.losses.logit_mse import LogitMSE
from sklearn_kd.losses.means import GammaDeviance, PoissonDeviance, SquaredError
from sklearn_kd.losses.medians import AbsoluteError, Huber, Pinball
from sklearn_kd.losses.numbers import RegressionLoss
from sklearn_kd.losses.standardized import StandardizedKL

__all__ = [
    "LOSSES",
    "AbsoluteError",
    "BlendedLoss",
    "DecoupledKL",
    "GammaDeviance",
    "Huber",
    "KLDivergence",
    "LogitMSE",
    "Pinball",
    "PoissonDeviance",
    "RegressionLoss",
    "SquaredError",
    "StandardizedKL",
    "distillation_loss",
]


def distillation_loss(outputs, hard, soft_targets, sample_weight=None):
    """Value and gradient of a distillation loss.

    Parameters
    ----------
    outputs : ndarray of shape (n_samples, n_outputs), float32 or float64
        What the student's network returns. With :class:`~sklearn_kd.SoftTargets`,
        logits: its outputs before the softmax. With
        :class:`~sklearn_kd.SoftPredictions`, predictions in their units; their
        logarithms where the loss has a log link; and with quantiles, the lowest one of
        each target and what the others add, as :class:`Pinball` reads them.
    hard : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Hard targets: positions in ``soft_targets.classes``, or numbers. They are not
        read in rows whose ``row_alpha`` is 1.
    soft_targets : SoftTargets or SoftPredictions of length n_samples
        The soft targets with their weight, loss, and temperature or quantiles.
    sample_weight : ndarray of shape (n_samples,), float, default=None
        Row weights; None stands for ones.

    Returns
    -------
    value : float
        The weighted mean over rows. Of classes in nats; the soft term of "mse_logit" is
        half a mean squared difference of logits.
    gradient : ndarray of shape (n_samples, n_outputs), dtype of outputs
        Of the value, with respect to the outputs.

    Raises
    ------
    TypeError
        For other soft targets, and arrays of anything but numbers.
    ValueError
        For shapes that do not match, hard targets that are no positions of classes or
        outside the range of the loss, weights that are negative or all 0, and a loss
        that is not registered for the task, has no form for NumPy, or does not give
        values of the right shape.

    See Also
    --------
    sklearn_kd.SoftTargets : Holds the soft targets of classes.
    sklearn_kd.SoftPredictions : Holds those of numbers.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_kd import SoftPredictions, SoftTargets
    >>> from sklearn_kd.losses import distillation_loss
    >>> soft = SoftTargets([[0.75, 0.25]], classes=[0, 1], row_alpha=0.5)
    >>> value, gradient = distillation_loss(np.log([[0.75, 0.25]]), [0], soft)
    >>> round(value, 4), gradient.round(4).tolist()
    (0.1438, [[-0.125, 0.125]])

    Of numbers, half the squared error from 2 and from 4, each with weight 0.5:

    >>> soft = SoftPredictions([[2.0]], row_alpha=0.5)
    >>> value, gradient = distillation_loss(np.array([[1.0]]), [4.0], soft)
    >>> value, gradient.tolist()
    (2.5, [[-2.0]])
    """
    outputs, hard, loss, share = check_batch(outputs, hard, soft_targets, sample_weight)
    targets, constant = loss.prepare(hard, soft_targets, outputs.dtype)
    gradient = np.empty_like(outputs)
    value = loss.value_and_gradient(
        outputs.copy(), targets, share.astype(outputs.dtype), gradient
    )
    return float(value + constant @ share), gradient
