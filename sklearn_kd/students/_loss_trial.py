"""A trial of the loss on a few made-up rows, before the teacher is fitted."""

import numpy as np

from sklearn_kd.losses import distillation_loss
from sklearn_kd.targets import SoftTargets


def try_with_numpy(loss, temperature, n_classes):
    """Refuse a loss that NumPy cannot evaluate; what it raises itself passes."""
    logits, proba, codes, alpha = _rows(n_classes)
    for row_alpha in (1.0, alpha):
        soft = SoftTargets(proba, np.arange(n_classes), row_alpha, temperature, loss)
        distillation_loss(logits, codes, soft)


def try_with_torch(loss, temperature, n_classes):
    """Refuse a loss that torch cannot evaluate; what it raises itself passes."""
    import torch

    from sklearn_kd.torch.loss import DistillationLoss

    criterion = DistillationLoss(loss, temperature)
    logits, proba, codes, alpha = map(torch.as_tensor, _rows(n_classes))
    criterion(logits, proba)
    criterion(logits, proba, codes, alpha)


def _rows(n_classes):
    """Make logits, probabilities, labels and alphas: as many rows as classes never."""
    n_rows = 3 if n_classes == 2 else 2
    logits = np.linspace(-1, 1, n_rows * n_classes).reshape(n_rows, n_classes) ** 3
    proba = np.arange(1.0, n_classes + 1) / (n_classes * (n_classes + 1) / 2)
    alpha = np.full(n_rows, 0.5)
    alpha[0] = 1
    return logits, np.tile(proba, (n_rows, 1)), np.zeros(n_rows, dtype=int), alpha
