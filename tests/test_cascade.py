"""A cascade: its promise, exact counts, and who answers which row."""

import numpy as np
import pandas as pd
import pytest
from cascades import (
    FOREST,
    LOGISTIC,
    STUDENT,
    X_NEW,
    Y_NEW,
    Asked,
    Differing,
    Written,
    X,
    Y,
    written,
)
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix, issparse
from scipy.stats import binom
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from teacher_alone import alone

from sklearn_kd import CascadeClassifier, DistilledClassifier, MLPStudent
from sklearn_kd.cascade._threshold import GRID, choose_threshold, rows_needed
from sklearn_kd.metrics._bounds import clopper_pearson_upper

NONE_ANSWERED = "ignore:The teacher answers every row"


def cascade(budget=0.05, student=STUDENT, teacher=FOREST, **params):
    return CascadeClassifier(student, teacher, max_disagreement=budget, **params)


# ---- the promise


def test_of_many_calibrations_as_few_break_the_budget_as_promised():
    """Labels differ with probability .4 (1 - certainty), which is uniform on [.5, 1].

    So at a threshold t of at least .5 the true disagreement is .4 (1 - t)**2.
    """
    rng, budget, n_sets = np.random.default_rng(0), 0.02, 2000
    broken = broken_without_bound = 0
    shares = []
    for _ in range(n_sets):
        certainty = rng.uniform(0.5, 1, size=600)
        differs = rng.random(600) < 0.4 * (1 - certainty)
        chosen = choose_threshold(certainty, differs, np.ones(600), budget, 0.9)
        shares.append(chosen.share)
        broken += 0.4 * (1 - max(chosen.threshold, 0.5)) ** 2 > budget
        # what a threshold by the counted share itself would do
        at = np.array([differs[certainty >= t].sum() / 600 for t in GRID[15:100:5]])
        naive = GRID[15:100:5][(at <= budget).argmax()]
        broken_without_bound += 0.4 * (1 - max(naive, 0.5)) ** 2 > budget
    assert broken <= binom.ppf(0.999, n_sets, 0.1)
    assert broken > 0.02 * n_sets  # the bound is no wider than it has to be
    assert broken_without_bound > 0.3 * n_sets
    assert np.mean(shares) > 0.3  # of .45 at the true threshold


def test_the_promise_holds_where_all_rows_are_alike():
    """The student is as sure of each row: it may answer all of them, or none."""
    rng, n_sets, n_rows = np.random.default_rng(1), 2000, 150
    differs = rng.random((n_sets, n_rows)) < 0.05
    certainty, weight = np.full(n_rows, 0.8), np.ones(n_rows)
    answered = [
        choose_threshold(certainty, one, weight, 0.049, 0.95).share for one in differs
    ]
    assert set(answered) == {0, 1}
    assert np.sum(answered) <= binom.ppf(0.999, n_sets, 0.05)


# ---- counts


def test_counts_and_bound_are_those_of_the_calibration_rows():
    model = cascade().fit(X_NEW)
    answered = model.student_answers(X_NEW)
    wrong = model.predict(X_NEW) != FOREST.predict(X_NEW)
    assert model.n_calibration_rows_ == len(X_NEW)
    assert model.student_share_ == pytest.approx(answered.mean())
    assert 0.3 < model.student_share_ < 1
    assert model.disagreement_ == pytest.approx(wrong.mean())
    assert model.student_disagreement_ == pytest.approx(wrong[answered].mean())
    bound = clopper_pearson_upper(wrong.sum(), len(X_NEW), 0.95)
    assert model.disagreement_bound_ == pytest.approx(bound)
    assert bound <= 0.05


def test_the_next_lower_threshold_is_beyond_the_budget():
    model = cascade().fit(X_NEW)
    lower = GRID[np.searchsorted(GRID, model.threshold_) - 1]
    certainty = STUDENT.predict_proba(X_NEW).max(axis=1)
    labels, of_teacher = STUDENT.predict(X_NEW), FOREST.predict(X_NEW)
    wrong = np.sum((labels != of_teacher) & (certainty >= lower))
    assert clopper_pearson_upper(wrong, len(X_NEW), 0.95) > 0.05


