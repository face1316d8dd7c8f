"""Fit an unfitted teacher, on all rows or on the rows of each fold."""

import time
from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from sklearn_kd._compat import safe_indexing
from sklearn_kd._estimators.decoded import decoded
from sklearn_kd._messages import printable, show
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._run.random import contained_draws
from sklearn_kd._run.twins import below_hooks, is_below_hooks
from sklearn_kd._tables.taking import take_copy
from sklearn_kd._tables.unreadable import REFUSALS, is_odd, refused_by
from sklearn_kd.teachers._label import Labels, label_rows


def fit_teacher(teacher, X, y, weights, rows, context, role):
    """Fit a clone of a teacher on some rows; rows of weight 0 count as absent.

    Parameters
    ----------
    teacher : estimator
        Unfitted and seeded; not changed.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        All rows.
    y : ndarray of shape (n_samples,)
        All labels.
    weights : dict of str to ndarray of shape (n_samples,)
        Row-wise parameters of ``fit``: the sample weights under the name by which the
        teacher takes them, or nothing.
    rows : ndarray of int
        Which rows to fit on.
    context : Context
        Cache and progress.
    role : str
        What it is called in the line of progress.

    Returns
    -------
    fitted : estimator
        The clone.
    key : str or None
        What stands for it in the cache of its answers.
    """
    X, y = take_copy(X, rows), y[rows]  # the teacher may write into what it gets
    weights = {name: value[rows] for name, value in weights.items()}
    call = context.call(_fit, teacher, X, y, weights, context.seed)
    start = time.perf_counter()
    try:
        fitted = call.result()
    except REFUSALS as error:
        if not is_odd(X):
            raise
        side = f"The teacher {type(teacher).__name__}"
        raise refused_by(side, X, error) from error
    context.report(
        f"{role} ({type(teacher).__name__}) fitted on the labels of {len(rows)} rows "
        f"in {time.perf_counter() - start:.1f} s"
    )
    return fitted, call.result_key


def _fit(teacher, X, y, weights, seed):
    # here too, since it may run in a process of its own
    with no_autologging(), contained_draws(seed, teacher):
        fitted = decoded(clone(teacher), y).fit(X, y, **weights)
    return below_hooks(fitted) if is_below_hooks(teacher) else fitted


@dataclass(frozen=True, eq=False)
class Folds:
    """The teachers of all folds, and the rows that each is out-of-fold for.

    Parameters
    ----------
    members : list of (object, str or None)
        Fitted on the rows of each fold, with what stands for it in the cache.
    tested : list of ndarray of shape (n_samples,), bool
        The rows left out of each.
    classes : ndarray of shape (n_classes,)
        Our labels.
    """

    members: list
    tested: list
    classes: np.ndarray

    def label(self, X, source, context):
        """Predict each row by the teachers of the folds that test its source.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_new, n_features)
            Rows as they reach the teacher.
        source : ndarray of shape (n_new,), int
            For each the position of the labelled row that it was made from.
        context : Context
            Cache, number of jobs, progress.

        Returns
        -------
        ndarray of shape (n_new, n_classes), float32
            Mean probabilities in our class order.
        """
        total = np.zeros((len(source), len(self.classes)))
        count = np.zeros((len(source), 1))
        for (fitted, key), tested in zip(self.members, self.tested, strict=True):
            rows = np.flatnonzero(tested[source])
            if not len(rows):
                continue
            labels = label_rows(
                fitted,
                safe_indexing(X, rows),
                self.classes,
                given_classes=None,
                context=context,
                key=key,
            )
            total[rows] += labels.proba
            count[rows] += 1
        return (total / count).astype(np.float32)


def fold_positions(splits, n_samples):
    """Write splits as positions of rows.

    Parameters
    ----------
    splits : iterable of (train, test)
        Positions of rows, negative ones from the end, or masks.
    n_samples : int
        Number of rows that they are for.

    Returns
    -------
    list of (ndarray of int, ndarray of int)
        Positions from 0 on.

    Raises
    ------
    ValueError
        For what is no pair of positions or masks, for positions that no row has, and
        for masks of another length.
    """
    try:
        splits = list(splits)
    except TypeError as error:  # an array without dimensions
        raise TypeError(
            f"cv has to give pairs (train, test), got {show(splits)}: pass an int, a "
            "splitter such as StratifiedKFold, or a list of pairs."
        ) from error
    found = []
    for number, fold in enumerate(splits, start=1):
        pair = _pair(fold)
        if pair is None:
            raise ValueError(
                f"cv has to give a pair (train, test) for each fold, both of them "
                f"positions of rows of X or masks with one value a row. Fold {number} "
                f"of {len(splits)} is {show(fold)}. Pass such pairs, or a "
                "splitter such as StratifiedKFold."
            )
        try:
            found.append(tuple(_positions(rows, n_samples) for rows in pair))
        except IndexError as error:
            raise ValueError(
                f"Fold {number} of {len(splits)} of cv is not for {n_samples} rows: "
                f"{printable(error)}. Pass positions of rows of X, or masks with one "
                "value a row."
            ) from error
    return found


