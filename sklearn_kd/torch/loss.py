"""The losses of classes in :mod:`sklearn_kd.losses` as a torch module."""

import torch
from torch import nn
from torch.nn import functional

from sklearn_kd.targets import check_temperature
from sklearn_kd.torch._criterion import Criterion, check_rows, check_settings


class DistillationLoss(Criterion, nn.CrossEntropyLoss):
    """The distillation loss of a batch: ``alpha * soft term + (1 - alpha) * CE``.

    The same numbers as :func:`sklearn_kd.losses.distillation_loss`, for any torch loop
    and as the ``criterion`` of a skorch net. ``row_alpha`` weighs the soft term.

    Parameters
    ----------
    loss : str, default="kl"
        The soft term, a key of :data:`sklearn_kd.losses.LOSSES`: "kl", "mse_logit",
        "dkd", "kl_standardized", or a loss that you have registered.
    temperature : float, default=1.0
        T, from 0.001 to 1000; divides the logits of both sides in the soft term, which
        is multiplied by its square.
    reduction : {"mean", "batchmean", "sum", "none"}, default="mean"
        With row losses :math:`l` and weights :math:`w`: "mean" is
        :math:`\\sum w l / \\sum w`, "batchmean" :math:`\\sum w l / n` as in
        ``torch.nn.KLDivLoss``, "sum" :math:`\\sum w l`, and "none" gives :math:`w l`.

    Raises
    ------
    ValueError
        For a loss, temperature or reduction that is none of the above.

    See Also
    --------
    sklearn_kd.losses.distillation_loss : The same with NumPy, with its gradient.
    TensorBatchLoader : Gives soft targets in batches.

    Notes
    -----
    .. versionadded:: 0.1

    It is a subclass of ``torch.nn.CrossEntropyLoss``. So a skorch classifier with this
    criterion treats the outputs of its module as logits, and applies a softmax in
    ``predict_proba``.

    It runs on the device of the logits, without synchronisation. Logits of half
    precision are brought to float32 first.

    References
    ----------
    Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015.
    :doi:`10.48550/arXiv.1503.02531`

    Examples
    --------
    >>> import torch
    >>> from sklearn_kd.torch import DistillationLoss
    >>> proba = torch.tensor([[0.75, 0.25]])
    >>> loss = DistillationLoss()
    >>> value = loss(proba.log(), proba, labels=torch.tensor([0]), row_alpha=0.5)
    >>> round(value.item(), 4)
    0.1438
    """

    _task, _soft_key = "classification", "proba"

    def __init__(self, loss="kl", temperature=1.0, reduction="mean"):
        check_settings(loss, reduction, self._task)
        temperature = check_temperature(temperature)
        super().__init__(reduction=reduction)
        self.loss = loss
        self.temperature = temperature

    def extra_repr(self):
        """Name the settings in the module's repr.

        Returns
        -------
        str
            As they would be written in a call.
        """
        return (
            f"loss={self.loss!r}, temperature={self.temperature:g}, "
            f"reduction={self.reduction!r}"
        )

    def forward(self, logits, target, labels=None, row_alpha=None, sample_weight=None):
        """Evaluate the loss of a batch.

        Parameters
        ----------
        logits : tensor of shape (n_samples, n_classes), floating point
            The student's outputs before the softmax.
        target : tensor or mapping
            The teacher's probabilities at temperature 1, of shape (n_samples,
            n_classes); or labels alone, integers of shape (n_samples,), of which it is
            the cross-entropy; or a mapping with "proba" or "labels" and any of
            "labels", "row_alpha" and "sample_weight", in place of the arguments below.
        labels : tensor of shape (n_samples,), int, default=None
            Hard targets, as positions among the classes; not read in rows whose
            ``row_alpha`` is 1.
        row_alpha : float or tensor of shape (n_samples,), default=None
            The weight of the soft term, in [0, 1]; the hard term has ``1 -
            row_alpha``. None stands for 1.
        sample_weight : tensor of shape (n_samples,), default=None
            Row weights; None stands for ones.

        Returns
        -------
        tensor
            The reduced loss in nats, or one value a row; float64 for logits of
            float64, else float32.

        Raises
        ------
        ValueError
            For shapes that do not fit each other, labels that are missing where
            ``row_alpha`` is below 1, fewer than three classes with "kl_standardized",
            a loss that is no longer registered, and one of your own that does not give
            one value a row.
        TypeError
            For a 1-D target that does not hold integers, and for arrays.
        """
        return self._evaluate(logits, target, labels, row_alpha, sample_weight)

    def _check_outputs(self, logits):
        """Refuse logits without a column for each class."""
        if logits.ndim != 2:
            raise ValueError(
                f"logits have shape {tuple(logits.shape)}, expected (n_samples, "
                "n_classes): one column a class, for two classes too."
            )
        return logits

    def _is_labels(self, target):
        """Return whether the target has no class probabilities."""
        return target.ndim == 1

    def _hard(self, logits, labels):
        """Cross-entropy of each row with its label."""
        _check_labels("target", labels, logits)
        return functional.cross_entropy(logits, labels.long(), reduction="none")

    def _blended(self, logits, proba, labels, alpha):
        """Loss of each row with soft targets."""
        if proba.shape != logits.shape:
            raise ValueError(
                f"target has shape {tuple(proba.shape)}, expected that of the logits, "
                f"{tuple(logits.shape)}: the teacher's probabilities, one column a "
                "class; or labels alone, of shape (n_samples,)."
            )
        loss = self._registered()(self.temperature)
        loss.check_classes(logits.shape[1])
        if alpha is not None:
            _check_labels("labels", labels, logits)
            # whatever stands in the other rows is a placeholder, -1 for instance
            labels = torch.where(alpha[:, 0] < 1, labels.long(), 0)
        return loss.torch_values(logits, proba, labels, alpha)


def _check_labels(name, labels, logits):
    """Refuse labels that are not one integer a row."""
    check_rows(name, labels, logits)
    if labels.is_floating_point() or labels.is_complex():
        raise TypeError(
            f"{name} of shape ({len(labels)},) must hold integers, the positions of "
            f"the labels among the classes, got {labels.dtype}."
        )
