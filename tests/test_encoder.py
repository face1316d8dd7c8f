import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.stats import norm
from sklearn.base import clone

from sklearn_kd.students import TabularEncoder


def mixed(n_samples=60, seed=0):
    """A table with each kind of column, missing values in two of them."""
    rng = np.random.default_rng(seed)
    number = rng.normal(size=n_samples)
    number[rng.random(n_samples) < 0.2] = np.nan
    return {
        "number": [None if np.isnan(value) else value for value in number],
        "count": rng.poisson(3, n_samples).tolist(),
        "flag": (rng.random(n_samples) < 0.5).tolist(),
        "text": rng.choice(np.array(["a", "b", "c", None]), n_samples).tolist(),
        "constant": [7] * n_samples,
    }


def names_of(encoder, features=None):
    features = None if features is None else list(features)
    return encoder.get_feature_names_out(features).tolist()


CONTAINERS = {
    "pandas": pd.DataFrame,
    "nullable": lambda columns: pd.DataFrame(columns).convert_dtypes(),
    "category": lambda columns: pd.DataFrame(columns).astype(
        {"text": "category", "flag": "category"}
    ),
    "object": lambda columns: pd.DataFrame(columns, dtype=object),
    "polars": pl.DataFrame,
    "polars categorical": lambda columns: pl.DataFrame(columns).with_columns(
        pl.col("text").cast(pl.Categorical)
    ),
    "array": lambda columns: pd.DataFrame(columns, dtype=object).to_numpy(),
    "lists": lambda columns: [list(row) for row in zip(*columns.values(), strict=True)],
}
FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame}

containers = pytest.mark.parametrize("make", list(CONTAINERS.values()), ids=CONTAINERS)
frames = pytest.mark.parametrize("make", list(FRAMES.values()), ids=FRAMES)


@containers
def test_a_table_is_encoded_alike_in_every_container(make):
    columns = mixed()
    encoder = TabularEncoder(dtype="float64").fit(make(columns))
    encoded = encoder.transform(make(columns))
    assert names_of(encoder, columns) == [
        *["number", "count", "number_missing", "flag_False", "flag_True"],
        *["text_a", "text_b", "text_c", "text_missing"],
    ]
    assert encoder.kinds_ == ["numeric"] * 2 + ["nominal"] * 2 + ["numeric"]

    number = np.array(columns["number"], dtype=float)
    present = ~np.isnan(number)
    ranks = (number[present].argsort().argsort() + 0.5) / present.sum()
    assert_allclose(encoded[present, 0], norm.ppf(ranks), atol=1e-12)
    assert_array_equal(encoded[~present, 0], 0)
    assert_array_equal(encoded[:, 2], ~present)
    flag = np.array(columns["flag"])
    assert_array_equal(encoded[:, 3:5], np.column_stack([~flag, flag]))
    text = np.array(columns["text"], dtype=object)
    for column, level in enumerate(["a", "b", "c", None], start=5):
        assert_array_equal(encoded[:, column], [value == level for value in text])


