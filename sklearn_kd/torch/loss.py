"""The losses of :mod:`sklearn_kd.losses` as a torch module."""

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from sklearn_kd._messages import show
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd.losses import LOSSES
from sklearn_kd.losses._registry import check_form, check_loss
from sklearn_kd.targets import check_temperature

_REDUCTIONS = ("mean", "batchmean", "sum", "none")
_KEYS = ("proba", "labels", "row_alpha", "sample_weight")

# The least sum of weights that is divided by: a batch whose weights are all 0 has a
# loss of 0 then, and no NaN that would spoil the network.
_LEAST_WEIGHT = 1e-30


class DistillationLoss(VersionedMixin, nn.CrossEntropyLoss):
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

    def __init__(self, loss="kl", temperature=1.0, reduction="mean"):
        check_loss(loss)
        check_form(loss, "torch")
        if not isinstance(reduction, str) or reduction not in _REDUCTIONS:
            raise ValueError(
                f"reduction must be one of {sorted(_REDUCTIONS)}, got "
                f"{show(reduction)}."
            )
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
        if isinstance(target, Mapping):
            _check_mapping(target, labels, row_alpha, sample_weight)
            labels = target.get("labels")
            row_alpha = target.get("row_alpha")
            sample_weight = target.get("sample_weight")
            target = target.get("proba", labels)
        given = {"target": target, "labels": labels, "sample_weight": sample_weight}
        _check_tensors(**given, row_alpha=row_alpha)
        _check_logits(logits)
        if logits.dtype in (torch.float16, torch.bfloat16):
            logits = logits.float()
        if target.ndim == 1:
            _check_labels("target", target, logits)
            if row_alpha is not None:
                raise ValueError(
                    "row_alpha weighs soft targets, but the target is labels alone: "
                    'pass the probabilities as "proba", or leave row_alpha out.'
                )
            values = functional.cross_entropy(logits, target.long(), reduction="none")
        else:
            values = self._blended(logits, target, labels, row_alpha)
        return self._reduce(values, sample_weight)

    def _blended(self, logits, proba, labels, row_alpha):
        """Loss of each row with soft targets."""
        if proba.shape != logits.shape:
            raise ValueError(
                f"target has shape {tuple(proba.shape)}, expected that of the logits, "
                f"{tuple(logits.shape)}: the teacher's probabilities, one column a "
                "class; or labels alone, of shape (n_samples,)."
            )
        proba = proba.detach().to(logits.dtype)
        check_loss(self.loss)  # it may have been removed since
        loss = LOSSES[self.loss](self.temperature)
        loss.check_classes(logits.shape[1])
        alpha = _as_column(row_alpha, logits)
        if alpha is not None:
            if labels is None:
                raise ValueError(
                    "row_alpha is given without labels: where it is below 1 the loss "
                    "reads them. Pass labels, or leave row_alpha out."
                )
            _check_labels("labels", labels, logits)
            # whatever stands in the other rows is a placeholder, -1 for instance
            labels = torch.where(alpha[:, 0] < 1, labels.long(), 0)
        return loss.torch_values(logits, proba, labels, alpha)

    def _reduce(self, values, weight):
        """Weigh the values of the rows, and reduce them."""
        if weight is not None:
            _check_rows("sample_weight", weight, values)
            weight = weight.to(values.dtype)
            values = weight * values
        if self.reduction == "none":
            return values
        if self.reduction == "mean" and weight is not None:
            return values.sum() / weight.sum().clamp_min(_LEAST_WEIGHT)
        if self.reduction == "sum":
            return values.sum()
        return values.mean()


def _check_tensors(**given):
    """Refuse what is no tensor; a number may be meant for ``row_alpha``."""
    for name, value in given.items():
        number = name == "row_alpha" and isinstance(value, (int, float))
        if not (value is None or number or isinstance(value, torch.Tensor)):
            raise TypeError(
                f"{name} must be a tensor, got {type(value).__name__}: pass "
                f"torch.as_tensor({name})."
            )


def _check_mapping(target, labels, row_alpha, sample_weight):
    """Refuse unknown keys, and targets that are given twice."""
    known = "proba" in target or "labels" in target
    for key in target:  # torch.compile follows a loop, and no set operations
        known = known and key in _KEYS
    if not known:
        raise ValueError(
            f"A target mapping has the keys {sorted(target)}, expected "
            f'"proba" or "labels", and nothing beside {sorted(_KEYS)}.'
        )
    if not (labels is None and row_alpha is None and sample_weight is None):
        raise ValueError(
            "labels, row_alpha and sample_weight are read from the target mapping: "
            "put them there, not beside it."
        )


def _check_logits(logits):
    """Refuse logits without a column for each class."""
    if logits.ndim != 2:
        raise ValueError(
            f"logits have shape {tuple(logits.shape)}, expected (n_samples, "
            "n_classes): one column a class, for two classes too."
        )


def _check_labels(name, labels, logits):
    """Refuse labels that are not one integer a row."""
    _check_rows(name, labels, logits)
    if labels.is_floating_point() or labels.is_complex():
        raise TypeError(
            f"{name} of shape ({len(labels)},) must hold integers, the positions of "
            f"the labels among the classes, got {labels.dtype}."
        )


def _check_rows(name, values, rows):
    """Refuse anything but one value a row."""
    if values.shape != rows.shape[:1]:
        raise ValueError(
            f"{name} has shape {tuple(values.shape)}, expected one value a row: "
            f"({len(rows)},)."
        )


def _as_column(row_alpha, logits):
    """Give alpha as one column, or None where it is 1 in every row."""
    if isinstance(row_alpha, torch.Tensor) and row_alpha.ndim > 0:
        _check_rows("row_alpha", row_alpha, logits)
        return row_alpha.detach().to(logits.dtype)[:, None]
    if row_alpha is None:
        return None
    if isinstance(row_alpha, torch.Tensor):
        return row_alpha.detach().to(logits).expand(len(logits), 1)
    if not 0 <= row_alpha <= 1:
        raise ValueError(f"row_alpha must lie in [0, 1], got {show(row_alpha)}.")
    if row_alpha == 1:
        return None
    return logits.new_full((len(logits), 1), float(row_alpha))
