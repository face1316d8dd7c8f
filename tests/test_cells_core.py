"""The compiled steps refuse arrays that do not fit: no call reads outside of them."""

from itertools import pairwise

import numpy as np
import pytest
from compiled import needs_cells
from numpy.testing import assert_allclose

from sklearn_kd._native import core
from sklearn_kd.students.mlp.steps._compiled import _GEMM

pytestmark = needs_cells

BATCH, N_OUTPUTS = 4, 2
SIZES = [7, 5, N_OUTPUTS]


def plan(**changed):
    """A dense input, a column with three ramps and a flag, and one of two levels."""
    arrays = {
        "first": np.array([0, 4, 6], np.int32),
        "ramp_input": np.array([1], np.int32),
        "flag_input": np.array([4], np.int32),
        "entry": np.array([0, 1, 3], np.int32),
        "entry_input": np.array([5, 5, 6], np.int32),
        "entry_value": np.array([1, 0.5, 2], np.float32),
        "n_inputs": 7,
        "n_dense": 1,
    }
    return tuple((arrays | changed).values())


RIGHT_PLAN = plan()


def network(plan=RIGHT_PLAN, sizes=SIZES, batch=BATCH, n_targets=N_OUTPUTS, **changed):
    sizes = np.array(sizes, np.int32)
    size = sum((a + 1) * b for a, b in pairwise(SIZES))
    rng = np.random.default_rng(0)
    try:
        work = core().cells_work(plan, sizes, n_targets, batch)
    except ValueError:  # what is wrong is to be refused by the others
        work = 10_000
    parts = {
        "plan": plan,
        "sizes": sizes,
        "n_targets": n_targets,
        "batch": batch,
        "activation": 0,
        "gemm": _GEMM,
        "parameters": rng.normal(size=size).astype(np.float32),
        "gradient": np.zeros(size, np.float32),
        "mean": np.zeros(size, np.float32),
        "square": np.zeros(size, np.float32),
        "work": np.full(work, np.nan, np.float32),
    }
    return tuple((parts | changed).values())


