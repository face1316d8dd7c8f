"""load_adult: the values that ship, and the forms they come in."""

import sys

import numpy as np
import pandas as pd
import pytest

from sklearn_kd.datasets import load_adult

NUMERIC = {
    "age": (17, 90),
    "fnlwgt": (12285, 1490400),
    "education_num": (1, 16),
    "capital_gain": (0, 99999),
    "capital_loss": (0, 4356),
    "hours_per_week": (1, 99),
}
LEVELS = {
    "workclass": 8,
    "education": 16,
    "marital_status": 7,
    "occupation": 14,
    "relationship": 6,
    "race": 5,
    "sex": 2,
    "native_country": 41,
}
MISSING = {"workclass": 2799, "occupation": 2809, "native_country": 857}
COLUMNS = [
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education_num",
    "marital_status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital_gain",
    "capital_loss",
    "hours_per_week",
    "native_country",
]


@pytest.fixture(scope="module")
def adult():
    return load_adult()


@pytest.fixture(scope="module")
def arrays():
    return load_adult(as_frame=False)


def test_counts_are_those_the_source_publishes(adult):
    assert adult.data.shape == (48842, 14)
    positive = adult.target == ">50K"
    assert positive.sum() == 11687
    assert positive[:32561].sum() == 7841  # the training file
    assert positive[32561:].sum() == 3846  # the test file
    missing = adult.data.isna().sum()
    assert missing[missing > 0].to_dict() == MISSING


def test_first_row_of_each_file(adult):
    first = adult.frame.iloc[0].to_dict()
    assert first == {
        "age": 39,
        "workclass": "State-gov",
        "fnlwgt": 77516,
        "education": "Bachelors",
        "education_num": 13,
        "marital_status": "Never-married",
        "occupation": "Adm-clerical",
        "relationship": "Not-in-family",
        "race": "White",
        "sex": "Male",
        "capital_gain": 2174,
        "capital_loss": 0,
        "hours_per_week": 40,
        "native_country": "United-States",
        "income": "<=50K",
    }
    assert adult.frame.loc[32561, ["age", "fnlwgt", "income"]].tolist() == [
        25,
        226802,
        "<=50K",
    ]


def test_columns_and_dtypes(adult):
    assert list(adult.data) == adult.feature_names == COLUMNS
    for name, (low, high) in NUMERIC.items():
        assert adult.data[name].dtype == np.int64
        assert (adult.data[name].min(), adult.data[name].max()) == (low, high)
    for name, n_levels in LEVELS.items():
        column = adult.data[name]
        assert isinstance(column.dtype, pd.CategoricalDtype)
        assert not column.cat.ordered
        assert column.nunique() == n_levels  # every level occurs
        assert list(column.cat.categories) == adult.categories[name]
    assert adult.target.name == "income"
    assert list(adult.target.cat.categories) == list(adult.target_names)


def test_education_is_ordered_as_its_number(adult):
    codes = adult.data["education"].cat.codes
    np.testing.assert_array_equal(codes + 1, adult.data["education_num"])


def assert_same(one, other):
    """What pandas' own assertion says, which takes seconds for categories."""
    assert one.equals(other)
    assert one.index.equals(other.index)
    assert one.dtypes.equals(other.dtypes) if one.ndim == 2 else one.name == other.name


def test_frame_holds_data_and_target(adult):
    assert_same(adult.frame[COLUMNS], adult.data)
    assert_same(adult.frame["income"], adult.target)


def test_description_credits_the_source(adult):
    for words in ("Becker", "Kohavi", "10.24432/C5XW20", "CC BY 4.0"):
        assert words in adult.DESCR
    for name in COLUMNS:
        assert f"\n{name}\n" in adult.DESCR


@pytest.mark.parametrize("as_frame", [True, False])
def test_return_X_y(as_frame, adult, arrays):
    bunch = adult if as_frame else arrays
    X, y = load_adult(return_X_y=True, as_frame=as_frame)
    if as_frame:
        assert_same(X, bunch.data)
        assert_same(y, bunch.target)
    else:
        np.testing.assert_array_equal(X, bunch.data)
        np.testing.assert_array_equal(y, bunch.target)


def test_arrays_hold_codes_and_nan(adult, arrays):
    assert arrays.frame is None
    assert arrays.data.dtype == np.float64
    assert arrays.data.shape == (48842, 14)
    for position, name in enumerate(arrays.feature_names):
        column = adult.data[name]
        expected = column if name in NUMERIC else column.cat.codes.replace(-1, np.nan)
        np.testing.assert_array_equal(arrays.data[:, position], expected)
    assert arrays.target.dtype == object
    np.testing.assert_array_equal(arrays.target, np.asarray(adult.target))


def test_without_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-kd\[demo\]'"):
        load_adult()
    assert load_adult(as_frame=False).data.shape == (48842, 14)


def test_each_call_gives_its_own_copy():
    first = load_adult(as_frame=False)
    first.data[:] = 0
    first.categories["sex"].append("spoilt")
    second = load_adult(as_frame=False)
    assert second.data[0, 0] == 39
    assert second.categories["sex"] == ["Female", "Male"]
