"""Regressions that a review found: each test names what it guards."""

import threading

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import HalvingGridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from xgboost import XGBClassifier

from sklearn_kd import DistilledClassifier, MLPStudent, SoftTargets
from sklearn_kd._estimators.routing import weight_parameter

X, y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[y]
FOREST = RandomForestClassifier(20, random_state=0).fit(X, y)


def distil(teacher=None, student=None, **params):
    student = MLPStudent(max_iter=10) if student is None else student
    return on_given_rows(teacher, student, random_state=0, **params)


class Duck:
    """Has what a teacher needs, and nothing of scikit-learn's."""

    def __init__(self, depth=3):
        self.depth = depth
        self.n_fits = 0

    def get_params(self, deep=True):
        return {"depth": self.depth}

    def fit(self, X, y):
        self.n_fits += 1
        self.model_ = RandomForestClassifier(5, random_state=0).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


class Frames(BaseEstimator):
    """Fitted, and answers with a frame: its column names are strings."""

    def __init__(self, make):
        self.make = make

    def predict_proba(self, X):
        proba = FOREST.predict_proba(X)
        return self.make({str(label): proba[:, label] for label in (2, 0, 1)})


def test_a_fitted_teacher_of_no_library_is_not_refitted():
    duck = Duck().fit(X, y)
    model = distil(duck)
    assert clone(model).teacher is duck
    assert model.fit(X, y).teacher_ is duck
    assert duck.n_fits == 1


def test_a_fitted_teacher_without_classes_is_not_refitted_but_asked_about():
    class Silent(BaseEstimator):
        def fit(self, X, y):
            self.n_fits_ = getattr(self, "n_fits_", 0) + 1
            return self

        def predict_proba(self, X):
            return FOREST.predict_proba(X)

    teacher = Silent().fit(X, y)
    with pytest.raises(ValueError, match=r"Pass teacher_classes=\[...\]"):
        distil(teacher).fit(X, y)
    assert teacher.n_fits_ == 1
    assert distil(teacher, teacher_classes=[0, 1, 2]).fit(X, y).teacher_ is teacher


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_a_frame_with_text_columns_names_integer_labels(make):
    class Answers:
        predict_proba = Frames(make).predict_proba

    model = distil(Answers()).fit(X, y)
    reference = distil(FOREST).fit(X, y)
    assert_array_equal(model.predict_proba(X), reference.predict_proba(X))


def test_teacher_classes_count_before_the_codes_of_an_encoded_teacher():
    teacher = XGBClassifier(n_estimators=5).fit(X, y)
    labels = ["setosa", "versicolor", "virginica"]
    model = distil(teacher, teacher_classes=labels).fit(X, NAMES)
    assert model.score(X, NAMES) > 0.9
    with pytest.raises(ValueError, match=r"expected \(n_samples, 2\)"):
        distil(teacher, teacher_classes=labels[:2]).fit(X, NAMES)


def test_several_teachers_are_a_classifier_whose_rows_sum_to_one():
    far = X[:5] + 100
    knows_more = KNeighborsClassifier(1).fit(np.r_[X, far], np.r_[y, [9] * 5])
    teacher = distil([FOREST, knows_more]).fit(X, y).teacher_
    assert is_classifier(teacher)
    assert teacher.score(X, y) > 0.9
    assert_allclose(teacher.predict_proba(np.r_[X[:1], far[:1]]).sum(axis=1), 1)


def test_another_thread_keeps_its_random_stream_while_a_seeded_fit_runs():
    started = threading.Event()

    class Slow(LogisticRegression):
        __module__ = "sklearn.mine"

        def fit(self, X, y, sample_weight=None):
            started.set()
            return super().fit(X, y, sample_weight)

    np.random.seed(7)
    expected = np.random.random(200)
    np.random.seed(7)
    thread = threading.Thread(target=distil(Slow(max_iter=500)).fit, args=(X, y))
    thread.start()
    assert started.wait(10)
    drawn = np.array([np.random.random() for _ in range(200)])
    thread.join()
    assert_array_equal(drawn, expected)


def test_without_early_stopping_validation_rows_are_only_watched():
    params = {"max_iter": 60, "early_stopping": False, "random_state": 0}
    watched = MLPStudent(n_iter_no_change=2, **params)
    watched.fit(X, y, X_val=X, y_val=(y + 1) % 3)
    assert len(watched.validation_loss_curve_) == watched.n_iter_ == 60
    alone = MLPStudent(**params).fit(X, y)
    assert_array_equal(watched.predict_proba(X), alone.predict_proba(X))


