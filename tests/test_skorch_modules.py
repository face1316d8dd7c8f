"""Skorch nets as students: modules of any form, and the rows that reach them."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNet, NeuralNetBinaryClassifier, NeuralNetClassifier
from skorch.helper import DataFrameTransformer
from skorch_nets import P, Shaped, Truth, X, agreement, fitted, net, soft, y
from teacher_alone import distil
from torch import nn
from torch.utils.data import DataLoader

from sklearn_kd import MungeSampler, SkorchStudent

P2 = Truth([0, 1]).predict_proba(X)
y2 = (P2[:, 1] > np.random.default_rng(2).random(len(X))).astype(int)


# --- modules ----------------------------------------------------------------------


@pytest.mark.parametrize("form", ["probabilities", "log-probabilities", "tuple"])
def test_a_module_may_return_any_form(form):
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
    with pytest.raises(ValueError, match=f"5 columns.* got rows of 4. Leave .*{n_in}"):
        fitted(own)


def test_one_grid_runs_over_data_of_different_widths():
    model = distil(
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


def test_a_rows_prediction_does_not_depend_on_the_rows_beside_it():
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
    model = distil(student=net(max_epochs=12), random_state=0)
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
    model = distil(student=student, random_state=0).fit(table, y, teacher_proba=P)
    assert np.mean(model.predict(table) == P.argmax(axis=1)) > 0.75
    stock = SkorchStudent(
        net(ByName, iterator_train__num_workers=0, iterator_valid__num_workers=0),
        encoder=DataFrameTransformer(),
        random_state=0,
    ).fit(table, y, soft_targets=soft())
    assert issubclass(stock.net_.iterator_train, DataLoader)
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
