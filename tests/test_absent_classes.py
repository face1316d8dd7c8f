"""A fold that lacks a class, and probabilities whose columns are named by classes."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose
from recorder import soft_targets
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.preprocessing import StandardScaler

from sklearn_kd import MLPStudent, SoftTargets

X, y = load_wine(return_X_y=True)  # sorted by class: a fold of three lacks one
X = StandardScaler().fit_transform(X)
P = cross_val_predict(LogisticRegression(C=4e-3), X, y, cv=5, method="predict_proba")
NAMES = np.array(["a\x1b", "b", "c"])
STUDENT = MLPStudent((8,), max_iter=5, random_state=0)
THIRDS = KFold(3)


def distil(**params):
    return on_given_rows(student=STUDENT, random_state=0, **params)


def forms(classes):
    names = [str(label) for label in classes]
    columns = {name: P[:, k] for k, name in enumerate(names)}
    return {
        "pandas": pd.DataFrame(P, columns=list(classes)),
        "with a prefix": pd.DataFrame(P, columns=[f"p_{name}" for name in names]),
        "polars": pl.DataFrame(columns),
        "arrow": pa.table(columns),
        "soft targets": SoftTargets(P, classes),
    }


@pytest.mark.parametrize("name", forms([0, 1, 2]))
def test_the_others_share_the_mass_of_a_class_that_a_fold_lacks(name):
    for labels in (y, NAMES[y]):
        named = forms(np.unique(labels))[name]
        for train, _ in THIRDS.split(X):
            classes = np.unique(y[train])
            expected = P[train][:, classes]
            share = 1 - expected.sum(axis=1).mean()
            if len(classes) < 3:
                assert 0.05 < share < 0.25  # more than an array may have
            part = _rows(named, train)
            soft = soft_targets(distil(), X[train], labels[train], teacher_proba=part)
            expected /= expected.sum(axis=1, keepdims=True)
            assert_allclose(soft, expected, atol=1e-6)


def _rows(table, rows):
    if hasattr(table, "iloc"):
        return table.iloc[rows]
    return table.take(rows) if isinstance(table, pa.Table) else table[rows]


@pytest.mark.parametrize("name", forms([0, 1, 2]))
def test_whole_cross_validations(name):
    params = {"teacher_proba": forms([0, 1, 2])[name]}
    with pytest.warns(RuntimeWarning, match="Number of classes in training fold"):
        proba = cross_val_predict(
            distil(), X, y, cv=THIRDS, params=params, method="predict_proba"
        )
    assert_allclose(proba.sum(axis=1), 1)
    assert (proba[:50, 0] == 0).all()
    scores = cross_validate(
        distil(), X, y, cv=THIRDS, params=params, error_score="raise"
    )
    assert len(scores["test_score"]) == 3


def test_a_grid_of_log_losses():
    lacking = [(np.flatnonzero(y < 2), np.flatnonzero(y < 2)), (np.arange(178),) * 2]
    search = GridSearchCV(
        distil(),
        {"alpha": [0.5, 1.0]},
        cv=lacking,
        scoring="neg_log_loss",
        error_score="raise",
    )
    search.fit(X, NAMES[y], teacher_proba=forms(NAMES)["pandas"])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_much_mass_on_an_absent_class_is_named():
    two = y > 0
    given = pd.DataFrame(0.5 * P[two], columns=NAMES)
    given["a\x1b"] += 0.5
    match = r"of its mass on classes that no row of y has: 'a.x1b' \((5|6)\d\.\d%\)"
    with pytest.warns(UserWarning, match=match) as caught:
        distil().fit(X[two], NAMES[y[two]], teacher_proba=given)
    assert all(str(warning.message).isprintable() for warning in caught)


def test_rows_with_no_other_mass_learn_from_their_label():
    two = y > 0
    given = pd.DataFrame(P[two], columns=NAMES)
    given.iloc[:3] = [1.0, 0.0, 0.0]
    with pytest.warns(
        UserWarning, match="for 3 of 119 rows: their label is their soft"
    ):
        soft = soft_targets(distil(), X[two], NAMES[y[two]], teacher_proba=given)
    assert_allclose(soft[:3], np.eye(2)[y[two][:3] - 1])


def test_names_that_match_nothing_are_an_error():
    with pytest.raises(
        ValueError, match=r"none of them is one of the classes.*numbers"
    ):
        cross_val_predict(
            distil(),
            X,
            NAMES[y],
            cv=THIRDS,
            method="predict_proba",  # numbers the classes
            params={"teacher_proba": forms(NAMES)["pandas"]},
        )


@pytest.mark.parametrize("name", forms([1, 2, 3]))
def test_names_of_labels_that_were_numbered_anew_are_an_error(name):
    match = (
        r"no column for the class 0 of y, and mass in the column '?3'?, which no row.*"
        r"name the columns so.*add a column of zeros"
    )
    if name == "with a prefix":  # none of the names is a class, then
        match = "none of them is one of the classes.*name the columns so"
    for labels in (y + 1, y):
        with pytest.raises(ValueError, match=match):
            cross_val_predict(
                distil(),
                X,
                labels,
                method="predict_proba",  # numbers the classes
                params={"teacher_proba": forms([1, 2, 3])[name]},
            )


def test_a_class_that_the_teacher_never_saw_has_a_column_of_zeros():
    labels = np.where(np.arange(len(y)) % 20 == 0, 3, y)
    labels[y == 0] = 1
    given = pd.DataFrame(P, columns=[0, 1, 2])
    with pytest.raises(ValueError, match=r"column for the class 3 of y, .* column 0,"):
        distil().fit(X, labels, teacher_proba=given)
    known = given.drop(columns=0).div(1 - given[0], axis=0)
    distil().fit(X, labels, teacher_proba=known)  # nothing is named twice
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the absent class has much of the mass
        distil().fit(X, labels, teacher_proba=given.assign(**{"3": 0.0}))


@pytest.mark.filterwarnings("ignore:.*no higher probability")
def test_a_fitted_teacher_of_other_numbers_is_warned_of():
    rare = np.where((y == 2) & (np.arange(len(y)) % 24 > 0), 1, y)
    teacher = LogisticRegression().fit(X, rare + 1)
    match = "lacks the class 0, and puts .* of its mass.*re-encoded"
    with pytest.warns(UserWarning, match=match):
        distil(teacher=teacher).fit(X, rare)


def test_soft_targets_may_teach_classes_that_no_label_has():
    student = MLPStudent(random_state=0)
    student.fit(
        X, np.zeros(len(y), int), soft_targets=SoftTargets(np.eye(3)[y], [0, 1, 2])
    )
    assert student.score(X, y) > 0.9
