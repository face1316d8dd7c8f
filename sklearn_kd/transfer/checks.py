"""A check that every sampler has to pass."""

import copy
import random

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import clone

from sklearn_kd._compat import num_samples
from sklearn_kd._messages import show
from sklearn_kd._run.random import seed_unset
from sklearn_kd._tables.building import example_frames
from sklearn_kd._tables.columns import array_rows, equal_rows
from sklearn_kd._tables.containers import as_rows
from sklearn_kd._tables.frames import column_names, dtypes_of
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd.transfer._draw import as_sampler, automatic_size, check_sample

#: Rows of the tables that are made where none are passed, and rows that a sampler with
#: an automatic size has to make.
_N_ROWS, _N_NEW = 60, 7


def check_sampler(sampler, X=None):
    """Check that a sampler does what :class:`DistilledClassifier` needs.

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
        (``categorical``). Texts (``string`` without ``two_d_array``) take the place of
        all these.

    Raises
    ------
    TypeError
        Where the sampler lacks a method, or ``sample`` does not return a pair.
    ValueError
        Where the sources are not one position in X for each new row.
    AssertionError
        For any other fault: a constructor that ``clone`` refuses, a ``fit`` that
        returns something else or writes into X, synthetic rows of another container or
        with other columns or dtypes, rows that change with the same seed, use of the
        global random state, neighbours that are not positions of other rows, or another
        number of rows than was requested.

    See Also
    --------
    TransferSampler : What a sampler is.
    sklearn.utils.estimator_checks.check_estimator : The same for estimators.

    Notes
    -----
    .. versionadded:: 0.1

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
        _check_on(name, sampler, table)


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
    X_again, source_again = _fit_and_sample(name, sampler, X)[1:]
    _require(
        before == _global_state(),
        f"{name} draws from the global random state: take a parameter random_state, "
        "and draw from numpy.random.default_rng(self.random_state).",
    )
    _require(
        equal_rows(X, given),
        f"{name} writes into the rows that fit got: work on X.copy().",
    )
    _check_container(name, X_new, X)
    _require(
        equal_rows(X_new, X_again) and np.array_equal(source, source_again),
        f"{name} makes other rows at the same seed: take a parameter random_state, and "
        "start a generator from it in each call of sample.",
    )
    _check_neighbors(name, first.neighbors_, num_samples(X))
    if automatic_size(first, X) is not None:
        n_new = num_samples(check_sample(name, first.sample(_N_NEW), X)[0])
        _require(
            n_new == _N_NEW,
            f"{name} has an automatic_size, so sample({_N_NEW}) has to make {_N_NEW} "
            f"rows; it made {n_new}.",
        )


def _fit_and_sample(name, sampler, X):
    """Fit a seeded copy, and let it make rows."""
    seeded = seed_unset(_copy_of(name, sampler), 0)
    fitted = seeded.fit(X)
    _require(
        fitted is seeded,
        f"{name}.fit must return the sampler itself, got {show(fitted)}.",
    )
    return as_sampler(seeded), *check_sample(name, seeded.sample(), X)


def _global_state():
    """Give the state of the global generators of NumPy and of Python."""
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    return kind, keys.tolist(), rest, random.getstate()


def _copy_of(name, sampler):
    """Clone a sampler, or copy one without parameters."""
    if not hasattr(sampler, "get_params"):
        return copy.deepcopy(sampler)
    try:
        return clone(sampler)
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
    for what, ours, theirs in (
        ("the columns", column_names(X), column_names(X_new)),
        ("the dtypes", dtypes_of(X), dtypes_of(X_new)),
    ):
        _require(
            ours == theirs,
            f"{name}.sample() must keep {what} of X, {show(ours)}, got {show(theirs)}.",
        )


def _check_neighbors(name, neighbors, n_rows):
    """Check that neighbours, where there are some, are positions of other rows."""
    if neighbors is None:
        return
    neighbors = np.asarray(neighbors)
    fits = neighbors.ndim == 2 and len(neighbors) == n_rows and neighbors.size
    _require(
        fits and neighbors.dtype.kind in "iu",
        f"{name}.neighbors_ must hold whole numbers and have shape ({n_rows}, "
        f"n_neighbors), got dtype {neighbors.dtype} and shape {neighbors.shape}.",
    )
    others = (neighbors != np.arange(n_rows)[:, None]).all() or n_rows == 1
    _require(
        others and 0 <= neighbors.min() <= neighbors.max() < n_rows,
        f"{name}.neighbors_ must hold for each row the positions of other rows, in "
        f"[0, {n_rows}).",
    )


def _require(holds, message):
    """Raise an AssertionError with a message, also where Python drops asserts."""
    if not holds:
        raise AssertionError(message)
