"""The soft term of each loss, per row, in torch.

Each takes logits and the teacher's probabilities of shape (n_samples, n_classes),
labels of shape (n_samples,) and alpha of shape (n_samples, 1), both None where alpha is
1 throughout, and the temperature. The maths stands in the classes of
:mod:`sklearn_kd.losses`. Products of matrices are avoided: under autocast they would
run at half precision.
"""

import torch
from torch.nn import functional

from sklearn_kd._task.link import _LOGIT_FLOOR
from sklearn_kd.losses import DecoupledKL
from sklearn_kd.losses._dkd import _LEFT_OUT
from sklearn_kd.losses._standardized import _EPSILON


def kl_against_blend(logits, proba, labels, alpha):
    """Blended loss at T = 1: both terms share a softmax, so one cross-entropy does."""
    constant = torch.xlogy(proba, proba).sum(1)
    if alpha is not None:
        constant = alpha[:, 0] * constant
        proba = (alpha * proba).scatter_add_(1, labels[:, None], 1 - alpha)
    return functional.cross_entropy(logits, proba, reduction="none") + constant


def kl(logits, proba, labels, alpha, temperature):
    """Divergence from the teacher at T, times ``T**2``."""
    soft = torch.softmax(proba.log() / temperature, dim=1)
    return temperature**2 * _divergence(soft, logits / temperature)


def mse_logit(logits, proba, labels, alpha, temperature):
    """Half the variance over classes of the difference of logits."""
    difference = logits - _teacher_logits(proba)
    return torch.var(difference, dim=1, correction=0) / 2


def dkd(logits, proba, labels, alpha, temperature):
    """Divergence between target class and rest, and that among the rest."""
    target = proba.argmax(1)
    if alpha is not None:
        target = torch.where(alpha[:, 0] < 1, labels, target)
    target = target[:, None]
    soft = torch.softmax(proba.log() / temperature, dim=1)
    others = soft.scatter(1, target, 0)
    # the sum, and not 1 - mass, which rounding leaves above 0
    rest = others.sum(1, keepdim=True)
    others = others / torch.where(rest > 0, rest, 1)
    tempered = logits / temperature
    student_others = tempered.scatter(1, target, _LEFT_OUT)
    odds = tempered.gather(1, target)
    odds = odds - torch.logsumexp(student_others, dim=1, keepdim=True)
    mass = soft.gather(1, target)
    target_term = functional.binary_cross_entropy_with_logits(
        odds, mass, reduction="none"
    )
    target_term = target_term + torch.xlogy(mass, mass) + torch.xlogy(rest, rest)
    other_term = _divergence(others, student_others)
    return temperature**2 * (
        DecoupledKL.target_weight * target_term[:, 0]
        + DecoupledKL.non_target_weight * other_term
    )


def kl_standardized(logits, proba, labels, alpha, temperature):
    """Divergence of standardised logits at T, times ``T**2``."""
    teacher = _standardize(_teacher_logits(proba))
    soft = torch.softmax(teacher / temperature, dim=1)
    return temperature**2 * _divergence(soft, _standardize(logits) / temperature)


#: By the names of ``LOSSES``.
SOFT_TERMS = {
    "kl": kl,
    "mse_logit": mse_logit,
    "dkd": dkd,
    "kl_standardized": kl_standardized,
}


def _divergence(soft, logits):
    """KL of each row from probabilities; rows of zeros have none."""
    log_q = torch.log_softmax(logits, dim=1)
    return functional.kl_div(log_q, soft, reduction="none").sum(1)


def _teacher_logits(proba):
    """Logits of probabilities, not centred: what reads them does that."""
    return proba.clamp_min(_LOGIT_FLOOR).log()


def _standardize(logits):
    """Bring each row to mean 0 and deviation 1."""
    deviation, mean = torch.std_mean(logits, dim=1, correction=0, keepdim=True)
    return (logits - mean) / (deviation + _EPSILON)
