"""Unlabelled rows: the holder that keeps them whole, and their checks."""

import sys

import numpy as np
from scipy import sparse

from sklearn_kd._compat import num_samples
from sklearn_kd._messages import printable, show
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.columns import is_frame, is_polars, same_container
from sklearn_kd._tables.containers import as_rows
from sklearn_kd._tables.texts import is_text
from sklearn_kd.transfer._large import chain_rows, is_large
from sklearn_kd.transfer._rows import like_pandas


class UnlabeledRows(VersionedMixin):
    """Hold unlabelled rows so that cross-validation passes them whole.

    In cross-validation scikit-learn slices every array passed to ``fit`` that is as
    long as ``X`` by the fold. That is right for ``teacher_proba``, and wrong without
    any error for unlabelled rows. This holder has neither length nor shape, so it is
    never sliced.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_unlabeled, n_features), or \
            {list, ndarray, Series} of str of shape (n_unlabeled,)
        Rows with the columns of the labelled ones, or texts.

    Attributes
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_unlabeled, n_features)
        The same object.

    See Also
    --------
    DistilledClassifier : Takes it as ``fit(..., X_unlabeled=UnlabeledRows(X))``.

    Notes
    -----
    .. versionadded:: 0.1

    In a :class:`~sklearn.pipeline.Pipeline` the rows reach the last step as they are.
    If the steps before have to transform them, pass the bare rows with
    ``Pipeline(transform_input=["X_unlabeled"])``: the holder cannot be transformed, and
    raises an error when it is converted to an array.

    Examples
    --------
    >>> from sklearn_kd import UnlabeledRows
    >>> UnlabeledRows([[0.5, 1.5], [2.5, 0.5]])
    UnlabeledRows(list of 2 rows)
    """

    def __init__(self, X):
        self.X = X

    def __repr__(self):
        try:
            rows = f" of {num_samples(self.X)} rows"
        except TypeError:  # what fit will refuse
            rows = ""
        return f"UnlabeledRows({type(self.X).__name__}{rows})"

    @property
    def __array_interface__(self):
        # What NumPy reads first of an object that a transformer converts to an array.
        # Not __array__: by that, cross-validation would take it for one too.
        raise TypeError(
            "UnlabeledRows cannot be transformed: it is no array. With "
            'Pipeline(transform_input=["X_unlabeled"]) pass the bare rows, as many as '
            "you like except exactly len(X); or transform them first and pass "
            "UnlabeledRows(transformed) without transform_input."
        )


def check_unlabeled(X_unlabeled, X, n_given=None):
    """Take unlabelled rows out of their holder, and refuse what a fold may have cut.

    Parameters
    ----------
    X_unlabeled : UnlabeledRows, array-like, sparse matrix, DataFrame or None
        What the user passed.
    X : {ndarray, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The labelled rows.
    n_given : int or None, default=None
        How many labelled rows ``fit`` got, where some had weight 0 and are not in X.

    Returns
    -------
    {array-like, sparse matrix, DataFrame} or None
        The rows.

    Raises
    ------
    ValueError
        For a bare array with as many rows as ``fit`` got.
    TypeError
        When one is a frame and the other is not, or of another library; and when one
        has numbers where the other has strings.
    """
    if X_unlabeled is None:
        return None
    held = isinstance(X_unlabeled, UnlabeledRows)
    rows = as_rows(X_unlabeled.X if held else X_unlabeled, "X_unlabeled")
    try:
        n_rows = num_samples(rows)
    except TypeError as error:
        raise TypeError(
            f"X_unlabeled must hold rows like X, got {show(rows)}: {printable(error)}."
        ) from error
    if not same_container(X, rows):
        raise TypeError(
            f"X_unlabeled must be of the type of X, {_type_name(X)}, got "
            f"{_type_name(rows)}."
        )
    n_given = num_samples(X) if n_given is None else n_given
    if not held and n_rows == n_given:
        raise ValueError(
            f"X_unlabeled has {n_given} rows, exactly as many as X: cross-validation "
            "slices any array as long as X by the fold, without an error. Pass "
            "X_unlabeled=sklearn_kd.UnlabeledRows(X_unlabeled), which is never sliced."
        )
    _refuse_two_kinds(X, rows)
    return rows


def _type_name(X):
    return f"{type(X).__module__.partition('.')[0]}.{type(X).__name__}"


def _refuse_two_kinds(above, below):
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
    _refuse_two_kinds(above, below)
    if is_large(above) or is_large(below):
        return chain_rows(above, below)
    if is_text(above):
        return _stack_texts(above, below)
    if is_frame(above):
        stack = _stack_pandas if hasattr(above, "iloc") else _stack_polars
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
    return like_pandas(stacked, above)


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
