"""Skorch nets out of the ordinary: each is legal, and learns as any other does."""

import copy
import pickle
import threading

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, csr_matrix
from sklearn.datasets import make_classification
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier
from skorch.dataset import ValidSplit
from torch import nn

from sklearn_kd import SkorchStudent
from sklearn_kd.torch import TabularMLP

SETTINGS = {"max_epochs": 8, "lr": 0.1, "verbose": 0}

X, y = make_classification(300, 6, n_informative=4, random_state=0)


def fit(module, rows=X, *, net=NeuralNetClassifier, encoder="auto", **settings):
    student = SkorchStudent(
        net(module, **SETTINGS, **settings), encoder=encoder, random_state=0
    )
    return student.fit(rows, y)


class Linear(nn.Module):
    def __init__(self, n_features, n_classes):
        super().__init__()
        self.layer = nn.Linear(n_features, n_classes)

    def forward(self, X):
        return self.layer(X)


class Sigmoid(Linear):
    def forward(self, X):
        return torch.sigmoid(self.layer(X)).squeeze(1)


class KeepsActivation(Linear):
    def forward(self, X):
        self.last = self.layer(X)
        return self.last


class WeightNorm(Linear):
    def __init__(self, n_features, n_classes):
        super().__init__(n_features, n_classes)
        nn.utils.weight_norm(self.layer)


class HoldsLock(Linear):
    def __init__(self, n_features, n_classes):
        super().__init__(n_features, n_classes)
        self.lock = threading.Lock()


class AssertsDtype(Linear):
    def forward(self, X):
        assert X.dtype == torch.float32
        return self.layer(X)


class Logarithm(Linear):
    def forward(self, X):
        return self.layer(X).log()


class Draws(Linear):
    def forward(self, X):
        return self.layer(X) + 0.01 * torch.randn(1, dtype=X.dtype)


class Unsplit(NeuralNetClassifier):
    def __init__(self, *args, train_split=None, **kwargs):
        super().__init__(*args, train_split=train_split, **kwargs)


class Split(NeuralNetClassifier):
    def __init__(self, *args, train_split=ValidSplit(4), **kwargs):  # noqa: B008
        super().__init__(*args, train_split=train_split, **kwargs)


class BCE(nn.BCELoss):
    pass


@pytest.mark.parametrize("criterion", [nn.BCELoss(), BCE, BCE()])
def test_a_criterion_of_probabilities_may_be_an_instance_and_a_subclass(criterion):
    net = NeuralNetBinaryClassifier
    expected = fit(Sigmoid, net=net, criterion=nn.BCELoss, module__n_classes=1)
    assert expected.score(X, y) > 0.7
    student = fit(Sigmoid, net=net, criterion=criterion, module__n_classes=1)
    assert student.net_.criterion_.output == "probability"
    assert_array_equal(student.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("criterion", [nn.BCEWithLogitsLoss, nn.BCEWithLogitsLoss()])
def test_a_criterion_of_logits_may_be_an_instance(criterion):
    student = fit(Linear, net=NeuralNetBinaryClassifier, criterion=criterion)
    assert student.net_.criterion_.output == "logit"


@pytest.mark.filterwarnings("ignore:.*weight_norm")
@pytest.mark.parametrize("module", [KeepsActivation, WeightNorm])
def test_a_module_may_keep_what_it_computes(module):
    student = fit(module, train_split=None)
    assert student._exact is not None
    proba = student.predict_proba(X[:5])
    for copied in (copy.deepcopy(student), pickle.loads(pickle.dumps(student))):
        assert_array_equal(copied.predict_proba(X[:5]), proba)


@pytest.mark.parametrize("module", [HoldsLock, AssertsDtype])
def test_a_module_need_not_compute_in_float64(module):
    student = fit(module)
    assert student._exact is None
    expected = fit(Linear).predict_proba(X)
    assert_allclose(student.predict_proba(X), expected, rtol=0, atol=1e-5)
    del student._exact  # as in a copy
    assert_allclose(student.predict_proba(X), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("part", ["iterator_train", "iterator_valid"])
@pytest.mark.parametrize("n_rows", [5, 2000], ids=["few rows", "many rows"])
def test_a_loader_of_the_users_leaves_the_global_state_alone(part, n_rows):
    before = torch.get_rng_state()
    student = fit(TabularMLP, **{f"{part}__num_workers": 0})
    assert torch.equal(torch.get_rng_state(), before)
    student.predict(np.resize(X, (n_rows, X.shape[1])))
    assert torch.equal(torch.get_rng_state(), before)
    copied = pickle.loads(pickle.dumps(student))
    copied.predict(X[:5])
    assert torch.equal(torch.get_rng_state(), before)


def test_fit_contains_what_a_module_draws_in_float64():
    before = torch.get_rng_state()
    fit(Draws)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_own_loader_costs_no_containment(monkeypatch):
    student = fit(TabularMLP)

    def contained_draws(seed, estimator):
        raise AssertionError

    monkeypatch.setattr(
        "sklearn_kd.students.skorch._prediction.contained_draws", contained_draws
    )
    student.predict(X[:5])
    pickle.loads(pickle.dumps(student)).predict(X)


@pytest.mark.parametrize(
    ("net", "split", "expected"),
    [
        (Unsplit(TabularMLP), "default", False),
        (Unsplit(TabularMLP), ValidSplit(5), False),
        (Split(TabularMLP), "default", True),
        (Split(TabularMLP), ValidSplit(5), False),
        (Split(TabularMLP), None, False),
    ],
)
def test_a_net_may_have_a_default_split_of_its_own(net, split, expected):
    if split != "default":
        net.set_params(train_split=split)
    assert SkorchStudent(net).early_stopping is expected


def test_a_net_without_a_split_by_default_is_trained_on_all_rows():
    student = fit(TabularMLP, net=Unsplit)
    assert student.score(X, y) > 0.7
    assert "valid_loss" not in student.net_.history[-1]


@pytest.mark.parametrize("encoder", ["auto", None])
@pytest.mark.parametrize("part", ["iterator_train", "iterator_valid"])
def test_sparse_arrays_are_read_by_a_loader_of_the_users(part, encoder):
    settings = {f"{part}__num_workers": 0, "encoder": encoder}
    expected = fit(TabularMLP, csr_matrix(X), **settings).predict_proba(csr_matrix(X))
    student = fit(TabularMLP, csr_array(X), **settings)
    assert_array_equal(student.predict_proba(csr_array(X)), expected)
    assert_allclose(student.predict_proba(csr_array(X[:1])), expected[:1])


def test_nan_out_of_a_module_is_an_error():
    with pytest.raises(
        ValueError, match="The module returns NaN for some of the first"
    ):
        fit(Logarithm)
