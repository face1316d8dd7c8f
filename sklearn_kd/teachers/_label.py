"""Predictions of a fitted teacher: in chunks, in parallel, cached, with progress."""

from contextlib import nullcontext

import numpy as np

from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._task import Predictions
from sklearn_kd.teachers._chunks import chunks_of, predict_chunks
from sklearn_kd.teachers.trees import TEACHER

#: Most rows in one call of a teacher. A forest reads all its trees once a call,
#: so that 100 trees took 1.4 times as long in calls of 10 000 rows as in one of all.
CHUNK = 50_000

#: Bytes of the rows of a call and of its outputs, in float64.
CHUNK_BYTES = 64e6


def label_rows(
    teacher,
    X,
    task,
    *,
    given_classes,
    context,
    key=None,
    chunk=None,
    first=0,
    n_rows=None,
    stage=None,
):
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
    first, n_rows : int, int or None
        For messages: which row of all is the first, and how many there are in all.
    stage : Stage or None, default=None
        What these rows are a part of; None makes a stage of them.

    Returns
    -------
    Predictions
        The outputs, of the dtype and in the order of the task.

    Raises
    ------
    Exception
        Whatever the teacher raises. Of several chunks the message names the rows.
    """
    n_samples = num_samples(X)
    if chunk is None:
        chunk = -(-n_samples // n_chunks(n_samples, X, task))
    if key is None:
        key = context.teacher_key(teacher)

    def take(rows):
        return safe_indexing(X, rows), task, given_classes

    walked = context.walkers.of(teacher, task.method, chunk)
    asked, function = teacher, _predict_chunk
    if walked is not None:
        asked, function = walked, _walk_chunk
    chunks = chunks_of(n_samples, chunk)
    outputs = np.empty((n_samples, task.n_outputs), dtype=task.dtype)
    outside = np.empty(n_samples)
    parts = predict_chunks(
        function, asked, key, take, chunks, context, first=first, n_rows=n_rows
    )
    if stage is not None:
        within = nullcontext(stage)
    else:
        name = f"label {n_samples} rows ({type(teacher).__name__})"
        within = context.progress.stage(name, n_samples, n_steps=len(chunks))
    with within as stage:
        for rows, (proba, columns, kernel) in parts:
            part = task.align(proba, columns)
            outputs[rows], outside[rows] = part.outputs, part.outside
            stage.advance(rows.stop - rows.start)
            context.kernels.add(kernel)
    if walked is not None and walked.differs:
        context.report(
            f"{type(teacher).__name__} predicts in its own way: the compiled core "
            "predicts something else, or nothing, for some rows"
        )
    return Predictions(outputs, outside, part.known)


def n_chunks(n_rows, X, task):
    """Give the number of calls for so many rows like those of X."""
    return -(-n_rows // chunk_rows(X, task.n_outputs, CHUNK))


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
    return *task.predict_by(teacher, X, given_classes), TEACHER


def _walk_chunk(walked, X, task, given_classes):
    """Predict one chunk by compiled code, whose last bits, and key, may be others."""
    return walked.predict_by(task, X, given_classes)
