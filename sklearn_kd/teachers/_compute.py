"""Class probabilities of fitted teachers, as an array or in a file."""

import os
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from joblib import effective_n_jobs
from scipy.sparse import issparse
from sklearn.exceptions import NotFittedError

from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._estimators.tags import rows_for
from sklearn_kd._messages import printable, show, warn
from sklearn_kd._parameters import MOST, check_jobs, check_number, is_number
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._run.progress import Progress, Screen
from sklearn_kd._run.random import contained_draws
from sklearn_kd._tables.containers import array_rows
from sklearn_kd._tables.frames import is_frame
from sklearn_kd._tables.taking import take_copy
from sklearn_kd._tables.texts import flat_values, refuse_row, refuse_text
from sklearn_kd._task import Classification
from sklearn_kd._task.outputs import classes_of, has_outputs
from sklearn_kd.teachers._chunks import chunks_of
from sklearn_kd.teachers._label import chunk_rows, label_rows
from sklearn_kd.teachers.cache._cache import check_memory, usable_memory
from sklearn_kd.teachers.cache._context import Context
from sklearn_kd.teachers.given._fitted import check_teacher, is_fitted, looks_fitted

#: Rows in one call of ``predict_proba`` where the user leaves it open.
MOST_ROWS = 100_000


def compute_soft_targets(
    teacher,
    X,
    *,
    classes=None,
    batch_size=None,
    n_jobs=None,
    out=None,
    memory=None,
    verbose=0,
):
    """Compute class probabilities of fitted teachers, in batches.

    Apart from the rows and the probabilities, only a few batches are in memory. If `X`
    and `out` are memory-mapped files, only the batches are. With `memory`, a job that
    was killed continues where it was.

    Parameters
    ----------
    teacher : object, or list of object
        Fitted, with ``predict_proba``. The probabilities of several are averaged.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features), or \
            {list, ndarray, Series} of str of shape (n_samples,)
        Rows as the teacher expects them. A table of Arrow is converted to a DataFrame.
    classes : array-like of shape (n_classes,) or None, default=None
        The order of the columns. A class that the teacher lacks has probability 0; the
        mass of a class that is not among them is removed, and the rest renormalised.
        None means ``classes_`` of the teacher, or the column names of the DataFrame
        that it returns; for several teachers it means all their classes, sorted. The
        columns of a teacher that has neither are assumed to be in the order of
        `classes`.
    batch_size : int or None, default=None
        Number of rows in one call of ``predict_proba``. None is 100 000, or fewer for
        wide rows, so that the numbers of a batch and its probabilities take 64 MB at
        most.
    n_jobs : int or None, default=None
        Number of batches computed at the same time, in threads.
    out : ndarray of shape (n_samples, n_classes), float32, or None, default=None
        Where the probabilities are written: an array or a writable
        :class:`~numpy.memmap`. With None an array is made.
    memory : str, path-like, joblib.Memory or None, default=None
        A folder that keeps the probabilities of every batch, so that a job which was
        killed asks the teacher about the other batches only. The key of a batch is a
        hash of its rows, of the teacher's fitted state, or its ``cache_key``, of
        `classes`, and of the versions of packages. So another `batch_size` is another
        key. The files are pickles, which run code when they are loaded: use no folder
        that others may write to.
    verbose : int, default=0
        Above 0, progress is printed: rows, seconds, and about how many are left.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float32
        Class probabilities, `out` where that was passed. A row is zero where all mass
        is on classes that are not among `classes`. Without rows the result is empty,
        and ``predict_proba`` is not called.

    Raises
    ------
    NotFittedError
        For a teacher that is not fitted.
    TypeError
        For a teacher without ``predict_proba``, for `out` that is no array, for
        `classes` that are no sequence, for `memory` that keeps nothing, and for a
        `verbose` that is no number.
    ValueError
        For `out` of another shape or dtype, for rows that the teacher refuses, for
        `classes` that are not distinct, for a multi-output teacher, if the label of a
        column is unknown, for `memory` that can be no folder, and for a negative
        `verbose`.
    Exception
        Whatever the teacher raises. Where there are several batches, the message names
        the rows of the one that failed.

    Warns
    -----
    UserWarning
        With the number of rows that are zero, and where nothing can be written into
        `memory`.

    See Also
    --------
    DistilledClassifier : Takes the result as ``fit(X, y, teacher_proba=...)``.
    SoftTargets : Holds the result, with weights, temperature and loss.
    DistilledRegressor : Takes numbers, which ``predict`` of a regressor gives, as
        ``fit(X, y, teacher_pred=...)``.

    Notes
    -----
    .. versionadded:: 0.1

    The probabilities are rounded to float32 batch by batch. In float64 the last bits of
    those of a forest depend on its number of threads; in float32 they do not.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn_kd import compute_soft_targets
    >>> X, y = load_wine(return_X_y=True)
    >>> forest = RandomForestClassifier(random_state=0).fit(X, y)
    >>> proba = compute_soft_targets(forest, X, batch_size=50)
    >>> proba.shape, proba.dtype
    ((178, 3), dtype('float32'))
    >>> compute_soft_targets(forest, X[:1], classes=[2, 1, 0]).round(2).tolist()
    [[0.0, 0.0, 1.0]]

    With a folder that keeps the batches, a second call asks no teacher:

    >>> from tempfile import mkdtemp
    >>> folder = mkdtemp()
    >>> for _ in range(2):
    ...     kept = compute_soft_targets(forest, X, batch_size=50, memory=folder)
    >>> bool((kept == proba).all())
    True
    """
    teachers = list(teacher) if isinstance(teacher, list) else [teacher]
    if not teachers:
        raise ValueError("teacher is an empty list: pass at least one teacher.")
    for one in teachers:
        check_teacher(one, Classification)
        name = f"The teacher {type(one).__name__}"
        refuse_row(one, X, name)
        if hasattr(one, "n_features_in_"):
            refuse_text(name, flat_values(X))
    chunk = _check_batch_size(batch_size)
    n_jobs = check_jobs(n_jobs)
    _check_memory(memory)
    verbose = check_verbose(verbose)
    X = _sliceable(rows_for(teachers, X))
    try:
        n_samples = num_samples(X)
    except TypeError as error:
        raise TypeError(
            f"X must hold rows, got {show(X)}: {printable(error)}."
        ) from error
    if classes is not None:
        classes = check_classes(classes)
    with no_autologging():
        for one in teachers:
            _check_fitted(one, X, classes)
        named = [own_classes(one, X) for one in teachers]
        if classes is None:
            classes = _all_classes(teachers, named)
        if chunk is None:
            chunk = chunk_rows(X, len(classes), MOST_ROWS)
        out = _check_out(out, (n_samples, len(classes)))
        progress = Progress(Screen("compute_soft_targets", verbose))
        context = Context(usable_memory(memory), n_jobs, progress)
        task = Classification(classes)
        keys = [context.teacher_key(one) for one in teachers]
        weights = np.full(len(teachers), 1 / len(teachers))
        # as many batches at a time as keep all jobs busy, and no more of them in memory
        jobs = effective_n_jobs(n_jobs)
        size = chunk if jobs == 1 else 4 * jobs * chunk
        n_without = 0
        with _stage(progress, n_samples, teachers) as stage:
            for rows in chunks_of(n_samples, size):
                part = safe_indexing(X, rows) if size < n_samples else X
                probas = [
                    label_rows(
                        one,
                        part,
                        task,
                        given_classes=task.classes if labels is None else None,
                        # what has no key is not kept, of no batch
                        context=context if key else replace(context, memory=None),
                        key=key,
                        chunk=chunk,
                        first=rows.start,
                        n_rows=n_samples,
                        stage=stage,
                    ).outputs
                    for one, key, labels in zip(teachers, keys, named, strict=True)
                ]
                proba = task.mean(probas, weights)
                highest = np.asfortranarray(proba).max(axis=1)
                n_without += int(np.count_nonzero(highest == 0))
                out[rows] = proba
    if n_without:
        warn(
            f"The teacher puts all mass on classes that are not in {show(classes)} "
            f"for {n_without} of {n_samples} rows: these rows are zero.",
        )
    return out


