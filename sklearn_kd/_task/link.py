"""Between logits and class probabilities: softmax, logarithms, a temperature."""

from math import exp

import numpy as np
from scipy.special import log_softmax

from sklearn_kd._task.proba import check_finite

#: What a class without rows counts as among the shares of all.
LEAST_SHARE = 1e-9

#: Up to so many classes, a row in Python costs less than four calls of NumPy.
_FEW_CLASSES = 16

# Probabilities are raised to it before their logarithm is taken, since a forest
# predicts exactly 0, and 0.01 is the next value that a hundred trees can predict. The
# lower the floor, the more of the network serves the difference between these two: on
# validation rows of three tables, 1e-3 kept more of the teacher than 1e-4 and 1e-6.
_LOGIT_FLOOR = 1e-3


def temper(proba, temperature):
    """Divide the logits of probabilities by a temperature.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), float
        Probabilities at temperature 1; exact zeros are allowed and stay zero.
    temperature : float
        Above 1 flattens, below 1 sharpens, 1 returns ``proba`` itself.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), same dtype
        ``softmax(log(proba) / temperature)``.
    """
    if temperature == 1:
        return proba
    # divided by the largest first: the largest is then 1 at any temperature
    powered = (proba / proba.max(axis=1, keepdims=True)) ** (1 / temperature)
    powered /= powered.sum(axis=1, keepdims=True)
    return powered.astype(proba.dtype, copy=False)


def torch_temper(proba, temperature):
    """Divide the logits of a tensor of probabilities by a temperature."""
    return (proba.log() / temperature).softmax(dim=1)


def teacher_logits(proba):
    """Give logits with mean 0 over classes, of probabilities raised to 0.001."""
    logits = np.log(np.maximum(proba, _LOGIT_FLOOR, dtype=np.float64))
    logits -= logits.mean(axis=1, keepdims=True)
    return logits


def torch_teacher_logits(proba):
    """Give logits for a tensor of probabilities, not centred: a loss does that."""
    return proba.clamp_min(_LOGIT_FLOOR).log()


def softmax(logits):
    """Turn float64 logits (n_samples, n_classes) into probabilities, in place."""
    logits -= np.maximum.reduce(logits, axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= np.add.reduce(logits, axis=1, keepdims=True)
    return logits


def probabilities(logits, model):
    """Turn logits of a model into probabilities, in place.

    Parameters
    ----------
    logits : ndarray of shape (n_samples, n_classes), float64
        Overwritten.
    model : object
        The error names its class.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float64
        Rows that sum to 1.

    Raises
    ------
    ValueError
        As from :func:`~sklearn_kd._task.proba.check_finite`.
    """
    if logits.size <= _FEW_CLASSES and len(logits) == 1:
        proba = _softmax_row(logits)
        if proba is not None:
            return proba
    return softmax(finite(logits, model))


def log_probabilities(logits, model):
    """Give the logarithms of :func:`probabilities`, finite where these round to 0."""
    return log_softmax(finite(logits, model), axis=1)


def finite(logits, model):
    """Refuse logits that are NaN or infinite."""
    return check_finite(logits, f"This {type(model).__name__}")


def _softmax_row(logits):
    """Turn the logits of one row into probabilities; None where some are infinite."""
    values = logits.tolist()[0]
    most = max(values)
    values = [exp(value - most) for value in values]
    total = sum(values)
    if total != total:
        return None
    return np.array([[value / total for value in values]])
