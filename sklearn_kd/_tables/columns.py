"""What the columns of a table hold: kinds, numbers, levels and missing values.

For arrays and for pandas and polars frames alike.
"""

import sys
from decimal import Decimal
from numbers import Real

import numpy as np
from scipy.sparse import issparse

from sklearn_kd._messages import show
from sklearn_kd._tables.frames import column_name, is_pandas, is_polars

# What stands for "no value" by its type; a float or a Decimal may also be NaN.
MISSING_TYPES = frozenset(["NoneType", "NAType", "NaTType"])

_POLARS_NOMINAL = frozenset(
    ["Boolean", "String", "Utf8", "Categorical", "Enum", "Binary"]
)

# Below this many rows a list costs less than the start of a vectorised call.
_SHORT = 256


def column_kinds(X):
    """Find for each column whether it is numeric or nominal.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        A table.

    Returns
    -------
    list of {"numeric", "nominal"}
        One a column. Numbers are numeric, and so is an object column of numbers, a
        column without any value and a boolean array. Strings, bytes, categories (of
        numbers too) and the booleans of a frame are nominal.

    Raises
    ------
    TypeError
        For dates, durations, complex numbers and objects such as lists.
    """
    if is_pandas(X):
        dtypes = list(X.dtypes)
        known = {dtype: _pandas_kind(dtype) for dtype in set(dtypes)}
        kinds = [known[dtype] for dtype in dtypes]
    elif is_polars(X):
        dtypes = list(X.dtypes)
        kinds = [_polars_kind(dtype) for dtype in dtypes]
    else:
        dtypes = [X.dtype] * X.shape[1]
        kinds = [_numpy_kind(X.dtype)] * X.shape[1]
    for column, kind in enumerate(kinds):
        if kind == "refused":
            raise TypeError(
                f"Column {show(column_name(X, column))} has dtype {dtypes[column]}, "
                "which is neither numeric nor nominal. Turn it into numbers in front "
                "of both teacher and student (a date or time into hour, weekday and "
                "days since a start; a duration into seconds), or leave it out."
            )
        if kind == "object":
            kinds[column] = _object_kind(objects_of(X, column), column_name(X, column))
    return kinds


def _numpy_kind(dtype):
    """Return what a column of this dtype holds."""
    if dtype.kind in "fiub":
        return "numeric"
    return {"U": "nominal", "S": "nominal", "O": "object"}.get(dtype.kind, "refused")


def _pandas_kind(dtype):
    pandas = sys.modules["pandas"]
    types = pandas.api.types
    if dtype.kind in "cmMV":
        return "refused"
    if isinstance(dtype, pandas.CategoricalDtype) or types.is_bool_dtype(dtype):
        return "nominal"
    if types.is_numeric_dtype(dtype):
        return "numeric"
    # is_string_dtype is also True for plain objects
    if not types.is_object_dtype(dtype) and types.is_string_dtype(dtype):
        return "nominal"
    return "object"  # for Arrow's dictionary, binary and null too the values decide


def _polars_kind(dtype):
    name = dtype.base_type().__name__
    if dtype.is_numeric() or name == "Null":
        return "numeric"
    if name in _POLARS_NOMINAL:
        return "nominal"
    return "object" if name == "Object" else "refused"


def _object_kind(values, name):
    """Kind of a column of Python objects, by the types that occur in it."""
    numeric = True
    for kind in set(map(type, values)):
        if kind.__name__ in MISSING_TYPES or _is_number(kind):
            continue
        if not issubclass(kind, (str, bytes, bool, np.bool_)):
            raise TypeError(
                f"Column {show(name)} holds a value of type {kind.__name__}, but each "
                "argument must be a string or a number. Turn these values into "
                "numbers or strings, or leave the column out."
            )
        numeric = False
    return "numeric" if numeric else "nominal"


def _is_number(kind):
    # numpy.timedelta64 counts itself among the integers
    """Return whether a type is one of real numbers; booleans and durations are none."""
    refused = (bool, np.bool_, np.timedelta64)
    return issubclass(kind, (Real, Decimal)) and not issubclass(kind, refused)


