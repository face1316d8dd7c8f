"""Tables built from parts of others: columns read at other rows, and stacked rows."""

import sys

import numpy as np
from scipy import sparse

from sklearn_kd._messages import show
from sklearn_kd._tables.columns import objects_of
from sklearn_kd._tables.frames import is_frame, is_pandas, is_polars
from sklearn_kd._tables.taking import chain_rows, is_large
from sklearn_kd._tables.texts import is_text


def take_and_replace(X, column, rows, replaced, values):
    """Read one column at some rows, with other numbers in some places.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        A table.
    column : int
        Position of the column.
    rows : ndarray of shape (n_rows,), intp
        Positions in X.
    replaced : ndarray of shape (n_replaced,), intp
        Positions in `rows`, all with a number in the column.
    values : ndarray of shape (n_replaced,), float64
        What stands there instead, within the range of the column.

    Returns
    -------
    {ndarray, Series} of shape (n_rows,)
        Of the dtype of the column.
    """
    if not is_frame(X):
        taken = X[:, column][rows]
        taken[replaced] = _as_dtype(values, taken[replaced])
        return taken
    if is_pandas(X):
        return _take_pandas(X.iloc[:, column], rows, replaced, values)
    return _take_polars(X[:, column], rows, replaced, values)


def _take_pandas(series, rows, replaced, values):
    pandas = sys.modules["pandas"]
    dtype = series.dtype
    if isinstance(dtype, pandas.SparseDtype):  # no value of it can be replaced
        series = series.sparse.to_dense()
    taken = series.array.take(rows)
    if len(replaced):
        if isinstance(series.dtype, np.dtype):
            values = _as_dtype(values, np.asarray(taken)[replaced])
        else:
            values = pandas.Series(values).astype(series.dtype).array
        taken[replaced] = values
    return pandas.Series(taken, dtype=dtype, copy=False)


def _take_polars(series, rows, replaced, values):
    polars = sys.modules["polars"]
    if series.dtype == polars.Object:
        objects = np.empty(len(series), dtype=object)
        objects[:] = series.to_list()
        taken = objects[rows]
        taken[replaced] = _as_dtype(values, taken[replaced])
        return polars.Series(series.name, taken.tolist(), dtype=polars.Object)
    taken = series.gather(rows)
    if len(replaced) == 0:
        return taken
    kept = np.ones(len(rows), dtype=bool)
    kept[replaced] = False
    # in the kept places a number that every dtype holds
    numbers = np.zeros(len(rows))
    numbers[replaced] = values
    made = polars.Series(numbers).cast(series.dtype)
    return taken.zip_with(polars.Series(kept), made)


def _as_dtype(values, old):
    """Numbers of the dtype of those they replace; among objects, of their one type."""
    if old.dtype != object:
        return values.astype(old.dtype)
    kinds = set(map(type, old))
    kind = kinds.pop() if len(kinds) == 1 else float
    objects = np.empty(len(values), dtype=object)
    objects[:] = [kind(value) for value in values.tolist()]
    return objects


def build_table(X, columns, n_rows):
    """Put columns together in a table like another.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        Its type and the names of its columns are taken.
    columns : iterable of {ndarray, Series}
        One a column of X, each of `n_rows` values of its dtype.
    n_rows : int
        Number of rows.

    Returns
    -------
    {ndarray, DataFrame} of shape (n_rows, n_features)
        The table. A pandas DataFrame is indexed from 0.
    """
    if not is_frame(X):
        table = np.empty((n_rows, X.shape[1]), dtype=X.dtype)
        for position, column in enumerate(columns):
            table[:, position] = column
        return table
    if is_polars(X):
        return sys.modules["polars"].DataFrame(list(columns))
    table = sys.modules["pandas"].DataFrame(dict(enumerate(columns)), copy=False)
    table.columns = X.columns
    return _like_pandas(table, X)


