"""inspection.coverage: values outside the rows that a student was fitted on."""

import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mixed_tables import TABLES
from scipy import sparse
from sklearn.datasets import load_wine
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import MLPStudent, MLPStudentRegressor, TabularEncoder
from sklearn_kd.datasets import load_adult
from sklearn_kd.export import trusted_types
from sklearn_kd.inspection import ColumnCoverage, _coverage, coverage

WINE, CULTIVARS = load_wine(return_X_y=True, as_frame=True)
ADULT, INCOME = (each.iloc[:600] for each in load_adult(return_X_y=True))
SHARES = ("outside", "below", "above", "unseen", "newly_missing")


def student(early_stopping=False, **params):
    params |= {"early_stopping": early_stopping, "max_iter": 1, "random_state": 0}
    return MLPStudent((4,), **params)


def is_covered(found):
    columns = found.columns
    shares = [column[name] for column in columns for name in SHARES]
    return found.rows_outside == 0 and not any(shares)


# ---- the rows of fit


@pytest.mark.parametrize("name", TABLES)
def test_rows_of_fit_are_covered_in_any_container(name):
    X, y = TABLES[name], np.arange(200) % 2
    assert is_covered(coverage(TabularEncoder().fit(X), X))
    assert is_covered(coverage(student().fit(X, y), X))


@pytest.mark.parametrize("limits", [{"min_frequency": 20}, {"max_categories": 2}])
def test_rare_levels_were_seen_all_the_same(limits):
    encoder = TabularEncoder(**limits).fit(ADULT)
    assert encoder.grouped_columns_
    assert is_covered(coverage(encoder, ADULT))


@given(
    arrays(float, (5, 3), elements=st.sampled_from([-1.0, 0, 0.5, 2, np.nan])),
    arrays(float, (7, 3), elements=st.sampled_from([-2.0, -1, 0, 3, np.nan])),
)
@settings(max_examples=50, deadline=None)
def test_shares_are_those_that_a_loop_counts(X, rows):
    found = coverage(TabularEncoder().fit(X), rows)
    marks = np.zeros((7, 3), dtype=bool)
    for place in range(3):
        seen = X[:, place][~np.isnan(X[:, place])]
        column, values = found[f"x{place}"], rows[:, place]
        missing = np.isnan(values)
        if len(seen):
            below, above = values < min(seen), values > max(seen)
            expected = {"below": below, "above": above}
            assert column["unseen"] is None
        else:
            expected = {"unseen": ~missing}
            assert column["below"] is column["above"] is column["least"] is None
        expected["newly_missing"] = missing & (len(seen) == 5)
        for name, mask in expected.items():
            assert column[name] == mask.mean()
        marks[:, place] = np.any(list(expected.values()), axis=0)
        assert column["outside"] == marks[:, place].mean()
    assert found.rows_outside == marks.any(axis=1).mean()
    outside = [column["outside"] for column in found.columns]
    assert outside == sorted(outside, reverse=True)


# ---- drift


def test_drifted_numbers_are_below_and_above():
    model = student().fit(WINE, CULTIVARS)
    drifted = WINE.assign(alcohol=WINE["alcohol"] - 1, hue=WINE["hue"] * 10)
    found = coverage(model, drifted)
    assert [column["column"] for column in found.columns[:2]] == ["hue", "alcohol"]
    below = (drifted["alcohol"] < WINE["alcohol"].min()).mean()
    alcohol = found["alcohol"]
    assert 0 < alcohol["outside"] == alcohol["below"] == below
    assert alcohol["above"] == 0
    assert (alcohol["least"], alcohol["greatest"]) == (11.03, 14.83)
    hue = found["hue"]
    assert hue["above"] == (drifted["hue"] > WINE["hue"].max()).mean() > 0.9
    assert all(column["outside"] == 0 for column in found.columns[2:])


