"""The default ensemble: its members, its folds, and its weights."""

import numpy as np
import pandas as pd
import pytest
from labelled import classes, labelled
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, train_test_split

from sklearn_kd import DistilledClassifier, MLPStudent, Pool
from sklearn_kd._estimators.parts import last_step
from sklearn_kd._task.pooling import log_linear
from sklearn_kd.datasets import load_adult
from sklearn_kd.teachers.default._ensemble import (
    default_folds,
    default_teachers,
    fit_for_folds,
)

X, y = (part[::2] for part in load_breast_cancer(return_X_y=True))
SMALL = MLPStudent((4,), max_iter=2)
TWO = classes(2)
KINDS = ["HistGradientBoostingClassifier", "ExtraTreesClassifier", "MLPClassifier"]


def distil(**params):
    params = {"student": SMALL, "transfer": None, "random_state": 0} | params
    return DistilledClassifier(**params)


def kinds(members):
    return [type(last_step(one)).__name__ for one in members]


# ---- its members


def test_it_is_boosting_extra_trees_and_a_network():
    assert kinds(default_teachers(X, TWO)) == KINDS
    assert kinds(default_teachers(X[:199], TWO)) == KINDS[:2]


def test_boosting_stops_early_from_a_thousand_rows_on():
    few, many = (default_teachers(np.zeros((n, 3)), TWO)[0] for n in (999, 1000))
    assert not few.early_stopping
    assert many.early_stopping
    assert many.max_iter == 300
    assert default_teachers(np.zeros((1000, 3)), classes(30))[0].max_iter == 200


def test_few_rows_wide_tables_and_many_classes_have_no_folds():
    assert default_folds(X, TWO) == 3
    assert default_folds(X[:199], TWO) is None
    assert default_folds(X, classes(31)) is None
    assert default_folds(np.zeros((300, 101)), TWO) is None
    assert default_folds(np.zeros((50_001, 1)), TWO) is None


def test_extra_trees_get_all_rows_of_a_fold():
    splits = list(StratifiedKFold(3).split(X, y))
    rows, _ = labelled(X, y, TWO.classes)
    for folds in (None, splits):
        trees = fit_for_folds(default_teachers(X, TWO), rows, folds)[1]
        assert trees.bootstrap == (folds is None)
    few = rows.first(150)
    folds = list(StratifiedKFold(3).split(few.X, few.hard))
    assert fit_for_folds(default_teachers(few.X, TWO), few, folds)[1].bootstrap


def test_nothing_stops_early_where_a_fold_has_one_row_of_a_class():
    rows, codes = np.zeros((1000, 3)), np.arange(1000) % 4
    rare = np.where(np.arange(1000) < 3, 4, codes)
    splits = list(StratifiedKFold(3).split(rows, rare))
    for labels, folds, stops in [
        (codes, splits, True),
        (rare, None, True),
        (rare, splits, True),
        (rare, [(np.arange(2, 1000), np.arange(2))], False),
    ]:
        every, _ = labelled(rows, labels, np.arange(5))
        members = default_teachers(rows, every.task)
        booster, _, network = fit_for_folds(members, every, folds)
        assert booster.early_stopping == last_step(network).early_stopping == stops


# ---- its weights


def test_it_is_a_pool_with_weights_by_out_of_fold_predictions():
    model = distil().fit(X, y)
    teacher = model.teacher_
    assert teacher.log_linear
    assert kinds(teacher.teachers) == KINDS
    assert (teacher.weights >= 0).all()
    probas = [one.predict_proba(X) for one in teacher.teachers]
    assert_allclose(teacher.predict_proba(X), log_linear(probas, teacher.weights))
    assert_allclose(distil().fit(X, y).teacher_.weights, teacher.weights, rtol=0)


@pytest.mark.parametrize(
    "params",
    [
        {"time_limit": 600},
        {"objective": "fidelity"},
        {"objective": Pool(out_of_sample=False)},
        {"cv": 2, "teacher_weights": [1, 1, 2]},
    ],
    ids=str,
)
def test_it_is_a_mean(params):
    teacher = distil(**params).fit(X, y).teacher_
    assert not teacher.log_linear
    assert_allclose(sum(teacher.weights), 1)


def test_with_folds_of_the_user_it_is_a_pool_too():
    assert distil(cv=2, objective="fidelity").fit(X, y).teacher_.log_linear


def test_it_predicts_better_than_each_of_its_members():
    frame, labels = load_adult(return_X_y=True)
    frame, labels = frame[:3000], labels[:3000]
    parts = train_test_split(frame, labels, train_size=1200, random_state=0)
    train, test, y_train, y_test = parts
    teacher = distil().fit(train, y_train).teacher_
    whole, *members = (
        log_loss(y_test, one.predict_proba(test))
        for one in (teacher, *teacher.teachers)
    )
    assert whole < min(members)


# ---- what it reads


def test_groups_are_not_split():
    groups = np.arange(len(X)) // 3
    teacher = distil().fit(X, y, groups=groups).teacher_
    assert teacher.log_linear


def test_a_class_of_one_row_leaves_no_folds():
    labels = np.where(np.arange(len(X)) == 0, 2, y)
    teacher = distil().fit(X, labels).teacher_
    assert not teacher.log_linear
    assert teacher.predict_proba(X).shape == (len(X), 3)


def test_the_network_reads_what_it_did_not_see():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "number": np.where(y == 1, X[:, 0], np.nan),
            "many": pd.Categorical(rng.integers(150, size=len(X)).astype(str)),
            "empty": np.nan,
        }
    )
    network = default_teachers(frame, TWO)[2].fit(frame, y)
    strange = frame[:4].assign(
        number=[np.nan, 1e30, -1e30, 0],
        many=pd.Categorical(["0", "new", None, "1"]),
        empty=1.0,
    )
    assert np.isfinite(network.predict_proba(strange)).all()
    (scale, _) = network
    assert scale.transform(frame).shape[1] < 70
