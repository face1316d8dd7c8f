"""Rows that are drawn from a program, and the change that is measured on them."""

import numpy as np
import pytest
from exported import NAMES, exported
from numpy.testing import assert_array_equal

from sklearn_kd.export._program import interpreter, program_of
from sklearn_kd.export._program.rows import change_of, draw_rows


def program(name):
    return program_of(exported(name)[0], "test")


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_of_float32_and_go_through_the_program(name):
    given = program(name)
    rows = draw_rows(given, 50)
    assert rows.shape == (50, len(given.inputs))
    assert np.isfinite(interpreter.run(given.steps, None, rows)).all()
    numbers = [j for j, column in enumerate(given.inputs) if column.levels is None]
    drawn = rows[:, numbers].astype(float)
    assert_array_equal(drawn.astype(np.float32).astype(float), drawn)
    again = draw_rows(given, 50)
    assert all(map(np.array_equal, again.astype(str), rows.astype(str)))


def test_numbers_and_levels_are_those_of_fit():
    _, frame = exported("mixed")
    rows = draw_rows(program("mixed"), 2000)
    for place, name in enumerate(frame):
        own, drawn = frame[name], rows[:, place]
        if own.dtype == float and own.nunique() > 1:  # none is known of a constant
            drawn = drawn.astype(float)
            assert np.nanmin(drawn) >= own.min()
            assert np.nanmax(drawn) <= own.max()
            assert 0.001 < np.isnan(drawn).mean() < 0.1 or own.notna().all()
        elif own.dtype != float and own.nunique() > 1:
            levels = set(own.dropna())
            assert levels <= set(drawn)
            assert len(set(drawn) - levels - {None}) == 1  # an unknown one
    wine, drawn = exported("standard scaler")[1], draw_rows(program("sparse"), 500)
    assert (drawn <= wine.max(axis=0).astype(np.float32)).all()


def test_a_change_of_numbers_is_in_deviations_of_their_target():
    rng = np.random.default_rng(0)
    given, before = program("some equal targets"), rng.normal(size=(9, 2))
    deviation = given.decision.deviation
    after = before + [[0.5, 7.0]] * deviation[:1]
    after[0, 0] = before[0, 0] + 2 * deviation[0]
    change = change_of(given, before, after)
    np.testing.assert_allclose([change.mean, change.largest], [6 / 9, 2])
    assert str(change) == "0.667 on average and 2 at most"
    assert change_of(program("equal targets"), before[:, :1], 1).largest == 0
    proba = np.array([[0.25, 0.75], [0.5, 0.5]])
    change = change_of(program("threshold"), proba, proba[:, ::-1])
    assert (change.mean, change.largest) == (0.25, 0.5)
