"""Each refusal of a teacher or student: its type, the value and the fix."""

import numpy as np
import pytest
from refusals import LOGISTIC, Answering, distil, forest, refused
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import (
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeRegressor
from wine import X, y

from sklearn_kd import MLPStudent


def answering(change):
    return lambda: Answering(change)


class Nameless(Answering):
    """Its columns have no labels."""

    def __init__(self):
        super().__init__(np.asarray)
        del self.classes_


class Handmade:
    """Unfitted, and without ``get_params``: it can neither predict nor be cloned."""

    def fit(self, X, y):
        raise AssertionError("fitted in place")

    def predict_proba(self, X):
        raise NotFittedError


TEACHERS = {
    "a class": (lambda: LogisticRegression, TypeError, r"got the class Log.*Write Log"),
    "a class in a list": (
        lambda: [forest(), LogisticRegression],
        TypeError,
        r"teacher must be an instance, got the class LogisticRegression",
    ),
    "no predict_proba": (
        LinearSVC,
        TypeError,
        "LinearSVC has no predict_proba.*CalibratedClassifierCV",
    ),
    "hinge loss": (
        SGDClassifier,
        TypeError,
        'SGDClassifier has no predict_proba.*loss="log_loss"',
    ),
    "hard vote": (
        lambda: VotingClassifier([("a", LOGISTIC)]),
        TypeError,
        'VotingClassifier has no predict_proba.*voting="soft"',
    ),
    # it has one only after fit: scikit-learn has no meaning for None
    "stack without a last": (
        lambda: StackingClassifier([("a", LOGISTIC)]),
        TypeError,
        r"StackingClassifier\(final_estimator=LogisticRegression\(\)\)",
    ),
    "fitted svm": (
        lambda: SVC().fit(X, y),
        TypeError,
        "SVC has no predict_proba",
    ),
    "a string": (
        lambda: "forest",
        TypeError,
        "teacher is .forest., of type str, and has no predict_proba",
    ),
    "an empty list": (list, ValueError, "empty list: pass at least one"),
    "frozen, not fitted": (
        lambda: FrozenEstimator(RandomForestClassifier()),
        NotFittedError,
        "FrozenEstimator is frozen but not fitted: fit what is inside",
    ),
    "handmade, not fitted": (
        Handmade,
        TypeError,
        "Handmade is not fitted and cannot be cloned.*Fit it first",
    ),
    "nameless": (
        Nameless,
        ValueError,
        r"The label of each column.*Nameless.*Pass teacher_classes=\[",
    ),
    "NaN": (
        answering(lambda proba: np.where(proba == proba.max(), np.nan, proba)),
        ValueError,
        "predict_proba of the teacher Answering contains NaN or infinity, first in row",
    ),
    "logits": (
        answering(lambda proba: np.log(proba + 1e-3)),
        ValueError,
        "contains negative numbers, first in row 0.*apply softmax to logits",
    ),
    "scores": (
        answering(lambda proba: 5 * proba),
        ValueError,
        r"must sum to 1; 178 of 178 do not, first row 0 with sum 5",
    ),
    "too few rows": (
        answering(lambda proba: proba[:3]),
        ValueError,
        "returned 3 rows for 178 rows of X",
    ),
    "one column": (
        answering(lambda proba: proba[:, 1]),
        ValueError,
        r"has shape \(178,\), expected \(n_samples, 3\).*for two classes too",
    ),
    "a column too few": (
        answering(lambda proba: proba[:, :2]),
        ValueError,
        r"has shape \(178, 2\), expected \(n_samples, 3\)",
    ),
    "several outputs": (
        answering(lambda proba: [proba, proba]),
        ValueError,
        "returned a list: a multi-output teacher is not supported",
    ),
    "nothing": (answering(lambda proba: None), ValueError, r"has shape \(\)"),
    "words": (
        answering(lambda proba: np.full(proba.shape, "high")),
        ValueError,
        "must hold numbers",
    ),
    "a class twice": (
        lambda: Answering(np.asarray, classes=(0, 1, 1)),
        ValueError,
        r"stand for the same class.*\[0, 1, 1\]",
    ),
    "other labels": (
        lambda: RandomForestClassifier(3).fit(X, y + 10),
        ValueError,
        "lacks 3 of the 3 classes in y, among them 0.*re-encoded",
    ),
}


@pytest.mark.parametrize("name", TEACHERS)
def test_a_teacher_that_is_none(name):
    make, error, match = TEACHERS[name]
    with refused(error, match):
        distil(make()).fit(X, y)


def test_another_number_of_features_than_a_fitted_teacher_knows():
    message = (
        r"X has 5 features, but the fitted teacher Random.* fitted on 13.*pipeline"
    )
    for teacher in (forest(), [LOGISTIC, forest()]):
        with refused(ValueError, message):
            distil(teacher).fit(X[:, :5], y)
    with refused(ValueError, message.replace("Random", "Pipeline")):
        distil(make_pipeline(forest())).fit(X[:, :5], y)
    # what is wrong inside a teacher keeps its own message
    with refused(ZeroDivisionError, "division"):
        distil(Answering(lambda proba: 1 / 0)).fit(X, y)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"teacher_weights has shape \(1,\).*each of the 2 teachers"),
        ([[1.0, 1.0]], r"shape \(1, 2\)"),
        ([1.0, -1.0], r"not negative and not all 0, got \[1.0, -1.0\]"),
        ([0.0, 0.0], "not all 0"),
        ([1.0, np.nan], "must be finite"),
    ],
)
def test_teacher_weights(weights, message):
    with refused(ValueError, message):
        distil([forest(), LOGISTIC], teacher_weights=weights).fit(X, y)


