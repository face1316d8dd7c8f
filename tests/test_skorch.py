"""Skorch nets as students: what is theirs stays theirs, and they learn the teacher."""

import copy
import pickle
import random
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from scipy.special import softmax
from sklearn.base import clone
from sklearn.feature_selection import SelectKBest
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier
from skorch import (
    NeuralNet,
    NeuralNetBinaryClassifier,
    NeuralNetClassifier,
    NeuralNetRegressor,
)
from skorch.callbacks import (
    BatchScoring,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    LRScheduler,
)
from skorch.dataset import Dataset, ValidSplit
from skorch.helper import DataFrameTransformer, predefined_split
from torch import nn
from torch.utils.data import DataLoader, RandomSampler

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MungeSampler,
    SkorchStudent,
    SoftTargets,
)
from sklearn_kd._random import contained_draws
from sklearn_kd.losses import LOSSES, distillation_loss
from sklearn_kd.students._validation import validation_mask
from sklearn_kd.torch import DistillationLoss, TabularMLP, TensorBatchLoader

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]

X = np.random.default_rng(0).normal(size=(360, 4))
CODES = np.array([0, 1, 2])


class Truth:
    """A fitted teacher: the distribution that the labels were drawn from."""

    weights = np.array([[2.0, -1, -1], [-1, 2, -1], [0.5, 0, -0.5], [0, 0, 0]])

    def __init__(self, classes=CODES):
        self.classes_ = np.asarray(classes)

    def predict_proba(self, X):
        logits = np.asarray(X, dtype=float) @ self.weights[:, : len(self.classes_)]
        return softmax(logits, axis=1)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


P = Truth().predict_proba(X)
y = (P.cumsum(axis=1) < np.random.default_rng(1).random((len(X), 1))).sum(axis=1)
P2 = Truth([0, 1]).predict_proba(X)
y2 = (P2[:, 1] > np.random.default_rng(2).random(len(X))).astype(int)


def net(module=TabularMLP, kind=NeuralNetClassifier, **params):
    defaults = {
        "optimizer": torch.optim.Adam,
        "lr": 0.02,
        "max_epochs": 4,
        "batch_size": 64,
        "verbose": 0,
    }
    if module is TabularMLP:
        defaults["module__hidden_layer_sizes"] = (16,)
    return kind(module, **(defaults | params))


def soft(proba=P, alpha=1.0, classes=CODES, **params):
    return SoftTargets(proba, classes, alpha, **params)


def fitted(student=None, *, random_state=0, **params):
    """Fit a student on the soft targets of three classes."""
    student = student or net(**params)
    student = SkorchStudent(student, encoder=None, random_state=random_state)
    return student.fit(X, y, soft_targets=soft())


def agreement(model, teacher, X=X):
    return np.mean(model.predict(X) == teacher.predict(X))


class Shaped(nn.Module):
    """A module that answers in the form it is told to."""

    forms = {
        "logits": lambda logits: logits,
        "probabilities": lambda logits: logits.softmax(dim=1),
        "log-probabilities": lambda logits: logits.log_softmax(dim=1),
        "tuple": lambda logits: (logits, logits.sum()),
        "flat": lambda logits: logits[:, 0],
        "sigmoid": torch.sigmoid,
    }

    def __init__(self, n_features, n_classes, form="logits"):
        super().__init__()
        self.layers = TabularMLP(n_features, n_classes, (16,))
        self.form = form

    def forward(self, X):
        return self.forms[self.form](self.layers(X))


SEEN = []


class Watch(Callback):
    """Keeps the data sets of the first epoch outside the net."""

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        SEEN[:] = [dataset_train, dataset_valid]


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
        ({"iterator_train__pin_memory": False}, DataLoader),
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
    model = DistilledClassifier(student=net(module__dropout=0.1))
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
    model = DistilledClassifier(student=student, random_state=0)
    with pytest.raises((TypeError, ValueError), match=message):
        model.fit(X, y, teacher_proba=P)


@pytest.mark.parametrize(
    "student", [NeuralNetClassifier, "net", DecisionTreeClassifier()]
)
def test_only_nets_are_taken(student):
    with pytest.raises(TypeError, match="must be a skorch net"):
        SkorchStudent(student).fit(X, y)
    with pytest.raises(TypeError, match="must be a"):
        DistilledClassifier(student=SkorchStudent(student)).fit(X, y, teacher_proba=P)


# --- modules ----------------------------------------------------------------------


