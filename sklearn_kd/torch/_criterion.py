"""What the criteria of both tasks share: targets in a batch, and the reduction."""

from collections.abc import Mapping

import torch

from sklearn_kd._messages import show
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd.losses import LOSSES
from sklearn_kd.losses._registry import check_form, check_loss

_REDUCTIONS = ("mean", "batchmean", "sum", "none")

# The least sum of weights that is divided by: a batch whose weights are all 0 has a
# loss of 0 then, and no NaN that would spoil the network.
_LEAST_WEIGHT = 1e-30


class Criterion(VersionedMixin):
    """Mixin of a torch module: the loss of a batch with soft or hard targets.

    The module has the attributes ``loss`` and ``reduction``. A subclass has ``_task``
    and ``_soft_key``, the name of soft targets in a mapping, and the methods
    ``_check_outputs``, ``_is_labels``, ``_hard`` and ``_blended``.
    """

    def _evaluate(self, outputs, target, labels, row_alpha, sample_weight):
        """Evaluate the loss of a batch, and reduce it."""
        alone = False
        if isinstance(target, Mapping):
            keys = self._soft_key, "labels", "row_alpha", "sample_weight"
            _check_mapping(target, keys, labels, row_alpha, sample_weight)
            labels = target.get("labels")
            row_alpha = target.get("row_alpha")
            sample_weight = target.get("sample_weight")
            alone = self._soft_key not in target
            target = labels if alone else target[self._soft_key]
        given = {"target": target, "labels": labels, "sample_weight": sample_weight}
        _check_tensors(**given, row_alpha=row_alpha)
        outputs = self._check_outputs(outputs)
        if outputs.dtype in (torch.float16, torch.bfloat16):
            outputs = outputs.float()
        if alone or self._is_labels(target):
            if row_alpha is not None:
                raise ValueError(
                    "row_alpha weighs soft targets, but the target is labels alone: "
                    f'pass soft ones as "{self._soft_key}", or leave row_alpha out.'
                )
            values = self._hard(outputs, target)
        else:
            alpha = _as_column(row_alpha, outputs)
            if alpha is not None and labels is None:
                raise ValueError(
                    "row_alpha is given without labels: where it is below 1 the loss "
                    "reads them. Pass labels, or leave row_alpha out."
                )
            target = target.detach().to(outputs.dtype)
            values = self._blended(outputs, target, labels, alpha)
        return self._reduce(values, sample_weight)

    def _registered(self):
        """Look the class of the loss up: it may have been removed since."""
        check_loss(self.loss, task=self._task)
        return LOSSES[self.loss]

    def _reduce(self, values, weight):
        """Weigh the values of the rows, and reduce them."""
        if weight is not None:
            check_rows("sample_weight", weight, values)
            weight = weight.to(values.dtype)
            values = weight * values
        if self.reduction == "none":
            return values
        if self.reduction == "mean" and weight is not None:
            return values.sum() / weight.sum().clamp_min(_LEAST_WEIGHT)
        if self.reduction == "sum":
            return values.sum()
        return values.mean()


def check_settings(loss, reduction, task):
    """Refuse a loss that torch cannot compute, and an unknown reduction."""
    check_loss(loss, task=task)
    check_form(loss, "torch")
    if not isinstance(reduction, str) or reduction not in _REDUCTIONS:
        raise ValueError(
            f"reduction must be one of {sorted(_REDUCTIONS)}, got {show(reduction)}."
        )


def check_rows(name, values, rows):
    """Refuse anything but one value a row."""
    if values.shape != rows.shape[:1]:
        raise ValueError(
            f"{name} has shape {tuple(values.shape)}, expected one value a row: "
            f"({len(rows)},)."
        )


def _check_tensors(**given):
    """Refuse what is no tensor; a number may be meant for ``row_alpha``."""
    for name, value in given.items():
        number = name == "row_alpha" and isinstance(value, (int, float))
        if not (value is None or number or isinstance(value, torch.Tensor)):
            raise TypeError(
                f"{name} must be a tensor, got {type(value).__name__}: pass "
                f"torch.as_tensor({name})."
            )


def _check_mapping(target, keys, labels, row_alpha, sample_weight):
    """Refuse unknown keys, and targets that are given twice."""
    known = keys[0] in target or "labels" in target
    for key in target:  # torch.compile follows a loop, and no set operations
        known = known and key in keys
    if not known:
        raise ValueError(
            f"A target mapping has the keys {sorted(target)}, expected "
            f'"{keys[0]}" or "labels", and nothing beside {sorted(keys)}.'
        )
    if not (labels is None and row_alpha is None and sample_weight is None):
        raise ValueError(
            "labels, row_alpha and sample_weight are read from the target mapping: "
            "put them there, not beside it."
        )


def _as_column(row_alpha, outputs):
    """Give alpha as one column, or None where it is 1 in every row."""
    if isinstance(row_alpha, torch.Tensor) and row_alpha.ndim > 0:
        check_rows("row_alpha", row_alpha, outputs)
        return row_alpha.detach().to(outputs.dtype)[:, None]
    if row_alpha is None:
        return None
    if isinstance(row_alpha, torch.Tensor):
        return row_alpha.detach().to(outputs).expand(len(outputs), 1)
    if not 0 <= row_alpha <= 1:
        raise ValueError(f"row_alpha must lie in [0, 1], got {show(row_alpha)}.")
    if row_alpha == 1:
        return None
    return outputs.new_full((len(outputs), 1), float(row_alpha))
