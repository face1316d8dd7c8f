"""The losses a student can be trained on, each once: for NumPy and for torch."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._tables.weights import read_floats
from sklearn_kd.losses._registry import LOSSES, check_form, check_loss
from sklearn_kd.losses.blended import BlendedLoss
from sklearn_kd.losses.decoupled import DecoupledKL
from sklearn_kd.losses.kl import KLDivergence
from sklearn_kd.losses.logit_mse import LogitMSE
from sklearn_kd.losses.standardized import StandardizedKL
from sklearn_kd.targets import SoftTargets

__all__ = [
    "LOSSES",
    "BlendedLoss",
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

    Raises
    ------
    TypeError
        For other soft targets than :class:`~sklearn_kd.SoftTargets`, and arrays of
        anything but numbers.
    ValueError
        For shapes that do not match, codes that are no positions of classes, weights
        that are negative or all 0, and a loss that is not registered, has no form for
        NumPy, or does not give one value a row.

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
    logits, codes, share = _check_batch(logits, codes, soft_targets, sample_weight)
    loss = LOSSES[soft_targets.loss](soft_targets.temperature)
    targets, constant = loss.prepare(codes, soft_targets, logits.dtype)
    gradient = np.empty_like(logits)
    value = loss.value_and_gradient(
        logits.copy(), targets, share.astype(logits.dtype), gradient
    )
    return float(value + constant @ share), gradient


def _check_batch(logits, codes, soft_targets, sample_weight):
    """Check what a loss is computed of; give arrays, and the share of each row."""
    if not isinstance(soft_targets, SoftTargets):
        raise TypeError(
            "soft_targets must be a sklearn_kd.SoftTargets, got "
            f"{show(soft_targets)}. Wrap probabilities: SoftTargets(proba, classes)."
        )
    check_loss(soft_targets.loss, "soft_targets.loss")
    check_form(soft_targets.loss, "NumPy")
    n_samples, n_classes = soft_targets.shape
    given = np.asarray(logits) if hasattr(logits, "dtype") else None
    checked = read_floats(logits, "logits")
    if checked.shape != (n_samples, n_classes):
        raise ValueError(
            f"logits has shape {checked.shape}, expected that of the soft targets: "
            f"({n_samples}, {n_classes})."
        )
    logits = checked if given is None or given.dtype.kind != "f" else given
    codes = read_floats(codes, "codes")
    read = soft_targets.row_alpha < 1  # elsewhere they do not count
    if (
        codes.shape != (n_samples,)
        or not np.isin(codes[read], np.arange(n_classes)).all()
    ):
        raise ValueError(
            f"codes must be {n_samples} positions of classes, from 0 to "
            f"{n_classes - 1}, got {show(codes)}."
        )
    weight = np.ones(n_samples)
    if sample_weight is not None:
        weight = read_floats(sample_weight, "sample_weight")
    if weight.shape != (n_samples,) or not (
        np.isfinite(weight).all() and (weight >= 0).all() and weight.any()
    ):
        raise ValueError(
            f"sample_weight must be {n_samples} finite weights, none negative and not "
            f"all 0, got {show(weight)}."
        )
    share = weight / weight.max()  # the sum of huge ones is infinite
    return logits, codes.astype(np.intp), share / share.sum()
