"""Labelling a table on disk, part by part, in a folder of Parquet files."""

import os

import numpy as np
from sklearn.exceptions import NotFittedError

from sklearn_kd import __version__
from sklearn_kd._compat import num_samples
from sklearn_kd._messages import printable, show, warn
from sklearn_kd._parameters import MOST, check_jobs, check_number
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._run.progress import Progress, Screen
from sklearn_kd._task import Classification, Regression
from sklearn_kd.files import _parts
from sklearn_kd.files._numbers import Numbers, n_numbers
from sklearn_kd.files._rows import as_input, choose_columns, no_rows, open_rows
from sklearn_kd.files.labelled import LabelledDataset
from sklearn_kd.teachers import Context, looks_fitted
from sklearn_kd.teachers._chunks import predict_chunks
from sklearn_kd.teachers._compute import (
    MOST_ROWS,
    check_classes,
    check_verbose,
    own_classes,
)
from sklearn_kd.teachers._label import chunk_rows, label_rows
from sklearn_kd.teachers.cache._key import key_of_teacher
from sklearn_kd.teachers.given._fitted import check_teacher


def label_dataset(
    teacher,
    data,
    out,
    *,
    columns=None,
    classes=None,
    chunk_size=None,
    n_jobs=None,
    verbose=0,
):
    """Label a table on disk by a fitted teacher, in a folder of Parquet files.

    Neither the rows nor the labels have to fit into memory. A run that was ended, by
    whatever, goes on when it is started again: finished parts are kept, and the teacher
    is asked about the others alone. About a folder that is complete it is not asked.

    Parameters
    ----------
    teacher : object
        Fitted: a classifier, whose ``predict_proba`` is asked, or a regressor, whose
        ``predict`` is, which may return several columns, such as quantiles.
    data : str, os.PathLike, ndarray or dask.dataframe.DataFrame
        The rows: the name of a Parquet file, of a folder of them, which are one table
        in the order of their names, or of a ``.npy`` file; an array, which may be a
        memory map; or a DataFrame of Dask, whose partitions are the parts.
    out : str or os.PathLike
        The folder of the labels. It is made where there is none.
    columns : list of str or int, or None, default=None
        The columns that the teacher reads, in its order; of an array their positions.
        None means those with the names that it was fitted on, or all.
    classes : array-like of shape (n_classes,) or None, default=None
        The order of the columns of class probabilities, as for
        :func:`compute_soft_targets`. None means ``classes_`` of the teacher.
    chunk_size : int or None, default=None
        Number of rows of a part, and of one call of the teacher. None is 100 000, or
        fewer for wide rows, so that the numbers of a part and its labels take 64 MB at
        most; where there are labels already it is that of these.
    n_jobs : int or None, default=None
        Number of parts that are labelled at the same time, in threads. With
        ``joblib.parallel_config(backend="dask")`` a cluster labels them.
    verbose : int, default=0
        Above 0, lines of progress, one a second at most.

    Returns
    -------
    LabelledDataset
        The labels, and the rows.

    Raises
    ------
    NotFittedError
        For a teacher that is not fitted.
    TypeError
        For what is no teacher, for `data` of another kind, and for a teacher that
        cannot be hashed and has no ``cache_key``.
    ValueError
        For parameters that cannot be; for `out` that holds labels of something else: by
        another teacher, of other data or of other columns; and for a teacher whose
        classes are not known.
    Exception
        Whatever the teacher raises; the message adds the file and the rows. What has
        been labelled is kept.

    See Also
    --------
    LabelledDataset : Opens such a folder.
    compute_soft_targets : Labels rows that fit into memory, or a memory map.

    Notes
    -----
    .. versionadded:: 0.1

    The rows are read once more before they are labelled, for the digest by which other
    data of the same shape are recognised. A file of a part is moved into the folder
    when it is whole, and what is torn is labelled again. A teacher is recognised by the
    hash of its state, or by its ``cache_key``, which those need whose hash is another
    one in each process. One run at a time writes into a folder: a second one is
    refused, where files can be locked.

    Examples
    --------
    >>> import os
    >>> from tempfile import mkdtemp
    >>> import numpy as np
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn_kd import label_dataset
    >>> X, y = load_wine(return_X_y=True)
    >>> forest = RandomForestClassifier(random_state=0).fit(X, y)
    >>> folder = mkdtemp()
    >>> np.save(os.path.join(folder, "rows.npy"), X)
    >>> out = os.path.join(folder, "soft")
    >>> labelled = label_dataset(
    ...     forest, os.path.join(folder, "rows.npy"), out, chunk_size=100
    ... )
    >>> sorted(os.listdir(out))
    ['_labels.json', 'part-00000.parquet', 'part-00001.parquet']
    >>> proba = labelled.soft_targets()
    >>> proba.shape, proba.dtype
    ((178, 3), dtype('float32'))
    >>> bool((proba == forest.predict_proba(X).astype(np.float32)).all())
    True
    """
    return label_by_key(
        teacher,
        None,
        data,
        out,
        columns=columns,
        classes=classes,
        chunk_size=chunk_size,
        n_jobs=n_jobs,
        verbose=verbose,
    )


