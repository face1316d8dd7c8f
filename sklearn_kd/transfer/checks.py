"""A check that every sampler has to pass."""

import random

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.base import clone

from sklearn_kd._compat import num_samples
from sklearn_kd._messages import show
from sklearn_kd._run.random import seed_unset
from sklearn_kd._tables.building import example_frames
from sklearn_kd._tables.columns import equal_rows, has_missing
from sklearn_kd._tables.containers import array_rows, as_rows
from sklearn_kd._tables.frames import column_names, dtypes_of, same_labels
from sklearn_kd._tables.taking import copy_rows, take_copy
from sklearn_kd._tables.texts import flat_values, is_text
from sklearn_kd._tables.unreadable import find_unreadable
from sklearn_kd.transfer._draw import (
    as_sampler,
    automatic_size,
    check_neighbors,
    check_sample,
)

#: Rows of the tables that are made where none are passed, and rows that a sampler with
#: an automatic size has to make.
_N_ROWS, _N_NEW = 60, 7


def check_sampler(sampler, X=None):
    """Check that a sampler does what the estimators that distil need.

    Parameters
    ----------
    sampler : sampler
        With ``fit(X)`` and ``sample()``. Copies of it are fitted, with
        ``random_state=0`` where that is a parameter and None.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features), or \
            {ndarray, Series} of str of shape (n_samples,), or None, default=None
        Rows to check it on. None makes an array of numbers, and whatever the tags of
        the sampler claim: sparse rows (``sparse``), missing values (``allow_nan``),
        and, where pandas is installed, a DataFrame of numbers and categories
        (``categorical``). Without ``two_d_array`` there is no array beside sparse rows
        and DataFrames, and texts (``string``) take the place of all these.

    Raises
    ------
    TypeError
        Where the sampler lacks a method, ``sample`` does not return a pair, or the
        automatic size is no integer.
    ValueError
        Where the sources are not one position in X for each new row, neighbours are
        not positions of other rows, or the automatic size is below 1.
    AssertionError
        For any other fault: a constructor that ``clone`` refuses, a ``fit`` that
        returns something else or writes into X or its index, no synthetic rows, those
        of another container or with other columns or dtypes, missing values or infinity
        where X has none, rows that change with the same seed (in a second call of
        ``sample``, or after a ``fit`` on other rows), use of the global random state,
        or another number of rows than was requested.

    See Also
    --------
    TransferSampler : What a sampler is.
    sklearn.utils.estimator_checks.check_estimator : The same for estimators.

    Notes
    -----
    .. versionadded:: 0.1

    A note on each error names the table on which it was raised.

    Examples
    --------
    >>> from sklearn_kd import MungeSampler
    >>> from sklearn_kd.transfer import check_sampler
    >>> check_sampler(MungeSampler(100))
    """
    name = type(sampler).__name__
    for method in ("fit", "sample"):
        if isinstance(sampler, type) or not callable(getattr(sampler, method, None)):
            raise TypeError(
                f"A sampler is an object with fit(X) and sample(), and {show(sampler)} "
                f"has no {method}."
            )
    tables = _tables_for(sampler) if X is None else [array_rows(as_rows(X))]
    for table in tables:
        try:
            _check_on(name, sampler, table)
        except Exception as error:  # the sampler's own, too
            error.add_note(f"check_sampler fitted {name} on {_described(table)}.")
            raise


def _tables_for(sampler):
    """Make the tables that the tags of a sampler claim."""
    tags = as_sampler(sampler).__sklearn_tags__().input_tags
    rng = np.random.default_rng(0)
    if tags.string and not tags.two_d_array:
        texts = np.empty(_N_ROWS, dtype=object)
        texts[:] = [" ".join(rng.choice(["a", "b", "c"], 5)) for _ in range(_N_ROWS)]
        yield texts
        return
    numbers = np.c_[rng.normal(size=(_N_ROWS, 3)), rng.integers(3, size=_N_ROWS)]
    if tags.two_d_array or not (tags.sparse or tags.categorical):
        yield numbers
        if tags.allow_nan:
            yield np.where(rng.random(numbers.shape) < 0.1, np.nan, numbers)
    if tags.sparse:
        yield csr_matrix(np.where(numbers > 0, numbers, 0))
    if tags.categorical:
        yield from example_frames(numbers)


