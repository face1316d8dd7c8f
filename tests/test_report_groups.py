"""Groups of a report: every row is in one, whatever the groups are called."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd.inspection import distillation_report

X, Y = load_wine(return_X_y=True, as_frame=True)
MODELS = {
    "teacher": DecisionTreeClassifier(random_state=0).fit(X, Y),
    "student": DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, Y),
}
N_ROWS = len(Y)
PLACES = np.arange(N_ROWS)


def report_by(by, X=X, models=MODELS):
    return distillation_report(models, X, Y, by=by, n_calls=1, time_limit=0)


def sizes(by):
    """Names of the groups, and their rows."""
    return {group["group"]: group["n_samples"] for group in report_by(by).by}


@pytest.mark.parametrize(
    ("by", "names"),
    [
        (1_000_001 + PLACES % 3, ["1000001", "1000002", "1000003"]),
        (np.where(PLACES % 2, 0.1, 0.10000001), ["0.1", "0.10000001"]),
        (np.where(PLACES % 2, 0.5, 2), ["0.5", "2"]),
        (1_000_000 + PLACES, None),
        (0.1 + PLACES / 1e9, None),
        ([1, "1"] * 89, ["'1'", "1"]),
        (["missing", None] * 89, ["missing", "(missing)"]),
        (["missing", "(missing)", None, None][:2] * 89, ["(missing)", "missing"]),
    ],
)
def test_groups_that_look_the_same_stay_apart(by, names):
    found = sizes(np.asarray(by, dtype=object) if isinstance(by, list) else by)
    assert sum(found.values()) == N_ROWS
    assert list(found) == names if names else len(found) == 4


def test_slices_that_look_the_same_stay_apart():
    found = sizes({1: PLACES < 50, "1": PLACES < 20})
    assert found == {"1": 50, "'1'": 20}


def test_a_column_chosen_by_its_place_is_called_by_its_name():
    assert report_by(0).by_title == report_by(-13).by_title == "alcohol"
    plain = {
        name: LogisticRegression(C=c).fit(X.to_numpy() / 100, Y)
        for name, c in {"teacher": 1, "student": 0.1}.items()
    }
    assert report_by(2, X.to_numpy() / 100, plain).by_title == "2"


@pytest.mark.parametrize(
    "dates",
    [
        pd.Series(pd.date_range("2024-01-01", periods=N_ROWS)),
        np.datetime64("2024-01-01") + PLACES,
    ],
)
def test_dates_are_refused_with_what_to_pass(dates):
    with pytest.raises(TypeError, match=r"of dtype datetime64.*month"):
        report_by(dates)
    months = sizes(pd.Series(pd.DatetimeIndex(dates).strftime("%Y-%m")))
    assert months["2024-02"] == 29


def test_a_long_name_of_a_group_does_not_widen_the_table():
    report = report_by(np.where(PLACES % 2, "x" * 500, "y" * 40))
    lines = str(report).splitlines()
    assert max(map(len, lines)) < 130
    assert f"{'x' * 17}...{'x' * 20}" in str(report)
    assert "y" * 40 in str(report)
    assert report.by[0]["group"] == "x" * 500


def test_a_column_may_have_a_name_of_two_levels():
    named = X.set_axis(pd.MultiIndex.from_product([["a"], X.columns]), axis=1)
    models = {
        name: make_pipeline(FunctionTransformer(lambda rows: rows.to_numpy()), model)
        for name, model in {
            "teacher": DecisionTreeClassifier(random_state=0).fit(X.to_numpy(), Y),
            "student": DecisionTreeClassifier(max_depth=1).fit(X.to_numpy(), Y),
        }.items()
    }
    report = report_by(("a", "alcohol"), named, models)
    assert report.by_title == "('a', 'alcohol')"
    assert len(report.by) == 4
