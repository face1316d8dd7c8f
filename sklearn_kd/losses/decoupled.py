"""Decoupled distillation: the target class, and the others among themselves."""

import numpy as np
from scipy.special import expit

from sklearn_kd._task.blending import negative_entropy
from sklearn_kd._task.link import temper, torch_temper
from sklearn_kd.losses._loss import row_products
from sklearn_kd.losses.blended import BlendedLoss, exponentials
from sklearn_kd.losses.kl import torch_divergence

# In the place of a logit that is left out: its exponential is 0, and so is 0 times it.
_LEFT_OUT = -1e30


class DecoupledKL(BlendedLoss):
    """Decoupled distillation, with two weights where the divergence has one.

    The divergence from the teacher is that between target class and rest, plus that
    among the other classes times the teacher's mass on them: where the teacher is
    confident, the probabilities of the other classes hardly count. Here that part has a
    weight of its own: ``alpha * T**2 * (target_weight * TCKD + non_target_weight *
    NCKD) + (1 - alpha) * CE``. ``alpha`` weighs the soft term.

    Parameters
    ----------
    temperature : float
        T, from 0.001 to 1000; divides the logits of both sides.

    Attributes
    ----------
    target_weight, non_target_weight : float
        1 and 2, for every instance. The paper calls them alpha and beta and takes 1
        and 8 for CIFAR-100 at T = 4, where the probabilities of the other classes are
        smoother than those of a forest at T = 1.

    See Also
    --------
    KLDivergence : Its second weight is the teacher's mass on the other classes.
    distillation_loss : The value and the gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    With the target class :math:`t`, :math:`b = (p_t, 1 - p_t)` and
    :math:`\\hat p_k = p_k / (1 - p_t)` for :math:`k \\neq t`, and the same for the
    student, all at T: TCKD is :math:`KL(b^p \\,\\|\\, b^q)` and NCKD is
    :math:`KL(\\hat p \\,\\|\\, \\hat q)`. At ``alpha=1`` the optimum is the teacher's
    distribution whatever T is.

    The target class is the label. In a row without one, ``row_alpha`` is 1, and the
    target class is the teacher's most probable one; so with ``alpha=1`` no label is
    read. In a row where the teacher's probability of the target class is exactly 1,
    that of all others is 0, and NCKD is left out. With two classes there is one other
    class, NCKD is 0, and the loss is :class:`KLDivergence`.

    References
    ----------
    Zhao et al., "Decoupled Knowledge Distillation", 2022.
    :doi:`10.1109/CVPR52688.2022.01165`
    """

    target_weight, non_target_weight = 1.0, 2.0

    def prepare_soft(self, codes, proba, alpha):
        T = self.temperature
        rows = np.arange(len(proba))
        target = np.where(alpha < 1, codes, proba.argmax(axis=1))
        soft = temper(proba, T)
        mass = soft[rows, target]
        others = soft.copy()
        others[rows, target] = 0
        # the sum, and not 1 - mass, which rounding leaves above 0
        rest = others.sum(axis=1)
        has_rest = rest > 0
        others[has_rest] /= rest[has_rest, None]
        target_scale = self.target_weight * alpha * T
        other_scale = self.non_target_weight * alpha * T * has_rest
        constant = T * target_scale * negative_entropy(np.column_stack([mass, rest]))
        constant += T * other_scale * negative_entropy(others)
        others *= other_scale[:, None]
        columns = [others, other_scale, mass, target_scale, target]
        return np.column_stack(columns), constant

    def soft_term(self, logits, soft, gradient):
        T = self.temperature
        others = soft[:, :-4]
        other_scale, mass, target_scale, target = soft[:, -4:].T
        at_target = np.arange(len(soft)), target.astype(np.intp)
        tempered = logits / T
        odds = tempered[at_target]
        tempered[at_target] = _LEFT_OUT
        top, total = exponentials(tempered, gradient)
        log_total = np.log(total[:, 0])
        odds -= top[:, 0] + log_total  # log of q_t / (1 - q_t)
        values = target_scale * (np.logaddexp(0, odds) - mass * odds)
        values += other_scale * log_total - row_products(others, tempered)
        upstream = target_scale * (expit(odds) - mass)
        gradient *= (other_scale - upstream)[:, None] / total
        gradient -= others
        gradient[at_target] = upstream
        return T * values

    def torch_soft_term(self, logits, proba, labels, alpha):
        import torch

        T = self.temperature
        target = proba.argmax(1)
        if alpha is not None:
            target = torch.where(alpha[:, 0] < 1, labels, target)
        target = target[:, None]
        soft = torch_temper(proba, T)
        others = soft.scatter(1, target, 0)
        rest = others.sum(1, keepdim=True)
        others = others / torch.where(rest > 0, rest, 1)
        tempered = logits / T
        student_others = tempered.scatter(1, target, _LEFT_OUT)
        odds = tempered.gather(1, target)
        odds = odds - torch.logsumexp(student_others, dim=1, keepdim=True)
        mass = soft.gather(1, target)
        target_term = torch.nn.functional.binary_cross_entropy_with_logits(
            odds, mass, reduction="none"
        )
        target_term = target_term + torch.xlogy(mass, mass) + torch.xlogy(rest, rest)
        other_term = torch_divergence(others, student_others)
        return T**2 * (
            self.target_weight * target_term[:, 0] + self.non_target_weight * other_term
        )
