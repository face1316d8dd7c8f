"""What rows, labels and weights may come in, and what has to be made of it.

Frames of pandas and polars go on as they are, since a teacher may need them. Here is
what becomes of all that is neither a frame nor an array.
"""

import inspect
import os
import sys
from collections.abc import Iterator, Mapping, Set
from numbers import Number

import numpy as np
from scipy.sparse import issparse

from sklearn_kd._tables.frames import is_frame, is_series

#: Methods that make rows of what has none yet, or a frame of another table, by the
#: libraries that have them: polars and narwhals, dask, Spark, Arrow, modin, duckdb.
_DEFERRED = ("toPandas", "compute", "collect", "read_all")
_CONVERTED = ("to_native", "to_pandas", "_to_pandas", "df", "to_dataframe", "to_table")

#: What tables have, and arrays do not.
_OF_TABLES = ("columns", "column_names", "__dataframe__", "__arrow_c_stream__")


def sliceable_rows(X, name="X"):
    """Give rows that can be taken out one by one, as they are where that is possible.

    Parameters
    ----------
    X : object
        Rows as a teacher of any kind takes them.
    name : str, default="X"
        What messages call them.

    Returns
    -------
    object
        A pandas DataFrame for a table, a batch or an array of structs of Arrow (a
        polars one where there is no pandas), as its ``to_pandas`` makes it; a frame for
        a Series of structs; a list for one dimension of Arrow; and the same object for
        anything else.

    Raises
    ------
    TypeError
        For what has no rows that can be taken: a frame whose rows are not computed
        yet, a dict, an iterator, a set and the name of a file.
    """
    if isinstance(X, (np.ndarray, list, tuple)) or is_frame(X):
        return X
    if is_series(X):
        return _without_structs(X)
    if isinstance(X, memoryview):
        return np.asarray(X)
    if _is_arrow(X, "Table", "RecordBatch"):
        return _from_arrow(X)
    if _is_arrow(X, "StructArray", "ChunkedArray") and hasattr(X.type, "fields"):
        # what is left of a batch that scikit-learn has taken rows of
        return _from_arrow(sys.modules["pyarrow"].Table.from_struct_array(X))
    if _is_arrow(X, "Array", "ChunkedArray"):
        return X.to_pylist()
    if isinstance(X, Mapping):
        _refuse_mapping(X, name)
    elif _is_table(X):
        _refuse_unsliceable(X, name)
    else:
        _refuse_no_rows(X, name)
    return X


def array_rows(X):
    """Make an array of nested lists in which numbers beside strings stay numbers.

    Parameters
    ----------
    X : object
        Rows of any container.

    Returns
    -------
    object
        An ndarray for a list or a tuple, anything else as it came.
    """
    if not isinstance(X, (list, tuple)):
        return X
    try:
        array = np.asarray(X)
    except ValueError as error:  # other libraries have such errors of their own
        raise ValueError(
            f"X must be rows of equal length, and is no such array: {error}."
        ) from error
    # NumPy writes [1.0, "a"] as ["1.0", "a"]
    return np.asarray(X, dtype=object) if array.dtype.kind in "US" else array


def as_rows(X, name="X"):
    """Give rows as an estimator reads them.

    Parameters
    ----------
    X : object
        What the user passed.
    name : str, default="X"
        What messages call it.

    Returns
    -------
    object
        As from :func:`sliceable_rows`; an ndarray for tensors and arrays of other
        libraries.

    Raises
    ------
    TypeError, ValueError
        As :func:`sliceable_rows`, and for None, a list of dicts, tables of other
        libraries, arrays with named fields, masked entries, and tensors that are not
        dense.
    """
    if is_frame(X) or issparse(X):
        return X
    if isinstance(X, np.ndarray):
        if X.dtype == object and X.ndim == 1 and len(X):
            _refuse_dicts(X[0], f"{name} is an array", f"list({name})")
        return _plain_array(X, name)
    if isinstance(X, (list, tuple)):
        if X:
            _refuse_dicts(X[0], f"{name} is a {type(X).__name__}", name)
        return _as_numpy(X, name)
    if isinstance(X, Mapping) and hasattr(X, "shape"):  # skorch's SliceDict
        raise TypeError(
            f"{name} is a {type(X).__name__}, which is for nets with several inputs, "
            "and rows are one table here: pass one of its arrays, or all of them side "
            f"by side as numpy.column_stack(list({name}.values()))."
        )
    X = _as_numpy(sliceable_rows(X, name), name)
    if is_frame(X) or is_series(X) or isinstance(X, (np.ndarray, list)):
        return X
    if _is_table(X):
        raise _foreign_table(X, name)
    if not any(hasattr(X, one) for one in ("__array__", "__len__", "shape")):
        if isinstance(X, Number):  # scikit-learn's message about an array fits
            return np.asarray(X)
        raise _no_rows(X, name, "an array, a DataFrame or a list of rows")
    return np.asarray(X) if hasattr(type(X), "__array__") else X