# ---- students


class Unweighted(ClassifierMixin, BaseEstimator):
    """It learns softly, and takes no sample weights."""

    def fit(self, X, y, soft_targets=None):
        self.classes_ = np.unique(y)
        return self


STUDENTS = {
    "a class": (MLPStudent, {}, r"got the class MLPStudent. Write MLPStudent\(\)"),
    "a string": (
        "mlp",
        {},
        r"must be a scikit-learn classifier, got 'mlp'.*the default network",
    ),
    "a list": ([LOGISTIC], {}, "must be a scikit-learn classifier"),
    "regressor": (
        DecisionTreeRegressor(),
        {},
        "student must be a classifier, got DecisionTreeRegressor",
    ),
    "regressor last": (
        make_pipeline(StandardScaler(), LinearRegression()),
        {},
        "student must be a classifier, got LinearRegression",
    ),
    "regressor at alpha=0": (
        LinearRegression(),
        {"alpha": 0.0},
        "student must be a classifier, got LinearRegression",
    ),
    "labels only": (
        KNeighborsClassifier(),
        {},
        "student KNeighborsClassifier can learn from labels only.*neither soft_targets "
        "nor sample_weight.*MLPStudent.*LogisticRegression",
    ),
    "labels only, last": (
        make_pipeline(StandardScaler(), KNeighborsClassifier()),
        {},
        "student KNeighborsClassifier can learn from labels only",
    ),
}


@pytest.mark.parametrize("name", STUDENTS)
def test_a_student_that_is_none(name):
    """Before any teacher predicts, which may take hours."""
    student, params, match = STUDENTS[name]
    teacher = Answering(lambda proba: pytest.fail("the teacher predicted"))
    with refused(TypeError, match):
        distil(teacher, student, **params).fit(X, y)


def test_weights_for_a_student_that_takes_none():
    weight = np.arange(len(y)) + 1.0
    for student, alpha in ((Unweighted(), 0.5), (KNeighborsClassifier(), 0.0)):
        teacher = Answering(lambda proba: pytest.fail("the teacher predicted"))
        with refused(TypeError, f"{type(student).__name__} takes no sample_weight"):
            distil(teacher, student, alpha=alpha).fit(X, y, sample_weight=weight)
    distil(forest(), Unweighted()).fit(X, y)
    with refused(TypeError, "no sample_weight.*or alpha for rows without a label"):
        distil(forest(), Unweighted(), alpha=0.5).fit(X, y, X_unlabeled=X[:9])
    distil(forest(), Unweighted(), alpha=1.0).fit(X, y, X_unlabeled=X[:9])


def test_a_temperature_for_a_student_that_has_none():
    for student in (LOGISTIC, make_pipeline(StandardScaler(), LOGISTIC)):
        with refused(
            ValueError, r"temperature=2 .*LogisticRegression does not.*=1, or"
        ):
            distil(forest(), student, temperature=2.0).fit(X, y)
        # where there is no soft term there is nothing to divide
        distil(forest(), student, temperature=2.0, alpha=0.0).fit(X, y)
