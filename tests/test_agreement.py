"""agreement_score compares labels, and refuses values that are none."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from lightgbm import LGBMClassifier
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_kd.metrics import agreement_score, agreement_scorer

X, y = load_wine(return_X_y=True)


def test_agreement_is_a_share_of_rows_and_of_their_weight():
    teacher, student = [0, 1, 1, 0], np.array([0, 1, 0, 0])
    assert agreement_score(teacher, student) == 0.75
    weight = [1, 1, 6, 2]
    assert agreement_score(teacher, student, sample_weight=weight) == pytest.approx(0.4)
    assert agreement_score(teacher, student, sample_weight=np.array(weight) * 1e9) == (
        pytest.approx(0.4)
    )


@pytest.mark.parametrize(
    "make",
    [
        np.array,
        lambda labels: np.array(labels, dtype=object),
        pd.Series,
        pd.Categorical,
        lambda labels: pd.Series(labels, dtype="string"),
        pl.Series,
        lambda labels: np.array(labels)[:, None],
    ],
)
def test_labels_in_any_container_are_compared(make):
    labels = ["a", "b", "b", "a"]
    assert agreement_score(make(labels), ["a", "b", "a", "a"]) == 0.75
    assert agreement_score(labels, make(["a", "b", "a", "a"])) == 0.75


def test_agreement_is_on_predict_not_on_the_most_probable_label():
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[::2], y[::2])
    strict = FixedThresholdClassifier(model, threshold=0.9).fit(X[::2], y[::2])
    differ = (model.predict_proba(X)[:, 1] > 0.9) != model.predict(X)
    assert differ.any()
    assert agreement_scorer(strict)(model, X) == pytest.approx(1 - differ.mean())


@pytest.mark.parametrize(
    ("labels", "holds"),
    [
        (np.array(["1", "2"]), "y_student text, such as '1'"),
        (np.array([b"1", b"2"], object), "y_student bytes, such as b'1'"),
    ],
)
def test_numbers_are_not_compared_with_the_text_they_look_like(labels, holds):
    with pytest.raises(ValueError, match=f"holds numbers, such as 1, and {holds}"):
        agreement_score([1, 2], labels)


def test_truth_values_and_whole_floats_are_the_numbers_that_they_equal():
    assert agreement_score([1, 2], [True, 3.0]) == 0.5
    assert agreement_score([1, 0], np.array([True, False])) == 1


DAYS = np.array(["2020-01-01", "2020-01-02"], "M8[D]")


@pytest.mark.parametrize(
    "same",
    [
        DAYS.astype("M8[ns]"),
        DAYS.astype("M8[s]").astype(object),
        DAYS.astype(object),
        pd.Series(pd.to_datetime(DAYS)),
        pd.Series(pd.to_datetime(DAYS), dtype=object),
        pl.Series(DAYS),
    ],
    ids=lambda labels: f"{type(labels).__name__} {labels.dtype}",
)
def test_dates_are_compared_whatever_their_resolution(same):
    for days in (DAYS, DAYS.astype("M8[ns]")):
        assert agreement_score(days, same) == agreement_score(same, days) == 1
        assert agreement_score(days[[0, 0]], same) == 0.5


def test_durations_are_compared_whatever_their_resolution():
    hours = DAYS - DAYS[0]
    for same in (hours.astype("m8[ns]"), hours.astype("m8[us]").astype(object)):
        assert agreement_score(hours, same) == 1
        assert agreement_score(hours.astype("m8[ns]"), same[::-1]) == 0


@pytest.mark.parametrize(
    ("labels", "holds"),
    [
        ([1, 2], "dates"),
        (["2020-01-01", "2020-01-02"], "dates"),
        (DAYS - DAYS[0], "durations"),
    ],
)
def test_dates_and_durations_are_no_numbers_and_no_text(labels, holds):
    dates = DAYS.astype("M8[ns]")
    with pytest.raises(ValueError, match=f"never have the same label.*{holds}"):
        agreement_score(labels, dates)


def test_dates_with_a_zone_are_compared_as_they_are():
    days = pd.Series(pd.to_datetime(DAYS).tz_localize("UTC"))
    assert agreement_score(days, days.dt.tz_convert("Asia/Tokyo")) == 1
    assert agreement_score(days, DAYS.astype("M8[ns]")) == 0


def test_weights_of_any_size_count_by_their_ratios():
    for heavy in (1e308, 5e-324):
        weight = [heavy, heavy]
        assert agreement_score([1, 2], [1, 3], sample_weight=weight) == 0.5


def test_probabilities_and_numbers_of_a_regressor_are_no_labels():
    two = y > 0
    student = LogisticRegression(max_iter=5).set_params(tol=1).fit(X[two], y[two])
    boosters = [
        LGBMClassifier(n_estimators=2, verbose=-1).fit(X[rows], y[rows]).booster_
        for rows in (two, y >= 0)
    ]
    for other, match in [
        (boosters[0], r"must hold labels, got the number 0\.\d+, which is none"),
        (boosters[1], r"values of shape \(178, 3\). Pass what predict of a classifier"),
        (LinearRegression().fit(X, y), "the regressor LinearRegression"),
    ]:
        for teacher, scored in [(student, other), (other, student)]:
            with pytest.raises(TypeError, match=match):
                agreement_scorer(teacher)(scored, X)


@pytest.mark.parametrize(
    ("teacher", "student", "options", "match"),
    [
        ([1, 2, 1], [1, 2], {}, "y_teacher has 3 rows and y_student 2"),
        ([], [], {}, "y_teacher has no rows"),
        (["a", None], ["a", "b"], {}, "y_teacher contains NaN: 1 of 2 labels"),
        ([1, np.nan], [1, 2], {}, "y_teacher contains NaN: 1 of 2 labels"),
        (pd.Series([1, None], dtype="Int64"), [1, 2], {}, "y_teacher contains NaN: 1"),
        (DAYS, np.array(["2020-01-01", "NaT"], "M8[s]"), {}, "y_student contains NaN"),
        ([1, 2], [1, 2], {"sample_weight": [1]}, r"sample_weight has shape \(1,\)"),
        ([1, 2], [1, 2], {"sample_weight": [1, -1]}, "sample_weight: Negative values"),
        ([1, 2], [1, 2], {"sample_weight": [0, 0]}, "at least one non-zero number"),
    ],
)
def test_what_does_not_fit_is_refused(teacher, student, options, match):
    with pytest.raises(ValueError, match=match):
        agreement_score(teacher, student, **options)
