"""Soft targets that the user has: ``fit(X, y, teacher_proba=P)``."""

import numpy as np

from sklearn_kd._columns import is_frame, numeric_block
from sklearn_kd.targets import align_proba, check_proba, match_columns
from sklearn_kd.teachers._answer import are_numbered
from sklearn_kd.teachers._asked import Knowledge
from sklearn_kd.teachers._label import Labels
from sklearn_kd.teachers._trust import check_match, fill_silent_rows


def read_teacher_proba(teacher_proba, lesson):
    """Check precomputed probabilities and bring them into our class order.

    Parameters
    ----------
    teacher_proba : array-like or DataFrame of shape (n_samples, n_classes)
        An array has its columns in sorted class order, and so has a DataFrame of as
        many columns that pandas has numbered. Else the columns of a DataFrame are named
        by the classes, as they are or as strings, in any order; it may have columns for
        classes that are not in ``y``.
    lesson : Lesson
        The labelled rows.

    Returns
    -------
    Knowledge
        The probabilities, and no teacher.

    Raises
    ------
    ValueError
        For another shape, NaN, negative numbers, rows that do not sum to 1, columns
        that are not named by the classes, and probabilities that do not fit ``y`` (as
        for a fitted teacher).
    """
    classes = lesson.classes
    if is_frame(teacher_proba):
        columns = list(teacher_proba.columns)
        given = numeric_block(teacher_proba, range(len(columns)))
        source = match_columns(columns, classes)
        if len(source) == len(classes) and are_numbered(columns, teacher_proba):
            source = list(classes)
        if not set(source) & set(classes.tolist()):
            raise ValueError(
                f"The columns of teacher_proba are {columns[:5]}, and none of them is "
                f"one of the classes in y, {classes.tolist()[:5]}. Name each column by "
                "its class, or pass an array with columns in sorted class order."
            )
    else:
        given, source = teacher_proba, list(classes)
    proba = check_proba(given, len(source), name="teacher_proba")
    if len(proba) != lesson.n_given:
        raise ValueError(
            f"teacher_proba has {len(proba)} rows, expected one for each of the "
            f"{lesson.n_given} rows of X."
        )
    if len(lesson.y) < lesson.n_given:
        proba = proba[lesson.given]
    proba, outside, known = align_proba(
        proba.astype(np.float32, copy=False), source, classes
    )
    check_match(Labels(proba, outside, known), lesson, name="teacher_proba")
    proba = fill_silent_rows(proba, lesson, name="teacher_proba")
    return Knowledge(proba=proba)


def check_index(teacher_proba, X):
    """Refuse a frame whose rows are those of X in another order, by its index.

    Parameters
    ----------
    teacher_proba : object
        As the user gave it.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        All rows that ``fit`` got.

    Raises
    ------
    ValueError
        When both have an index, of the same labels in another order.
    """
    ours, theirs = getattr(X, "index", None), getattr(teacher_proba, "index", None)
    if ours is None or theirs is None or not hasattr(theirs, "equals"):
        return
    if not theirs.equals(ours) and theirs.sort_values().equals(ours.sort_values()):
        raise ValueError(
            "teacher_proba has the index of X in another order, and rows are matched "
            "by position. Pass teacher_proba.loc[X.index]."
        )