def rows(n_rows=8, **changed):
    parts = {
        "cells": np.tile(np.array([[1, 4], [3, 5]], np.uint16), (n_rows // 2, 1)),
        "shares": np.full((n_rows, 1), 0.25, np.float32),
        "dense": np.ones((n_rows, 1), np.float32),
    }
    return tuple((parts | changed).values())


def learn(**changed):
    """Take two steps; any argument may be another one."""
    args = {
        "network": network(),
        "rows": rows(),
        "targets": np.full((8, N_OUTPUTS), 0.5, np.float32),
        "weights": None,
        "order": np.arange(8)[::-1].copy(),
        "bounds": np.array([0, 4, 8]),
        "goal": (0, None, None, 1.0),
        "steps": np.full((2, 5), 0.5, np.float32),
    }
    return core().cells_learn(*(args | changed).values())


def test_right_arrays_are_learned():
    given = network()
    before = given[6].copy()
    total, n_steps = learn(network=given)
    assert np.isfinite(total)
    assert n_steps == 2
    assert (given[6] != before).any()
    assert np.isfinite(given[6]).all()


def test_the_outputs_are_those_of_the_encoded_rows():
    given = network()
    outputs = np.empty((4, N_OUTPUTS), np.float32)
    core().cells_forward(given, rows(4), outputs)
    encoded = np.array([[1, 1, 0.25, 0, 0, 1, 0], [1, 0, 0, 0, 1, 0.5, 2]] * 2)
    layers, place = encoded, 0
    for depth, (a, b) in enumerate(pairwise(SIZES)):
        coef = given[6][place : place + a * b].reshape(a, b)
        place += (a + 1) * b
        layers = np.maximum(layers, 0 if depth else -np.inf) @ coef
        layers += given[6][place - b : place]
    assert_allclose(outputs, layers, rtol=1e-5)


WRONG_PLANS = {
    "cells fall": {"first": np.array([0, 4, 3], np.int32)},
    "cells do not begin at 0": {"first": np.array([1, 4, 6], np.int32)},
    "no cell at all": {"first": np.array([], np.int32)},
    "too many cells": {"first": np.array([0, 4, 70_000], np.int32)},
    "another format": {"first": np.array([0, 4, 6], np.int64)},
    "ramps before the dense inputs": {"ramp_input": np.array([0], np.int32)},
    "ramps outside": {"ramp_input": np.array([5], np.int32)},
    "more columns of ramps than columns": {
        "ramp_input": np.ones(3, np.int32),
        "flag_input": np.ones(3, np.int32),
    },
    "a flag outside": {"flag_input": np.array([7], np.int32)},
    "no flag": {"flag_input": np.array([], np.int32)},
    "entries fall": {"entry": np.array([0, 2, 1], np.int32)},
    "entries beyond the last": {"entry": np.array([0, 1, 4], np.int32)},
    "too few level cells": {"entry": np.array([0, 3], np.int32)},
    "an entry outside": {"entry_input": np.array([5, 5, 7], np.int32)},
    "a negative entry": {"entry_input": np.array([5, -1, 6], np.int32)},
    "too few values": {"entry_value": np.ones(2, np.float32)},
    "negative inputs": {"n_inputs": -1},
    "more dense inputs than inputs": {"n_dense": 8},
    "not an array": {"first": [0, 4, 6]},
}


@pytest.mark.parametrize("changed", WRONG_PLANS.values(), ids=WRONG_PLANS)
def test_wrong_plans_are_refused(changed):
    wrong = plan(**changed)
    with pytest.raises((ValueError, TypeError)):
        core().cells_work(wrong, np.array(SIZES, np.int32), N_OUTPUTS, BATCH)
    with pytest.raises((ValueError, TypeError)):
        learn(network=network(wrong))


WRONG_NETWORKS = {
    "no output": {"sizes": [7]},
    "another input": {"sizes": [8, 5, 2]},
    "an empty layer": {"sizes": [7, 0, 2]},
    "another number of outputs": {"sizes": [7, 5, 3]},
    "an empty batch": {"batch": 0},
    "negative targets": {"n_targets": -1},
    "other targets": {"n_targets": 3},
    "no such activation": {"activation": 4},
    "no product": {"gemm": object()},
    "too few parameters": {"parameters": np.zeros(51, np.float32)},
    "float64": {"parameters": np.zeros(52)},
    "too little memory": {"work": np.zeros(16, np.float32)},
    "two dimensions": {"mean": np.zeros((52, 1), np.float32)},
    "gaps": {"square": np.zeros(104, np.float32)[::2]},
}


@pytest.mark.parametrize("changed", WRONG_NETWORKS.values(), ids=WRONG_NETWORKS)
def test_wrong_networks_are_refused(changed):
    with pytest.raises((ValueError, BufferError)):
        learn(network=network(**changed))


def test_what_is_written_must_be_writable():
    fixed = np.zeros(52, np.float32)
    fixed.flags.writeable = False
    with pytest.raises((ValueError, BufferError)):
        learn(network=network(parameters=fixed))


BIG = np.full((8, 2), 4, np.uint16)
WRONG_CALLS = {
    "a cell of another column": {"rows": rows(cells=BIG)},
    "a cell beyond the last": {"rows": rows(cells=BIG * 1000)},
    "too few columns": {"rows": rows(cells=BIG[:, :1].copy())},
    "too few shares": {"rows": rows(shares=np.zeros((7, 1), np.float32))},
    "too few dense inputs": {"rows": rows(dense=np.zeros((7, 1), np.float32))},
    "too few targets": {"targets": np.zeros((7, 2), np.float32)},
    "too few weights": {"weights": np.zeros(7, np.float32)},
    "a row outside": {"order": np.arange(1, 9)},
    "a negative row": {"order": np.arange(-1, 7)},
    "another order": {"order": np.arange(8, dtype=np.int32)},
    "bounds beyond the order": {"order": np.arange(7)},
    "bounds beyond the rows": {"order": None, "bounds": np.array([0, 4, 9])},
    "bounds that fall": {"bounds": np.array([4, 0, 4])},
    "a negative bound": {"bounds": np.array([-1, 0, 4])},
    "no bound": {"bounds": np.array([], dtype=np.int64)},
    "a step too large": {"bounds": np.array([0, 5, 8])},
    "too few numbers of steps": {"steps": np.zeros((1, 5), np.float32)},
    "no such loss": {"goal": (2, None, None, 1.0)},
    "too few factors": {"goal": (1, *[np.ones(1, np.float32)] * 2, 1.0)},
    "no factor of the gradient": {"goal": (1, np.ones(2, np.float32), None, 1.0)},
    "no goal": {"goal": None},
}


@pytest.mark.parametrize("changed", WRONG_CALLS.values(), ids=WRONG_CALLS)
def test_wrong_calls_are_refused(changed):
    with pytest.raises((ValueError, TypeError)):
        learn(**changed)


def test_steps_in_halves_refuse_other_shapes():
    given, gradient = network(), np.zeros((4, N_OUTPUTS), np.float32)
    step = np.zeros((1, 5), np.float32)
    core().cells_forward(given, rows(4), gradient.copy())
    core().cells_backward(given, rows(4), gradient, step)
    for some, out in ((rows(6), gradient), (rows(4), gradient[:3])):
        with pytest.raises(ValueError, match="items"):
            core().cells_forward(given, some, out)
        with pytest.raises(ValueError, match=r"items|rows"):
            core().cells_backward(given, some, out, step)
    with pytest.raises(ValueError, match="steps"):
        core().cells_backward(given, rows(4), gradient, step[:, :4].copy())
    wrong = rows(4, cells=BIG[:4])
    with pytest.raises(ValueError, match="cell"):
        core().cells_backward(given, wrong, gradient, step)


def test_a_network_without_room_for_a_gradient_only_computes_outputs():
    fixed = np.ones(52, np.float32)
    fixed.flags.writeable = False
    only = dict.fromkeys(("gradient", "mean", "square"))
    given = network(parameters=fixed, **only)
    outputs = np.empty((8, N_OUTPUTS), np.float32)
    core().cells_forward(given, rows(), outputs)
    assert_allclose(outputs[4:], outputs[:4])  # more rows than those of a step
    with pytest.raises(ValueError, match="cell"):
        core().cells_forward(given, rows(cells=BIG), outputs)
    with pytest.raises(ValueError, match="only computes outputs"):
        learn(network=given)
    assert learn(network=given, steps=None)[1] == 2
    with pytest.raises(ValueError, match="only computes outputs"):
        core().cells_backward(given, rows(4), outputs[:4], np.zeros((1, 5), "f4"))


def test_steps_end_at_a_loss_that_is_not_finite():
    dense = np.ones((8, 1), np.float32)
    dense[2] = np.nan  # in the second step, as the order is turned around
    given = network()
    total, n_steps = learn(network=given, rows=rows(dense=dense))
    assert np.isnan(total)
    assert n_steps == 1
    assert np.isfinite(given[6]).all()


def test_a_product_of_another_kind_is_not_taken():
    from scipy.linalg import cython_blas

    assert core().takes_gemm(_GEMM)
    for name in ("saxpy", "dgemm"):
        assert not core().takes_gemm(cython_blas.__pyx_capi__[name])
    assert not core().takes_gemm(None)
