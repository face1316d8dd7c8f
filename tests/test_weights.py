"""Where sample weights go by default, and what they do there."""

import numpy as np
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder, soft_targets
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, KFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from weights import KEPT, LOGISTIC, TREE, WEIGHT, vote
from wine import STUDENT, X, distil, y

from sklearn_kd._tables.weights import in_rows

# ---- by default: weights reach every unfitted teacher that can take them


TAKERS = {
    "classifier": (LOGISTIC, "sample_weight"),
    "pipeline": (
        make_pipeline(StandardScaler(), LOGISTIC),
        "logisticregression__sample_weight",
    ),
    "pipeline in a pipeline": (
        Pipeline([("outer", make_pipeline(StandardScaler(), LOGISTIC))]),
        "outer__logisticregression__sample_weight",
    ),
    "vote": (vote(LOGISTIC, TREE), "sample_weight"),
    "vote inside a vote": (vote(vote(LOGISTIC), TREE), "sample_weight"),
    "stack": (
        StackingClassifier([("m", LOGISTIC)], final_estimator=TREE, cv=2),
        "sample_weight",
    ),
    "search": (GridSearchCV(LOGISTIC, {"C": [0.1, 1.0]}, cv=2), "sample_weight"),
    "search over a pipeline": (
        GridSearchCV(
            make_pipeline(StandardScaler(), LOGISTIC),
            {"logisticregression__C": [0.1, 1.0]},
            cv=2,
        ),
        "logisticregression__sample_weight",
    ),
    "calibrated": (CalibratedClassifierCV(LOGISTIC, cv=2), "sample_weight"),
    "bagging": (BaggingClassifier(LOGISTIC, 3, random_state=0), "sample_weight"),
}


@pytest.mark.parametrize("name", TAKERS)
def test_weights_reach_unfitted_teachers(name):
    teacher, parameter = TAKERS[name]
    distilled = distil(teacher).fit(X, y, sample_weight=WEIGHT)
    expected = clone(teacher).fit(X, y, **{parameter: WEIGHT}).predict_proba(X)
    assert_allclose(distilled.teacher_.predict_proba(X), expected, atol=1e-12)
    assert np.abs(clone(teacher).fit(X, y).predict_proba(X) - expected).max() > 1e-3


def test_weights_reach_teachers_that_are_cross_fitted():
    folds = list(KFold(3, shuffle=True, random_state=0).split(X))
    teacher, parameter = TAKERS["pipeline"]
    expected = np.empty((len(y), 3))
    for train, test in folds:
        fitted = clone(teacher).fit(X[train], y[train], **{parameter: WEIGHT[train]})
        expected[test] = fitted.predict_proba(X[test])
    soft = soft_targets(distil(teacher, cv=folds), X, y, sample_weight=WEIGHT)
    assert_allclose(soft, expected, atol=1e-6)


def test_weights_reach_the_default_ensemble():
    distilled = on_given_rows(student=STUDENT, random_state=0)
    boosting, trees = distilled.fit(X, y, sample_weight=WEIGHT).teacher_.teachers
    for fitted in (boosting, trees):
        expected = clone(fitted).fit(X, y, sample_weight=in_rows(WEIGHT))
        assert_array_equal(fitted.predict_proba(X), expected.predict_proba(X))
    assert isinstance(boosting, HistGradientBoostingClassifier)
    assert isinstance(trees, ExtraTreesClassifier)


TAKE_NONE = {
    "neighbours": KNeighborsClassifier(),
    "pipeline": make_pipeline(StandardScaler(), KNeighborsClassifier()),
    "vote": vote(LOGISTIC, KNeighborsClassifier()),
    # without routing, it has no way of handing them on
    "threshold": FixedThresholdClassifier(LOGISTIC),
}


@pytest.mark.parametrize("name", TAKE_NONE)
def test_a_teacher_that_takes_none_is_named(name):
    labels = y == 1
    teacher = TAKE_NONE[name]
    with pytest.warns(UserWarning, match=f"{type(teacher).__name__} takes no sample_w"):
        distilled = distil(teacher).fit(X, labels, sample_weight=WEIGHT)
    plain = clone(teacher).fit(X, labels).predict_proba(X)
    assert_array_equal(distilled.teacher_.predict_proba(X), plain)
    # and there is no warning about weights without an effect, or about a fitted teacher
    distil(teacher).fit(X, labels, sample_weight=np.ones(len(y)))
    distil(clone(teacher).fit(X, labels)).fit(X, labels, sample_weight=WEIGHT)


