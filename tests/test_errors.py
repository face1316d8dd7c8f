"""Each refusal: its type, and a message that gives the value and the fix."""

import warnings

import numpy as np
import pandas as pd
import pytest
from given_rows import on_given_rows
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_wine
from sklearn.ensemble import (
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeRegressor

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
P = 0.05 + 0.85 * np.eye(3)[y]
STUDENT = MLPStudent((4,), max_iter=2, batch_size=64)
LOGISTIC = LogisticRegression()


def distil(teacher=None, student=STUDENT, **params):
    return on_given_rows(teacher, student, random_state=0, **params)


def refused(error, match):
    """Give the context in which a message, however long its lines, is expected."""
    return pytest.raises(error, match=f"(?s){match}")


class Answering:
    """A fitted teacher, and what it makes of the probabilities of a good one."""

    def __init__(self, change, classes=(0, 1, 2)):
        self.change, self.classes_ = change, classes
        self.model = RandomForestClassifier(5, random_state=0).fit(X, y)

    def predict_proba(self, X):
        return self.change(self.model.predict_proba(X))


def answering(change):
    return lambda: Answering(change)


def forest():
    return RandomForestClassifier(5, random_state=0).fit(X, y)


class Nameless(Answering):
    """Nobody says what its columns stand for."""

    def __init__(self):
        super().__init__(np.asarray)
        del self.classes_


class Handmade:
    """Unfitted, and without ``get_params``: it can be neither asked nor cloned."""

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
    # it has one only after fit: scikit-learn cannot say what None stands for
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
    "a string": (lambda: "forest", TypeError, "teacher str has no predict_proba"),
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
        r"Nobody says which label.*Nameless.*Pass teacher_classes=\[",
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
        "does not know 3 of the 3 classes in y, among them 0.*re-encoded",
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
        r"must be a scikit-learn classifier, got 'mlp'.*MLPStudent",
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
    """Before any teacher is asked, which may take hours."""
    student, params, match = STUDENTS[name]
    teacher = Answering(lambda proba: pytest.fail("the teacher was asked"))
    with refused(TypeError, match):
        distil(teacher, student, **params).fit(X, y)


def test_weights_for_a_student_that_takes_none():
    weight = np.arange(len(y)) + 1.0
    for student, alpha in ((Unweighted(), 0.5), (KNeighborsClassifier(), 0.0)):
        teacher = Answering(lambda proba: pytest.fail("the teacher was asked"))
        with refused(TypeError, f"{type(student).__name__} takes no sample_weight"):
            distil(teacher, student, alpha=alpha).fit(X, y, sample_weight=weight)
    distil(forest(), Unweighted()).fit(X, y)
    with refused(TypeError, r"takes no sample_weight.*alpha \* transfer_weight"):
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


# ---- numbers


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("alpha", [-0.1, 1.1, np.nan, np.inf, "1", None]),
        ("temperature", [0, 0.0, -1.0, np.nan, np.inf, "1", None]),
        ("transfer_weight", [0, -1.0, np.nan, None]),
        ("loss", ["mse", None]),
        ("cv", [1, "five", 2.5]),
        ("n_jobs", ["two", 1.5]),
        ("memory", [3, ["folder"]]),
        ("random_state", ["seed", 0.5]),
        ("verbose", [-1, "loud"]),
        ("teacher_weights", ["ab", 3]),
        ("teacher_classes", ["ab", 3]),
    ],
)
def test_parameters_out_of_range(name, values):
    for value in values:
        message = (
            rf"The '{name}' parameter of DistilledClassifier must be .*Got {value!r}"
        )
        with refused(ValueError, message.replace("[", r"\[").replace("]", r"\]")):
            distil(forest()).set_params(**{name: value}).fit(X, y)


@pytest.mark.parametrize("alpha", [0, 1, 0.0, 1.0, np.float32(0.5)])
def test_parameters_at_the_ends_of_their_range(alpha):
    distil(forest(), alpha=alpha, temperature=1e-3).fit(X, y)


# ---- rows and labels


ROWS = {
    "empty": (X[:0], y[:0], ValueError, "0 sample"),
    "empty frame": (pd.DataFrame(X[:0]), y[:0], ValueError, "0 sample"),
    "no columns": (X[:, :0], y, ValueError, "0 feature"),
    "one row flat": (X[0], y[:1], ValueError, "Expected 2D array, got 1D"),
    "infinity": (np.where(X > 2, np.inf, X), y, ValueError, "contains infinity"),
    "complex": (X + 1j, y, ValueError, "Complex data not supported"),
    "another length": (X, y[:-1], ValueError, r"inconsistent.*\[178, 177\]"),
    "no labels": (X, None, ValueError, "requires y to be passed, but the target y is"),
    "one class": (X, y * 0, ValueError, "at least 2 classes, .* only one class: 0"),
    "one string": (X, ["a"] * 178, ValueError, "only one class: 'a'"),
    "two outputs": (
        X,
        np.c_[y, y],
        ValueError,
        r"does not support multi-output y.*\(178, 2\).*MultiOutputClassifier",
    ),
    "lists of outputs": (X, np.c_[y, y].tolist(), ValueError, "multi-output y"),
    "a continuum": (X, y + 0.5 * X[:, 0], ValueError, "Unknown label type: continuous"),
    "missing labels": (X, np.where(y == 1, np.nan, y), ValueError, "y contains NaN"),
    "mixed names": (
        pd.DataFrame(X).rename(columns={0: "zero"}),
        y,
        TypeError,
        "only supported if all input features have string names",
    ),
    "dates": (
        pd.DataFrame({"day": pd.date_range("2020", periods=178)}),
        y,
        TypeError,
        "Column 'day' has dtype datetime.*Turn it into numbers",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_and_labels(name):
    rows, labels, error, match = ROWS[name]
    with refused(error, match):
        distil().fit(rows, labels)


def test_y_is_needed():
    with refused(TypeError, "missing 1 required positional argument: 'y'"):
        distil(LOGISTIC).fit(X)
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        distil(LOGISTIC).fit(X, y[:, None])


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (-np.ones(178), "[Nn]egative"),
        (np.zeros(178), "at least one non-zero number"),
        ((y == 1).astype(float), "at least 2 classes, .* only one class: 1"),
        (np.ones(9), r"sample_weight.shape == \(9,\)"),
        (np.where(y == 1, np.nan, 1.0), "contains NaN"),
    ],
    ids=["negative", "zero", "one class left", "length", "NaN"],
)
def test_sample_weights(weight, message):
    with refused(ValueError, message):
        distil(LOGISTIC).fit(X, y, sample_weight=weight)


