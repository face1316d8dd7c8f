"""The torch losses are the NumPy losses: value and gradient."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch_data import on_each_device

from sklearn_kd import SoftTargets
from sklearn_kd.losses import distillation_loss
from sklearn_kd.losses._registry import LossNames
from sklearn_kd.torch import DistillationLoss

each_loss = pytest.mark.parametrize("loss", LossNames("classification"))


def make_problem(seed, n_classes, n_rows=12, zeros=True):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.full(n_classes, 0.5), size=n_rows)
    if zeros:
        proba[0] = np.eye(n_classes)[rng.integers(n_classes)]
        proba[1] = 0
        proba[1, [0, -1]] = 0.5
    row_alpha = rng.random(n_rows)
    row_alpha[::3], row_alpha[1::4] = 0, 1
    return {
        "logits": rng.normal(scale=3, size=(n_rows, n_classes)),
        "proba": proba,
        "labels": rng.integers(0, n_classes, n_rows),
        "row_alpha": row_alpha,
        "sample_weight": rng.random(n_rows) * (rng.random(n_rows) > 0.1) + 1e-3,
    }


def to_tensors(problem, device="cpu", dtype=torch.float64):
    tensors = {name: torch.as_tensor(a).to(device) for name, a in problem.items()}
    for name, tensor in tensors.items():
        if tensor.is_floating_point():
            tensors[name] = tensor.to(dtype)
    return tensors.pop("logits").requires_grad_(), tensors


def numpy_loss(problem, loss, temperature, dtype=np.float64):
    n_classes = problem["proba"].shape[1]
    soft = SoftTargets(
        problem["proba"], range(n_classes), problem["row_alpha"], temperature, loss
    )
    return distillation_loss(
        problem["logits"].astype(dtype),
        problem["labels"],
        soft,
        problem.get("sample_weight"),
    )


@each_loss
@on_each_device
@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6),
    n_classes=st.integers(3, 9),
    temperature=st.sampled_from([0.5, 1.0, 1.7, 4.0]),
    weighted=st.booleans(),
)
def test_value_and_gradient_are_those_of_numpy(
    loss, device, seed, n_classes, temperature, weighted
):
    n_classes -= loss != "kl_standardized"  # the others take two
    problem = make_problem(seed, n_classes)
    if not weighted:
        del problem["sample_weight"]
    expected, expected_gradient = numpy_loss(problem, loss, temperature)
    logits, target = to_tensors(problem, device)
    value = DistillationLoss(loss, temperature)(logits, target)
    value.backward()
    assert_allclose(value.item(), expected, rtol=1e-6, atol=1e-9)
    assert_allclose(logits.grad.cpu(), expected_gradient, rtol=1e-6, atol=1e-9)

    logits, target = to_tensors(problem, device, torch.float32)
    value = DistillationLoss(loss, temperature)(logits, target)
    value.backward()
    assert value.dtype == logits.grad.dtype == torch.float32
    assert_allclose(value.item(), expected, rtol=2e-5, atol=2e-5)
    assert_allclose(logits.grad.cpu(), expected_gradient, rtol=2e-4, atol=2e-5)


@each_loss
@pytest.mark.parametrize("temperature", [1.0, 2.0])
@pytest.mark.parametrize("row_alpha", [0.0, 0.4, 1.0])
def test_one_alpha_for_all_rows(loss, temperature, row_alpha):
    problem = make_problem(1, 4)
    problem["row_alpha"] = np.full(12, row_alpha)
    expected, expected_gradient = numpy_loss(problem, loss, temperature)
    criterion = DistillationLoss(loss, temperature)
    for alpha in (row_alpha, torch.tensor(row_alpha)):
        logits, target = to_tensors(problem)
        target["row_alpha"] = alpha
        value = criterion(logits, target.pop("proba"), **target)
        value.backward()
        assert_allclose(value.item(), expected, rtol=1e-6)
        assert_allclose(logits.grad, expected_gradient, rtol=1e-6, atol=1e-12)


@each_loss
@on_each_device
def test_without_alpha_and_labels_it_is_the_soft_term(loss, device):
    problem = make_problem(2, 5)
    problem["row_alpha"] = np.ones(12)
    expected, _ = numpy_loss(problem, loss, 2.0)
    logits, target = to_tensors(problem, device)
    value = DistillationLoss(loss, 2.0)(
        logits, target["proba"], sample_weight=target["sample_weight"]
    )
    assert_allclose(value.item(), expected, rtol=1e-6)


@each_loss
@pytest.mark.parametrize("placeholder", [-1, -100, 77])
def test_placeholders_of_rows_without_a_label_are_not_read(loss, placeholder):
    problem = make_problem(3, 4)
    criterion = DistillationLoss(loss, 1.5)
    expected = criterion(*to_tensors(problem))
    problem["labels"][problem["row_alpha"] == 1] = placeholder
    assert criterion(*to_tensors(problem)) == expected


@pytest.mark.parametrize("integer", [torch.int64, torch.int32, torch.uint8])
def test_labels_alone_are_cross_entropy(integer):
    problem = make_problem(4, 3)
    logits, target = to_tensors(problem)
    labels = target["labels"].to(integer)
    expected = torch.nn.functional.cross_entropy(logits, labels.long())
    for loss in ("kl", "kl_standardized"):
        criterion = DistillationLoss(loss, 3.0)
        assert_allclose(criterion(logits, labels).item(), expected.item())
        assert_allclose(criterion(logits, {"labels": labels}).item(), expected.item())


def test_reductions():
    logits, target = to_tensors(make_problem(5, 4))
    rows = DistillationLoss(reduction="none")(logits, target)
    weight = target["sample_weight"]
    assert rows.shape == (12,)
    for reduction, expected in [
        ("sum", rows.sum()),
        ("batchmean", rows.sum() / 12),
        ("mean", rows.sum() / weight.sum()),
    ]:
        value = DistillationLoss(reduction=reduction)(logits, target)
        assert_allclose(value.item(), expected.item())
    del target["sample_weight"]
    mean, batchmean = (
        DistillationLoss(reduction=name)(logits, target)
        for name in ("mean", "batchmean")
    )
    assert mean == batchmean


def test_a_batch_of_weights_zero_does_not_spoil_the_network():
    logits, target = to_tensors(make_problem(6, 3))
    target["sample_weight"] = torch.zeros(12)
    value = DistillationLoss()(logits, target)
    value.backward()
    assert value == 0
    assert not logits.grad.any()


@each_loss
@on_each_device
@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(loss, device, half):
    problem = make_problem(7, 4)
    logits, target = to_tensors(problem, device, torch.float32)
    logits = logits.detach().to(half).requires_grad_()
    criterion = DistillationLoss(loss, 2.0)
    with torch.autocast(device, dtype=torch.bfloat16):
        value = criterion(logits, target)
    value.backward()
    assert value.dtype == torch.float32
    assert logits.grad.dtype == half
    expected = criterion(logits.detach().float(), target)
    assert_allclose(value.item(), expected.item(), rtol=1e-6)


@each_loss
def test_forward_depends_on_no_value(loss):
    """What runs on the meta device, which has shapes alone, waits for no device."""
    logits, target = to_tensors(make_problem(8, 4))
    target = {name: tensor.to("meta") for name, tensor in target.items()}
    for temperature in (1.0, 2.0):
        value = DistillationLoss(loss, temperature)(logits.detach().to("meta"), target)
        assert value.shape == ()


@each_loss
@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_it_compiles_in_one_piece(loss, temperature):
    """With the backend that only traces: the others need a compiler."""
    torch.compiler.reset()
    logits, target = to_tensors(make_problem(8, 4))
    criterion = DistillationLoss(loss, temperature)
    compiled = torch.compile(criterion, backend="eager", fullgraph=True)
    assert_allclose(compiled(logits, target).item(), criterion(logits, target).item())


def test_a_trained_network_finds_the_teacher():
    problem = make_problem(9, 3, zeros=False)
    target = torch.from_numpy(problem["proba"])
    logits = torch.zeros(12, 3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=200, tolerance_grad=1e-10)
    criterion = DistillationLoss(temperature=2.0, reduction="sum")

    def closure():
        optimizer.zero_grad()
        value = criterion(logits, target)
        value.backward()
        return value

    optimizer.step(closure)
    assert_allclose(logits.detach().softmax(1), problem["proba"], atol=1e-3)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"loss": "hinton"}, ValueError, "loss must be one of .*'kl'.* got 'hinton'"),
        ({"reduction": "max"}, ValueError, "reduction must be one of .*'mean'"),
        ({"temperature": 0}, ValueError, "from 0.001 to 1000, got 0"),
        ({"temperature": float("nan")}, ValueError, "from 0.001 to 1000, got nan"),
        ({"temperature": "2"}, TypeError, "a number from 0.001 to 1000, got '2'"),
    ],
)
def test_wrong_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        DistillationLoss(**parameters)


def test_wrong_targets():
    logits, target = to_tensors(make_problem(10, 3))
    criterion = DistillationLoss()
    proba, labels = target["proba"], target["labels"]
    with pytest.raises(ValueError, match=r"target has shape \(12, 2\), expected"):
        criterion(logits, proba[:, :2])
    with pytest.raises(ValueError, match=r"labels has shape \(3,\)"):
        criterion(logits, proba, labels[:3], 0.5)
    with pytest.raises(ValueError, match=r"row_alpha has shape \(3,\)"):
        criterion(logits, proba, labels, target["row_alpha"][:3])
    with pytest.raises(ValueError, match=r"sample_weight has shape \(3,\)"):
        criterion(logits, proba, sample_weight=proba[:3, 0])
    with pytest.raises(ValueError, match="without labels"):
        criterion(logits, proba, row_alpha=0.5)
    with pytest.raises(ValueError, match=r"row_alpha must lie in \[0, 1\], got 1.5"):
        criterion(logits, proba, labels, 1.5)
    with pytest.raises(ValueError, match="labels alone"):
        criterion(logits, labels, row_alpha=0.5)
    with pytest.raises(TypeError, match="must hold integers"):
        criterion(logits, proba[:, 0])
    with pytest.raises(ValueError, match=r"keys \['alpha', 'proba'\]"):
        criterion(logits, {"proba": proba, "alpha": 0.5})
    with pytest.raises(ValueError, match="read from the target mapping"):
        criterion(logits, target, labels)
    with pytest.raises(ValueError, match="one column a class, for two"):
        criterion(logits[:, 0], labels)
    with pytest.raises(ValueError, match="needs at least three classes, got 2"):
        DistillationLoss("kl_standardized")(logits[:, :2], proba[:, :2])


def test_settings_show_in_the_repr():
    assert repr(DistillationLoss("dkd", 2)) == (
        "DistillationLoss(loss='dkd', temperature=2, reduction='mean')"
    )


@pytest.mark.parametrize("name", ["target", "labels", "row_alpha", "sample_weight"])
def test_arrays_are_refused_by_name(name):
    proba, labels, ones = torch.full((4, 3), 1 / 3), torch.arange(4) % 3, torch.ones(4)
    given = {"target": proba, "labels": labels, "row_alpha": ones}
    given["sample_weight"] = ones
    given[name] = given[name].numpy()
    with pytest.raises(TypeError, match=f"{name} must be a tensor, got ndarray"):
        DistillationLoss()(torch.zeros(4, 3), **given)
