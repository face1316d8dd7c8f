"""Numeric columns in C: what their functions, and scaling, add to the first layer."""

import numpy as np

from sklearn_kd.export._program.float32 import in_range, rounded_up, split
from sklearn_kd.export._program.steps import Flag, Interpolate, Rise
from sklearn_kd.students.encoder._forms import lines


def encode_numbers(header, parts, coef, scale):
    """Write what functions of numeric columns add to the first layer.

    Parameters
    ----------
    header : Header
        Its value is the first layer, without them.
    parts : tuple of Interpolate, Rise and Flag
        The functions.
    coef : ndarray of shape (n_functions, n_units), float64
        Weights of the first layer.
    scale : ndarray of shape (n_units,), or None
        What weights that are whole numbers are multiplied with later.
    """
    ends = np.cumsum([len(part.columns) for part in parts])
    weights = np.split(coef, ends)[:-1]
    for kind, write in ((Interpolate, _curves), (Rise, _ramps)):
        own = [
            each for each in zip(parts, weights, strict=True) if type(each[0]) is kind
        ]
        if own:
            write(header, own, scale)
    vectors = missing_vectors(parts, weights)
    if vectors:
        columns = header.table("missing_columns", np.array(list(vectors)))
        table = header.weights("missing", np.array(list(vectors.values())), scale)
        header.line(
            f"w = {table};",
            f"for (int i = 0; i < {len(vectors)}; i++, w += {header.width})",
            f"    if (isnan(x[{columns}[i]]))",
            f"        {header.each} {header.value}[u] += {header.weight('w[u]')};",
        )


def missing_vectors(parts, weights):
    """Add up, for each column, what a missing value gives to the first layer."""
    vectors = {}
    for part, own in zip(parts, weights, strict=True):
        absent = {Flag: 1.0, Rise: 0.0}.get(type(part))
        absent = part.missing if absent is None else absent
        if absent:
            for column, row in zip(part.columns.tolist(), own, strict=True):
                vectors[column] = vectors.get(column, 0) + absent * row
    return dict(sorted(vectors.items()))


def ramps_by_column(part):
    """Give for each column its ramps, in order: they do not overlap."""
    order = np.lexsort([part.lower, part.columns])
    columns, first = np.unique(part.columns[order], return_index=True)
    return columns, np.split(order, first[1:])


def _curves(header, parts, scale):
    """Add a vector for each curve, times its value."""
    columns, rows, knots, slopes, heights = [], [], [], [], []
    for part, weights in parts:
        functions = zip(part.columns, part.knots, part.values, weights, strict=True)
        for column, own, values, row in functions:
            if len(own):
                offset, slope, height = lines(own, values)
                knots.append(np.concatenate([offset[:1], own]))
                slopes.append(slope)
                heights.append(height)
                columns.append(column)
                rows.append(row)
    if not columns:
        return
    look_up = _search(header, "curve", columns, knots, slopes)
    heights = header.table("curve_heights", np.concatenate(heights))
    table = header.weights("curve_weights", np.array(rows), scale)
    header.line(
        f"w = {table};",
        f"for (int i = 0; i < {len(columns)}; i++, w += {header.width}) {{",
        *look_up,
        f"    share += {heights}[at];",
        f"    {header.each} {header.value}[u] += share * {header.weight('w[u]')};",
        "}",
    )


def _ramps(header, parts, scale):
    """Add for each column the vector between those at the edges of its cell."""
    columns, rows, knots, slopes = [], [], [], []
    for part, weights in parts:
        for column, own in zip(*ramps_by_column(part), strict=True):
            slope = 1 / (part.upper - part.lower)[own]
            columns.append(column)
            knots.append(np.concatenate([[0.0], part.lower[own]]))
            slopes.append(np.concatenate([[0.0], slope]))
            rows.append(np.cumsum(weights[own], axis=0))
    look_up = _search(header, "ramp", columns, knots, slopes)
    table = header.weights("ramp_weights", np.concatenate(rows), scale)
    kind, width = header.weight_kind, header.width
    zeros = header.weights("zeros", np.zeros((1, width)), scale)
    first = f"{header.name}_ramp_first"
    low, high = header.weight("low[u]"), header.weight("high[u]")
    header.line(
        f"for (int i = 0; i < {len(columns)}; i++) {{",
        f"    const {kind} *low, *high;",
        "    float rest;",
        *look_up,
        "    if (cell == 0)",
        "        continue; /* below all */",
        "    share = share < 0.0f ? 0.0f : share > 1.0f ? 1.0f : share;",
        "    rest = 1.0f - share;",
        f"    high = {table} + ({first}[i] - i + cell - 1) * {width}L;",
        f"    low = cell == 1 ? {zeros} : high - {width};",
        f"    {header.each} {header.value}[u] += rest * {low} + share * {high};",
        "}",
    )


def _search(header, what, columns, knots, slopes):
    """Write tables, and how far a value has come in its cell, times the slope there.

    Each of `knots` begins with what is subtracted below the first, and has a slope for
    every entry.
    """
    first = np.cumsum([0, *map(len, knots)])
    owners = np.repeat(columns, np.diff(first))
    points = in_range(np.concatenate(knots), owners)
    above = rounded_up(points)
    rest = (points - above).astype(np.float32)
    slope = in_range(np.concatenate(slopes), owners)
    header.call("cell")
    header.call("bounded")
    names = {
        "columns": header.table(f"{what}_columns", np.array(columns)),
        "first": header.table(f"{what}_first", first),
        "knots": header.table(f"{what}_knots", above),
        "slopes": header.table(f"{what}_slopes", slope),
    }
    columns, first, knots, slopes = names.values()
    subtract = f"(value - {knots}[at])"
    if rest.any():  # knots that float32 does not hold
        subtract = f"({subtract} - {header.table(f'{what}_rests', rest)}[at])"
    return [
        f"    const float value = @_bounded(x[{columns}[i]]);",
        "    int cell;",
        "    long at;",
        "    float share;",
        "    if (isnan(value))",
        "        continue;",
        f"    at = {first}[i];",
        f"    cell = @_cell({knots} + at, {first}[i + 1] - {first}[i], value);",
        "    at += cell;",
        f"    share = {subtract} * {slopes}[at];",
    ]


def scale_numbers(header, step, coef, scale):
    """Write what all columns, scaled, add to the first layer.

    Parameters
    ----------
    header : Header
        Its value is the first layer, without them.
    step : Scale
        The scaling.
    coef : ndarray of shape (n_features, n_units), float64
        Weights of the first layer.
    scale : ndarray of shape (n_units,), or None
        What weights that are whole numbers are multiplied with later.
    """
    value, columns = "x[i]", np.arange(len(coef))
    if step.shift is not None:
        high, low = split(in_range(step.shift, columns))
        value = f"({value} - {header.table('shift', high)}[i])"
        if low.any():  # means that float32 does not hold
            value = f"({value} - {header.table('shift_rests', low)}[i])"
    if step.scale is not None:
        width = in_range(step.scale, columns).astype(np.float32)
        value = f"{value} / {header.table('scale', width)}[i]"
    table = header.weights("weights_1", coef, scale)
    cut = "    value = value < -1.0f ? -1.0f : value > 1.0f ? 1.0f : value;"
    header.line(
        f"w = {table};",
        f"for (int i = 0; i < {len(coef)}; i++, w += {header.width}) {{",
        f"    {'' if step.clip else 'const '}float value = {value};",
        *[cut][: step.clip],
        f"    {header.each} {header.value}[u] += value * {header.weight('w[u]')};",
        "}",
    )
