"""Skorch nets as students: what the user has set stays, and what is refused."""

import copy

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import (
    BatchScoring,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    LRScheduler,
)
from skorch.dataset import Dataset, ValidSplit
from skorch.helper import predefined_split
from skorch_nets import P, Shaped, Truth, X, fitted, net, soft, y
from teacher_alone import distil
from torch.utils.data import DataLoader, RandomSampler

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler, SkorchStudent
from sklearn_kd._task.strata import validation_mask
from sklearn_kd.losses import distillation_loss
from sklearn_kd.torch import TabularMLP, TensorBatchLoader
from sklearn_kd.torch.loader import JoiningDataLoader

# --- what is the user's -----------------------------------------------------------


def test_optimizer_learning_rate_epochs_and_callbacks_are_the_users(tmp_path):
    student = fitted(
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=0.3,
        lr=0.05,
        max_epochs=6,
        callbacks=[
            ("rate", LRScheduler(policy="StepLR", step_size=2, gamma=0.5)),
            (
                "best",
                Checkpoint(
                    dirname=str(tmp_path), monitor="valid_loss_best", load_best=True
                ),
            ),
            ("auc", EpochScoring("roc_auc_ovr", name="auc", lower_is_better=False)),
            (
                "balanced",
                EpochScoring(
                    "balanced_accuracy",
                    name="on_train",
                    on_train=True,
                    use_caching=False,
                ),
            ),
            ("batch", BatchScoring("accuracy", name="batch", lower_is_better=False)),
        ],
    )
    history = student.net_.history
    assert type(student.net_.optimizer_) is torch.optim.AdamW
    assert student.net_.optimizer_.param_groups[0]["weight_decay"] == 0.3
    assert student.n_iter_ == len(history) <= 6  # those after the best are taken back
    rates = [0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125]
    assert_allclose(history[:, "event_lr"], rates[: len(history)])
    assert {path.name for path in tmp_path.iterdir()} >= {"params.pt", "optimizer.pt"}
    assert history[0, "auc"] > 0.6
    assert history[0, "on_train"] > 0.4
    assert_allclose(history[0, "batch"], history[0, "valid_acc"])
    mask = validation_mask(y, 0.1, 0)
    best = int(np.argmin(history[:, "valid_loss"]))
    expected, _ = distillation_loss(
        student.predict_log_proba(X[mask]), y[mask], soft()[mask]
    )
    assert_allclose(history[best, "valid_loss"], expected, rtol=1e-4)


def test_the_users_early_stopping_stops_on_the_distillation_loss():
    stop = EarlyStopping(monitor="valid_loss", patience=2, load_best=True)
    student = fitted(lr=0.3, max_epochs=60, callbacks=[("stop", stop)])
    losses = student.net_.history[:, "valid_loss"]
    assert 3 <= student.n_iter_ < 60
    assert np.argmin(losses) == student.n_iter_ - 3 or min(losses[-2:]) > min(losses)
    mask = validation_mask(y, 0.1, 0)
    value, _ = distillation_loss(
        student.predict_log_proba(X[mask]), y[mask], soft()[mask]
    )
    assert_allclose(value, min(losses), rtol=1e-4)


class OwnLoader(DataLoader):
    """A loader of the user's."""


@pytest.mark.parametrize(
    ("params", "loader"),
    [
        ({}, TensorBatchLoader),
        ({"iterator_train__batch_size": 64, "batch_size": 9}, TensorBatchLoader),
        ({"iterator_train__pin_memory": False}, JoiningDataLoader),
        ({"iterator_train": OwnLoader, "iterator_valid": OwnLoader}, OwnLoader),
    ],
)
def test_any_loader_gives_the_same_student(params, loader):
    student = fitted(iterator_train__shuffle=False, train_split=None, **params)
    assert student.net_.iterator_train is loader
    plain = fitted(iterator_train__shuffle=False, train_split=None)
    assert_allclose(student.predict_proba(X), plain.predict_proba(X), rtol=1e-5)


def test_rows_are_shuffled_unless_the_user_says_how():
    in_order = fitted(iterator_train__shuffle=False).predict_proba(X)
    assert np.abs(in_order - fitted().predict_proba(X)).max() > 1e-4
    sampler = RandomSampler(range(50))
    drawn = fitted(iterator_train__sampler=sampler, iterator_train__batch_size=25)
    assert drawn.net_.history[0, "train_batch_count"] == 2


def test_every_parameter_of_the_net_is_in_reach_of_a_grid():
    model = distil(student=net(module__dropout=0.1), random_state=0)
    model.set_params(
        student__module__hidden_layer_sizes=(5,), student__lr=0.5, student__max_epochs=1
    )
    given = clone(model).fit(X, y, teacher_proba=P).student_.net_
    assert given.module_.layers[0].weight.shape[0] == 5
    assert (given.lr, given.max_epochs, given.module__dropout) == (0.5, 1, 0.1)
    assert not hasattr(
        model.student, "module__n_features"
    )  # the user's own is as it was
    assert not model.student.initialized_


