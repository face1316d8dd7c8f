"""A loss of the user's: registered once, it is found by students of both kinds."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.optimize import check_grad
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from skorch_nets import CODES, Truth, X, agreement, net, soft, y

from sklearn_kd import DistilledClassifier, MLPStudent, SkorchStudent, SoftTargets
from sklearn_kd.losses import LOSSES, BlendedLoss, distillation_loss
from sklearn_kd.torch import DistillationLoss


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


class Brier(NumPyBrier):
    """The same with its torch form."""

    def torch_soft_term(self, logits, proba, labels, alpha):
        return (logits.softmax(dim=1) - proba).square().sum(dim=1) / 2


class OfAnotherTask(Brier):
    task = "regression"


class NeverFitted(LogisticRegression):
    """A teacher that must not be reached."""

    def fit(self, X, y):
        raise AssertionError("the teacher was fitted")


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    losses = {"brier": Brier, "brier_numpy": NumPyBrier, "other": OfAnotherTask}
    for name, loss in losses.items():
        monkeypatch.setitem(LOSSES, name, loss)


def distilled(student, loss="brier", **params):
    return DistilledClassifier(
        Truth(), student, loss=loss, transfer=None, random_state=0, **params
    )


@pytest.mark.parametrize("alpha", [1.0, 0.3])
def test_numpy_and_torch_give_one_value_and_gradient(alpha):
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2, size=(6, 3))
    target = SoftTargets(rng.dirichlet(np.ones(3), 6), CODES, alpha, loss="brier")
    codes = rng.integers(3, size=6)
    value, gradient = distillation_loss(logits, codes, target)
    tensor = torch.tensor(logits, requires_grad=True)
    criterion = DistillationLoss("brier")
    proba, labels = torch.tensor(target.proba), torch.tensor(codes)
    torch_value = criterion(tensor, proba, labels, alpha)
    torch_value.backward()
    assert_allclose(torch_value.item(), value, rtol=1e-12)
    assert_allclose(tensor.grad, gradient, rtol=1e-10, atol=1e-15)

    def part(index):
        return lambda flat: distillation_loss(flat.reshape(6, 3), codes, target)[index]

    error = check_grad(part(0), lambda flat: part(1)(flat).ravel(), logits.ravel())
    assert error < 1e-6


@pytest.mark.parametrize(
    "student",
    [MLPStudent((16,), max_iter=40), net(max_epochs=40)],
    ids=["numpy", "skorch"],
)
def test_students_of_both_kinds_learn_by_it(student):
    model = distilled(student).fit(X, y)
    assert agreement(model, Truth()) > 0.9
    other = distilled(student, "kl").fit(X, y)
    assert not np.array_equal(model.predict_proba(X), other.predict_proba(X))


def test_students_that_learn_by_weights_refuse_it():
    with pytest.raises(ValueError, match="loss='brier' needs a student that minim"):
        distilled(DecisionTreeClassifier()).fit(X, y)


@pytest.mark.parametrize(
    "student",
    [
        net(),
        SkorchStudent(net()),
        make_pipeline(StandardScaler(), net()),
        GridSearchCV(SkorchStudent(net()), {"net__lr": [0.1]}, cv=2),
    ],
    ids=["net", "adapter", "pipeline", "search"],
)
def test_without_a_torch_form_nets_refuse_it_before_the_teacher_is_fitted(student):
    model = distilled(student, "brier_numpy").set_params(teacher=NeverFitted())
    with pytest.raises(ValueError, match="NumPyBrier has no method torch_soft_term"):
        model.fit(X, y)


def test_without_a_torch_form_the_numpy_student_takes_it():
    student = MLPStudent((16,), max_iter=5)
    proba = distilled(student, "brier_numpy").fit(X, y).predict_proba(X)
    expected = distilled(student, "brier").fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(proba, expected)
    with pytest.raises(ValueError, match="has no form for torch"):
        SkorchStudent(net()).fit(X, y, soft_targets=soft(loss="brier_numpy"))


@pytest.mark.parametrize("loss", ["other", "removed"])
def test_names_of_other_tasks_and_removed_ones_are_refused(loss):
    with pytest.raises(ValueError, match=r"among \{'kl', .*'brier_numpy'\}"):
        distilled(MLPStudent(), loss).fit(X, y)
