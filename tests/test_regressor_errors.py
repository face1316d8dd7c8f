"""Bad input of ``DistilledRegressor`` is refused before a teacher is fitted."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from refusals import refused
from regressors import SMALL, on_given_rows
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from untouched import N, X

from sklearn_kd import (
    DistilledClassifier,
    DistilledRegressor,
    MLPStudent,
    MLPStudentRegressor,
    MungeSampler,
    Pool,
    SoftPredictions,
    SoftTargets,
)

y = 2 * X[:, 0] + 5
TWO = np.column_stack([y, -y])
LABELS = np.where(y > 5, "high", "low")
RIDGE = Ridge().fit(X, y)
LOGISTIC = LogisticRegression().fit(X, LABELS)
ROWS = MungeSampler(100)
EXP = {"func": np.exp, "inverse_func": np.log}
SCALED = {"transformer": StandardScaler()}


class Untouched(RegressorMixin, BaseEstimator):
    """An unfitted teacher that must not be fitted."""

    def fit(self, X, y, sample_weight=None):
        raise AssertionError("the teacher was fitted")

    def predict(self, X):
        raise AssertionError("the teacher predicted")


UNTOUCHED = Untouched()


def at(values, odd, row=3):
    """Replace one value."""
    return np.where(np.arange(N) == row, odd, values)


# ---- what is no teacher, and no student


@pytest.mark.parametrize(
    ("teacher", "message"),
    {
        "classifier": (LogisticRegression(), "a regressor.*got LogisticRegression"),
        "fitted classifier": (LOGISTIC, "got LogisticRegression.*DistilledClassifier"),
        "frozen classifier": (FrozenEstimator(LOGISTIC), "must be a regressor"),
        "pipeline": (make_pipeline(StandardScaler(), LOGISTIC), "got Pipeline"),
        "one of two": ([UNTOUCHED, LOGISTIC], "must be a regressor"),
        "distilled": (DistilledClassifier(), "got DistilledClassifier"),
        "transformer": (
            StandardScaler(),
            "Scaler has no predict.*teacher_pred",
        ),
        "text": ("forest", "is 'forest', of type str.*teacher_pred"),
        "predictions": (y, "ndarray has no predict.*teacher_pred"),
        "method": (RIDGE.predict, "is the method predict of a Ridge"),
        "class": (Ridge, r"got the class Ridge. Write Ridge\(\)"),
        "names": (
            [("ridge", Ridge())],
            "list of regressors without names, got tuple",
        ),
    }.values(),
)
def test_what_is_no_teacher(teacher, message):
    with refused(TypeError, message):
        on_given_rows(teacher).fit(X, y)


@pytest.mark.parametrize(
    ("student", "message"),
    [
        (LogisticRegression(), "must be a regressor, got LogisticRegression"),
        (MLPStudent(), "must be a regressor, got MLPStudent"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "must be a regressor"),
        (StandardScaler(), "must be a regressor, got StandardScaler"),
        ("mlp", "must be a scikit-learn regressor, got 'mlp'.*default network"),
        (Ridge, r"got the class Ridge. Write Ridge\(\)"),
    ],
)
def test_what_is_no_student(student, message):
    with refused(TypeError, message):
        on_given_rows(UNTOUCHED, student).fit(X, y)


@pytest.mark.parametrize(
    ("params", "fit_params"),
    [
        ({}, {"sample_weight": np.arange(N) + 1}),
        ({"alpha": 0.5, "transfer": ROWS}, {}),
        ({"alpha": 0.5, "loss": "absolute_error"}, {}),
    ],
    ids=["weights", "rows of less weight", "two copies"],
)
def test_a_student_without_weights_is_refused_where_rows_have_some(params, fit_params):
    model = on_given_rows(UNTOUCHED, KNeighborsRegressor(), **params)
    with refused(TypeError, "KNeighborsRegressor takes no sample_weight"):
        model.fit(X, y, **fit_params)


def test_a_student_of_one_output_is_refused_for_two():
    with refused(ValueError, "student SVR was tried.*before any teacher.*1d array"):
        on_given_rows(UNTOUCHED, SVR()).fit(X, TWO)


def test_a_teacher_of_one_output_is_told_of_the_wrapper():
    with refused(ValueError, "Boosting.* 2 outputs of y.*MultiOutputRegressor"):
        on_given_rows(GradientBoostingRegressor()).fit(X, TWO)


# ---- targets


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    {
        "text": (LABELS, TypeError, "y must hold numbers, got '.*DistilledClassifier"),
        "objects": (LABELS.astype(object), TypeError, "y must hold numbers, got '"),
        "digits": (y.astype(str), TypeError, r"np.asarray\(y, dtype=float\)"),
        "complex": (y + 1j, TypeError, "of type complex"),
        "dates": (pd.date_range("2020", periods=N), TypeError, "of type datetime64"),
        "datetimes": ([datetime(2020, 1, 1)] * N, TypeError, "of type datetime"),
        "durations": (np.arange(N).astype("m8[s]"), TypeError, "of type timedelta"),
        "sparse": (csr_matrix(y[:, None]), TypeError, r"pass y.toarray\(\)"),
        "NaN": (at(y, np.nan), ValueError, "contains NaN: 1 of 60 rows.*first row 3"),
        "infinity": (at(y, np.inf), ValueError, "infinity.*1 of 60 rows.*first row 3"),
        "None among them": (at(y, None), ValueError, "y contains NaN: 1 of 60"),
        "None": (None, ValueError, "requires y to be passed"),
        "three dimensions": (y.reshape(N, 1, 1), ValueError, r"shape \(60, 1, 1\)"),
        "no column": (np.empty((N, 0)), ValueError, r"shape \(60, 0\)"),
        "one number": (3.0, ValueError, r"array of shape \(\)"),
        "too few": (y[:-1], ValueError, "y has 59 targets, and X 60 rows"),
        "lists": ([[1, 2], [1]] * (N // 2), ValueError, "one number a row"),
        "an integer": ([10**400] * N, ValueError, "too large for float64"),
        "range": (
            at(np.full(N, 1e308), -1e308),
            ValueError,
            "beyond float64",
        ),
    }.values(),
)
def test_what_is_no_target(targets, error, message):
    for model in (on_given_rows(UNTOUCHED), SMALL):
        with refused(error, message):
            model.fit(X, targets)


@pytest.mark.parametrize(
    ("loss", "targets", "message"),
    [
        (
            "poisson",
            at(y + 9, -1),
            "not negative, and y has 1 others, first -1.*w 3",
        ),
        ("gamma", at(y + 9, 0), "above 0, and y has 1 others, first 0.0 in row 3"),
    ],
)
def test_targets_outside_the_range_of_a_loss(loss, targets, message):
    with refused(ValueError, message):
        on_given_rows(UNTOUCHED, loss=loss).fit(X, targets)
    weight = at(np.ones(N), 0)
    with pytest.raises(AssertionError, match="was fitted"):  # a row of weight 0 is none
        on_given_rows(UNTOUCHED, loss=loss).fit(X, targets, weight)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.zeros(N), "at least one non-zero"),
        (-np.ones(N), "Negative values"),
        (at(np.ones(N), np.nan), "contains NaN"),
        (np.ones(3), r"has shape \(3,\), expected one weight for each of the 60 rows"),
    ],
)
def test_what_is_no_weight(weight, message):
    with refused(ValueError, f"sample_weight.*{message}"):
        on_given_rows(UNTOUCHED).fit(X, y, weight)


@pytest.mark.parametrize("shape", ["rows", "columns"])
def test_rows_that_are_none(shape):
    rows = X[:0] if shape == "rows" else X[:, :0]
    with refused(ValueError, "Found array with 0"):
        on_given_rows(UNTOUCHED).fit(rows, y[: len(rows)])


# ---- losses, quantiles, and what a regression has not


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"loss": "kl"}, "squared_error.*Got 'kl'"),
        ({"loss": "mse"}, "squared_error.*Got 'mse'"),
        ({"loss": "pinball"}, r"needs the levels to learn: pass quantiles="),
        ({"loss": "huber", "quantiles": (0.1, 0.9)}, "'huber' is for means.*'?pinball"),
        (
            {"quantiles": (0, 0.5)},
            r"0 and 1, both excluded, got 0 in \(0, 0.5\)",
        ),
        ({"quantiles": (5, 95)}, "both excluded, got 5 in"),
        ({"quantiles": (np.nan,)}, "both excluded, got nan"),
        ({"quantiles": (0.5, 0.5)}, r"increasing and each once, got \(0.5, 0.5\)"),
        ({"quantiles": (0.9, 0.1)}, r"increasing and each once, got \(0.9, 0.1\)"),
        ({"quantiles": ()}, r"at least one level.*got \(\)"),
        ({"alpha": 2}, r"in the range \[0.0, 1.0\]. Got 2"),
        ({"objective": Pool(calibration="sigmoid")}, "calibration='sigmoid'.*None"),
        ({"teacher_weights": [1, 2]}, "one weight for each of the 1 teachers"),
        ({"cv": 1}, "cv' parameter"),
    ],
    ids=str,
)
def test_parameters(params, message):
    with refused(ValueError, message):
        on_given_rows(UNTOUCHED, **params).fit(X, y)


@pytest.mark.parametrize(
    "quantiles",
    [0.5, "half", [0.1, "a"], {0.1, 0.9}, [[0.1]], (True,), {0.1: 1}],
    ids=str,
)
def test_levels_that_are_no_sequence_of_numbers(quantiles):
    for model in (
        on_given_rows(UNTOUCHED, quantiles=quantiles),
        MLPStudentRegressor(loss="pinball", quantiles=quantiles),
    ):
        with refused(TypeError, "quantiles must be.* such as .*, got"):
            model.fit(X, y)


def test_a_student_has_the_loss_and_the_levels_of_what_distils_it():
    student = MLPStudentRegressor((4,), loss="huber")
    with refused(ValueError, "loss='huber' of the student .*'squared_error'"):
        on_given_rows(UNTOUCHED, student).fit(X, y)
    with refused(TypeError, r"quantiles=\(0.5,\) need a student whose quantiles never"):
        on_given_rows(UNTOUCHED, Ridge(), quantiles=(0.5,)).fit(X, y)


def test_parameters_of_a_classification_are_unknown():
    for name in ("temperature", "decision_threshold", "teacher_classes"):
        with pytest.raises(ValueError, match=f"Invalid parameter '{name}'"):
            on_given_rows().set_params(**{name: 1})
    with pytest.raises(TypeError, match="teacher_proba"):
        on_given_rows().fit(X, y, teacher_proba=TWO)
    assert not hasattr(DistilledRegressor(), "predict_proba")
    assert not hasattr(DistilledRegressor(), "predict_quantiles")


# ---- predictions of a teacher


@pytest.mark.parametrize(
    ("given", "error", "message"),
    {
        "too few": (y[:-1], ValueError, "has 59 rows, expected one for each of the 60"),
        "two columns": (TWO, ValueError, "has 2 columns, expected 1"),
        "NaN": (at(y, np.nan), ValueError, "contains NaN: 1 of 60 rows.*first row 3"),
        "infinity": (at(y, -np.inf), ValueError, "infinity.*first row 3"),
        "text": (LABELS, TypeError, "must hold numbers, got '"),
        "three dimensions": (y.reshape(N, 1, 1), ValueError, r"shape \(60, 1, 1\)"),
        "one number": (5.0, ValueError, r"shape \(\)"),
        "other units": (100 * y, ValueError, "on another scale.*units of the teacher"),
        "classes": (
            SoftTargets(np.full((N, 2), 0.5), [0, 1]),
            TypeError,
            "holds class probabilities: pass numbers",
        ),
        "quantiles": (
            SoftPredictions(TWO, loss="pinball", quantiles=(0.1, 0.9)),
            ValueError,
            "has 2 columns, expected 1",
        ),
    }.values(),
)
def test_what_is_no_prediction(given, error, message):
    with refused(error, f"teacher_pred.*{message}"):
        on_given_rows().fit(X, y, teacher_pred=given)


def test_predictions_of_logarithms_are_noticed():
    with refused(ValueError, "teacher_pred .*on another scale.*TransformedTarget"):
        on_given_rows().fit(X, np.exp(y), teacher_pred=y)


def test_predictions_of_each_output_are_wanted():
    with refused(ValueError, "teacher_pred has 1 columns, expected 2"):
        on_given_rows().fit(X, TWO, teacher_pred=y)


@pytest.mark.parametrize(
    ("params", "fit_params", "message"),
    [
        ({"teacher": UNTOUCHED}, {}, "takes the place of a teacher: leave teacher"),
        ({}, {"X_unlabeled": X[:5]}, "X_unlabeled needs a teacher, and teacher_pred"),
        ({"transfer": "munge"}, {}, "transfer='munge' makes rows for a teacher"),
    ],
)
def test_predictions_are_for_the_rows_of_X_alone(params, fit_params, message):
    with refused(ValueError, message):
        on_given_rows(**params).fit(X, y, teacher_pred=y, **fit_params)


def test_predictions_in_another_order_are_noticed_by_their_index():
    given = pd.Series(y, index=np.arange(N)[::-1])
    with refused(ValueError, r"another order.*Pass teacher_pred.loc\[X.index\]"):
        on_given_rows().fit(pd.DataFrame(X), y, teacher_pred=given)


class Answering:
    """A fitted teacher without ``fit``, and what it answers for so many rows."""

    def __init__(self, answer):
        self.answer = answer

    def predict(self, X):
        return self.answer(len(X))


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (
            lambda n: np.zeros((n, 2)),
            ValueError,
            r"\(60, 2\).*expected \(60, 1\)",
        ),
        (lambda n: np.zeros(1), ValueError, r"shape \(1,\).*expected \(60, 1\)"),
        (lambda n: 0.0, ValueError, r"shape \(\).*expected \(60, 1\)"),
        (lambda n: np.full(n, np.nan), ValueError, "NaN or infinity for 60 of 60 rows"),
        (lambda n: np.full(n, "a"), TypeError, "must hold numbers, got 'a'"),
        (lambda n: None, ValueError, "missing"),
    ],
)
def test_what_a_teacher_must_not_predict(answer, error, message):
    with refused(error, f"predict of the teacher Answering.*{message}"):
        on_given_rows(Answering(answer)).fit(X, y)


@pytest.mark.parametrize(
    ("model", "rows", "targets", "message"),
    [
        (on_given_rows(RIDGE), X, TWO, r"shape \(60,\).*expected \(60, 2\)"),
        (on_given_rows(RIDGE), X[:, :2], y, "X has 2 features, but the fitted teacher"),
        (
            on_given_rows(RIDGE, cv=3),
            X,
            y,
            "cv was given, but the teacher Ridge",
        ),
        (on_given_rows(RIDGE), X, 100 * y + 3, "Ridge predicts .* on another scale"),
        (
            TransformedTargetRegressor(on_given_rows(RIDGE), **EXP),
            X,
            y,
            "TransformedTargetRegressor. Inside it, use an unfitted teacher",
        ),
        (
            TransformedTargetRegressor(on_given_rows(RIDGE), **SCALED),
            X,
            y,
            "TransformedTargetRegressor. Inside it, use an unfitted teacher",
        ),
    ],
)
def test_a_fitted_teacher_of_other_data(model, rows, targets, message):
    with refused(ValueError, message):
        model.fit(rows, targets)


def test_a_teacher_of_rows_in_another_order_is_warned_of():
    with pytest.warns(UserWarning, match="no more to do with y.*same order") as caught:
        on_given_rows(RIDGE).fit(X[::-1], y)
    assert [warning.filename for warning in caught] == [__file__]
