"""``cv=``: soft targets from teachers that did not see the row."""

import joblib
import numpy as np
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder, soft_targets
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    PredefinedSplit,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import MLPStudent, TabularEncoder

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
STUDENT = MLPStudent((8,), max_iter=20, batch_size=16)
TREE = DecisionTreeClassifier(random_state=0, min_samples_leaf=3)
FOLDS = KFold(3, shuffle=True, random_state=0)
THIRDS = np.arange(len(y)) % 3


def distil(teacher, student=STUDENT, **params):
    return on_given_rows(teacher, student, random_state=0, **params)


def out_of_fold(teacher, cv, **params):
    return cross_val_predict(teacher, X, y, cv=cv, method="predict_proba", **params)


def masks(folds):
    every = np.arange(len(y))
    return [(np.isin(every, train), np.isin(every, test)) for train, test in folds]


@pytest.mark.parametrize(
    ("cv", "reference"),
    [
        (3, StratifiedKFold(3)),
        (FOLDS, FOLDS),
        (list(FOLDS.split(X)), FOLDS),
        (masks(FOLDS.split(X)), FOLDS),
        (FOLDS.split(X), FOLDS),
        (PredefinedSplit(THIRDS), PredefinedSplit(THIRDS)),
    ],
    ids=["int", "splitter", "positions", "masks", "generator", "predefined"],
)
def test_soft_targets_are_out_of_fold(cv, reference):
    soft = soft_targets(distil(TREE, cv=cv), X, y)
    assert_allclose(soft, out_of_fold(TREE, reference), atol=1e-7)
    assert (soft != clone(TREE).fit(X, y).predict_proba(X)).any()


def test_groups_reach_the_splitter():
    groups = np.arange(len(y)) % 5
    soft = soft_targets(distil(TREE, cv=GroupKFold(5)), X, y, groups=groups)
    assert_allclose(soft, out_of_fold(TREE, GroupKFold(5), groups=groups), atol=1e-7)
    with pytest.raises(ValueError, match="groups"):
        distil(TREE, cv=GroupKFold(5)).fit(X, y)


def test_a_fold_that_lacks_a_class_stays_full_width():
    """Rows are sorted by class, so each teacher lacks most of one."""
    order = np.argsort(y, kind="stable")
    folds = KFold(3)
    soft = soft_targets(distil(TREE, cv=folds), X[order], y[order])
    assert soft.shape == (len(y), 3)
    assert_allclose(soft.sum(axis=1), 1, atol=1e-6)
    for train, test in folds.split(X):
        absent = np.setdiff1d(y, y[order][train])
        assert_array_equal(soft[np.ix_(test, absent)], 0)
        teacher = clone(TREE).fit(X[order][train], y[order][train])
        present = np.setdiff1d([0, 1, 2], absent)
        expected = teacher.predict_proba(X[order][test])
        assert_allclose(soft[np.ix_(test, present)], expected, atol=1e-7)


def test_the_tests_of_a_repeated_splitter_are_averaged():
    cv = RepeatedKFold(n_splits=3, n_repeats=2, random_state=0)
    folds = list(cv.split(X))
    expected = (out_of_fold(TREE, folds[:3]) + out_of_fold(TREE, folds[3:])) / 2
    assert_allclose(soft_targets(distil(TREE, cv=cv), X, y), expected, atol=1e-7)


def test_a_splitter_that_leaves_rows_out_is_refused():
    cv = ShuffleSplit(2, test_size=0.3, random_state=0)
    missing = len(y) - len(np.unique(np.r_[tuple(test for _, test in cv.split(X))]))
    with pytest.raises(ValueError, match=f"cv leaves {missing} of 178 rows without"):
        distil(TREE, cv=cv).fit(X, y)


EVERY = np.arange(len(y))
HALF = EVERY < 90


class Fixed:
    """A splitter that gives the folds that it was given."""

    def __init__(self, folds):
        self.folds = folds

    def get_n_splits(self, X=None, y=None, groups=None):
        return len(self.folds)

    def split(self, X, y=None, groups=None):
        return iter(self.folds)


class Untouched(ClassifierMixin, BaseEstimator):
    """A teacher that must not be fitted."""

    def fit(self, X, y):
        raise AssertionError("fitted before the folds were checked")

    def predict_proba(self, X):
        raise AssertionError("fitted before the folds were checked")


