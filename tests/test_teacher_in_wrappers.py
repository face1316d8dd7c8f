"""A fitted teacher inside scikit-learn: wrappers, searches and parameters."""

import itertools

import numpy as np
import pytest
from fitted_teachers import FittedModel, X, fingerprint, forest, y
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from wine import distil

from sklearn_kd._task.match import permutation_score

# ---- one fitted teacher through scikit-learn


BINARY = y > 0  # no wrapper changes the meaning of two classes in order

WRAPPERS = {
    "pipeline": lambda kd: make_pipeline(StandardScaler(with_std=False), kd),
    "search": lambda kd: GridSearchCV(kd, {"alpha": [0.5, 1.0]}, cv=2),
    "bagging": lambda kd: BaggingClassifier(kd, 2, random_state=0),
    "one-vs-rest": OneVsRestClassifier,
    "one-vs-one": OneVsOneClassifier,
    "adaboost": lambda kd: AdaBoostClassifier(kd, n_estimators=2, random_state=0),
    "calibrated": lambda kd: CalibratedClassifierCV(kd, cv=2),
    "vote": lambda kd: VotingClassifier([("kd", kd)], voting="soft"),
    "stack": lambda kd: StackingClassifier([("kd", kd)], cv=2),
}


def fitted_parts(wrapper):
    """Every DistilledClassifier that a wrapper has fitted."""
    parts = getattr(wrapper, "estimators_", None)
    if parts is None and hasattr(wrapper, "calibrated_classifiers_"):
        parts = [one.estimator for one in wrapper.calibrated_classifiers_]
    if parts is None:
        parts = [getattr(wrapper, "best_estimator_", wrapper)]
    return [part[-1] if hasattr(part, "steps") else part for part in parts]


@pytest.mark.parametrize("kind", ["raw", "frozen", "only predict_proba"])
@pytest.mark.parametrize("name", WRAPPERS)
def test_a_fitted_teacher_survives_wrappers(name, kind):
    """By reference: not unfitted, refitted, copied, nor reseeded (bagging does)."""
    teacher = RandomForestClassifier(10).fit(X, BINARY.astype(int))
    if kind == "frozen":
        teacher = FrozenEstimator(teacher)
    elif kind == "only predict_proba":
        teacher = FittedModel(teacher, order=[0, 1], classes_=[0, 1])
    before = fingerprint(teacher)
    wrapper = WRAPPERS[name](distil(teacher))
    wrapper = clone(wrapper).fit(X, BINARY.astype(int))
    parts = fitted_parts(wrapper)
    assert all(part.teacher_ is teacher for part in parts)
    assert len(parts) > 0
    assert fingerprint(teacher) == before
    assert wrapper.score(X, BINARY.astype(int)) > 0.85


def test_a_fitted_teacher_survives_cross_validation():
    teacher = RandomForestClassifier(10).fit(X, y)
    before = fingerprint(teacher)
    results = cross_validate(distil(teacher), X, y, cv=3, return_estimator=True)
    assert all(one.teacher_ is teacher for one in results["estimator"])
    search = GridSearchCV(distil(teacher), {"alpha": [0.5, 1.0]}, cv=2)
    nested = cross_validate(search, X, y, cv=2, return_estimator=True)
    assert all(one.best_estimator_.teacher_ is teacher for one in nested["estimator"])
    assert fingerprint(teacher) == before


def test_a_fitted_teacher_survives_worker_processes():
    teacher = forest()
    search = GridSearchCV(distil(teacher), {"alpha": [0.5, 1.0]}, cv=2)
    here = clone(search).fit(X, y)
    there = clone(search).set_params(n_jobs=2).fit(X, y)
    assert there.best_estimator_.teacher_ is teacher
    for scores in ("mean_test_score", "split0_test_score"):
        assert_array_equal(there.cv_results_[scores], here.cv_results_[scores])
    assert_array_equal(there.predict_proba(X), here.predict_proba(X))


# ---- as a parameter: a leaf


def test_a_fitted_teacher_is_a_leaf_among_the_parameters():
    def nested(teacher):
        return [n for n in distil(teacher).get_params() if n.startswith("teacher__")]

    assert nested(forest()) == []
    assert nested(FrozenEstimator(forest())) == []
    assert "teacher__n_estimators" in nested(RandomForestClassifier())
    half = make_pipeline(StandardScaler(), FrozenEstimator(forest()))
    assert "teacher__standardscaler__with_mean" in nested(half)
    params = distil(forest()).get_params()
    assert "student__max_iter" in params
    assert "teacher_weights" in params  # a name that only begins alike