def test_drifted_levels_and_gaps():
    model = student().fit(ADULT, INCOME)
    drifted = ADULT.astype({"occupation": object})
    drifted.iloc[:60, drifted.columns.get_loc("occupation")] = "Data-scientist"
    drifted.iloc[60:90, drifted.columns.get_loc("occupation")] = "Streamer"
    drifted["age"] = drifted["age"].astype(float)
    drifted.iloc[:6, drifted.columns.get_loc("age")] = np.nan
    drifted.iloc[:3, drifted.columns.get_loc("workclass")] = None
    found = coverage(model, drifted)
    occupation = found.columns[0]
    assert occupation["column"] == "occupation"
    assert occupation["kind"] == "nominal"
    assert occupation["outside"] == occupation["unseen"] == 90 / 600
    assert occupation["examples"] == ["Data-scientist", "Streamer"]
    assert occupation["n_unseen_levels"] == 2
    assert occupation["n_levels"] == ADULT["occupation"].nunique()
    assert found["age"]["newly_missing"] == found["age"]["outside"] == 6 / 600
    assert found["workclass"]["newly_missing"] == 0  # some were missing in training
    assert found.rows_outside == 90 / 600


def test_the_most_frequent_levels_are_the_examples():
    encoder = TabularEncoder().fit(pd.DataFrame({"a": ["x", "y"]}))
    levels = list("ppppqqqrrst")
    column = coverage(encoder, pd.DataFrame({"a": levels}))["a"]
    assert column["examples"] == ["p", "q", "r"]
    assert column["n_unseen_levels"] == 5
    assert column["unseen"] == 1


def test_a_constant_column_has_a_range_too():
    X = pd.DataFrame({"one": [1.0, 1, 1], "same": ["a", "a", "a"]})
    encoder = TabularEncoder().fit(X)
    rows = pd.DataFrame({"one": [1.0, 2], "same": ["a", "b"]})
    found = coverage(encoder, rows)
    assert found["one"]["above"] == found["same"]["unseen"] == 0.5


def test_a_number_in_a_column_without_any_is_unseen():
    encoder = TabularEncoder().fit(np.array([[1.0, np.nan], [2, np.nan]]))
    column = coverage(encoder, np.array([[1.0, 5]]))["x1"]
    assert column["unseen"] == 1
    assert column["least"] is None
    assert "no value" in str(coverage(encoder, np.array([[1.0, 5]])))


def test_rows_in_polars():
    model = student().fit(pl.from_pandas(WINE), CULTIVARS)
    drifted = pl.from_pandas(WINE.assign(alcohol=99.0))
    assert coverage(model, drifted)["alcohol"]["above"] == 1


def test_many_rows_are_counted_block_by_block(monkeypatch):
    model = student().fit(ADULT.iloc[:200], INCOME.iloc[:200])
    whole = coverage(model, ADULT)
    monkeypatch.setattr(_coverage, "RANGE_ROWS", 70)
    assert coverage(model, ADULT) == whole
    assert whole.rows_outside > 0


# ---- which rows a student was fitted on


def test_rows_of_weight_0_are_outside():
    weight = (np.arange(len(WINE)) > 0).astype(float)
    X = WINE.copy()
    X.iloc[0] = 1e6
    for model in (
        TabularEncoder().fit(X, sample_weight=weight),
        student().fit(X, CULTIVARS, sample_weight=weight),
    ):
        assert coverage(model, X).rows_outside == 1 / len(WINE)


