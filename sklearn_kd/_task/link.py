"""Between logits and class probabilities: logarithms and a temperature."""

import numpy as np

# Probabilities are raised to it before their logarithm is taken, since a forest says
# exactly 0, and 0.01 is the next that a hundred trees can say. The lower it is, the
# more of the network goes into telling these two apart: on validation rows of three
# tables, 1e-3 kept more of the teacher than 1e-4 and 1e-6.
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
    """Give logits for a teacher's probabilities, with a mean of 0 over classes.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), float
        Probabilities; what is below 0.001 counts as 0.001.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float64
        Finite.
    """
    logits = np.log(np.maximum(proba, _LOGIT_FLOOR, dtype=np.float64))
    logits -= logits.mean(axis=1, keepdims=True)
    return logits


def torch_teacher_logits(proba):
    """Give logits for a tensor of probabilities, not centred: a loss does that."""
    return proba.clamp_min(_LOGIT_FLOOR).log()