@pytest.mark.parametrize("frozen", [False, True])
def test_parameters_of_a_fitted_teacher_cannot_be_set(frozen):
    teacher = FrozenEstimator(forest()) if frozen else forest()
    before = fingerprint(teacher)
    inner = "estimator" if frozen else "n_estimators"
    with pytest.raises(ValueError, match=f"teacher__{inner} cannot be set: .* fitted"):
        distil(teacher).set_params(**{f"teacher__{inner}": 3})
    with pytest.raises(ValueError, match="cannot be set"):
        distil(LogisticRegression()).set_params(
            teacher=teacher, **{f"teacher__{inner}": 3}
        )
    with pytest.raises(ValueError, match="cannot be set"):
        GridSearchCV(distil(teacher), {f"teacher__{inner}": [1]}, cv=2).fit(X, y)
    assert fingerprint(teacher) == before


def test_parameters_of_several_teachers_cannot_be_set():
    with pytest.raises(ValueError, match="there are several teachers"):
        distil([LogisticRegression()]).set_params(teacher__C=1.0)


def test_parameters_of_an_unfitted_teacher_can_be_set():
    distilled = distil(forest())
    distilled.set_params(teacher=RandomForestClassifier(), teacher__n_estimators=3)
    assert distilled.teacher.n_estimators == 3
    search = GridSearchCV(
        distil(RandomForestClassifier()), {"teacher__n_estimators": [2, 4]}, cv=2
    ).fit(X, y)
    chosen = search.best_params_["teacher__n_estimators"]
    assert len(search.best_estimator_.teacher_.estimators_) == chosen


def test_fitted_teachers_as_grid_values():
    """The search clones grid values by itself: only FrozenEstimator keeps them."""
    teacher = forest()
    raw = GridSearchCV(distil(None), {"teacher": [teacher]}, cv=2).fit(X, y)
    assert raw.best_estimator_.teacher_ is not teacher
    frozen = FrozenEstimator(teacher)
    kept = GridSearchCV(distil(None), {"teacher": [frozen]}, cv=2).fit(X, y)
    assert kept.best_estimator_.teacher_.estimator is teacher


# ---- wrappers that re-encode y


ENCODERS = {
    "one-vs-rest": OneVsRestClassifier,
    "one-vs-one": OneVsOneClassifier,
    "bagging": WRAPPERS["bagging"],
    "vote": WRAPPERS["vote"],
    "stack": WRAPPERS["stack"],
}
SPELLINGS = {
    "strings": np.array(["a", "b", "c"])[y],
    "gaps": np.array([3, 7, 9])[y],
    "from one": y + 1,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", ENCODERS)
def test_wrappers_that_re_encode_labels(name, spelling):
    """Bagging makes 0, 1, 2 of any labels: a fitted teacher then fits badly."""
    labels = SPELLINGS[spelling]
    fitted = forest(y=labels)
    with pytest.raises(ValueError, match="re-encoded by a wrapper"):
        ENCODERS[name](distil(fitted)).fit(X, labels)
    unfitted = ENCODERS[name](distil(clone(fitted))).fit(X, labels)
    assert unfitted.score(X, labels) > 0.8


@pytest.mark.parametrize("shift", [1, 2])
def test_permuted_labels_are_warned_about(shift):
    """All classes are there, and each stands for another: only the fit differs."""
    with pytest.warns(UserWarning, match="no higher probability than labels drawn"):
        distil(forest(y=(y + shift) % 3)).fit(X, y)


def test_the_permutation_score_is_exact():
    rng = np.random.default_rng(0)
    proba, codes = rng.dirichlet(np.ones(3), size=6), np.array([0, 0, 1, 1, 2, 2])
    rows = np.arange(6)
    means = [proba[rows, codes[list(p)]].mean() for p in itertools.permutations(rows)]
    expected = (proba[rows, codes].mean() - np.mean(means)) / np.std(means)
    assert permutation_score(proba, codes) == pytest.approx(expected)
    assert permutation_score(np.full((6, 3), 1 / 3), codes) == np.inf


def test_a_teacher_that_is_right_is_not_warned_about():
    """Few rows, a rare class, and a teacher that is little better than chance."""
    rng = np.random.default_rng(0)
    distil(forest()).fit(X[::20], y[::20])
    rare = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:3]]
    distil(forest()).fit(X[rare], y[rare])
    noisy = np.where(rng.random(len(y)) < 0.7, rng.integers(0, 3, len(y)), y)
    distil(forest()).fit(X, noisy)