def label_by_key(
    teacher, key, data, out, *, columns, classes, chunk_size, n_jobs, verbose
):
    """Label a table as :func:`label_dataset` does.

    `key` is what the teacher is recognised by; None makes one from its state.
    """
    kind = Classification if hasattr(teacher, "predict_proba") else Regression
    if kind is Regression and not hasattr(teacher, "predict"):
        named = isinstance(teacher, (str, os.PathLike))
        raise TypeError(
            "teacher must be a classifier with predict_proba, or a regressor with "
            f"predict, that is fitted, got {show(teacher)} of type "
            f"{type(teacher).__name__}.{' Load it first.' if named else ''}"
        )
    check_teacher(teacher, kind)
    if not looks_fitted(teacher):
        raise NotFittedError(
            f"The teacher {type(teacher).__name__} is not fitted: fit it first."
        )
    n_jobs, verbose = check_jobs(n_jobs), check_verbose(verbose)
    out = _check_out(out)
    rows = open_rows(data)
    _refuse_out_among_rows(out, rows)
    if chunk_size is not None:
        chunk_size = _check_chunk_size(chunk_size, rows)
    columns = choose_columns(rows, teacher, columns)
    if kind is Regression and classes is not None:
        raise ValueError(
            f"classes={show(classes)} are for a classifier, and the teacher "
            f"{type(teacher).__name__} is a regressor: leave them out."
        )
    if classes is not None:
        classes = check_classes(classes)
    parts = _parts.opened(out)
    names = rows.names is not None and hasattr(teacher, "feature_names_in_")
    with no_autologging():
        task, given = _task(teacher, kind, rows, columns, classes, names, parts)
        if chunk_size is None and parts is not None:
            chunk_size = parts.manifest["chunk"]
        elif chunk_size is None:
            wide = _Shape(rows.width if columns is None else len(columns))
            chunk_size = chunk_rows(wide, task.n_outputs, MOST_ROWS)
        manifest = _describe(teacher, key, rows, columns, names, task, chunk_size)
        if parts is None:
            parts = _parts.Parts(out, manifest)
            parts.start()
        else:
            _parts.check_same(parts, manifest)
        if parts.missing():
            with parts.held():
                _label(
                    teacher, rows, columns, names, task, given, parts, n_jobs, verbose
                )
    parts.clean()
    labelled = LabelledDataset(out, data)
    if not labelled.n_rows:
        raise no_rows(rows)
    return labelled


def _label(teacher, rows, columns, names, task, given, parts, n_jobs, verbose):
    """Label the parts that are missing."""
    slices, missing = parts.slices(), parts.missing()
    wanted = [slices[part] for part in missing]
    tables = rows.read(wanted, columns)
    progress = Progress(Screen("label_dataset", verbose))
    context = Context(n_jobs=n_jobs, progress=progress)

    def take(_):  # one after another, in the order of the parts
        try:
            table = next(tables)
        except Exception as error:  # joblib hands out calls in threads of its own
            table = error
        return table, names, task, given, context.walkers

    labels = predict_chunks(
        _label_table, teacher, None, take, wanted, context, where=rows.where
    )
    of = {one.start: part for one, part in zip(wanted, missing, strict=True)}
    total = sum(one.stop - one.start for one in wanted)
    unit = "partitions" if rows.n_rows is None else "rows"
    n_without, name = 0, f"label {total} {unit} ({type(teacher).__name__})"
    with progress.stage(name, total, unit=unit, n_steps=len(wanted)) as stage:
        for chunk, outputs in labels:
            parts.write(of[chunk.start], outputs)
            stage.advance(chunk.stop - chunk.start)
            if isinstance(task, Classification):
                n_without += int(np.count_nonzero(outputs.max(axis=1) == 0))
    if n_without:
        warn(
            f"The teacher puts all mass on classes that are not in "
            f"{show(task.classes)} for {n_without} rows: these are zero.",
        )