def is_missing(value):
    """Return whether a value is None, NaN or one of the marks of pandas."""
    if type(value).__name__ in MISSING_TYPES:
        return True
    return isinstance(value, (float, np.floating, Decimal)) and value != value


def objects_of(X, column):
    """Read one column of a table as an array of objects, each of its own type."""
    if is_pandas(X):
        return X.iloc[:, column].to_numpy(dtype=object)
    values = X[:, column]
    if not is_polars(X):
        return values.astype(object)
    objects = np.empty(len(values), dtype=object)
    objects[:] = values.to_list()
    return objects


def numeric_block(X, columns):
    """Read numeric columns as one float array.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        A table.
    columns : sequence of int
        Positions in increasing order.

    Returns
    -------
    ndarray of shape (n_samples, len(columns)), float64
        C-contiguous, NaN for a missing value. It may share memory with X: read only.

    Raises
    ------
    ValueError
        For a value that is not a number, or an integer too large for float64, with its
        column. (A float too large for it becomes infinite.)
    """
    columns = list(columns)
    if len(columns) < X.shape[1]:
        part = X.iloc[:, columns] if is_pandas(X) else X[:, columns]
    else:
        part = X
    if not columns:
        return np.empty((len(X), 0))
    if is_pandas(X):
        if all(_pandas_kind(dtype) == "numeric" for dtype in set(part.dtypes)):
            with _no_overflow():
                block = part.to_numpy(dtype=np.float64, na_value=np.nan)
            return np.ascontiguousarray(block)
    elif is_polars(X):
        if all(_polars_kind(dtype) == "numeric" for dtype in part.dtypes):
            block = part.cast(sys.modules["polars"].Float64).to_numpy(order="c")
            return np.ascontiguousarray(block)
    elif _numpy_kind(X.dtype) == "numeric":
        with _no_overflow():
            return np.ascontiguousarray(part, dtype=np.float64)
    block = np.empty((len(X), len(columns)))
    for position, column in enumerate(columns):
        block[:, position] = _floats(objects_of(part, position), column_name(X, column))
    return block


def _no_overflow():
    """Suppress the warning for what is too large for float64 and becomes infinite."""
    return np.errstate(over="ignore")


def _floats(values, name):
    """Floats of an object column; numbers written as strings are not numbers."""
    _object_kind(values, name)
    types = set(map(type, values))
    gaps = {kind for kind in types if kind.__name__ in MISSING_TYPES}
    wrong = tuple(
        kind
        for kind in types - gaps
        if not _is_number(kind) and not issubclass(kind, (bool, np.bool_))
    )
    if wrong:
        value = next(value for value in values if isinstance(value, wrong))
        raise ValueError(
            f"Column {show(name)} is numeric, but it holds {show(value)}: expected a "
            "number or a missing value. Convert the column to numbers first."
        )
    if gaps:
        values = np.where([type(value) in gaps for value in values], np.nan, values)
    try:
        with _no_overflow():
            return values.astype(np.float64)
    except OverflowError as error:
        raise ValueError(
            f"Column {show(name)} holds a number that is too large for float64 "
            f"({error}). Divide the column or take its logarithm; leave it out if it "
            "is an id."
        ) from error


def nominal_codes(X, column):
    """Read one column as codes into the list of its distinct values.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        A table.
    column : int
        Position of the column.

    Returns
    -------
    codes : ndarray of shape (n_samples,), intp
        Positions in `levels`; -1 for a missing value.
    levels : list of {str, bytes, bool, int, float}
        The values that occur, and categories that might, in no promised order; what is
        none of these types (such as the intervals of ``pandas.cut``) stands as its
        string.

    Raises
    ------
    TypeError
        For objects that are neither strings nor numbers.
    """
    if is_pandas(X):
        codes, levels = _pandas_codes(X.iloc[:, column], column_name(X, column))
    elif is_polars(X):
        codes, levels = _polars_codes(X[:, column], column_name(X, column))
    elif X.dtype.kind in "US":
        levels, codes = np.unique(X[:, column], return_inverse=True)
        levels = levels.tolist()
    else:
        codes, levels = _list_codes(X[:, column].tolist(), column_name(X, column))
    return codes.astype(np.intp, copy=False), [plain_level(level) for level in levels]