def test_a_larger_budget_leaves_more_rows_to_the_student():
    shares = [cascade(b).fit(X_NEW).student_share_ for b in (0.02, 0.05, 0.1, 0.5)]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    less = cascade(0.05, confidence=0.5).fit(X_NEW)
    assert less.student_share_ > cascade(0.05).fit(X_NEW).student_share_


def test_the_grid_is_ascending_and_reaches_both_ends():
    assert GRID[0] == 0
    assert GRID[-1] == np.inf
    assert (np.diff(GRID[:-1]) > 0).all()
    assert 1 - GRID[-2] == pytest.approx(1e-12, rel=1e-3)


def test_just_as_many_rows_as_it_takes():
    assert rows_needed(0.01, 0.95) == 299
    rows = written(0.9, np.zeros(299))
    enough = CascadeClassifier(Written(), Differing()).fit(rows)
    assert enough.threshold_ == 0
    assert enough.disagreement_bound_ <= 0.01
    few = CascadeClassifier(Written(), Differing())
    with pytest.warns(UserWarning, match="298 calibration rows are too few .*299 rows"):
        few.fit(rows[:298])
    assert few.threshold_ == np.inf
    assert few.student_share_ == few.disagreement_ == few.disagreement_bound_ == 0
    assert np.isnan(few.student_disagreement_)


def test_a_student_that_always_differs_answers_nothing():
    model = CascadeClassifier(Written(), Differing())
    rows = written(0.9, np.ones(500))
    with pytest.warns(UserWarning, match="differs from it too often"):
        model.fit(rows)
    assert not model.student_answers(rows).any()
    assert_array_equal(model.predict(rows), 0)


def test_rows_of_weight_0_are_absent():
    weight = np.arange(len(X_NEW)) % 3 > 0
    weighted = cascade().fit(X_NEW, sample_weight=weight)
    taken = cascade().fit(X_NEW[weight])
    assert weighted.threshold_ == taken.threshold_
    assert weighted.disagreement_bound_ == taken.disagreement_bound_
    assert weighted.n_calibration_rows_ == weight.sum()


def test_unequal_weights_count_as_fewer_rows():
    rows = written(0.9, np.arange(400) < 2)
    weight = np.where(np.arange(400) < 200, 1.0, 3.0)
    model = CascadeClassifier(Written(), Differing(), max_disagreement=0.05)
    model.fit(rows, sample_weight=weight)
    n_effective = 800**2 / (200 + 9 * 200)
    share = 2 / 800
    assert model.disagreement_ == share
    assert model.disagreement_bound_ == pytest.approx(
        clopper_pearson_upper(share * n_effective, n_effective)
    )
    same = model.fit(rows, sample_weight=np.full(400, 1e-3)).disagreement_bound_
    assert same == model.fit(rows).disagreement_bound_
    with pytest.warns(UserWarning, match=r"with their weights, as many as 1\.0"):
        model.fit(rows, sample_weight=np.where(np.arange(400) == 5, 1e9, 1.0))


# ---- who answers


def test_each_row_has_the_answer_of_one_of_the_two_to_the_bit():
    model = cascade().fit(X_NEW)
    by_student = model.student_answers(X_NEW)[:, None]
    expected = np.where(
        by_student, STUDENT.predict_proba(X_NEW), FOREST.predict_proba(X_NEW)
    )
    assert_array_equal(model.predict_proba(X_NEW), expected)
    assert_array_equal(
        model.predict_log_proba(X_NEW),
        np.log(np.maximum(expected, np.finfo(float).tiny)),
    )
    expected = np.where(by_student[:, 0], STUDENT.predict(X_NEW), FOREST.predict(X_NEW))
    assert_array_equal(model.predict(X_NEW), expected)
    assert model.score(X_NEW, Y_NEW) == np.mean(expected == Y_NEW)
    assert model.score(X_NEW, Y_NEW) > 0.9