SOFT = SoftTargets(FOREST.predict_proba(X), [0, 1, 2])


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        ({"X_val": X}, "both X_val and y_val"),
        ({"y_val": y}, "both X_val and y_val"),
        ({"sample_weight_val": np.ones(150)}, "both X_val and y_val"),
        (
            {
                "X_val": X,
                "y_val": y,
                "soft_targets_val": SoftTargets(SOFT.proba, [0, 1, 2], temperature=2.0),
            },
            "must have the classes, the temperature and the loss",
        ),
    ],
)
def test_validation_rows_are_checked(fit, message):
    with pytest.raises(ValueError, match=message):
        MLPStudent(max_iter=2).fit(X, y, soft_targets=SOFT, **fit)


@pytest.mark.parametrize("sizes", [0, (0,), (2.7,), (-5,), (8, 0)])
def test_hidden_layer_sizes_are_whole_and_positive(sizes):
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        MLPStudent(sizes).fit(X, y)
    assert len(MLPStudent(8, max_iter=1).fit(X, y).coefs_) == 2


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_what_users_set_for_transformers_does_not_reach_the_student(output):
    frame = pd.DataFrame(X, columns=list("abcd")).assign(e=NAMES)
    with sklearn.config_context(transform_output=output):
        sparse = MLPStudent(max_iter=2, random_state=0).fit(csr_matrix(X), y)
        mixed = distil().fit(frame, y)
        assert_array_equal(mixed.teacher_.predict(frame), y)
        assert sparse.predict_proba(csr_matrix(X)).shape == (150, 3)


def test_soft_targets_keep_their_own_copy_and_refuse_what_no_one_can_use():
    proba = np.full((2, 2), 0.5)
    soft = SoftTargets(proba, [0, 1])
    proba[:] = [[1, 0], [1, 0]]
    assert_array_equal(soft.proba, 0.5)
    for classes in ([1, 0], [1, 1]):
        with pytest.raises(ValueError, match="distinct and sorted"):
            SoftTargets(proba, classes)
    with pytest.raises(TypeError, match="sliced by several rows"):
        soft[0]
    strange = SoftTargets(proba, [0, 1], loss="x")
    with pytest.raises(ValueError, match="has loss 'x', expected one of"):
        MLPStudent().fit(X[:2], [0, 1], soft_targets=strange)


def test_soft_targets_may_teach_classes_that_no_label_has():
    student = MLPStudent(random_state=0).fit(X, np.zeros(150, int), soft_targets=SOFT)
    assert student.score(X, y) > 0.9


def test_a_student_with_wrong_parameters_is_refused_before_the_teacher_is_fitted():
    duck = Duck()
    with pytest.raises(ValueError, match="'batch_size' parameter of MLPStudent"):
        distil(duck, MLPStudent(batch_size=-1)).fit(X, y)
    assert duck.n_fits == 0


def test_labels_that_cannot_be_sorted_are_named():
    mixed = np.array(["a", 1] * 75, dtype=object)
    with pytest.raises(ValueError, match="labels that cannot be sorted"):
        distil().fit(X, mixed)
    for gap in (None, np.nan, pd.NA):
        holes = np.array(["a", "b", gap] * 50, dtype=object)
        with pytest.raises(ValueError, match="50 of 150 labels are missing"):
            distil().fit(X, holes)


def test_probabilities_in_another_order_than_the_rows_are_refused():
    frame = pd.DataFrame(X).rename(columns=str)
    proba = pd.DataFrame(FOREST.predict_proba(X))
    rows = frame.sample(frac=1, random_state=0)
    with pytest.raises(ValueError, match="in another order"):
        distil().fit(rows, y[rows.index], teacher_proba=proba)
    aligned = distil().fit(rows, y[rows.index], teacher_proba=proba.loc[rows.index])
    assert aligned.score(frame, y) > 0.9


@pytest.mark.parametrize("part", ["student", "teacher"])
def test_parameters_of_a_default_part_say_what_to_pass(part):
    with pytest.raises(ValueError, match=f"while {part} is None"):
        DistilledClassifier().set_params(**{f"{part}__random_state": 0})


def test_every_search_hands_weights_on():
    search = HalvingGridSearchCV(LogisticRegression(), {"C": [0.1, 1]})
    assert weight_parameter(search) == "sample_weight"


def test_one_missing_value_takes_the_short_way_too():
    holes = X.copy()
    holes[::7, 0] = np.nan
    student = MLPStudent(max_iter=5, random_state=0).fit(holes, y)
    as_objects = student.predict_proba(holes.astype(object))
    assert_array_equal(student.predict_proba(holes), as_objects)
    with pytest.raises(ValueError, match="infinity"):
        student.predict_proba([[np.inf, np.nan, 0.0, 0.0]])
