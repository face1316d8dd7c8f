"""Predictions of a fitted teacher: in chunks, in parallel, cached, with progress."""

import numpy as np

from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._task import Predictions

#: Most rows in one call of a teacher. A forest reads all its trees once a call,
#: so that 100 trees took 1.4 times as long in calls of 10 000 rows as in one of all.
CHUNK = 50_000

#: Bytes of the rows of a call and of its outputs, in float64.
CHUNK_BYTES = 64e6


def label_rows(teacher, X, task, *, given_classes, context, key=None, chunk=None):
    """Predict the outputs of every row by a fitted teacher.

    Parameters
    ----------
    teacher : object
        Fitted.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows as they reach the teacher.
    task : Classification
        How a teacher is called, and what its columns stand for.
    given_classes : array-like or None
        ``teacher_classes`` of the user.
    context : Context
        Cache, number of jobs, progress.
    key : str, default=None
        What stands for the teacher in the cache; None makes one from its state.
    chunk : int or None, default=None
        Rows in one call of the teacher; None makes equally many of all calls. It
        does not depend on the number of jobs, since the bits of the outputs may
        depend on it.

    Returns
    -------
    Predictions
        The outputs, of the dtype and in the order of the task.
    """
    n_samples = num_samples(X)
    if chunk is None:
        n_chunks = -(-n_samples // chunk_rows(X, task.n_outputs, CHUNK))
        chunk = -(-n_samples // n_chunks)
    if key is None:
        key = context.teacher_key(teacher)
    bounds = list(range(0, n_samples, chunk))
    chunks = (
        (safe_indexing(X, slice(start, start + chunk)), task, given_classes)
        for start in bounds
    )
    parts = context.each_by_teacher(_predict_chunk, teacher, key, chunks, len(bounds))
    outputs = np.empty((n_samples, task.n_outputs), dtype=task.dtype)
    outside = np.empty(n_samples)
    for start, (proba, columns) in zip(bounds, parts, strict=True):
        part = task.align(proba, columns)
        rows = slice(start, start + len(proba))
        outputs[rows], outside[rows] = part.outputs, part.outside
        if len(bounds) > 1:
            context.report(f"labelled {rows.stop} of {n_samples} rows")
    return Predictions(outputs, outside, part.known)


def chunk_rows(X, n_outputs, most):
    """Choose how many rows a call may have, so that it takes little memory.

    At most `most`, and at least 5000 where that allows it.
    """
    width = X.shape[1] if len(getattr(X, "shape", ())) == 2 else 1000
    # forests and networks hold the outputs about four times
    fit = int(CHUNK_BYTES / (8 * (width + 4 * n_outputs)))
    return min(max(fit, 5_000), most)


def _predict_chunk(teacher, X, task, given_classes):
    """Predict one chunk of rows: a function of its own, for the key in the cache."""
    return task.predict_by(teacher, X, given_classes)