@pytest.mark.filterwarnings("ignore:X .* feature names")
@pytest.mark.parametrize("fitted_on", list(CONTAINERS.values()), ids=CONTAINERS)
@containers
def test_fitted_on_one_container_it_encodes_another(fitted_on, make):
    encoder = TabularEncoder().fit(fitted_on(mixed()))
    expected = TabularEncoder().fit_transform(pd.DataFrame(mixed()))
    assert_array_equal(encoder.transform(make(mixed())), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_samples", [1, 60])
def test_the_output_has_the_chosen_dtype(dtype, n_samples):
    encoder = TabularEncoder(dtype=dtype).fit(pd.DataFrame(mixed()))
    encoded = encoder.transform(pd.DataFrame(mixed())[:n_samples])
    assert encoded.dtype == dtype
    assert encoded.flags.c_contiguous
    assert encoded.shape == (n_samples, encoder.n_features_out_)
    assert len(encoder.get_feature_names_out()) == encoder.n_features_out_
    assert np.isfinite(encoded).all()


def memmapped(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


@pytest.mark.parametrize(
    "change",
    [
        lambda X, _: np.asfortranarray(X),
        lambda X, _: X[:, ::-1][:, ::-1],
        lambda X, _: np.frombuffer(X.tobytes()).reshape(X.shape),  # read-only
        memmapped,
        lambda X, _: X.astype(object),
        lambda X, _: X.astype(">f8"),
        lambda X, _: X.tolist(),
    ],
    ids=["fortran", "strided", "read-only", "memmap", "object", "big-endian", "list"],
)
def test_the_layout_of_an_array_does_not_matter(change, tmp_path):
    X = np.random.default_rng(0).normal(size=(80, 4))
    X[3, 1] = np.nan
    before = X.copy()
    other = change(X, tmp_path)
    expected = TabularEncoder().fit(X).transform(X)
    assert_array_equal(TabularEncoder().fit(other).transform(other), expected)
    assert_array_equal(X, before)


def test_float32_rows_are_those_of_the_same_values_in_float64():
    X = np.random.default_rng(0).normal(size=(80, 4)).astype(np.float32)
    encoder = TabularEncoder().fit(X)
    assert_array_equal(encoder.transform(X), encoder.transform(X.astype(np.float64)))


def test_missing_only_at_prediction_is_imputed_without_a_flag():
    encoder = TabularEncoder().fit(np.arange(5.0)[:, None])
    assert_array_equal(encoder.transform([[np.nan]]), [[0.0]])


def test_missing_text_unseen_in_training_is_like_an_unknown_level():
    encoder = TabularEncoder().fit(pd.DataFrame({"a": ["x", "y"]}))
    new = pd.DataFrame({"a": ["x", None]})
    assert_array_equal(encoder.transform(new), [[1, 0], [0, 0]])


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([1.0, 1.0, 1.0], []),
        ([1.0, None, 1.0], ["a_missing"]),
        ([None, None, None], []),
        ([1.0, 2.0, None], ["a", "a_missing"]),
        (["x", "x", "x"], []),
        (["x", None, "x"], ["a_x", "a_missing"]),
        ([True, True, True], []),
    ],
    ids=str,
)
@frames
def test_constant_columns_are_dropped_and_their_flags_are_not(make, values, names):
    encoder = TabularEncoder().fit(make({"a": values, "b": [1, 2, 3]}))
    # named here, as scikit-learn 1.7 does not read the names of polars 2
    assert [name for name in names_of(encoder, "ab") if name != "b"] == names


def test_a_table_of_constants_has_no_columns_left():
    assert TabularEncoder().fit_transform(np.ones((3, 2))).shape == (3, 0)


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({}, "a b c d missing"),
        ({"min_frequency": None, "max_categories": None}, "a b c d missing"),
        ({"min_frequency": 2}, "a b c missing other"),
        ({"min_frequency": 3}, "a b missing other"),
        ({"min_frequency": 0.15}, "a b missing other"),  # of 20 rows: 3
        ({"min_frequency": 0.2}, "a missing other"),
        ({"min_frequency": 100}, "missing other"),
        ({"max_categories": 4}, "a b c d missing"),
        ({"max_categories": 3}, "a b missing other"),
        ({"max_categories": 1}, "missing other"),
        ({"min_frequency": 2, "max_categories": 3}, "a b missing other"),
    ],
    ids=str,
)
def test_light_levels_share_a_column(parameters, names):
    column = ["b"] * 3 + ["a"] * 13 + ["d"] + ["c"] * 2 + [None]
    X = pd.DataFrame({"a": column})
    encoder = TabularEncoder(**parameters).fit(X)
    assert names_of(encoder) == [f"a_{name}" for name in names.split()]
    encoded = encoder.transform(X)
    assert_array_equal(encoded.sum(axis=1), 1)
    grouped = set("abcd") - set(names.split())
    if grouped:
        assert_array_equal(encoded[:, -1], [level in grouped for level in column])


def test_weights_decide_which_levels_are_light():
    X = pd.DataFrame({"a": ["x", "y", "z", "z"]})
    encoder = TabularEncoder(min_frequency=2)
    assert names_of(encoder.fit(X)) == ["a_z", "a_other"]
    encoder.fit(X, sample_weight=[2.2, 1.15, 0.3, 0.35])
    assert names_of(encoder) == ["a_x", "a_other"]