@pytest.mark.parametrize("form", [list, Fixed], ids=["list", "splitter"])
@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([(EVERY, EVERY)], "Fold 1 of 1 of cv has 178 of 178 rows in both .* row 0"),
        (
            [(EVERY[:90], EVERY[90:]), (EVERY[80:], EVERY[:90])],
            "Fold 2 of 2 of cv has 10 of 178 rows in both .* the first of them row 80",
        ),
        ([(HALF, ~HALF), (np.roll(~HALF, -1), HALF)], "Fold 2 .* has 1 of 178 rows"),
        ([(EVERY[:-1] - 178, [-1]), (EVERY, EVERY[:-1])], "Fold 2 .* has 177 of 178"),
        ([([-1], EVERY)], "Fold 1 .* has 1 of 178 rows in both .* row 177"),
        ([(EVERY[:90], EVERY[90:])], "leaves 90 of 178 rows without"),
        ([([], EVERY)], "no train indices: there is nothing to fit"),
        ([(EVERY, [178])], "Fold 1 of 1 of cv is not for 178 rows: index 178"),
        ([(HALF[:9], ~HALF[:9])], "Fold 1 of 1 of cv is not for 178 rows: boolean"),
    ],
    ids=str,
)
def test_folds_that_are_none_are_refused_before_a_teacher_is_fitted(
    folds, message, form
):
    with pytest.raises(ValueError, match=message):
        distil(Untouched(), cv=form(folds)).fit(X, y)


@pytest.mark.parametrize(
    "cv",
    [
        [HALF],
        [HALF, ~HALF],
        [(EVERY[:60], EVERY[60:90], EVERY[90:])],
        [(EVERY[:90],)],
        [1, 2],
        [(0, 1)],
        [HALF[:2]],
        [None],
        ["ab"],
        [(EVERY[:90, None], EVERY[90:, None])],
        [([[0, 1], [2]], EVERY)],
        {0: EVERY},
    ],
    ids=[
        *["mask", "masks", "three", "one", "numbers", "two numbers", "two booleans"],
        *["None", "text", "columns", "ragged", "dict"],
    ],
)
def test_folds_that_are_no_pairs_are_refused(cv):
    message = r"cv has to give a pair \(train, test\) .* Fold 1 of \d is .*KFold"
    with pytest.raises(ValueError, match=message):
        distil(Untouched(), cv=cv).fit(X, y)


def test_masks_and_negative_positions_are_folds():
    halves = [(EVERY[:90], EVERY[90:]), (EVERY[90:], EVERY[:90])]
    expected = soft_targets(distil(TREE, cv=halves), X, y)
    for folds in (
        [(HALF, ~HALF), (~HALF, HALF)],
        [(EVERY[:90] - 178, EVERY[90:] - 178), (EVERY[90:], EVERY[:90].tolist())],
    ):
        assert_array_equal(soft_targets(distil(TREE, cv=folds), X, y), expected)


@pytest.mark.parametrize("several", [False, True])
def test_a_fitted_teacher_and_cv_are_refused(several):
    teacher = clone(TREE).fit(X, y)
    if several:
        teacher = [LogisticRegression(), teacher]
    with pytest.raises(ValueError, match=r"cv was given, but .* Decision.* is fit"):
        distil(teacher, cv=3).fit(X, y)


def test_the_teacher_of_all_rows_is_kept_and_labels_the_others():
    distilled = distil(TREE, Recorder(), cv=3).fit(X, y, X_unlabeled=X[:50] + 0.1)
    full = clone(TREE).fit(X, y)
    assert joblib.hash(distilled.teacher_) == joblib.hash(full)
    soft = distilled.student_.soft_.proba[len(y) :]
    assert_allclose(soft, full.predict_proba(X[:50] + 0.1), atol=1e-7)


def test_several_teachers_are_cross_fitted_each():
    pair = [TREE, LogisticRegression()]
    expected = (out_of_fold(pair[0], FOLDS) + out_of_fold(pair[1], FOLDS)) / 2
    assert_allclose(soft_targets(distil(pair, cv=FOLDS), X, y), expected, atol=1e-6)


