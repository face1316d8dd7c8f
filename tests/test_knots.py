import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm, rankdata

from sklearn_kd.students.encoder._knots import build_knots

MAX = np.finfo(np.float64).max

finite = st.floats(allow_nan=False, allow_infinity=False)
tied = st.sampled_from([-2.0, -1.0, -0.0, 0.0, 0.5, 3.0])


def columns(elements, max_rows=40):
    """Tables of one to three columns."""
    shapes = st.tuples(st.integers(1, max_rows), st.integers(1, 3))
    return shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=elements))


def read(table, X, dtype=np.float64):
    out = np.empty(X.shape, dtype=dtype)
    table.read(X, out)
    return out


def knots_of(table, column):
    return table.knots[column, : table.counts[column]]


def test_every_value_is_a_knot_where_there_are_few():
    X = np.array([[3.0], [1.0], [3.0], [2.0]])
    table = build_knots(X, None, 64)
    assert_array_equal(knots_of(table, 0), [1, 2, 3])
    # middles of the ranks: 1/8, 3/8 and (2 + 4) / 8
    assert_allclose(read(table, X).ravel(), norm.ppf([0.75, 0.125, 0.75, 0.375]))


def test_the_scores_are_van_der_waerden_scores():
    X = np.random.default_rng(0).poisson(3, size=(200, 2)).astype(float)
    expected = norm.ppf((rankdata(X, axis=0) - 0.5) / len(X))
    assert_allclose(read(build_knots(X, None, 64), X), expected, atol=1e-12)


@pytest.mark.parametrize("n_knots", [2, 3, 10, 64])
def test_knots_are_quantiles_of_the_inverted_distribution(n_knots):
    X = np.random.default_rng(1).lognormal(size=(500, 2))
    table = build_knots(X, None, n_knots)
    expected = np.quantile(
        X, np.linspace(0, 1, n_knots), axis=0, method="inverted_cdf"
    ).T
    assert_array_equal(table.counts, n_knots)
    for column in range(2):
        assert_array_equal(knots_of(table, column), np.unique(expected[column]))


def test_weighted_knots_are_weighted_quantiles():
    rng = np.random.default_rng(2)
    X, weight = rng.normal(size=(300, 1)), rng.random(300)
    table = build_knots(X, weight, 12)
    # the smallest value up to which at least that share of the weight lies
    order = np.argsort(X[:, 0])
    share = np.cumsum(weight[order]) / weight.sum()
    inner = np.linspace(0, 1, 12)[1:-1]
    expected = X[order, 0][[np.flatnonzero(share >= level)[0] for level in inner]]
    assert_array_equal(knots_of(table, 0), [X.min(), *expected, X.max()])


def test_a_spike_takes_its_quantiles_and_the_tail_keeps_the_rest():
    X = np.r_[np.zeros(900), np.arange(1.0, 101)][:, None]
    table = build_knots(X, None, 21)
    assert_array_equal(knots_of(table, 0), [0, 50, 100])
    scores = read(table, np.array([[0.0], [25.0], [100.0]])).ravel()
    assert_allclose(scores[0], norm.ppf(0.45))
    assert_allclose(scores[1], (norm.ppf(0.45) + norm.ppf(0.9495)) / 2)


def test_outside_the_training_range_the_score_is_that_of_the_end():
    X = np.arange(10.0)[:, None]
    table = build_knots(X, None, 5)
    with np.errstate(all="raise"):
        outside = read(table, np.array([[-MAX], [-1], [0], [9], [9.5], [MAX]]))
    assert_allclose(outside.ravel(), norm.ppf(np.repeat([0.05, 0.95], 3)))


def test_columns_of_different_lengths_share_a_table():
    rng = np.random.default_rng(3)
    X = np.c_[rng.normal(size=70), np.arange(70) % 2, np.arange(70) % 5]
    table = build_knots(X, None, 33)
    assert_array_equal(table.counts, [33, 2, 5])
    assert table.knots.shape == (3, 64)
    alone = [build_knots(X[:, [column]], None, 33) for column in range(3)]
    for column in range(3):
        assert_array_equal(
            read(table, X)[:, column], read(alone[column], X[:, [column]])[:, 0]
        )


def test_missing_values_do_not_count_and_are_0():
    X = np.array([[1.0], [np.nan], [2.0], [np.nan], [5.0]])
    table, without = build_knots(X, None, 64), build_knots(X[::2], None, 64)
    assert_array_equal(table.knots, without.knots)
    assert_array_equal(table.values, without.values)
    assert_array_equal(read(table, X)[np.isnan(X)], 0)
    assert_array_equal(read(table, X[::2]), read(without, X[::2]))


