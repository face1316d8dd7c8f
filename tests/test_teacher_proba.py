"""``fit(..., teacher_proba=P)``: soft targets that the user has."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder, soft_targets
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    PredefinedSplit,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_kd import MLPStudent

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
P = cross_val_predict(LogisticRegression(), X, y, cv=3, method="predict_proba")
FRAME = pd.DataFrame(P, columns=[0, 1, 2])
STUDENT = MLPStudent((8,), max_iter=20, batch_size=16)


def distil(student=STUDENT, **params):
    return on_given_rows(student=student, random_state=0, **params)


SAME = {
    "array": P,
    "float32": P.astype(np.float32),
    "lists": P.tolist(),
    "frame": FRAME,
    "permuted": FRAME[[2, 0, 1]],
    "named by strings": FRAME.set_axis(["0", "1", "2"], axis=1)[["1", "2", "0"]],
    "another class": FRAME.assign(other=0.0),
    "nullable": FRAME.convert_dtypes(),
    "objects": FRAME.astype(object),
    "other index": FRAME.set_axis(np.arange(len(P))[::-1]),
    "polars": pl.DataFrame(P[:, [1, 0, 2]], schema=["1", "0", "2"], orient="row"),
}


@pytest.mark.parametrize("name", SAME)
def test_forms_of_the_same_probabilities(name):
    distilled = distil()
    soft = soft_targets(distilled, X, y, teacher_proba=SAME[name])
    assert_allclose(soft, P, atol=1e-6)
    assert distilled.teacher_ is None


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "may", "yes"])[y],
        np.array([3, 7, 100])[y],
        y.astype(float),
        pd.Categorical.from_codes(y, ["no", "may", "yes"]),
    ],
    ids=["strings", "gaps", "floats", "categorical"],
)
def test_columns_are_sorted_classes_or_named_by_them(labels):
    classes = np.unique(np.asarray(labels))
    one_of_each = [np.argmax(y == k) for k in range(3)]
    place = np.searchsorted(classes, np.asarray(labels)[one_of_each])
    ordered = np.empty_like(P)
    ordered[:, place] = P
    frame = pd.DataFrame(ordered, columns=classes)[classes[::-1]]
    for given in (ordered, frame):
        soft = soft_targets(distil(), X, labels, teacher_proba=given)
        assert_allclose(soft, ordered, atol=1e-6)
    assert_array_equal(distil().fit(X, labels, teacher_proba=frame).classes_, classes)


def test_it_teaches():
    distilled = distil(alpha=1.0).fit(X, y, teacher_proba=P)
    assert np.mean(distilled.predict(X) == P.argmax(axis=1)) > 0.95


def test_a_class_outside_y_is_removed():
    mass = np.where(y == 0, 0.1, 0.0)[:, None]
    given = pd.DataFrame(np.c_[P * (1 - mass), mass], columns=[0, 1, 2, 8])
    assert_allclose(soft_targets(distil(), X, y, teacher_proba=given), P, atol=1e-6)
    given = pd.DataFrame(np.c_[0.8 * P, np.full(len(P), 0.2)], columns=[0, 1, 2, 8])
    assert_allclose(soft_targets(distil(), X, y, teacher_proba=given), P, atol=1e-6)
    # numbered by pandas and not named: a wrapper may have encoded the labels anew
    unnamed = pd.DataFrame(0.5 * P[y < 2] + 0.5 / 3)
    with pytest.raises(ValueError, match=r"teacher_proba puts .* of its mass.*wrapper"):
        distil().fit(X[y < 2], y[y < 2], teacher_proba=unnamed)


def test_rows_in_another_order_are_noticed():
    shuffled = P[np.random.default_rng(0).permutation(len(P))]
    with pytest.warns(UserWarning, match="teacher_proba gives the true labels no"):
        distil().fit(X, y, teacher_proba=shuffled)


# ---- sliced with the rows


def rows_and_targets(distilled):
    student = distilled.student_
    return student.X_, student.soft_.proba


FORMS = {"array": P, "frame": FRAME[[1, 2, 0]], "polars": SAME["polars"]}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("how", ["convention", "routing"])
def test_cross_validation_slices_it_with_the_rows(form, how):
    with sklearn.config_context(enable_metadata_routing=how == "routing"):
        distilled = distil(Recorder())
        if how == "routing":
            distilled.set_fit_request(teacher_proba=True)
        folds = cross_validate(
            distilled,
            X,
            y,
            cv=3,
            params={"teacher_proba": FORMS[form]},
            return_estimator=True,
            return_indices=True,
        )
    for fold, train in zip(folds["estimator"], folds["indices"]["train"], strict=True):
        rows, targets = rows_and_targets(fold)
        assert_array_equal(rows, X[train])
        assert_allclose(targets, P[train], atol=1e-6)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("how", ["convention", "routing"])
def test_a_search_over_a_pipeline_slices_it_with_the_rows(form, how):
    """As ``step__teacher_proba``, and by metadata routing under its own name."""
    scores = {}
    for student in (Recorder(), STUDENT):
        with sklearn.config_context(enable_metadata_routing=how == "routing"):
            distilled, name = distil(student), "kd__teacher_proba"
            if how == "routing":
                distilled.set_fit_request(teacher_proba=True)
                name = "teacher_proba"
            pipeline = Pipeline([("scale", StandardScaler()), ("kd", distilled)])
            pipeline.fit(X, y, **{name: FORMS[form]})
            search = GridSearchCV(pipeline, {"kd__alpha": [0.5, 1.0]}, cv=2)
            search.fit(X, y, **{name: FORMS[form]})
        scores[type(student)] = search.best_score_
        if isinstance(student, Recorder):
            for fitted in (pipeline, search.best_estimator_):
                assert_allclose(rows_and_targets(fitted[-1])[1], P, atol=1e-6)
    assert scores[MLPStudent] > 0.9


def test_a_search_in_worker_processes_slices_it_too():
    search = GridSearchCV(distil(), {"alpha": [0.5, 1.0]}, cv=2, n_jobs=2)
    there = search.fit(X, y, teacher_proba=FRAME).cv_results_["mean_test_score"]
    here = clone(search).set_params(n_jobs=None).fit(X, y, teacher_proba=FRAME)
    assert_array_equal(there, here.cv_results_["mean_test_score"])


def test_a_fold_that_lacks_a_class_needs_named_columns():
    """The fold's classes are fewer than the columns: names identify those to take."""
    first = PredefinedSplit(np.where(y == 2, 0, np.where(np.arange(len(y)) % 5, -1, 1)))
    almost = pd.DataFrame(np.where(np.eye(3)[y], 0.98, 0.01), columns=["0", "1", "2"])
    folds = cross_validate(
        distil(),
        X,
        y,
        cv=first,
        params={"teacher_proba": almost},
        return_estimator=True,
        error_score="raise",
    )
    assert [len(fold.classes_) for fold in folds["estimator"]] == [2, 3]
    with pytest.raises(ValueError, match=r"shape \(130, 3\), expected .*, 2\)"):
        distil().fit(X[y < 2], y[y < 2], teacher_proba=almost.to_numpy()[y < 2])