@pytest.mark.parametrize("form", ["probabilities", "log-probabilities", "tuple"])
def test_a_module_may_answer_in_any_form(form):
    expected = fitted(net(Shaped)).predict_proba(X)
    student = fitted(net(Shaped, module__form=form))
    assert_allclose(student.predict_proba(X), expected, atol=2e-3)
    assert_allclose(student.predict_proba(X).sum(axis=1), 1)
    assert agreement(student, Truth()) > 0.8


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        (NeuralNetBinaryClassifier, {}),
        (NeuralNetBinaryClassifier, {"module__form": "flat"}),
        (
            NeuralNetBinaryClassifier,
            {"module__form": "sigmoid", "criterion": nn.BCELoss},
        ),
        (NeuralNetClassifier, {"module__n_classes": 1}),
        (NeuralNetClassifier, {}),
    ],
)
@pytest.mark.parametrize("classes", [[0, 1], ["no", "yes"]])
def test_two_classes_in_one_column(kind, params, classes):
    student = SkorchStudent(net(Shaped, kind, **params), random_state=0)
    labels = np.array(classes)[y2]
    student.fit(X, labels, soft_targets=soft(P2, classes=np.array(classes)))
    proba = student.predict_proba(X)
    assert proba.shape == P2.shape
    assert np.abs(proba - P2).mean() < 0.08
    assert agreement(student, Truth(classes)) > 0.9
    assert student.net_.history[-1, "valid_acc"] > 0.6


@pytest.mark.parametrize(
    "n_in", ["n_features", "in_features", "input_dim", "num_features"]
)
@pytest.mark.parametrize("n_out", ["n_classes", "out_features", "output_dim", "d_out"])
def test_widths_are_filled_in_by_their_customary_names(n_in, n_out):
    names = {}
    exec(f"def make({n_in}, {n_out}): return Linear({n_in}, {n_out})", names)
    make = names["make"]
    names["Linear"] = nn.Linear
    student = fitted(net(make, max_epochs=1))
    assert student.net_.module_.weight.shape == (3, 4)
    own = net(make, max_epochs=1, **{f"module__{n_in}": 5})
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        fitted(own)


