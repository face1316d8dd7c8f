"""The losses against the maths: finite differences, torch, and where the optimum is."""

import numpy as np
import pytest
import torch
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal, assert_equal
from scipy.special import log_softmax, rel_entr, softmax
from sklearn.datasets import load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from teacher_alone import distil

from sklearn_kd import MLPStudent, SoftTargets
from sklearn_kd.losses import DecoupledKL, distillation_loss
from sklearn_kd.losses._registry import LossNames

CASES = [
    (alpha, temperature)
    for alpha in (0.0, 1.0, "mixed")
    for temperature in (0.5, 1.0, 2.5)
]
each_loss = pytest.mark.parametrize("loss", LossNames("classification"))
#: What the losses that need the teacher's logits take exact zeros for.
FLOOR = 1e-3


def problem(loss, alpha, temperature, *, n_classes=4, zeros=False):
    rng = np.random.default_rng(3)
    proba = rng.dirichlet(np.full(n_classes, 0.6), size=9)
    if zeros:
        proba[:3] = np.eye(n_classes)[[0, 1, n_classes - 1]]
        proba[3] = 0
        proba[3, [0, -1]] = 0.5
    row_alpha = np.tile([0.0, 0.3, 1.0], 3) if alpha == "mixed" else alpha
    soft = SoftTargets(proba, range(n_classes), row_alpha, temperature, loss)
    logits, codes = rng.normal(size=(9, n_classes)), rng.integers(0, n_classes, 9)
    return logits, codes, soft, rng.random(9) + 0.1


def torch_kl(z, p, target, T):
    p_T = torch.where(p > 0, p ** (1 / T), torch.zeros_like(p))
    p_T = p_T / p_T.sum(1, keepdim=True)
    log_q_T = torch.log_softmax(z / T, dim=1)
    return T**2 * (torch.special.xlogy(p_T, p_T) - p_T * log_q_T).sum(1)


def torch_mse_logit(z, p, target, T):
    t = torch.log(p.clamp(min=FLOOR))
    difference = (z - z.mean(1, keepdim=True)) - (t - t.mean(1, keepdim=True))
    return T**2 * ((difference / T) ** 2).mean(1) / 2


def torch_dkd(z, p, target, T):
    p_T = p ** (1 / T) / (p ** (1 / T)).sum(1, keepdim=True)
    is_target = torch.nn.functional.one_hot(target, z.shape[1]).bool()

    def parts(q):
        ours = torch.stack([q[is_target], (q * ~is_target).sum(1)], dim=1)
        return ours, q[~is_target].reshape(len(q), -1) / ours[:, 1:].clamp(min=1e-300)

    def divergence(p, q):
        return (torch.special.xlogy(p, p) - p * q.log()).sum(1)

    (binary_p, others_p), (binary_q, others_q) = parts(p_T), parts((z / T).softmax(1))
    nckd = divergence(others_p, others_q) * (binary_p[:, 1] > 0)
    return T**2 * (divergence(binary_p, binary_q) + 2 * nckd)


def torch_kl_standardized(z, p, target, T):
    def standardize(logits):
        deviation = logits.std(1, keepdim=True, correction=0)
        return (logits - logits.mean(1, keepdim=True)) / (deviation + 1e-3)

    teacher = standardize(torch.log(p.clamp(min=FLOOR))).softmax(1)
    return torch_kl(standardize(z), teacher, target, T)


#: The formulas of the docstrings, written down with torch and nothing shared. A loss
#: without one is held against finite differences here, and in ``test_torch_loss.py``
#: its two forms against each other.
REFERENCES = {
    "kl": torch_kl,
    "mse_logit": torch_mse_logit,
    "dkd": torch_dkd,
    "kl_standardized": torch_kl_standardized,
}
#: Each with every number of classes that it takes.
WIDTHS = [
    (loss, n_classes)
    for loss in REFERENCES
    for n_classes in (2, 3, 7)
    if (loss, n_classes) != ("kl_standardized", 2)
]


def torch_loss(z, codes, soft, weight):
    alpha, codes = torch.tensor(soft.row_alpha.copy()), torch.tensor(codes)
    p = torch.tensor(soft.proba.copy())
    target = torch.where(alpha < 1, codes, p.argmax(1))
    term = REFERENCES[soft.loss](z, p, target, soft.temperature)
    ce = torch.nn.functional.cross_entropy(z, codes, reduction="none")
    w = torch.tensor(weight)
    return ((alpha * term + (1 - alpha) * ce) * w).sum() / w.sum()


