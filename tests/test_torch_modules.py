"""The ready network."""

import pickle

import numpy as np
import pytest
import torch
from torch_data import on_each_device

from sklearn_kd.torch import TabularMLP

ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "logistic": torch.sigmoid,
    "silu": torch.nn.functional.silu,
    "gelu": torch.nn.functional.gelu,
}


@on_each_device
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_it_computes_what_it_says(activation, device):
    module = TabularMLP(4, 3, (8, 5), activation).to(device)
    rows = torch.randn(6, 4, device=device)
    weights = list(module.parameters())
    hidden = rows
    for weight, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        hidden = ACTIVATIONS[activation](hidden @ weight.T + bias)
    torch.testing.assert_close(module(rows), hidden @ weights[-2].T + weights[-1])
    assert [len(bias) for bias in weights[1::2]] == [8, 5, 3]


def test_sizes():
    assert len(TabularMLP(4, 3, 16).layers) == 3
    assert TabularMLP(np.int64(4), 3, [16, np.int64(8)])(torch.zeros(2, 4)).shape == (
        2,
        3,
    )
    assert len(TabularMLP(4, 3, ()).layers) == 1


def test_rows_of_another_type_are_brought_to_that_of_the_weights():
    module = TabularMLP(4, 3, 8)
    rows = torch.randn(5, 4, dtype=torch.float64)
    assert torch.equal(module(rows), module(rows.float()))
    assert module.double()(rows.float()).dtype == torch.float64


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_start_at_about_unit_variance(activation):
    torch.manual_seed(0)
    module = TabularMLP(200, 200, (400, 400), activation)
    variance = module(torch.randn(500, 200)).var().item()
    assert 0.2 < variance < 2
    weight = module.layers[2].weight
    gain = 1 if activation in ("tanh", "logistic") else 2
    assert weight.var().item() == pytest.approx(gain / 400, rel=0.05)
    assert not module.layers[2].bias.any()


def test_dropout_in_training_alone_whatever_mode_the_layers_were_in():
    module = TabularMLP(4, 3, (64, 64), dropout=0.5)
    rows = torch.randn(8, 4)
    assert not torch.equal(module(rows), module(rows))
    assert module.eval() is module
    assert torch.equal(module(rows), module(rows))
    module.layers[2].train()  # behind the module's back
    assert not torch.equal(module(rows), module(rows))
    module.eval()
    assert torch.equal(module(rows), module(rows))
    module.layers.append(torch.nn.Sequential(torch.nn.Dropout(0.5)))
    module.eval()
    assert not module.layers[-1][0].training
    assert module.train().layers[2].training


def test_it_pickles_and_exports():
    module = TabularMLP(4, 3, 8).eval()
    rows = torch.randn(5, 4)
    again = pickle.loads(pickle.dumps(module))
    assert torch.equal(again(rows), module(rows))
    exported = torch.export.export(module, (rows,)).module()
    torch.testing.assert_close(exported(rows), module(rows))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_features": 0}, "n_features must be an integer of at least 1, got 0"),
        ({"n_classes": 2.5}, "n_classes must be an integer"),
        ({"hidden_layer_sizes": (8, 0)}, "each of hidden_layer_sizes must be"),
        ({"activation": "swish"}, "activation must be one of .*'silu'.*got 'swish'"),
        ({"dropout": 1}, r"dropout must be a number in \[0, 1\), got 1"),
    ],
)
def test_wrong_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        TabularMLP(**{"n_features": 4, "n_classes": 3, **parameters})
