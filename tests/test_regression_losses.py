"""The losses of numbers against the maths: torch, differences, and their optimum."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from regression_losses import (
    ALPHAS,
    LEVELS,
    REFERENCES,
    problem,
    torch_quantiles,
    torch_reference,
)
from scipy.optimize import minimize

from sklearn_kd import SoftPredictions, SoftTargets
from sklearn_kd._task.regression.quantiles import increasing, increasing_gradient
from sklearn_kd.losses import LOSSES, Pinball, RegressionLoss, distillation_loss
from sklearn_kd.losses._registry import LossNames

each_loss = pytest.mark.parametrize("loss", LossNames("regression"))


def test_each_loss_that_ships_has_a_formula():
    assert set(REFERENCES) == set(LossNames("regression"))


@each_loss
@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("n_targets", [1, 2])
def test_value_and_gradient_equal_torch(loss, alpha, n_targets):
    outputs, hard, soft, weight = problem(loss, alpha, n_targets)
    value, gradient = distillation_loss(outputs, hard, soft, weight)
    z = torch.tensor(outputs, requires_grad=True)
    expected = torch_reference(z, hard, soft, weight)
    expected.backward()
    assert_allclose(value, expected.item(), rtol=1e-6, atol=1e-12)
    assert_allclose(gradient, z.grad.numpy(), rtol=1e-6, atol=1e-12)


@each_loss
def test_gradient_equals_finite_differences(loss):
    outputs, hard, soft, weight = problem(loss)
    _, gradient = distillation_loss(outputs, hard, soft, weight)
    numeric = np.empty_like(gradient)
    for index in np.ndindex(*outputs.shape):
        up, down = outputs.copy(), outputs.copy()
        up[index] += 1e-6
        down[index] -= 1e-6
        numeric[index] = (
            distillation_loss(up, hard, soft, weight)[0]
            - distillation_loss(down, hard, soft, weight)[0]
        ) / 2e-6
    assert_allclose(gradient, numeric, atol=1e-6)


@each_loss
def test_weights_are_repetitions(loss):
    outputs, hard, soft, _ = problem(loss)
    counts = np.arange(12) % 4
    rows = np.repeat(np.arange(12), counts)
    value, gradient = distillation_loss(outputs, hard, soft, counts)
    repeated, each = distillation_loss(outputs[rows], hard[rows], soft[rows])
    summed = np.zeros_like(outputs)
    np.add.at(summed, rows, each)
    assert_allclose(value, repeated)
    assert_allclose(gradient, summed, atol=1e-15)


@each_loss
def test_loss_is_zero_and_flat_at_the_teacher(loss):
    _, hard, soft, _ = problem(loss, 1.0, seed=1)
    pred = np.maximum(soft.pred, 0.1)
    if loss == "pinball":  # the inverse of what makes quantiles of outputs
        pred += 0.1 * np.arange(6)
        steps = np.diff(pred, axis=1, prepend=0)
        outputs = np.where(np.arange(6) % 3, np.log(np.expm1(np.abs(steps))), pred)
    else:
        outputs = np.log(pred) if loss in ("poisson", "gamma") else pred
    soft = soft.with_outputs(pred)
    value, gradient = distillation_loss(outputs, hard, soft)
    assert_allclose(value, 0, atol=1e-12)
    assert_allclose(gradient, 0, atol=1e-12)


@each_loss
def test_the_label_of_a_row_without_one_is_not_read(loss):
    outputs, hard, soft, weight = problem(loss)
    value, gradient = distillation_loss(outputs, hard, soft, weight)
    for placeholder in (np.nan, -7.0):
        other = hard.copy()
        other[soft.row_alpha == 1] = placeholder
        other_value, other_gradient = distillation_loss(outputs, other, soft, weight)
        assert other_value == value
        assert_array_equal(other_gradient, gradient)


@each_loss
def test_without_labels_a_step_takes_one_distance(loss, monkeypatch):
    def fail(*args):
        raise AssertionError("the labels were read")

    monkeypatch.setattr(LOSSES[loss], "hard_distance", fail)
    outputs, hard, soft, _ = problem(loss, 1.0)
    targets, _ = LOSSES[loss].for_soft(soft).prepare(hard, soft, "float32")
    assert targets.shape == outputs.shape
    distillation_loss(outputs, hard, soft)
    if not LOSSES[loss].blends:
        blended = soft.with_outputs(soft.pred, np.full(12, 0.5))
        with pytest.raises(AssertionError, match="labels were read"):
            distillation_loss(outputs, hard, blended)


@each_loss
def test_float32_stays_float32_and_close(loss):
    outputs, hard, soft, weight = problem(loss)
    value, gradient = distillation_loss(outputs, hard, soft, weight)
    single = outputs.astype(np.float32)
    value32, gradient32 = distillation_loss(single, hard, soft, weight)
    assert gradient32.dtype == np.float32
    assert_allclose(value32, value, rtol=1e-5)
    assert_allclose(gradient32, gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@each_loss
def test_huge_outputs_stay_finite(loss, dtype):
    outputs, hard, soft, weight = problem(loss)
    size = 80 if loss in ("poisson", "gamma") else 1e4  # exp(80) is a float32
    outputs = (size * np.sign(outputs)).astype(dtype)
    value, gradient = distillation_loss(outputs, hard, soft, weight)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def best_constant(loss, hard, alpha, pred=None, quantiles=None):
    """What a network of one row of outputs for all rows predicts at its optimum."""
    pred = np.repeat(hard[:, None], len(quantiles or [0]), 1) if pred is None else pred
    soft = SoftPredictions(pred, alpha, loss, quantiles)
    n_outputs = soft.shape[1]

    def evaluate(z):
        outputs = np.tile(z, (len(hard), 1))
        value, gradient = distillation_loss(outputs, hard, soft)
        return value, gradient.sum(axis=0)

    found = minimize(evaluate, np.zeros(n_outputs), jac=True, method="L-BFGS-B").x
    return found[None]


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    return rng.gamma(2.0, size=501), rng.gamma(3.0, size=501)


@pytest.mark.parametrize("alpha", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("loss", ["squared_error", "poisson", "gamma"])
def test_the_optimum_is_the_mean_of_the_blended_targets(loss, alpha, sample):
    hard, pred = sample
    best = best_constant(loss, hard, alpha, pred)
    best = best if loss == "squared_error" else np.exp(best)
    assert_allclose(best, np.mean(alpha * pred + (1 - alpha) * hard), rtol=1e-4)


def test_the_optimum_of_the_absolute_error_is_the_median(sample):
    best = best_constant("absolute_error", sample[0], 0.0)
    assert_allclose(best, np.median(sample[0]), atol=0.02)


def test_the_optimum_of_huber_lies_between_median_and_mean(sample):
    best = best_constant("huber", sample[0], 0.0)
    assert np.median(sample[0]) + 0.05 < best < np.mean(sample[0]) - 0.05


def test_the_optimum_on_labels_are_their_quantiles(sample):
    best = best_constant("pinball", sample[0], 0.0, quantiles=LEVELS)
    expected = np.quantile(sample[0], LEVELS)
    assert_allclose(increasing(best, 3)[0], expected, atol=0.05)


def test_the_optimum_on_a_teacher_are_its_mean_quantiles(sample):
    pred = sample[1][:, None] + [0, 1, 3]
    best = best_constant("pinball", sample[0], 1.0, pred, LEVELS)
    assert_allclose(increasing(best, 3)[0], pred.mean(axis=0), rtol=1e-3)


floats = st.floats(-(2.0**99), 2.0**99, width=32)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(z=arrays(np.float32, (3, 8), elements=floats), wide=st.booleans())
def test_quantiles_never_cross(z, wide):
    z = z.astype(np.float64) if wide else z
    quantiles = increasing(z, 4)
    assert quantiles.dtype == z.dtype
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles.reshape(3, 2, 4)) >= 0).all()
    assert_array_equal(quantiles[:, ::4], z[:, ::4])


def test_the_gradient_through_quantiles_is_that_of_torch():
    rng = np.random.default_rng(0)
    z, upstream = 3 * rng.normal(size=(2, 5, 6))
    z[0] = [-800, 800, -800, 0, -50, 50]
    tensor = torch.tensor(z, requires_grad=True)
    quantiles = torch_quantiles(tensor)
    (quantiles * torch.tensor(upstream)).sum().backward()
    assert_allclose(increasing(z, 3), quantiles.detach(), rtol=1e-12)
    given_gradient = upstream.copy()
    assert increasing_gradient(z, given_gradient, 3) is given_gradient
    assert_allclose(given_gradient, tensor.grad, rtol=1e-12)


class LogCosh(RegressionLoss):
    """A loss of the user's, in both forms."""

    def distance(self, outputs, target, gradient):
        error = outputs - target
        np.tanh(error, out=gradient)
        return np.logaddexp(error, -error) - np.log(2)

    def torch_distance(self, outputs, target):
        error = outputs - target
        return torch.logaddexp(error, -error) - np.log(2)


