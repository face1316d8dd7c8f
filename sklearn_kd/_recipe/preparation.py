"""Checks and choices before a teacher is fitted or predicts, which may take hours.

Rows, labels, student, sampler and parameters are checked, validation rows are split
off, and synthetic rows are drawn.
"""

import copy
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import PredefinedSplit

from sklearn_kd._compat import safe_indexing
from sklearn_kd._estimators.unusable_parts import refuse_unusable_parts
from sklearn_kd._messages import printable, show, warn, with_message
from sklearn_kd._parameters import plain_number
from sklearn_kd._rows import Present, TransferSet, rows_without_label
from sklearn_kd._run.budget import most_synthetic
from sklearn_kd._run.random import seed_unset
from sklearn_kd._tables.checks import check_groups, check_rows
from sklearn_kd._tables.containers import as_column
from sklearn_kd._tables.frames import same_container
from sklearn_kd._tables.taking import take_rows
from sklearn_kd._tables.texts import is_text
from sklearn_kd._tables.weights import weight_of_row, with_finite_sums
from sklearn_kd.students import (
    check_student,
    check_weighted,
    follow,
    resolve_student,
)
from sklearn_kd.teachers import (
    check_folds,
    check_index,
    fold_positions,
    no_refit,
    search_without_refit,
)
from sklearn_kd.transfer._draw import draw_rows
from sklearn_kd.transfer._unlabeled_check import check_unlabeled

#: What messages call synthetic rows.
MADE = "The rows made by the sampler"


def read_labelled(estimator, X, y, sample_weight, given):
    """Check the labelled rows, and drop those of weight 0.

    Parameters
    ----------
    estimator : estimator
        It reads targets by its task, as ``_read``.
    X, y, sample_weight
        As passed to ``fit``.
    given : object or None
        A teacher's predictions for the rows, as passed to ``fit``.

    Returns
    -------
    rows : TransferSet
        Those that count.
    present : Present
        Which these are.
    """
    X = check_rows(estimator, X, reset=True)
    task, hard, weight = estimator._read(X, y, sample_weight)
    check_index(given, X, task.given)  # while X has all rows
    present = Present(np.flatnonzero(weight > 0), len(weight))
    if not present.all:
        X = take_rows(X, present.positions)
    hard, weight = present.take(hard), with_finite_sums(present.take(weight))
    every = np.arange(len(weight))
    return TransferSet(X, task, hard, weight, origin=every), present


def _instead(part):
    return (
        f"{type(part).__name__} has no fit, and a student is fitted. Leave it out for "
        "the default network, or pass an estimator with sample weights."
    )


def make_student(student, rows, soft_term, seed):
    """Check the student, and give a seeded clone."""
    student = resolve_student(student, rows.task)
    search = search_without_refit(student)
    if search is not None:
        raise no_refit(search, "student")
    refuse_unusable_parts(student, "student", _instead)
    weighted = bool((rows.weight != 1).any())
    check_student(student, soft_term=soft_term, task=rows.task, weighted=weighted)
    student = seed_unset(clone(student), seed)
    follow(student, soft_term, rows.task)
    return student


def warn_of_unreadable(reason):
    """Warn that "auto" makes no rows, where teacher and student have read X."""
    if isinstance(reason, Exception):
        warn(
            f'transfer="auto" makes no synthetic rows: {reason} Where that happens '
            "in front of this estimator, rows are made. To do without them, pass "
            "transfer=None; further rows can be passed as X_unlabeled.",
        )


def read_unlabeled(estimator, X_unlabeled, labelled, present, alpha):
    """Check unlabelled rows, each of which weighs as much; None without any."""
    X = check_unlabeled(X_unlabeled, labelled.X, present.n_rows)
    if X is None:
        return None
    X = _like_training_rows(estimator, X, "X_unlabeled")
    weight = alpha * weight_of_row(labelled.weight)
    return rows_without_label(X, labelled.task, weight)


def _like_training_rows(estimator, rows, name):
    try:
        return check_rows(estimator, rows, reset=False)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def split_folds(source, cv, rows, present, groups, seed):
    """Split the labelled rows for cross-fitting; None without ``cv`` or own folds."""
    if cv is None and source.folds is not None:
        groups = check_groups(groups, present.mask())
        return rows.task.folds(rows.hard, groups, source.folds, seed)
    if cv is None or not source.members:
        return None
    if groups is not None:
        groups = present.take(np.asarray(as_column(groups, "groups")))
    if isinstance(cv, type):
        raise TypeError(
            f"cv is the class {cv.__name__}: pass an instance, {cv.__name__}()."
        )
    # strings have a split of their own
    is_splitter = hasattr(cv, "split") and hasattr(cv, "get_n_splits")
    if isinstance(cv, Iterable) and not is_splitter:
        # scikit-learn would unpack what may be no pairs
        return check_folds(_without_absent(cv, present), len(rows))
    try:
        splitter = rows.task.splitter(cv, rows.y)
        if getattr(splitter, "random_state", seed) is None:
            splitter = copy.copy(splitter)
            splitter.random_state = seed
        if isinstance(splitter, PredefinedSplit):
            splits = list(_without_absent(splitter.split(), present))
        else:
            splits = list(splitter.split(rows.X, rows.y, groups))
    except (TypeError, ValueError) as error:
        raise with_message(
            error,
            f"cv={show(cv)} cannot split the {len(rows)} labelled rows: "
            f"{printable(error)}",
        ) from error
    return check_folds(splits, len(rows))


def _without_absent(splits, present):
    """Turn positions among the rows that ``fit`` got into those of rows that count."""
    for split in fold_positions(splits, present.n_rows):
        train, test = map(present.places, split)
        if len(test):
            yield train, test


def labelled_rows(rows, present, groups, weighted):
    """Give the labelled rows as the student gets them, without soft targets yet."""
    groups = check_groups(groups, present.mask())
    weight = rows.weight if weighted else np.ones_like(rows.weight)
    return replace(rows, weight=weight, groups=groups)


def draw_synthetic(estimator, train, sampler, alpha, time_limit, seed):
    """Make rows from the training rows; no teacher has predicted any yet.

    Returns
    -------
    made : TransferSet or None
        Without targets. They are in a random order where there is a time limit:
        whatever is labelled in time is then a fair sample.
    neighbors : object
        As the sampler has them, for :meth:`Teachers.choose_out_of_sample`.
    """
    if sampler is None:
        return None, None
    most = most_synthetic(
        len(train),
        1 if is_text(train.X) else train.X.shape[1],
        train.task.n_outputs,
        plain_number(time_limit),
    )
    X, source, neighbors = draw_rows(sampler, train.X, seed, most)
    if not same_container(train.X, X):
        raise TypeError(
            f"{type(sampler).__name__}.sample() must return rows of the type that fit "
            f"got, {type(train.X).__name__}, got {type(X).__name__} (of "
            f"{type(X).__module__.partition('.')[0]})."
        )
    X = _like_training_rows(estimator, X, MADE)
    if time_limit is not None:
        order = np.random.default_rng(seed).permutation(len(source))
        X, source = safe_indexing(X, order), source[order]
    weight = alpha * train.weight[source]
    origin = train.origin[source]
    return rows_without_label(X, train.task, weight, origin), neighbors


def by_name(unlabelled, made, student, alpha):
    """Gather the rows without a label that there are, by what messages call them.

    They weigh alpha: refuse a student that takes no weights, unless that is 1.
    """
    parts = {"X_unlabeled": unlabelled, MADE: made}
    parts = {name: rows.X for name, rows in parts.items() if rows is not None}
    if parts and alpha < 1:
        check_weighted(student)
    return parts
