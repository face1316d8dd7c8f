"""Where sample weights, groups and other metadata go under metadata routing."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from given_rows import on_given_rows
from numpy.testing import assert_array_equal
from recorder import Recorder, soft_targets
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    KFold,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metadata_routing import get_routing_for_object
from weights import KEPT, LOGISTIC, TREE, WEIGHT, vote
from wine import STUDENT, X, distil, y

from sklearn_kd import SkorchStudent
from sklearn_kd._estimators.weight_names import weight_parameter

pytestmark = pytest.mark.usefixtures("small_teachers")


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


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
        (LOGISTIC, STUDENT),
        ([requested(LOGISTIC), TREE], STUDENT),
        (requested(LOGISTIC), TREE),
        (None, TREE),
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
@pytest.mark.parametrize(
    "make",
    [
        lambda: (requested(LOGISTIC), STUDENT),
        lambda: (clone(LOGISTIC).fit(X, y), STUDENT),
        lambda: (None, STUDENT),
        lambda: (requested(LOGISTIC), None),
        lambda: (
            requested(LOGISTIC),
            make_pipeline(requested(StandardScaler(), False), STUDENT),
        ),
    ],
    ids=["teacher", "fitted", "defaults", "default student", "pipeline"],
)
def test_students_of_this_package_request_weights(make):
    teacher, student = make()
    distilled = on_given_rows(teacher, student, random_state=0)
    wanting = clone(distilled).fit(X, y, sample_weight=WEIGHT)
    search = GridSearchCV(
        distilled.set_fit_request(sample_weight=True).set_score_request(
            sample_weight=False
        ),
        {"temperature": [1.0]},
        cv=2,
        error_score="raise",
    )
    best = search.fit(X, y, sample_weight=WEIGHT).best_estimator_
    assert_array_equal(best.predict_proba(X), wanting.predict_proba(X))
    if student is STUDENT:
        declining = on_given_rows(teacher, requested(STUDENT, False), random_state=0)
        declining.fit(X, y, sample_weight=WEIGHT)
        assert (declining.predict_proba(X) != wanting.predict_proba(X)).any()


@pytest.mark.usefixtures("routing")
def test_requests_of_students_can_be_unset():
    for student in (STUDENT, SkorchStudent(None)):
        requests = get_routing_for_object(student).fit.requests
        assert requests["sample_weight"] is True
        assert requests["soft_targets"] is None
    unset = requested(STUDENT, None)
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        distil(requested(LOGISTIC), unset).fit(X, y, sample_weight=WEIGHT)


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
    # the fitted teacher requests nothing: it is not fitted again
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


def test_every_search_hands_weights_on():
    search = HalvingGridSearchCV(LogisticRegression(), {"C": [0.1, 1]})
    assert weight_parameter(search) == "sample_weight"