def as_values(values, name):
    """Give a table of numbers, such as probabilities, as NumPy reads it."""
    return _as_numpy(sliceable_rows(values, name), name)


def as_column(values, name):
    """Give one value a row, such as labels, weights or groups, as NumPy reads them.

    Parameters
    ----------
    values : object
        What the user passed; None and a single number may be meant.
    name : str
        What messages call them.

    Returns
    -------
    object
        As from :func:`as_values`; an ndarray for an index of pandas, too.

    Raises
    ------
    TypeError, ValueError
        As :func:`as_values`, for a dict of any kind, and for masked entries.
    """
    if values is None or isinstance(values, Number):
        return values
    if isinstance(values, Mapping):
        raise _no_rows(values, name, f"list({name}.values()), in the order of the rows")
    if isinstance(values, (str, bytes)):
        raise _no_rows(values, name, "the values, such as a column of a DataFrame")
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name} has masked entries, and every row needs a value: leave out the "
            "rows, or fill the entries."
        )
    values = as_values(values, name)
    known = isinstance(values, (np.ndarray, list, tuple)) or is_series(values)
    return values if known or is_frame(values) else np.asarray(values)


def _as_numpy(values, name):
    """Bring tensors and arrays of other libraries to NumPy, and nothing else."""
    torch = sys.modules.get("torch")
    if torch is not None:
        if isinstance(values, (list, tuple)) and any(
            isinstance(value, torch.Tensor) for value in values[:1]
        ):
            return [_as_numpy(value, name) for value in values]
        if isinstance(values, torch.Tensor):
            return _from_torch(torch, values, name)
    other = hasattr(type(values), "__array_namespace__")
    if other and not isinstance(values, np.ndarray):
        return _from_array_api(values, name)
    return values


def _refuse_dicts(row, what, rows):
    if isinstance(row, Mapping):
        raise TypeError(
            f"{what} of dicts, and rows need columns in one order: pass "
            f"pandas.DataFrame({rows})."
        )


def _plain_array(X, name):
    """Refuse arrays whose entries NumPy would read otherwise than they are meant."""
    if np.ma.is_masked(X):
        raise ValueError(
            f"{name} has masked entries, and what is under a mask is no value: pass "
            f"{name}.filled(numpy.nan), where a missing value is accepted, or impute "
            "them first."
        )
    if X.dtype.names is not None:
        raise TypeError(
            f"{name} is an array with the fields {list(X.dtype.names)}, and not with "
            f"columns: pass pandas.DataFrame({name})."
        )
    return X


def _is_arrow(X, *kinds):
    """Return whether X is of one of these classes of pyarrow, which is not imported."""
    arrow = sys.modules.get("pyarrow")
    return arrow is not None and isinstance(
        X, tuple(getattr(arrow, kind) for kind in kinds)
    )


def _from_arrow(table):
    """Make a frame: dictionaries are categories, and nulls are missing."""
    try:
        frame = table.to_pandas()
    except ImportError:
        from polars import from_arrow

        return from_arrow(table)
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()  # a column of the table that pandas made its index
    return frame


def _without_structs(series):
    """Make a frame of a Series of structs, of polars or of pandas with Arrow."""
    kind = str(series.dtype).lower()
    if not kind.startswith("struct"):
        return series
    structs = series.struct
    return structs.unnest() if hasattr(structs, "unnest") else structs.explode()


