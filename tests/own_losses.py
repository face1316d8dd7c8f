"""Losses of a user's, in a module that workers can import, and faulty ones."""

import numpy as np
from scipy.special import softmax

from sklearn_kd.losses import LOSSES, BlendedLoss


class NumPyBrier(BlendedLoss):
    """Half the squared difference of probabilities, for NumPy alone."""

    def prepare_soft(self, codes, proba, alpha):
        return np.column_stack([proba, alpha]), np.zeros(len(proba))

    def soft_term(self, logits, soft, gradient):
        proba, alpha = softmax(logits, axis=1), soft[:, -1]
        difference = proba - soft[:, :-1]
        mean = (proba * difference).sum(axis=1, keepdims=True)
        gradient[:] = alpha[:, None] * proba * (difference - mean)
        return alpha * (difference**2).sum(axis=1) / 2


class TorchBrier(BlendedLoss):
    """The same for torch alone."""

    def torch_soft_term(self, logits, proba, labels, alpha):
        return (logits.softmax(dim=1) - proba).square().sum(dim=1) / 2


class Brier(NumPyBrier):
    """The same in both forms."""

    torch_soft_term = TorchBrier.torch_soft_term


class OfAnotherTask(Brier):
    task = "regression"


class Mean(Brier):
    """A number in place of one value a row."""

    def soft_term(self, logits, soft, gradient):
        return super().soft_term(logits, soft, gradient).mean()

    def torch_soft_term(self, logits, proba, labels, alpha):
        return super().torch_soft_term(logits, proba, labels, alpha).mean()


class Column(Brier):
    """A column in place of one value a row."""

    def soft_term(self, logits, soft, gradient):
        return super().soft_term(logits, soft, gradient)[:, None]

    def torch_soft_term(self, logits, proba, labels, alpha):
        return super().torch_soft_term(logits, proba, labels, alpha)[:, None]


class OverRows(Brier):
    """The mean over rows in place of the sum over classes: one value a class."""

    def soft_term(self, logits, soft, gradient):
        super().soft_term(logits, soft, gradient)
        return ((softmax(logits, axis=1) - soft[:, :-1]) ** 2).mean(axis=0)

    def torch_soft_term(self, logits, proba, labels, alpha):
        return (logits.softmax(dim=1) - proba).square().mean(dim=0)


class ConstantColumn(Brier):
    """A constant that is a column."""

    def prepare_soft(self, codes, proba, alpha):
        soft, constant = super().prepare_soft(codes, proba, alpha)
        return soft, constant[:, None]


def register():
    """Register a loss, as each process has to."""
    LOSSES["brier"] = Brier
