"""Kullback-Leibler divergence from the teacher, blended with cross-entropy."""

import numpy as np

from sklearn_kd.targets import blend, negative_entropy, one_hot, temper


class KLDivergence:
    """Hinton's loss: ``alpha * T**2 * KL(teacher_T || student_T) + (1 - alpha) * CE``.

    The temperature T divides the logits of both sides, so that at ``alpha=1`` the
    optimum is the teacher's distribution whatever T is, and ``T**2`` keeps the size of
    the gradient when T changes. ``alpha`` weighs the soft term.

    Parameters
    ----------
    temperature : float
        T, above 0.

    See Also
    --------
    distillation_loss : The value and the gradient in one call.

    Notes
    -----
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

    def __init__(self, temperature):
        self.temperature = temperature

    def prepare(self, codes, soft_targets, dtype):
        """Bring the targets of all rows into the form that a training step reads.

        Parameters
        ----------
        codes : ndarray of shape (n_samples,), int
            Hard targets.
        soft_targets : SoftTargets of length n_samples
            Soft targets.
        dtype : dtype
            Of the network.

        Returns
        -------
        targets : ndarray of shape (n_samples, n_columns), dtype
            At T = 1 the blended targets. Else the hard targets times ``1 - alpha``,
            the soft targets at T times ``alpha * T``, and these two weights.
        constant : ndarray of shape (n_samples,), float64
            What to add to the value of :meth:`value_and_gradient` for each row.
        """
        alpha, T = soft_targets.row_alpha, self.temperature
        soft = temper(soft_targets.proba.astype(np.float64, copy=False), T)
        constant = alpha * T**2 * negative_entropy(soft)
        if T == 1:
            return blend(soft, codes, alpha).astype(dtype), constant
        hard = one_hot(codes, soft.shape[1]) * (1 - alpha)[:, None]
        soft = soft * (alpha * T)[:, None]
        weights = np.column_stack([1 - alpha, alpha * T])
        return np.hstack([hard, soft, weights]).astype(dtype), constant

    def value_and_gradient(self, logits, targets, weight, gradient):
        """Evaluate the loss of a batch.

        Parameters
        ----------
        logits : ndarray of shape (n_samples, n_classes)
            Overwritten.
        targets : ndarray of shape (n_samples, n_columns)
            Rows of what :meth:`prepare` returned.
        weight : ndarray of shape (n_samples,) or float
            The weight of each row in the sum.
        gradient : ndarray of shape (n_samples, n_classes)
            Filled with the gradient of the weighted sum.

        Returns
        -------
        float
            The weighted sum over rows, without the constant.
        """
        n_classes, T = logits.shape[1], self.temperature
        if T == 1:
            values = _cross_entropy(logits, targets, 1, gradient)
        else:
            tempered, soft_gradient = logits / T, np.empty_like(gradient)
            hard, soft = targets[:, :n_classes], targets[:, n_classes:-2]
            hard_mass, soft_mass = targets[:, -2:-1], targets[:, -1:]
            values = _cross_entropy(logits, hard, hard_mass, gradient)
            values += T * _cross_entropy(tempered, soft, soft_mass, soft_gradient)
            gradient += soft_gradient
        if isinstance(weight, np.ndarray):
            gradient *= weight[:, None]
            return float(values @ weight)
        gradient *= weight
        return float(values.sum()) * weight


def _cross_entropy(logits, targets, mass, gradient):
    """Cross-entropy of rows of targets that sum to ``mass``; ``logits`` is overwritten.

    The gradient is ``mass * softmax(logits) - targets``.
    """
    # NumPy reduces short rows one by one: along columns, and as a product, it is much
    # faster
    logits -= np.asfortranarray(logits).max(axis=1, keepdims=True)
    np.exp(logits, out=gradient)
    total = gradient @ np.ones((logits.shape[1], 1), dtype=logits.dtype)
    values = (mass * np.log(total))[:, 0]
    values -= np.einsum("ij,ij->i", targets, logits)
    gradient *= mass / total
    gradient -= targets
    return values
