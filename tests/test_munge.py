"""``MungeSampler``: synthetic rows that stay on the support of the training rows."""

import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.stats import binomtest, kstest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from sklearn_kd.transfer import MungeSampler
from sklearn_kd.transfer._munge import automatic_size
from sklearn_kd.transfer._neighbors import nearest_rows

N = 200


@parametrize_with_checks([MungeSampler()])
def test_sklearn_checks(estimator, check):
    check(estimator)


def gaps(values, rng, share=0.15):
    """The values as a list, some of them None."""
    return [
        None if gap else value
        for value, gap in zip(values, rng.random(len(values)) < share, strict=True)
    ]


def columns(n=N, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "float": gaps(rng.normal(size=n).tolist(), rng),
        "count": rng.poisson(3, n).tolist(),
        "text": gaps(rng.choice(["a", "b", "c"], n).tolist(), rng),
        "flag": (rng.random(n) < 0.3).tolist(),
        "constant": [7.5] * n,
        "empty": [None] * n,
    }


def pandas_mixed(n=N):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(columns(n))
    text, count = frame["text"], frame["count"]
    frame["category"] = pd.Categorical(text, categories=["z", "c", "b", "a"])
    frame["ordered"] = pd.Categorical(count, ordered=True)
    frame["nullable int"] = pd.array(gaps(count.tolist(), rng), dtype="Int64")
    frame["nullable float"] = frame["float"].astype("Float32")
    frame["boolean"] = pd.array(gaps(columns(n)["flag"], rng), dtype="boolean")
    frame["string"] = text.astype("string")
    frame["object"] = pd.Series(columns(n)["text"], dtype=object)
    frame["single"] = frame["float"].astype("float32")
    frame["byte"] = rng.integers(256, size=n).astype("uint8")
    frame["sparse"] = pd.arrays.SparseArray(rng.poisson(0.5, n).astype(float))
    frame["arrow int"] = frame["nullable int"].astype("int64[pyarrow]")
    decimal = pd.ArrowDtype(pa.decimal128(10, 2))
    numbers = [Decimal(k) / 4 for k in rng.integers(99, size=n).tolist()]
    frame["decimal"] = pd.Series(numbers, dtype=object)
    frame["arrow decimal"] = pd.Series(numbers, dtype=decimal)
    frame["whole objects"] = pd.Series(count.tolist(), dtype=object)
    frame["wide"] = rng.integers(-(2**63), 2**63 - 1, n, endpoint=True)
    frame["wide unsigned"] = rng.integers(2**64 - 1, size=n, dtype="uint64")
    frame.index = np.arange(n) * 3 + 5
    return frame


def polars_mixed(n=N):
    rng = np.random.default_rng(2)
    table = columns(n)
    return pl.DataFrame(
        {
            **table,
            "category": pl.Series(table["text"], dtype=pl.Categorical),
            "enum": pl.Series(table["text"], dtype=pl.Enum(["z", "c", "b", "a"])),
            "nullable flag": gaps(table["flag"], rng),
            "short": pl.Series(gaps(table["count"], rng), dtype=pl.Int16),
            "single": pl.Series(table["float"], dtype=pl.Float32),
            "decimal": [Decimal(k) / 4 for k in table["count"]],
            "wide": rng.integers(2**64 - 1, size=n, dtype="uint64"),
            "object": pl.Series(table["count"], dtype=pl.Object),
        }
    )


def object_mixed(n=N):
    return pd.DataFrame(columns(n)).astype(object).to_numpy()


RNG = np.random.default_rng(3)
TABLES = {
    "float64": RNG.normal(size=(N, 4)),
    "float32": RNG.normal(size=(N, 4)).astype("float32"),
    "float16": RNG.normal(size=(N, 4)).astype("float16"),
    "int8": RNG.integers(-5, 5, size=(N, 3)).astype("int8"),
    "bool": RNG.random((N, 3)) < 0.4,
    "str": RNG.choice(["a", "bb", "ccc"], (N, 3)),
    "bytes": RNG.choice([b"a", b"bb"], (N, 3)),
    "object": object_mixed(),
    "fortran": np.asfortranarray(RNG.normal(size=(N, 4))),
    "pandas": pandas_mixed(),
    "polars": polars_mixed(),
}


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
    assert sampler.n_duplicates_ == 450


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


