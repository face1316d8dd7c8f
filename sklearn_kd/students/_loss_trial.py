"""A trial of the loss on a few made-up rows, before the teacher is fitted."""

import numpy as np

from sklearn_kd._task import Classification, Regression
from sklearn_kd.losses import distillation_loss


def try_with_numpy(soft_term, task):
    """Refuse a loss that NumPy cannot evaluate; what it raises itself passes."""
    outputs, targets, hard, alpha = _ROWS[task.name](task)
    for row_alpha in (np.ones(len(alpha)), alpha):
        soft = soft_term.of(targets, task).with_outputs(targets, row_alpha)
        distillation_loss(outputs, hard, soft)


def try_with_torch(soft_term, task):
    """Refuse a loss that torch cannot evaluate; what it raises itself passes."""
    import torch

    from sklearn_kd.torch.loss import DistillationLoss
    from sklearn_kd.torch.regression import RegressionDistillationLoss

    if task.name == Regression.name:
        criterion = RegressionDistillationLoss(soft_term.loss, task.quantiles)
    else:
        criterion = DistillationLoss(soft_term.loss, soft_term.temperature)
    rows = map(torch.as_tensor, _ROWS[task.name](task))
    outputs, targets, hard, alpha = rows
    criterion(outputs, targets)
    criterion(outputs, targets, hard, alpha)


def _numbers(task):
    """Make outputs, targets and alphas of a regression in units of a network."""
    outputs = np.linspace(-1, 1, 3 * task.n_outputs).reshape(3, -1)
    hard = np.linspace(0.5, 1.5, 3 * task.n_targets).reshape(3, -1)
    return outputs, task.hot(hard, np.float64), hard, np.array([1.0, 0.5, 0.5])


def _classes(task):
    """Make logits, probabilities, labels and alphas: as many rows as classes never."""
    n_classes = task.n_outputs
    n_rows = 3 if n_classes == 2 else 2
    logits = np.linspace(-1, 1, n_rows * n_classes).reshape(n_rows, n_classes) ** 3
    proba = np.arange(1.0, n_classes + 1) / (n_classes * (n_classes + 1) / 2)
    alpha = np.full(n_rows, 0.5)
    alpha[0] = 1
    return logits, np.tile(proba, (n_rows, 1)), np.zeros(n_rows, dtype=int), alpha


#: What makes such rows, by task.
_ROWS = {Classification.name: _classes, Regression.name: _numbers}
