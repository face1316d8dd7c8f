"""sklearn_kd.inspection of regressors: speed, quality, fidelity, intervals."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.datasets import make_friedman1
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sklearn_kd import MLPStudentRegressor
from sklearn_kd.inspection import (
    Comparison,
    compare,
    count_parameters,
    pickled_size,
    prediction_latency,
    throughput,
)
from sklearn_kd.metrics import fidelity_r2_score, prediction_difference

QUICK = {"n_calls": 10, "time_limit": 0.0}
X, y = make_friedman1(n_samples=200, noise=0.5, random_state=0)
X_test, y_test = X[1::2], y[1::2]
FOREST = RandomForestRegressor(10, random_state=0).fit(X[::2], y[::2])
RIDGE = Ridge().fit(X[::2], y[::2])


class Says(RegressorMixin, BaseEstimator):
    """A regressor that always gives the same predictions, and records its rows."""

    def __init__(self, numbers):
        self.numbers = numbers
        self.rows = []

    def fit(self, X, y):
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        self.rows.append(X)
        return self.numbers


class SaysQuantiles(Says):
    """One that has quantiles of its own."""

    def __init__(self, numbers, quantiles, predicted):
        super().__init__(numbers)
        self.quantiles = quantiles
        self.predicted = predicted

    def predict_quantiles(self, X):
        return np.array(self.predicted, dtype=float)


class AsksForLevels(Says):
    """One whose ``predict`` takes levels, as that of quantile-forest does."""

    def predict(self, X, quantiles=None):
        if quantiles is None:
            return self.numbers
        self.asked = quantiles
        return np.column_stack([np.full(len(X), 10 * level) for level in quantiles])


@pytest.mark.parametrize("measure", [prediction_latency, throughput])
def test_a_regressor_is_timed_by_predict(measure):
    model = Says([])
    measure(model, pd.DataFrame(X))
    assert len(model.rows) > 3
    assert type(model.rows[-1]) is pd.DataFrame
    assert np.all(np.array(measure(FOREST, X)) > 0)


def test_a_model_without_tags_is_timed_by_what_it_has():
    class Plain:
        def predict(self, X):
            called.append("predict")

    class Proba(Plain):
        def predict_proba(self, X):
            called.append("predict_proba")

    for model in (Plain(), Proba()):
        called = []
        throughput(model, X)
        assert set(called) == {"predict_proba" if type(model) is Proba else "predict"}
    with pytest.raises(TypeError, match="model must be a fitted model with predict"):
        throughput(object(), X)


def test_numbers_are_those_of_scikit_learn_and_of_the_metrics():
    models = {"teacher": FOREST, "ridge": RIDGE}
    result = compare(models, X_test, y_test, **QUICK)
    teacher = FOREST.predict(X_test)
    for name, model in models.items():
        row, numbers = result[name], model.predict(X_test)
        assert row["r2"] == pytest.approx(r2_score(y_test, numbers))
        assert row["rmse"] == pytest.approx(root_mean_squared_error(y_test, numbers))
        assert row["mae"] == pytest.approx(mean_absolute_error(y_test, numbers))
        assert row["fidelity"] == fidelity_r2_score(teacher, numbers)
        assert row["difference"] == prediction_difference(y_test, teacher, numbers)
        assert row["retention"] == row["r2"] / result["teacher"]["r2"]
        assert row["n_parameters"] == count_parameters(model)
        assert row["pickled_size"] == pickled_size(model)
        assert 0 < row["latency_median"] <= row["latency_p99"]
        assert row["rows_per_second"] > 0
        assert row["interval"] is row["coverage"] is row["width"] is None
    first = result["teacher"]
    assert (first["fidelity"], first["difference"], first["retention"]) == (1, 0, 1)
    assert 0 < result["ridge"]["fidelity"] < 1


def test_several_outputs_are_averaged_as_scikit_learn_does():
    both = np.column_stack([y, 100 * X[:, 0] - y])
    models = {
        "teacher": RandomForestRegressor(5, random_state=0).fit(X[::2], both[::2]),
        "ridge": Ridge().fit(X[::2], both[::2]),
    }
    targets = pd.DataFrame(both[1::2], columns=["a", "b"])
    row = compare(models, X_test, targets, **QUICK)["ridge"]
    numbers = models["ridge"].predict(X_test)
    assert row["r2"] == pytest.approx(r2_score(both[1::2], numbers))
    assert row["rmse"] == pytest.approx(root_mean_squared_error(both[1::2], numbers))
    assert row["mae"] == pytest.approx(mean_absolute_error(both[1::2], numbers))
    teacher = models["teacher"].predict(X_test)
    assert row["fidelity"] == pytest.approx(r2_score(teacher, numbers))


def test_targets_in_a_column_are_one_output():
    models = {"teacher": FOREST, "column": LinearRegression().fit(X, y[:, None])}
    flat = compare(models, X_test, y_test, **QUICK)
    column = compare(models, X_test, y_test[:, None], **QUICK)
    assert flat["column"]["r2"] == column["column"]["r2"] > 0.5


def test_what_is_undefined_is_nan():
    teacher = Says(np.array([1.0, 1, 1, 5]))
    student = Says(np.array([1.0, 2, 1, 3]))
    models = {"teacher": teacher, "student": student}
    worse = compare(models, X[:4], [9.0, 2, 1, 3], **QUICK)
    assert worse["teacher"]["r2"] < 0
    assert np.isnan(worse["student"]["retention"])
    constant = compare(models, X[:4], [0.1] * 4, **QUICK)
    assert np.isnan(constant["student"]["difference"])
    one = {"teacher": Says(np.array([1.0]))}
    row = compare(one, X[:1], [2.0], **QUICK)["teacher"]
    assert row["mae"] == row["rmse"] == 1
    assert np.isnan([row["r2"], row["fidelity"], row["retention"]]).all()


def test_coverage_and_width_of_an_interval():
    low, middle, high = [0.0, 0, 5], [1.0, 1, 6], [2.0, 4, 9]
    quantiles = np.column_stack([low, middle, high])
    student = SaysQuantiles(np.array(middle), (0.1, 0.5, 0.9), quantiles)
    models = {"teacher": Says(np.array([1.0, 2, 6])), "student": student}
    result = compare(models, X[:3], [2.0, 4.5, 6], **QUICK)
    row = result["student"]
    assert row["interval"] == (0.1, 0.9)
    assert row["coverage"] == pytest.approx(2 / 3)  # the ends count
    assert row["width"] == pytest.approx((2 + 4 + 4) / 3)
    assert result["teacher"]["coverage"] is None
    printed = {line.split("   ")[0]: line for line in str(result).splitlines()}
    assert printed["interval, levels"].split()[2:] == ["-", "0.1", "to", "0.9"]
    assert printed["interval, coverage"].split()[2:] == ["-", "0.6667"]
    assert printed["interval, mean width"].split()[3:] == ["-", "3.3333"]


def test_a_model_that_is_asked_for_levels_gets_those_of_the_first_that_has_some():
    student = SaysQuantiles(np.arange(3.0), (0.1, 0.5, 0.9), np.ones((3, 3)))
    forest = AsksForLevels(np.arange(3.0))
    piped = make_pipeline(StandardScaler(), forest).fit(X[:3], y[:3])
    models = {"teacher": forest, "student": student, "piped": piped}
    result = compare(models, X[:3], [0.5, 2, 8.5], **QUICK)
    assert forest.asked == [0.1, 0.9]
    for name in ("teacher", "piped"):
        row = result[name]
        assert row["interval"] == (0.1, 0.9)
        assert (row["coverage"], row["width"]) == (2 / 3, 8)
    alone = compare({"teacher": forest}, X[:3], [1.0, 2, 8.5], **QUICK)["teacher"]
    assert alone["coverage"] is None


def test_the_interval_of_our_own_student():
    options = {"loss": "pinball", "quantiles": (0.1, 0.5, 0.9), "random_state": 0}
    student = MLPStudentRegressor((16,), max_iter=30, **options).fit(X[::2], y[::2])
    row = compare({"teacher": student}, X_test, y_test, **QUICK)["teacher"]
    low, _, high = student.predict_quantiles(X_test).T
    assert row["interval"] == (0.1, 0.9)
    assert row["coverage"] == np.mean((low <= y_test) & (y_test <= high)) > 0.4
    assert row["width"] == pytest.approx(np.mean(high - low))


def test_one_quantile_is_no_interval():
    student = SaysQuantiles(np.arange(3.0), (0.5,), np.ones((3, 1)))
    row = compare({"teacher": student}, X[:3], [1.0, 2, 3], **QUICK)["teacher"]
    assert row["interval"] is None


def test_quantiles_of_several_outputs_and_of_a_wrong_shape():
    both = np.arange(6.0).reshape(3, 2)
    predicted = np.stack([both - [0.5, 1], both + 1], axis=2)
    student = SaysQuantiles(both, (0.1, 0.9), predicted)
    row = compare({"teacher": student}, X[:3], both, **QUICK)["teacher"]
    assert (row["coverage"], row["width"]) == (1, 1.75)
    student.predicted = predicted[:2]
    with pytest.raises(ValueError, match=r"'teacher' have shape \(2, 2, 2\), expected"):
        compare({"teacher": student}, X[:3], both, **QUICK)


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    [
        (y_test[:3], ValueError, "y has 3 targets, expected one for each of the 100"),
        (np.append(y_test[1:], np.nan), ValueError, "y contains NaN: 1 of 100 rows"),
        (np.append(y_test[1:], -np.inf), ValueError, "y contains infinity"),
        (["a"] * 100, TypeError, "y must hold numbers, got 'a' of type str"),
        (np.ones((100, 2)), ValueError, "y has 2 outputs a row and predict of 'teache"),
        (np.ones((100, 2, 2)), ValueError, "y should be a 1d array"),
    ],
)
def test_targets_that_are_refused(targets, error, message):
    with pytest.raises(error, match=message):
        compare({"teacher": FOREST}, X_test, targets)


@pytest.mark.parametrize(
    ("numbers", "error", "message"),
    [
        ([1.0, 2, 3], ValueError, "X has 4 rows and predict of 'teacher' 3"),
        ([1.0, 2, 3, np.nan], ValueError, "predict of 'teacher' contains NaN"),
        (list("abcd"), TypeError, "predict of 'teacher' must hold numbers, got 'a'"),
    ],
)
def test_predictions_that_are_refused(numbers, error, message):
    with pytest.raises(error, match=message):
        compare({"teacher": Says(numbers)}, X[:4], y[:4], **QUICK)


def test_models_that_are_refused():
    labels = RandomForestClassifier(3).fit(X, y > 14)
    message = (
        r"got the regressor models\['teacher'\] \(RandomForestRegressor\) and the "
        r"classifier models\['student'\] \(RandomForestClassifier\)"
    )
    with pytest.raises(TypeError, match=message):
        compare({"teacher": FOREST, "student": labels}, X_test, y_test)
    with pytest.raises(TypeError, match=r"models\['s'\] must be a fitted regressor w"):
        compare({"teacher": FOREST, "s": "forest"}, X_test, y_test)
    with pytest.raises(TypeError, match="got the class Ridge"):
        compare({"teacher": Ridge}, X_test, y_test)
    with pytest.raises(TypeError, match="has no teacher_ and student_: pass a fitted"):
        compare([FOREST], X_test, y_test)


def test_the_table_has_the_lines_of_regression():
    row = {"r2": 0.5, "rmse": 12345.6, "mae": 0.00123456, "fidelity": 0.25}
    rows = [
        {"model": "teacher", **row, "difference": 0.0, "retention": 1.0},
        {"model": "a student", **row, "difference": 0.125, "retention": 2.0},
    ]
    comparison = Comparison(rows, "teacher")
    assert comparison.score == "r2"
    assert str(comparison).splitlines() == [
        "                                 teacher   a student",
        "R²                                0.5000      0.5000",
        "RMSE                              12,346      12,346",
        "MAE                            0.0012346   0.0012346",
        "fidelity to teacher (R²)          0.2500      0.2500",
        "mean difference from teacher   0.0000 SD   0.1250 SD",
        "retention (R²)                    1.0000      2.0000",
    ]


def test_a_tree_as_the_reference_under_another_name():
    tree = DecisionTreeRegressor(max_depth=2).fit(X[::2], y[::2])
    result = compare({"a": FOREST, "b": tree}, X_test, y_test, reference="b", **QUICK)
    assert result["b"]["fidelity"] == 1
    assert result["a"]["retention"] > 1
    assert "fidelity to b (R²)" in str(result)