@pytest.mark.parametrize(("alpha", "temperature"), CASES)
@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize(("loss", "n_classes"), WIDTHS)
def test_value_and_gradient_equal_torch(loss, n_classes, zeros, alpha, temperature):
    logits, codes, soft, weight = problem(
        loss, alpha, temperature, n_classes=n_classes, zeros=zeros
    )
    value, gradient = distillation_loss(logits, codes, soft, weight)
    z = torch.tensor(logits, requires_grad=True)
    expected = torch_loss(z, codes, soft, weight)
    expected.backward()
    assert_allclose(value, expected.item(), rtol=1e-6, atol=1e-12)
    assert_allclose(gradient, z.grad.numpy(), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@each_loss
def test_gradient_equals_finite_differences(loss, temperature):
    logits, codes, soft, weight = problem(loss, "mixed", temperature)
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
    logits, codes, soft, _ = problem("kl", 0.3, 4.0)
    T = 4.0
    teacher = softmax(np.log(soft.proba) / T, axis=1)
    student = softmax(logits / T, axis=1)
    kl = rel_entr(teacher, student).sum(axis=1)
    ce = -log_softmax(logits, axis=1)[np.arange(len(codes)), codes]
    value, _ = distillation_loss(logits, codes, soft)
    assert_allclose(value, np.mean(0.3 * T**2 * kl + 0.7 * ce))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
@each_loss
def test_loss_is_zero_and_flat_exactly_at_the_teacher(loss, temperature):
    """Not at a sharpened copy, as where only the student is divided by T."""
    proba = np.random.default_rng(0).dirichlet(np.full(3, 5.0), size=5)
    soft = SoftTargets(proba, range(3), 1.0, temperature, loss)
    value, gradient = distillation_loss(np.log(proba) + 2.5, np.zeros(5, int), soft)
    assert_allclose(value, 0, atol=1e-12)
    assert_allclose(gradient, 0, atol=1e-12)


@each_loss
def test_a_constant_added_to_a_row_of_logits_changes_nothing(loss):
    logits, codes, soft, weight = problem(loss, "mixed", 2.0, zeros=True)
    value, gradient = distillation_loss(logits, codes, soft, weight)
    shift = 10 * np.random.default_rng(1).normal(size=(len(logits), 1))
    shifted, shifted_gradient = distillation_loss(logits + shift, codes, soft, weight)
    assert_allclose(shifted, value)
    assert_allclose(shifted_gradient, gradient, atol=1e-12)
    assert_allclose(gradient.sum(axis=1), 0, atol=1e-12)


@each_loss
def test_the_label_of_a_row_without_one_is_not_read(loss):
    logits, codes, soft, weight = problem(loss, "mixed", 2.0)
    other = np.where(soft.row_alpha == 1, (codes + 1) % 4, codes)
    value, gradient = distillation_loss(logits, codes, soft, weight)
    other_value, other_gradient = distillation_loss(logits, other, soft, weight)
    assert other_value == value
    assert_array_equal(other_gradient, gradient)


@each_loss
def test_float32_stays_float32_and_close(loss):
    logits, codes, soft, weight = problem(loss, "mixed", 2.0, zeros=True)
    value, gradient = distillation_loss(logits, codes, soft, weight)
    value32, gradient32 = distillation_loss(
        logits.astype(np.float32), codes, soft, weight
    )
    assert gradient32.dtype == np.float32
    assert_allclose(value32, value, rtol=1e-5)
    assert_allclose(gradient32, gradient, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("temperature", [1.0, 2.0])
@each_loss
def test_huge_logits_stay_finite(loss, temperature, dtype):
    _, codes, soft, weight = problem(loss, 0.5, temperature, zeros=True)
    logits = np.full((9, 4), -1e4, dtype)
    logits[:, 1] = 1e4
    value, gradient = distillation_loss(logits, codes, soft, weight)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("scale", [0, 1e-20, 1e-9])
@each_loss
def test_logits_that_are_all_alike_have_a_finite_gradient(loss, scale):
    logits, codes, soft, weight = problem(loss, "mixed", 2.0, zeros=True)
    flat = (scale * logits).astype(np.float32)
    value, gradient = distillation_loss(flat, codes, soft, weight)
    exact_value, exact = distillation_loss(scale * logits, codes, soft, weight)
    assert_allclose(value, exact_value, rtol=1e-5)
    assert_allclose(gradient, exact, rtol=1e-4, atol=1e-6)
    assert abs(gradient).max() < 1e4


def test_temperature_has_no_effect_on_squared_logits():
    logits, codes, soft, _ = problem("mse_logit", 0.7, 1.0)
    warm = SoftTargets(soft.proba, soft.classes, 0.7, 5.0, "mse_logit")
    value, gradient = distillation_loss(logits, codes, soft)
    warm_value, warm_gradient = distillation_loss(logits, codes, warm)
    assert warm_value == value
    assert_array_equal(warm_gradient, gradient)


def test_divergence_tends_to_squared_logits_as_the_guide_says():
    logits, codes, soft, _ = problem("mse_logit", 1.0, 1.0)
    proba = np.maximum(soft.proba, 0.01)
    proba /= proba.sum(axis=1, keepdims=True)
    squared, warm = (
        distillation_loss(logits, codes, SoftTargets(proba, range(4), 1.0, T, loss))[0]
        for loss, T in [("mse_logit", 1.0), ("kl", 1000.0)]
    )
    assert_allclose(warm, squared, rtol=0.01)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_decoupled_loss_of_two_classes_is_the_divergence(temperature):
    logits, codes, soft, weight = problem(
        "dkd", "mixed", temperature, n_classes=2, zeros=True
    )
    plain = SoftTargets(soft.proba, soft.classes, soft.row_alpha, temperature)
    value, gradient = distillation_loss(logits, codes, soft, weight)
    plain_value, plain_gradient = distillation_loss(logits, codes, plain, weight)
    assert_allclose(value, plain_value)
    assert_allclose(gradient, plain_gradient, atol=1e-12)


def test_decoupled_loss_weighs_the_other_classes_alike_however_sure_the_teacher():
    """The divergence would weigh them by the teacher's mass on them."""
    logits = np.log([[0.9, 0.02, 0.08], [0.6, 0.08, 0.32]])
    proba = [[0.9, 0.08, 0.02], [0.6, 0.32, 0.08]]
    soft = SoftTargets(proba, range(3), loss="dkd")
    values = [
        distillation_loss(logits[rows], [0], soft[rows])[0]
        for rows in (slice(1), slice(1, 2))
    ]
    nckd = rel_entr([0.8, 0.2], [0.2, 0.8]).sum()
    assert_allclose(values, DecoupledKL.non_target_weight * nckd)


def test_standardized_loss_does_not_see_the_size_of_the_logits():
    logits, codes, soft, _ = problem("kl_standardized", 1.0, 2.0)
    value, gradient = distillation_loss(logits, codes, soft)
    larger, larger_gradient = distillation_loss(3 * logits, codes, soft)
    assert_allclose(larger, value, rtol=1e-2)
    assert_allclose(larger_gradient, gradient / 3, atol=1e-3)


def test_standardized_loss_refuses_two_classes():
    logits, codes, soft, _ = problem("kl_standardized", 1.0, 1.0, n_classes=2)
    with pytest.raises(ValueError, match=r'three classes, got 2.*loss="kl"'):
        distillation_loss(logits, codes, soft)


def test_two_classes_are_refused_before_any_teacher_is_fitted():
    class Fitted(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError("the teacher was fitted")

    X, y = load_wine(return_X_y=True)
    model = distil(Fitted(), loss="kl_standardized")
    with pytest.raises(ValueError, match="three classes, got 2"):
        model.fit(X[y < 2], y[y < 2])


@each_loss
def test_student_agrees_with_its_teacher_after_a_short_fit(loss):
    X, y = load_iris(return_X_y=True)
    forest = RandomForestClassifier(50, random_state=0).fit(X[::2], y[::2])
    student = MLPStudent((32,), max_iter=60, early_stopping=False)
    model = on_given_rows(forest, student, loss=loss, random_state=0)
    model.fit(X[::2], y[::2])
    assert np.mean(model.predict(X[1::2]) == forest.predict(X[1::2])) > 0.9


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 5.0])
def test_student_with_capacity_reproduces_the_teacher_at_any_temperature(temperature):
    X, y = load_wine(return_X_y=True)
    teacher = make_pipeline(StandardScaler(), LogisticRegression(C=0.1)).fit(X, y)
    student = MLPStudent((64,), max_iter=600, early_stopping=False, weight_decay=0.0)
    model = on_given_rows(
        teacher, student, temperature=temperature, random_state=0
    ).fit(X, y)
    p, q = teacher.predict_proba(X), model.predict_proba(X)
    assert_allclose(q, p, atol=0.03)
    # neither sharper nor flatter: within a twentieth of what T alone would do
    sharper = abs(softmax(2 * np.log(p), axis=1).max(axis=1) - p.max(axis=1)).mean()
    assert abs((q.max(axis=1) - p.max(axis=1)).mean()) < sharper / 20


def test_labels_of_rows_that_are_soft_alone_are_not_read():
    soft = SoftTargets(np.full((2, 3), 1 / 3), [0, 1, 2], row_alpha=[1.0, 0.5])
    logits = np.array([[0.0, 1, 2], [0, 1, 2]])
    expected = distillation_loss(logits, [0, 1], soft)
    for code in (-100, 7):
        assert_equal(distillation_loss(logits, [code, 1], soft), expected)
