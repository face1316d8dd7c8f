"""The criterion of a net, and its probabilities, whatever its module returns."""

import torch
from skorch.utils import to_numpy

from sklearn_kd.students.skorch._prediction import forward
from sklearn_kd.students.skorch._widths import unreadable
from sklearn_kd.torch.loss import DistillationLoss


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


class Probabilities:
    """The non-linearity of a net: from what its module returns to probabilities."""

    def __init__(self, output):
        self.output = output

    def __call__(self, output):
        return to_logits(output, self.output).softmax(dim=-1)


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
    if isinstance(output, tuple):
        output = output[0]
    if kind == "logits":
        return output
    tiny = torch.finfo(output.dtype).tiny
    if kind == "probabilities":
        return output.clamp_min(tiny).log()
    output = output.reshape(len(output))
    if kind == "logit":
        return torch.stack([torch.zeros_like(output), output], dim=1)
    return torch.stack([1 - output, output], dim=1).clamp_min(tiny).log()


def find_output(net, X, n_classes, gives_probabilities):
    """Find out what the module returns: logits or probabilities, in how many columns.

    Raises
    ------
    ValueError
        For another number of columns, for NaN, which says neither, and for a module
        that cannot read the rows.
    """
    try:
        output = forward(net, X)
    except RuntimeError as error:
        if isinstance(error, torch.cuda.OutOfMemoryError):
            raise
        raise unreadable(net, X, error) from error
    if isinstance(output, tuple):
        output = output[0]
    if output.isnan().any():
        raise ValueError(
            f"The module returns NaN for some of the first {len(output)} rows, before "
            "it has learnt anything, and would learn nothing but NaN from them. Look "
            "for a logarithm, a root or a division by 0 in its forward."
        )
    width = output.shape[1] if output.ndim == 2 else 1
    if output.ndim <= 2 and width == 1 and n_classes == 2:
        return "probability" if gives_probabilities else "logit"
    if output.ndim != 2 or width != n_classes:
        raise ValueError(
            f"The module returns an array of shape {tuple(output.shape)}, expected "
            f"(n_samples, {n_classes}): one column a class. Let its constructor take "
            "the width of its output as n_classes, or set it by module__..."
        )
    sums = output.sum(dim=1)
    is_proba = (output >= 0).all() and torch.allclose(sums, torch.ones_like(sums))
    return "probabilities" if is_proba else "logits"


def labels_of(targets):
    """Take the labels, for a callback that scores, out of what the criterion gets."""
    return to_numpy(targets["labels"] if isinstance(targets, dict) else targets)
