"""Clopper-Pearson bounds: against SciPy's intervals, at the ends, and with weights."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from sklearn_kd.metrics._bounds import (
    clopper_pearson_lower,
    clopper_pearson_upper,
    effective_rows,
)

COUNTS = [(0, 1), (1, 1), (0, 40), (1, 40), (13, 40), (40, 40), (3, 5000), (4990, 5000)]


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize(("events", "n"), COUNTS)
def test_the_bounds_are_those_of_scipy(events, n, confidence):
    lower = binomtest(events, n, alternative="greater").proportion_ci(confidence)
    upper = binomtest(events, n, alternative="less").proportion_ci(confidence)
    assert clopper_pearson_lower(events, n, confidence) == pytest.approx(lower.low)
    assert clopper_pearson_upper(events, n, confidence) == pytest.approx(upper.high)


def test_arrays_give_arrays_of_the_broadcast_shape():
    events, n = np.array(COUNTS).T
    assert clopper_pearson_lower(events, n).shape == (len(COUNTS),)
    upper = clopper_pearson_upper(events[:, None], n.max())
    assert upper.shape == (len(COUNTS), 1)
    assert upper[3, 0] == clopper_pearson_upper(1, 5000)


def test_without_rows_nothing_is_known():
    assert clopper_pearson_lower(0, 0) == 0
    assert clopper_pearson_upper(0, 0) == 1


def test_all_and_none_reach_the_ends():
    assert clopper_pearson_lower(0, 100) == 0
    assert clopper_pearson_upper(100, 100) == 1
    # closed forms where nothing, or everything, happens
    assert clopper_pearson_upper(0, 100) == pytest.approx(1 - 0.05 ** (1 / 100))
    assert clopper_pearson_lower(100, 100) == pytest.approx(0.05 ** (1 / 100))


@pytest.mark.parametrize("share", [0.002, 0.01, 0.3])
def test_the_upper_bound_holds_at_least_as_often_as_promised(share):
    n = 400
    events = np.arange(n + 1)
    holds = clopper_pearson_upper(events, n, 0.95) >= share
    assert binom.pmf(events, n, share)[holds].sum() >= 0.95


def test_the_effective_number_of_equal_weights_is_their_number():
    assert effective_rows(np.full(7, 0.3)) == pytest.approx(7)


def test_the_effective_number_of_unequal_weights_is_kish_s():
    weight = np.array([0.0, 1, 1, 2, 4])
    assert effective_rows(weight) == pytest.approx(8**2 / (1 + 1 + 4 + 16))
    assert effective_rows(weight * 1e-200) == pytest.approx(64 / 22)
    assert effective_rows(weight * 1e200) == pytest.approx(64 / 22)


def test_without_weight_there_are_no_rows():
    assert effective_rows(np.zeros(3)) == 0
    assert effective_rows(np.zeros(0)) == 0
