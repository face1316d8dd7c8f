"""Refusing a net that training has made worse, or that predicts NaN."""

import numpy as np
import torch
from skorch.utils import to_device

from sklearn_kd.students.skorch._prediction import forward
from sklearn_kd.students.skorch.criterion import first_of

#: Rows whose loss is compared before and after training, and on which it is found out
#: what a module returns.
PROBED = 64

#: About how many rows are predicted after training.
_CHECKED = 4096

_LOWER = (
    'Lower lr, add skorch.callbacks.GradientNormClipping, or use encoder="auto" of '
    "the adapter, which brings every column to a common scale."
)


def check_trained(net, rows, before, by_task):
    """Refuse a net that is worse than it was before training.

    Parameters
    ----------
    net : skorch.NeuralNet
        Trained.
    rows : NetRows
        What it was trained on.
    before : float
        From :func:`first_loss`, before training.
    by_task : NetTask
        How it predicts, and how far its loss may rise.

    Raises
    ------
    ValueError
        For a net that predicts NaN, or whose loss has risen.
    """
    # beside that: what a module keeps of its last batch, weight_norm its weights, has a
    # graph after training, and no tensor with one can be copied
    _refuse_divergence(net, rows, by_task)
    after = first_loss(net, rows)
    # callbacks may have set other weights before the first step
    first = net.history[0, "batches", 0].get("train_loss", before)
    before = max(before, first) if np.isfinite(first) else before
    if after > 2 * before + by_task.worst:
        raise ValueError(
            f"Training diverged: at lr={net.lr:g} the loss of the first training rows "
            f"rose from {before:.3g}, before training, to {after:.3g}. {_LOWER}"
        )


def first_loss(net, rows):
    """Evaluate the criterion on the first rows."""
    # skorch returns outputs on the CPU, wherever the criterion is
    output = to_device(forward(net, rows.head(PROBED)), net.device)
    n_rows = len(first_of(output))
    targets = {
        name: torch.as_tensor(values[:n_rows], device=net.device)
        for name, values in rows.targets.items()
    }
    with torch.no_grad():
        return float(net.criterion_(output, targets))


def _refuse_divergence(net, rows, by_task):
    """Refuse a net that has learnt to predict NaN, in float32, on its training rows.

    Its history may hold NaN: callbacks put the weights of a better epoch back.
    """
    step = -(-len(rows) // _CHECKED)
    # NaN in a hidden layer is found in the output
    outputs = by_task.predict(net, rows.every(step))
    wrong = int((~np.isfinite(outputs).all(axis=1)).sum())
    if not wrong:
        return
    losses = np.array(net.history[:, "train_loss"], dtype=float)
    lost = np.flatnonzero(~np.isfinite(losses))
    found = "though its training loss is finite"
    if len(lost):
        found = (
            f"and its training loss is not finite from epoch {lost[0] + 1} of "
            f"{len(losses)} on"
        )
    raise ValueError(
        f"Training diverged: at lr={net.lr:g} the net predicts NaN for {wrong} of "
        f"{len(outputs)} training rows, {found}. {_LOWER}"
    )
