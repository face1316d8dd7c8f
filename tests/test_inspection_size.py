"""sklearn_kd.inspection: how large a model is."""

import pickle

import numpy as np
import pytest
import skorch
import torch
from lightgbm import LGBMClassifier
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from sklearn_kd import MLPStudent
from sklearn_kd.inspection import count_parameters, pickled_size
from sklearn_kd.inspection._writing.numbers import format_seconds, format_size


@pytest.fixture(scope="module")
def wine():
    return load_wine(return_X_y=True)


def _tree_numbers(tree):
    return 8 * tree.node_count + tree.value.size + tree.n_classes.size


@pytest.mark.parametrize(
    "model", [LogisticRegression(max_iter=500), MLPStudent(max_iter=2)]
)
def test_pickled_size_is_that_of_pickle(model, wine):
    X, y = wine
    model = make_pipeline(StandardScaler(), model).fit(X, y)
    assert pickled_size(model) == len(pickle.dumps(model, protocol=5))


def test_pickled_size_of_large_arrays():
    array = np.zeros((1000, 1000))[:, ::2]
    assert pickled_size(array) == len(pickle.dumps(array, protocol=5))


def test_a_tree_has_eight_numbers_a_node_and_its_shares(wine):
    X, y = wine
    tree = DecisionTreeClassifier(random_state=0).fit(X, y)
    assert count_parameters(tree) == _tree_numbers(tree.tree_) + len(tree.classes_)


def test_a_forest_has_those_of_its_trees(wine):
    X, y = wine
    forest = RandomForestClassifier(20, random_state=0).fit(X, y)
    trees = sum(count_parameters(tree) for tree in forest.estimators_)
    # and the classes of the forest
    assert count_parameters(forest) == trees + 3


def test_gradient_boosting_has_its_nodes(wine):
    X, y = wine
    model = HistGradientBoostingClassifier(max_iter=5).fit(X, y)
    nodes = [tree.nodes for trees in model._predictors for tree in trees]
    numbers = sum(node.size * len(node.dtype.names) for node in nodes)
    assert numbers < count_parameters(model) < 2 * numbers + 5000


def test_a_student_has_its_weights_and_its_encoder(wine):
    X, y = wine
    student = MLPStudent(max_iter=2).fit(X, y)
    weights = sum(array.size for array in student.coefs_ + student.intercepts_)
    encoder = count_parameters(student.encoder_)
    assert count_parameters(student) == weights + encoder + len(student.classes_)


def test_a_pipeline_has_those_of_its_steps(wine):
    X, y = wine
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    assert count_parameters(model) == sum(map(count_parameters, model))


def test_what_counts():
    records = np.zeros(3, dtype=[("a", "f8"), ("b", "i4", (2,)), ("c", "U3")])
    assert count_parameters(records) == 9
    assert count_parameters(np.zeros(4, dtype=bool)) == 4
    assert count_parameters({"x": np.zeros(5, np.float32), "y": 1.0}) == 5
    assert count_parameters(np.array([np.zeros(2), np.zeros(3)], object)) == 5
    assert count_parameters([]) == 0


def test_what_is_no_fitted_model_has_no_number():
    for wrong in ("a", b"a", None, 3, np.float64(3), LogisticRegression):
        with pytest.raises(TypeError, match="must be a fitted model, got"):
            count_parameters(wrong)
    for unfitted in (LogisticRegression(), MLPStudent()):
        with pytest.raises(NotFittedError):
            count_parameters(unfitted)


def test_a_method_of_a_model_has_the_numbers_of_the_model(wine):
    model = MLPStudent(max_iter=2).fit(*wine)
    assert count_parameters(model.predict_proba) == count_parameters(model)


def test_an_array_in_two_places_counts_once():
    array = np.zeros(100)
    assert count_parameters([array, array]) == 100
    assert count_parameters([array, array.copy()]) == 200


def test_torch_and_skorch(wine):
    X, y = wine
    module = torch.nn.Linear(13, 3)
    assert count_parameters(module) == 13 * 3 + 3
    net = skorch.NeuralNetClassifier(
        torch.nn.Linear,
        module__in_features=13,
        module__out_features=3,
        criterion=torch.nn.CrossEntropyLoss,
        max_epochs=1,
        verbose=0,
    ).fit(X.astype(np.float32), y)
    assert count_parameters(net) == 13 * 3 + 3


@pytest.mark.parametrize(
    "booster",
    [
        LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1),
        XGBClassifier(n_estimators=3, n_jobs=1),
    ],
)
def test_a_format_of_its_own_has_no_number(booster, wine):
    X, y = wine
    model = clone(booster).fit(X, y)
    assert count_parameters(model) is None
    assert pickled_size(model) > 1000


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(12, "12 B"), (1234, "1.23 kB"), (123456, "123 kB"), (2.5e9, "2.50 GB")],
)
def test_format_size(n_bytes, text):
    assert format_size(n_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2, "2.00 s"), (0.0253, "25.3 ms"), (3.2e-5, "32.0 µs"), (5e-7, "0.50 µs")],
)
def test_format_seconds(seconds, text):
    assert format_seconds(seconds) == text