def test_rows_of_weight_0_are_left_out():
    weight = (np.arange(len(y)) % 3 > 0).astype(float)
    soft = soft_targets(distil(), X, y, teacher_proba=P, sample_weight=weight)
    assert_allclose(soft, P[weight > 0], atol=1e-6)


@pytest.mark.parametrize("wrong", [np.nan, 0.0, -1.0])
@pytest.mark.parametrize("form", ["array", "lists", "frame", "polars", "masked"])
def test_what_stands_in_rows_of_weight_0_does_not_matter(form, wrong):
    absent = np.arange(len(y)) % 3 == 0
    given = np.where(absent[:, None], wrong, P)
    given = {
        "array": lambda: given,
        "lists": given.tolist,
        "frame": lambda: pd.DataFrame(given, columns=[0, 1, 2]).iloc[:, ::-1],
        "polars": lambda: pl.DataFrame(given, schema=["0", "1", "2"], orient="row"),
        "masked": lambda: np.ma.array(P, mask=np.repeat(absent, 3)),
    }[form]()
    soft = soft_targets(distil(), X, y, teacher_proba=given, sample_weight=1.0 - absent)
    assert_allclose(soft, P[~absent], atol=1e-6)
    with pytest.raises(ValueError, match=r"NaN|sum to 1|negative|masked"):
        distil().fit(X, y, teacher_proba=given)


@pytest.mark.parametrize("n_rows", [0, 1, 100, 177])
def test_each_row_needs_one_whatever_its_weight(n_rows):
    weight = (np.arange(len(y)) < max(n_rows, 100)).astype(float)
    with pytest.raises(ValueError, match=f"teacher_proba has {n_rows} rows, expected"):
        distil().fit(X, y, teacher_proba=P[:n_rows], sample_weight=weight)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [(0.5, r"shape \(\)"), (P[:, 0], "shape")],
    ids=["number", "column"],
)
def test_what_is_no_table_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        distil().fit(X, y, teacher_proba=wrong)


@pytest.mark.parametrize(
    "params",
    [
        {"teacher": RandomForestClassifier()},
        {"teacher": RandomForestClassifier(3).fit(X, y)},
        {"cv": 3},
        {"teacher_weights": [1.0]},
        {"teacher_classes": [0, 1, 2]},
    ],
    ids=["unfitted", "fitted", "cv", "weights", "classes"],
)
def test_what_is_about_a_teacher_is_refused_beside_it(params):
    name = next(iter(params))
    with pytest.raises(ValueError, match=f"teacher_proba takes the place .* {name} at"):
        distil(**params).fit(X, y, teacher_proba=P)


def test_it_labels_no_other_row():
    with pytest.raises(ValueError, match="X_unlabeled needs a teacher"):
        distil().fit(X, y, teacher_proba=P, X_unlabeled=X[:5])


def test_probabilities_in_another_order_than_the_rows_are_refused():
    frame = pd.DataFrame(X).rename(columns=str)
    proba = pd.DataFrame(P)
    rows = frame.sample(frac=1, random_state=0)
    with pytest.raises(ValueError, match="in another order"):
        distil().fit(rows, y[rows.index], teacher_proba=proba)
    aligned = distil().fit(rows, y[rows.index], teacher_proba=proba.loc[rows.index])
    assert aligned.score(frame, y) > 0.9
