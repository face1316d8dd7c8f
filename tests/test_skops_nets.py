"""Skorch nets in files of skops: parameters and arrays, no pickle, and no other net."""

import io
import pickle
import zipfile

import numpy as np
import pytest
import skops.io
import torch
from numpy.testing import assert_array_equal
from saved import fitted
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression, QuantileRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import EarlyStopping, EpochScoring
from skorch.dataset import ValidSplit
from skorch_nets import Shaped, X, net, y
from torch import nn
from wine import distil

from sklearn_kd import DistilledRegressor, SkorchStudent
from sklearn_kd.export import trusted_types


class Normed(nn.Module):
    """With buffers, and with a module among its parameters."""

    def __init__(self, n_features, n_classes, activation=None):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_features, 8),
            nn.BatchNorm1d(8),
            activation or nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(8, n_classes),
        )

    def forward(self, X):
        return self.layers(X)


def layers(n_features, n_classes):
    return nn.Sequential(nn.Linear(n_features, 4), nn.Tanh(), nn.Linear(4, n_classes))


class Counts(nn.Module):
    """What it returns depends on what it keeps beside its weights."""

    def __init__(self, n_features, n_classes):
        super().__init__()
        self.layer = nn.Linear(n_features, n_classes)
        self.seen = 0

    def forward(self, X):
        self.seen += self.training
        return self.layer(X) * (1 + self.seen)


class Draws(nn.Module):
    """Its constructor draws what it does not keep."""

    def __init__(self, n_features, n_classes):
        super().__init__()
        self.layer = nn.Linear(n_features, n_classes)
        self.order = torch.randperm(n_features)

    def forward(self, X):
        return self.layer(X[:, self.order])


class Short(nn.Module):
    """With a buffer of a type that NumPy has not."""

    def __init__(self, n_features, n_classes):
        super().__init__()
        self.layer = nn.Linear(n_features, n_classes)
        self.register_buffer("factor", torch.tensor(0.5, dtype=torch.bfloat16))

    def forward(self, X):
        return self.layer(X) * self.factor.to(X.dtype)


