"""Network and optimizer: gradients, buffers, schedule."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix

from sklearn_kd.students.mlp._network import (
    ACTIVATIONS,
    Layers,
    Parameters,
    Workspace,
    backward,
    forward,
)
from sklearn_kd.students.mlp.steps._optimizer import AdamW
from sklearn_kd.students.mlp.steps._schedule import linear_rate


def network(activation="tanh", sizes=(5, 4, 3, 2), dtype="float64"):
    parameters = Parameters(sizes, dtype)
    parameters.initialize(np.random.default_rng(0), activation, 5.0)
    for intercept in parameters.intercepts:
        intercept[...] = np.random.default_rng(1).normal(size=intercept.shape)
    return parameters


def gradient_of_sum(X, parameters, activation, upstream):
    workspace = Workspace(parameters, len(upstream))
    layers = forward(X, parameters, activation, workspace.layers)
    workspace.deltas[-1][: len(upstream)] = upstream
    backward(X, layers, workspace, parameters, activation)
    return workspace.gradient


@pytest.mark.parametrize("sizes", [(5, 4, 3, 2), (5, 2), (0, 4, 2)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_backward_equals_torch(activation, sizes):
    rng = np.random.default_rng(2)
    X, upstream = rng.normal(size=(6, sizes[0])), rng.normal(size=(6, sizes[-1]))
    parameters = network(activation, sizes)
    gradient = gradient_of_sum(X, parameters, activation, upstream)

    function = {
        "relu": torch.relu,
        "tanh": torch.tanh,
        "logistic": torch.sigmoid,
        "identity": lambda value: value,
    }[activation]
    coefs = [torch.tensor(coef, requires_grad=True) for coef in parameters.coefs]
    intercepts = [torch.tensor(b, requires_grad=True) for b in parameters.intercepts]
    value = torch.tensor(X)
    for depth, (coef, intercept) in enumerate(zip(coefs, intercepts, strict=True)):
        value = value @ coef + intercept
        if depth < len(coefs) - 1:
            value = function(value)
    assert_allclose(forward(X, parameters, activation)[-1], value.detach().numpy())
    (value * torch.tensor(upstream)).sum().backward()
    for ours, theirs in zip(gradient.coefs, coefs, strict=True):
        assert_allclose(ours, theirs.grad.numpy(), atol=1e-12)
    for ours, theirs in zip(gradient.intercepts, intercepts, strict=True):
        assert_allclose(ours, theirs.grad.numpy(), atol=1e-12)


def test_sparse_rows_give_the_same_logits_and_gradients():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(6, 5)) * (rng.random((6, 5)) < 0.4)
    upstream = rng.normal(size=(6, 2))
    parameters = network()
    dense = gradient_of_sum(X, parameters, "tanh", upstream)
    sparse = gradient_of_sum(csr_matrix(X), parameters, "tanh", upstream)
    assert_allclose(sparse.flat, dense.flat, atol=1e-14)


def test_a_short_batch_ignores_what_is_left_in_the_buffers():
    rng = np.random.default_rng(4)
    X, upstream = rng.normal(size=(3, 5)), rng.normal(size=(3, 2))
    parameters = network()
    workspace = Workspace(parameters, 8)
    for buffer in (*workspace.layers, *workspace.deltas):
        buffer[...] = np.nan
    layers = forward(X, parameters, "tanh", workspace.layers)
    workspace.deltas[-1][:3] = upstream
    backward(X, layers, workspace, parameters, "tanh")
    expected = gradient_of_sum(X, parameters, "tanh", upstream)
    assert_array_equal(workspace.gradient.flat, expected.flat)


def test_layers_are_views_of_one_buffer():
    parameters = network()
    for array in (*parameters.coefs, *parameters.intercepts):
        assert np.shares_memory(array, parameters.flat)
    assert parameters.flat.size == 5 * 4 + 4 + 4 * 3 + 3 + 3 * 2 + 2
    exact = Layers.in_float64(parameters.coefs, parameters.intercepts)
    assert not np.shares_memory(exact.coefs[0], parameters.flat)


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_initial_logits_have_the_scale_of_one_whatever_the_input(scale):
    X = scale * np.random.default_rng(0).normal(size=(2000, 40))
    spread = []
    for seed in range(20):
        parameters = Parameters((40, 64, 64, 3), "float64")
        norm = float((X**2).sum(axis=1).mean())
        parameters.initialize(np.random.default_rng(seed), "relu", norm)
        spread.append(forward(X, parameters, "relu")[-1].std())
    assert 0.5 < np.mean(spread) < 2


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_adamw_equals_torch(weight_decay):
    rng = np.random.default_rng(5)
    start, gradients = rng.normal(size=9), rng.normal(size=(20, 9))
    flat = start.copy()
    ours = AdamW(flat, [flat], weight_decay)
    theirs = torch.nn.Parameter(torch.tensor(start))
    optimizer = torch.optim.AdamW([theirs], lr=0.01, weight_decay=weight_decay)
    for gradient in gradients:
        ours.step(gradient.copy(), 0.01)
        theirs.grad = torch.tensor(gradient)
        optimizer.step()
    assert_allclose(flat, theirs.detach().numpy(), atol=1e-12)


def test_weight_decay_spares_biases():
    flat = np.ones(2)
    AdamW(flat, [flat[:1]], 0.5).step(np.zeros(2), 0.1)
    assert_allclose(flat, [0.95, 1.0])


def test_linear_rate_rises_then_falls_to_almost_nothing():
    rates = [linear_rate(step, 100, 0.5, 10) for step in range(100)]
    assert_allclose(rates[:10], 0.5 * np.arange(1, 11) / 10)
    assert max(rates) == 0.5
    assert (np.diff(rates[10:]) < 0).all()
    assert_allclose(rates[-1], 0.5 / 90)
    assert linear_rate(0, 1, 0.5, 0) == 0.5