def test_rows_of_early_stopping_are_not_learned_from():
    X = np.arange(200.0)[:, None]
    model = student(early_stopping=True).fit(X, np.arange(200) // 100)
    held_out = [row for row in X if coverage(model, row[None]).rows_outside]
    learned = coverage(model, X)["x0"]
    assert len(held_out) == 200 - (learned["greatest"] - learned["least"] + 1)


@pytest.mark.parametrize("n_first", [3, 80])
def test_a_stream_is_covered_by_all_its_batches(n_first):
    ends = [0, n_first, n_first + 5, len(WINE)]
    model = student()
    for start, end in pairwise(ends):
        rows, labels = WINE.iloc[start:end], CULTIVARS.iloc[start:end]
        model.partial_fit(rows, labels, classes=[0, 1, 2])
        assert is_covered(coverage(model, WINE.iloc[:end]))
        again = pickle.loads(pickle.dumps(model))
        assert coverage(again, WINE) == coverage(model, WINE)
    assert not is_covered(coverage(model.fit(WINE[40:80], CULTIVARS[40:80]), WINE))


def test_a_batch_that_fails_widens_nothing():
    model = MLPStudentRegressor((4,), random_state=0)
    model.partial_fit(WINE, CULTIVARS / 2)
    before = coverage(model, WINE * 2)
    with pytest.raises(ValueError, match="infinity"):
        model.partial_fit(WINE * 2, np.full(len(WINE), np.inf))
    assert coverage(model, WINE * 2) == before


def test_a_level_that_came_later_in_a_stream_is_unknown_to_the_student():
    X = pd.DataFrame({"a": ["x", "y"] * 40, "b": np.arange(80.0)})
    model = student().partial_fit(X, X["a"] == "x", classes=[False, True])
    later = X.replace({"a": {"x": "z"}})
    model.partial_fit(later, later["a"] == "z")
    assert coverage(model, later)["a"]["unseen"] == 0.5


@pytest.mark.parametrize("kind", ["fit", "partial_fit"])
def test_an_encoder_fitted_before_adds_its_own_rows(kind):
    encoder = TabularEncoder().fit(WINE.iloc[:100])
    before = coverage(encoder, WINE)
    model = student(encoder=FrozenEstimator(encoder))
    classes = {} if kind == "fit" else {"classes": [0, 1, 2]}
    getattr(model, kind)(WINE.iloc[60:], CULTIVARS.iloc[60:], **classes)
    assert is_covered(coverage(model, WINE))
    assert coverage(encoder, WINE) == before


@pytest.mark.parametrize("kind", ["pickle", "skops"])
def test_files_keep_what_was_seen(kind):
    model = student().partial_fit(WINE[:90], CULTIVARS[:90], classes=[0, 1, 2])
    model.partial_fit(WINE[90:120], CULTIVARS[90:120])
    if kind == "pickle":
        again = pickle.loads(pickle.dumps(model))
    else:
        again = skops.io.loads(skops.io.dumps(model), trusted=trusted_types())
    assert coverage(again, WINE * 1.1) == coverage(model, WINE * 1.1)


def test_a_file_without_ranges_is_refused_and_can_still_predict():
    model = student().fit(WINE, CULTIVARS)
    expected = model.predict_proba(WINE)
    del model._ranges, model.encoder_._ranges
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(WINE), expected)
    with pytest.raises(ValueError, match="file of a version that kept no ranges"):
        coverage(again, WINE)
    again.partial_fit(WINE, CULTIVARS)
    with pytest.raises(ValueError, match="Fit it again"):
        coverage(again, WINE)


# ---- what is refused


def texts():
    rows = ["one two", "two", "one"] * 5
    encoder = TfidfVectorizer()
    return MLPStudent(encoder=encoder).fit(rows, [0, 1, 0] * 5), rows


