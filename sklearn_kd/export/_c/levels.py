"""Nominal columns in C: codes of levels, and the vectors that they add."""

from typing import NamedTuple

import numpy as np

from sklearn_kd.export._c.header import Header
from sklearn_kd.export._c.text import distinct_names, whole
from sklearn_kd.export._program.levels import kind_of_levels

_FIND_STRING = """
/* Gives the place of a string among n sorted ones, of bytes; -1 if it is none. */
static inline int @_find(const char *const *levels, int n, const char *level) {
    int low = 0;
    while (n > 0) {
        const int half = n / 2;
        const char *mine = level, *other = levels[low + half];
        while (*mine != '\\0' && *mine == *other) {
            mine++;
            other++;
        }
        if (*mine == *other)
            return low + half;
        if ((unsigned char)*mine > (unsigned char)*other) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return -1;
}
"""

_FIND_NUMBER = """
/* Gives the place of a number among n sorted ones; -1 if it is none. */
static inline int @_find_number(const long long *levels, int n, long long level) {
    int low = 0;
    while (n > 0) {
        const int half = n / 2;
        if (levels[low + half] == level)
            return low + half;
        if (levels[low + half] < level) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return -1;
}
"""


def _numbers(header, ending, levels):
    """Add a table of whole numbers; give its name."""
    return header.text_table(ending, "const long long ", list(map(whole, levels)))


class _Form(NamedTuple):
    """How levels of one kind are written."""

    write: object
    argument: str
    missing: str
    finder: str
    find: str
    by_column: str
    of: str


_FORMS = {
    "string": _Form(
        Header.strings,
        "const char *",
        "    if (level == 0)\n        return NAN; /* missing */\n",
        "find",
        _FIND_STRING,
        "code",
        "one of strings",
    ),
    "whole number": _Form(
        _numbers,
        "long long ",
        "",
        "find_number",
        _FIND_NUMBER,
        "number_code",
        "one of whole numbers",
    ),
}


def sorted_levels(column):
    """Give the levels of a column in the order of their codes, without a missing one.

    Strings are sorted by their bytes in UTF-8, as by their characters.
    """
    levels = [level for level in column.levels if level is not None]
    if kind_of_levels(column, "to_c") == "string":
        return sorted(levels)
    return sorted(map(int, levels))


def add_level(header, step, column, scale):
    """Write the addition of the vector of a level.

    Parameters
    ----------
    header : Header
        Its value is the first layer.
    step : AddLevel
        The levels and their vectors.
    column : Input
        The column that they are of.
    scale : ndarray of shape (n_units,), or None
        What weights that are whole numbers are multiplied with later.
    """
    place = {level: at for at, level in enumerate(step.levels)}
    levels = sorted_levels(column)
    order = [place.get(level, -1) for level in levels]
    vectors = step.vectors[[*order, -1, place.get(None, -1)]]
    missing = len(levels) + 1
    if np.array_equal(vectors[-1], vectors[-2]):  # missing values were not in fit
        vectors, missing = vectors[:-1], missing - 1
    header.call("level")
    table = header.weights(f"vectors_{step.column}", vectors, scale)
    row = f"@_level(x[{step.column}], {len(levels)}, {missing})"
    header.line(
        f"w = {table} + {row} * {header.width}L;",
        f"{header.each} {header.value}[u] += {header.weight('w[u]')};",
    )


def look_ups(header, inputs):
    """Write tables of levels, and the functions that give their codes.

    Parameters
    ----------
    header : Header
        Receives the tables.
    inputs : tuple of Input
        The columns.

    Returns
    -------
    functions : list of str
        In C.
    calls : dict of int to str
        How a code is asked for, for each nominal column, by its position.
    """
    nominal = {at: each for at, each in enumerate(inputs) if each.levels is not None}
    names = distinct_names({at: column.label for at, column in nominal.items()})
    functions, calls, cases = [], {}, {}
    for at, column in nominal.items():
        kind = kind_of_levels(column, "to_c")
        form = _FORMS[kind]
        levels = sorted_levels(column)
        found = "-1.0f"
        if levels:  # a column of one level has none
            header.define(form.find)
            table = form.write(header, f"levels_{names[at]}", levels)
            found = f"(float)@_{form.finder}({table}, {len(levels)}, level)"
        name = f"@_code_{names[at]}"
        functions.append(
            f"static inline float {name}({form.argument}level) {{\n"
            + (form.missing if levels else form.missing or "    (void)level;\n")
            + f"    return {found};\n}}\n"
        )
        calls[at] = header.own(f"{name}({form.argument}level)")
        cases.setdefault(kind, []).append(f"    case {at}: return {name}(level);\n")
    for kind, own in cases.items():
        form = _FORMS[kind]
        functions.append(
            f"\n/* The same by the column, {form.of}; NaN for another column. */\n"
            f"static inline float @_{form.by_column}(int column, {form.argument}level) "
            "{\n    switch (column) {\n" + "".join(own) + "    default: return NAN;\n"
            "    }\n}\n"
        )
    return [header.own(each) for each in functions], calls
