"""Students made of others: how they score, fold, stop, and are left alone."""

import warnings

import numpy as np
import pytest
import sklearn
from catboost import CatBoostClassifier
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    RidgeClassifierCV,
)
from sklearn.metrics import get_scorer, log_loss, make_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    PredefinedSplit,
    StratifiedKFold,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import DistilledClassifier, MLPStudent
from sklearn_kd.students.weighted._requests import ask_for

pytestmark = pytest.mark.usefixtures("small_teachers")

X, codes = make_classification(300, 6, n_informative=4, random_state=0)
y = np.where(codes, "yes", "no")
TEACHER = RandomForestClassifier(20, max_depth=4, random_state=0).fit(X, y)
LINEAR = LogisticRegression()
BOOSTING = HistGradientBoostingClassifier(max_iter=5)
CATBOOST = CatBoostClassifier(
    iterations=20, verbose=0, thread_count=1, allow_writing_files=False
)
POSITIONS = [(np.arange(150), np.arange(150, 300))]


def distil(student, **params):
    return on_given_rows(TEACHER, student, random_state=0, **params)


def vote(*members):
    named = [(f"m{index}", member) for index, member in enumerate(members)]
    return VotingClassifier(named, voting="soft")


def gap(student):
    """Measure what labels alone, or copies without weights, are far from."""
    proba = distil(student).fit(X, y).predict_proba(X)
    return np.abs(proba - TEACHER.predict_proba(X)).mean()


# ---- scorers


@pytest.mark.parametrize(
    "student",
    [
        vote(BOOSTING),
        GridSearchCV(BOOSTING, {"max_depth": [2, 3]}, cv=2),
        vote(HistGradientBoostingClassifier(max_iter=5, scoring="accuracy")),
        CalibratedClassifierCV(BOOSTING, cv=2),
    ],
    ids=["vote", "search", "scored", "calibrated"],
)
def test_loss_of_histogram_boosting_names_no_scorer(student):
    model = distil(student)
    assert model.fit(X, y).score(X, y) > 0.7
    assert model.__sklearn_tags__().input_tags.allow_nan in (True, False)
    assert "<div" in model._repr_html_()


def logistic_cv(**params):
    return LogisticRegressionCV(Cs=[1e-4, 1e-2, 1.0], cv=3, **params)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("params", [{}, {"scoring": None}, {"scoring": "accuracy"}])
def test_logistic_regression_scores_folds_by_weighted_accuracy(params):
    linear = logistic_cv(**params)
    for student in (vote(linear), GridSearchCV(linear, {"max_iter": [100]}, cv=2)):
        assert gap(student) < 0.25
    # metadata routing changes nothing
    weight = np.random.default_rng(0).exponential(3, size=len(X))
    alone = clone(linear).fit(X, codes, weight)
    with sklearn.config_context(enable_metadata_routing=True):
        asked = ask_for(clone(linear), "sample_weight")
        asked.fit(X, codes, sample_weight=weight)
        score = asked.score(X, codes, sample_weight=weight)
    assert_array_equal(asked.C_, alone.C_)
    assert_allclose(asked.scores_[1], alone.scores_[1])
    assert score == pytest.approx(alone.score(X, codes, sample_weight=weight))


ENTROPY = make_scorer(
    log_loss, greater_is_better=False, response_method="predict_proba"
)
METRICS = {
    "list": ["accuracy", "neg_log_loss"],
    "tuple": ("accuracy", "neg_log_loss"),
    "names": {"accuracy": "accuracy", "neg_log_loss": "neg_log_loss"},
    "scorers": {"accuracy": get_scorer("accuracy"), "neg_log_loss": ENTROPY},
}


