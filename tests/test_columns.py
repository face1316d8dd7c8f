import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_array_equal

from sklearn_kd._tables.columns import (
    column_kinds,
    has_missing,
    nominal_codes,
    numeric_block,
)
from sklearn_kd._tables.containers import array_rows
from sklearn_kd._tables.frames import is_frame

DAY = datetime.date(2020, 2, 29)


def objects(*values):
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def arrow(values, dtype):
    return pd.Series(values, dtype=pd.ArrowDtype(dtype))


#: name -> (column, kind, its first values as numbers or as levels, None for missing)
PANDAS_COLUMNS = {
    "int": (pd.Series([3, 1, 3]), "numeric", [3, 1, 3]),
    "uint8": (pd.Series([3, 1, 3], dtype="uint8"), "numeric", [3, 1, 3]),
    "float32": (pd.Series([0.5, None, 2], dtype="float32"), "numeric", [0.5, None, 2]),
    "Int64": (pd.Series([3, None, 1], dtype="Int64"), "numeric", [3, None, 1]),
    "Float32": (pd.Series([3, None, 1], dtype="Float32"), "numeric", [3, None, 1]),
    "arrow int": (arrow([3, None, 1], pa.int16()), "numeric", [3, None, 1]),
    "arrow decimal": (
        arrow([Decimal("1.5"), None, Decimal("2")], pa.decimal128(6, 2)),
        "numeric",
        [1.5, None, 2],
    ),
    "arrow null": (arrow([None] * 3, pa.null()), "numeric", [None] * 3),
    "sparse": (
        pd.Series(pd.arrays.SparseArray([0.0, 2.0, 0.0])),
        "numeric",
        [0, 2, 0],
    ),
    "object numbers": (
        pd.Series([3, None, Decimal("0.5")], dtype=object),
        "numeric",
        [3, None, 0.5],
    ),
    "object NA": (pd.Series([3, pd.NA, np.nan], dtype=object), "numeric", [3, None]),
    "object missing": (pd.Series([None, np.nan], dtype=object), "numeric", [None] * 2),
    "bool": (pd.Series([True, False, True]), "nominal", [True, False]),
    "boolean": (
        pd.Series([True, None, False], dtype="boolean"),
        "nominal",
        [True, None, False],
    ),
    "arrow bool": (arrow([True, None], pa.bool_()), "nominal", [True, None]),
    "str": (pd.Series(["b", None, "a"]), "nominal", ["b", None, "a"]),
    "string": (pd.Series(["b", None], dtype="string"), "nominal", ["b", None]),
    "arrow string": (arrow(["b", None], pa.string()), "nominal", ["b", None]),
    "arrow binary": (arrow([b"b", None], pa.binary()), "nominal", [b"b", None]),
    "arrow dictionary": (
        arrow(["b", None], pa.dictionary(pa.int32(), pa.string())),
        "nominal",
        ["b", None],
    ),
    "category": (
        pd.Series(["b", None, "a"], dtype="category"),
        "nominal",
        ["b", None, "a"],
    ),
    "category of ints": (pd.Series([3, 1], dtype="category"), "nominal", [3, 1]),
    "intervals": (
        pd.cut(pd.Series([1, 9]), [0, 5, 10]),
        "nominal",
        ["(0, 5]", "(5, 10]"],
    ),
    "object text": (
        pd.Series(["b", None, np.nan, 2, True], dtype=object),
        "nominal",
        ["b", None, None, 2, True],
    ),
    "object bool": (
        pd.Series([True, np.nan, False], dtype=object),
        "nominal",
        [True, None, False],
    ),
}