def test_levels_of_equal_weight_are_grouped_from_the_end_of_the_alphabet():
    X = pd.DataFrame({"a": list("dcba")})
    for rows in [X, X[::-1]]:
        encoder = TabularEncoder(max_categories=3).fit(rows)
        assert names_of(encoder) == ["a_a", "a_b", "a_other"]


@frames
@pytest.mark.parametrize(("min_frequency", "last"), [(None, [0, 0]), (2, [0, 1])])
def test_unknown_levels_go_to_the_grouped_ones_or_nowhere(make, min_frequency, last):
    columns = ["x", "x", "y"] if min_frequency else ["x", "x", "y", "y"]
    encoder = TabularEncoder(min_frequency=min_frequency).fit(make({"a": columns}))
    assert_array_equal(encoder.transform(make({"a": ["x", "new"]})), [[1, 0], last])


def test_levels_of_different_types_have_an_order():
    X = np.array([["b"], [2], [b"c"], [1.5], ["a"], [True], [None]], dtype=object)
    encoder = TabularEncoder().fit(X)
    assert encoder.levels_ == {0: [True, 1.5, 2, "a", "b", b"c", None]}
    assert_array_equal(encoder.transform(X).sum(axis=0), 1)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]], ids=str)
def test_levels_are_sorted_whatever_order_they_or_the_categories_come_in(order):
    values = np.array(["d", "b", "a", "c"])[order]
    categories = pd.CategoricalDtype(["c", "a", "never", "d", "b"], ordered=True)
    for dtype in [object, categories]:
        X = pd.DataFrame({"a": values}).astype(dtype)
        assert TabularEncoder().fit(X).levels_ == {0: ["a", "b", "c", "d"]}


def test_a_categorical_with_other_codes_at_prediction_is_read_by_its_levels():
    fit = pd.DataFrame({"a": pd.Categorical(["x", "y", "z"])})
    new = pd.DataFrame({"a": pd.Categorical(["z", "x"], categories=["z", "x"])})
    assert_array_equal(TabularEncoder().fit(fit).transform(new), [[0, 0, 1], [1, 0, 0]])


def test_names_are_distinct_even_if_levels_and_columns_conspire():
    columns = {
        "a": ["other", "missing", None, "rare", "other", "missing"],
        "a_other": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "b": [1, "1", 1, "1", 1, "1"],
    }
    X = pd.DataFrame(columns)
    encoder = TabularEncoder(min_frequency=2).set_output(transform="polars").fit(X)
    names = names_of(encoder)
    assert len(set(names)) == len(names)
    assert names[0] == "a_other"
    assert names[-2:] == ["b_1", "b_1_2"]
    assert encoder.transform(X).columns == names


def test_names_follow_the_input_features():
    X = np.array([[1.0, "x"], [2.0, "y"], [np.nan, "y"]], dtype=object)
    encoder = TabularEncoder().fit(X)
    assert names_of(encoder) == ["x0", "x0_missing", "x1_x", "x1_y"]
    names = encoder.get_feature_names_out(["age", "job"])
    assert names.tolist() == ["age", "age_missing", "job_x", "job_y"]
    with pytest.raises(ValueError, match="length equal to number of features"):
        encoder.get_feature_names_out(["age"])


@st.composite
def weighted_tables(draw):
    n_samples = draw(st.integers(2, 25))

    def column(*elements):
        size = {"min_size": n_samples, "max_size": n_samples}
        return draw(st.lists(st.sampled_from(elements), **size))

    X = {
        "x": column(0.0, 0.1, 0.2, 1e9, -3.5, 2.0, 7.0, None),
        "t": column("a", "b", "c", "d", None),
        "o": column(True, False),
    }
    weight = np.array(column(0, 1, 2, 3))
    weight[0] = 1
    return X, weight


@frames
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"n_knots": 3, "min_frequency": 3},
        {"min_frequency": 0.2, "max_categories": 3},
    ],
    ids=str,
)
@given(table=weighted_tables())
@settings(max_examples=25, deadline=None)
def test_a_whole_weight_is_a_repetition_to_the_bit(make, parameters, table):
    columns, weight = table
    X = make(columns)
    rows = np.repeat(np.arange(len(weight)), weight)
    repeated = X.iloc[rows] if make is pd.DataFrame else X[rows]
    by_weight = TabularEncoder(**parameters).fit(X, sample_weight=weight)
    by_rows = TabularEncoder(**parameters).fit(repeated)
    assert_array_equal(names_of(by_weight), names_of(by_rows))
    assert_array_equal(by_weight.transform(X), by_rows.transform(X))


