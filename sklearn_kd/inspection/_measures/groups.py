"""Groups of rows: those of a column's levels or ranges, and slices of the user's."""

from collections import Counter
from collections.abc import Hashable, Mapping
from numbers import Integral

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._tables.columns import (
    column_kinds,
    nominal_codes,
    numeric_block,
)
from sklearn_kd._tables.containers import array_rows, as_column
from sklearn_kd._tables.frames import (
    column_names,
    dtypes_of,
    is_frame,
    is_series,
    take_column,
)
from sklearn_kd.inspection._writing.numbers import format_bound

#: A numeric column with more different values than this is cut into quarters.
_MOST_VALUES = 10

_MISSING = "missing"


def rows_by(by, X, n_samples):
    """Part the rows of a table.

    Parameters
    ----------
    by : str, int, array-like of shape (n_samples,) or dict of str to array-like
        A column of `X` by its name or position, a value a row, or masks by the names of
        the slices.
    X : object
        The rows.
    n_samples : int
        Their number.

    Returns
    -------
    title : str
        What the rows are parted by.
    groups : dict of str to ndarray of shape (n_samples,), bool
        The rows of each group, by its name.

    Raises
    ------
    TypeError
        For what is none of these, and for columns without an order or levels.
    ValueError
        For a column that `X` does not have, for another number of values, and for a
        slice without rows.
    """
    if isinstance(by, Mapping):
        return "slice", _read_slices(by, n_samples)
    names = column_names(X)
    is_value = isinstance(by, Hashable) and not isinstance(by, tuple)
    if is_value or (isinstance(by, tuple) and by in (names or ())):
        table, column = array_rows(X), _find_column(by, X)
        title = str(by if names is None else names[column])
    else:
        values = as_column(by, "by")
        title = str(getattr(values, "name", None) or "group")
        table, column = _as_table(values), 0
        if table.shape != (n_samples, 1):
            raise ValueError(
                f"by has values of shape {np.shape(values)}, expected a value for each "
                f"of the {n_samples} rows: ({n_samples},). A column of X is chosen by "
                "its name or position, and slices are a dict of masks."
            )
    return title, _part(table, column)


def _find_column(by, X):
    """Find the position of a column by its name or number."""
    names = column_names(X)
    n_columns = len(names) if names is not None else array_rows(X).shape[-1]
    if names is not None and by in names:
        return names.index(by)
    if isinstance(by, Integral) and not isinstance(by, bool):
        if -n_columns <= by < n_columns:
            return by % n_columns
        raise ValueError(f"by={by!r} is no column of X, which has {n_columns}.")
    if isinstance(by, str):
        having = "names none" if names is None else f"has {show(names)}"
        raise ValueError(f"by={show(by)} is no column of X, which {having}.")
    raise TypeError(
        f"by must be a column of X, a value for each row or a dict of masks, got "
        f"{show(by)}."
    )


def _as_table(values):
    """Give values as a table of one column."""
    if is_series(values):
        return values.to_frame()
    if is_frame(values):
        return values
    values = np.asarray(values)
    if values.dtype.kind == "b":  # levels, and no numbers
        values = values.astype(object)
    return values[:, None] if values.ndim == 1 else values


def _part(table, column):
    """Part rows by the levels of a column, or by the quarters of its numbers."""
    if len(getattr(table, "shape", ())) != 2:
        raise TypeError(f"by needs rows with columns, got {show(table)}.")
    if hasattr(table, "toarray"):  # sparse
        table, column = table[:, [column]].toarray(), 0
    table = take_column(table if is_frame(table) else np.asarray(table), column)
    if _kind(table) == "nominal":
        codes, levels = nominal_codes(table, 0)
        names = _tell_apart(levels)
        order = sorted(range(len(levels)), key=lambda code: names[code])
        groups = {names[code]: codes == code for code in order}
        missing = codes == -1
    else:
        values = numeric_block(table, [0])[:, 0]
        missing = np.isnan(values)
        groups = _ranges(values, values[~missing])
    groups = {name: rows for name, rows in groups.items() if rows.any()}
    if missing.any():
        groups[_free_name(_MISSING, groups)] = missing
    return groups


def _kind(table):
    """Tell whether a table of one column has numbers or levels."""
    try:
        return column_kinds(table)[0]
    except TypeError as error:
        raise TypeError(
            f"by has values of dtype {dtypes_of(table)[0]}, expected numbers, strings, "
            "truth values or categories. Of dates, pass the year or the month of each "
            "row."
        ) from error


def _tell_apart(levels):
    """Name levels: as they are printed, or as in code where two look the same."""
    names = [str(level) for level in levels]
    taken = Counter(names)
    return [
        show(level) if taken[name] > 1 else name
        for level, name in zip(levels, names, strict=True)
    ]


def _write_apart(numbers):
    """Write numbers: short, or with all digits where two look the same."""
    short = [format_bound(number) for number in numbers]
    return short if len({*short}) == len(short) else [f"{x!r}" for x in numbers]


def _free_name(name, groups):
    """Give a name that no group has: a level may have any."""
    while name in groups:
        name = f"({name})"
    return name


def _ranges(values, present):
    """Part numbers: by their values if there are few, by quarters otherwise."""
    distinct = np.unique(present)
    if len(distinct) <= _MOST_VALUES:
        names = _write_apart(distinct.tolist())
        return {
            name: values == value for name, value in zip(names, distinct, strict=True)
        }
    ends = np.unique(np.quantile(present, [0.25, 0.5, 0.75], method="lower"))
    ends = ends[ends < distinct[-1]]
    groups, below = {}, np.zeros(len(values), dtype=bool)
    names = _write_apart(ends.tolist())
    for place, end in enumerate(ends):
        upto = values <= end
        start = f"{names[place - 1]} " if place > 0 else ""
        groups[f"{start}to {names[place]}"] = upto & ~below
        below = upto
    groups[f"above {names[-1]}"] = values > ends[-1]
    return groups


def _read_slices(by, n_samples):
    """Read masks of rows, by their names."""
    groups = {}
    for (name, mask), unique in zip(by.items(), _tell_apart(by), strict=True):
        rows = np.asarray(as_column(mask, f"by[{show(name)}]"))
        if rows.dtype != bool or rows.shape != (n_samples,):
            raise ValueError(
                f"by[{show(name)}] has dtype {rows.dtype} and shape {rows.shape}, "
                f"expected a mask of the {n_samples} rows: bool, ({n_samples},)."
            )
        if not rows.any():
            raise ValueError(f"by[{show(name)}] has no rows: leave this slice out.")
        groups[unique] = rows
    if not groups:
        raise ValueError("by has no slices: pass None, or masks by their names.")
    return groups
