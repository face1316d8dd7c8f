"""Steps that resample rows, in the pipelines of teachers and of students."""

import numpy as np
import pytest
from labelled import labelled
from numpy.testing import assert_allclose
from recorder import Recorder
from refusals import refused
from resamplers import BalancedForest, Oversampler, Reverser, resampling
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from teacher_alone import alone
from untouched import Unfitted

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler
from sklearn_kd.teachers import Context
from sklearn_kd.teachers.out_of_sample._bagged import bagged_members, may_be_bagged

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
#: As many rows of each class, so that resampling may keep their number; a fifth noise.
y = np.where(RNG.random(200) < 0.2, np.arange(200) % 2, X[:, 0] > np.median(X[:, 0]))
y = y.astype(int)
y[np.flatnonzero(y == y.mean().round())[: abs(int(2 * y.sum() - 200)) // 2]] ^= 1
FOREST = RandomForestClassifier(20, random_state=0)
TREE = DecisionTreeClassifier(random_state=0)
STUDENT = MLPStudent((4,), max_iter=2)


def distil(teacher, student=STUDENT, **params):
    params = {"transfer": MungeSampler(300), "random_state": 0} | params
    return DistilledClassifier(teacher, student, **params)


def teachers(step):
    behind = resampling(step, FOREST)
    return {
        "plain": behind,
        "behind a scaler": resampling(step, FOREST, StandardScaler(), "passthrough"),
        "nested": make_pipeline(StandardScaler(), behind),
        "with a threshold": FixedThresholdClassifier(behind, threshold=0.5),
        "a bag": resampling(step, BaggingClassifier(TREE, 10, random_state=0)),
    }


@pytest.mark.parametrize("step", [Oversampler(), Reverser()], ids=["more", "as many"])
@pytest.mark.parametrize("kind", teachers(None))
def test_behind_a_step_that_resamples_there_is_no_out_of_bag_part(kind, step):
    rows, teacher = labelled(X, y, np.arange(2)), teachers(step)[kind]
    assert np.bincount(y).tolist() == [100, 100]
    assert not may_be_bagged(teacher)
    fitted = clone(teacher).fit(X, y)
    for one in (fitted, FrozenEstimator(fitted)):
        assert not may_be_bagged(one)
        for fitted_here in (False, True):
            assert bagged_members(one, *rows, None, fitted_here=fitted_here) is None
    for one in (teacher, fitted):
        model = distil(one).fit(X, y)
        assert model.predict_proba(X).shape == (200, 2)


@pytest.mark.parametrize("step", [Oversampler(), Reverser()], ids=["more", "as many"])
@pytest.mark.parametrize(
    "params",
    [
        {"objective": alone(out_of_sample=True)},
        {"objective": alone(calibration="prior")},
    ],
)
def test_what_needs_an_out_of_bag_part_is_refused_before_the_teacher(step, params):
    teacher = resampling(step, FOREST)
    with refused(ValueError, "out of sample.*unfitted with cv="):
        distil(teacher, **params).fit(X, y)
    assert not hasattr(teacher.steps[0][1], "sampling_strategy_")
    model = distil(teacher, cv=3, **params).fit(X, y)
    assert model.score(X, y) > 0.4


def test_cross_fitting_resamples_the_rows_of_each_fold():
    teacher = resampling(Oversampler(), FOREST, StandardScaler())
    splits = list(StratifiedKFold(3).split(X, y))
    model = distil(
        teacher, Recorder(), cv=splits, transfer=None, objective="fidelity"
    ).fit(X, y)
    expected = np.empty((200, 2))
    for train, test in splits:
        fold = clone(teacher).fit(X[train], y[train])
        expected[test] = fold.predict_proba(X[test])
    assert_allclose(model.student_.soft_.proba, expected, atol=1e-6)


def test_a_balanced_forest_does_not_say_which_rows_a_tree_has_seen():
    forest = BalancedForest(random_state=0)
    assert not may_be_bagged(forest)
    rows = labelled(X, y, np.arange(2))
    assert bagged_members(forest.fit(X, y), *rows, None, fitted_here=True) is None
    with refused(ValueError, "out of sample"):
        distil(forest, objective=alone(calibration="prior")).fit(X, y)


def test_bagging_of_pipelines_that_resample_has_out_of_bag_predictions():
    bagging = BaggingClassifier(resampling(Oversampler(), TREE), 20, random_state=0)
    bagging.fit(X, y)
    bag = bagged_members(bagging, *labelled(X, y, np.arange(2)), None)
    answers = bag.label(X, np.arange(200), Context())
    total, count = np.zeros((200, 2)), np.zeros((200, 1))
    for member, rows in zip(
        bagging.estimators_, bagging.estimators_samples_, strict=True
    ):
        left_out = np.setdiff1d(np.arange(200), rows)
        again = clone(member).fit(X[rows], y[rows])
        total[left_out] += again.predict_proba(X[left_out])
        count[left_out] += 1
    known = count[:, 0] > 0
    assert known.sum() > 190
    assert_allclose(answers[known], (total / count.clip(1))[known], atol=1e-6)


def test_a_bag_whose_members_resample_all_rows_has_no_out_of_bag_part():
    # the weights by which such bagging samples reach the calibration alone
    inner = CalibratedClassifierCV(resampling(Oversampler(), TREE), cv=2)
    bagging = BaggingClassifier(inner, 5, random_state=0)
    assert not may_be_bagged(bagging)
    weighed = resampling(Reverser(), LogisticRegression())
    with config_context(enable_metadata_routing=True):
        assert may_be_bagged(BaggingClassifier(weighed, 5))
        weighed.steps[-1][1].set_fit_request(sample_weight=True)
        assert not may_be_bagged(BaggingClassifier(weighed, 5))


@pytest.mark.parametrize("routed", [False, True])
def test_a_teacher_that_resamples_is_fitted_without_weights_and_says_so(routed):
    weight, forest = RNG.uniform(0.5, 2, 200), clone(FOREST)
    with config_context(enable_metadata_routing=routed):
        student = MLPStudent((4,), max_iter=2)
        if routed:
            forest.set_fit_request(sample_weight=True)
            student.set_fit_request(sample_weight=True)
        model = distil(resampling(Oversampler(), forest), student)
        if routed:
            model.set_fit_request(sample_weight=True)
        with pytest.warns(UserWarning, match="takes no sample_weight"):
            model.fit(X, y, sample_weight=weight)
        proba = model.teacher_.predict_proba(X)
    alone = resampling(Oversampler(), FOREST).fit(X, y)
    assert_allclose(proba, alone.predict_proba(X))


@pytest.mark.parametrize("alpha", [1.0, 0.0])
@pytest.mark.parametrize(
    ("student", "name"),
    [
        (resampling(Oversampler(), LogisticRegression()), "resampler"),
        (resampling(Reverser(), MLPStudent()), "resampler"),
        (
            make_pipeline(StandardScaler(), resampling(Reverser(), TREE)),
            "resamplingpipeline__resampler",
        ),
        (CalibratedClassifierCV(resampling(Oversampler(), TREE)), "resampler"),
        (
            GridSearchCV(resampling(Oversampler(), TREE), {"last__max_depth": [2]}),
            "resampler",
        ),
    ],
    ids=["weights", "soft targets", "nested", "calibrated", "search"],
)
def test_a_student_that_resamples_is_refused_by_the_name_of_the_step(
    student, name, alpha
):
    model = DistilledClassifier(Unfitted(), student, alpha=alpha)
    with refused(TypeError, f"step '{name}'.*(Oversampler|Reverser).*Leave it out"):
        model.fit(X, y)


@pytest.mark.parametrize(
    ("student", "message"),
    [
        (BalancedForest(5), "BalancedForest draws the rows of its members"),
        (
            make_pipeline(StandardScaler(), BalancedForest(5)),
            "Pipeline holds a BalancedForest, which resamples rows",
        ),
    ],
)
def test_a_student_that_balances_its_members_is_refused(student, message):
    with refused(TypeError, message):
        distil(Unfitted(), student).fit(X, y)
