"""The checks of rows, and of groups of rows, that reach an estimator."""

from math import isfinite

import numpy as np
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import check_array

from sklearn_kd._compat import (
    check_feature_names,
    check_n_features,
    num_samples,
)
from sklearn_kd._messages import printable
from sklearn_kd._tables.columns import (
    column_kinds,
    count_missing,
    has_missing,
    numeric_block,
)
from sklearn_kd._tables.containers import array_rows, as_column, as_rows
from sklearn_kd._tables.frames import (
    column_name,
    column_names,
    is_frame,
    with_readable_names,
)
from sklearn_kd._tables.texts import (
    check_texts,
    flat_values,
    refuse_row,
    refuse_table,
    refuse_text,
)

#: Up to this many, a sum of squares costs less than a sum.
_FEW_VALUES = 4096

#: Rows that are looked through for infinity at once.
_ROWS = 65536


def check_rows(estimator, X, *, reset):
    """Check rows as the tags of an estimator require, and keep frames as they are.

    Parameters
    ----------
    estimator : estimator
        Its tags declare whether it takes missing values and sparse rows; its
        ``n_features_in_`` and ``feature_names_in_`` are set or compared.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features), or \
            {list, ndarray, Series} of str of shape (n_samples,)
        The rows. Texts only where the tags declare them, and in ``fit`` or nowhere.
    reset : bool
        True in ``fit``, False elsewhere.

    Returns
    -------
    {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features), or \
            {ndarray, Series} of shape (n_samples,)
        A pandas or polars DataFrame or Series comes back untouched, anything else as an
        array of its own dtype (objects and strings too; texts are objects).

    Raises
    ------
    ValueError
        For no rows, another number of columns than in ``fit``, infinity, missing
        values that the tags do not allow, and texts where there were none in ``fit``.
    """
    if not reset and _passes_all_checks(estimator, X):
        return X
    name = type(estimator).__name__
    if not reset and not estimator._takes["text"]:
        refuse_row(estimator, X)
    # a single text is refused below, where texts are wanted
    if reset or not (estimator._takes["text"] and isinstance(X, str)):
        X = as_rows(X)
    values = flat_values(X)
    if reset:
        tags = estimator.__sklearn_tags__().input_tags
        estimator._takes = {
            "sparse": tags.sparse,
            "missing": tags.allow_nan,
            "text": tags.string and values is not None,
        }
    takes = estimator._takes
    if takes["text"]:
        if values is None:
            refuse_table(name, X)
        X = check_texts(name, X, values)
        # vectorizers set none, and those of an earlier fit would be wrong
        for attribute in ("n_features_in_", "feature_names_in_"):
            vars(estimator).pop(attribute, None)
        return X
    refuse_text(name, values)
    check_feature_names(estimator, with_readable_names(X), reset=reset)
    if not is_frame(X):
        X = array_rows(X)
        _refuse_strange(X, name)
        missing = takes["missing"]
        if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 2:
            if not missing and has_missing(X):
                raise _missing_values(name)
            missing = True  # looked for, also by marks that cannot be compared
        X = check_array(
            X,
            dtype=None,
            accept_sparse="csr" if takes["sparse"] else False,
            ensure_all_finite="allow-nan" if missing else True,
            estimator=estimator,
            input_name="X",
        )
        check_n_features(estimator, X, reset=reset)
        return X
    if num_samples(X) == 0 or X.shape[1] == 0:
        raise ValueError(
            f"Found array with 0 sample(s) or 0 feature(s) (shape={X.shape}) while a "
            f"minimum of 1 is required by {name}."
        )
    check_n_features(estimator, X, reset=reset)
    if not takes["missing"] and has_missing(X):
        raise _missing_values(name)
    return X


def _missing_values(name):
    """Make the error for missing values that the tags do not allow."""
    return ValueError(
        f"Input X contains NaN. {name} accepts missing values only where its teacher "
        "and its student do: impute them first."
    )


def _refuse_strange(X, name):
    """Refuse arrays of what is no number, text or date."""
    kind = getattr(getattr(X, "dtype", None), "kind", "")
    if kind == "c":
        raise ValueError(
            f"Complex data not supported: X has dtype {X.dtype}, and {name} takes real "
            "numbers. Pass real and imaginary part as columns of their own."
        )
    if kind == "V":
        raise TypeError(
            f"X has dtype {printable(X.dtype)}, and {name} takes rows with columns of "
            "one type each. Pass pandas.DataFrame(X) for an array of records."
        )


