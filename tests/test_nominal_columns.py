"""Numbers as text are refused, and columns of dates and keys are warned of."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler, TabularEncoder

RNG = np.random.default_rng(0)
N = 200
NUMBERS = RNG.normal(size=(N, 2))
TEXT = NUMBERS.astype(str)
Y = (NUMBERS[:, 0] > 0).astype(int)
WHEN = pd.date_range("2024-01-01", periods=N, freq="h").astype(str)


class Untouched(DummyClassifier):
    """A teacher that must not be fitted."""

    def fit(self, X, y):
        raise AssertionError("the teacher was fitted")


def student(**params):
    return MLPStudent(4, max_iter=2, random_state=0, **params)


def column(values, dtype=object):
    return pd.DataFrame({"amount": pd.Series(list(values), dtype=dtype)})


@pytest.mark.parametrize(
    "X",
    [
        TEXT,
        TEXT.astype(object),
        TEXT.astype("S"),
        pd.DataFrame(TEXT, dtype=object),
        pd.DataFrame(TEXT, dtype="string"),
        pd.DataFrame(TEXT, dtype="string[pyarrow]"),
        pl.DataFrame(TEXT.tolist(), orient="row"),
    ],
    ids=["U", "O", "S", "objects", "string", "arrow", "polars"],
)
def test_numbers_as_text_are_refused_in_every_container(X):
    with pytest.raises(ValueError, match=r"numbers as text, .*astype\(float"):
        TabularEncoder().fit(X)
    with pytest.raises(ValueError, match="numbers as text"):
        student().fit(X, Y)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([f"{v:.3e}" for v in NUMBERS[:, 0]], "such as"),
        ([f" {v:+.3f} " for v in NUMBERS[:, 0]], "such as"),
        ([f"{v * 1e6:,.1f}" for v in NUMBERS[:, 0]], "nothing between thousands"),
        ([f"{v:.3f}".replace(".", ",") for v in NUMBERS[:, 0]], "a point before"),
        (
            [f"{v:.3f}" if k % 9 else "NA" for k, v in enumerate(Y + NUMBERS[:, 0])],
            "NA",
        ),
        ([f"{v:.3f}" if k % 9 else "" for k, v in enumerate(NUMBERS[:, 0])], "to NaN"),
        ([f"{v:.3f}" if k % 9 else None for k, v in enumerate(NUMBERS[:, 0])], "such"),
        (NUMBERS[:, 0].astype(str).astype(object) + np.array([""]), "such as"),
        ([v if k % 9 else "?" for k, v in enumerate(NUMBERS[:, 0])], "beside '\\?'"),
        ([v if k % 9 else str(v) for k, v in enumerate(NUMBERS[:, 0])], "as text"),
        (RNG.permutation(10 * N).astype(str)[:N], "Leave out an id"),
    ],
)
def test_numbers_are_known_however_they_are_written(values, says):
    with pytest.raises(ValueError, match=f"(?s)Column 'amount' holds numbers.*{says}"):
        TabularEncoder().fit(column(values))


@pytest.mark.parametrize("n", [600, 5000])
def test_fractions_need_not_differ_in_most_rows(n):
    values = (np.arange(n) % 600 / 7).astype(str)
    with pytest.raises(ValueError, match="Column 'amount' holds numbers as text"):
        TabularEncoder().fit(column(values))


@pytest.mark.parametrize(
    ("words", "every"),
    [
        (["missing"], 10),
        (["*"], 4),
        (["<0.1", ">90", "unknown"], 5),
        (["N.A.", "?"], 7),
    ],
)
@pytest.mark.parametrize("typed", [str, float])
def test_numbers_beside_a_few_words_are_refused_with_the_words(words, every, typed):
    values = [
        typed(v) if k % every else words[k // every % len(words)]
        for k, v in enumerate(NUMBERS[:, 0].round(3))
    ]
    with pytest.raises(ValueError, match=r"holds numbers .*missing value") as error:
        TabularEncoder().fit(column(values))
    assert all(repr(word) in str(error.value) for word in words)


@pytest.mark.parametrize(
    ("words", "every"),
    [(["low"], 3), (["V1", "V2", "E3", "E4"], 20), (["01"], 20), ([True], 20)],
)
@pytest.mark.filterwarnings("ignore:Column .* is nominal with mostly different")
def test_numbers_beside_many_words_or_codes_stay_levels(words, every):
    values = [
        str(v) if k % every else words[k // every % len(words)]
        for k, v in enumerate(NUMBERS[:, 0].round(3))
    ]
    assert TabularEncoder().fit(column(values)).kinds_ == ["nominal"]


def test_few_rows_of_codes_are_warned_of_and_not_refused():
    codes = (np.random.default_rng(0).integers(300, size=8000) + 100).astype(str)
    assert TabularEncoder().fit(column(codes)).kinds_ == ["nominal"]
    with pytest.warns(UserWarning, match="numbers in text into numbers"):
        assert TabularEncoder().fit(column(codes[:110])).kinds_ == ["nominal"]
    with pytest.raises(ValueError, match="numbers as text"):
        TabularEncoder().fit(column(np.arange(101).astype(str)))


def test_the_refusal_says_how_many_differ():
    values = (np.arange(400) % 40 / 8).astype(str)
    with pytest.raises(ValueError, match="with 40 different ones in 400 rows of 'amo"):
        TabularEncoder().fit(column(values))


@pytest.mark.parametrize(
    "values",
    [
        np.arange(3000) % 3,  # few
        np.arange(3000) % 1000 + 94000,  # zip codes, each three times
        [f"{v}.0" for v in np.arange(3000) % 1000 + 94000],  # once floats
        np.arange(3000) % 20 / 4,  # doses
        [f"{v:.2f}" for v in np.arange(3000) % 100 / 100 + 250],  # codes of diseases
        [f"{v:03}" for v in np.arange(3000) % 1000],  # zeros in front: codes
        np.where(np.arange(3000) % 500, np.arange(3000) % 1000, "none of these"),
    ],
)
def test_numeric_names_of_levels_stay_nominal(values):
    X = column(np.asarray(values).astype(str))
    assert TabularEncoder().fit(X).kinds_ == ["nominal"]


def test_dtype_category_is_taken_at_its_word():
    frames = [
        pd.DataFrame(TEXT, dtype=object).astype("category"),
        pl.DataFrame(TEXT.tolist(), orient="row").cast(pl.Categorical),
    ]
    for X in frames:
        with pytest.warns(UserWarning, match="nominal with mostly different values"):
            assert TabularEncoder().fit(X).kinds_ == ["nominal", "nominal"]


def test_the_refusal_names_the_columns_and_comes_before_the_teacher():
    X = pd.DataFrame({"a": NUMBERS[:, 0], "b": TEXT[:, 0], "c": TEXT[:, 1]})
    for params in (
        {"student": student()},
        {"student": student(), "transfer": None},
        {"student": student(), "alpha": 0.0},
        {"student": make_pipeline(student()), "transfer": None},
        {"student": GridSearchCV(student(), {"max_iter": [2]}), "transfer": None},
    ):
        model = DistilledClassifier(Untouched(), random_state=0, **params)
        with pytest.raises(ValueError, match="Columns 'b', 'c' hold numbers as text"):
            model.fit(X, Y)


def test_a_student_with_an_encoder_of_its_own_reads_numbers_as_text():
    hot = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    to_floats = FunctionTransformer(lambda X: X.astype(float))
    teacher = make_pipeline(to_floats, LogisticRegression())
    for own in (hot, make_pipeline(to_floats, student()), clone(teacher)):
        for transfer in ("auto", MungeSampler(50), None):
            model = DistilledClassifier(teacher, own, transfer=transfer, random_state=0)
            assert model.fit(TEXT, Y).score(TEXT, Y) > 0.4


@pytest.mark.parametrize("kind", ["objects", "category", "polars", "array"])
def test_a_column_of_dates_is_warned_of(kind):
    X = pd.DataFrame({"when": pd.Series(WHEN, dtype=object), "x": NUMBERS[:, 0]})
    name = "'when'"
    if kind == "category":
        X["when"] = X["when"].astype("category")
    elif kind == "polars":
        X = pl.from_pandas(X)
    elif kind == "array":
        X, name = X.to_numpy(dtype=object), "0"
    match = (
        rf"Column {name} is nominal .*\(200 of 200, 100%\).*both teacher and student"
    )
    with pytest.warns(UserWarning, match=match) as caught:
        TabularEncoder().fit(X)
    assert len(caught) == 1


@pytest.mark.parametrize(
    "values",
    [
        [f"key-{v}" for v in range(N)],
        [f"{v:08}" for v in range(N)],  # zeros in front
        [f"a remark of {v} words" for v in range(N)],
        np.where(np.arange(N) % 3, WHEN, WHEN[0]),  # two thirds differ
    ],
)
def test_keys_and_texts_are_warned_of(values):
    with pytest.warns(UserWarning, match="Column 'amount' is nominal with mostly diff"):
        student().fit(column(values), Y)


def test_levels_that_repeat_are_not_warned_of():
    for values in (
        [f"level {k % 60}" for k in range(N)],
        [f"level {k}" for k in range(15)] * 13 + ["level 3"] * 5,
    ):
        student().fit(column(values), Y)
    TabularEncoder().fit(column([f"level {k}" for k in range(20)]))


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"transfer": None},
        {"alpha": 0.0},
        {"transfer": None, "cv": 2},
    ],
)
def test_a_distilled_classifier_warns_once_by_the_labelled_rows(params):
    X = pd.DataFrame({"when": pd.Series(WHEN, dtype=object), "x": NUMBERS[:, 0]})
    params = {"transfer": MungeSampler(3000), **params}
    model = DistilledClassifier(DummyClassifier(), student(), random_state=0, **params)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, Y)
        model.fit(X, Y)
    ours = [str(each.message) for each in caught if "mostly diff" in str(each.message)]
    assert len(ours) == 2  # one a fit
    assert "(200 of 200, 100%)" in ours[0] or params.get("alpha") == 0.0


def test_an_own_pipeline_in_front_of_the_encoder_is_warned_of_too():
    X = pd.DataFrame({"when": pd.Series(WHEN, dtype=object), "x": NUMBERS[:, 0]})
    own = make_pipeline(FunctionTransformer(), student())
    model = DistilledClassifier(DummyClassifier(), own, transfer=None, random_state=0)
    with pytest.warns(UserWarning, match="'when' is nominal with mostly different"):
        model.fit(X, Y)


def test_the_refusal_of_dates_advises_features_and_no_strings():
    X = pd.DataFrame({"when": pd.to_datetime(WHEN), "x": NUMBERS[:, 0]})
    with pytest.raises(TypeError, match=r"'when'.*both teacher and student.*hour") as e:
        TabularEncoder().fit(X)
    assert "strings" not in str(e.value)