POLARS_COLUMNS = {
    "int": (pl.Series([3, None, 1]), "numeric", [3, None, 1]),
    "float": (pl.Series([0.5, float("nan"), None]), "numeric", [0.5, None, None]),
    "decimal": (pl.Series([Decimal("1.5"), None]), "numeric", [1.5, None]),
    "null": (pl.Series([None, None]), "numeric", [None, None]),
    "object numbers": (
        pl.Series([3, None, 0.5], dtype=pl.Object),
        "numeric",
        [3, None, 0.5],
    ),
    "boolean": (pl.Series([True, None, False]), "nominal", [True, None, False]),
    "string": (pl.Series(["b", None, "a"]), "nominal", ["b", None, "a"]),
    "binary": (pl.Series([b"b", None]), "nominal", [b"b", None]),
    "categorical": (
        pl.Series(["b", None, "a"], dtype=pl.Categorical),
        "nominal",
        ["b", None, "a"],
    ),
    "long categorical": (
        pl.Series(["b", None, "a"] * 200, dtype=pl.Categorical),
        "nominal",
        ["b", None, "a"] * 200,
    ),
    "long missing": (
        pl.Series([None] * 300, dtype=pl.Categorical),
        "nominal",
        [None] * 300,
    ),
    "enum": (
        pl.Series(["b", None] * 150, dtype=pl.Enum(["a", "b", "c"])),
        "nominal",
        ["b", None] * 150,
    ),
    "object text": (pl.Series(["b", 2], dtype=pl.Object), "nominal", ["b", 2]),
}

ARRAY_COLUMNS = {
    "int": (np.array([3, 1]), "numeric", [3, 1]),
    "float": (np.array([0.5, np.nan]), "numeric", [0.5, None]),
    "bool": (np.array([True, False]), "numeric", [1, 0]),
    "object numbers": (objects(3, None, 0.5), "numeric", [3, None, 0.5]),
    "object missing": (objects(None, np.nan, pd.NA), "numeric", [None] * 3),
    "text": (np.array(["b", "a", "b"]), "nominal", ["b", "a", "b"]),
    "bytes": (np.array([b"b", b"a"]), "nominal", [b"b", b"a"]),
    "object text": (
        objects("b", None, np.nan, pd.NA, pd.NaT, np.str_("c")),
        "nominal",
        ["b", None, None, None, None, "c"],
    ),
}


def tables():
    for name, (column, kind, values) in PANDAS_COLUMNS.items():
        yield pytest.param(
            pd.DataFrame({"a": column}), kind, values, id=f"pandas {name}"
        )
    for name, (column, kind, values) in POLARS_COLUMNS.items():
        yield pytest.param(
            pl.DataFrame({"a": column}), kind, values, id=f"polars {name}"
        )
    for name, (column, kind, values) in ARRAY_COLUMNS.items():
        yield pytest.param(column[:, None], kind, values, id=f"array {name}")


def decoded(codes, levels):
    return [None if code < 0 else levels[code] for code in codes]


@pytest.mark.parametrize(("X", "kind", "values"), list(tables()))
def test_a_column_is_read_by_its_dtype(X, kind, values):
    assert column_kinds(X) == [kind]
    assert has_missing(X) == (None in values)
    if kind == "numeric":
        block = numeric_block(X, [0])
        assert block.dtype == np.float64
        assert block.flags.c_contiguous
        expected = np.array(values, dtype=np.float64)
        assert_array_equal(block[: len(values), 0], expected)
    else:
        codes, levels = nominal_codes(X, 0)
        assert codes.dtype == np.intp
        found = decoded(codes, levels)[: len(values)]
        # by type too: True is not 1, and everything is plain Python
        assert list(map(repr, found)) == list(map(repr, values))


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame({"ok": [1], "bad": pd.to_datetime([DAY])}),
        pd.DataFrame({"ok": [1], "bad": pd.to_datetime([DAY], utc=True)}),
        pd.DataFrame({"ok": [1], "bad": pd.to_timedelta([5])}),
        pd.DataFrame({"ok": [1], "bad": pd.period_range("2020", periods=1)}),
        pd.DataFrame({"ok": [1], "bad": pd.interval_range(0, 1)}),
        pd.DataFrame({"ok": [1], "bad": [1j]}),
        pd.DataFrame({"ok": [1], "bad": arrow([DAY], pa.date32())}),
        pd.DataFrame({"ok": [1], "bad": pd.Series([DAY], dtype=object)}),
        pd.DataFrame({"ok": [1], "bad": [["a", "list"]]}),
        pl.DataFrame({"ok": [1], "bad": [DAY]}),
        pl.DataFrame({"ok": [1], "bad": [datetime.timedelta(1)]}),
        pl.DataFrame({"ok": [1], "bad": [["a", "list"]]}),
        pl.DataFrame({"ok": [1], "bad": [{"a": "struct"}]}),
    ],
    ids=lambda X: (
        f"{type(X).__module__.split('.')[0]} {X.dtypes['bad']}"
        if isinstance(X, pd.DataFrame)
        else f"polars {X.dtypes[1]}"
    ),
)
def test_what_is_neither_number_nor_category_is_refused_by_name(X):
    with pytest.raises(TypeError, match=r"Column 'bad' .*(numbers|number)"):
        column_kinds(X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.array([["2020-01-01"]], dtype="M8[D]"), "Column 0 has dtype datetime64"),
        (np.array([[1j]]), "Column 0 has dtype complex128"),
        (objects(1, {"foo": 1})[:, None], "argument must be a string or a number"),
        (objects(np.timedelta64(1, "D"))[:, None], "type timedelta64"),
    ],
)
def test_arrays_of_other_things_are_refused(X, message):
    with pytest.raises(TypeError, match=message):
        column_kinds(X)


