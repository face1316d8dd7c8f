"""The tensor loader in skorch nets, which learn the same with it."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from skorch import NeuralNet, NeuralNetClassifier
from skorch.callbacks import EarlyStopping
from skorch.dataset import ValidSplit
from torch_data import Rows, on_each_device

from sklearn_kd.torch import DistillationLoss, TabularMLP, TensorBatchLoader


def make_net(criterion=torch.nn.CrossEntropyLoss, **settings):
    torch.manual_seed(0)
    settings = {
        "module": TabularMLP,
        "module__n_features": 3,
        "module__n_classes": 3,
        "module__hidden_layer_sizes": (16,),
        "optimizer": torch.optim.Adam,
        "lr": 0.01,
        "max_epochs": 3,
        "batch_size": 8,
        "verbose": 0,
        **settings,
    }
    return NeuralNetClassifier(criterion=criterion, **settings)


ITERATORS = {
    "iterator_train": TensorBatchLoader,
    "iterator_valid": TensorBatchLoader,
}
DRAWN = np.random.default_rng(1).normal(size=(90, 3)).astype(np.float32)
LABELS = DRAWN.argmax(axis=1)


@on_each_device
@pytest.mark.parametrize("split", [None, "default"])
def test_a_skorch_net_learns_the_same(split, device):
    settings = {"train_split": None} if split is None else {}
    stock = make_net(device=device, **settings).fit(DRAWN, LABELS)
    ours = make_net(device=device, **ITERATORS, **settings).fit(DRAWN, LABELS)
    assert ours.history[:, "train_loss"] == stock.history[:, "train_loss"]
    assert_array_equal(ours.predict_proba(DRAWN), stock.predict_proba(DRAWN))
    assert_array_equal(ours.predict(DRAWN), stock.predict(DRAWN))
    if split is not None:
        assert ours.history[:, "valid_acc"] == stock.history[:, "valid_acc"]
        assert ours.history[:, "valid_loss"] == stock.history[:, "valid_loss"]


@on_each_device
def test_a_skorch_net_learns_soft_targets(device):
    proba = np.eye(3)[LABELS] * 0.8 + 0.2 / 3
    soft = {
        "proba": proba,
        "labels": LABELS,
        "row_alpha": np.full(len(LABELS), 0.7),
        "sample_weight": np.ones(len(LABELS)),
    }
    net = make_net(
        DistillationLoss,
        max_epochs=40,
        device=device,
        train_split=ValidSplit(0.2, random_state=0),
        iterator_train__shuffle=True,
        iterator_train__device=device,
        callbacks=[EarlyStopping(patience=30)],
        callbacks__valid_acc=None,  # it would compare predictions with dicts
        **ITERATORS,
    )
    net.fit(Rows(DRAWN, soft), y=None)
    assert net.history[-1, "valid_loss"] < net.history[0, "valid_loss"] / 1.5
    ours = net.predict_proba(DRAWN)
    assert_allclose(ours.sum(axis=1), 1, rtol=1e-5)  # skorch applies the softmax
    assert (ours.argmax(axis=1) == LABELS).mean() > 0.9


def test_columns_of_a_dict_are_the_arguments_of_the_module():
    class Two(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(3, 2)

        def forward(self, left, right):
            return self.linear(torch.cat([left, right], dim=1))

    net = NeuralNet(
        Two,
        criterion=torch.nn.CrossEntropyLoss,
        max_epochs=1,
        train_split=ValidSplit(3),
        verbose=0,
        **ITERATORS,
    )
    rows = {"left": DRAWN[:, :1], "right": DRAWN[:, 1:]}
    assert net.fit(rows, LABELS % 2).predict(rows).shape == (90, 2)
