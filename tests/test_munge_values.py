"""``MungeSampler``: which columns keep their values, and which get others."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from teacher_alone import distil

from sklearn_kd import MLPStudent
from sklearn_kd.transfer import MungeSampler
from sklearn_kd.transfer._munge_numbers import keep_values

ZIPS = np.array([20, 30, 60, 120, 160])


def made_values(X, **params):
    """Distinct values of the synthetic rows, exactly, without the missing ones."""
    params = {"swap_probability": 1, "random_state": 0} | params
    X_new, _ = MungeSampler(400, **params).fit(X).sample()
    return values_of(X_new)


def values_of(X):
    if isinstance(X, pl.DataFrame):
        values = X[:, 0].to_list()
    else:
        values = pd.DataFrame(X).astype(object).to_numpy().ravel().tolist()
    return {one for one in values if not pd.isna(one)}


# ---- whole numbers

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


def with_gaps(column):
    return [None if row % 7 == 3 else one for row, one in enumerate(column.tolist())]


ARRAYS = {dtype: lambda c, dtype=dtype: c.astype(dtype)[:, None] for dtype in INTEGERS}
FLOATS = {
    "float32": lambda c: c.astype("float32")[:, None],
    "float64": lambda c: c.astype("float64")[:, None],
    "gaps": lambda c: np.array(with_gaps(c), dtype=float)[:, None],
    "objects": lambda c: np.array(with_gaps(c), dtype=object)[:, None],
    "pandas": lambda c: pd.DataFrame({"a": c}),
    "pandas nullable": lambda c: pd.DataFrame({"a": with_gaps(c)}, dtype="Int64"),
    "pandas floats": lambda c: pd.DataFrame({"a": with_gaps(c)}, dtype=float),
    "pandas objects": lambda c: pd.DataFrame({"a": with_gaps(c)}, dtype=object),
    "arrow": lambda c: pd.DataFrame({"a": with_gaps(c)}, dtype="int64[pyarrow]"),
    "polars": lambda c: pl.DataFrame({"a": pl.Series(with_gaps(c), dtype=pl.Int64)}),
    "polars floats": lambda c: pl.DataFrame({"a": c.astype(float)}),
    "polars objects": lambda c: pl.DataFrame(
        {"a": pl.Series(c.tolist(), dtype=pl.Object)}
    ),
}
CONTAINERS = ARRAYS | FLOATS


def levels_for(name):
    dtype = name if name in INTEGERS else "int64"
    ends = np.iinfo(dtype)
    near = st.integers(max(ends.min, -300), min(ends.max, 300))
    return st.lists(near | st.integers(ends.min, ends.max), min_size=1, max_size=60)


@pytest.mark.parametrize("name", CONTAINERS)
@settings(max_examples=10, deadline=None)
@given(data=st.data(), n_rows=st.integers(1, 90), seed=st.integers(0, 99))
def test_no_whole_number_is_made_that_never_occurred(name, data, n_rows, seed):
    """Up to the ends of the integers, where neighbours share a float64."""
    levels = np.array(data.draw(levels_for(name)), dtype=object)
    column = np.random.default_rng(seed).choice(levels, n_rows)
    dtype = name if name in INTEGERS else "int64"
    X = CONTAINERS[name](column.astype(dtype))
    assert made_values(X, random_state=seed) <= values_of(X)


@pytest.mark.parametrize("codes", [ZIPS, [-1, 0, 5], [0, 1], [7], [-1, 2**60 + 1]])
def test_codes_are_exchanged_without_noise(codes):
    """Each value is its source's or that of one of the neighbours."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.choice(codes, 300), rng.choice(codes, 300)])
    sampler = MungeSampler(3000, n_neighbors=2, random_state=0).fit(X)
    X_new, source = sampler.sample()
    known = X[np.column_stack([source, sampler.neighbors_[source]])]
    assert (known == X_new[:, None]).any(axis=1).all()


def test_booleans_are_exchanged_too():
    X = np.random.default_rng(0).random((300, 2)) < 0.5
    sampler = MungeSampler(3000, n_neighbors=1, swap_probability=1).fit(X)
    X_new, source = sampler.sample()
    assert_array_equal(X_new, X[sampler.neighbors_[source, 0]])