def test_objects_are_refused_in_nominal_columns_at_any_time():
    for X in [objects("a", [1])[:, None], pd.DataFrame({"a": ["a", [1]]})]:
        with pytest.raises(TypeError, match="holds a value of type list"):
            nominal_codes(X, 0)


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame({"a": [1.0], "b": ["7"]}),
        pd.DataFrame({"a": [1.0], "b": pd.Series(["7"], dtype="category")}),
        pl.DataFrame({"a": [1.0], "b": ["7"]}),
    ],
    ids=["pandas", "pandas category", "polars"],
)
def test_text_in_a_numeric_column_is_an_error_even_if_it_reads_as_a_number(X):
    with pytest.raises(ValueError, match=r"Column 'b' is numeric, but it holds '7'"):
        numeric_block(X, [0, 1])


def test_dates_in_a_numeric_column_are_not_taken_for_their_nanoseconds():
    X = pd.DataFrame({"a": pd.to_datetime([DAY])})
    with pytest.raises(TypeError, match="Column 'a' holds a value of type Timestamp"):
        numeric_block(X, [0])


def test_booleans_and_categories_of_numbers_can_be_read_as_numbers():
    X = pd.DataFrame({"a": [True, False], "b": pd.Series([3, 4], dtype="category")})
    assert_array_equal(numeric_block(X, [0, 1]), [[1.0, 3.0], [0.0, 4.0]])


def test_numeric_block_takes_some_columns_of_a_mixed_table():
    columns = {"a": [1, 2], "b": ["x", "y"], "c": [0.5, None]}
    expected = [[1.0, 0.5], [2.0, np.nan]]
    rows = np.array([[1, "x", 0.5], [2, "y", None]], dtype=object)
    for X in [pd.DataFrame(columns), pl.DataFrame(columns), rows]:
        block = numeric_block(X, [0, 2])
        assert_array_equal(block, expected)
        assert block.flags.c_contiguous
        assert numeric_block(X, []).shape == (2, 0)


def test_numeric_block_of_a_float_array_is_no_copy():
    X = np.arange(6.0).reshape(3, 2)
    assert np.shares_memory(numeric_block(X, [0, 1]), X)


def test_repeated_column_names_do_not_confuse():
    X = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
    assert column_kinds(X) == ["numeric", "numeric"]
    assert_array_equal(numeric_block(X, [1]), [[2.0], [4.0]])


def test_equal_values_are_one_level_whatever_their_type():
    # a frame's True, an array's 1.0 and an int: for a student they are one level
    codes, levels = nominal_codes(objects(True, 1, 1.0, "1")[:, None], 0)
    assert_array_equal(codes, [0, 0, 0, 1])
    assert levels == [True, "1"]


def test_nested_lists_keep_numbers_beside_strings():
    rows = array_rows([[1.5, "a"], [2.5, "b"]])
    assert column_kinds(rows) == ["numeric", "nominal"]
    assert array_rows([[1, 2], [3, 4]]).dtype.kind == "i"
    X = np.array([["1.5", "a"]])
    assert array_rows(X) is X


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (pd.DataFrame({"a": [1]}), True),
        (pl.DataFrame({"a": [1]}), True),
        (type("Mine", (pd.DataFrame,), {})({"a": [1]}), True),
        (pd.Series([1]), False),
        (pl.LazyFrame({"a": [1]}), False),
        (np.ones((1, 1)), False),
        ([[1]], False),
        (None, False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_is_frame(X, expected):
    assert is_frame(X) is expected