def _stage(progress, n_rows, teachers):
    """Give the stage of all batches, in which each teacher labels every row."""
    if len(teachers) == 1:
        name = f"label {n_rows} rows ({type(teachers[0]).__name__})"
        return progress.stage(name, n_rows, n_steps=None)
    name = f"label {n_rows} rows ({len(teachers)} teachers)"
    total = n_rows * len(teachers)
    return progress.stage(name, total, unit="predictions", n_steps=None)


def _check_fitted(teacher, X, classes):
    # without rows there is none that it could predict
    fitted = is_fitted(teacher, X, classes) if num_samples(X) else looks_fitted(teacher)
    if not fitted:
        raise NotFittedError(
            f"The teacher {type(teacher).__name__} is not fitted: fit it first, or "
            "pass it to DistilledClassifier, which fits it."
        )


def _sliceable(X):
    """Rows that can be taken by position, batch by batch."""
    if issparse(X):
        return X.tocsr()
    if is_frame(X) or hasattr(X, "shape") or flat_values(X) is not None:
        return X
    return array_rows(X)


def own_classes(teacher, X):
    """Give the labels of a teacher's columns, or None."""
    proba = None
    if not hasattr(teacher, "classes_") and num_samples(X):
        with contained_draws(0, teacher):
            proba = teacher.predict_proba(take_copy(X, [0]))
    labels = classes_of(teacher, proba, None)
    # one array an output
    several = any(isinstance(label, (list, np.ndarray)) for label in labels or [])
    if several or has_outputs(proba):
        raise ValueError(
            f"The teacher {type(teacher).__name__} has classes of several outputs: a "
            "multi-output teacher is not supported. Fit one teacher per output."
        )
    return labels


