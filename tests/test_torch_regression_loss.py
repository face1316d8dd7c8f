"""The torch criterion of numbers: the NumPy losses, in the batches of any loop."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from regression_losses import ALPHAS, LEVELS, problem
from skorch import NeuralNetRegressor
from torch_data import on_each_device

from sklearn_kd.losses import LOSSES, RegressionLoss, distillation_loss
from sklearn_kd.losses._registry import LossNames
from sklearn_kd.torch import RegressionDistillationLoss

each_loss = pytest.mark.parametrize("loss", LossNames("regression"))


def criterion_of(loss, **params):
    quantiles = LEVELS if loss == "pinball" else None
    return RegressionDistillationLoss(loss, quantiles, **params)


def to_tensors(loss, alpha="mixed", n_targets=2, device="cpu", dtype=torch.float64):
    outputs, hard, soft, weight = problem(loss, alpha, n_targets)
    target = {
        "pred": soft.pred,
        "labels": hard,
        "row_alpha": soft.row_alpha,
        "sample_weight": weight,
    }
    target = {
        name: torch.tensor(array, dtype=dtype, device=device)
        for name, array in target.items()
    }
    outputs = torch.tensor(outputs, dtype=dtype, device=device, requires_grad=True)
    return outputs, target


@each_loss
@on_each_device
@pytest.mark.parametrize("alpha", ALPHAS)
def test_value_and_gradient_are_those_of_numpy(loss, device, alpha):
    expected, expected_gradient = distillation_loss(*problem(loss, alpha))
    for dtype, rtol in ((torch.float64, 1e-9), (torch.float32, 2e-5)):
        outputs, target = to_tensors(loss, alpha, device=device, dtype=dtype)
        value = criterion_of(loss)(outputs, target)
        value.backward()
        assert value.dtype == dtype
        assert_allclose(value.item(), expected, rtol=rtol)
        gradient = outputs.grad.cpu()
        assert_allclose(gradient, expected_gradient, rtol=10 * rtol, atol=rtol)


@each_loss
def test_without_alpha_and_labels_it_is_the_distance_from_the_teacher(loss):
    outputs, hard, soft, weight = problem(loss, 1.0)
    expected, _ = distillation_loss(outputs, hard, soft, weight)
    outputs, target = to_tensors(loss)
    criterion = criterion_of(loss)
    value = criterion(outputs, target["pred"], sample_weight=target["sample_weight"])
    assert_allclose(value.item(), expected)


@each_loss
def test_labels_alone_are_the_distance_from_labels(loss):
    outputs, hard, soft, _ = problem(loss, 0.0)
    expected, _ = distillation_loss(outputs, hard, soft)
    outputs, target = to_tensors(loss)
    value = criterion_of(loss)(outputs, {"labels": target["labels"]})
    assert_allclose(value.item(), expected)


@each_loss
def test_one_target_may_come_without_a_column(loss):
    outputs, target = to_tensors(loss, n_targets=1)
    expected = criterion_of(loss)(outputs, target)
    target["labels"] = target["labels"][:, 0]
    if loss != "pinball":
        outputs, target["pred"] = outputs[:, 0], target["pred"][:, 0]
    assert criterion_of(loss)(outputs, target) == expected


@each_loss
@pytest.mark.parametrize("placeholder", [float("nan"), -1.0])
def test_placeholders_of_rows_without_a_label_are_not_read(loss, placeholder):
    outputs, target = to_tensors(loss)
    expected = criterion_of(loss)(outputs, target)
    target["labels"][target["row_alpha"] == 1] = placeholder
    value = criterion_of(loss)(outputs, target)
    value.backward()
    assert value == expected
    assert outputs.grad.isfinite().all()


def test_reductions():
    outputs, target = to_tensors("huber")
    rows = criterion_of("huber", reduction="none")(outputs, target)
    assert rows.shape == (12,)
    for reduction, expected in [
        ("sum", rows.sum()),
        ("batchmean", rows.sum() / 12),
        ("mean", rows.sum() / target["sample_weight"].sum()),
    ]:
        value = criterion_of("huber", reduction=reduction)(outputs, target)
        assert_allclose(value.item(), expected.item())


@each_loss
def test_half_precision_is_computed_in_float32(loss):
    outputs, target = to_tensors(loss, dtype=torch.float32)
    half = outputs.detach().bfloat16().requires_grad_()
    value = criterion_of(loss)(half, target)
    value.backward()
    assert value.dtype == torch.float32
    assert half.grad.dtype == torch.bfloat16
    assert_allclose(value.item(), criterion_of(loss)(half.float(), target).item())


@each_loss
def test_forward_depends_on_no_value(loss):
    """What runs on the meta device, which has shapes alone, waits for no device."""
    outputs, target = to_tensors(loss)
    target = {name: tensor.to("meta") for name, tensor in target.items()}
    assert criterion_of(loss)(outputs.detach().to("meta"), target).shape == ()


@each_loss
def test_it_compiles_in_one_piece(loss):
    torch.compiler.reset()
    outputs, target = to_tensors(loss)
    criterion = criterion_of(loss)
    compiled = torch.compile(criterion, backend="eager", fullgraph=True)
    assert_allclose(compiled(outputs, target).item(), criterion(outputs, target).item())


@each_loss
def test_predictions_are_what_the_loss_is_least_at(loss):
    _, target = to_tensors(loss)
    pred = target["pred"].clamp_min(0.05)
    if loss == "pinball":  # the same value twice is no inner optimum
        pred = pred + 0.1 * torch.arange(6)
    criterion = criterion_of(loss, reduction="sum")
    outputs = torch.zeros(12, pred.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([outputs], 1, 500, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        value = criterion(outputs, pred)
        value.backward()
        return value

    if loss == "absolute_error":  # no smooth optimum: begin there
        outputs.data = pred.clone()
    optimizer.step(closure)
    found = criterion.predictions(outputs).detach()
    assert_allclose(found, pred, atol=1e-2)


def test_a_net_of_skorch_learns_by_it_and_predicts_without_a_softmax():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3)).astype(np.float32)
    y = (X @ [[1.0], [-2.0], [0.5]] + 3).astype(np.float32)
    net = NeuralNetRegressor(
        torch.nn.Linear,
        module__in_features=3,
        module__out_features=1,
        criterion=RegressionDistillationLoss,
        criterion__loss="huber",
        max_epochs=60,
        lr=0.1,
        train_split=None,
        verbose=0,
    )
    torch.manual_seed(0)
    assert net.fit(X, y).score(X, y) > 0.99


def test_a_trained_network_finds_quantiles():
    torch.manual_seed(0)
    X = torch.rand(4000, 1)
    y = 3 * X[:, 0] + X[:, 0] * torch.randn(4000)
    net = torch.nn.Sequential(
        torch.nn.Linear(1, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3)
    )
    criterion = criterion_of("pinball")
    optimizer = torch.optim.Adam(net.parameters(), lr=0.03)
    for _ in range(150):
        optimizer.zero_grad()
        criterion(net(X), {"labels": y}).backward()
        optimizer.step()
    below = y[:, None] <= criterion.predictions(net(X))
    assert_allclose(below.float().mean(dim=0), LEVELS, atol=0.03)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"loss": "mse"}, ValueError, r"one of \['absolute_error', .* got 'mse'"),
        ({"loss": "kl"}, ValueError, "'kl', which fits task='classification'"),
        ({"reduction": "max"}, ValueError, "reduction must be one of .*'mean'"),
        ({"loss": "pinball"}, ValueError, "quantiles is None"),
        ({"quantiles": (0.5,)}, ValueError, 'Use loss="pinball"'),
        ({"loss": "pinball", "quantiles": "a"}, TypeError, "quantiles must be a seq"),
        ({"loss": "pinball", "quantiles": (0.5, 0.5)}, ValueError, "each once"),
    ],
)
def test_wrong_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        RegressionDistillationLoss(**parameters)


def test_wrong_targets():
    outputs, target = to_tensors("pinball")
    criterion = criterion_of("pinball")
    pred, labels = target["pred"], target["labels"]
    with pytest.raises(ValueError, match=r"target has shape \(12, 2\), and the outp"):
        criterion(outputs, labels)
    with pytest.raises(ValueError, match=r"labels has shape \(12, 6\), and the outp"):
        criterion(outputs, {"labels": pred})
    with pytest.raises(ValueError, match="with 3 outputs a target"):
        criterion(outputs[:, :2], labels)
    with pytest.raises(ValueError, match="without labels"):
        criterion(outputs, pred, row_alpha=0.5)
    with pytest.raises(ValueError, match="labels alone"):
        criterion(outputs, {"labels": labels, "row_alpha": labels[:, 0]})
    with pytest.raises(ValueError, match=r'keys \[\'proba\'\], expected "pred"'):
        criterion(outputs, {"proba": pred})
    with pytest.raises(TypeError, match="target must be a tensor, got ndarray"):
        criterion(outputs, pred.numpy())


def test_settings_show_in_the_repr():
    assert repr(criterion_of("pinball")) == (
        "RegressionDistillationLoss(loss='pinball', quantiles=(0.1, 0.5, 0.9), "
        "reduction='mean')"
    )


def test_a_loss_without_a_form_for_torch_is_refused(monkeypatch):
    class NumPyAlone(RegressionLoss):
        distance = LOSSES["huber"].distance

    monkeypatch.setitem(LOSSES, "numpy", NumPyAlone)
    match = r"no method torch_distance. Write one, or use MLPStudentRegressor\(\)"
    with pytest.raises(ValueError, match=match):
        RegressionDistillationLoss("numpy")
