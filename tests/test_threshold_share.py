"""What a teacher's threshold means is handed on: the share of rows that it flags."""

import numpy as np
import pytest
from given_rows import on_given_rows
from lightgbm import LGBMClassifier
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from teacher_alone import alone

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler
from sklearn_kd._recipe.threshold_rows import threshold_for_share

# of a pool with a teacher of weighted classes
pytestmark = pytest.mark.filterwarnings("ignore:The teacher's weight in the pool")

X, y = make_classification(
    5000, 8, n_informative=5, weights=[0.9], flip_y=0.02, random_state=0
)
X, X_test, y, y_test = X[:1000], X[1000:], y[:1000], y[1000:]
BOOSTER = LGBMClassifier(
    n_estimators=25, class_weight="balanced", verbose=-1, n_jobs=1, random_state=0
)
STUDENT = MLPStudent((16,), max_iter=15, batch_size=64)


def behind(threshold, teacher=BOOSTER, **params):
    return FixedThresholdClassifier(clone(teacher), threshold=threshold, **params)


def distil(teacher, student=STUDENT, **params):
    defaults = {
        "transfer": MungeSampler(4000),
        "decision_threshold": "teacher",
        "random_state": 0,
    }
    return DistilledClassifier(teacher, student, **defaults | params)


def shares(model, label=1):
    """Give the shares of new rows that teacher and student flag."""
    return tuple(
        (one.predict(X_test) == label).mean() for one in (model.teacher_, model)
    )


# ---- on new rows


@pytest.mark.parametrize("threshold", [0.05, 0.5, 0.8, 0.9])
def test_a_student_flags_its_teachers_share_of_new_rows(threshold):
    model = distil(behind(threshold)).fit(X, y)
    theirs, ours = shares(model)
    assert abs(ours - theirs) < 0.15 * theirs
    recall = recall_score(y_test, model.teacher_.predict(X_test))
    assert recall_score(y_test, model.predict(X_test)) > recall - 0.06


def test_not_the_share_of_the_rows_that_the_teacher_was_fitted_on():
    few, noise = slice(500), np.random.default_rng(0).random(500) < 0.05
    labels = np.where(noise, 1 - y[few], y[few])
    booster = clone(BOOSTER).set_params(n_estimators=80)
    model = distil(behind(0.7, booster)).fit(X[few], labels)
    theirs, ours = shares(model)
    assert model.teacher_.predict(X[few]).mean() > 1.2 * theirs
    assert abs(ours - theirs) < 0.15 * theirs


@pytest.mark.parametrize(
    "student",
    [
        LogisticRegression(),
        DecisionTreeClassifier(max_leaf_nodes=40, random_state=0),
        MLPStudent((16,), max_iter=15, early_stopping=False),
        make_pipeline(StandardScaler(), STUDENT),
    ],
    ids=["linear", "tree", "no-validation", "pipeline"],
)
@pytest.mark.parametrize("transfer", ["auto", None])
def test_students_that_learn_from_no_synthetic_row_flag_it_too(student, transfer):
    if transfer == "auto" and not isinstance(student, LogisticRegression):
        transfer = MungeSampler(2000)
    model = distil(behind(0.8), student, transfer=transfer).fit(X, y)
    theirs, ours = shares(model)
    assert abs(ours - theirs) < 0.2 * theirs


@pytest.mark.parametrize(
    "params",
    [
        {"cv": 2},
        {"cv": 2, "objective": alone(calibration="prior")},
        {"cv": 2, "objective": alone(calibration="isotonic")},
        {"cv": 2, "objective": alone(out_of_sample=True)},
        {"alpha": 0.5},
    ],
)
def test_whatever_changes_the_scale_of_the_probabilities(params):
    model = distil(behind(0.8), **params).fit(X, y)
    theirs, ours = shares(model)
    assert abs(ours - theirs) < 0.2 * theirs


def test_further_rows_of_the_user_serve_as_well(capsys):
    model = distil(behind(0.8), transfer=None, verbose=1)
    model.fit(X, y, X_unlabeled=X_test[:2000])
    theirs, ours = (
        one.predict(X_test[:2000]).mean() for one in (model.teacher_, model)
    )
    assert abs(ours - theirs) < 0.001
    assert "of 2000 rows without a label" in capsys.readouterr().out


def test_a_forest_behind_a_threshold_has_out_of_bag_predictions():
    forest = RandomForestClassifier(60, random_state=0)
    alike = {"objective": "fidelity"}
    plain = distil(forest, decision_threshold=0.5, **alike).fit(X, y)
    model = distil(behind(0.3, forest), **alike).fit(X, y)
    assert_array_equal(model.predict_proba(X_test), plain.predict_proba(X_test))
    theirs, ours = shares(model)
    assert abs(ours - theirs) < 0.15 * theirs


def test_sparse_rows_have_the_labelled_ones_with_out_of_bag_predictions():
    """The share among the rows that the forest was fitted on is that of the labels."""
    forest = RandomForestClassifier(60, random_state=0)
    model = distil(behind(0.6, forest), LogisticRegression(), transfer="auto")
    model.fit(csr_matrix(X), y)
    theirs = model.teacher_.predict(X_test).mean()
    assert model.teacher_.predict(X).mean() > 1.3 * theirs
    assert abs(model.predict(csr_matrix(X_test)).mean() - theirs) < 0.2 * theirs


# ---- the class, and the kind of threshold


def test_a_threshold_for_the_first_class_and_labels_of_another_type():
    words = np.array(["bad", "good"])
    teacher = behind(0.8, pos_label="bad")
    model = distil(teacher).fit(X, words[1 - y])
    assert model.student_.pos_label == "bad"
    theirs, ours = shares(model, "bad")
    assert abs(ours - theirs) < 0.15 * theirs
    number = distil(behind(0.8)).fit(X, y)
    assert abs(number.predict(X_test).mean() - ours) < 0.01


