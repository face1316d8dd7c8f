"""What all losses share: a soft term and cross-entropy on the labels, per row."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd.targets import check_temperature


class BlendedLoss:
    """Base of the losses: ``alpha * soft term + (1 - alpha) * CE``, alpha for each row.

    A subclass writes its soft term twice: for NumPy with its gradient, as
    ``prepare_soft`` and ``soft_term``, and for torch, as ``torch_soft_term``. A loss
    without the first two is refused for :class:`~sklearn_kd.MLPStudent`, and one
    without the last for skorch students. The class is registered by a name of your
    choice: ``LOSSES[name] = cls``.

    Parameters
    ----------
    temperature : float
        T, from 0.001 to 1000; for the soft term alone.

    Attributes
    ----------
    task : str
        The task that the loss fits, of the class.

    See Also
    --------
    KLDivergence : The default.
    distillation_loss : Checks a loss: its value and gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn_kd.losses import LOSSES, BlendedLoss
    >>> all(issubclass(loss, BlendedLoss) for loss in LOSSES.values())
    True
    """

    task = "classification"

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

    def prepare_soft(self, codes, proba, alpha):
        """Prepare what the soft term reads.

        Parameters
        ----------
        codes : ndarray of shape (n_samples,), int
            Hard targets, as positions among the classes; placeholders where ``alpha``
            is 1, so they must not be read there.
        proba : ndarray of shape (n_samples, n_classes), float64
            The teacher's probabilities at temperature 1.
        alpha : ndarray of shape (n_samples,), float64
            Weight of the soft term.

        Returns
        -------
        soft : ndarray of shape (n_samples, n_columns), float64
            To be handed, whole or a batch of rows, to :meth:`soft_term`.
        constant : ndarray of shape (n_samples,), float64
            What to add to the value of :meth:`soft_term` for each row.
        """
        raise NotImplementedError

    def soft_term(self, logits, soft, gradient):
        """Evaluate the soft term of a batch.

        Parameters
        ----------
        logits : ndarray of shape (n_samples, n_classes)
            Not to be changed.
        soft : ndarray of shape (n_samples, n_columns), dtype of logits
            Rows of what :meth:`prepare_soft` returned.
        gradient : ndarray of shape (n_samples, n_classes)
            Filled with the gradient of each row's value.

        Returns
        -------
        ndarray of shape (n_samples,), dtype of logits
            The soft term of each row times its alpha, without the constant.
        """
        raise NotImplementedError

    def torch_soft_term(self, logits, proba, labels, alpha):
        """Evaluate the soft term of a batch in torch, which is imported inside.

        Do without products of matrices: under autocast they run at half precision.

        Parameters
        ----------
        logits : tensor of shape (n_samples, n_classes)
            The student's outputs before the softmax.
        proba : tensor of shape (n_samples, n_classes), dtype of logits
            The teacher's probabilities at temperature 1.
        labels : tensor of shape (n_samples,), int64, or None
            Hard targets; 0 where ``alpha`` is 1. None only where ``alpha`` is.
        alpha : tensor of shape (n_samples, 1), dtype of logits, or None
            Weight of the soft term, not to be multiplied in; None for 1 in all rows.

        Returns
        -------
        tensor of shape (n_samples,)
            The soft term of each row.
        """
        raise NotImplementedError

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
        values = self._values(logits, targets, gradient)
        if isinstance(weight, np.ndarray):
            gradient *= weight[:, None]
            return float(values @ weight)
        gradient *= weight
        return float(values.sum()) * weight

    def torch_values(self, logits, proba, labels, alpha):
        """Evaluate the loss of each row of a batch in torch.

        Parameters
        ----------
        logits, proba, labels, alpha : tensors
            As in :meth:`torch_soft_term`.

        Returns
        -------
        tensor of shape (n_samples,)
            The blended loss, in the dtype of the logits.
        """
        import torch

        soft = self.torch_soft_term(logits, proba, labels, alpha)
        self._check_rows("torch_soft_term", soft, logits)
        if alpha is None:
            return soft
        hard = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        return torch.lerp(hard, soft, alpha[:, 0])

    def _prepare(self, codes, proba, alpha):
        """Give the columns that a step reads, and the constant of each row."""
        soft, constant = self.prepare_soft(codes, proba, alpha)
        self._check_rows("prepare_soft", constant, proba)
        # a code is exact in float32, for up to 2**24 classes
        return [soft, codes, 1 - alpha], constant

    def _values(self, logits, targets, gradient):
        """Give the value of each row, and fill in its gradient."""
        values = self.soft_term(logits, targets[:, :-2], gradient)
        self._check_rows("soft_term", values, logits)
        mass = targets[:, -1:]
        if mass.any():
            codes = targets[:, -2].astype(np.intp)
            hard_gradient = np.empty_like(gradient)
            values += _cross_entropy_of_codes(logits, codes, mass, hard_gradient)
            gradient += hard_gradient
        return values

    def _check_rows(self, method, values, rows):
        """Refuse values of a method that are not one a row: they would broadcast."""
        shape = getattr(values, "shape", None)
        if shape != rows.shape[:1]:
            got = show(values) if shape is None else f"the shape {tuple(shape)}"
            raise ValueError(
                f"{type(self).__name__}.{method} must return one value a row, of shape "
                f"({len(rows)},), got {got}. Sum over the classes, axis 1, alone."
            )


def exponentials(logits, out):
    """Shift rows of logits to a maximum of 0 in place; write and sum exponentials."""
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
