"""What all losses share: a soft term and cross-entropy on the labels, per row."""

import numpy as np

from sklearn_kd.targets import check_temperature


class BlendedLoss:
    """``alpha * soft term + (1 - alpha) * CE``, with alpha for each row.

    A subclass says what its soft term reads (``_prepare_soft``) and what it is worth
    (``_soft_term``), both with alpha multiplied in.

    Parameters
    ----------
    temperature : float
        T, from 0.001 to 1000; for the soft term alone.
    """

    def __init__(self, temperature):
        self.temperature = check_temperature(temperature)

    @staticmethod
    def check_classes(n_classes):
        """Refuse a number of classes that the loss cannot learn from; none here.

        Parameters
        ----------
        n_classes : int
            The number.
        """

    def prepare(self, codes, soft_targets, dtype):
        """Bring the targets of all rows into the form that a training step reads.

        Parameters
        ----------
        codes : ndarray of shape (n_samples,), int
            Hard targets; what stands in a row whose ``row_alpha`` is 1 is not read.
        soft_targets : SoftTargets of length n_samples
            Soft targets.
        dtype : dtype
            Of the network.

        Returns
        -------
        targets : ndarray of shape (n_samples, n_columns), dtype
            To be handed, whole or a batch of rows, to :meth:`value_and_gradient`.
        constant : ndarray of shape (n_samples,), float64
            What to add to the value of :meth:`value_and_gradient` for each row.
        """
        proba = soft_targets.proba.astype(np.float64, copy=False)
        alpha = soft_targets.row_alpha
        columns, constant = self._prepare(np.where(alpha < 1, codes, 0), proba, alpha)
        return np.column_stack(columns).astype(dtype, copy=False), constant

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
        values = self._evaluate(logits, targets, gradient)
        if isinstance(weight, np.ndarray):
            gradient *= weight[:, None]
            return float(values @ weight)
        gradient *= weight
        return float(values.sum()) * weight

    def _prepare(self, codes, proba, alpha):
        soft, constant = self._prepare_soft(codes, proba, alpha)
        # a code is exact in float32, for up to 2**24 classes
        return [soft, codes, 1 - alpha], constant

    def _evaluate(self, logits, targets, gradient):
        values = self._soft_term(logits, targets[:, :-2], gradient)
        mass = targets[:, -1:]
        if mass.any():
            codes = targets[:, -2].astype(np.intp)
            hard_gradient = np.empty_like(gradient)
            values += _cross_entropy_of_codes(logits, codes, mass, hard_gradient)
            gradient += hard_gradient
        return values


def exponentials(logits, out):
    """Shift each row of logits to a largest of 0, in place, and take its exponentials.

    Parameters
    ----------
    logits : ndarray of shape (n_samples, n_classes)
        Overwritten.
    out : ndarray of shape (n_samples, n_classes)
        Filled with the exponentials: the softmax, but for its denominator.

    Returns
    -------
    top, total : ndarray of shape (n_samples, 1)
        What was subtracted, and the sums of the exponentials.
    """
    # NumPy reduces short rows one by one: along columns, and as a product, it is much
    # faster
    top = np.asfortranarray(logits).max(axis=1, keepdims=True)
    logits -= top
    np.exp(logits, out=out)
    return top, row_sums(out)


def row_sums(array):
    """Sum each row, as a product with ones, which is the fast way for short rows."""
    return array @ np.ones((array.shape[1], 1), dtype=array.dtype)


def row_products(left, right):
    """Sum the products of two arrays over each row."""
    return np.einsum("ij,ij->i", left, right)


def cross_entropy(logits, targets, mass, gradient):
    """Cross-entropy of rows of targets that sum to ``mass``; ``logits`` is overwritten.

    The gradient is ``mass * softmax(logits) - targets``.
    """
    _, total = exponentials(logits, gradient)
    values = (mass * np.log(total))[:, 0]
    values -= row_products(targets, logits)
    gradient *= mass / total
    gradient -= targets
    return values


def _cross_entropy_of_codes(logits, codes, mass, gradient):
    """Cross-entropy of labels that weigh ``mass``; ``logits`` is overwritten."""
    _, total = exponentials(logits, gradient)
    values = (mass * np.log(total))[:, 0]
    gradient *= mass / total
    at_label, mass = (np.arange(len(codes)), codes), mass[:, 0]
    values -= mass * logits[at_label]
    gradient[at_label] -= mass
    return values
