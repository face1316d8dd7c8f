"""``MungeSampler``: which rows are partners, and how they and values are drawn."""

import numpy as np
import pandas as pd
import pytest
from mixed_tables import N
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binomtest, kstest
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from sklearn_kd.transfer import MungeSampler
from sklearn_kd.transfer._munge_neighbors import nearest_rows
from sklearn_kd.transfer.munge import automatic_size

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
    assert automatic_size(n, 5) == size


def test_size_of_the_sample():
    sampler = MungeSampler().fit(np.arange(5.0)[:, None])
    assert len(sampler.sample()[0]) == 100
    assert len(sampler.sample(7)[0]) == 7
    assert len(MungeSampler(3).fit([[1.0]]).sample("auto")[0]) == 20


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
    chosen = np.arange(0, 21_000, 40)
    points = np.hstack([numbers / numbers.std(axis=0)])
    points = np.hstack([points, *(np.eye(6)[one] * 0.5**0.5 for one in codes.T)])
    exact, _ = NearestNeighbors(n_neighbors=11).fit(points).kneighbors(points[chosen])
    found = points[neighbors[chosen]] - points[chosen][:, None]
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
