"""``MungeSampler``: synthetic rows that stay on the support of the training rows."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from mixed_tables import TABLES
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_kd.transfer import MungeSampler


@parametrize_with_checks([MungeSampler()])
def test_sklearn_checks(estimator, check):
    check(estimator)


def each_column(X):
    """Columns as lists with None for what is missing."""
    if isinstance(X, pl.DataFrame):
        lists = [X[:, column].to_list() for column in range(X.shape[1])]
    else:
        lists = pd.DataFrame(X).astype(object).to_numpy().T.tolist()
    return [[None if pd.isna(value) else value for value in one] for one in lists]


def is_number(value):
    return not isinstance(value, (bool, np.bool_, str, bytes))


def dtypes_of(X):
    return list(X.dtypes) if hasattr(X, "dtypes") else X.dtype


# ---- what comes out


@pytest.mark.parametrize("X", TABLES.values(), ids=TABLES)
def test_container_dtypes_and_support_are_kept(X):
    X_new, source = MungeSampler(700, random_state=0).fit(X).sample()
    assert type(X_new) is type(X)
    assert X_new.shape == (700, X.shape[1])
    assert dtypes_of(X_new) == dtypes_of(X)
    assert source.shape == (700,)
    assert source.dtype == np.intp
    for old, new in zip(each_column(X), each_column(X_new), strict=True):
        present = [value for value in old if value is not None]
        made = [value for value in new if value is not None]
        assert set(map(type, made)) <= set(map(type, present))
        assert (len(made) < len(new)) == (len(present) < len(old))
        if not present or not is_number(present[0]):
            assert set(made) <= set(present)
            continue
        assert min(present) <= min(made)
        assert max(made) <= max(present)
        if all(float(value).is_integer() for value in present):
            assert all(float(value).is_integer() for value in made)


def test_frames_keep_their_names():
    X_new, _ = MungeSampler(50).fit(TABLES["pandas"]).sample()
    pd.testing.assert_index_equal(X_new.columns, TABLES["pandas"].columns)
    pd.testing.assert_index_equal(X_new.index, pd.RangeIndex(50), exact=True)
    X_new, _ = MungeSampler(50).fit(TABLES["polars"]).sample()
    assert X_new.schema == TABLES["polars"].schema


def test_nested_names_are_kept():
    names = pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])
    X = pd.DataFrame(np.arange(12.0).reshape(6, 2), columns=names)
    X_new, _ = MungeSampler(5).fit(X).sample()
    pd.testing.assert_index_equal(X_new.columns, names)


def test_rows_given_as_lists_become_an_array_of_objects():
    X_new, _ = MungeSampler(9).fit([[1.0, "a"], [2.0, "b"], [4.0, None]]).sample()
    assert X_new.dtype == object
    assert all(isinstance(value, float) for value in X_new[:, 0])


@pytest.mark.parametrize("X", TABLES.values(), ids=TABLES)
def test_without_swaps_the_rows_are_copies(X):
    sampler = MungeSampler(450, swap_probability=0).fit(X)
    X_new, source = sampler.sample()
    for old, new in zip(each_column(X), each_column(X_new), strict=True):
        assert [old[row] for row in source] == new


def test_missing_values_are_swapped_like_others():
    # partners differ in what is missing: with swaps certain, all is the partner's
    X = np.array([[np.nan, 1.0], [2.0, np.nan]])
    X_new, source = MungeSampler(40, swap_probability=1).fit(X).sample()
    assert_array_equal(X_new, X[1 - source])
    frame = pd.DataFrame({"a": ["x", None], "b": pd.array([None, 3], dtype="Int8")})
    X_new, source = MungeSampler(40, swap_probability=1).fit(frame).sample()
    pd.testing.assert_frame_equal(X_new, frame.iloc[1 - source].reset_index(drop=True))


def test_finite_at_the_ends_of_the_floats():
    X = np.array([[1.7e308, 1e-320], [-1.7e308, 3e-320], [1.0, 0.0]])
    X_new, _ = MungeSampler(300).fit(X).sample()
    assert np.isfinite(X_new).all()


def test_no_negative_zero_is_made():
    X = np.random.default_rng(0).integers(-2, 3, size=(50, 2)).astype(float)
    X_new, _ = MungeSampler(2000).fit(X).sample()
    assert not np.signbit(X_new[X_new == 0]).any()


# ---- seeds


@pytest.mark.parametrize("name", ["float64", "object", "pandas", "polars"])
def test_same_seed_same_rows(name):
    X = TABLES[name]
    if name == "polars":  # it cannot pickle its column of Python objects
        X = X.drop("object")
    sampler = MungeSampler(300, random_state=5).fit(X)
    first, again = sampler.sample(), sampler.sample()
    other = pickle.loads(pickle.dumps(clone(sampler).fit(X))).sample()
    for rows, source in (again, other):
        assert each_column(rows) == each_column(first[0])
        assert_array_equal(source, first[1])
    changed = MungeSampler(300, random_state=6).fit(X).sample()[0]
    assert each_column(changed) != each_column(first[0])


def test_a_generator_moves_on_and_the_global_one_does_not():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    sampler = MungeSampler(99).fit(TABLES["float64"])
    assert (sampler.sample()[0] != sampler.sample()[0]).any()
    assert_array_equal(np.random.get_state()[1], before)
    sampler.set_params(random_state=np.random.RandomState(0))
    assert (sampler.sample()[0] != sampler.sample()[0]).any()


# ---- small and plain tables


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("name", ["float64", "str", "object", "pandas", "polars"])
def test_few_rows(n, name):
    X = TABLES[name][:n]
    sampler = MungeSampler(20, random_state=0).fit(X)
    assert sampler.neighbors_.shape == (n, max(1, n - 1))
    X_new, source = sampler.sample()
    assert X_new.shape == (20, X.shape[1])
    assert set(source) == set(range(n))
    if n == 1:
        assert each_column(X_new) == [one * 20 for one in each_column(X)]
    else:
        own = np.arange(n)[:, None]
        assert (sampler.neighbors_ != own).all()


@pytest.mark.parametrize("value", [3.25, "a", None])
def test_constant_rows(value):
    X = np.full((30, 2), value, dtype=object)
    sampler = MungeSampler(50).fit(X)
    assert (sampler.neighbors_ != np.arange(30)[:, None]).all()
    assert_array_equal(sampler.sample()[0], np.full((50, 2), value, dtype=object))


def test_equal_rows_are_partners_of_each_other_not_of_themselves():
    X = np.repeat(np.random.default_rng(0).normal(size=(40, 8)), 3, axis=0)
    neighbors = MungeSampler(n_neighbors=2).fit(X).neighbors_
    assert (neighbors != np.arange(120)[:, None]).all()
    assert_array_equal(neighbors // 3, np.repeat(np.arange(120)[:, None] // 3, 2, 1))


# ---- errors


def test_sparse_rows_are_refused():
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        MungeSampler().fit(csr_array(np.eye(4)))


@pytest.mark.parametrize(
    "params",
    [
        {"n_samples": 0},
        {"n_samples": "all"},
        {"n_neighbors": 0},
        {"swap_probability": 1.1},
        {"local_variance": 0},
        {"random_state": "seed"},
    ],
    ids=str,
)
def test_parameters_are_checked(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        MungeSampler(**params).fit([[1.0], [2.0]])


@pytest.mark.parametrize("n_samples", [0, -1, 2.5, "all", True])
def test_sizes_are_checked(n_samples):
    sampler = MungeSampler().fit([[1.0], [2.0]])
    with pytest.raises(ValueError, match=f"at least 1, got {n_samples!r}"):
        sampler.sample(n_samples)


def test_a_sampler_without_rows_says_so():
    with pytest.raises(NotFittedError):
        MungeSampler().sample()


@pytest.mark.parametrize(
    "X",
    [
        np.array([[np.inf], [1.0]]),
        np.array([["a", np.inf]], dtype=object),
        pd.DataFrame({"a": [1.0, np.inf]}),
        pl.DataFrame({"a": [1.0, np.inf]}),
    ],
    ids=["array", "object", "pandas", "polars"],
)
def test_infinity_is_refused(X):
    with pytest.raises(ValueError, match="infinity"):
        MungeSampler().fit(X)
