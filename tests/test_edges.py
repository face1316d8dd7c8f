"""Edges where targets step, components between them, scores of levels."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_kd.students.encoder._edges import learn_edges
from sklearn_kd.students.encoder._forms import Ramps
from sklearn_kd.students.encoder._nominal import LevelMeans, level_scores


def steps(values, *places, levels=(0.0, 1.0, -2.0, 3.0)):
    """A target that is constant between places."""
    return np.take(levels, np.searchsorted(places, values))[:, None]


def edges_of(values, targets, weight=None, n_bins=32):
    return learn_edges(np.asarray(values, float), targets, weight, n_bins)


# ---- edges


def test_a_step_is_found_in_the_middle_of_its_two_values():
    values = np.arange(100.0)
    targets = steps(values, 29.9, 69.9)
    assert edges_of(values, targets).tolist() == [0, 29.5, 69.5, 99]


@pytest.mark.parametrize("n_targets", [1, 2, 9])
def test_several_targets_are_pooled(n_targets):
    values = np.arange(100.0)
    targets = np.zeros((100, n_targets))
    for target in range(n_targets):
        targets[10 * (target + 1) :, target] = 1
    expected = [0, *(10 * (k + 1) - 0.5 for k in range(n_targets)), 99]
    assert edges_of(values, targets).tolist() == expected


def test_the_largest_steps_come_first():
    values = np.arange(100.0)
    targets = steps(values, 19.9, 39.9, 59.9, levels=(0, 1, 1.1, 5))
    found = [edges_of(values, targets, n_bins=n).tolist() for n in (2, 3, 4, 32)]
    assert found[0] == [0, 59.5, 99]
    assert found[1] == [0, 19.5, 59.5, 99]
    assert found[2] == found[3] == [0, 19.5, 39.5, 59.5, 99]


@pytest.mark.parametrize("n_bins", [2, 5, 32])
def test_there_are_no_more_stretches_than_requested(n_bins):
    rng = np.random.default_rng(0)
    values, targets = rng.normal(size=2000), rng.normal(size=(2000, 3))
    edges = edges_of(values, targets, n_bins=n_bins)
    assert len(edges) == n_bins + 1
    assert (np.diff(edges) > 0).all()
    assert (edges[0], edges[-1]) == (values.min(), values.max())


def test_a_target_that_does_not_change_has_no_steps():
    values = np.arange(50.0)
    assert edges_of(values, np.ones((50, 2))).tolist() == [0, 49]


def test_missing_values_are_left_out():
    values = np.arange(100.0)
    targets = steps(values, 29.9)
    expected = edges_of(values, targets)
    values = np.r_[values, np.full(40, np.nan)]
    targets = np.r_[targets, np.full((40, 1), 9.0)]
    assert_array_equal(edges_of(values, targets), expected)
    assert_array_equal(edges_of(values, targets, np.ones(140)), expected)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((5, 5), [3, 4.5, 6]),
        ((50, 5), [3, 4.5, 6]),
        ((50, 4), [3, 6]),
        ((1, 1), [3, 6]),
    ],
)
def test_a_step_takes_five_rows_on_either_side(counts, expected):
    values = np.repeat([3.0, 6.0], counts)
    assert edges_of(values, steps(values, 5)).tolist() == expected


def test_weights_count_towards_the_five_rows():
    values = np.array([3.0, 6.0, 6.0])
    targets = steps(values, 5)
    assert edges_of(values, targets, np.array([5.0, 2, 3])).tolist() == [3, 4.5, 6]
    assert edges_of(values, targets, np.array([5.0, 2, 2])).tolist() == [3, 6]


@pytest.mark.parametrize("n_distinct", [5, 200, 3000])
def test_weights_are_repetitions(n_distinct):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        values = rng.integers(n_distinct, size=800).astype(float)
        targets = np.c_[np.sin(values), rng.normal(size=800)]
        weight = rng.integers(1, 4, size=800)
        repeated = edges_of(
            np.repeat(values, weight), np.repeat(targets, weight, axis=0)
        )
        weighted = edges_of(values, targets, weight.astype(float))
        assert_array_equal(weighted, repeated)


def test_weights_of_one_are_no_weights():
    rng = np.random.default_rng(0)
    values, targets = rng.normal(size=2000), rng.normal(size=(2000, 2))
    assert_array_equal(
        edges_of(values, targets, np.ones(2000)), edges_of(values, targets)
    )


def test_the_order_of_the_rows_does_not_matter():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        values = rng.integers(400, size=900).astype(float)
        targets = rng.random((900, 3))
        order = rng.permutation(900)
        weight = rng.random(900) + 0.5
        for each in (None, weight):
            moved = None if each is None else each[order]
            assert_array_equal(
                edges_of(values[order], targets[order], moved),
                edges_of(values, targets, each),
            )


def test_a_shifted_and_stretched_column_has_shifted_and_stretched_edges():
    rng = np.random.default_rng(0)
    values, targets = rng.integers(90, size=500).astype(float), rng.random((500, 2))
    assert_array_equal(
        edges_of(4 * values + 8, targets), 4 * edges_of(values, targets) + 8
    )


def test_many_distinct_values_are_cut_at_quantiles():
    """The steps are found to within a 256th of the rows."""
    values = np.random.default_rng(0).permutation(10_000.0 * np.arange(1, 10_001))
    edges = edges_of(values, steps(values, 2.5e7, 7.5e7))
    assert len(edges) == 4
    assert_allclose(edges[1:3], [2.5e7, 7.5e7], atol=1e8 / 256)


@pytest.mark.parametrize("scale", [1e300, 1e-300, 1.0])
def test_heavy_values(scale):
    values = scale * np.linspace(-0.9, 0.9, 100)
    edges = edges_of(values, steps(values, 0.0))
    assert len(edges) == 3
    assert abs(edges[1]) < 0.01 * scale


# ---- components


def read(edges, X, dtype="float64"):
    table = Ramps(edges)
    out = np.full((len(X), len(table)), 7, dtype=dtype)
    table.read(np.asarray(X, dtype=float), out)
    return out


def test_components_rise_from_0_to_1_between_two_edges():
    edges = [np.array([0.0, 2, 3, 10]), np.array([-1.0, 0, 5])]
    rng = np.random.default_rng(0)
    X = np.c_[rng.uniform(-3, 13, 500), rng.uniform(-3, 8, 500)]
    columns = []
    for x, each in zip(X.T, edges, strict=True):
        for low, high in pairwise(each):
            columns.append(np.interp(x, [low, high], [0, 1]))
    assert_allclose(read(edges, X), np.column_stack(columns), atol=1e-12)
    assert_allclose(read(edges, X, "float32"), np.column_stack(columns), atol=1e-6)


def test_edges_are_read_exactly():
    edges = np.array([0.0, 1, 3, 7])
    expected = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert_array_equal(read([edges], edges[:, None]), expected)


def test_the_components_of_a_column_add_up_to_how_far_it_has_come():
    edges = np.array([0.0, 1, 2, 3, 4])
    x = np.linspace(-1, 5, 61)
    assert_allclose(read([edges], x[:, None]).sum(axis=1), np.clip(x, 0, 4), atol=1e-12)


def test_a_missing_value_is_0_in_all_of_them():
    edges = [np.array([0.0, 1, 2]), np.array([5.0, 6, 7])]
    assert_array_equal(
        read(edges, [[np.nan, 9], [9, np.nan]]), [[0, 0, 1, 1], [1, 1, 0, 0]]
    )


def test_a_single_stretch_is_left_out():
    table = Ramps([np.array([0.0, 1]), np.array([0.0, 1, 2])])
    assert_array_equal(table.column, [1, 1])
    assert table.lower.tolist() == [0.0, 1.0]
    assert len(Ramps([np.array([0.0, 1])])) == 0
    assert len(Ramps([])) == 0
    assert read([np.array([0.0, 1])], [[3.0]]).shape == (1, 0)


@pytest.mark.parametrize(
    "ends",
    [(1.0, np.nextafter(1, 2)), (0.0, 5e-324), (1e-310, 2e-310), (-1.7e308, 1.7e308)],
    ids=str,
)
def test_stretches_whose_width_has_no_inverse_are_left_out(ends):
    values = np.repeat(ends, 50)
    edges = edges_of(values, steps(values, ends[0]))
    table = Ramps([edges])
    assert np.isfinite(table.scale).all()
    assert (table.scale > 0).all()
    out = np.empty((2, len(table)))
    with np.errstate(over="ignore"):
        table.read(np.array(ends)[:, None], out)
    assert_array_equal(out, np.repeat([[0.0], [1.0]], len(table), axis=1))
    far = Ramps([np.array([-1.7e308, 1.7e308, 1.75e308])])
    assert_array_equal(far.lower, [1.7e308])


def test_blocks_change_nothing():
    rng = np.random.default_rng(0)
    edges = [np.sort(rng.normal(size=32)) for _ in range(50)]
    X = rng.normal(size=(300, 50))
    whole = read(edges, X)
    assert_array_equal(np.vstack([read(edges, row[None]) for row in X]), whole)


# ---- levels


def test_scores_are_means_drawn_to_the_mean_of_all_by_20_rows():
    codes = np.repeat([0, 1, -1], [30, 60, 10])
    targets = np.random.default_rng(0).normal(size=(100, 2))
    levels, scores = level_scores(codes, ["a", "b"], targets, None)
    assert levels == [None, "a", "b"]
    mean = targets.mean(axis=0)
    for level, code, score in zip(levels, [-1, 0, 1], scores, strict=True):
        rows = targets[codes == code]
        expected = (rows.sum(axis=0) + 20 * mean) / (len(rows) + 20) - mean
        assert_allclose(score, expected, atol=1e-12, err_msg=str(level))


def test_weights_of_levels_are_repetitions():
    rng = np.random.default_rng(0)
    codes, targets = rng.integers(-1, 4, 200), rng.normal(size=(200, 3))
    weight = rng.integers(1, 4, 200)
    levels, scores = level_scores(codes, list("abcd"), targets, weight.astype(float))
    again, repeated = level_scores(
        np.repeat(codes, weight), list("abcd"), np.repeat(targets, weight, axis=0), None
    )
    assert levels == again
    assert_allclose(scores, repeated, atol=1e-12)


def test_a_level_without_rows_has_no_score():
    levels, scores = level_scores(np.array([0, 2]), list("abc"), np.eye(2), None)
    assert levels == ["a", "c"]
    assert scores.shape == (2, 2)


def test_levels_never_seen_have_score_0():
    levels, scores = ["a", "b"], np.array([[1.0, 2.0], [3.0, 4.0]])
    codes = np.array([0, 1, 2, -1])
    looked_up = np.zeros((4, 2))
    LevelMeans(0, levels, scores).read(codes, ["b", "z", "a"], looked_up)
    assert_array_equal(looked_up, [[3, 4], [0, 0], [1, 2], [0, 0]])
    LevelMeans(0, [None], np.array([[5.0]])).read(codes[:1] - 1, [], looked_up[:1, :1])
    assert looked_up[0, 0] == 5