def _like_pandas(table, X):
    """Make a frame one of the subclass of X, with what pandas keeps beside columns."""
    if type(table) is not type(X):
        table = X._constructor(table)
    return table.__finalize__(X)


def example_frames(numbers):
    """Make a frame of numbers, strings and categories by pandas, where it is there.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_columns), float64
        Whole from 0 on in the last column.

    Yields
    ------
    DataFrame of n_rows rows
        With strange names, since those of real tables are, and with an index of none
        of the positions: what takes labels for positions is found out.
    """
    try:
        import pandas
    except ImportError:
        return
    codes = numbers[:, -1].astype(int)
    yield pandas.DataFrame(
        {
            "a number": numbers[:, 0],
            "a count": codes,
            "a name": pandas.Series([f"name {code}" for code in codes], dtype=object),
            "a level": pandas.Categorical.from_codes(codes, [10, 20, 30, 40]),
        }
    ).set_axis(np.arange(2 * len(codes), len(codes), -1))


def refuse_two_kinds(above, below):
    """Refuse numbers beside what is none where their common type would be strings."""
    if is_polars(above):
        names = [name for name in above.columns if name in below.columns]
        pairs = [(above.schema[name], below.schema[name]) for name in names]
        places = [f" in column {show(name)}" for name in names]
        _compare_kinds(pairs, _polars_kind, places)
        for name, dtypes in zip(names, pairs, strict=True):
            if dtypes[0] != dtypes[1]:
                _try_stacking(above.select(name), below.select(name), dtypes)
    elif not (is_frame(above) or is_text(above)) and hasattr(below, "dtype"):
        _compare_kinds([(above.dtype, below.dtype)], _numpy_kind, [""])


def _try_stacking(above, below, dtypes):
    """Refuse columns of polars without a common type: dates with a zone and without."""
    try:
        _stack_polars(above.clear(), below.clear())
    except sys.modules["polars"].exceptions.PolarsError as error:
        raise TypeError(
            f"X has dtype {dtypes[0]} in column {above.columns[0]!r}, and its "
            f"unlabelled rows have {dtypes[1]}, which have no common type: cast one to "
            "the other."
        ) from error


def _compare_kinds(pairs, kind_of, places):
    for dtypes, place in zip(pairs, places, strict=True):
        kinds = set(map(kind_of, dtypes)) - {"any"}
        if len(kinds) > 1 and kinds & {"numbers", "strings"}:
            raise TypeError(
                f"X has dtype {dtypes[0]}{place}, and its unlabelled rows have "
                f"{dtypes[1]}: pass X and X_unlabeled as the same kind of numbers (or "
                "both as strings), or as a DataFrame with one kind a column."
            )


def _numpy_kind(dtype):
    kind = getattr(dtype, "kind", "O")  # tensors have dtypes of their own
    if kind in "biuf":
        return "numbers"
    # objects hold the values of both
    return {"O": "any", "U": "strings", "S": "strings", "T": "strings"}.get(kind, kind)


def _polars_kind(dtype):
    name = dtype.base_type().__name__
    if dtype.is_numeric() or name == "Boolean":
        return "numbers"
    if name in ("String", "Categorical", "Enum"):
        return "strings"
    return "any" if name == "Null" else name


def stack_rows(above, below):
    """Put the rows of two tables of the same kind on top of each other.

    Parameters
    ----------
    above, below : {ndarray, CSR matrix, DataFrame} of shape (n_rows, n_features), or \
            {ndarray, Series} of str of shape (n_rows,)
        Checked rows with the same columns, both in frames of one library or neither;
        or texts, in any two containers.

    Returns
    -------
    {ndarray, CSR matrix, DataFrame, Series}
        All rows, in the container of the first. Columns of two types get one that
        holds the values of both.

    Raises
    ------
    TypeError
        Where only strings could hold both, and one has numbers.
    """
    refuse_two_kinds(above, below)
    if is_large(above) or is_large(below):
        return chain_rows(above, below)
    if is_text(above):
        return _stack_texts(above, below)
    if is_frame(above):
        stack = _stack_pandas if is_pandas(above) else _stack_polars
        return stack(above, below)
    if sparse.issparse(above):
        return sparse.vstack([above, below], format="csr")
    if sparse.issparse(below):
        below = below.toarray()
    return np.vstack([above, below])


