"""The losses against the maths: finite differences, torch, and where the optimum is."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.special import log_softmax, rel_entr, softmax
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_kd import DistilledClassifier, MLPStudent, SoftTargets
from sklearn_kd.losses import LOSSES, distillation_loss

CASES = [
    (alpha, temperature)
    for alpha in (0.0, 0.3, 1.0, "mixed")
    for temperature in (0.5, 1.0, 4.0)
]


def problem(alpha, temperature, zeros=False):
    rng = np.random.default_rng(3)
    proba = rng.dirichlet(np.full(4, 0.6), size=7)
    if zeros:
        proba[:3] = np.eye(4)[[0, 2, 3]]
        proba[3] = [0.5, 0, 0.5, 0]
    row_alpha = rng.random(7) if alpha == "mixed" else alpha
    soft = SoftTargets(proba, range(4), row_alpha, temperature)
    return rng.normal(size=(7, 4)), rng.integers(0, 4, 7), soft, rng.random(7) + 0.1


def torch_loss(logits, codes, soft, weight):
    """The formula of the guide, written down with torch and nothing shared."""
    T = soft.temperature
    alpha = torch.tensor(soft.row_alpha.copy())
    p = torch.tensor(soft.proba.copy())
    p_T = torch.where(p > 0, p ** (1 / T), torch.zeros_like(p))
    p_T = p_T / p_T.sum(1, keepdim=True)
    log_q_T = torch.log_softmax(logits / T, dim=1)
    kl = (torch.special.xlogy(p_T, p_T) - p_T * log_q_T).sum(1)
    ce = torch.nn.functional.cross_entropy(
        logits, torch.tensor(codes), reduction="none"
    )
    w = torch.tensor(weight)
    return ((alpha * T**2 * kl + (1 - alpha) * ce) * w).sum() / w.sum()


@pytest.mark.parametrize(("alpha", "temperature"), CASES)
@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_value_and_gradient_equal_torch(loss, zeros, alpha, temperature):
    logits, codes, soft, weight = problem(alpha, temperature, zeros)
    assert soft.loss == loss
    value, gradient = distillation_loss(logits, codes, soft, weight)
    z = torch.tensor(logits, requires_grad=True)
    expected = torch_loss(z, codes, soft, weight)
    expected.backward()
    assert_allclose(value, expected.item(), rtol=1e-6, atol=1e-12)
    assert_allclose(gradient, z.grad.numpy(), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(("alpha", "temperature"), CASES)
def test_gradient_equals_finite_differences(alpha, temperature):
    logits, codes, soft, weight = problem(alpha, temperature)
    _, gradient = distillation_loss(logits, codes, soft, weight)
    numeric = np.empty_like(gradient)
    for index in np.ndindex(*logits.shape):
        up, down = logits.copy(), logits.copy()
        up[index] += 1e-6
        down[index] -= 1e-6
        numeric[index] = (
            distillation_loss(up, codes, soft, weight)[0]
            - distillation_loss(down, codes, soft, weight)[0]
        ) / 2e-6
    assert_allclose(gradient, numeric, atol=1e-6)


def test_value_is_the_formula_of_the_guide():
    logits, codes, soft, _ = problem(0.3, 4.0)
    T = 4.0
    teacher = softmax(np.log(soft.proba) / T, axis=1)
    student = softmax(logits / T, axis=1)
    kl = rel_entr(teacher, student).sum(axis=1)
    ce = -log_softmax(logits, axis=1)[np.arange(7), codes]
    value, _ = distillation_loss(logits, codes, soft)
    assert_allclose(value, np.mean(0.3 * T**2 * kl + 0.7 * ce))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_loss_is_zero_and_flat_exactly_at_the_teacher(temperature):
    """Not at a sharpened copy, as where only the student is divided by T."""
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=5)
    soft = SoftTargets(proba, range(3), 1.0, temperature)
    value, gradient = distillation_loss(np.log(proba) + 2.5, np.zeros(5, int), soft)
    assert_allclose(value, 0, atol=1e-12)
    assert_allclose(gradient, 0, atol=1e-12)


def test_float32_stays_float32_and_close():
    logits, codes, soft, weight = problem("mixed", 2.0, zeros=True)
    value, gradient = distillation_loss(logits, codes, soft, weight)
    value32, gradient32 = distillation_loss(
        logits.astype(np.float32), codes, soft, weight
    )
    assert gradient32.dtype == np.float32
    assert_allclose(value32, value, rtol=1e-5)
    assert_allclose(gradient32, gradient, atol=1e-6)


def test_huge_logits_stay_finite():
    _, codes, soft, weight = problem(0.5, 2.0, zeros=True)
    logits = np.full((7, 4), -1e4)
    logits[:, 1] = 1e4
    value, gradient = distillation_loss(logits, codes, soft, weight)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 5.0])
def test_student_with_capacity_reproduces_the_teacher_at_any_temperature(temperature):
    X, y = load_wine(return_X_y=True)
    teacher = make_pipeline(StandardScaler(), LogisticRegression(C=0.1)).fit(X, y)
    student = MLPStudent(max_iter=1000, early_stopping=False, weight_decay=0.0)
    model = DistilledClassifier(
        teacher, student, alpha=1, temperature=temperature, random_state=0
    ).fit(X, y)
    p, q = teacher.predict_proba(X), model.predict_proba(X)
    assert_allclose(q, p, atol=0.03)
    # neither sharper nor flatter: within a twentieth of what T alone would do
    sharper = abs(softmax(2 * np.log(p), axis=1).max(axis=1) - p.max(axis=1)).mean()
    assert abs((q.max(axis=1) - p.max(axis=1)).mean()) < sharper / 20