# ---- the distribution


def test_each_value_is_swapped_independently():
    rng = np.random.default_rng(0)
    X = rng.permuted(np.tile(np.arange(N), (3, 1)), axis=1).T.astype(str)
    sampler = MungeSampler(20_000, swap_probability=0.3, random_state=0)
    X_new, source = sampler.fit(X).sample()
    changed = X_new != X[source]  # no two rows share a level
    for columns in [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]:
        count = int(changed[:, columns].all(axis=1).sum())
        assert binomtest(count, 20_000, 0.3 ** len(columns)).pvalue > 1e-4


@pytest.mark.parametrize("local_variance", [0.5, 1.0, 4.0])
def test_noise_has_the_distance_of_the_numbers(local_variance):
    # one pair far from the ends that clip
    X = np.array([[10.0], [10.5], [-900.0], [900.0]])
    X_new, source = (
        MungeSampler(
            40_000,
            n_neighbors=1,
            swap_probability=1,
            local_variance=local_variance,
            random_state=0,
        )
        .fit(X)
        .sample()
    )
    for row, partner in [(0, 10.5), (1, 10.0)]:
        noise = (X_new[source == row, 0] - partner) * local_variance / 0.5
        assert kstest(noise, "norm").pvalue > 1e-3
        assert_allclose(noise.std(), 1, rtol=0.03)


def test_partners_are_drawn_evenly_among_the_neighbors():
    X = np.arange(30).astype(str)[:, None]
    sampler = MungeSampler(30_000, n_neighbors=4, swap_probability=1, random_state=0)
    X_new, source = sampler.fit(X).sample()
    values = X_new[:, 0].astype(int)
    hits = values[:, None] == sampler.neighbors_[source]
    assert_array_equal(hits.sum(axis=1), 1)
    assert_allclose(hits.mean(axis=0), 0.25, atol=0.015)