def test_one_grid_runs_over_data_of_different_widths():
    model = DistilledClassifier(
        DecisionTreeClassifier(max_depth=4),
        net(max_epochs=2),
        transfer=MungeSampler(200),
        random_state=0,
    )
    grid = {
        "selectkbest__k": [1, 3],
        "distilledclassifier__student__module__hidden_layer_sizes": [(4,), (8, 4)],
    }
    search = GridSearchCV(make_pipeline(SelectKBest(), model), grid, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_score_ > 0.4


class Casting(nn.Module):
    """What skorch's users write against "expected Float but got Double"."""

    def __init__(self, n_features, n_classes):
        super().__init__()
        self.layer = nn.Linear(n_features, n_classes)

    def forward(self, X):
        return self.layer(X.float())


def test_a_module_that_casts_its_input_predicts_in_float32():
    student = fitted(net(Casting))
    expected = student.net_.predict_proba(X.astype(np.float32))
    assert_allclose(student.predict_proba(X), expected, rtol=1e-5)
    again = pickle.loads(pickle.dumps(student))
    assert_array_equal(again.predict_proba(X), student.predict_proba(X))


@pytest.mark.parametrize(
    "params",
    [{"kind": NeuralNet, "criterion": nn.CrossEntropyLoss}, {"device": None}],
)
def test_plain_nets_and_nets_without_a_device_learn(params):
    assert_allclose(fitted(net(**params)).predict_proba(X), fitted().predict_proba(X))


def test_a_rows_answer_does_not_depend_on_the_rows_beside_it():
    student = fitted()
    alone = [student.predict_proba(row[None])[0] for row in X[:20]]
    assert_allclose(student.predict_proba(X)[:20], alone, rtol=1e-12)


# --- input ------------------------------------------------------------------------

TABLE = pd.DataFrame(
    {
        "a": np.where(np.arange(len(X)) % 17 == 0, np.nan, X[:, 0]),
        "b": X[:, 1],
        "c": np.where(X[:, 2] > 0, "up", "down"),
    }
)


@pytest.mark.parametrize(
    "labels", [np.array(["ill", "old", "well"])[y], np.array([-5, 3, 40])[y], y2 == 1]
)
def test_mixed_tables_and_labels_of_any_type(labels):
    proba = P2 if labels.dtype == bool else P
    model = DistilledClassifier(student=net(max_epochs=12), random_state=0)
    model.fit(TABLE, labels, teacher_proba=proba)
    assert model.predict(TABLE).dtype == labels.dtype
    expected = np.unique(labels)[proba.argmax(axis=1)]
    assert np.mean(model.predict(TABLE) == expected) > 0.8


class Embedded(nn.Module):
    """Reads levels by their codes."""

    input_encoder = OrdinalEncoder(dtype=np.int64)

    def __init__(self, n_classes, n_levels=12):
        super().__init__()
        self.embedding = nn.Embedding(n_levels, 8)
        self.head = nn.Linear(16, n_classes)

    def forward(self, X):
        assert X.dtype == torch.int64
        return self.head(self.embedding(X).flatten(1))


def test_a_module_with_its_own_encoder_gets_integers():
    levels = np.digitize(X[:, :2], [-1.0, 0.0, 1.0]).astype(str)
    own = SkorchStudent(net(Embedded, max_epochs=15), random_state=0)
    given = clone(own).set_params(encoder=OrdinalEncoder(dtype=np.int64))
    for student in (own, given):
        student.fit(levels, y, soft_targets=soft())
        assert isinstance(student.encoder_, OrdinalEncoder)
        assert student.encoder_ is not Embedded.input_encoder
    assert np.mean(own.predict(levels) == P.argmax(axis=1)) > 0.75
    assert_array_equal(own.predict_proba(levels), given.predict_proba(levels))


class ByName(nn.Module):
    """Takes floats as X, and levels by the name of their column."""

    def __init__(self, n_classes):
        super().__init__()
        self.levels = nn.Embedding(2, 2)
        self.head = nn.Linear(4, n_classes)

    def forward(self, X, c):
        return self.head(torch.cat([X, self.levels(c).flatten(1)], dim=1))


def test_a_dict_of_arrays_reaches_the_module_by_name():
    table = TABLE.fillna({"a": 0.0}).astype({"c": "category"})
    student = SkorchStudent(
        net(ByName, max_epochs=10), encoder=DataFrameTransformer(), random_state=0
    )
    model = DistilledClassifier(student=student, random_state=0).fit(
        table, y, teacher_proba=P
    )
    assert np.mean(model.predict(table) == P.argmax(axis=1)) > 0.75
    stock = SkorchStudent(
        net(ByName, iterator_train__num_workers=0, iterator_valid__num_workers=0),
        encoder=DataFrameTransformer(),
        random_state=0,
    ).fit(table, y, soft_targets=soft())
    assert stock.net_.iterator_train is DataLoader
    assert np.isfinite(stock.predict_proba(table)).all()


def test_sparse_rows_are_dense_rows():
    thin = np.where(np.abs(X) > 0.7, X, 0)
    dense, sparse = (
        SkorchStudent(net(), encoder=None, random_state=0).fit(
            rows, y, soft_targets=soft()
        )
        for rows in (thin, csr_matrix(thin))
    )
    assert_allclose(
        sparse.predict_proba(csr_matrix(thin)), dense.predict_proba(thin), atol=1e-6
    )
    scaled = SkorchStudent(net(), random_state=0).fit(csr_matrix(thin), y)
    assert scaled.score(csr_matrix(thin), y) > 0.5


# --- the loss ---------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("alpha", "temperature"), [(1.0, 1.0), (0.5, 3.0), (0.0, 1.0)])
@pytest.mark.parametrize("device", DEVICES)
def test_the_validation_loss_is_that_of_numpy(loss, alpha, temperature, device):
    weight = np.random.default_rng(3).uniform(0.5, 2, len(X))
    targets = soft(alpha=alpha, temperature=temperature, loss=loss)
    held = np.arange(len(X)) % 5 == 0
    student = SkorchStudent(
        net(device=device, max_epochs=5), encoder=None, random_state=0
    ).fit(
        X[~held],
        y[~held],
        weight[~held],
        targets[~held],
        X_val=X[held],
        y_val=y[held],
        sample_weight_val=weight[held],
        soft_targets_val=targets[held],
    )
    history = student.net_.history
    expected, _ = distillation_loss(
        student.predict_log_proba(X[held]), y[held], targets[held], weight[held]
    )
    assert_allclose(history[-1, "valid_loss"], expected, rtol=2e-4)
    assert history[-1, "train_loss"] < history[0, "train_loss"]
    assert isinstance(student.net_.criterion_, DistillationLoss)
    assert agreement(student, Truth()) > 0.8


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_it_learns_from_unlabelled_and_synthetic_rows(alpha):
    few = slice(0, 60)
    rest = np.random.default_rng(4).normal(size=(500, 4))
    model = DistilledClassifier(
        Truth(),
        net(max_epochs=15),
        alpha=alpha,
        temperature=2.0,
        transfer=MungeSampler(400),
        booster_weight=0,
        random_state=0,
    ).fit(X[few], y[few], X_unlabeled=rest)
    assert model.n_transfer_rows_ == 900
    assert agreement(model, Truth(), X[60:]) > 0.93
    plain = clone(model).set_params(alpha=0).fit(X[few], y[few])
    assert agreement(plain, Truth(), X[60:]) < agreement(model, Truth(), X[60:])


def test_weights_are_rows_and_reach_a_bare_net_by_routing():
    weight = np.arange(len(X)) % 3.0
    model = DistilledClassifier(student=net(), random_state=0)
    weighted = clone(model).fit(X, y, weight, teacher_proba=P).predict_proba(X)
    without = clone(model).fit(X, y, teacher_proba=P).predict_proba(X)
    assert np.abs(weighted - without).max() > 1e-3
    with sklearn.config_context(enable_metadata_routing=True):
        asking = clone(model).set_fit_request(sample_weight=True)
        pipeline = make_pipeline(FunctionTransformer(), asking)
        asking.set_fit_request(teacher_proba=True)
        routed = pipeline.fit(X, y, sample_weight=weight, teacher_proba=P)
        assert_array_equal(routed.predict_proba(X), weighted)


# --- validation rows --------------------------------------------------------------


def test_the_default_split_is_that_of_the_other_student():
    watch = [("watch", Watch())]
    student = SkorchStudent(net(callbacks=watch), encoder=None)
    model = DistilledClassifier(
        Truth(), student, transfer=MungeSampler(200), booster_weight=0, random_state=5
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
    model = DistilledClassifier(
        student=net(train_split=split, callbacks=[("watch", Watch())]), random_state=0
    ).fit(X, y, teacher_proba=P)
    rows, stop = SEEN
    assert (len(rows), len(stop)) == (324, 36)
    if stratified:
        shares = np.bincount(y[stop.indices]) / 36
        assert_allclose(shares, np.bincount(y) / len(y), atol=1 / 36)
    assert model.student_.net_.train_split.cv == 10


def test_no_split_means_no_validation():
    model = DistilledClassifier(
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


# --- copies, seeds, state ---------------------------------------------------------


def test_a_pickle_is_small_and_answers_alike_in_a_new_process(tmp_path):
    wide = np.random.default_rng(0).normal(size=(4000, 30))
    labels = (wide[:, 0] > 0).astype(int)
    proba = np.column_stack([1 - labels, labels]).astype(float)
    model = DistilledClassifier(student=net(max_epochs=1), random_state=0)
    student = model.fit(wide, labels, teacher_proba=proba).student_
    expected = student.predict_proba(wide[:5])
    bare = net(max_epochs=1, callbacks=[EarlyStopping(load_best=True)])
    bare = SkorchStudent(bare, encoder=None, random_state=0)
    bare.fit(wide, labels)
    assert len(pickle.dumps(bare)) < 40_000  # the rows would be 480 000
    assert_array_equal(copy.deepcopy(student).predict_proba(wide[:5]), expected)
    epoch = pickle.loads(pickle.dumps(bare)).net_.history[-1]
    assert epoch["valid_loss"] == bare.net_.history[-1, "valid_loss"]
    assert epoch["batches"] == []
    assert len(bare.net_.history[-1, "batches"]) > 50
    path = tmp_path / "student.pkl"
    path.write_bytes(pickle.dumps((student, wide[:5], expected)))
    code = (
        "import pickle, sys, numpy as np\n"
        "student, X, expected = pickle.load(open(sys.argv[1], 'rb'))\n"
        "np.testing.assert_array_equal(student.predict_proba(X), expected)\n"
        "print(student.predict(X).tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(student.predict(wide[:5]).tolist())


@pytest.mark.parametrize("device", DEVICES)
def test_the_seed_decides_everything(device):
    same = [fitted(device=device, module__dropout=0.3) for _ in range(2)]
    first, second = (student.predict_proba(X) for student in same)
    assert_array_equal(first, second)
    other = fitted(device=device, module__dropout=0.3, random_state=1)
    assert np.abs(first - other.predict_proba(X)).max() > 1e-3


def test_a_seed_of_the_students_own_counts_inside_another():
    student = SkorchStudent(net(train_split=None), encoder=None, random_state=7)
    alone = clone(student).fit(X, y, soft_targets=soft()).predict_proba(X)
    model = DistilledClassifier(student=student, random_state=0)
    inside = model.fit(X, y, teacher_proba=P)
    # it hands soft targets on in float32; other draws would differ by far more
    assert_allclose(inside.predict_proba(X), alone, atol=1e-5)


@pytest.mark.parametrize("device", DEVICES)
def test_draws_inside_leave_no_trace(device):
    foreign = net(device=device)
    before = torch.rand(3, device=device) if device != "cpu" else None
    state = torch.get_rng_state()
    with contained_draws(1, foreign):
        outer = [torch.rand(1, device=device).item()]
        with contained_draws(2, foreign):
            inner = torch.rand(2, device=device)
        outer.append(torch.rand(1, device=device).item())
    with contained_draws(1, foreign):
        assert torch.rand(2, device=device).tolist() == outer
    with contained_draws(2, foreign):
        assert torch.equal(torch.rand(2, device=device), inner)
    assert torch.equal(torch.get_rng_state(), state)
    assert before is None or not torch.equal(torch.rand(3, device=device), before)


@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
def test_generators_of_gpus_are_asked_where_a_net_is_set_to_one(device, monkeypatch):
    asked = []

    def answer(name, value):
        monkeypatch.setattr(
            torch.cuda, name, lambda *args: asked.append((name, *args)) or value
        )

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    answer("is_available", True)
    answer("get_rng_state_all", ["state"])
    answer("manual_seed_all", None)
    answer("set_rng_state_all", None)
    pipeline = make_pipeline(FunctionTransformer(), net(device=device))
    with contained_draws(3, pipeline):
        pass
    if device == "cpu":  # and nothing makes a CUDA context
        assert asked == []
    else:
        assert [name for name, *_ in asked[:2]] == ["is_available", "get_rng_state_all"]
        assert asked[2:] == [("manual_seed_all", 3), ("set_rng_state_all", ["state"])]


def test_global_state_is_nobodys():
    def state():
        kind, keys, *rest = np.random.get_state()
        return (
            (kind, keys.tolist(), *rest),
            random.getstate(),
            torch.get_rng_state().tolist(),
            torch.get_default_dtype(),
            torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(),
            torch.is_grad_enabled(),
        )

    before = state()
    student = fitted(module__dropout=0.2, max_epochs=1)
    student.predict(X)
    assert state() == before


# torch hides this one of its own from users, but not from an "error" filter
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")
@pytest.mark.parametrize("form", ["logits", "probabilities"])
def test_a_compiled_net_answers_as_a_plain_one(form):
    plain, compiled = (
        fitted(net(Shaped, module__form=form, max_epochs=2, **params))
        for params in ({}, {"compile": True, "compile__backend": "eager"})
    )
    assert_allclose(compiled.predict_proba(X), plain.predict_proba(X), rtol=1e-4)
    assert compiled.net_.predict_nonlinearity.output == form


def test_nets_may_teach_nets():
    single = X.astype(np.float32)
    teacher = net(
        lr=0.05, max_epochs=15, train_split=None, criterion=nn.CrossEntropyLoss
    )
    teacher.set_params(module__n_features=4, module__n_classes=3)
    student = net(max_epochs=10)
    fresh = DistilledClassifier(teacher, student, transfer=None, random_state=0)
    fresh.fit(single, y)
    assert agreement(fresh, fresh.teacher_, single) > 0.8
    known = DistilledClassifier(
        fresh.teacher_, student, transfer=MungeSampler(300), random_state=0
    ).fit(single, y)
    assert known.teacher_ is fresh.teacher_
    assert agreement(known, known.teacher_, single) > 0.85


def test_it_is_a_step_of_a_pipeline_and_is_cross_validated():
    model = DistilledClassifier(
        Truth(), net(max_epochs=8), transfer=MungeSampler(300), random_state=0
    )
    pipeline = make_pipeline(FunctionTransformer(), model)
    assert cross_val_score(pipeline, X, y, cv=2).mean() > 0.5
    assert re.search("TabularMLP", repr(pipeline))
