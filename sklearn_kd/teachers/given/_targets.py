"""Soft targets that the user has: ``teacher_proba`` and ``teacher_pred`` of ``fit``."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._tables.columns import numeric_block
from sklearn_kd._tables.containers import as_column, as_values
from sklearn_kd._tables.frames import are_numbered, column_names, is_frame, is_reordered
from sklearn_kd._task.class_names import match_columns
from sklearn_kd._task.proba import as_array, check_proba, plain_label
from sklearn_kd.targets import SoftPredictions, SoftTargets


def read_teacher_proba(teacher_proba, rows, present):
    """Check precomputed probabilities and bring them into our class order.

    Parameters
    ----------
    teacher_proba : array-like or DataFrame of shape (n_samples, n_classes)
        An array has its columns in sorted class order, and so has a DataFrame of as
        many columns that pandas has numbered. Else the columns of a DataFrame, or of a
        table of Arrow, are named by the classes, in any spelling and order, and those
        of :class:`SoftTargets` by its classes; it may have columns for classes that are
        not in ``y``, as in a fold that lacks one: the others then share their mass.
        Rows of weight 0 are not looked at.
    rows : TransferSet
        The labelled rows.
    present : Present
        Which these are of the rows that ``fit`` got.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float32
        Rows that sum to 1.

    Raises
    ------
    ValueError
        For another shape, NaN, negative numbers, rows that do not sum to 1, columns
        that are not named by the classes, mass in a column that names no class in ``y``
        while a class in ``y`` has no column, and probabilities that do not fit ``y``
        (as for a fitted teacher).
    """
    classes, teacher_proba = (
        rows.task.classes,
        as_values(teacher_proba, "teacher_proba"),
    )
    columns, source = column_names(teacher_proba), list(classes)
    if isinstance(teacher_proba, SoftTargets):
        columns, teacher_proba = teacher_proba.classes.tolist(), teacher_proba.proba
    named = columns is not None
    if named:
        source = match_columns(columns, classes)
        if are_numbered(columns, teacher_proba):  # by pandas, and not named
            named = False
            source = list(classes) if len(source) == len(classes) else source
        if not set(source) & set(classes.tolist()):
            raise ValueError(
                f"The columns of teacher_proba are {show(columns)}, and none of them "
                f"is one of the classes in y, {show(classes)}. Name each column by its "
                "class, or pass an array with columns in sorted class order. "
                '(cross_val_predict(method="predict_proba") numbers the classes 0, 1, '
                "2, ... first: name the columns so there.)"
            )
    given = _present_rows(teacher_proba, present)
    if is_frame(given):
        given = numeric_block(given, range(len(columns)))
    checked = check_proba(given, len(source), name="teacher_proba")
    predictions = rows.task.align(checked.astype(np.float32, copy=False), source)
    absent = _absent_mass(checked, source, classes) if named else None
    rows.task.check_match(predictions, rows.hard, name="teacher_proba", absent=absent)
    return rows.task.fill(predictions.outputs, rows.hard, "teacher_proba")


def _absent_mass(proba, source, classes):
    """Give the mean mass of each column whose name is not among the classes."""
    ours = set(classes.tolist())
    mass = proba.mean(axis=0, dtype=np.float64)
    return {
        name: share
        for name, share in zip(source, mass.tolist(), strict=True)
        if plain_label(name) not in ours
    }


def _present_rows(given, present, name="teacher_proba"):
    """Take the rows that count, as they are: those of weight 0 are not checked."""
    if not (is_frame(given) or isinstance(given, (list, tuple))):
        given = as_array(given, name)
        if not given.ndim:
            return given  # which has no shape of predictions
    if len(given) != present.n_rows:
        raise ValueError(
            f"{name} has {len(given)} rows, expected one for each of the "
            f"{present.n_rows} rows of X."
        )
    return present.take(given)


def read_teacher_pred(teacher_pred, rows, present):
    """Check precomputed predictions of a regression.

    Parameters
    ----------
    teacher_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        As passed to ``fit``, or a :class:`SoftPredictions`. Rows of weight 0 are not
        looked at.
    rows : TransferSet
        The labelled rows.
    present : Present
        Which these are of the rows that ``fit`` got.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs), float64
        The predictions.

    Raises
    ------
    TypeError, ValueError
        For anything but finite numbers, another shape, and predictions on another scale
        than ``y``.
    """
    name = rows.task.given
    if isinstance(teacher_pred, SoftTargets):
        raise TypeError(
            f"{name} is {teacher_pred}, which holds class probabilities: pass numbers, "
            "or SoftPredictions."
        )
    if isinstance(teacher_pred, SoftPredictions):
        teacher_pred = teacher_pred.pred
    given = _present_rows(as_column(teacher_pred, name), present, name)
    predictions = rows.task.read_given(given)
    rows.task.check_match(predictions, rows.hard, name=name)
    return predictions.outputs


def check_index(given, X, name):
    """Refuse a frame whose rows are those of X in another order, by its index.

    Parameters
    ----------
    given : object
        A teacher's predictions, as the user passed them.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        All rows that ``fit`` got.
    name : str
        Of the parameter.

    Raises
    ------
    ValueError
        When both have an index, of the same labels in another order.
    """
    if is_reordered(given, X):
        raise ValueError(
            f"{name} has the index of X in another order, and rows are matched by "
            f"position. Pass {name}.loc[X.index]."
        )
