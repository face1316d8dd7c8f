"""Fit an unfitted teacher, on all rows or on the rows of each fold."""

import time
from dataclasses import replace

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from sklearn_kd._compat import safe_indexing
from sklearn_kd._random import contained_draws
from sklearn_kd.teachers._label import Labels, label_rows


def fit_teacher(teacher, X, y, weights, rows, context):
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

    Returns
    -------
    fitted : estimator
        The clone.
    key : str or None
        What stands for it in the cache of its answers.
    """
    X, y = safe_indexing(X, rows), y[rows]
    weights = {name: value[rows] for name, value in weights.items()}
    inputs = (teacher, X, y, weights, context.seed)
    key = joblib.hash(inputs) if context.caches else None
    start = time.perf_counter()
    fitted = context.cache(_fit)(*inputs)
    context.report(
        f"{type(teacher).__name__} fitted on {len(rows)} rows in "
        f"{time.perf_counter() - start:.1f} s"
    )
    return fitted, key


def _fit(teacher, X, y, weights, seed):
    with contained_draws(seed, teacher):
        return clone(teacher).fit(X, y, **weights)


def cross_fit(teacher, lesson, weights, splits, context):
    """Label every row by a teacher that did not see it.

    Parameters
    ----------
    teacher, weights, context
        As for :func:`fit_teacher`.
    lesson : Lesson
        The labelled rows. A fold that lacks a class gives it probability 0.
    splits : list of (train, test)
        Positions; every row must be tested at least once, and the answers of several
        tests are averaged.

    Returns
    -------
    Labels
        Out-of-fold probabilities.

    Raises
    ------
    ValueError
        When the splits leave a row out.
    """
    n_samples, classes = len(lesson.y), lesson.classes
    every = np.arange(n_samples)  # splits may be positions or masks
    splits = [(every[train], every[test]) for train, test in splits]
    tested = np.zeros(n_samples, dtype=int)
    for _, test in splits:
        tested[test] += 1
    if not tested.all():
        raise ValueError(
            f"cv leaves {int((tested == 0).sum())} of {n_samples} rows without an "
            "out-of-fold soft target. Use a splitter whose test sets cover all rows, "
            "such as StratifiedKFold, GroupKFold or RepeatedStratifiedKFold."
        )
    parts = Parallel(n_jobs=context.n_jobs)(
        delayed(_label_fold)(
            teacher, lesson, weights, train[lesson.present[train]], test, context
        )
        for train, test in splits
    )
    proba = np.zeros((n_samples, len(classes)))
    outside = np.zeros(n_samples)
    known = np.zeros(len(classes), dtype=bool)
    for (_, test), labels in zip(splits, parts, strict=True):
        proba[test] += labels.proba
        outside[test] += labels.outside
        known |= labels.known
    proba /= tested[:, None]
    return Labels(proba.astype(np.float32), outside / tested, known)


def _label_fold(teacher, lesson, weights, train, test, context):
    fitted, key = fit_teacher(teacher, lesson.X, lesson.y, weights, train, context)
    # one job for the rows: the folds themselves are the parallel work
    return label_rows(
        fitted,
        safe_indexing(lesson.X, test),
        lesson.classes,
        given_classes=None,
        context=replace(context, n_jobs=None),
        key=key,
    )