def test_the_teacher_is_asked_only_about_its_rows():
    teacher = Asked(FOREST)
    model = cascade(teacher=teacher).fit(X_NEW)
    answered = model.student_answers(X_NEW)
    for method in (model.predict, model.predict_proba):
        teacher.asked.clear()
        method(X_NEW)
        (asked,) = teacher.asked
        assert_array_equal(asked, X_NEW[~answered])
        teacher.asked.clear()
        method(X_NEW[answered])
        assert not teacher.asked
        method(X_NEW[~answered])
        assert len(teacher.asked) == 1
    model.student_answers(X_NEW)
    model.expected_cost(X_NEW, costs=(1, 2))
    assert len(teacher.asked) == 1


@pytest.mark.filterwarnings(NONE_ANSWERED)
def test_a_student_that_answers_nothing_is_not_asked():
    student = Asked(STUDENT)
    model = cascade(1e-6, student=student).fit(X_NEW)
    student.asked.clear()
    assert_array_equal(model.predict(X_NEW), FOREST.predict(X_NEW))
    assert_array_equal(model.predict_proba(X_NEW), FOREST.predict_proba(X_NEW))
    assert not student.asked
    assert model.expected_cost(X_NEW, costs=(1, 2))["cascade"] == 2


def test_frames_and_sparse_rows_reach_both_as_they_are():
    frame = pd.DataFrame(X_NEW).rename(columns="p{}".format)
    fitted = pd.DataFrame(X).rename(columns="p{}".format)
    named = GaussianNB().fit(fitted, Y)
    teacher = Asked(named)
    model = cascade(
        0.3,
        STUDENT.__class__((16,), max_iter=20, random_state=0).fit(fitted, Y),
        teacher,
    )
    model.fit(frame).predict(frame)
    assert all(isinstance(asked, pd.DataFrame) for asked in teacher.asked)
    assert list(model.feature_names_in_) == list(frame)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[::-1].rename(columns={"p0": "other"}))
    logistic = LogisticRegression(max_iter=50, tol=0.1).fit(csr_matrix(X), Y)
    teacher = Asked(logistic)
    model = cascade(0.3, clone(LOGISTIC).fit(csr_matrix(X), Y), teacher).fit(
        csr_matrix(X_NEW)
    )
    model.predict(csr_matrix(X_NEW))
    assert all(map(issparse, teacher.asked))


def test_levels_and_missing_values():
    frame = pd.DataFrame({"word": ["a", "b", None, "c"] * 150, "n": np.arange(600.0)})
    frame.loc[::7, "n"] = np.nan
    y = np.where(frame["word"] == "a", "yes", "no")
    teacher = make_pipeline(OrdinalEncoder(), RandomForestClassifier(5, random_state=0))
    teacher.fit(frame, y)
    student = MLPStudent((8,), max_iter=10, random_state=0).fit(frame, y)
    model = CascadeClassifier(student, teacher).fit(frame)
    assert_array_equal(model.predict(frame[:8]), y[:8])
    assert model.predict(frame[:8]).dtype == model.classes_.dtype


def test_texts():
    texts = ["good film", "bad film", "so good", "so bad"] * 100
    y = np.array([1, 0] * 200)
    models = [
        make_pipeline(TfidfVectorizer(), LogisticRegression(C=c)).fit(texts, y)
        for c in (10, 1)
    ]
    model = CascadeClassifier(*models).fit(texts)
    assert_array_equal(model.predict(["so good", "bad film"]), [1, 0])


# ---- labels


def test_classes_are_those_of_both():
    student = clone(LOGISTIC).fit(X[Y < 8], Y[Y < 8])
    teacher = GaussianNB().fit(X[Y > 0], Y[Y > 0])
    model = cascade(0.25, student, teacher).fit(X_NEW)
    assert_array_equal(model.classes_, np.arange(10))
    answered = model.student_answers(X_NEW)
    assert 0 < answered.mean() < 1
    proba = model.predict_proba(X_NEW)
    assert proba.shape == (len(X_NEW), 10)
    assert not proba[answered, 8:].any()
    assert not proba[~answered, 0].any()
    assert_array_equal(proba[answered, :8], student.predict_proba(X_NEW[answered]))
    assert_array_equal(proba[~answered, 1:], teacher.predict_proba(X_NEW[~answered]))
    assert_array_equal(model.classes_[proba.argmax(axis=1)], model.predict(X_NEW))