def _from_torch(torch, tensor, name):
    if tensor.layout is not torch.strided:
        raise TypeError(
            f"{name} is a tensor of layout {tensor.layout}, and a tensor has to be "
            f"dense: pass {name}.to_dense(), or a sparse matrix of SciPy."
        )
    try:
        tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
        known = torch.float64, torch.float32, torch.float16
        if tensor.is_floating_point() and tensor.dtype not in known:  # such as bfloat16
            tensor = tensor.float()
        return tensor.numpy()
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise ValueError(
            f"{name} is a tensor that cannot be read as an array of NumPy: {error}"
        ) from error


def _from_array_api(array, name):
    """Bring an array of another library to NumPy; from a GPU by CuPy's ``get``."""
    try:
        if hasattr(array, "get"):
            return np.asarray(array.get())
        return np.from_dlpack(array)
    except Exception as error:  # each library has its own
        found = _asarray(array)
        if found is None:
            raise ValueError(
                f"{name} is of type {_type_name(array)}, and cannot be read as an "
                f"array of NumPy: {error}"
            ) from error
        return found


def _asarray(array):
    """Read an array by NumPy's own ways; None where these fail or find no numbers."""
    try:
        found = np.asarray(array)
    except Exception:
        return None
    return None if found.dtype == object else found


def _is_table(X):
    """Return whether something has what tables have, without reading what it holds."""
    return any(inspect.getattr_static(X, one, None) is not None for one in _OF_TABLES)


def _refuse_mapping(X, name):
    """Refuse a dict; one that can be sliced, as skorch's, may be meant for a net."""
    if hasattr(X, "shape"):
        return
    method = _method(X, _CONVERTED)
    if method is not None:
        raise _no_rows(X, name, f"{name}.{method}()")
    of_columns = any(
        hasattr(value, "__len__") and not isinstance(value, (str, bytes))
        for value in X.values()
    )
    raise _no_rows(X, name, f"pandas.DataFrame({name if of_columns else f'[{name}]'})")


def _refuse_unsliceable(X, name):
    """Refuse tables whose rows are not there yet, or have no positions."""
    deferred = _method(X, _DEFERRED)
    if deferred is not None:
        raise _no_rows(X, name, f"{name}.{deferred}()")
    sliceable = hasattr(type(X), "__getitem__") and _method(X, _CONVERTED) is None
    if not (hasattr(type(X), "iloc") or sliceable):
        raise _foreign_table(X, name)


def _refuse_no_rows(X, name):
    if isinstance(X, (str, bytes, os.PathLike)):
        raise _no_rows(X, name, "what is in it, as pandas.read_csv gives it")
    if isinstance(X, Set):
        raise _no_rows(X, name, f"a list, in the order that is meant: sorted({name})")
    if isinstance(X, Iterator):
        raise _no_rows(X, name, f"list({name})")
    deferred = _method(X, (*_DEFERRED, *_CONVERTED))
    if deferred is not None and not hasattr(type(X), "__array__"):
        raise _no_rows(X, name, f"{name}.{deferred}()")


def _no_rows(X, name, fix):
    """Make the error for what has no rows that can be taken, with a fix."""
    return TypeError(
        f"{name} is of type {_type_name(X)}, which has no rows that can be taken by "
        f"their position: pass {fix}."
    )


def _foreign_table(X, name):
    method, fix = _method(X, _CONVERTED), "it as a pandas.DataFrame"
    if method is not None:
        fix = f"{name}.{method}()"
    elif hasattr(type(X), "__arrow_c_stream__"):
        fix = f"pyarrow.table({name}).to_pandas()"
    return TypeError(
        f"{name} is of type {_type_name(X)}, and tables are read from pandas, polars "
        f"and Arrow: pass {fix}."
    )


def _method(X, names):
    """Find the first method that something has, without a look at its other columns."""
    return next((one for one in names if callable(getattr(type(X), one, None))), None)


def _type_name(X):
    """Name the library and the type of a value, for messages."""
    kind = type(X)
    module = kind.__module__.partition(".")[0]
    return kind.__name__ if module == "builtins" else f"{module}.{kind.__name__}"