def test_a_threshold_on_scores_is_handed_on_too():
    for value in (0.5, 2.0):
        scores = behind(value, response_method="decision_function")
        same = behind(1 / (1 + np.exp(-value)))
        one, other = (
            distil(teacher, objective="fidelity").fit(X, y)
            for teacher in (scores, same)
        )
        assert_array_equal(one.teacher_.predict(X_test), other.teacher_.predict(X_test))
        assert abs(one.student_.threshold - other.student_.threshold) < 0.01


def test_a_tuned_threshold_with_folds():
    teacher = TunedThresholdClassifierCV(clone(BOOSTER), cv=2, random_state=0)
    model = distil(teacher, cv=2).fit(X, y)
    theirs, ours = shares(model)
    assert abs(ours - theirs) < 0.15 * theirs


# ---- weights, and the same again


def test_rows_of_weight_0_are_absent():
    weight = np.ones(len(y))
    weight[::5] = 0
    kept = weight > 0
    one = distil(behind(0.8)).fit(X, y, sample_weight=weight)
    other = distil(behind(0.8)).fit(X[kept], y[kept])
    assert one.student_.threshold == other.student_.threshold


def test_the_teachers_share_is_one_by_weight():
    """The rows that count are flagged more often than those that hardly do."""
    rng = np.random.default_rng(0)
    rows = np.c_[np.repeat([0.0, 1.0], 300), rng.random(600)]
    heavy = rows[:, 0] > 0
    labels = rng.random(600) < np.where(heavy, rows[:, 1], rows[:, 1] ** 4)
    teacher = behind(0.5, LogisticRegression()).fit(rows, labels)
    model = on_given_rows(
        teacher,
        DecisionTreeClassifier(max_leaf_nodes=6, random_state=0),
        decision_threshold="teacher",
        random_state=0,
    ).fit(rows, labels, sample_weight=np.where(heavy, 1.0, 0.001))
    theirs, ours = (one.predict(rows[heavy]).mean() for one in (teacher, model))
    assert abs(ours - theirs) < 0.05


def test_the_same_seed_gives_the_same_threshold():
    one, other = (
        distil(behind(0.8), LogisticRegression(), transfer=None).fit(X, y)
        for _ in range(2)
    )
    assert one.student_.threshold == other.student_.threshold


def test_a_line_says_what_was_found(capsys):
    model = distil(behind(0.9), verbose=1).fit(X, y)
    line = next(
        line for line in capsys.readouterr().out.splitlines() if "flags" in line
    )
    assert "of 4000 rows without a label" in line
    assert f"{model.student_.threshold:.4g}" in line


def test_of_many_rows_a_sample_is_enough(monkeypatch):
    monkeypatch.setattr("sklearn_kd._recipe.threshold_rows.MADE_ROWS", 700)
    model = distil(behind(0.8), LogisticRegression(), transfer=None).fit(X, y)
    theirs, ours = shares(model)
    assert abs(ours - theirs) < 0.25 * theirs


# ---- where no synthetic row can be labelled


class Touchy(ClassifierMixin, BaseEstimator):
    """A teacher that predicts the rows it was fitted on, and raises at any others."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.known_ = set(map(tuple, X.tolist()))
        self.inner_ = LogisticRegression().fit(X, y)
        return self

    def predict_proba(self, X):
        if not set(map(tuple, X.tolist())) <= self.known_:
            raise KeyError("unknown row")
        return self.inner_.predict_proba(X)


def test_a_teacher_that_refuses_synthetic_rows_is_compared_on_the_labelled_ones():
    model = distil(behind(0.3, Touchy()), LogisticRegression(), transfer=None)
    with pytest.warns(
        UserWarning, match="synthetic rows, the teacher Fixed.* raises KeyError"
    ) as caught:
        model.fit(X, y)
    assert caught[0].filename == __file__
    assert (model.predict(X) == 1).mean() == (model.teacher_.predict(X) == 1).mean()


# ---- the threshold for a share


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, 0.95), (0.2, 0.75), (0.3, 0.75), (0.5, 0.45), (0.89, 0.2), (1, 0.05)],
)
def test_ties_are_flagged_together_and_the_share_is_met_as_nearly_as_may_be(
    share, expected
):
    proba = np.repeat([0.9, 0.6, 0.3, 0.1], [2, 3, 4, 1])
    found = threshold_for_share(proba, share, np.ones(10))
    assert found == pytest.approx(expected)


def test_a_share_is_met_by_weight():
    proba, weight = np.array([0.8, 0.6, 0.4, 0.2]), np.array([1.0, 1.0, 2.0, 4.0])
    assert threshold_for_share(proba, 0.5, weight) == pytest.approx(0.3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_neighbouring_floats_are_told_apart(dtype):
    low = dtype(0.3)
    high = np.nextafter(low, dtype(1))
    found = threshold_for_share(np.array([low, high, high]), 2 / 3, np.ones(3))
    assert_array_equal(np.array([low, high], dtype=dtype) >= found, [False, True])


def test_no_row_and_every_row():
    ones = np.ones(5)
    assert (np.linspace(0.6, 1, 5) < threshold_for_share(ones, 0, ones)).all()
    assert threshold_for_share(0 * ones, 1, ones) == 0
    assert threshold_for_share(0 * ones, 0, ones) > 0


@pytest.mark.parametrize(("threshold", "share"), [(1.1, 0), (0.0, 1)])
def test_a_teacher_that_flags_no_row_or_every_row(threshold, share):
    model = distil(behind(threshold)).fit(X, y)
    assert shares(model) == (share, share)
