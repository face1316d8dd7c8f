"""Kullback-Leibler divergence from the teacher, blended with cross-entropy."""

import numpy as np

from sklearn_kd._task.blending import blend, negative_entropy
from sklearn_kd._task.link import temper, torch_temper
from sklearn_kd.losses.blended import BlendedLoss, cross_entropy


class KLDivergence(BlendedLoss):
    """Hinton's loss: ``alpha * T**2 * KL(teacher_T || student_T) + (1 - alpha) * CE``.

    The temperature T divides the logits of both sides, so that at ``alpha=1`` the
    optimum is the teacher's distribution whatever T is, and ``T**2`` keeps the size of
    the gradient when T changes. ``alpha`` weighs the soft term.

    Parameters
    ----------
    temperature : float
        T, from 0.001 to 1000.

    See Also
    --------
    distillation_loss : The value and the gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    With logits :math:`z`, teacher :math:`p`, :math:`p_T \\propto p^{1/T}` and
    :math:`q_T = \\mathrm{softmax}(z / T)`, the gradient is
    :math:`\\alpha T (q_T - p_T) + (1 - \\alpha)(q_1 - y)`. At :math:`T = 1` both terms
    have the same :math:`q`, so one softmax against the blend
    :math:`\\alpha p + (1 - \\alpha) y` does for both.

    References
    ----------
    Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015.
    :doi:`10.48550/arXiv.1503.02531`
    """

    def _prepare(self, codes, proba, alpha):
        """Blend the targets at T = 1, where one softmax does for both terms."""
        if self.temperature == 1:
            return [blend(proba, codes, alpha)], alpha * negative_entropy(proba)
        return super()._prepare(codes, proba, alpha)

    def _values(self, logits, targets, gradient):
        """Give the value of each row; at T = 1 by one softmax."""
        if self.temperature == 1:
            return cross_entropy(logits, targets, 1, gradient)
        return super()._values(logits, targets, gradient)

    def prepare_soft(self, codes, proba, alpha):
        return prepare_tempered(proba, alpha, self.temperature)

    def soft_term(self, logits, soft, gradient):
        T = self.temperature
        return T * cross_entropy(logits / T, soft[:, :-1], soft[:, -1:], gradient)

    def torch_values(self, logits, proba, labels, alpha):
        if self.temperature != 1:
            return super().torch_values(logits, proba, labels, alpha)
        import torch

        constant = torch.xlogy(proba, proba).sum(1)
        if alpha is not None:
            constant = alpha[:, 0] * constant
            proba = (alpha * proba).scatter_add_(1, labels[:, None], 1 - alpha)
        cross = torch.nn.functional.cross_entropy(logits, proba, reduction="none")
        return cross + constant

    def torch_soft_term(self, logits, proba, labels, alpha):
        T = self.temperature
        return T**2 * torch_divergence(torch_temper(proba, T), logits / T)


def prepare_tempered(proba, alpha, temperature):
    """Prepare targets whose cross-entropy at T, times T, is ``alpha * T**2 * KL``."""
    soft = temper(proba, temperature)
    constant = alpha * temperature**2 * negative_entropy(soft)
    mass = (alpha * temperature)[:, None]
    return np.hstack([soft * mass, mass]), constant


def torch_divergence(soft, logits):
    """Give KL of each row of probabilities from logits; rows of zeros have none."""
    from torch.nn import functional

    log_q = functional.log_softmax(logits, dim=1)
    return functional.kl_div(log_q, soft, reduction="none").sum(1)
