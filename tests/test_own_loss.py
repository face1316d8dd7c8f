"""A loss of the user's: registered once, it is found by students of both kinds."""

import joblib
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from own_losses import (
    Brier,
    Column,
    ConstantColumn,
    Mean,
    NumPyBrier,
    OfAnotherTask,
    OverRows,
    TorchBrier,
    register,
)
from scipy.optimize import check_grad
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.fixes import parse_version
from skorch_nets import CODES, Truth, X, agreement, net, soft, y

from sklearn_kd import DistilledClassifier, MLPStudent, SkorchStudent, SoftTargets
from sklearn_kd.losses import LOSSES, distillation_loss
from sklearn_kd.torch import DistillationLoss


class NeverFitted(LogisticRegression):
    """A teacher that must not be reached."""

    def fit(self, X, y):
        raise AssertionError("the teacher was fitted")


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    losses = {
        "brier": Brier,
        "brier_numpy": NumPyBrier,
        "brier_torch": TorchBrier,
        "other": OfAnotherTask,
    }
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
    with pytest.raises(ValueError, match=r"among \{'kl', .*'brier_torch'\}"):
        distilled(MLPStudent(), loss).fit(X, y)


@pytest.mark.parametrize(
    "student",
    [
        MLPStudent(),
        make_pipeline(StandardScaler(), MLPStudent()),
        GridSearchCV(MLPStudent(), {"alpha": [0.1]}, cv=2),
    ],
    ids=["alone", "pipeline", "search"],
)
def test_without_a_numpy_form_it_is_refused_before_the_teacher_is_fitted(student):
    model = distilled(student, "brier_torch").set_params(teacher=NeverFitted())
    with pytest.raises(ValueError, match="TorchBrier has no method prepare_soft"):
        model.fit(X, y)


def test_without_a_numpy_form_nets_take_it():
    net_student = net(max_epochs=2)
    proba = distilled(net_student, "brier_torch").fit(X, y).predict_proba(X)
    expected = distilled(net_student, "brier").fit(X, y).predict_proba(X)
    assert_array_equal(proba, expected)
    target = soft(loss="brier_torch")
    for fit in (MLPStudent().fit, MLPStudent().partial_fit):
        with pytest.raises(ValueError, match="has no form for NumPy"):
            fit(X, y, soft_targets=target)
    with pytest.raises(ValueError, match="has no form for NumPy"):
        distillation_loss(np.zeros(target.shape), y, target)


FAULTY = [Mean, Column, OverRows]


@pytest.mark.parametrize("loss", FAULTY)
@pytest.mark.parametrize("alpha", [1.0, 0.5])
def test_anything_but_one_value_a_row_is_refused(monkeypatch, loss, alpha):
    """It would be broadcast, and give another loss without a word."""
    monkeypatch.setitem(LOSSES, "faulty", loss)
    proba = np.full((6, 3), 1 / 3)
    target, codes = SoftTargets(proba, CODES, alpha, loss="faulty"), np.arange(6) % 3
    with pytest.raises(ValueError, match=rf"{loss.__name__}\.soft_term must .*\(6,\)"):
        distillation_loss(np.zeros((6, 3)), codes, target, np.arange(1, 7))
    criterion, proba = DistillationLoss("faulty"), torch.as_tensor(proba)
    with pytest.raises(ValueError, match=r"\.torch_soft_term must return one value a"):
        criterion(proba, proba, torch.as_tensor(codes), alpha, proba[:, 0])


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("loss", [*FAULTY, ConstantColumn])
@pytest.mark.parametrize("student", [MLPStudent(), net()], ids=["numpy", "skorch"])
def test_it_is_refused_before_the_teacher_is_fitted(
    monkeypatch, loss, student, classes
):
    if loss is ConstantColumn:  # torch has none
        student = MLPStudent()
    monkeypatch.setitem(LOSSES, "faulty", loss)
    model = distilled(student, "faulty").set_params(teacher=NeverFitted())
    with pytest.raises(ValueError, match=r"must return one value a row"):
        model.fit(X, np.minimum(y, classes - 1))


@pytest.mark.parametrize(
    ("name", "loss", "match"),
    [
        ("object", object, "derived from sklearn_kd.losses.BlendedLoss, got <class"),
        ("instance", Brier(1.0), "Register the class itself"),
        ("function", distillation_loss, "derived from"),
        (3, Brier, "registered by a string, got 3"),
    ],
)
def test_what_is_no_loss_is_not_registered(name, loss, match):
    with pytest.raises(TypeError, match=match):
        LOSSES[name] = loss
    with pytest.raises(TypeError, match=match):
        LOSSES.update({name: loss})
    assert name not in LOSSES


@pytest.mark.parametrize("loss", ["other", "removed", 3, None, ["kl"]])
def test_each_way_to_a_loss_refuses_the_same_names(loss):
    with pytest.raises(ValueError, match=r"loss must be one of \['brier', .*, got "):
        DistillationLoss(loss)
    if not isinstance(loss, str):
        return
    match = r"soft_targets\.loss must be one of .*, got "
    target = soft(loss=loss)
    with pytest.raises(ValueError, match=match):
        distillation_loss(np.zeros(target.shape), y, target)
    for student in (MLPStudent(), SkorchStudent(net())):
        with pytest.raises(ValueError, match=match):
            student.fit(X, y, soft_targets=target)


def test_a_loss_of_another_task_is_named_as_such():
    with pytest.raises(ValueError, match="got 'other', which fits task='regression'"):
        DistillationLoss("other")


def test_a_loss_that_was_removed_is_named_when_it_is_called(monkeypatch):
    criterion = DistillationLoss("brier")
    monkeypatch.delitem(LOSSES, "brier")
    with pytest.raises(ValueError, match=r"got 'brier'\. Register a loss of your own"):
        criterion(torch.zeros(2, 3), torch.full((2, 3), 1 / 3))


def test_workers_register_it_by_an_initializer():
    """As the guide shows it: nothing else imports the module in a worker."""
    model, params = distilled(MLPStudent((4,), max_iter=2)), {"method": "predict_proba"}
    expected = cross_val_predict(model, X, y, cv=2, **params)
    jobs = {"n_jobs": 2, "initializer": register}
    if parse_version(joblib.__version__) < parse_version("1.5"):
        jobs = {"n_jobs": 1}  # its workers take no initializer
    with joblib.parallel_config("loky", **jobs):
        assert_array_equal(cross_val_predict(model, X, y, cv=2, **params), expected)