def test_each_of_several_teachers_gets_them_under_its_own_name():
    pipeline, parameter = TAKERS["pipeline"]
    with pytest.warns(UserWarning, match="KNeighborsClassifier takes no sample_weight"):
        distilled = distil([pipeline, KNeighborsClassifier(), TREE]).fit(
            X, y, sample_weight=WEIGHT
        )
    first, _, third = distilled.teacher_.teachers
    expected = clone(pipeline).fit(X, y, **{parameter: WEIGHT})
    assert_array_equal(first.predict_proba(X), expected.predict_proba(X))
    expected = clone(TREE).fit(X, y, sample_weight=WEIGHT)
    assert_array_equal(third.predict_proba(X), expected.predict_proba(X))


def test_weights_reach_the_student():
    student = distil(LOGISTIC, Recorder()).fit(X, y, sample_weight=WEIGHT).student_
    assert_array_equal(student.weight_, WEIGHT)
    fitted = distil(clone(LOGISTIC).fit(X, y), Recorder())
    assert_array_equal(fitted.fit(X, y, sample_weight=WEIGHT).student_.weight_, WEIGHT)


def test_a_scalar_weight_is_one_for_each_row():
    student = distil(LOGISTIC, Recorder()).fit(X, y, sample_weight=2).student_
    assert_array_equal(student.weight_, np.full(len(y), 2.0))


# ---- a row of weight 0 counts as absent


@pytest.mark.parametrize(
    "teacher",
    [None, LOGISTIC, RandomForestClassifier(5), clone(LOGISTIC).fit(X, y)],
    ids=["default", "logistic", "forest", "fitted"],
)
@pytest.mark.parametrize("student", [STUDENT, LOGISTIC, TREE])
@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_a_row_of_weight_0_is_absent(teacher, student, alpha):
    """Exactly, random forests and minibatches included: the row is never read."""
    spoilt = np.where(KEPT[:, None], X, 100.0)
    labels = np.where(KEPT, y, 3)  # nor is its label a class
    distilled = distil(teacher, student, alpha=alpha)
    without = clone(distilled).fit(X[KEPT], y[KEPT])
    zero = distilled.fit(spoilt, labels, sample_weight=KEPT.astype(float))
    assert_array_equal(zero.classes_, [0, 1, 2])
    assert_array_equal(zero.predict_proba(X), without.predict_proba(X))


def test_a_row_of_weight_0_is_absent_from_cross_fitting():
    folds = [(np.arange(178) % 3 != k, np.arange(178) % 3 == k) for k in range(3)]
    kept = [(train[KEPT], test[KEPT]) for train, test in folds]
    zero = distil(TREE, cv=folds).fit(X, y, sample_weight=KEPT.astype(float))
    without = distil(TREE, cv=kept).fit(X[KEPT], y[KEPT])
    assert_array_equal(zero.predict_proba(X), without.predict_proba(X))


def test_integer_weights_are_repetitions():
    """Where everything is deterministic and in float64."""
    weight = np.arange(len(y)) % 3
    student = LogisticRegression(tol=1e-10, max_iter=1000)
    teacher = LogisticRegression(tol=1e-10, max_iter=1000)
    distilled = distil(teacher, student, alpha=0.7)
    weighted = clone(distilled).fit(X, y, sample_weight=weight)
    repeated = distilled.fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-5, atol=1e-7
    )


def test_weights_decide_between_contradicting_rows():
    """With a stochastic teacher and minibatches: the student predicts 9 to 1."""
    rows, labels = np.repeat(X[y < 2], 2, axis=0), np.tile([0, 1], (y < 2).sum())
    for heavy in (0, 1):
        weight = np.where(labels == heavy, 9.0, 1.0)
        distilled = distil(RandomForestClassifier(30))
        distilled.fit(rows, labels, sample_weight=weight)
        assert distilled.predict_proba(rows)[:, heavy].mean() == pytest.approx(
            0.9, abs=0.05
        )
