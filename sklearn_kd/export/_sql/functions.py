"""Functions of numeric columns in SQL: curves, rises, flags and scaling."""

from functools import partial

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd.export._program.float32 import in_range
from sklearn_kd.export._program.steps import Flag, Interpolate, Rise
from sklearn_kd.export._sql.query import clamped
from sklearn_kd.students.encoder._forms import lines

#: What a scaled number is cut off at: no product of it overflows.
_LARGEST = 1e100

#: What a number before it is cut off at: no difference to a mean overflows.
_FARTHEST = 1e307


def functions_of(parts, inputs):
    """Give the functions of `Encode`.

    Parameters
    ----------
    parts : tuple of Interpolate, Rise and Flag
        The parts.
    inputs : tuple of Input
        The columns of a :class:`Program`.

    Returns
    -------
    list of (int, callable)
        The column of each, and what writes it: called with a `Query` and a reference to
        the number, which is NULL where it is missing.

    Raises
    ------
    ValueError
        For a column whose slopes are too steep or too flat for a double.
    """
    found, owners = [], _told(inputs)
    for part in parts:
        written = _PARTS[type(part)](part, owners[part.columns])
        found += zip(part.columns.tolist(), written, strict=True)
    return found


def _told(inputs):
    """Say which column each is, for messages."""
    return np.array([f"Column {show(each.label)}" for each in inputs], dtype=object)


def _interpolate(part, owners):
    """Write functions that are linear between knots."""
    for owner, knots, values in zip(owners, part.knots, part.values, strict=True):
        offset, slope, height = lines(knots, values)
        in_range(slope, owner, "double precision")
        cells = np.column_stack([height, slope, offset])
        yield partial(_curve, knots=knots, cells=cells, missing=part.missing)


def _curve(query, x, *, knots, cells, missing):
    """Write one function."""
    found = query.double(0)
    if len(knots):
        found = query.curve(x, knots, cells)
    return f"CASE WHEN {x} IS NULL THEN {query.double(missing)} ELSE {found} END"


def _rise(part, owners):
    """Write functions that rise from 0 to 1."""
    slopes = in_range(1 / (part.upper - part.lower), owners, "double precision")
    for lower, upper, slope in zip(part.lower, part.upper, slopes, strict=True):
        yield partial(_ramp, lower=lower, upper=upper, slope=slope)


def _ramp(query, x, *, lower, upper, slope):
    """Write one function."""
    return query.ramp(x, lower, upper, slope)


def _flag(part, owners):
    """Write functions that are 1 for a missing value."""
    return [_is_missing] * len(part.columns)


def _is_missing(query, x):
    """Write one function."""
    zero, one = map(query.double, (0, 1))
    return f"CASE WHEN {x} IS NULL THEN {one} ELSE {zero} END"


_PARTS = {Interpolate: _interpolate, Rise: _rise, Flag: _flag}


def scaled(step, inputs):
    """Give the functions of `Scale`, as :func:`functions_of` does.

    A missing number is 0 in them.
    """
    if step.scale is not None:
        in_range(step.scale, _told(inputs), "double precision")
    for place in range(len(inputs)):
        shift = 0.0 if step.shift is None else step.shift[place]
        scale = 1.0 if step.scale is None else step.scale[place]
        yield place, partial(_scale, shift=shift, scale=scale, clip=step.clip)


def _scale(query, x, *, shift, scale, clip):
    """Write one function."""
    reach = _LARGEST * min(scale, _FARTHEST / _LARGEST)
    ends = np.clip([shift - reach, shift + reach], -_FARTHEST, _FARTHEST)
    value = clamped(query, f"COALESCE({x}, {query.double(0)})", *ends)
    if shift != 0:
        value = f"({value} - {query.operand(shift)})"
    value = query.product(value, 1 / scale)
    return clamped(query, value, -1, 1) if clip else value
