"""Scorers that compare with a teacher: in searches, with weights, in files."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import DistilledClassifier, MLPStudent
from sklearn_kd.metrics import (
    TeacherScorer,
    agreement_score,
    agreement_scorer,
    kl_divergence,
    kl_divergence_scorer,
    retention_scorer,
)

pytestmark = pytest.mark.usefixtures("small_teachers")

X, y = load_wine(return_X_y=True)
NAMES = np.array(["a", "b", "c"])[y]
FOREST = RandomForestClassifier(10, random_state=0).fit(X[::2], NAMES[::2])
TREE = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X[::2], NAMES[::2])
X_test, y_test = X[1::2], NAMES[1::2]
WEIGHT = np.random.default_rng(0).integers(1, 9, len(y_test))
MAKERS = [agreement_scorer, kl_divergence_scorer, retention_scorer]


def distilled(**params):
    return DistilledClassifier(
        RandomForestClassifier(10),
        MLPStudent((8,), max_iter=5),
        transfer=None,
        random_state=0,
        **params,
    )


class Renamed:
    """A fitted teacher of no library, which has its classes in another order."""

    classes_ = np.array(["c", "a", "b"])

    def predict(self, X):
        return FOREST.predict(X)

    def predict_proba(self, X):
        return FOREST.predict_proba(X)[:, [2, 0, 1]]


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_a_scorer_is_the_metric_of_two_models(weight):
    options = {"sample_weight": weight}
    assert agreement_scorer(FOREST)(TREE, X_test, **options) == agreement_score(
        FOREST.predict(X_test), TREE.predict(X_test), **options
    )
    divergence = kl_divergence(
        FOREST.predict_proba(X_test), TREE.predict_proba(X_test), **options
    )
    score = kl_divergence_scorer(FOREST)(TREE, X_test, **options)
    assert score == -divergence < 0
    labels = [model.predict(X_test) for model in (TREE, FOREST)]
    ratio = [accuracy_score(y_test, each, **options) for each in labels]
    for scoring in (None, "accuracy"):
        scorer = retention_scorer(FOREST, scoring=scoring)
        assert scorer(TREE, X_test, y_test, **options) == ratio[0] / ratio[1]


def test_classes_in_another_order_and_some_that_a_model_lacks():
    exact = kl_divergence_scorer(FOREST)(TREE, X_test)
    assert kl_divergence_scorer(Renamed())(TREE, X_test) == pytest.approx(exact)
    assert kl_divergence_scorer(Renamed())(FOREST, X_test) == 0
    two = y[::2] < 2
    half = DecisionTreeClassifier(random_state=0).fit(X[::2][two], NAMES[::2][two])
    rows = np.flatnonzero(FOREST.predict_proba(X_test)[:, 2] == 1)
    lacking = kl_divergence_scorer(FOREST)(half, X_test[rows])
    assert lacking == pytest.approx(np.log(np.finfo(float).eps))
    assert kl_divergence_scorer(FOREST, floor=0)(half, X_test[rows]) == -np.inf


def test_retention_of_scores_and_of_losses_is_more_where_the_student_is_better():
    score = retention_scorer(FOREST, scoring="f1_macro")(TREE, X_test, y_test)
    f1 = [f1_score(y_test, m.predict(X_test), average="macro") for m in (TREE, FOREST)]
    assert score == f1[0] / f1[1] < 1
    loss = retention_scorer(FOREST, scoring="neg_log_loss")(TREE, X_test, y_test)
    losses = [log_loss(y_test, m.predict_proba(X_test)) for m in (TREE, FOREST)]
    assert loss == losses[1] / losses[0] < 1
    own = retention_scorer(FOREST, scoring=lambda model, X, y: model.score(X, y) ** 2)
    accuracy = [accuracy_score(y_test, m.predict(X_test)) for m in (TREE, FOREST)]
    assert own(TREE, X_test, y_test) == pytest.approx((accuracy[0] / accuracy[1]) ** 2)


@pytest.mark.parametrize("make", MAKERS)
def test_a_search_compares_with_a_fitted_teacher(make):
    scorer = make(FOREST)
    grid = {"max_depth": [1, 3]}
    search = GridSearchCV(TREE, grid, scoring=scorer, cv=3, error_score="raise")
    search.fit(X_test, y_test)
    # a deeper tree rules out what the forest does not
    best = 1 if make is kl_divergence_scorer else 3
    assert search.best_params_ == {"max_depth": best}
    assert search.score(X_test, y_test) == scorer(search, X_test, y_test)
    assert clone(search).scoring is scorer


@pytest.mark.parametrize("make", MAKERS)
def test_a_search_with_an_unfitted_teacher_compares_with_that_of_each_fold(make):
    grid = {"student__max_iter": [1, 10]}
    search = GridSearchCV(distilled(), grid, scoring=make(), cv=2, error_score="raise")
    search.fit(X, NAMES)
    assert search.best_params_ == {"student__max_iter": 10}
    model = search.best_estimator_
    assert make()(model, X_test, y_test) == make(model.teacher_)(model, X_test, y_test)


def test_a_teacher_behind_the_steps_of_a_pipeline():
    model = make_pipeline(StandardScaler(), distilled()).fit(X, NAMES)
    own = agreement_score(
        model[-1].teacher_.predict(model[:-1].transform(X)), model.predict(X)
    )
    assert agreement_scorer()(model, X) == own
    assert agreement_scorer()(make_pipeline(model[-1]), X) == (
        agreement_scorer()(model[-1], X)
    )
    # in a pipeline of pipelines, too
    assert agreement_scorer()(make_pipeline("passthrough", model), X) == own
    assert (
        agreement_scorer()(make_pipeline(model[0], make_pipeline(model[1])), X) == own
    )


def test_several_scorers_at_once_on_a_frame():
    frame = pd.DataFrame(X).rename(columns="c{}".format)
    forest = RandomForestClassifier(10, random_state=0).fit(frame, NAMES)
    scoring = {make.__name__: make(forest) for make in MAKERS}
    found = cross_validate(distilled(), frame, NAMES, scoring=scoring, cv=2)
    assert found["test_agreement_scorer"].min() > 0.3
    assert found["test_kl_divergence_scorer"].max() < 0


@pytest.mark.parametrize("make", MAKERS)
def test_weights_are_routed_where_they_are_requested(make):
    weight = np.where(y == 0, 100.0, 1.0)
    params = {"params": {"sample_weight": weight}, "cv": 2, "error_score": "raise"}
    with sklearn.config_context(enable_metadata_routing=True):
        tree = clone(TREE).set_fit_request(sample_weight=True)
        scores = [
            cross_validate(
                tree,
                X,
                NAMES,
                scoring=make(FOREST).set_score_request(sample_weight=wanted),
                **params,
            )["test_score"]
            for wanted in (True, False)
        ]
        assert (scores[0] != scores[1]).any()
        with pytest.raises(ValueError, match="not explicitly set as requested or not"):
            cross_validate(tree, X, NAMES, scoring=make(FOREST), **params)


@pytest.mark.parametrize("make", MAKERS)
def test_a_scorer_out_of_a_pickle_gives_the_same(make):
    scorer = make(FOREST)
    again = pickle.loads(pickle.dumps(scorer))
    assert again(TREE, X_test, y_test) == scorer(TREE, X_test, y_test)
    assert_array_equal(again.teacher.predict(X), FOREST.predict(X))
    assert repr(again) == repr(scorer)


@pytest.mark.parametrize("make", MAKERS)
def test_what_is_no_fitted_teacher_is_refused_at_once(make):
    with pytest.raises(NotFittedError, match="teacher RandomForestClassifier is not f"):
        make(RandomForestClassifier())
    with pytest.raises(TypeError, match="class RandomForestClassifier"):
        make(RandomForestClassifier)
    method = "predict_proba" if make is kl_divergence_scorer else "predict"
    with pytest.raises(TypeError, match=f"teacher must be a fitted .* with {method}"):
        make("forest")
    if make is not retention_scorer:  # which compares regressors, too
        with pytest.raises(TypeError, match="the regressor LinearRegression"):
            make(LinearRegression().fit(X, y))
    with pytest.raises(TypeError, match="has no teacher_ to be compared with"):
        make()(TREE, X_test, y_test)
    model = distilled(alpha=0).fit(X, NAMES)
    with pytest.raises(TypeError, match="has no teacher_ to be compared with"):
        make()(model, X_test, y_test)


def test_wrong_options_and_labels_are_refused():
    with pytest.raises(ValueError, match="floor must be from 0 to 1, got -0"):
        kl_divergence_scorer(FOREST, floor=-0.5)
    with pytest.raises(ValueError, match="'f2' is not a valid scoring value"):
        retention_scorer(FOREST, scoring="f2")
    for scoring in (f1_score, 1, ["accuracy"], lambda y_true, y_pred: 1.0):
        with pytest.raises(TypeError, match="scoring must be a function of estima"):
            retention_scorer(FOREST, scoring=scoring)
    scorer = retention_scorer(FOREST)
    with pytest.raises(TypeError, match="needs the labels or targets y"):
        scorer(TREE, X_test)
    with pytest.raises(ValueError, match="y has 3 rows and y_pred 89"):
        scorer(TREE, X_test, y_test[:3])
    with pytest.raises(ValueError, match=r"sample_weight has shape \(3,\)"):
        agreement_scorer(FOREST)(TREE, X_test, sample_weight=[1, 2, 3])
    with pytest.warns(UndefinedMetricWarning, match="Retention is undefined"):
        assert np.isnan(scorer(TREE, X_test[:1], ["d"]))


@pytest.mark.parametrize("metric", ["nope", None, ["agreement"]])
def test_a_scorer_of_an_unknown_metric_is_refused(metric):
    with pytest.raises(ValueError, match="metric must be one of 'agreement', 'kl_div"):
        TeacherScorer(metric, FOREST)


def test_options_of_a_scorer_have_defaults_and_others_are_refused():
    makers = {"agreement": agreement_scorer, "kl_divergence": kl_divergence_scorer}
    for metric, make in ({"retention": retention_scorer} | makers).items():
        assert vars(TeacherScorer(metric, FOREST)) == vars(make(FOREST))
        with pytest.raises(TypeError, match=f"'{metric}' has no option flor.*flor=1"):
            TeacherScorer(metric, FOREST, flor=1)
    with pytest.raises(TypeError, match=r"no option scoring .* has: floor"):
        TeacherScorer("kl_divergence", FOREST, scoring="accuracy")
