"""Where sample weights, groups and other metadata go."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder, soft_targets
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_wine
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    KFold,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.metadata_routing import get_routing_for_object

from sklearn_kd import MLPStudent

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
WEIGHT = np.random.default_rng(0).uniform(0.1, 5.0, size=len(y))
STUDENT = MLPStudent((8,), max_iter=20, batch_size=16)
LOGISTIC = LogisticRegression()
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def distil(teacher, student=STUDENT, **params):
    return on_given_rows(teacher, student, random_state=0, **params)


def vote(*members):
    named = [(f"m{index}", member) for index, member in enumerate(members)]
    return VotingClassifier(named, voting="soft")


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
    "vote of a vote": (vote(vote(LOGISTIC), TREE), "sample_weight"),
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
        expected = clone(fitted).fit(X, y, sample_weight=WEIGHT)
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
    # and nobody is warned about weights that say nothing, or about a fitted teacher
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


KEPT = np.arange(len(y)) % 4 > 0


@pytest.mark.parametrize(
    "teacher",
    [None, LOGISTIC, RandomForestClassifier(5), clone(LOGISTIC).fit(X, y)],
    ids=["default", "logistic", "forest", "fitted"],
)
@pytest.mark.parametrize("student", [STUDENT, LOGISTIC, TREE])
@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_a_row_of_weight_0_is_absent(teacher, student, alpha):
    """Exactly, random forests and minibatches included: nobody ever sees the row."""
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
    """With a stochastic teacher and minibatches: the student says 9 to 1."""
    rows, labels = np.repeat(X[y < 2], 2, axis=0), np.tile([0, 1], (y < 2).sum())
    for heavy in (0, 1):
        weight = np.where(labels == heavy, 9.0, 1.0)
        distilled = on_given_rows(student=STUDENT, random_state=0)
        distilled.fit(rows, labels, sample_weight=weight)
        assert distilled.predict_proba(rows)[:, heavy].mean() == pytest.approx(
            0.9, abs=0.05
        )


# ---- metadata routing


def requested(estimator, wanted=True):
    return clone(estimator).set_fit_request(sample_weight=wanted)


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize(
    "make",
    [
        requested,
        lambda one: make_pipeline(requested(StandardScaler(), False), requested(one)),
        lambda one: GridSearchCV(
            requested(one).set_score_request(sample_weight=False), {"C": [0.1]}, cv=2
        ),
        lambda one: OneVsRestClassifier(requested(one)),
        lambda one: vote(requested(one), requested(TREE)),
    ],
    ids=["classifier", "pipeline", "search", "one-vs-rest", "vote"],
)
def test_teachers_that_request_weights_get_them(make):
    teacher = make(LOGISTIC)
    distilled = distil(teacher, None).fit(X, y, sample_weight=WEIGHT)
    expected = clone(teacher).fit(X, y, sample_weight=WEIGHT).predict_proba(X)
    assert_array_equal(distilled.teacher_.predict_proba(X), expected)
    declined = make_pipeline(
        requested(StandardScaler(), False), requested(LOGISTIC, False)
    )
    distilled = distil(declined, None).fit(X, y, sample_weight=WEIGHT)
    plain = clone(declined).fit(X, y).predict_proba(X)
    assert_array_equal(distilled.teacher_.predict_proba(X), plain)


@pytest.mark.usefixtures("routing")
def test_each_part_must_say_whether_it_wants_weights():
    for parts in (
        (LOGISTIC, requested(STUDENT)),
        (requested(LOGISTIC), STUDENT),
        ([requested(LOGISTIC), TREE], requested(STUDENT)),
        (clone(LOGISTIC).fit(X, y), STUDENT),
        (None, STUDENT),
    ):
        distil(*parts).fit(X, y)
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            distil(*parts).fit(X, y, sample_weight=WEIGHT)
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        cross_validate(
            distil(LOGISTIC),
            X,
            y,
            params={"sample_weight": WEIGHT},
            error_score="raise",
        )


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("wanted", [True, False])
def test_the_student_may_decline_weights(wanted):
    student = requested(Recorder(), wanted)
    distilled = distil(requested(TREE), student)
    kept = np.where(KEPT, WEIGHT, 0)
    given = distilled.fit(X, y, sample_weight=kept).student_.weight_
    if wanted:
        assert_array_equal(given, WEIGHT[KEPT])
    else:
        assert given is None
    assert len(distilled.student_.soft_) == KEPT.sum()


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("mixed", [False, True])
def test_defaults_request_weights(mixed):
    """The default teacher and student need no word from the user."""
    rows = pd.DataFrame(X).add_prefix("c").assign(c="a") if mixed else X
    distilled = on_given_rows(random_state=0)
    distilled.fit(rows, y, sample_weight=WEIGHT)
    with sklearn.config_context(enable_metadata_routing=False):
        expected = on_given_rows(random_state=0).fit(rows, y, sample_weight=WEIGHT)
    assert_array_equal(distilled.predict_proba(rows), expected.predict_proba(rows))


def test_a_student_may_take_weights_by_routing_alone():
    """One-vs-rest has no ``sample_weight`` in its signature."""
    expected = distil(TREE, OneVsRestClassifier(LOGISTIC), alpha=0.8).fit(X, y)
    assert expected.score(X, y) > 0.9
    with sklearn.config_context(enable_metadata_routing=True):
        student = OneVsRestClassifier(requested(LOGISTIC))
        distilled = distil(TREE, student, alpha=0.8).fit(X, y)
        assert_array_equal(distilled.predict_proba(X), expected.predict_proba(X))
        with pytest.raises(TypeError, match="neither soft_targets nor sample_weight"):
            distil(TREE, OneVsRestClassifier(requested(LOGISTIC, False))).fit(X, y)


@pytest.mark.usefixtures("routing")
def test_a_search_routes_weights_and_groups():
    groups = np.arange(len(y)) % 6
    distilled = distil(requested(TREE), requested(Recorder()), cv=GroupKFold(3))
    distilled.set_fit_request(sample_weight=True, groups=True)
    distilled.set_score_request(sample_weight=False)
    folds = cross_validate(
        distilled,
        X,
        y,
        cv=GroupKFold(2),
        params={"sample_weight": WEIGHT, "groups": groups},
        return_estimator=True,
        return_indices=True,
        error_score="raise",
    )
    for fold, train in zip(folds["estimator"], folds["indices"]["train"], strict=True):
        assert_array_equal(fold.student_.weight_, WEIGHT[train])
        with sklearn.config_context(enable_metadata_routing=False):
            inner = soft_targets(
                distil(TREE, cv=GroupKFold(3)),
                X[train],
                y[train],
                groups=groups[train],
                sample_weight=WEIGHT[train],
            )
        assert_array_equal(fold.student_.soft_.proba, inner)


@pytest.mark.parametrize("enabled", [False, True])
def test_the_routing_is_complete(enabled):
    fitted = RandomForestClassifier(3).fit(X, y)
    with sklearn.config_context(enable_metadata_routing=enabled):
        teachers = [requested(LOGISTIC) if enabled else LOGISTIC, fitted, TREE]
        distilled = distil(teachers, cv=GroupKFold(3))
        if enabled:
            distilled.set_fit_request(teacher_proba="P", X_unlabeled=True)
        routes = get_routing_for_object(distilled)
    own = {"sample_weight", "teacher_proba", "X_unlabeled", "groups"}
    assert routes._self_request.fit.requests.keys() == own
    # the fitted teacher wants nothing: nobody will fit it
    assert set(routes._route_mappings) == {
        "teacher_0",
        "teacher_2",
        "student",
        "splitter",
    }
    for name, route in routes._route_mappings.items():
        [pair] = route.mapping
        assert pair.caller == "fit"
        assert pair.callee == ("split" if name == "splitter" else "fit")
    if enabled:
        assert routes.consumes("fit", ["P", "sample_weight", "groups", "X"]) == {
            *["P", "sample_weight", "groups"]
        }
    assert (
        "splitter"
        not in distil(None, None, cv=3).get_metadata_routing()._route_mappings
    )


@pytest.mark.parametrize("enabled", [False, True])
def test_asking_for_the_routing_does_not_use_up_an_iterable(enabled):
    folds = list(KFold(3).split(X))
    with sklearn.config_context(enable_metadata_routing=enabled):
        teacher = requested(TREE) if enabled else TREE
        distilled = distil(teacher, None, cv=iter(folds))
        distilled.get_metadata_routing()
        distilled.fit(X, y, sample_weight=WEIGHT)
    expected = distil(TREE, None, cv=folds).fit(X, y, sample_weight=WEIGHT)
    assert_array_equal(distilled.predict_proba(X), expected.predict_proba(X))


def test_a_pipeline_hands_weights_on():
    pipeline = Pipeline([("scale", StandardScaler()), ("kd", distil(TREE, Recorder()))])
    pipeline.fit(X, y, kd__sample_weight=WEIGHT)
    assert_array_equal(pipeline[-1].student_.weight_, WEIGHT)
    search = GridSearchCV(pipeline, {"kd__alpha": [1.0]}, cv=2, error_score="raise")
    best = search.fit(X, y, kd__sample_weight=WEIGHT).best_estimator_
    assert_array_equal(best[-1].student_.weight_, WEIGHT)


def test_bagging_weighs_rows_and_the_teachers_are_weighed_too():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bagging = BaggingClassifier(distil(LOGISTIC), 2, random_state=0)
        bagging.fit(X, y, sample_weight=WEIGHT)
    assert bagging.score(X, y) > 0.9