def _pair(fold):
    """Read a fold as two arrays of one dimension; None where it is none."""
    try:
        train, test = map(np.asarray, fold)
    except (TypeError, ValueError):
        return None
    return (train, test) if train.ndim == test.ndim == 1 else None


def _positions(rows, n_samples):
    # an empty list has floats
    return np.arange(n_samples)[rows if rows.size else rows.astype(np.intp)]


def check_folds(splits, n_samples):
    """Refuse splits by which a teacher would label rows that it was fitted on, or none.

    Parameters
    ----------
    splits : iterable of (train, test)
        As for :func:`fold_positions`.
    n_samples : int
        Number of labelled rows.

    Returns
    -------
    list of (ndarray of int, ndarray of int)
        Positions from 0 on; without folds that test no row.

    Raises
    ------
    ValueError
        Where a fold trains on a row that it tests, or has no row to train on, and
        where some row is in no test set.
    """
    splits = fold_positions(splits, n_samples)
    for number, (train, test) in enumerate(splits, start=1):
        name = f"Fold {number} of {len(splits)} of cv"
        both = np.intersect1d(train, test)
        if len(both):
            raise ValueError(
                f"{name} has {len(both)} of {n_samples} rows in both its train and its "
                f"test indices, the first of them row {both[0]}: the teacher would be "
                "fitted on rows that it labels. Use a splitter whose train and test "
                "sets share no row, such as StratifiedKFold."
            )
        if not len(train):
            raise ValueError(f"{name} has no train indices: there is nothing to fit.")
    splits = [(train, test) for train, test in splits if len(test)]
    n_missed = int((_count_tests(splits, n_samples) == 0).sum())
    if n_missed:
        raise ValueError(
            f"cv leaves {n_missed} of {n_samples} rows without an out-of-fold soft "
            "target. Use a splitter whose test sets cover all rows, such as "
            "StratifiedKFold, GroupKFold or RepeatedStratifiedKFold."
        )
    return splits


def _count_tests(splits, n_samples):
    """Count in how many test sets each row is."""
    tested = np.zeros(n_samples, dtype=int)
    for _, test in splits:
        tested[test] += 1
    return tested


def cross_fit(teacher, lesson, weights, splits, context, *, keep):
    """Compute out-of-fold soft targets of every row.

    Parameters
    ----------
    teacher, weights, context
        As for :func:`fit_teacher`.
    lesson : Lesson
        The labelled rows. A fold that lacks a class gives it probability 0.
    splits : list of (train, test)
        Positions, as :func:`check_folds` gives them. The answers of several tests of a
        row are averaged.
    keep : bool
        Whether there will be more rows to ask about.

    Returns
    -------
    labels : Labels
        Out-of-fold probabilities.
    folds : Folds or None
        The teachers, for further rows; None unless they are kept.
    """
    n_samples, classes = len(lesson.y), lesson.classes
    tested = _count_tests(splits, n_samples)
    parts = Parallel(n_jobs=context.n_jobs)(
        delayed(_label_fold)(teacher, lesson, weights, train, test, context, keep)
        for train, test in splits
    )
    proba = np.zeros((n_samples, len(classes)))
    outside = np.zeros(n_samples)
    known = np.zeros(len(classes), dtype=bool)
    for (_, test), (labels, _) in zip(splits, parts, strict=True):
        proba[test] += labels.proba
        outside[test] += labels.outside
        known |= labels.known
    proba /= tested[:, None]
    labels = Labels(proba.astype(np.float32), outside / tested, known)
    if not keep:
        return labels, None
    members = [member for _, member in parts]
    masks = [np.isin(np.arange(n_samples), test) for _, test in splits]
    return labels, Folds(members, masks, classes)


def _label_fold(teacher, lesson, weights, train, test, context, keep):
    fitted, key = fit_teacher(
        teacher, lesson.X, lesson.y, weights, train, context, "teacher of a fold"
    )
    # one job for the rows: the folds themselves are the parallel work
    labels = label_rows(
        fitted,
        safe_indexing(lesson.X, test),
        lesson.classes,
        given_classes=None,
        context=replace(context, n_jobs=None),
        key=key,
    )
    return labels, (fitted, key) if keep else None