def _label_table(teacher, table, names, task, given, walkers):
    """Predict the rows of a part, maybe on a worker; raise why they were not read."""
    if isinstance(table, Exception):
        raise table
    if not len(table):
        return np.empty((0, task.n_outputs), dtype=task.dtype)
    X = as_input(table, names)
    predictions = label_rows(
        teacher,
        X,
        task,
        given_classes=given,
        context=Context(walkers=walkers),
        chunk=num_samples(X),
    )
    return predictions.outputs


def _task(teacher, kind, rows, columns, classes, names, parts):
    """Give what a teacher predicts, and the labels that its columns are taken to have.

    It is asked about one row where there is no other way to know, and there are no
    labels yet.
    """

    def first():
        parts = [slice(part, part + 1) for part in range(rows.n_parts or 1)]
        for table in rows.read(parts, columns):
            if len(table):  # partitions may be empty
                return as_input(table[:1], names)
        raise no_rows(rows)

    if kind is Regression:
        known = parts and parts.manifest["outputs"]
        return Numbers(len(known) if known else n_numbers(teacher, first())), None
    named = hasattr(teacher, "classes_")
    if classes is not None:
        return Classification(classes), None if named else classes
    if parts is not None and not named:
        return Classification(parts.classes), None
    labels = own_classes(teacher, None if named else first())
    if labels is None:
        raise ValueError(
            f"The teacher {type(teacher).__name__} has no classes_: pass "
            "classes=[...], the labels of its columns."
        )
    return Classification(np.asarray(labels)), None


def _describe(teacher, key, rows, columns, names, task, chunk):
    """Write down what labels are going to be of."""
    n_rows = rows.n_rows
    labels = task.classes if isinstance(task, Classification) else None
    return {
        "format": 1,
        "version": __version__,
        "teacher": [type(teacher).__name__, key or _key(teacher)],
        "data": rows.identity(),
        "columns": columns,
        "named": names,
        "classes": None if labels is None else _listed(labels),
        "outputs": task.names if labels is None else list(map(str, labels)),
        "chunk": None if n_rows is None else chunk,
        "n_rows": n_rows,
        "n_parts": rows.n_parts or -(-n_rows // chunk),
        "place": rows.path and os.path.abspath(rows.path),
    }


def _key(teacher):
    """Make what a teacher is recognised by."""
    try:
        return key_of_teacher(teacher)
    except Exception as error:
        raise TypeError(
            f"The teacher {type(teacher).__name__} cannot be hashed, so that a later "
            "run would not recognise it "
            f"({type(error).__name__}: {printable(error)}). Define its class at the "
            "top of a module, or give it an attribute cache_key, a string that names "
            "its version."
        ) from error


def _listed(classes):
    """Write labels down, so that the same come back."""
    kinds = (str, bool, int, float)
    labels = classes.tolist()
    if not all(isinstance(label, kinds) for label in labels):
        raise ValueError(
            f"The classes {show(labels)} cannot be written down: labels are to be "
            "strings, numbers or truth values. Fit the teacher on such."
        )
    return [labels, classes.dtype.str]


def _check_out(out):
    """Give the name of a folder."""
    if not isinstance(out, (str, os.PathLike)):
        raise TypeError(f"out must be the name of a folder, got {show(out)}.")
    out = os.fsdecode(out)
    if not out.strip():
        raise ValueError("out is empty: pass the name of a folder.")
    try:
        os.stat(out)
    except FileNotFoundError:  # it is made
        pass
    except (OSError, ValueError) as error:  # below a file, too long, a null character
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"out={show(out)} can be no folder: {reason}.") from error
    return out


def _refuse_out_among_rows(out, rows):
    """Refuse a folder in which the labels would be taken for rows."""
    if rows.holds(out):
        raise ValueError(
            f"out={show(out)} is in the folder of the rows, {show(rows.place)}, where "
            "labels would be taken for rows: name a folder beside it, or one whose "
            "name begins with an underscore."
        )


def _check_chunk_size(chunk_size, rows):
    """Refuse what is no number of rows, and any for partitions."""
    size = check_number("chunk_size", chunk_size, least=1, most=MOST, whole=True)
    if rows.n_rows is None:
        raise ValueError(
            f"chunk_size={show(chunk_size)} cuts no DataFrame of Dask, whose "
            "partitions are the parts: leave it out, or data.repartition(...) first."
        )
    return size


class _Shape:
    """What has as many columns as the rows, to choose how many go into a part."""

    def __init__(self, width):
        self.shape = (None, width)
