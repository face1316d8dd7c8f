"""A teacher's predictions: how it is asked, and the label of each column."""

from dataclasses import dataclass

import numpy as np

from sklearn_kd._compat import num_samples
from sklearn_kd._messages import show
from sklearn_kd._run.random import contained_draws
from sklearn_kd._tables.frames import are_numbered, column_names
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd._tables.unreadable import REFUSALS, is_odd, refused_by
from sklearn_kd._task.class_names import class_order, match_columns, refuse_some
from sklearn_kd._task.proba import check_proba


@dataclass(frozen=True)
class Predictions:
    """A teacher's predictions in our class order.

    Parameters
    ----------
    outputs : ndarray of shape (n_samples, n_classes), float
        Class probabilities; a row is zero where the teacher puts all mass on classes
        that are not ours.
    outside : ndarray of shape (n_samples,), float64
        Mass on classes that are not ours, before it was removed.
    known : ndarray of shape (n_classes,), bool, or None
        Which of our classes the teacher has; None in a regression.
    """

    outputs: np.ndarray
    outside: np.ndarray
    known: np.ndarray


def predict_by(teacher, X, given_classes, wanted):
    """Predict probabilities of rows; give them, and labels, as :func:`read_proba`."""
    returned = ask(teacher, "predict_proba", X)
    return read_proba(
        teacher, returned, num_samples(X), given_classes=given_classes, wanted=wanted
    )


def ask(teacher, method, X):
    """Call a method of a teacher with a copy of the rows, draws contained.

    Parameters
    ----------
    teacher : object
        Fitted; it may write into the copy that it gets.
    method : str
        Its name.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    object
        What it returned.

    Raises
    ------
    Exception
        Whatever the teacher raises; for rows of a kind that few libraries read, the
        message names it.
    """
    try:
        with contained_draws(0, teacher):
            return getattr(teacher, method)(copy_rows(X))
    except REFUSALS as error:
        if not is_odd(X):
            raise
        side = f"The teacher {type(teacher).__name__}"
        raise refused_by(side, X, error) from error


def read_proba(
    teacher, returned, n_rows, *, given_classes=None, wanted=None, name=None
):
    """Check what ``predict_proba`` returned, and find the labels of its columns.

    Parameters
    ----------
    teacher : object
        Fitted.
    returned : array-like or DataFrame of shape (n_rows, n_classes)
        What its ``predict_proba`` returned; lists of numbers, one a row, count as rows.
    n_rows : int
        How many rows it was given.
    given_classes, wanted
        As for :func:`classes_of`.
    name : str or None, default=None
        What the messages call the probabilities.

    Returns
    -------
    proba : ndarray of shape (n_rows, n_classes), float32 or float64
        The probabilities.
    labels : list of length n_classes
        The label of each column.

    Raises
    ------
    ValueError
        For probabilities of several outputs, for columns without a name or that two
        sources name differently, for another number of rows, and for what
        :func:`~sklearn_kd._task.proba.check_proba` refuses.
    """
    if name is None:
        name = f"predict_proba of the teacher {type(teacher).__name__}"
    if has_outputs(returned):
        raise ValueError(
            f"{name} returned a {type(returned).__name__}: a multi-output teacher is "
            "not supported. Fit one teacher per output."
        )
    labels = classes_of(teacher, returned, given_classes, wanted)
    if labels is None:
        raise ValueError(
            f"The label of each column of {name} is unknown: the teacher has no "
            "classes_ and returns no DataFrame. Pass teacher_classes=[...] where it is "
            "fitted; where it is not, its fit has to set classes_."
        )
    proba = check_proba(returned, len(labels), name=name)
    if len(proba) != n_rows:
        raise ValueError(f"{name} returned {len(proba)} rows for {n_rows} rows of X.")
    return proba, labels


def has_outputs(returned):
    """Return whether a sequence holds tables, one for each of several outputs.

    A list of rows, as a service returns it in JSON, is one table.
    """
    return (
        isinstance(returned, (list, tuple))
        and len(returned) > 0
        and _depth(returned) > 2
    )


def _depth(values):
    """Count the dimensions of nested sequences along their first elements."""
    depth = 0
    while isinstance(values, (list, tuple)):
        depth += 1
        if not values:
            return depth
        values = values[0]
    return depth + len(getattr(values, "shape", ()))


def classes_of(teacher, returned, given_classes, wanted=None):
    """Find the labels of a teacher's columns.

    Parameters
    ----------
    teacher : object
        A fitted teacher.
    returned : array-like or DataFrame of shape (n_samples, n_classes), or None
        What its ``predict_proba`` returned.
    given_classes : array-like of shape (n_classes,) or None
        ``teacher_classes`` of the user: one label for each of the ``classes_`` of the
        teacher, where it has some, else for each column. They count instead of
        ``classes_``: a teacher that was fitted on encoded labels has codes for these.
    wanted : ndarray of shape (n_classes,) or None, default=None
        Our labels, which the columns of a DataFrame may name in any spelling.

    Returns
    -------
    list or None
        One label a column; None when they are unknown.

    Raises
    ------
    ValueError
        Where some, but not all, of the column names of a DataFrame name classes.

    Notes
    -----
    Column names that are the classes in another order, in any spelling that
    :func:`~sklearn_kd._task.class_names.class_order` reads, decide the order of the
    columns, which may change from call to call. Names that share nothing with the
    classes are ignored, and so is the default index of a pandas DataFrame: then the
    columns are in the order of the classes.
    """
    own = getattr(teacher, "classes_", None)
    own = None if own is None else list(own)
    given = None if given_classes is None else list(given_classes)
    names = column_names(returned)
    if own is None and given is None:
        if names is None:
            return None
        return names if wanted is None else match_columns(names, wanted)
    labels = own if given is None else given
    if names is None or are_numbered(names, returned):
        return labels
    by_label, by_code = class_order(names, labels), None
    known = [labels]
    if given is not None and own is not None and len(own) == len(given):
        by_code = class_order(names, own)
        known = [own, labels]
    if not (by_label or by_code):
        for classes in known:
            refuse_some(names, classes, "predict_proba")
        return labels
    if by_label and by_code and by_label != by_code:
        raise ValueError(
            f"The columns of predict_proba are named {show(names)}, the classes_ of "
            f"{type(teacher).__name__} are {show(own)}, and teacher_classes are "
            f"{show(given)}: the names could be either. Have the teacher return an "
            "array, or leave teacher_classes out."
        )
    return [labels[place] for place in by_code or by_label]
