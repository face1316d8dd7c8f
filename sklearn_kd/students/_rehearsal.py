"""Whether a student can read the rows, found out before a teacher is asked."""

import warnings
from dataclasses import replace

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from sklearn_kd._columns import column_kinds, nominal_codes
from sklearn_kd._compat import BaseSearchCV
from sklearn_kd._level_types import check_same_types
from sklearn_kd._nominal import check_levels
from sklearn_kd._random import contained_draws
from sklearn_kd._texts import is_text
from sklearn_kd._validation import check_table
from sklearn_kd.students._dispatch import fit_student
from sklearn_kd.students._encoder import TabularEncoder
from sklearn_kd.students._mlp import MLPStudent
from sklearn_kd.students._skorch import SkorchStudent
from sklearn_kd.targets import SoftTargets, one_hot
from sklearn_kd.transfer import read_rows

#: Rows of each class that a student is tried on.
_EACH = 5


def check_readable(student, train, more, seed):
    """Refuse rows that a student could not learn from.

    Where the student reads the rows by :class:`TabularEncoder`, its rules are applied
    to all of them. Any other student is tried on a few labelled rows where some column
    holds anything but numbers, or numbers below 0 that its tags decline, and if that
    fails on all of them, so that no student is refused because the rows were few.

    Parameters
    ----------
    student : estimator
        Seeded; not changed.
    train : TransferSet
        Labelled rows, without soft targets.
    more : dict of str to {ndarray, CSR matrix, DataFrame}
        Rows without a label, by what messages call them.
    seed : int
        For a student that draws from global generators.

    Returns
    -------
    frozenset
        Names of the columns that were warned of.

    Raises
    ------
    TypeError, ValueError
        Whatever the encoder, or the student itself, says of these rows.

    Warns
    -----
    UserWarning
        Of nominal columns in which most values differ, and of rows without a label
        that have values of another type there.
    """
    if issparse(train.X) or is_text(train.X):
        return frozenset()
    if _reads_tables(student):
        name = type(student).__name__
        kinds = column_kinds(train.X)
        check_table(train.X, kinds, name)
        warned = check_levels(train.X, kinds)
        for what, X in more.items():
            try:
                check_table(X, kinds, name)
            except (TypeError, ValueError) as error:
                raise type(error)(f"{what}: {error}") from error
            check_same_types(train.X, X, kinds, what)
        return warned
    odd, below = _odd_columns(train.X), []
    if not odd and _positive_only(student):
        below = np.flatnonzero((np.asarray(train.X) < 0).any(axis=1))[:1]
    if isinstance(student, SkorchStudent) or not (odd or len(below)):
        return frozenset()
    rows = train.with_rows(read_rows(train.X))
    few = rows.at(np.union1d(_telling_rows(rows, odd), below).astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few rows, and of what comes again
        try:
            _try(student, few, seed)
        except Exception:
            _try(student, rows, seed)
    return frozenset()


def _reads_tables(student):
    """Say whether what reads the rows first is a :class:`TabularEncoder`."""
    student = _first_step(student)
    if isinstance(student, (MLPStudent, SkorchStudent)):
        student = student._encoder()
    return isinstance(student, (str, TabularEncoder))


def _first_step(student):
    """Give what reads the rows of a pipeline or a search first, or the estimator."""
    while isinstance(student, (Pipeline, BaseSearchCV)):
        if isinstance(student, BaseSearchCV):
            student = student.estimator
            continue
        steps = [s for _, s in student.steps if s is not None and s != "passthrough"]
        student = steps[0]
    return student


def _positive_only(student):
    first = _first_step(student)
    tagged = hasattr(first, "__sklearn_tags__")
    return tagged and get_tags(first).input_tags.positive_only


def _odd_columns(X):
    """Find the columns that hold anything but numbers; all, where some hold dates."""
    try:
        return [j for j, kind in enumerate(column_kinds(X)) if kind == "nominal"]
    except TypeError:
        return list(range(X.shape[1]))


def _telling_rows(rows, odd):
    """Choose a few rows of each class, and of each odd column what is no number."""
    order = np.argsort(rows.codes, kind="stable")
    codes = rows.codes[order]
    place = np.arange(len(codes)) - np.searchsorted(codes, codes)
    chosen = [order[place < _EACH]]
    for column in odd:
        try:
            found, levels = nominal_codes(rows.X, column)
        except TypeError:
            continue
        no_number = np.array([*(not _is_number(level) for level in levels), True])
        chosen.append(np.flatnonzero(no_number[found])[:1])
    return np.unique(np.concatenate(chosen))


def _is_number(level):
    try:
        float(level)
    except ValueError:
        return False
    return True


def _try(student, rows, seed):
    """Fit a clone on the labels of rows."""
    student = clone(student)
    if isinstance(student, BaseSearchCV):
        student = student.estimator
    if isinstance(student, MLPStudent):
        student.set_params(max_iter=1)
    hot = one_hot(rows.codes, len(rows.classes), np.float32)
    soft = SoftTargets(hot, rows.classes)
    with contained_draws(seed, student):
        fit_student(student, replace(rows, soft=soft), None)
