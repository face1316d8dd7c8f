"""What a reviewer found in DistilledClassifier and its targets."""

import pickle

import numpy as np
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal, assert_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from sklearn_kd import DistilledClassifier, MLPStudent, SoftTargets
from sklearn_kd.losses import distillation_loss

X, y = make_classification(300, 6, n_informative=4, random_state=0)
LABELS = np.where(y, "yes", "no")
FOREST = RandomForestClassifier(20, random_state=0).fit(X, LABELS)


@pytest.mark.parametrize(
    ("student", "options"),
    [(LogisticRegression(), {}), (GaussianNB(), {"transfer": None})],
)
def test_calibration_needs_no_synthetic_rows(student, options):
    params = {"random_state": 0} | options
    plain, calibrated = (
        DistilledClassifier(FOREST, student, calibration=name, **params).fit(X, LABELS)
        for name in (None, "isotonic")
    )
    assert calibrated.n_transfer_rows_ == 0
    change = np.abs(plain.predict_proba(X) - calibrated.predict_proba(X))
    assert change.max() > 1e-3


def test_teacher_classes_do_not_rename_a_teacher_that_is_fitted_here():
    teacher = FixedThresholdClassifier(
        LogisticRegression(), threshold=0.2, pos_label="no"
    )
    models = [
        on_given_rows(
            teacher,
            LogisticRegression(),
            decision_threshold="teacher",
            teacher_classes=names,
        ).fit(X, LABELS)
        for names in (None, ["yes", "no"])
    ]
    assert_array_equal(models[0].predict(X), models[1].predict(X))
    assert (models[1].predict(X) == "no").mean() > 0.7


class Limited(ClassifierMixin, BaseEstimator):
    """A student that tells its time limit."""

    def __init__(self, time_limit=None):
        self.time_limit = time_limit

    def fit(self, X, y, sample_weight=None):
        self.classes_, self.seen_ = np.unique(y), self.time_limit
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def test_a_student_keeps_its_own_shorter_limit():
    def seen(own, limit):
        model = DistilledClassifier(
            FOREST, Limited(own), time_limit=limit, transfer=None
        )
        return model.fit(X, LABELS).student_.seen_

    assert seen(0.01, 1000) == 0.01
    assert 0 < seen(1000, 10) <= 10
    assert 0 < seen(None, 10) <= 10
    assert seen(0.01, None) == 0.01


def test_methods_are_the_same_before_and_after_fit():
    for student in (
        XGBClassifier(n_estimators=2),
        DecisionTreeClassifier(max_depth=2),
        MLPStudent((4,), max_iter=2),
    ):
        model = on_given_rows(FOREST, student)
        names = ["predict_proba", "predict_log_proba"]
        before = [hasattr(model, name) for name in names]
        model.fit(X, LABELS)
        assert [hasattr(model, name) for name in names] == before
        if all(before):
            assert_allclose(
                np.exp(model.predict_log_proba(X)), model.predict_proba(X), atol=1e-6
            )


def test_labels_keep_their_dtype():
    labels = y.astype(np.int8)
    teacher = RandomForestClassifier(5, random_state=0).fit(X, labels)
    model = on_given_rows(teacher, XGBClassifier(n_estimators=2)).fit(X, labels)
    assert model.predict(X).dtype == np.int8


def test_labels_of_rows_that_are_soft_alone_are_not_read():
    soft = SoftTargets(np.full((2, 3), 1 / 3), [0, 1, 2], row_alpha=[1.0, 0.5])
    logits = np.array([[0.0, 1, 2], [0, 1, 2]])
    expected = distillation_loss(logits, [0, 1], soft)
    for code in (-100, 7):
        assert_equal(distillation_loss(logits, [code, 1], soft), expected)


def test_soft_targets_are_read_only_out_of_a_pickle_too():
    soft = SoftTargets([[0.8, 0.2], [0.3, 0.7]], ["no", "yes"])
    again = pickle.loads(pickle.dumps(soft))
    assert_array_equal(again.proba, soft.proba)
    for array in (again.proba, again.classes, again.row_alpha):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


def test_a_refit_that_fails_leaves_nothing_fitted():
    student = MLPStudent((4,), max_iter=20)
    model = DistilledClassifier(FOREST, student, transfer=None).fit(X, LABELS)
    model.set_params(student__learning_rate_init=1e30)
    with pytest.raises(ValueError, match="diverged"):
        model.fit(X, LABELS)
    with pytest.raises(NotFittedError):
        model.predict(X)
