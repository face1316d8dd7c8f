"""Ask a fitted teacher about rows: in chunks, in parallel, cached, with progress."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._run.random import contained_draws
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd._tables.unreadable import REFUSALS, is_odd, refused_by
from sklearn_kd._task.answers import read_answer
from sklearn_kd._task.proba import align_proba
from sklearn_kd.teachers.cache._key import Keyed

#: Most rows in one call of ``predict_proba``. A forest reads all its trees once a call,
#: so that 100 trees took 1.4 times as long in calls of 10 000 rows as in one of all.
CHUNK = 50_000

#: Bytes of the rows of a call and of its answers, in float64.
CHUNK_BYTES = 64e6


@dataclass(frozen=True)
class Labels:
    """A teacher's answers in our class order.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), float32
        Probabilities; a row is zero where the teacher puts all mass on classes that
        are not ours.
    outside : ndarray of shape (n_samples,), float64
        Mass on classes that are not ours, before it was removed.
    known : ndarray of shape (n_classes,), bool
        Which of our classes the teacher has.
    """

    proba: np.ndarray
    outside: np.ndarray
    known: np.ndarray


def label_rows(teacher, X, classes, *, given_classes, context, key=None, chunk=None):
    """Ask a fitted teacher about every row.

    Parameters
    ----------
    teacher : object
        Fitted, with ``predict_proba``.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows as they reach the teacher.
    classes : ndarray of shape (n_classes,)
        Our labels.
    given_classes : array-like or None
        ``teacher_classes`` of the user.
    context : Context
        Cache, number of jobs, progress.
    key : str, default=None
        What stands for the teacher in the cache; None makes one from its state.
    chunk : int or None, default=None
        Rows in one call of ``predict_proba``; None makes equally many of all calls. It
        does not depend on the number of jobs, since the bits of an answer may depend
        on it.

    Returns
    -------
    Labels
        The answers.
    """
    n_samples = num_samples(X)
    if chunk is None:
        n_chunks = -(-n_samples // chunk_rows(X, len(classes), CHUNK))
        chunk = -(-n_samples // n_chunks)
    if key is None:
        key = context.teacher_key(teacher)
    keyed = Keyed(teacher, key)

    def ask(rows):
        return context.call(_ask, keyed, rows, classes, given_classes).result()

    bounds = list(range(0, n_samples, chunk))
    parts = Parallel(n_jobs=context.n_jobs, prefer="threads", return_as="generator")(
        delayed(ask)(safe_indexing(X, slice(start, start + chunk))) for start in bounds
    )
    proba = np.empty((n_samples, len(classes)), dtype=np.float32)
    outside = np.empty(n_samples)
    for start, (answer, teacher_labels) in zip(bounds, parts, strict=True):
        rows = slice(start, start + len(answer))
        proba[rows], outside[rows], known = align_proba(answer, teacher_labels, classes)
        if len(bounds) > 1:
            context.report(f"labelled {rows.stop} of {n_samples} rows")
    return Labels(proba, outside, known)


def chunk_rows(X, n_classes, most):
    """Choose how many rows a call may have, so that it takes little memory.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame}
        Rows.
    n_classes : int
        Columns of the answers.
    most : int
        No more than that.

    Returns
    -------
    int
        The number; no less than 5000 unless that is more than `most`.
    """
    width = X.shape[1] if len(getattr(X, "shape", ())) == 2 else 1000
    # forests and networks hold the answers about four times
    fit = int(CHUNK_BYTES / (8 * (width + 4 * n_classes)))
    return min(max(fit, 5_000), most)


def _ask(teacher, X, classes, given_classes):
    """Ask about one chunk of rows, a copy that the teacher may write into.

    float32, because a forest's sums differ in their last bits with its thread count.
    """
    try:
        with contained_draws(0, teacher):
            answer = teacher.predict_proba(copy_rows(X))
    except REFUSALS as error:
        if not is_odd(X):
            raise
        side = f"The teacher {type(teacher).__name__}"
        raise refused_by(side, X, error) from error
    proba, labels = read_answer(
        teacher, answer, num_samples(X), given_classes=given_classes, wanted=classes
    )
    return proba.astype(np.float32), labels
