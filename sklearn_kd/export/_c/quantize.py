"""Weights of eight bits: what they become, and what that changes."""

from dataclasses import replace

import numpy as np

from sklearn_kd.export._c.header import MOST
from sklearn_kd.export._c.numbers import ramps_by_column
from sklearn_kd.export._program.interpreter import run
from sklearn_kd.export._program.rows import change_of, draw_rows
from sklearn_kd.export._program.steps import AddLevel, Dense, Encode, Rise

#: Inputs of networks that are drawn to measure a loss, and the most and fewest rows.
_INPUTS, _ROWS, _LEAST_ROWS = 4_000_000, 2000, 64


def quantized(program):
    """Round the weights of a program to whole numbers times a scale of each unit.

    Parameters
    ----------
    program : Program
        The student.

    Returns
    -------
    rounded : Program
        The same with other weights. Of ramps it is their sums that are whole numbers,
        as the header has them.
    scales : list of ndarray of shape (n_units,), float64
        Those of each layer.
    """
    first, *steps = program.steps
    parts = first.parts if isinstance(first, Encode) else ()
    vectors = [step.vectors for step in steps if isinstance(step, AddLevel)]
    rounded, scales = [first], []
    for step in steps:
        if isinstance(step, Dense):
            ramps = [] if scales else list(_ramps(parts))
            coef = step.coef.copy()
            for own in ramps:
                coef[own] = np.cumsum(coef[own], axis=0)
            table = np.vstack([coef, *([] if scales else vectors)])
            most = np.abs(table).max(axis=0, initial=0)
            scales.append(np.where(most > 0, most, MOST) / MOST)
            coef = _round(coef, scales[-1])
            for own in ramps:
                coef[own] = np.diff(coef[own], axis=0, prepend=0)
            step = Dense(coef, step.intercept)
        elif isinstance(step, AddLevel):
            step = replace(step, vectors=_round(step.vectors, scales[0]))
        rounded.append(step)
    return replace(program, steps=tuple(rounded)), scales


def _round(weights, scale):
    """Give the nearest multiples of a scale."""
    return np.rint(weights / scale) * scale


def _ramps(parts):
    """Give the rows of weights of the ramps of each column, in order."""
    start = 0
    for part in parts:
        if isinstance(part, Rise):
            for own in ramps_by_column(part)[1]:
                yield start + own
        start += len(part.columns)


def loss(program, rounded):
    """Measure on drawn rows what other weights change.

    Parameters
    ----------
    program, rounded : Program
        The student, and the same with other weights.

    Returns
    -------
    Change
        Of probabilities, or of numbers in standard deviations of their target.
    """
    n_inputs = max(1, len(program.steps[1].coef))
    n_rows = min(max(_INPUTS // n_inputs, _LEAST_ROWS), _ROWS)
    rows = draw_rows(program, n_rows)
    return change_of(
        program, *[run(each.steps, None, rows) for each in (program, rounded)]
    )