def test_a_loss_of_ones_own_is_two_methods(monkeypatch):
    monkeypatch.setitem(LOSSES, "log_cosh", LogCosh)
    outputs, hard, _, weight = problem("huber")
    for alpha in (0.3, 1.0):
        soft = SoftPredictions(hard + 1, alpha, "log_cosh")
        value, gradient = distillation_loss(outputs, hard, soft, weight)
        z = torch.tensor(outputs, requires_grad=True)
        rows = LogCosh().torch_values(
            z,
            torch.tensor(soft.pred.copy()),
            torch.tensor(hard),
            torch.full((12, 1), alpha, dtype=torch.float64),
        )
        expected = (rows * torch.tensor(weight)).sum() / weight.sum()
        expected.backward()
        assert_allclose(value, expected.item(), rtol=1e-10)
        assert_allclose(gradient, z.grad, rtol=1e-10)


class RowMean(LogCosh):
    """One value a row, where one an output is expected."""

    def distance(self, outputs, target, gradient):
        return super().distance(outputs, target, gradient).mean(axis=1)


class TorchAlone(RegressionLoss):
    torch_distance = LogCosh.torch_distance


@pytest.mark.parametrize(
    ("loss", "match"),
    [
        (RowMean, r"RowMean\.distance must return one value an output.*\(12, 2\), got"),
        (
            TorchAlone,
            "for NumPy, and MLPStudentRegressor .* no method distance",
        ),
    ],
)
def test_a_faulty_loss_of_ones_own_is_refused(monkeypatch, loss, match):
    monkeypatch.setitem(LOSSES, "faulty", loss)
    outputs, hard, soft, _ = problem("huber")
    for alpha in (0.5, 1.0):
        faulty = SoftPredictions(soft.pred, alpha, "faulty")
        with pytest.raises(ValueError, match=match):
            distillation_loss(outputs, hard, faulty)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"outputs": np.zeros((12, 3))}, r"outputs has shape \(12, 3\), expected"),
        ({"hard": np.zeros(12)}, r"hard must hold .*\(12, 2\)"),
        ({"hard": np.full((12, 2), np.inf)}, "hard must hold finite numbers"),
        ({"sample_weight": np.zeros(12)}, "sample_weight must be 12 finite weights"),
        ({"loss": "kl"}, r"one of \['absolute_error', .*'kl', which fits task='class"),
        ({"loss": "pinball"}, "Pinball is a loss of quantiles, and quantiles is None"),
        ({"quantiles": (0.2, 0.8)}, r"Huber is a loss of one number.*\(0.2, 0.8\)"),
    ],
)
def test_wrong_arguments(changes, match):
    outputs, hard, soft, weight = problem("huber")
    soft = {"pred": soft.pred, "row_alpha": 0.5, "loss": "huber", "quantiles": None}
    arguments = {"outputs": outputs, "hard": hard, "sample_weight": weight}
    for name, value in changes.items():
        (soft if name in soft else arguments)[name] = value
    with pytest.raises(ValueError, match=match):
        distillation_loss(**arguments, soft_targets=SoftPredictions(**soft))


@pytest.mark.parametrize(("loss", "value"), [("poisson", -1.0), ("gamma", 0.0)])
@pytest.mark.parametrize("name", ["hard", "soft_targets"])
def test_targets_outside_the_range_of_a_loss_are_refused(loss, value, name):
    outputs, hard, soft, _ = problem(loss, 0.5)
    pred = soft.pred.copy()
    (hard if name == "hard" else pred)[3, 1] = value
    with pytest.raises(ValueError, match=rf"{name} .*{value}"):
        distillation_loss(outputs, hard, soft.with_outputs(pred))


def test_losses_of_numbers_are_none_for_classes():
    soft = SoftTargets([[0.5, 0.5]], [0, 1], loss="huber")
    with pytest.raises(ValueError, match="got 'huber', which fits task='regression'"):
        distillation_loss(np.zeros((1, 2)), [0], soft)


def test_levels_are_checked_by_the_loss():
    with pytest.raises(ValueError, match="between 0 and 1"):
        Pinball((0.5, 1.0))