def _passes_all_checks(estimator, X):
    """Return whether rows are of the plain kind that no check could refuse or change.

    scikit-learn's checks cost several times what a small network does for one row.
    """
    if type(X) is not np.ndarray:
        return is_frame(X) and _frame_passes(estimator, X)
    if not (
        not estimator._takes["text"]
        and X.dtype.char in "fdil"
        and X.ndim == 2
        and X.shape[0] > 0
        and X.shape[1] == estimator.n_features_in_
        and not hasattr(estimator, "feature_names_in_")
    ):
        return False
    # a finite sum has finite terms; one that overflows sends the rows to the full check
    if X.size <= _FEW_VALUES and isfinite(np.vdot(X, X)):
        return True  # BLAS raises no warning at an overflow
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(np.add.reduce(X, axis=None)):
            return True
    # by blocks: the marks of a whole table would be an eighth of it
    return estimator._takes["missing"] and not any(
        np.isinf(X[start : start + _ROWS]).any() for start in range(0, len(X), _ROWS)
    )


def _frame_passes(estimator, X):
    """Return whether a frame has rows, and exactly the columns of ``fit``."""
    takes = estimator._takes
    names = getattr(estimator, "feature_names_in_", None)
    return (
        names is not None
        and takes["missing"]
        and not takes["text"]
        and len(X) > 0
        and column_names(X) == names.tolist()
    )


def read_numbers(X, columns, name):
    """Read numeric columns, and refuse infinity.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        A table that `check_rows` has passed.
    columns : sequence of int
        Positions in increasing order.
    name : str
        Of the estimator, for the message.

    Returns
    -------
    ndarray of shape (n_samples, len(columns)), float64
        NaN for a missing value. It may share memory with X: read only.
    """
    block = numeric_block(X, columns)
    if _may_be_infinite(X):
        try:
            assert_all_finite(
                block, allow_nan=True, estimator_name=name, input_name="X"
            )
        except ValueError as error:
            place = int(np.isinf(block).any(axis=0).argmax())
            raise ValueError(
                f"{error} Column {column_name(X, columns[place])!r} holds it."
            ) from error
    return block


def check_table(X, kinds, name):
    """Refuse columns that a :class:`TabularEncoder` could not read as these kinds."""
    column_kinds(X)
    if _may_be_infinite(X):
        read_numbers(X, [j for j, kind in enumerate(kinds) if kind == "numeric"], name)


def _may_be_infinite(X):
    """Arrays of floats have been checked whole; wider ones may not fit into float64."""
    return is_frame(X) or X.dtype.kind == "O" or X.dtype.itemsize > 8


def check_groups(groups, present):
    """Check groups, and number them.

    Parameters
    ----------
    groups : array-like of shape (n_rows,) or None
        Values of any type that can be compared.
    present : ndarray of shape (n_rows,), bool
        Which rows have a weight above 0; the groups of others do not count.

    Returns
    -------
    ndarray of shape (n_present,), int, or None
        0, 1, 2, ... in the order in which they occur among the rows that are present.

    Raises
    ------
    ValueError, TypeError
        For another shape, missing values, and lists as values.
    """
    if groups is None:
        return None
    groups, n_rows = as_column(groups, "groups"), len(present)
    try:
        groups = np.asarray(groups)
    except ValueError as error:
        raise ValueError(
            f"groups must be one value for each of the {n_rows} rows of X, and is no "
            f"such array: {printable(error)}."
        ) from error
    if groups.shape != (n_rows,):
        raise ValueError(
            f"groups has shape {groups.shape}, expected one group for each of the "
            f"{n_rows} rows of X: ({n_rows},)."
        )
    groups = groups[present]
    values, missing = groups.tolist(), count_missing(groups)
    if missing:
        raise ValueError(
            f"groups contains NaN: {missing} of {len(values)} are missing. Give each "
            "of these rows a group of its own, or drop them."
        )
    try:
        numbers = {value: code for code, value in enumerate(dict.fromkeys(values))}
    except TypeError as error:
        raise TypeError(
            f"groups holds values that cannot be compared ({error}): name each group "
            "by a number or a string."
        ) from error
    return np.array([numbers[value] for value in values])