def _stack_texts(above, below):
    texts = [*above, *below]  # dtypes may differ: strings, objects, categories
    if hasattr(above, "iloc"):
        return sys.modules["pandas"].Series(texts, name=above.name, dtype=object)
    if not isinstance(above, np.ndarray):
        return sys.modules["polars"].Series(above.name, texts)
    stacked = np.empty(len(texts), dtype=object)
    stacked[:] = texts
    return stacked


def _stack_pandas(above, below):
    """Concatenate with united categories: pandas would make them objects."""
    pandas = sys.modules["pandas"]
    above, below = above.copy(deep=False), below[above.columns].copy(deep=False)
    for name, dtype in above.dtypes.items():
        if isinstance(dtype, pandas.CategoricalDtype):
            levels = below[name].astype("category").cat.categories
            union = pandas.CategoricalDtype(dtype.categories.union(levels, sort=False))
            above[name] = above[name].astype(union)
            below[name] = below[name].astype(union)
    stacked = pandas.concat([above, below], ignore_index=True)
    return _like_pandas(stacked, above)


def _stack_polars(above, below):
    """Concatenate; an enumeration has no common type with another, but strings."""
    polars = sys.modules["polars"]
    below = below.select(above.columns)
    enums = []
    for name in above.columns:
        dtypes = {above.schema[name], below.schema[name]}
        if len(dtypes) > 1 and any(isinstance(dtype, polars.Enum) for dtype in dtypes):
            enums.append(name)
    parts = [
        part.with_columns(polars.col(enums).cast(polars.String))
        for part in (above, below)
    ]
    return polars.concat(parts, how="vertical_relaxed")


def alike(above, below):
    """Bring tables of one stream into containers that can be stacked.

    Parameters
    ----------
    above, below : {ndarray, CSR matrix, DataFrame} of shape (n_rows, n_features)
        Rows with the same columns, in any two containers.

    Returns
    -------
    above, below : {ndarray, CSR matrix, DataFrame} of shape (n_rows, n_features)
        Arrays of objects for two kinds of containers, and where a common dtype would
        make strings of numbers, or numbers of booleans that are levels.
    """
    if sparse.issparse(above):
        return above, below if sparse.issparse(below) else sparse.csr_matrix(below)
    if sparse.issparse(below):
        return above, below
    if is_frame(above) or is_frame(below):
        fits = type(above) is type(below)
        if fits:
            pair = _stacks_in_polars if is_polars(above) else _stacks_in_pandas
            fits = all(map(pair, above.dtypes, below.dtypes))
    else:
        fits = above.dtype.kind == below.dtype.kind or not (
            {above.dtype.kind, below.dtype.kind} & {"U", "S"}
        )
    if fits:
        return above, below
    return _objects(above), _objects(below)


def _objects(X):
    """Make an array of objects, without a common type of the columns in between."""
    table = np.empty(X.shape, dtype=object)
    for column in range(X.shape[1]):
        table[:, column] = objects_of(X, column)
    return table


def _stacks_in_pandas(dtype, other):
    """Return whether two dtypes of pandas are not booleans beside numbers."""
    return (dtype.kind == "b") == (other.kind == "b") or not (
        {dtype.kind, other.kind} <= set("biuf")
    )


def _stacks_in_polars(dtype, other):
    """Return whether two dtypes of polars have one that holds the values of both."""
    words = ("String", "Categorical", "Enum")
    return (
        dtype == other
        or (dtype.is_numeric() and other.is_numeric())
        or all(each.base_type().__name__ in words for each in (dtype, other))
        or any(each.base_type().__name__ == "Null" for each in (dtype, other))
    )