@pytest.mark.parametrize("several", METRICS)
@pytest.mark.parametrize(
    ("estimator", "grid"),
    [
        (LINEAR, {"C": [1e-6, 1.0]}),
        (MLPStudent((4,), max_iter=5), {"max_iter": [1, 5]}),
    ],
    ids=["linear", "mlp"],
)
def test_a_search_scores_by_several_metrics_with_weights(several, estimator, grid):
    scoring = METRICS[several]
    search = GridSearchCV(estimator, grid, cv=3, scoring=scoring, refit="neg_log_loss")
    one = clone(search).set_params(scoring="neg_log_loss", refit=True)
    weight = np.linspace(0.5, 2, len(X))
    found = distil(search).fit(X, y, sample_weight=weight).student_
    expected = distil(one).fit(X, y, sample_weight=weight).student_
    assert_allclose(
        found.cv_results_["mean_test_neg_log_loss"],
        expected.cv_results_["mean_test_score"],
    )
    assert "mean_test_accuracy" in found.cv_results_
    assert search.scoring is scoring
    assert all(isinstance(one, str) for one in METRICS["names"].values())
    for scorer in METRICS["scorers"].values():
        assert not scorer.get_metadata_routing().score.requests.get("sample_weight")


@pytest.mark.filterwarnings("ignore:.*labels drawn at random:UserWarning")
def test_users_objects_are_left_alone():
    """Clones share what is fitted or frozen, and no request is written on that."""
    linear, forest = clone(LINEAR).fit(X, y), clone(TEACHER).fit(X, y)
    inner = on_given_rows(forest, LINEAR)
    for student in (
        CalibratedClassifierCV(FrozenEstimator(linear)),
        vote(FrozenEstimator(linear), LINEAR),
        GridSearchCV(inner, {"alpha": [0.5, 1.0]}, cv=2),
    ):
        assert distil(student).fit(X, y).score(X, y) > 0.7
    for part in (linear, forest, inner, inner.student):
        assert not hasattr(part, "_metadata_request")
    scored = logistic_cv(scoring=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        distil(vote(scored)).fit(X, y)
    assert scored.scoring is None


# ---- rows to be stopped by


class Watched(HistGradientBoostingClassifier):
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None,
            sample_weight_val=None):  # fmt: skip
        self.n_kept_ = 0 if X_val is None else len(np.unique(X_val, axis=0))
        self.n_learnt_ = len(np.unique(X, axis=0))
        return super().fit(
            X,
            y,
            sample_weight,
            X_val=X_val,
            y_val=y_val,
            sample_weight_val=sample_weight_val,
        )


@pytest.mark.parametrize(
    ("fraction", "n_kept"), [(40, 40), (1, 1), (298, 298), (0.2, 60), (None, 0)]
)
def test_a_whole_validation_fraction_is_a_number_of_rows(fraction, n_kept):
    student = Watched(early_stopping=True, max_iter=3, validation_fraction=fraction)
    fitted = distil(student).fit(X, y).student_
    assert (fitted.n_kept_, fitted.n_learnt_) == (n_kept, len(X) - n_kept)


@pytest.mark.parametrize("fraction", [299, 300, 4000])
def test_validation_rows_leave_some_to_learn_from(fraction):
    student = Watched(early_stopping=True, validation_fraction=fraction)
    with pytest.raises(ValueError, match=f"validation_fraction={fraction} .* most 298"):
        distil(student).fit(X, y)


# ---- folds


@pytest.mark.parametrize("cv", [POSITIONS, iter(POSITIONS), PredefinedSplit(codes)])
@pytest.mark.parametrize(
    "make",
    [
        lambda cv: GridSearchCV(LINEAR, {"C": [0.1, 1]}, cv=cv),
        lambda cv: GridSearchCV(MLPStudent(max_iter=2), {"alpha": [0.1]}, cv=cv),
        lambda cv: CalibratedClassifierCV(LINEAR, cv=cv),
        lambda cv: vote(CalibratedClassifierCV(LINEAR, cv=cv)),
        lambda cv: make_pipeline(StandardScaler(), logistic_cv().set_params(cv=cv)),
    ],
    ids=["search", "search over mlp", "calibrated", "in a vote", "in a pipeline"],
)
def test_folds_of_positions_are_refused(make, cv):
    with pytest.raises(ValueError, match=r"cv of the student .* positions .*cv=5"):
        DistilledClassifier(TEACHER, make(cv)).fit(X, y)