def _check_on(name, sampler, X):
    """Check a sampler on one table."""
    given = copy_rows(X)
    before = _global_state()
    first, X_new, source = _fit_and_sample(name, sampler, X)
    again = _fit_and_sample(name, sampler, X)[1:]
    _require(
        before == _global_state(),
        f"{name} draws from the global random state: take a parameter random_state, "
        "and draw from numpy.random.default_rng(self.random_state).",
    )
    _require(
        equal_rows(X, given) and same_labels(X, given),
        f"{name} writes into the rows that fit got: work on X.copy().",
    )
    _check_container(name, X_new, X)
    _check_values(name, X_new, X)
    reseeded = "start a generator from it in each call of sample"
    _require(
        _equal((X_new, source), again),
        f"{name} makes other rows at the same seed: take a parameter random_state, and "
        f"{reseeded}.",
    )
    _require(
        _equal((X_new, source), check_sample(name, first.sample(), X)),
        f"{name} makes other rows in a second call of sample: take a parameter "
        f"random_state, and {reseeded}.",
    )
    check_neighbors(name, first.neighbors_, num_samples(X))
    size = automatic_size(first, X)
    for wanted, n_samples in ((_N_NEW, _N_NEW), (size, None)) if size else ():
        n_new = num_samples(check_sample(name, first.sample(n_samples), X)[0])
        _require(
            n_new == wanted,
            f"{name} has an automatic_size, {size} for these rows, so "
            f"sample({n_samples or ''}) has to make {wanted} rows; it made {n_new}.",
        )
    backwards = take_copy(X, np.arange(num_samples(X))[::-1])
    _require(
        _equal((X_new, source), _fit_and_sample(name, sampler, backwards, X)[1:]),
        f"{name} makes other rows where it was fitted on others before: fit must set "
        "anew all that sample reads.",
    )


def _equal(made, again):
    """Return whether two pairs of rows and sources are the same."""
    return equal_rows(made[0], again[0]) and np.array_equal(made[1], again[1])


def _described(X):
    """Name the kind of a table for messages."""
    if is_text(X):
        return f"texts, in a {type(X).__name__}"
    kinds = ", ".join(sorted({str(dtype) for dtype in dtypes_of(X)}))
    missing = "" if issparse(X) or not has_missing(X) else ", with missing values"
    return f"a {type(X).__name__} of shape {X.shape} and of {kinds}{missing}"


def _fit_and_sample(name, sampler, *tables):
    """Fit a seeded copy on one table after the other, and let it make rows."""
    seeded = seed_unset(_copy_of(name, sampler), 0)
    for X in tables:
        fitted = seeded.fit(X)
        _require(
            fitted is seeded,
            f"{name}.fit must return the sampler itself, got {show(fitted)}.",
        )
    return as_sampler(seeded), *check_sample(name, seeded.sample(), tables[-1])


def _global_state():
    """Give the state of the global generators of NumPy and of Python."""
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    return kind, keys.tolist(), rest, random.getstate()


def _copy_of(name, sampler):
    """Clone a sampler, or copy one without parameters."""
    try:
        return clone(sampler, safe=False)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise AssertionError(
            f"{name} cannot be cloned: its constructor must keep each parameter as it "
            f"is, in an attribute of its name. {error}"
        ) from error


def _check_container(name, X_new, X):
    """Compare the container, the columns and the dtypes of new rows with the old."""
    _require(
        type(X_new) is type(X),
        f"{name}.sample() must return rows of the type that fit got, "
        f"{type(X).__name__}, got {type(X_new).__name__}.",
    )
    _require(
        X_new.shape[1:] == X.shape[1:],
        f"{name}.sample() must return rows of shape {('n_new', *X.shape[1:])}, got "
        f"{X_new.shape}.",
    )
    for what, ours, theirs, same in (
        ("the columns", column_names(X), column_names(X_new), False),
        ("the dtypes", dtypes_of(X), dtypes_of(X_new), _are_strings(X, X_new)),
    ):
        _require(
            same or ours == theirs,
            f"{name}.sample() must keep {what} of X, {show(ours)}, got {show(theirs)}.",
        )


def _are_strings(X, X_new):
    """Return whether two arrays hold strings of any width, or one holds objects."""
    if not (isinstance(X, np.ndarray) and isinstance(X_new, np.ndarray)):
        return False
    return {X.dtype.kind, X_new.dtype.kind} in map(set, ("U", "S", "UO", "SO"))


def _check_values(name, X_new, X):
    """Refuse no rows, and those with values that models may refuse and X has not."""
    _require(num_samples(X_new) > 0, f"{name}.sample() must make rows, got none.")
    if is_text(X):
        faults = [("a value that is no text", _has_no_text)]
    else:
        # of sparse rows the values that are stored
        X, X_new = ((x.data[:, None] if issparse(x) else x) for x in (X, X_new))
        faults = [
            ("missing values", has_missing),
            ("infinity, or a column without numbers or levels", _has_infinity),
        ]
    for fault, finds in faults:
        _require(
            finds(X) or not finds(X_new),
            f"{name}.sample() must make rows that models can read as they read X, and "
            f"made {fault} where X has none.",
        )


def _has_infinity(X):
    """Return whether a number is infinite, or a column of no known kind."""
    if isinstance(X, np.ndarray) and X.dtype.kind == "f":
        return np.isinf(X).any()
    return find_unreadable(X) is not None


def _has_no_text(X):
    """Return whether a value is no string."""
    return not all(isinstance(value, str) for value in flat_values(X))


def _require(holds, message):
    """Raise an AssertionError with a message, also where Python drops asserts."""
    if not holds:
        raise AssertionError(message)