@pytest.mark.parametrize("has_classes", [True, False])
def test_longer_names_of_the_teacher_are_not_cut(has_classes):
    student, teacher = Written(["a", "no"]), Differing(["b", "no"])
    if has_classes:
        teacher.classes_ = np.array(["b", "certainly", "no"])
    differs = (np.arange(500) < 200) & (np.arange(500) % 2 == 0)
    rows = written(np.linspace(0.5, 1, 500), differs)
    model = cascade(0.02, student, teacher).fit(rows)
    teacher.labels = "certainly", "no"
    labels, answered = model.predict(rows), model.student_answers(rows)
    assert set(labels[~answered]) == {"certainly", "no"}
    assert set(labels[answered]) == {"no"}


def test_labels_that_are_never_equal_are_refused():
    coded = GaussianNB().fit(X, Y)
    named = GaussianNB().fit(X, Y.astype(str))
    with pytest.raises(ValueError, match="never have the same label: predict of the"):
        CascadeClassifier(named, coded).fit(X_NEW)


def test_thresholds_decide_the_labels_that_are_compared():
    two, new = Y < 2, Y_NEW < 2
    inner = MLPStudent((4,), max_iter=3, random_state=0).fit(X[two], Y[two])
    teacher = GaussianNB().fit(X[two], Y[two])
    own = DistilledClassifier(
        teacher, inner, decision_threshold=0.2, transfer=None, objective=alone()
    ).fit(X[two], Y[two])
    users = FixedThresholdClassifier(FrozenEstimator(inner), threshold=0.2, pos_label=1)
    for student in (own, users.fit(X[two], Y[two])):
        model = cascade(0.9, student, teacher).fit(X_NEW[new])
        assert model.threshold_ == 0
        assert_array_equal(model.predict(X_NEW[new]), student.predict(X_NEW[new]))
        few = cascade(0.05, student, teacher).fit(X_NEW[new])
        answered = few.student_answers(X_NEW[new])
        labels, proba = student.predict(X_NEW[new]), student.predict_proba(X_NEW[new])
        certainty = np.where(labels == 1, proba[:, 1], proba[:, 0])
        assert_array_equal(answered, certainty >= few.threshold_)


def test_a_teacher_without_probabilities_predicts_labels():
    rows = written(np.linspace(0.5, 1, 500), np.arange(500) < 20)
    model = CascadeClassifier(Written(), Differing(), max_disagreement=0.02).fit(rows)
    assert_array_equal(
        model.predict(rows) == 0, ~model.student_answers(rows) & rows[:, 1].astype(bool)
    )
    assert 0.5 < model.student_share_ < 1
    assert not hasattr(model, "predict_proba")
    assert not hasattr(model, "predict_log_proba")
    assert_array_equal(model.classes_, [0, 1])


# ---- what a row costs


def test_every_row_costs_the_student_and_some_the_teacher():
    model = cascade().fit(X_NEW)
    share = model.student_answers(X_NEW[:300]).mean()
    cost = model.expected_cost(X_NEW[:300], costs=(1, 50))
    assert cost == {
        "student_share": pytest.approx(share),
        "student": 1,
        "teacher": 50,
        "cascade": pytest.approx(1 + 50 * (1 - share)),
    }
    timed = model.expected_cost(X_NEW[:300])
    assert 0 < timed["student"] < timed["cascade"] < timed["teacher"]


@pytest.mark.parametrize(
    ("costs", "match"),
    [
        (3, "costs must be the costs of student and teacher"),
        ((1, 2, 3), "costs must be"),
        ((1, "2"), r"costs\[1\] must be a number"),
        ((-1, 2), r"costs\[0\] must be at least 0"),
    ],
)
def test_costs_are_two_numbers(costs, match):
    model = cascade().fit(X_NEW)
    with pytest.raises((TypeError, ValueError), match=match):
        model.expected_cost(X_NEW, costs=costs)