@pytest.mark.parametrize("cv", [None, 2, StratifiedKFold(2)])
def test_other_folds_are_made(cv):
    search = GridSearchCV(LINEAR, {"C": [0.1, 1]}, cv=cv)
    assert distil(search).fit(X, y).student_.cv == cv or cv is not None
    # from labels alone, rows are those of X
    given = clone(search).set_params(cv=POSITIONS)
    fitted = distil(given, alpha=0).fit(X, y).student_
    assert fitted.n_splits_ == 1


@pytest.mark.filterwarnings("ignore:.*labels drawn at random:UserWarning")
def test_no_folds_where_none_means_none():
    ridge = RidgeClassifierCV(store_cv_results=True)
    assert distil(ridge).fit(X, y).student_.cv_results_.ndim == 3
    folded = distil(RidgeClassifierCV(cv=3)).fit(X, y).student_
    assert folded.cv == 3
    # a fitted teacher is not cross-fitted
    inner = on_given_rows(TEACHER, LINEAR)
    assert distil(inner).fit(X, y).student_.cv is None


# ---- with metadata routing, a refusal is one


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("wanted", [False, True])
def test_a_transformer_may_decline_weights(wanted, nested):
    weight = np.linspace(0.1, 5, len(X))
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=wanted)
        linear = LogisticRegression().set_fit_request(sample_weight=True)
        student = make_pipeline(make_pipeline(scaler) if nested else scaler, linear)
        fitted = distil(student).fit(X, y, sample_weight=weight).student_
    scaler = fitted[0][0] if nested else fitted[0]
    expected = np.average(X, axis=0, weights=weight if wanted else None)
    assert_allclose(scaler.mean_, expected)


# ---- parts that have no way to request weights


@pytest.mark.parametrize(
    "student",
    [
        vote(CATBOOST),
        vote(CATBOOST, DecisionTreeClassifier(max_depth=6)),
        StackingClassifier([("c", CATBOOST)], cv=3),
        CalibratedClassifierCV(CATBOOST, cv=3),
        BaggingClassifier(CATBOOST, 3),
        vote(CalibratedClassifierCV(CATBOOST, cv=2)),
    ],
    ids=["vote", "two", "stack", "calibrated", "bagging", "calibrated in a vote"],
)
def test_weights_reach_what_cannot_request_them(student):
    """Unweighted copies would give .25 and more."""
    assert gap(student) < 0.1


@pytest.mark.parametrize(
    "student",
    [
        GridSearchCV(CATBOOST, {"depth": [2, 3]}, cv=2),
        vote(GridSearchCV(CATBOOST, {"depth": [2, 3]}, cv=2)),
        vote(GridSearchCV(LINEAR, {"C": [0.1, 1]}, cv=2), CATBOOST),
        FixedThresholdClassifier(CATBOOST),
    ],
    ids=["search", "in a vote", "beside it", "threshold"],
)
def test_what_cannot_be_handed_weights_is_named(student):
    match = r"holds CatBoostClassifier, .* no set_fit_request.* over the Distilled"
    with pytest.raises(TypeError, match=match):
        distil(student).fit(X, y)
    with pytest.raises(TypeError, match=match):
        distil(student, alpha=0).fit(X, y, sample_weight=np.arange(len(X)) + 1.0)
    assert distil(student, alpha=0).fit(X, y).score(X, y) > 0.8


def test_what_takes_no_weights_is_not_blamed_on_another():
    with pytest.raises(TypeError, match="learn from labels only"):
        distil(vote(CATBOOST, KNeighborsClassifier())).fit(X, y)


def test_the_search_that_is_advised_works():
    search = GridSearchCV(distil(CATBOOST), {"student__depth": [2, 3]}, cv=2)
    assert_array_equal(search.fit(X, y).classes_, ["no", "yes"])
