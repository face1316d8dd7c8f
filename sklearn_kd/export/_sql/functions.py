"""Functions of numeric columns in SQL: curves, rises, flags and scaling."""

from functools import partial

import numpy as np

from sklearn_kd.export._program.steps import Flag, Interpolate, Rise
from sklearn_kd.export._sql.query import clamped
from sklearn_kd.students.encoder._forms import lines

#: What a scaled number is cut off at: no product of it overflows.
_LARGEST = 1e100

#: The steepest slope that a number has.
_STEEPEST = 1e300


def functions_of(parts):
    """Give the functions of `Encode`.

    Parameters
    ----------
    parts : tuple of Interpolate, Rise and Flag
        The parts.

    Returns
    -------
    list of (int, callable)
        The column of each, and what writes it: called with a `Query` and a reference to
        the number, which is NULL where it is missing.
    """
    found = []
    for part in parts:
        written = _PARTS[type(part)](part)
        found += zip(part.columns.tolist(), written, strict=True)
    return found


def _interpolate(part):
    """Write functions that are linear between knots."""
    for knots, values in zip(part.knots, part.values, strict=True):
        offset, slope, height = lines(knots, values)
        # at knots that nearly touch there is nothing between them
        slope = np.where(np.abs(slope) > _STEEPEST, 0, slope)
        cells = np.column_stack([height, slope, offset])
        yield partial(_curve, knots=knots, cells=cells, missing=part.missing)


def _curve(query, x, *, knots, cells, missing):
    """Write one function."""
    found = query.double(0)
    if len(knots):
        found = query.curve(x, knots, cells)
    return f"CASE WHEN {x} IS NULL THEN {query.double(missing)} ELSE {found} END"


def _rise(part):
    """Write functions that rise from 0 to 1."""
    for lower, upper in zip(part.lower, part.upper, strict=True):
        with np.errstate(over="ignore"):
            slope = min(1 / (upper - lower), _STEEPEST)
        yield partial(_ramp, lower=lower, upper=upper, slope=slope)


def _ramp(query, x, *, lower, upper, slope):
    """Write one function."""
    return query.ramp(x, lower, upper, slope)


def _flag(part):
    """Write functions that are 1 for a missing value."""
    return [_is_missing] * len(part.columns)


def _is_missing(query, x):
    """Write one function."""
    zero, one = map(query.double, (0, 1))
    return f"CASE WHEN {x} IS NULL THEN {one} ELSE {zero} END"


_PARTS = {Interpolate: _interpolate, Rise: _rise, Flag: _flag}


def scaled(step, n_columns):
    """Give the functions of `Scale`, as :func:`functions_of` does.

    A missing number is 0 in them.
    """
    for place in range(n_columns):
        shift = 0.0 if step.shift is None else step.shift[place]
        scale = 1.0 if step.scale is None else step.scale[place]
        yield place, partial(_scale, shift=shift, scale=scale, clip=step.clip)


def _scale(query, x, *, shift, scale, clip):
    """Write one function."""
    value = clamped(query, f"COALESCE({x}, {query.double(0)})", -_LARGEST, _LARGEST)
    if shift != 0:
        value = f"({value} - {query.operand(shift)})"
    if scale != 1:
        value = f"{value} / {query.operand(scale)}"
    return clamped(query, value, -1, 1) if clip else value