def test_a_net_that_overrides_fit_is_trained_by_the_adapter():
    class Own(NeuralNetClassifier):
        def fit(self, X, y=None, **params):
            raise AssertionError("not called: it would initialise a second time")

        def train_step_single(self, batch, **params):
            STEPS.append(len(batch[0]))
            return super().train_step_single(batch, **params)

    STEPS = []
    student = fitted(net(kind=Own, warm_start=True, max_epochs=1))
    assert sum(STEPS) == np.sum(~validation_mask(y, 0.1, 0))
    first = copy.deepcopy(student.net_.module_.state_dict())
    again = student.fit(X, y, soft_targets=soft()).net_.module_.state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)


# --- what is refused --------------------------------------------------------------


@pytest.mark.parametrize(
    ("student", "message"),
    [
        (net(TabularMLP(4, 3)), "an instance of TabularMLP"),
        (net(criterion__weight=torch.ones(3)), "criterion__weight"),
        (net(module__n_classes=5), r"shape \(64, 5\), expected \(n_samples, 3\)"),
        (net(Shaped, module__form="flat"), r"shape \(64,\), expected \(n_samples, 3\)"),
        (net(kind=NeuralNetBinaryClassifier), r"expected \(n_samples, 3\)"),
        (net(kind=NeuralNetRegressor), "must be a classifier, got NeuralNetRegressor"),
    ],
)
def test_what_cannot_learn_is_refused(student, message):
    model = distil(student=student, random_state=0)
    with pytest.raises((TypeError, ValueError), match=message):
        model.fit(X, y, teacher_proba=P)


@pytest.mark.parametrize(
    "student", [NeuralNetClassifier, "net", DecisionTreeClassifier()]
)
def test_only_nets_are_taken(student):
    with pytest.raises(TypeError, match="must be a skorch net"):
        SkorchStudent(student).fit(X, y)
    with pytest.raises(TypeError, match="must be a"):
        distil(student=SkorchStudent(student)).fit(X, y, teacher_proba=P)


SEEN = []


class Watch(Callback):
    """Keeps the data sets of the first epoch outside the net."""

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        SEEN[:] = [dataset_train, dataset_valid]


# --- validation rows --------------------------------------------------------------


def test_the_default_split_is_that_of_the_other_student():
    watch = [("watch", Watch())]
    student = SkorchStudent(net(callbacks=watch), encoder=None)
    model = DistilledClassifier(
        Truth(),
        student,
        transfer=MungeSampler(200),
        objective="fidelity",
        random_state=5,
    ).fit(X, y)
    rows, stop = SEEN
    assert len(rows) == 200
    assert_array_equal(stop.X, X[validation_mask(y, 0.1, 5)].astype(np.float32))
    assert_allclose(stop.targets["proba"], P[validation_mask(y, 0.1, 5)], rtol=1e-5)
    other = clone(model).set_params(student=MLPStudent(max_iter=1, encoder=None))
    assert other.fit(X, y).student_.validation_loss_curve_
    assert "valid_loss" in model.student_.net_.history[-1]
    assert model.student_.net_.train_split.stratified  # the user's, as it was


@pytest.mark.parametrize("stratified", [True, False])
def test_a_split_of_the_users_stays(stratified):
    split = ValidSplit(10, stratified=stratified)
    model = distil(
        student=net(train_split=split, callbacks=[("watch", Watch())]), random_state=0
    ).fit(X, y, teacher_proba=P)
    rows, stop = SEEN
    assert (len(rows), len(stop)) == (324, 36)
    if stratified:
        shares = np.bincount(y[stop.indices]) / 36
        assert_allclose(shares, np.bincount(y) / len(y), atol=1 / 36)
    assert model.student_.net_.train_split.cv == 10


def test_no_split_means_no_validation():
    model = distil(
        student=net(train_split=None, callbacks=[("watch", Watch())]), random_state=0
    ).fit(X, y, teacher_proba=P)
    assert len(SEEN[0]) == len(X)
    assert SEEN[1] is None
    assert "valid_loss" not in model.student_.net_.history[-1]


def test_validation_rows_of_the_users_are_scored_by_their_labels():
    own = Dataset(X[:50].astype(np.float32), y[:50])
    student = fitted(train_split=predefined_split(own))
    expected = -student.predict_log_proba(X[:50])[np.arange(50), y[:50]].mean()
    assert_allclose(student.net_.history[-1, "valid_loss"], expected, rtol=1e-4)
    right = accuracy_score(y[:50], student.predict(X[:50]))
    assert_allclose(student.net_.history[-1, "valid_acc"], right)