class Classes(nn.Module):
    """A teacher: probabilities of three classes."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, X):
        return self.layer(X).softmax(dim=1)


class OwnNet(NeuralNetClassifier):
    pass


KEPT = {
    "probabilities": lambda: net(Shaped, module__form="probabilities"),
    "tuple": lambda: net(Shaped, module__form="tuple"),
    "buffers": lambda: net(Normed),
    "module as a parameter": lambda: net(Normed, module__activation=nn.Tanh()),
    "function": lambda: net(layers, train_split=None),
    "split": lambda: net(train_split=ValidSplit(3)),
    "callbacks": lambda: net(
        callbacks=[EarlyStopping(), ("score", EpochScoring("accuracy", name="score"))]
    ),
    "groups": lambda: net(optimizer__param_groups=[("layers.0*", {"lr": 0.1})]),
    "binary": lambda: NeuralNetBinaryClassifier(layers, max_epochs=2, verbose=0),
}

REFUSED = {
    "The parameter module of the net is <function": lambda: net(
        lambda n_features, n_classes: layers(n_features, n_classes)
    ),
    "The parameter callbacks of the net is": lambda: net(
        callbacks=[EpochScoring(lambda net, X, y: 1.0, name="one")]
    ),
    "iterator_train__generator of the net": lambda: net(
        iterator_train__generator=torch.Generator()
    ),
    "seen of the module of the net is not what": lambda: net(Counts),
    "order of the module of the net is not what": lambda: net(Draws),
    "factor of the module of the net is a tensor of torch.bfloat16": lambda: net(Short),
    "The net is of the class OwnNet, and skops": lambda: net(kind=OwnNet),
}


def written(model):
    """Write an object; give the file, and the names in it that are of no one here."""
    data = skops.io.dumps(model)
    names = set(skops.io.get_untrusted_types(data=data)) - set(trusted_types())
    return data, sorted(names)


@pytest.mark.parametrize("name", KEPT)
def test_a_net_comes_back_and_is_fitted_again(name):
    labels = y > 0 if name == "binary" else y
    model = SkorchStudent(KEPT[name](), random_state=0).fit(X, labels)
    before = torch.get_rng_state()
    data, names = written(model)
    again = skops.io.loads(data, trusted=[*trusted_types(), *names])
    assert torch.equal(torch.get_rng_state(), before)
    for rows in (X, X[:1], np.tile(X, (4, 1))):
        assert_array_equal(again.predict_proba(rows), model.predict_proba(rows))
    assert again.n_iter_ == model.n_iter_
    assert again.net_.history[:, "train_loss"] == model.net_.history[:, "train_loss"]
    copied = pickle.loads(pickle.dumps(again))
    assert_array_equal(copied.predict_proba(X), model.predict_proba(X))
    refitted = clone(again).fit(X, labels)
    assert_array_equal(refitted.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("kind", ["net", "net alone", "net of numbers", "pooled"])
def test_no_pickle_is_in_a_file_and_no_net_is_named(kind):
    model = fitted(kind)
    data, names = written(model)
    assert not [n for n in names if n.startswith(("skorch.", "torch.", "functools."))]
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert {name.rpartition(".")[2] for name in file.namelist()} == {"json", "npy"}
        for name in file.namelist():
            if name.endswith(".npy"):
                np.load(io.BytesIO(file.read(name)), allow_pickle=False)


@pytest.mark.parametrize("message", REFUSED)
def test_what_would_not_come_back_is_refused(message):
    model = SkorchStudent(REFUSED[message](), random_state=0).fit(X, y)
    with pytest.raises(TypeError, match=message) as error:
        skops.io.dumps(model)
    assert "Write it by joblib.dump" in str(error.value)


def test_quantiles_of_a_net_come_back():
    student = NeuralNetRegressor(layers, max_epochs=2, verbose=0)
    teacher = [QuantileRegressor(quantile=level, alpha=0) for level in (0.1, 0.9)]
    model = DistilledRegressor(
        teacher, student, quantiles=(0.1, 0.9), transfer=None, random_state=0
    )
    model.fit(X, X[:, 0] * 1e4)
    data, names = written(model)
    again = skops.io.loads(data, trusted=[*trusted_types(), *names])
    assert_array_equal(again.predict_quantiles(X), model.predict_quantiles(X))
    assert_array_equal(again.predict(X), model.predict(X))


def test_the_net_that_was_passed_stays_a_net():
    for student in (
        net(max_epochs=1),
        make_pipeline(StandardScaler(), net(max_epochs=1)),
    ):
        model = distil(LogisticRegression(), student, random_state=0).fit(X, y)
        data, names = written(model)
        again = skops.io.loads(data, trusted=[*trusted_types(), *names])
        assert again.get_params().keys() == model.get_params().keys()
        assert_array_equal(again.predict_proba(X), model.predict_proba(X))
        refitted = clone(again).fit(X, y)
        assert_array_equal(refitted.predict_proba(X), model.predict_proba(X))
        assert model.student is student


def test_a_net_as_a_teacher_is_refused():
    rows = X.astype(np.float32)
    trained = net(Classes, max_epochs=15).fit(rows, y)
    voting = VotingClassifier([("net", trained)], voting="soft").fit(rows, y)
    expected = r"a NeuralNetClassifier of skorch, .* as a pickle\. Write what without_t"
    for teacher in (trained, [trained, LogisticRegression()], voting):
        model = distil(teacher).fit(rows, y)
        with pytest.raises(TypeError, match=expected):
            skops.io.dumps(model)
        written(model.without_teacher())
    adapted = SkorchStudent(net(max_epochs=1), random_state=0).fit(X, y)
    written(distil(adapted).fit(X, y))