def _pandas_codes(series, name):
    if isinstance(series.dtype, sys.modules["pandas"].CategoricalDtype):
        return np.asarray(series.array.codes), series.array.categories.tolist()
    if _pandas_kind(series.dtype) == "object":
        _object_kind(series.to_numpy(dtype=object), name)
    codes, levels = series.factorize()
    return codes, levels.tolist()


def _polars_codes(series, name):
    categorical = series.dtype.base_type().__name__ in ("Categorical", "Enum")
    if not categorical or len(series) < _SHORT:
        return _list_codes(series.to_list(), name)
    # equal physical numbers are one level: what they mean differs by version
    numbers, first, codes = np.unique(
        series.to_physical().to_numpy(), return_index=True, return_inverse=True
    )
    # nulls arrive as NaN, which sorts last
    n_levels = len(numbers) - bool(np.isnan(numbers[-1]))
    codes = np.where(codes < n_levels, codes, -1)
    return codes, series.gather(first[:n_levels]).to_list()


def _list_codes(values, name):
    """Codes by a dictionary: equal values share one, so True, 1 and 1.0 do."""
    _object_kind(values, name)
    seen = {}
    codes = np.fromiter(
        (seen.setdefault(value, len(seen)) for value in values),
        dtype=np.intp,
        count=len(values),
    )
    levels = list(seen)
    kept = [code for code, level in enumerate(levels) if not is_missing(level)]
    if len(kept) < len(levels):
        recode = np.full(len(levels), -1)
        recode[kept] = np.arange(len(kept))
        codes = recode[codes]
    return codes, [levels[code] for code in kept]


def plain_level(level):
    """A level as a plain Python value, which any serialiser can write."""
    if isinstance(level, np.generic):
        level = level.item()
    return level if isinstance(level, (str, bytes, bool, int, float)) else str(level)


def has_missing(X):
    """Return whether a table has a missing value.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        A table.

    Returns
    -------
    bool
        True for a NaN, a None, a null or one of the pandas marks.
    """
    if is_pandas(X):
        return bool(X.isna().to_numpy().any())
    if is_polars(X):
        return any(map(_polars_has_missing, X))
    if X.dtype.kind in "fc":
        return bool(np.isnan(X).any())
    return X.dtype.kind == "O" and _count_among_objects(X.ravel()) > 0


def _polars_has_missing(series):
    """Return whether a series of polars has a null or NaN."""
    if series.null_count():
        return True
    return series.dtype.is_float() and bool(series.is_nan().any())


def _count_among_objects(values):
    """Count missing values in an array of objects, at once where all are strings."""
    if set(map(type, values.tolist())) <= {str}:
        return 0
    return sum(map(is_missing, values))


def count_missing(labels):
    """Count missing values in an array of one dimension, NaN and NaT among them."""
    if labels.ndim != 1 or labels.dtype.kind not in "fcmMO":
        return 0
    if labels.dtype.kind == "O":
        return _count_among_objects(labels)
    return int((np.isnat if labels.dtype.kind in "mM" else np.isnan)(labels).sum())


def equal_rows(X, other):
    """Return whether two tables, or two series of texts, hold the same values.

    Parameters
    ----------
    X, other : {ndarray, sparse matrix, DataFrame, Series}
        In containers of one kind.

    Returns
    -------
    bool
        A missing value equals a missing one.
    """
    if X.shape != other.shape:
        return False
    if issparse(X):
        X, other = X.toarray(), other.toarray()
    if isinstance(X, np.ndarray) and X.dtype.kind in "biuf":
        return np.array_equal(X, other, equal_nan=X.dtype.kind == "f")
    if len(X.shape) == 1:
        return _same_values(X, other)
    return all(
        _same_values(objects_of(X, column), objects_of(other, column))
        for column in range(X.shape[1])
    )


def _same_values(values, others):
    """Return whether two columns are equal, a missing value to a missing one."""
    return all(
        is_missing(other) if is_missing(value) else value == other
        for value, other in zip(values, others, strict=True)
    )