def test_no_column_at_all():
    table = build_knots(np.empty((4, 0)), None, 8)
    assert read(table, np.empty((4, 0))).shape == (4, 0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("values", "weight"),
    [
        ([-MAX, MAX], None),
        ([-MAX, 1.0, MAX], None),
        ([-MAX, -MAX / 2, MAX], None),
        ([0.0, 5e-324, 1e-323], None),
        ([1.0, 2.0, 3.0], [1e-300, 1.0, 1e-300]),
        ([1.0, 2.0, 3.0], [1.0, 1e-300, 1e300]),
    ],
    ids=["two ends", "ends", "lopsided", "subnormal", "feathers", "one rules"],
)
def test_extreme_values_and_weights_stay_finite_and_in_order(values, weight):
    X = np.array(values)[:, None]
    weight = None if weight is None else np.array(weight)
    table = build_knots(X, weight, 64)
    between = np.sort(np.r_[values, X[1:, 0] / 2 + X[:-1, 0] / 2])[:, None]
    scores = read(table, between).ravel()
    assert np.isfinite(scores).all()
    assert (np.diff(scores) >= 0).all()


def test_a_table_survives_pickling():
    X = np.random.default_rng(4).normal(size=(50, 3))
    table = build_knots(X, None, 8)
    assert_array_equal(read(pickle.loads(pickle.dumps(table)), X), read(table, X))
    assert {type(value) for value in vars(table).values()} == {np.ndarray, float}


@pytest.mark.parametrize("n_knots", [2, 5, 64])
@given(data=st.data(), X=columns(st.one_of(finite, tied, st.just(np.nan))))
@settings(max_examples=60, deadline=None)
def test_a_whole_weight_is_a_repetition_to_the_bit(data, X, n_knots):
    X[0] = 0.0  # a value in each column
    weight = data.draw(arrays(np.int64, len(X), elements=st.integers(0, 4)))
    weight[0] = 1
    present = weight > 0
    weighted = build_knots(X[present], weight[present].astype(float), n_knots)
    repeated = build_knots(X.repeat(weight, axis=0), None, n_knots)
    for name, value in vars(repeated).items():
        assert_array_equal(getattr(weighted, name), value, err_msg=name)


@given(X=columns(st.one_of(finite, tied)), n_knots=st.integers(2, 20))
@settings(max_examples=100, deadline=None)
def test_the_score_never_falls_and_stays_between_its_knots(X, n_knots):
    table = build_knots(X, None, n_knots)
    middles = X[1:] / 2 + X[:-1] / 2
    neighbours = np.nextafter(X, np.where(X == MAX, -np.inf, np.inf))
    values = np.sort(np.r_[X, middles, neighbours], axis=0)
    scores = read(table, values)
    assert (np.diff(scores, axis=0) >= 0).all()
    for column in range(X.shape[1]):
        at_knots = table.values[column, : table.counts[column]]
        assert scores[:, column].min() == at_knots[0]
        assert scores[:, column].max() == at_knots[-1]


@given(X=columns(st.one_of(finite, tied)), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_rows_does_not_matter(X, seed):
    shuffled = np.random.default_rng(seed).permutation(X)
    assert_array_equal(
        read(build_knots(X, None, 6), X), read(build_knots(shuffled, None, 6), X)
    )


@pytest.mark.parametrize("n_columns", [1, 3, 40])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_gets_the_same_bits_in_any_company(n_columns, dtype):
    rng = np.random.default_rng(n_columns)
    X = rng.normal(size=(1500, n_columns))
    X[rng.random(X.shape) < 0.1] = np.nan
    table = build_knots(X, None, 64)
    # far beyond one block of rows, and on both sides of the switch of method
    long = np.tile(X, (12, 1)) if n_columns == 1 else X
    whole = read(table, long, dtype)
    for size in [1, 2, 3, 7, 64, 999]:
        part = long[100 : 100 + size]
        assert_array_equal(read(table, part, dtype), whole[100 : 100 + size])


@given(X=columns(st.one_of(finite, tied, st.just(np.nan)), max_rows=100))
@settings(max_examples=50, deadline=None)
def test_cell_and_position_give_the_value_back(X):
    X[0] = 0.0
    table = build_knots(X, None, 16)
    cell, position = table.locate(X)
    present = ~np.isnan(X)
    assert_array_equal(np.isnan(position), ~present)
    position = position[present]
    assert ((position >= 0) & (position <= 1)).all()
    low = table.knots.ravel()[cell[present]]
    width = table.widths.ravel()[cell[present]]
    scale = np.maximum(np.abs(low), width)
    # in shares of the cell, which may be 1e308 wide
    error = (low / scale + position * (width / scale)) - X[present] / scale
    assert_allclose(error[scale > 1e-300], 0, atol=1e-12)
