"""What a loss is computed of, checked before one of its steps."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._tables.weights import read_floats
from sklearn_kd._task import Classification, Regression
from sklearn_kd._task.regression.reading import check_range
from sklearn_kd.losses._registry import LOSSES, check_form, check_loss
from sklearn_kd.targets import SoftPredictions, SoftTargets


def check_batch(outputs, hard, soft_targets, sample_weight):
    """Check the arguments of :func:`~sklearn_kd.losses.distillation_loss`.

    Parameters
    ----------
    outputs, hard, soft_targets, sample_weight
        As they were passed.

    Returns
    -------
    outputs : ndarray of shape (n_samples, n_outputs), float32 or float64
        The outputs.
    hard : ndarray of shape (n_samples,), intp, or (n_samples, n_targets), float64
        Hard targets.
    loss : BlendedLoss or RegressionLoss
        The loss that the soft targets are for.
    share : ndarray of shape (n_samples,), float64
        The weight of each row; they sum to 1.

    Raises
    ------
    TypeError, ValueError
        As :func:`~sklearn_kd.losses.distillation_loss`.
    """
    if not isinstance(soft_targets, SoftTargets | SoftPredictions):
        raise TypeError(
            "soft_targets must be a sklearn_kd.SoftTargets or SoftPredictions, got "
            f"{show(soft_targets)}. Wrap probabilities, SoftTargets(proba, classes), "
            "or predictions, SoftPredictions(pred)."
        )
    of_classes = isinstance(soft_targets, SoftTargets)
    task = (Classification if of_classes else Regression).name
    check_loss(soft_targets.loss, "soft_targets.loss", task)
    check_form(soft_targets.loss, "NumPy")
    outputs = _check_outputs(outputs, soft_targets)
    loss = LOSSES[soft_targets.loss].for_soft(soft_targets)
    read = soft_targets.row_alpha < 1  # elsewhere labels do not count
    if of_classes:
        hard = _check_codes(hard, soft_targets, read)
    else:
        hard = _check_numbers(hard, soft_targets, read, loss)
    return outputs, hard, loss, _check_shares(sample_weight, len(soft_targets))


def _check_outputs(outputs, soft_targets):
    """Check the outputs of a network; they keep their dtype."""
    given = np.asarray(outputs) if hasattr(outputs, "dtype") else None
    checked = read_floats(outputs, "outputs")
    expected = soft_targets.outputs.shape
    if checked.shape != expected:
        raise ValueError(
            f"outputs has shape {checked.shape}, expected that of the soft targets: "
            f"{expected}."
        )
    return checked if given is None or given.dtype.kind != "f" else given


def _check_codes(codes, soft_targets, read):
    """Check that hard targets are positions of classes where they are read."""
    n_samples, n_classes = soft_targets.shape
    codes = read_floats(codes, "hard")
    if (
        codes.shape != (n_samples,)
        or not np.isin(codes[read], np.arange(n_classes)).all()
    ):
        raise ValueError(
            f"hard must be {n_samples} positions of classes, from 0 to "
            f"{n_classes - 1}, got {show(codes)}."
        )
    return codes.astype(np.intp)


def _check_numbers(numbers, soft_targets, read, loss):
    """Check that hard targets are numbers in the range of the loss where they count."""
    numbers = read_floats(numbers, "hard")
    n_samples, n_outputs = soft_targets.shape
    expected = n_samples, n_outputs // loss.n_quantiles
    numbers = numbers[:, None] if numbers.ndim == 1 else numbers
    if numbers.shape != expected or not np.isfinite(numbers[read]).all():
        raise ValueError(
            f"hard must hold finite numbers and have the shape {expected}, or, for one "
            f"target, ({n_samples},), got {show(numbers)}."
        )
    check_range(numbers[read], soft_targets.loss, "hard")
    check_range(soft_targets.outputs, soft_targets.loss, "soft_targets")
    return numbers


def _check_shares(sample_weight, n_samples):
    """Check row weights, and give them with a sum of 1."""
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
    return share / share.sum()
