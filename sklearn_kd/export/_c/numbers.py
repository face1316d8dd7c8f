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
        rows = np.array(list(vectors.values()))
        header.line(
            f"w = {header.weights('missing', rows, scale)};",
            f"for (int i = 0; i < {len(rows)}; i++, w += {header.width})",
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
    look_up = _search(header, "curve", columns, knots, slopes, heights)
    header.define(f"""
/* Gives the value of a curve; 0 for a missing one. */
static inline float @_curve(const float *x, int i) {{
{look_up}
    return isnan(value) ? 0.0f : part + line[1];
}}
""")
    header.add_rows("curve_weights", np.array(rows), scale, "@_curve(x, {i})")


def _ramps(header, parts, scale):
    """Add for each column the vector between those at the edges of its cell."""
    columns, rows, knots, slopes = [], [], [], []
    for part, weights in parts:
        for column, own in zip(*ramps_by_column(part), strict=True):
            slope = 1 / (part.upper - part.lower)[own]
            columns.append(column)
            knots.append(np.concatenate([[0.0], part.lower[own]]))
            slopes.append(np.concatenate([[0.0], slope]))
            rows += [np.zeros((1, header.width)), np.cumsum(weights[own], axis=0)]
    look_up = _search(header, "ramp", columns, knots, slopes)
    kind, width = header.weight_kind, header.width
    table = header.weights("ramp_weights", np.concatenate(rows), scale)
    header.define(f"""
/* Gives the first of two vectors between which the ramps of a column are, and the share
   of the second; for a missing value the first, which is zero. */
static inline const {kind} *@_ramp(const float *x, int i, float *share) {{
{look_up}
    *share = part > 0.0f ? part < 1.0f ? part : 1.0f : 0.0f;
    return {table} + (first + cell - (cell > 0)) * {width};
}}
""")
    header.add(
        len(columns),
        "    float s{k};",
        "    const " + kind + " *w{k} = @_ramp(x, {i}, &s{k});",
        "    const float r{k} = 1.0f - s{k};",
        term=f"(r{{k}} * {header.weight('w{k}[u]')}"
        f" + s{{k}} * {header.weight(f'w{{k}}[u + {width}]')})",
    )


def _search(header, what, columns, knots, *lines):
    """Write tables, and how far a value has come in its cell, times the slope there.

    Each of `knots` begins with what is subtracted below the first. `lines` are numbers
    for every knot, of which the first is the slope: those of a cell stand side by side.
    """
    first = np.cumsum([0, *map(len, knots)])
    owners = np.repeat(columns, np.diff(first))
    points = in_range(np.concatenate(knots), owners)
    above = rounded_up(points)
    rest = (points - above).astype(np.float32)
    lines = [
        in_range(np.concatenate(lines[0]), owners),
        *map(np.concatenate, lines[1:]),
    ]
    subtract = "(value - knots[cell])"
    if rest.any():  # knots that float32 does not hold
        subtract = f"({subtract} - line[{len(lines)}])"
        lines.append(rest)
    header.call("cell")
    header.call("bounded")
    columns = header.table(f"{what}_columns", np.array(columns))
    first = header.table(f"{what}_first", first)
    knots = header.table(f"{what}_knots", above)
    table = header.table(f"{what}_lines", np.column_stack(lines).astype(np.float64))
    return f"""    const float value = @_bounded(x[{columns}[i]]);
    const long first = {first}[i];
    const float *knots = {knots} + first;
    const int cell = @_cell(knots, (int)({first}[i + 1] - first), value);
    const float *line = {table} + (first + cell) * {len(lines)};
    const float part = {subtract} * line[0];"""


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
    cut = "\n    value = value < -1.0f ? -1.0f : value > 1.0f ? 1.0f : value;"
    header.define(f"""
/* Gives a column, scaled. */
static inline float @_scaled(const float *x, int i) {{
    {"" if step.clip else "const "}float value = {value};{cut * step.clip}
    return value;
}}
""")
    header.add_rows("weights_1", coef, scale, "@_scaled(x, {i})")