@pytest.mark.parametrize("n_new", [1, 7, 10, 25, 30])
def test_sources_are_even_and_in_order(n_new):
    X = np.random.default_rng(0).normal(size=(10, 2))
    _, source = MungeSampler(random_state=0).fit(X).sample(n_new)
    uses = np.bincount(source, minlength=10)
    assert uses.max() - uses.min() <= 1
    assert_array_equal(source[: n_new // 10 * 10], np.arange(n_new // 10 * 10) % 10)
    rest = source[n_new // 10 * 10 :]
    assert (np.diff(rest) > 0).all()


def test_the_rest_of_the_sources_is_drawn():
    sampler = MungeSampler(3).fit(np.arange(50.0)[:, None])
    assert len({tuple(sampler.sample()[1]) for _ in range(9)}) > 1


@pytest.mark.parametrize(
    ("n", "size"),
    [
        (1, 20),
        (100, 10_000),
        (300, 60_000),
        (3_000, 60_000),
        (4_000, 80_000),
        (15_000, 300_000),
        (1_000_000, 300_000),
    ],
)
def test_automatic_size(n, size):
    assert automatic_size(n) == size


def test_size_of_the_sample():
    sampler = MungeSampler().fit(np.arange(5.0)[:, None])
    assert len(sampler.sample()[0]) == 100
    assert len(sampler.sample(7)[0]) == 7
    assert len(MungeSampler(3).fit([[1.0]]).sample("auto")[0]) == 20


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
        assert sampler.n_duplicates_ == 20
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
    assert sampler.n_duplicates_ == 50


def test_equal_rows_are_partners_of_each_other_not_of_themselves():
    X = np.repeat(np.random.default_rng(0).normal(size=(40, 8)), 3, axis=0)
    neighbors = MungeSampler(n_neighbors=2).fit(X).neighbors_
    assert (neighbors != np.arange(120)[:, None]).all()
    assert_array_equal(neighbors // 3, np.repeat(np.arange(120)[:, None] // 3, 2, 1))


# ---- duplicates


@pytest.mark.parametrize(
    "X",
    [
        np.random.default_rng(0).integers(0, 4, size=(60, 4)).astype(float),
        np.random.default_rng(0).integers(0, 2, size=(60, 9)) > 0,
        np.random.default_rng(0).choice(["a", "b", "c"], (60, 5)),
        object_mixed()[:, 1:],
        TABLES["pandas"][["count", "category", "nullable int", "boolean"]],
        TABLES["polars"][["count", "enum", "short", "nullable flag"]],
    ],
    ids=["float", "bool", "str", "object", "pandas", "polars"],
)
def test_duplicates_are_counted(X):
    sampler = MungeSampler(500, random_state=0).fit(X)
    known = set(zip(*each_column(X), strict=True))
    made = zip(*each_column(sampler.sample()[0]), strict=True)
    assert sampler.n_duplicates_ == sum(row in known for row in made)
    assert 0 < sampler.n_duplicates_ < 500


# ---- neighbours


def brute_distances(numbers, codes):
    """All distances, straight from their definition."""
    center, scale = np.nanmean(numbers, axis=0), np.nanstd(numbers, axis=0)
    scaled = np.nan_to_num((numbers - center) / scale)
    squared = ((scaled[:, None] - scaled) ** 2).sum(axis=2)
    missing = np.isnan(numbers)
    squared += (missing[:, None] != missing).sum(axis=2)
    squared += (codes[:, None] != codes).sum(axis=2)
    np.fill_diagonal(squared, np.inf)
    return np.sqrt(squared)


@pytest.mark.parametrize("n_numeric", [0, 1, 3, 9])
def test_partners_are_the_nearest_rows(n_numeric):
    rng = np.random.default_rng(0)
    numbers = rng.gamma(1, size=(150, n_numeric)) * 100
    numbers[rng.random(numbers.shape) < 0.1] = np.nan
    codes = rng.integers([2, 3, 20], size=(150, 3))
    X = pd.concat(
        [pd.DataFrame(numbers), pd.DataFrame(codes).astype("category")],
        axis=1,
        ignore_index=True,
    )
    X.iloc[:, n_numeric] = X.iloc[:, n_numeric].where(codes[:, 0] == 1)
    neighbors = MungeSampler(n_neighbors=7).fit(X).neighbors_
    assert neighbors.shape == (150, 7)
    assert neighbors.dtype == np.intp
    distances = brute_distances(numbers, codes)
    found = np.take_along_axis(distances, neighbors, axis=1)
    assert np.isfinite(found).all()  # never the row itself
    assert all(len(set(row)) == 7 for row in neighbors)
    assert_allclose(found, np.sort(distances, axis=1)[:, :7], atol=1e-6)


def large_table():
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(21_000, 3)) @ rng.normal(size=(3, 8))
    numbers += 0.3 * rng.normal(size=numbers.shape)
    return numbers, rng.zipf(1.8, size=(21_000, 2)).clip(max=6) - 1


def test_the_approximate_search_is_nearly_exact():
    numbers, codes = large_table()
    neighbors = nearest_rows(numbers, codes, 10, np.random.default_rng(0))
    assert (neighbors != np.arange(21_000)[:, None]).all()
    again = nearest_rows(numbers, codes, 10, np.random.default_rng(0))
    assert_array_equal(neighbors, again)
    asked = np.arange(0, 21_000, 40)
    points = np.hstack([numbers / numbers.std(axis=0)])
    points = np.hstack([points, *(np.eye(6)[one] * 0.5**0.5 for one in codes.T)])
    exact, _ = NearestNeighbors(n_neighbors=11).fit(points).kneighbors(points[asked])
    found = points[neighbors[asked]] - points[asked][:, None]
    ratio = np.linalg.norm(found, axis=2).mean() / exact[:, 1:].mean()
    assert 1 <= ratio < 1.06  # a random row: about 5


def test_ties_do_not_depend_on_the_number_of_threads():
    codes = np.random.default_rng(0).integers(0, 2, size=(700, 12))
    found = []
    for limit in (1, 2):
        with threadpool_limits(limit):
            rng = np.random.default_rng(0)
            found.append(nearest_rows(np.empty((700, 0)), codes, 10, rng))
    assert_array_equal(*found)


def test_many_levels_are_told_apart():
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(400), 5)[:, None]
    order = rng.permutation(2000)
    neighbors = nearest_rows(np.empty((2000, 0)), codes[order], 4, rng)
    assert (codes[order][neighbors, 0] == codes[order]).all()


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