def test_cross_fitting_does_not_depend_on_the_number_of_jobs():
    """Folds are fitted in processes, and each forest with its own threads."""
    forest = RandomForestClassifier(20, n_jobs=2)
    one, two = (
        distil([forest, LogisticRegression()], cv=4, n_jobs=n_jobs).fit(X, y)
        for n_jobs in (None, 2)
    )
    assert_array_equal(one.predict_proba(X), two.predict_proba(X))


# ---- what it is for: a teacher that memorises its rows


def noisy_cancer(seed, share=0.2):
    """Breast cancer with a share of the labels flipped, in halves."""
    cancer = load_breast_cancer()
    rows = StandardScaler().fit_transform(cancer.data)
    flip = np.random.default_rng(seed).random(len(rows)) < share
    labels = np.where(flip, 1 - cancer.target, cancer.target)
    return train_test_split(
        rows, labels, test_size=0.4, random_state=seed, stratify=cancer.target
    )


@pytest.mark.parametrize(
    ("teacher", "cv"),
    [
        (
            KNeighborsClassifier(1),
            RepeatedStratifiedKFold(n_splits=3, n_repeats=4, random_state=0),
        ),
        (KNeighborsClassifier(15, weights="distance"), 5),
    ],
    ids=["nearest neighbour", "neighbours by distance"],
)
def test_a_teacher_that_memorises_its_rows(teacher, cv):
    """In-context models do: the nearest neighbour of a row in their context is itself.

    Its in-sample soft targets are the labels, noise and all, so there is nothing to
    distil; the cross-fitted ones say what it expects of a row it has not seen.
    """
    gains = []
    for seed in range(3):
        X_train, X_test, y_train, y_test = noisy_cancer(seed)
        memory = distil(teacher, alpha=1.0)
        sound = distil(teacher, alpha=1.0, cv=cv)
        in_sample = soft_targets(clone(memory), X_train, y_train)
        assert_allclose(in_sample, np.eye(2)[y_train], atol=1e-6)
        soft = soft_targets(clone(sound), X_train, y_train)
        assert np.mean(soft.max(axis=1) < 0.9) > 0.3
        student = MLPStudent(
            (32,),
            encoder=TabularEncoder(n_bins=None),  # its targets do not matter
            batch_size=64,
            learning_rate_init=0.01,
            max_iter=40,
        )
        losses = [
            log_loss(
                y_test,
                one.set_params(student=student)
                .fit(X_train, y_train)
                .predict_proba(X_test),
            )
            for one in (memory, sound)
        ]
        gains.append(losses[0] - losses[1])
    assert np.mean(gains) > 0.02  # nats; .04 and .05 when this was written


def test_a_fitted_teacher_leaks_in_cross_validation():
    """It was fitted on the rows of each test fold, and hands their labels on.

    On shuffled labels there is nothing to learn, so that every score above one half is
    the leak. The unfitted teacher is fitted on the training folds only.
    """
    rows = load_breast_cancer().data[:, :2]
    leaks, sound = [], []
    for seed in range(3):
        labels = np.random.default_rng(seed).permutation(load_breast_cancer().target)
        unfitted = RandomForestClassifier(30, random_state=seed)
        fitted = clone(unfitted).fit(rows, labels)
        student = DecisionTreeClassifier()
        for teacher, scores in ((fitted, leaks), (unfitted, sound)):
            distilled = distil(teacher, student, alpha=1.0)
            scores.append(
                cross_val_score(distilled, rows, labels, scoring="roc_auc").mean()
            )
    assert np.mean(sound) == pytest.approx(0.5, abs=0.04)
    assert np.mean(leaks) > 0.58


def test_a_fitted_teacher_flatters_its_student_on_noisy_labels():
    """The same where there is something to learn: about .1 of ROC AUC too good."""
    cancer = load_breast_cancer()
    rows, rng = cancer.data[:, :2], np.random.default_rng(0)
    labels = np.where(rng.random(len(rows)) < 0.2, 1 - cancer.target, cancer.target)
    unfitted = RandomForestClassifier(30, random_state=0)
    student = DecisionTreeClassifier()
    fitted = clone(unfitted).fit(rows, labels)
    leaky, sound = (
        cross_val_score(
            distil(teacher, student, alpha=1.0), rows, labels, scoring="roc_auc"
        ).mean()
        for teacher in (fitted, unfitted)
    )
    assert leaky > sound + 0.05