def test_numbers_move_beyond_their_neighbors_but_to_no_new_number():
    """89 never occurred. Other ages come where neither row nor partner has them."""
    rng = np.random.default_rng(0)
    ages = rng.choice(np.setdiff1d(np.arange(17, 91), [40, 41, 89]), 500)
    X = np.column_stack([ages, rng.normal(size=500)])
    sampler = MungeSampler(5000, n_neighbors=2, random_state=0).fit(X)
    X_new, source = sampler.sample()
    known = ages[np.column_stack([source, sampler.neighbors_[source]])]
    assert (known != X_new[:, :1]).all(axis=1).mean() > 0.1
    assert set(X_new[:, 0]) <= set(ages)


def test_the_nearest_number_that_occurred_is_taken():
    """Noise that is nearer to 50 than to 0 becomes 50."""
    levels = np.r_[0, 50, 100:130]
    X = np.r_[[0.0, 50.0], np.repeat(levels, 2)][:, None]
    sampler = MungeSampler(20_000, n_neighbors=1, swap_probability=1, random_state=0)
    sampler.fit(X)
    sampler.neighbors_ = np.roll(np.arange(len(X)), 1)[:, None]
    X_new, source = sampler.sample()
    made = X_new[source == 1, 0]  # from 50 towards 0: around 0, deviation 50
    # beyond 0, and up to 25 above it
    assert abs((made == 0).mean() - 0.6915) < 0.03
    assert abs((made == 50).mean() - (0.9332 - 0.6915)) < 0.03


# ---- fractions


@pytest.mark.parametrize("levels", [[0.5, 1.5, 2.5], [250.01, 250.02, 401.1]])
def test_few_fractions_are_codes(levels):
    column = np.random.default_rng(0).choice(levels, 100)
    for X in (column[:, None], pd.DataFrame({"a": column}, dtype="Float64")):
        assert made_values(X) == set(levels)


def test_other_fractions_are_any_number():
    X = np.random.default_rng(0).normal(size=(100, 1))
    made = made_values(X, swap_probability=0.5)
    assert len(made - values_of(X)) > 150


# ---- the rule


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (np.repeat(ZIPS, 5), "codes"),
        (np.repeat(np.arange(12), 5), "codes"),
        (np.repeat(np.arange(13), 5), "whole"),
        (np.repeat(np.arange(13), 5) * 3, "whole"),
        (np.repeat(ZIPS, 4), "whole"),
        (np.arange(100) * 7, "whole"),
        (np.repeat(np.arange(12) / 4, 5), "codes"),
        (np.repeat(np.arange(13) / 4, 5), "any"),
        (np.repeat(np.arange(12) / 4, 4), "any"),
        (np.arange(100) / 4, "any"),
        (np.repeat([np.nan, 1, 2], 5), "codes"),
        (np.repeat([-1.7e308, 1.7e308], 5), "codes"),
    ],
)
def test_which_columns_hold_codes(values, kept):
    found = keep_values(values.astype(float))
    names = {None: "any", False: "whole", True: "codes"}
    assert names[found and found.are_codes] == kept


# ---- a teacher that takes no other codes


def zip_table(n_rows=400):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.choice(ZIPS, (n_rows, 3)), columns=["a", "b", "c"])
    frame["x"] = rng.normal(size=n_rows)
    odd = frame["a"].isin([20, 60, 160]) ^ (frame["b"] == 30)
    return frame, (odd ^ (frame["x"] > 1)).astype(int)


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "int8", object])
def test_a_teacher_behind_a_one_hot_encoder_takes_the_rows(dtype):
    X, y = zip_table()
    names = ["a", "b", "c"]
    X = X.astype(dict.fromkeys(names, dtype if dtype != "int8" else "int16"))
    encoder = make_column_transformer((OneHotEncoder(), names), remainder="passthrough")
    teacher = make_pipeline(encoder, LogisticRegression())
    model = distil(teacher, MLPStudent((8,), max_iter=3), transfer=MungeSampler(2000))
    assert model.fit(X, y).n_transfer_rows_ == 2000