def test_a_row_of_no_weight_is_absent_whatever_it_holds():
    X = np.array([[1.0, "x"], [2.0, "y"], ["text", None], [None, "z"]], dtype=object)
    encoder = TabularEncoder().fit(X, sample_weight=[1, 1, 0, 0])
    assert encoder.kinds_ == ["numeric", "nominal"]
    assert names_of(encoder) == ["x0", "x1_x", "x1_y"]


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([0, 0], "non-zero"),
        ([1, -1], "[Nn]egative"),
        ([1], "shape"),
        ([1, np.nan], "NaN"),
    ],
    ids=str,
)
def test_weights_that_make_no_sense_are_refused(weight, message):
    with pytest.raises(ValueError, match=message):
        TabularEncoder().fit([[1.0], [2.0]], sample_weight=weight)


@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
@pytest.mark.parametrize(
    "make",
    [np.array, pd.DataFrame, pl.DataFrame, lambda X: X.astype(object)],
    ids=["array", "pandas", "polars", "object"],
)
def test_infinity_is_an_error(make, infinity):
    X = np.arange(6.0).reshape(3, 2)
    encoder = TabularEncoder().fit(make(X))
    X[1, 1] = infinity
    for call in [encoder.transform, clone(encoder).fit]:
        with pytest.raises(ValueError, match="Input X contains infinity"):
            call(make(X))


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (pd.DataFrame({"a": pd.to_datetime(["2020-01-01"])}), TypeError, "Column 'a'"),
        (np.array([[{"foo": "bar"}]]), TypeError, "argument must be a string or a num"),
        (csr_array(np.eye(3)), TypeError, "[Ss]parse"),
        (np.ones(3), ValueError, "Expected 2D array"),
        (np.ones((0, 3)), ValueError, "0 sample"),
        (pd.DataFrame({"a": []}), ValueError, "0 sample"),
        (np.array([[1j]]), ValueError, "Complex data not supported"),
    ],
    ids=["dates", "dicts", "sparse", "1-D", "empty", "empty frame", "complex"],
)
def test_rows_that_are_no_table_are_refused(X, error, message):
    with pytest.raises(error, match=message):
        TabularEncoder().fit(X)


def test_the_columns_at_prediction_are_those_of_training():
    X = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    encoder = TabularEncoder().fit(X)
    for names in [["b", "a"], ["a"]]:
        with pytest.raises(ValueError, match="feature names should match"):
            encoder.transform(X[names])
    with pytest.raises(ValueError, match=r"expecting 2 features as input"):
        TabularEncoder().fit([[1, 2], [2, 3]]).transform([[1]])
    with pytest.raises(ValueError, match="Column 'a' is numeric, but it holds 'many'"):
        encoder.transform(pd.DataFrame({"a": ["many"], "b": ["x"]}))


def test_a_row_gets_the_same_bits_in_any_company():
    X = pd.DataFrame(mixed(500))
    encoder = TabularEncoder().fit(X)
    whole = encoder.transform(X)
    for start, stop in [(0, 1), (17, 18), (3, 90), (499, 500)]:
        assert_array_equal(encoder.transform(X[start:stop]), whole[start:stop])


def test_pickling_and_refitting_leave_nothing_behind():
    X, other = pd.DataFrame(mixed()), np.random.default_rng(0).normal(size=(9, 2))
    encoder = TabularEncoder().fit(X)
    copy = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(copy.transform(X), encoder.transform(X))
    fresh = TabularEncoder().fit(other)
    assert vars(encoder.fit(other)).keys() == vars(fresh).keys()
    assert_array_equal(encoder.transform(other), fresh.transform(other))


def test_the_frame_is_not_touched():
    X = pd.DataFrame(mixed())
    before = X.copy(deep=True)
    TabularEncoder(min_frequency=5).fit_transform(X)
    pd.testing.assert_frame_equal(X, before)