# ---- probabilities that the user has


PROBABILITIES = {
    "one column": (P[:, 1], r"shape \(178,\), expected \(n_samples, 3\)"),
    "a column too few": (P[:, :2], r"shape \(178, 2\), expected \(n_samples, 3\)"),
    "a column too many": (np.c_[P, P[:, 0]], r"shape \(178, 4\), expected .*, 3\)"),
    "a row too few": (P[:-1], "has 177 rows, expected one for each of the 178 rows"),
    "NaN": (np.where(P > 0.5, np.nan, P), "contains NaN or infinity, first in row 0"),
    "negative": (P - 0.06, "contains negative numbers, first in row 0"),
    "sums": (P * 2, "must sum to 1; 178 of 178 do not, first row 0 with sum 2"),
    "one sum": (
        np.where(np.arange(178)[:, None] == 7, 0.0, P),
        "must sum to 1; 1 of 178 do not, first row 7 with sum 0",
    ),
    "words": ([["a", "b", "c"]] * 178, "must hold numbers"),
    "words in a frame": (
        pd.DataFrame([["a", "b", "c"]] * 178, columns=[0, 1, 2]),
        "holds 'a'",
    ),
    "other names": (
        pd.DataFrame(P, columns=["a", "b", "c"]),
        r"columns of teacher_proba are \['a', 'b', 'c'\], and none.*\[0, 1, 2\]",
    ),
    "a name twice": (
        pd.DataFrame(np.c_[P[:, :2], P[:, 2:] / 2, P[:, 2:] / 2], columns=[0, 1, 2, 2]),
        r"stand for the same class.*\[0, 1, 2, 2\]",
    ),
    "most names missing": (
        pd.DataFrame(np.ones((178, 1)), columns=[0]),
        "does not know 2 of the 3 classes in y, among them 1",
    ),
    "missing value": (
        pd.DataFrame(P, columns=[0, 1, 2]).convert_dtypes().mask(P > 0.5),
        "contains NaN or infinity, first in row 0",
    ),
}


@pytest.mark.parametrize("name", PROBABILITIES)
def test_teacher_proba(name):
    proba, match = PROBABILITIES[name]
    with refused(ValueError, match):
        distil().fit(X, y, teacher_proba=proba)


@pytest.mark.parametrize("n_classes", [3, 300])
def test_sums_may_be_rounded(n_classes):
    """A CSV file with four digits, or float16, still passes, with many classes too."""
    labels = np.repeat(np.arange(n_classes), 3)
    noise = np.random.default_rng(0).dirichlet(np.full(n_classes, 0.5), len(labels))
    proba = (noise + np.eye(n_classes)[labels]) / 2
    rows = labels[:, None] + np.zeros(2)
    for rounded in (proba.round(4), proba.astype(np.float16)):
        assert (rounded.sum(axis=1) != 1).any()
        distil().fit(rows, labels, teacher_proba=rounded)


# ---- afterwards


def test_predicting_before_fit():
    for method in ("predict", "predict_proba", "predict_log_proba"):
        with pytest.raises(NotFittedError, match="DistilledClassifier instance is not"):
            getattr(distil(forest()), method)(X)
    with pytest.raises(NotFittedError):
        distil(forest()).score(X, y)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
def test_predicting_on_other_columns(method):
    distilled = distil(forest()).fit(X, y)
    with refused(
        ValueError, "X has 5 features, but DistilledClassifier is expecting 13"
    ):
        getattr(distilled, method)(X[:, :5])
    frame = pd.DataFrame(X).add_prefix("c")
    named = distil(LOGISTIC).fit(frame, y)
    with refused(ValueError, "feature names should match"):
        getattr(named, method)(frame[frame.columns[::-1]])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        getattr(named, method)(X)


def test_a_failed_fit_leaves_no_half_fitted_estimator():
    distilled = distil(Answering(lambda proba: 5 * proba))
    with pytest.raises(ValueError, match="must sum to 1"):
        distilled.fit(X, y)
    with pytest.raises(NotFittedError):
        distilled.predict(X)
    assert not hasattr(distilled, "n_iter_")


def test_nothing_is_warned_about_in_ordinary_use():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for teacher in (None, LOGISTIC, forest(), [forest(), LOGISTIC]):
            for transfer in (None, MungeSampler(500)):
                distilled = DistilledClassifier(
                    teacher, transfer=transfer, random_state=0
                )
                distilled.fit(X, y).predict_log_proba(X)
