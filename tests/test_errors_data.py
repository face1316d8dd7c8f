"""Each refusal of a number, of rows or of labels: its type, the value and the fix."""

import warnings

import numpy as np
import pandas as pd
import pytest
from refusals import LOGISTIC, Answering, distil, forest, refused
from sklearn.exceptions import DataConversionWarning, NotFittedError
from wine import X, y

from sklearn_kd import DistilledClassifier, MungeSampler

pytestmark = pytest.mark.usefixtures("small_teachers")

P = 0.05 + 0.85 * np.eye(3)[y]


# ---- numbers


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("alpha", [-0.1, 1.1, np.nan, np.inf, "1", None]),
        ("temperature", [0, 0.0, -1.0, np.nan, np.inf, "1", None]),
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
    "another length": (X, y[:-1], ValueError, r"y has 177 labels, and X 178 rows"),
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
        (np.ones(9), r"sample_weight has shape \(9,\).*\(178,\)"),
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
        "lacks 2 of the 3 classes in y, among them 1",
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


def test_labels_that_cannot_be_sorted_are_named():
    mixed = np.array(["a", 1] * 89, dtype=object)
    with pytest.raises(ValueError, match="labels that cannot be sorted"):
        distil().fit(X, mixed)
    for gap in (None, np.nan, pd.NA):
        holes = np.array(["a", "b", gap] * 59 + ["a"], dtype=object)
        with pytest.raises(ValueError, match="59 of 178 labels are missing"):
            distil().fit(X, holes)