def _all_classes(teachers, named):
    """The classes of one teacher in its order, of several all of them, sorted."""
    for teacher, labels in zip(teachers, named, strict=True):
        if labels is None:
            raise ValueError(
                f"The teacher {type(teacher).__name__} has no classes_ and returns no "
                "DataFrame: pass classes=[...], the labels of its columns."
            )
    if len(named) == 1:
        return np.asarray(named[0])
    return np.unique(np.concatenate(named))


def check_classes(classes):
    """Check the labels that the user passed: in one dimension, distinct, not none."""
    is_sequence = hasattr(classes, "__len__") and hasattr(classes, "__getitem__")
    if isinstance(classes, (str, bytes, Mapping)) or not is_sequence:
        raise TypeError(
            f"classes must be a sequence of labels, got {type(classes).__name__}: pass "
            "a list, in the order that the columns are to have."
        )
    try:
        labels = np.asarray(classes)
    except ValueError:  # rows of different lengths
        labels = np.empty((0, 0))
    if labels.ndim != 1:
        raise ValueError(
            f"classes must be labels in one dimension, got {show(classes)}: pass one "
            "label a column."
        )
    if len(labels) == 0:
        raise ValueError("classes is empty: pass the labels, or leave it out.")
    try:
        n_distinct = len(set(labels.tolist()))
    except TypeError:  # lists in an array of objects
        n_distinct = 0
    if n_distinct < len(labels):
        raise ValueError(
            f"classes must be distinct labels, got {show(labels)}: pass each once."
        )
    return labels


def _check_batch_size(batch_size):
    if batch_size is None:
        return None
    if not is_number(batch_size, whole=True) or batch_size < 1:
        raise ValueError(
            f"batch_size must be None or an int of at least 1, got {show(batch_size)}."
        )
    return int(batch_size)


def _check_memory(memory):
    """Refuse what keeps nothing, as the parameter of the distilled estimators does."""
    if memory is not None and not (
        isinstance(memory, (str, os.PathLike, type)) or hasattr(memory, "cache")
    ):
        raise TypeError(
            f"memory must be the name of a folder, joblib.Memory(folder) or None, got "
            f"{show(memory)}."
        )
    check_memory(memory)


def check_verbose(verbose):
    if isinstance(verbose, (bool, np.bool_)):
        return int(verbose)
    return check_number("verbose", verbose, least=0, most=MOST, whole=True)


def _check_out(out, shape):
    if out is None:
        return np.empty(shape, dtype=np.float32)
    if not isinstance(out, np.ndarray):
        raise TypeError(
            f"out must be an array or a memmap, got {type(out).__name__}. Leave it out "
            "to get an array."
        )
    if out.shape != shape or out.dtype != np.float32:
        raise ValueError(
            f"out has shape {out.shape} and dtype {out.dtype}, expected {shape} and "
            'float32: np.lib.format.open_memmap(path, "w+", "float32", shape).'
        )
    if not out.flags.writeable:
        raise ValueError('out is read-only: open the memmap with mode "r+" or "w+".')
    return out