REFUSED = {
    "no encoder": (
        lambda: (student(encoder=None).fit(WINE, CULTIVARS), WINE),
        "with encoder=None this MLPStudent keeps nothing of its rows",
    ),
    "sparse rows": (
        lambda: (student().fit(sparse.csr_matrix(WINE), CULTIVARS), WINE),
        "was fitted on sparse rows, with a MaxAbsScaler. Of a dense table",
    ),
    "another encoder": (
        lambda: (student(encoder=StandardScaler()).fit(WINE, CULTIVARS), WINE),
        r"this MLPStudent has the encoder StandardScaler\(\)",
    ),
    "texts": (texts, "this MLPStudent was fitted on texts, which have no columns"),
    "another model": (
        lambda: (DecisionTreeClassifier().fit(WINE, CULTIVARS), WINE),
        r"DecisionTreeClassifier\(\) of type DecisionTreeClassifier does not",
    ),
    "a class": (lambda: (MLPStudent, WINE), "is a class, not an instance"),
    "nothing": (lambda: (None, WINE), "None of type NoneType does not"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_students_without_ranges_are_refused_by_name(case):
    make, message = REFUSED[case]
    model, X = make()
    with pytest.raises(TypeError, match=message):
        coverage(model, X)


def test_a_student_that_is_not_fitted():
    with pytest.raises(NotFittedError):
        coverage(student(), WINE)


def test_rows_are_checked_as_in_predict():
    model = student().fit(WINE, CULTIVARS)
    with pytest.raises(ValueError, match="feature names should match"):
        coverage(model, WINE.iloc[:, :5])
    with pytest.raises(ValueError, match="feature names should match"):
        coverage(model, WINE[WINE.columns[::-1]])
    with pytest.raises(ValueError, match="has 5 features, but"):
        coverage(student().fit(WINE.values, CULTIVARS), WINE.values[:, :5])
    with pytest.raises(ValueError, match="infinity"):
        coverage(model, WINE.assign(ash=np.inf))
    with pytest.raises(ValueError, match="'ash' is numeric, but it holds 'high'"):
        coverage(model, WINE.assign(ash="high"))
    with pytest.raises(ValueError, match="0 sample"):
        coverage(model, WINE.iloc[:0])


def test_rows_stay_as_they_are():
    scaler = FunctionTransformer(lambda X: np.multiply(X, 2, out=X))
    model = make_pipeline(scaler, student()).fit(WINE.values.copy(), CULTIVARS)
    X = WINE.values.copy()
    assert is_covered(coverage(model, X))
    np.testing.assert_array_equal(X, WINE.values)


# ---- how it is written


@pytest.fixture(scope="module")
def drifted():
    encoder = TabularEncoder().fit(ADULT)
    X = ADULT.astype({"sex": object}).assign(sex="<i>other</i>", age=ADULT["age"] + 40)
    return coverage(encoder, X)


def test_the_table_has_the_columns_outside(drifted):
    lines = str(drifted).splitlines()
    shares = "outside below above unseen newly missing"
    assert " ".join(lines[0].split()) == f"kind {shares} unseen levels in training"
    assert lines[1].split()[:3] == ["sex", "nominal", "1.0000"]
    assert lines[1].split()[3:5] == ["-", "-"]
    assert "'<i>other</i>'" in lines[1]
    assert lines[1].endswith("2 levels")
    assert lines[2].split()[:2] == ["age", "numeric"]
    assert lines[-2:] == [
        "1.0000 of 600 rows are outside in at least one column.",
        "12 other columns have no value outside.",
    ]


def test_html_escapes_levels_and_has_the_same_table(drifted):
    html = drifted._repr_html_()
    assert "<i>other" not in html
    assert "&lt;i&gt;other&lt;/i&gt;" in html
    assert html.count("<tr>") == 3
    assert "12 other columns have no value outside." in html


def test_a_covered_table_is_two_sentences():
    found = coverage(TabularEncoder().fit(WINE), WINE)
    assert str(found).splitlines() == [
        "0.0000 of 178 rows are outside in at least one column.",
        "13 columns have no value outside.",
    ]
    assert "<table" not in found._repr_html_()


def test_a_wide_table_is_cut_and_small_shares_are_not_0():
    encoder = TabularEncoder().fit(np.zeros((2, 50)))
    X = np.zeros((30_000, 50))
    X[0, :40] = 1
    text = str(coverage(encoder, X))
    assert text.count("numeric") == 30
    assert text.count("<.0001") > 30
    assert "10 more columns have values outside." in text
    assert "10 other columns have no value outside." in text


def test_frame_and_dict(drifted):
    frame = drifted.to_frame()
    assert frame.index[:2].tolist() == ["sex", "age"]
    assert frame.loc["sex", "unseen"] == 1
    assert ColumnCoverage(**drifted.to_dict()) == drifted
    with pytest.raises(KeyError):
        drifted["nobody"]
