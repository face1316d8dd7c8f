"""``transfer=``: what the student learns about synthetic and training rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Validated
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from synthetic_rows import BOOSTER, FOREST, Shifted, X, rows_of, y
from teacher_alone import alone, distil

from sklearn_kd import MLPStudent, Pool
from sklearn_kd._rows import TransferSet
from sklearn_kd._task import Classification
from sklearn_kd.students import split_validation
from sklearn_kd.transfer import MungeSampler

# ---- what they are made of


@pytest.mark.parametrize("transfer", [Shifted(), MungeSampler(2000)], ids=type)
def test_no_synthetic_row_is_made_of_a_validation_row(transfer):
    distilled = distil(FOREST, Validated(), transfer=transfer, random_state=5)
    student = distilled.fit(X, y).student_
    kept = set(student.X_val_[:, 0])
    assert len(kept) == 60
    every = TransferSet(X, Classification(np.array([0, 1])), y, np.ones(len(y)))
    train, validation = split_validation(Validated(random_state=5), every, True)
    assert kept == set(validation.X[:, 0])
    synthetic = student.X_[len(train.X) :]
    assert len(synthetic) == distilled.n_transfer_rows_
    if isinstance(transfer, Shifted):
        assert set(synthetic[:, 0]) == set(train.X[:, 0])
    else:  # values that are not rounded away are those of training rows, or drawn
        same = np.isin(synthetic[:, 1], X[:, 1])
        assert 0.4 < same.mean() < 0.9
        assert not np.isin(synthetic[same, 1], validation.X[:, 1]).any()


def test_rows_of_weight_0_are_no_sources():
    weight = np.ones(len(y))
    weight[:50] = 0
    student, _ = rows_of(fit_params={"sample_weight": weight})
    assert set(student.X_[:, 0]) == set(X[50:, 0])


def test_the_weight_of_a_synthetic_row_is_that_of_its_source():
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    student, _ = rows_of(alpha=0.7, fit_params={"sample_weight": weight})
    assert_allclose(student.weight_[: len(X)], 0.3 * weight)
    assert_allclose(student.weight_[len(X) :], 0.7 * np.r_[weight, weight])


def test_unlabelled_rows_come_after_the_synthetic_ones():
    student, distilled = rows_of(fit_params={"X_unlabeled": X[:7] + 1})
    assert distilled.n_transfer_rows_ == 2 * len(X) + 7
    assert_array_equal(student.X_[-7:], X[:7] + 1)
    assert_allclose(student.soft_.proba, BOOSTER.predict_proba(student.X_), atol=1e-7)
    assert student.weight_ is None or (student.weight_ == 1).all()


# ---- what becomes of the training rows


def test_beside_a_booster_they_are_left_out():
    student, _ = rows_of(BOOSTER)
    assert not np.isin(student.X_[:, 1], X[:, 1]).any()


def test_beside_a_booster_their_labels_stay_at_the_weight_of_the_hard_term():
    student, _ = rows_of(BOOSTER, alpha=0.7)
    assert_array_equal(student.X_[: len(X)], X)
    assert_array_equal(student.y_[: len(X)], y)
    assert_array_equal(student.soft_.row_alpha, np.repeat([0, 1], [len(X), 2 * len(X)]))
    assert_allclose(student.weight_, np.repeat([0.3, 0.7], [len(X), 2 * len(X)]))


@pytest.mark.parametrize("alpha", [1.0, 0.7])
def test_beside_a_forest_they_have_out_of_bag_targets(alpha):
    forest = clone(FOREST).set_params(oob_score=True).fit(X, y)
    student, _ = rows_of(forest, alpha=alpha)
    assert_array_equal(student.X_[: len(X)], X)
    assert len(student.X_) == 3 * len(X)
    soft = student.soft_[: len(X)]
    assert_allclose(soft.proba, forest.oob_decision_function_, atol=1e-6)
    assert_array_equal(soft.row_alpha, alpha)
    weight = np.ones(3 * len(X)) if student.weight_ is None else student.weight_
    assert_allclose(weight, np.repeat([1, alpha], [len(X), 2 * len(X)]))


def test_without_synthetic_rows_they_have_the_targets_of_all_trees():
    student, _ = rows_of(FOREST, transfer=None)
    assert_allclose(student.soft_.proba, FOREST.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("out_of_sample", [True, False, "auto"])
def test_with_cv_they_have_out_of_fold_targets(out_of_sample):
    teacher = DecisionTreeClassifier(max_depth=3, random_state=0)
    folds = StratifiedKFold(3)
    student, _ = rows_of(
        teacher, cv=folds, objective=alone(out_of_sample=out_of_sample)
    )
    assert_array_equal(student.X_[: len(X)], X)
    expected = np.empty((len(X), 2))
    for train, test in folds.split(X, y):
        expected[test] = clone(teacher).fit(X[train], y[train]).predict_proba(X[test])
    assert_allclose(student.soft_.proba[: len(X)], expected, atol=1e-6)


def test_a_booster_beside_a_forest_has_seen_them_too():
    student, _ = rows_of([FOREST, BOOSTER])
    assert len(student.X_) == 2 * len(X)


# ---- strange rows, strange students


class Partly:
    """A fitted teacher with one more class, which has all mass far to the right."""

    classes_ = np.array([0, 1, 2])

    def predict_proba(self, X):
        known = BOOSTER.predict_proba(X)
        far = (X[:, 1] > 100)[:, None]
        return np.where(far, [0, 0, 1], np.c_[known, np.zeros(len(X))])


class Jumping(Shifted):
    def sample(self):
        X_new, source = super().sample()
        X_new[::10, 1] += 1000
        return X_new, source


@pytest.mark.parametrize("objective", ["fidelity", Pool(student=False)], ids=str)
def test_rows_of_classes_that_are_not_in_y_are_left_out(objective):
    message = "classes that are not in y for 60 of 600 synthetic rows: they are left"
    with pytest.warns(UserWarning, match=message):
        student, distilled = rows_of(Partly(), transfer=Jumping(), objective=objective)
    assert distilled.n_transfer_rows_ == 540
    assert student.X_[:, 1].max() < 100
    assert_allclose(student.soft_.proba.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    "student",
    [
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=4),
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(StandardScaler(), MLPStudent((16,), max_iter=20)),
    ],
    ids=["logistic", "tree", "pipeline", "pipeline of a network"],
)
@pytest.mark.parametrize("alpha", [1.0, 0.7])
def test_any_student_learns_from_synthetic_rows(student, alpha):
    distilled = distil(
        BOOSTER, student, alpha=alpha, transfer=MungeSampler(2000), random_state=0
    )
    distilled.fit(X, y)
    assert distilled.n_transfer_rows_ == 2000
    assert np.mean(distilled.predict(X) == BOOSTER.predict(X)) > 0.7


def test_a_tree_on_synthetic_rows_is_the_tree_on_weighted_copies():
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    distilled = distil(BOOSTER, tree, transfer=Shifted()).fit(X, y)
    rows = np.r_[X, X] + [0, 0.25, 0, 0]
    proba = BOOSTER.predict_proba(rows)
    copies = np.repeat(rows, 2, axis=0), np.tile([0, 1], len(rows))
    expected = clone(tree).fit(*copies, proba.ravel()).predict_proba(X)
    assert_allclose(distilled.predict_proba(X), expected, atol=1e-5)
