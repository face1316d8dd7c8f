"""What losses of classes share: a soft term and cross-entropy on labels, per row."""

import numpy as np

from sklearn_kd.losses._loss import Loss, row_products, row_sums
from sklearn_kd.targets import check_temperature


class BlendedLoss(Loss):
    """Base of the losses of classes: ``alpha * soft term + (1 - alpha) * CE``.

    Each row has an alpha of its own. A subclass writes its soft term twice: for NumPy
    with its gradient, as ``prepare_soft`` and ``soft_term``, and for torch, as
    ``torch_soft_term``. A loss without the first two is refused for
    :class:`~sklearn_kd.MLPStudent`, and one without the last for skorch students. The
    class is registered by a name of your choice: ``LOSSES[name] = cls``.

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
    RegressionLoss : Base of the losses of numbers.
    distillation_loss : Checks a loss: its value and gradient in one call.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn_kd.losses import LOSSES, BlendedLoss
    >>> [name for name, loss in LOSSES.items() if issubclass(loss, BlendedLoss)]
    ['kl', 'mse_logit', 'dkd', 'kl_standardized']
    """

    task = "classification"
    _forms = {"NumPy": ("prepare_soft", "soft_term"), "torch": ("torch_soft_term",)}

    def __init__(self, temperature):
        self.temperature = check_temperature(temperature)

    @classmethod
    def for_soft(cls, soft_targets):
        """Make the loss that soft targets are for.

        Parameters
        ----------
        soft_targets : SoftTargets
            Only their temperature is read.

        Returns
        -------
        BlendedLoss
            A loss of this class.
        """
        return cls(soft_targets.temperature)

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

    def prepare(self, hard, soft_targets, dtype):
        codes = np.where(soft_targets.row_alpha < 1, hard, 0)
        return super().prepare(codes, soft_targets, dtype)

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
        advice = "a row", "Sum over the classes, axis 1, alone."
        self._check_shape(method, values, rows.shape[:1], *advice)


def exponentials(logits, out):
    """Shift rows of logits to a maximum of 0 in place; write and sum exponentials."""
    # NumPy reduces short rows one by one: along columns, and as a product, it is much
    # faster
    top = np.asfortranarray(logits).max(axis=1, keepdims=True)
    logits -= top
    np.exp(logits, out=out)
    return top, row_sums(out)


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
