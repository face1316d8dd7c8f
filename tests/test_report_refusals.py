"""distillation_report and compare refuse what they cannot measure, before the work."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_kd import DistilledClassifier, MLPStudent
from sklearn_kd.inspection import compare, distillation_report
from sklearn_kd.inspection._reading import baselines

X, Y = load_wine(return_X_y=True)
QUICK = {"n_calls": 1, "time_limit": 0}


@pytest.fixture(scope="module")
def distilled():
    teacher = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, Y)
    student = MLPStudent((4,), max_iter=2)
    return DistilledClassifier(teacher, student, transfer=None).fit(X, Y)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y": Y[:50]}, ValueError, r"y has shape \(50,\), expected one label"),
        ({"y": np.where(Y, Y, np.nan)}, ValueError, "y contains NaN"),
        ({"y": Y.astype(str)}, ValueError, "types that do not compare"),
        ({"y": Y + 7}, ValueError, r"\[7, 8, 9\], and the models have \[0, 1, 2\]"),
        ({"baseline": (X, Y.astype(str))}, ValueError, "No label of y of baseline"),
        ({"X": X[:, :4]}, ValueError, "4 features"),
        ({"sample_weight": [1, 2]}, ValueError, "sample_weight"),
        ({"sample_weight": -np.ones(len(Y))}, ValueError, "Negative"),
        ({"n_calls": 0}, ValueError, "n_calls must be at least 1"),
        ({"time_limit": "long"}, TypeError, "time_limit must be a number"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be"),
    ],
)
def test_nothing_is_fitted_for_arguments_that_are_refused(
    distilled, change, error, message, monkeypatch
):
    def fit(*_):
        raise AssertionError("It was fitted.")

    monkeypatch.setattr(baselines, "_fit", fit)
    arguments = QUICK | {"X": X, "y": Y, "baseline": (X, Y)} | change
    with pytest.raises(error, match=message):
        distillation_report(distilled, **arguments)


def test_compare_refuses_settings_of_the_clock_before_any_prediction(distilled):
    class Slow(DecisionTreeClassifier):
        def predict(self, X):
            raise AssertionError("It was asked.")

    slow = {"teacher": Slow().fit(X, Y)}
    with pytest.raises(ValueError, match="n_calls must be at least 1, got -1"):
        compare(slow, X, Y, n_calls=-1)


def test_labels_may_have_classes_that_no_model_knows(distilled):
    y = np.where(np.arange(len(Y)) % 2, Y, 9)
    assert compare(distilled, X, y, **QUICK)["teacher"]["accuracy"] <= 0.5


# ---- R² of targets that hardly differ


@pytest.fixture(scope="module")
def regressors():
    rows, y = load_diabetes(return_X_y=True)
    models = {"teacher": DecisionTreeRegressor(max_depth=4), "student": Ridge()}
    return {name: model.fit(rows, y) for name, model in models.items()}, rows, y


def test_draws_of_equal_targets_do_not_count_as_nearly_equal_ones(regressors):
    models, rows, _ = regressors
    y = np.zeros(len(rows))
    y[:2] = 100.0  # every seventh draw has none of them
    low, high = distillation_report(models, rows, y, **QUICK)["student"][
        "score_change_interval"
    ]
    assert -1e6 < low < high < 1e6


@pytest.mark.parametrize("constant", [0.1, 7.0, -1e9])
def test_equal_targets_have_no_warnings_and_no_change(regressors, constant):
    models, rows, _ = regressors
    y = np.full(len(rows), constant)
    student = distillation_report(models, rows, y, **QUICK)["student"]
    assert student["score_change"] == 0
    assert student["score_change_interval"] == (0, 0)


def test_one_row_has_no_r2_and_no_change_of_it(regressors):
    models, rows, y = regressors
    report = distillation_report(models, rows[:1], y[:1], **QUICK)
    assert np.isnan(report["student"]["r2"])
    assert np.isnan(report["student"]["score_change"])
    assert np.isnan(report["student"]["score_change_interval"]).all()
    assert "R², change from teacher                -   undefined" in str(report)
