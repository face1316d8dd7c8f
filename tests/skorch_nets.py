"""Skorch nets of three classes, and the teacher that they learn from."""

import numpy as np
import torch
from scipy.special import softmax
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_kd import SkorchStudent, SoftTargets
from sklearn_kd.torch import TabularMLP

X = np.random.default_rng(0).normal(size=(360, 4))
CODES = np.array([0, 1, 2])


class Truth:
    """A fitted teacher: the distribution that the labels were drawn from."""

    weights = np.array([[2.0, -1, -1], [-1, 2, -1], [0.5, 0, -0.5], [0, 0, 0]])

    def __init__(self, classes=CODES):
        self.classes_ = np.asarray(classes)

    def predict_proba(self, X):
        logits = np.asarray(X, dtype=float) @ self.weights[:, : len(self.classes_)]
        return softmax(logits, axis=1)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


P = Truth().predict_proba(X)
y = (P.cumsum(axis=1) < np.random.default_rng(1).random((len(X), 1))).sum(axis=1)


def net(module=TabularMLP, kind=NeuralNetClassifier, **params):
    defaults = {
        "optimizer": torch.optim.Adam,
        "lr": 0.02,
        "max_epochs": 4,
        "batch_size": 64,
        "verbose": 0,
    }
    if module is TabularMLP:
        defaults["module__hidden_layer_sizes"] = (16,)
    return kind(module, **(defaults | params))


def soft(proba=P, alpha=1.0, classes=CODES, **params):
    return SoftTargets(proba, classes, alpha, **params)


def fitted(student=None, *, random_state=0, **params):
    """Fit a student on the soft targets of three classes."""
    student = student or net(**params)
    student = SkorchStudent(student, encoder=None, random_state=random_state)
    return student.fit(X, y, soft_targets=soft())


def agreement(model, teacher, X=X):
    return np.mean(model.predict(X) == teacher.predict(X))


class Shaped(nn.Module):
    """A module that returns a given form."""

    forms = {
        "logits": lambda logits: logits,
        "probabilities": lambda logits: logits.softmax(dim=1),
        "log-probabilities": lambda logits: logits.log_softmax(dim=1),
        "tuple": lambda logits: (logits, logits.sum()),
        "flat": lambda logits: logits[:, 0],
        "sigmoid": torch.sigmoid,
    }

    def __init__(self, n_features, n_classes, form="logits"):
        super().__init__()
        self.layers = TabularMLP(n_features, n_classes, (16,))
        self.form = form

    def forward(self, X):
        return self.forms[self.form](self.layers(X))
