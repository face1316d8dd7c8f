"""The criteria of nets, and their predictions, whatever their modules return."""

import torch
from skorch.utils import to_numpy

from sklearn_kd.torch.loss import DistillationLoss
from sklearn_kd.torch.regression import RegressionDistillationLoss


class NetLoss(DistillationLoss):
    """The distillation loss of what a module returns, be it logits or not.

    Parameters
    ----------
    output : {"logits", "probabilities", "logit", "probability"}, default="logits"
        What that is; the last two in one column, for the second of two classes.
    **params : dict
        Of :class:`DistillationLoss`.
    """

    def __init__(self, output="logits", **params):
        super().__init__(**params)
        self.output = output

    def forward(self, output, target):
        """Evaluate the loss of a batch."""
        return super().forward(to_logits(output, self.output), target)


class NumberLoss(RegressionDistillationLoss):
    """The distillation loss of the numbers that a module returns, first or alone.

    Parameters
    ----------
    factor : sequence of float or None, default=None
        What these are multiplied by first, each output by its own. The loss is divided
        by the mean square of the factors.
    **params : dict
        Of :class:`RegressionDistillationLoss`.
    """

    def __init__(self, factor=None, **params):
        super().__init__(**params)
        factor = torch.ones(1) if factor is None else torch.tensor(factor)
        self.register_buffer("factor", factor)

    def forward(self, output, target):
        """Evaluate the loss of a batch; a target of the user's own is labels."""
        target = {"labels": target} if isinstance(target, torch.Tensor) else target
        value = super().forward(self.of_targets(output), target)
        return value / self.factor.square().mean()

    def of_targets(self, output):
        """Bring what a module returned to two dimensions and the units of the loss."""
        output = first_of(output)
        return output.reshape(len(output), -1) * self.factor.to(output.dtype)


class Probabilities:
    """The non-linearity of a net: from what its module returns to probabilities."""

    def __init__(self, output):
        self.output = output

    def __call__(self, output):
        return to_logits(output, self.output).softmax(dim=-1)


class Numbers:
    """The non-linearity of a net: from what its module returns to predictions of ``y``.

    Parameters
    ----------
    loss : NumberLoss
        Its criterion.
    level : int
        The position of the quantile that stands for ``y``; 0 where there are none.
    """

    def __init__(self, loss, level):
        self.loss = loss
        self.level = level

    def __call__(self, output):
        predicted = self.loss.predictions(self.loss.of_targets(output))
        return predicted[:, self.level :: len(self.loss.quantiles or [None])]


def first_of(output):
    """Give what a module returned, or the first of a tuple."""
    return output[0] if isinstance(output, tuple) else output


def to_logits(output, kind):
    """Turn what a module returns into one logit a class.

    Parameters
    ----------
    output : Tensor of shape (n_samples, n_classes), (n_samples, 1) or (n_samples,)
        What the module returned, or a tuple that begins with it.
    kind : str
        As in :class:`NetLoss`.

    Returns
    -------
    Tensor of shape (n_samples, n_classes)
        The logits.
    """
    output = first_of(output)
    if kind == "logits":
        return output
    tiny = torch.finfo(output.dtype).tiny
    if kind == "probabilities":
        return output.clamp_min(tiny).log()
    output = output.reshape(len(output))
    if kind == "logit":
        return torch.stack([torch.zeros_like(output), output], dim=1)
    return torch.stack([1 - output, output], dim=1).clamp_min(tiny).log()


def labels_of(targets):
    """Take the labels, for a callback that scores, out of what the criterion gets."""
    return to_numpy(targets["labels"] if isinstance(targets, dict) else targets)
