"""The losses a student can be trained on, each with its value and its gradient."""

import numpy as np

from sklearn_kd.losses._dkd import DecoupledKL
from sklearn_kd.losses._kl import KLDivergence
from sklearn_kd.losses._mse_logit import LogitMSE
from sklearn_kd.losses._standardized import StandardizedKL

#: The losses by name, as ``DistilledClassifier(loss=...)`` takes them.
LOSSES = {
    "kl": KLDivergence,
    "mse_logit": LogitMSE,
    "dkd": DecoupledKL,
    "kl_standardized": StandardizedKL,
}

__all__ = [
    "LOSSES",
    "DecoupledKL",
    "KLDivergence",
    "LogitMSE",
    "StandardizedKL",
    "distillation_loss",
]


def distillation_loss(logits, codes, soft_targets, sample_weight=None):
    """Value and gradient of a distillation loss.

    Parameters
    ----------
    logits : ndarray of shape (n_samples, n_classes), float32 or float64
        The student's outputs before the softmax.
    codes : ndarray of shape (n_samples,), int
        Hard targets, as positions in ``soft_targets.classes``.
    soft_targets : SoftTargets of length n_samples
        The soft targets with their weight, temperature and loss.
    sample_weight : ndarray of shape (n_samples,), float, default=None
        Row weights; None stands for ones.

    Returns
    -------
    value : float
        The weighted mean over rows, in nats; the soft term of "mse_logit" is half a
        mean squared difference of logits.
    gradient : ndarray of shape (n_samples, n_classes), dtype of logits
        Of the value, with respect to the logits.

    See Also
    --------
    sklearn_kd.SoftTargets : Holds the soft targets.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_kd import SoftTargets
    >>> from sklearn_kd.losses import distillation_loss
    >>> soft = SoftTargets([[0.75, 0.25]], classes=[0, 1], row_alpha=0.5)
    >>> value, gradient = distillation_loss(np.log([[0.75, 0.25]]), [0], soft)
    >>> round(value, 4), gradient.round(4).tolist()
    (0.1438, [[-0.125, 0.125]])
    """
    loss = LOSSES[soft_targets.loss](soft_targets.temperature)
    logits = np.asarray(logits)
    codes = np.asarray(codes)
    if sample_weight is None:
        sample_weight = np.ones(len(logits))
    share = sample_weight / np.sum(sample_weight)
    targets, constant = loss.prepare(codes, soft_targets, logits.dtype)
    gradient = np.empty_like(logits)
    value = loss.value_and_gradient(
        logits.copy(), targets, share.astype(logits.dtype), gradient
    )
    return float(value + constant @ share), gradient
