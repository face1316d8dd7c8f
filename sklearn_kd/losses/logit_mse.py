"""Squared error between the logits of student and teacher."""

import numpy as np

from sklearn_kd._task.link import teacher_logits, torch_teacher_logits
from sklearn_kd.losses._loss import row_products, row_sums
from sklearn_kd.losses.blended import BlendedLoss


class LogitMSE(BlendedLoss):
    """Squared error of the logits: ``alpha * MSE / 2 + (1 - alpha) * CE``.

    The mean is over classes. A constant that is added to all logits of a row does not
    change the softmax. So both sides are centred to a mean of 0 first, and the constant
    does not change the loss either. ``alpha`` weighs the soft term.

    Parameters
    ----------
    temperature : float
        T, from 0.001 to 1000. It has no effect: it divides the logits of both sides,
        and the factor ``T**2`` takes that back.

    See Also
    --------
    KLDivergence : Has this loss as its limit for large T.
    distillation_loss : The value and the gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    With logits :math:`z`, teacher :math:`p`, :math:`t_k = \\log \\max(p_k, 10^{-3})`
    and a bar for the mean over the K classes, the soft term of a row is
    :math:`\\frac{1}{2K} \\sum_k (z_k - \\bar z - t_k + \\bar t)^2`, and its gradient
    :math:`(z_k - \\bar z - t_k + \\bar t) / K`. At ``alpha=1`` the optimum is the
    teacher's distribution, but for the floor: a probability of the teacher below 0.001
    is learned as 0.001, before rows are brought to a sum of 1.

    A wrong logit of a class of probability 0.001 costs as much here as one of the most
    probable class, which the divergence weighs a thousand times more.

    References
    ----------
    Ba and Caruana, "Do Deep Nets Really Need to be Deep?", 2014.
    :doi:`10.48550/arXiv.1312.6184`

    Kim et al., "Comparing Kullback-Leibler Divergence and Mean Squared Error Loss in
    Knowledge Distillation", 2021. :doi:`10.24963/ijcai.2021/362`
    """

    def prepare_soft(self, codes, proba, alpha):
        return np.column_stack([teacher_logits(proba), alpha]), np.zeros(len(proba))

    def soft_term(self, logits, soft, gradient):
        n_classes = logits.shape[1]
        np.subtract(logits, soft[:, :-1], out=gradient)
        gradient -= row_sums(gradient) / n_classes
        share = soft[:, -1:] / n_classes
        values = share[:, 0] / 2 * row_products(gradient, gradient)
        gradient *= share
        return values

    def torch_soft_term(self, logits, proba, labels, alpha):
        difference = logits - torch_teacher_logits(proba)
        return difference.var(dim=1, correction=0) / 2
