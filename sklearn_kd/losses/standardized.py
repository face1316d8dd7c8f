"""Divergence between standardised logits."""

import numpy as np
from scipy.special import softmax

from sklearn_kd._task.link import teacher_logits, torch_teacher_logits
from sklearn_kd.losses._loss import row_products, row_sums
from sklearn_kd.losses.blended import BlendedLoss, cross_entropy
from sklearn_kd.losses.kl import prepare_tempered, torch_divergence

# Added to the deviation: bounds the gradient in a row whose logits are all alike.
_EPSILON = 1e-3

# Below it a deviation counts as none; its square is still a float32.
_NO_DEVIATION = 1e-10


class StandardizedKL(BlendedLoss):
    """Divergence of standardised logits: their order and ratios, not their size.

    The logits of both sides are brought to a mean of 0 and a deviation of 1 over the
    classes of each row; of those, ``alpha * T**2 * KL(teacher_T || student_T) + (1 -
    alpha) * CE``, where the cross-entropy reads the logits as they are. ``alpha``
    weighs the soft term.

    Parameters
    ----------
    temperature : float
        T, from 0.001 to 1000; divides the standardised logits of both sides. The paper
        takes 2.

    Raises
    ------
    ValueError
        In ``prepare``, with fewer than three classes: of two standardised logits one
        is always 1 and the other -1.

    See Also
    --------
    KLDivergence : Also transfers the confidence of the teacher.
    distillation_loss : The value and the gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    With logits :math:`z`, their mean :math:`\\bar z` and deviation :math:`s` over the
    classes, the standardised ones are :math:`(z - \\bar z) / (s + 0.001)`; the
    teacher's logits are :math:`\\log \\max(p_k, 10^{-3})`, since a forest can predict
    exactly 0.

    The soft term does not depend on the size of the student's logits, so **its
    probabilities are not calibrated**: the soft term determines the order of the
    classes and the ratios of the differences of their logits, and only the hard term,
    at ``1 - alpha``, determines the confidence. Use it if only labels are predicted, or
    calibrate the student afterwards.

    References
    ----------
    Sun et al., "Logit Standardization in Knowledge Distillation", 2024.
    :doi:`10.48550/arXiv.2403.01605`
    """

    @staticmethod
    def check_classes(n_classes):
        """Refuse two classes, whose standardised logits are always 1 and -1.

        Parameters
        ----------
        n_classes : int
            The number.

        Raises
        ------
        ValueError
            Below three.
        """
        if n_classes < 3:
            raise ValueError(
                'loss="kl_standardized" needs at least three classes, got '
                f"{n_classes}: of two standardised logits one is always 1 and the "
                'other -1, whatever the teacher predicts. Use loss="kl".'
            )

    def prepare_soft(self, codes, proba, alpha):
        self.check_classes(proba.shape[1])
        standard, _ = _standardize(teacher_logits(proba))
        return prepare_tempered(softmax(standard, axis=1), alpha, self.temperature)

    def soft_term(self, logits, soft, gradient):
        T, n_classes = self.temperature, logits.shape[1]
        standard, deviation = _standardize(logits)
        tempered = standard / T
        values = T * cross_entropy(tempered, soft[:, :-1], soft[:, -1:], gradient)
        # what would only stretch the logits is taken out; the rest sums to 0 anyway
        stretch = (deviation + _EPSILON) / np.maximum(deviation, _NO_DEVIATION)
        stretch *= row_products(gradient, standard)[:, None] / n_classes
        standard *= stretch
        gradient -= standard
        gradient /= deviation + _EPSILON
        return values

    def torch_soft_term(self, logits, proba, labels, alpha):
        T = self.temperature
        teacher = _torch_standardize(torch_teacher_logits(proba))
        student = _torch_standardize(logits)
        return T**2 * torch_divergence((teacher / T).softmax(dim=1), student / T)


def _standardize(logits):
    """Bring each row to mean 0 and deviation 1; also give the deviations."""
    n_classes = logits.shape[1]
    standard = logits - row_sums(logits) / n_classes
    deviation = np.sqrt(row_products(standard, standard)[:, None] / n_classes)
    standard /= deviation + _EPSILON
    return standard, deviation


def _torch_standardize(logits):
    """Bring each row of a tensor to mean 0 and deviation 1."""
    import torch

    deviation, mean = torch.std_mean(logits, dim=1, correction=0, keepdim=True)
    return (logits - mean) / (deviation + _EPSILON)
