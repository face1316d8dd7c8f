"""The column to predict: whether it holds classes or numbers, and what is wrong."""

import numpy as np

from sklearn_kd._demo.error import DemoError
from sklearn_kd._demo.tasks import TASKS
from sklearn_kd._messages import show

#: So many different whole numbers are classes.
FEW = 20

#: And so many are if they look like codes of classes: 0, 1, 2, ... or 1, 2, 3, ... with
#: no gap, each at least twice. Ages, scores and counts do not as a rule.
MANY = 100


def read_target(y, task, n_left_out):
    """Read the column to predict, after making sure that it can be.

    Parameters
    ----------
    y : Series of shape (n_samples,)
        The column, without missing values.
    task : {"classification", "regression"} or None
        What the user wants; None finds out.
    n_left_out : int
        Rows that were left out without a value in it, for the messages.

    Returns
    -------
    values : ndarray of shape (n_samples,)
        Labels, or numbers as float64.
    task : {"classification", "regression"}
        What they are for.
    notes : list of str
        How that was found out, where it may be wrong.

    Raises
    ------
    DemoError
        For values that can be neither, or not what the user wants.
    """
    if hasattr(y, "cat"):
        y = y.astype(y.cat.categories.dtype)
    values = y.tolist()
    types = {type(value).__name__ for value in values}
    if len(types) > 1 or not types <= {"str", "int", "float", "bool"}:
        raise DemoError(
            f"Column {y.name!r} holds values of type {', '.join(sorted(types))}: what "
            "is predicted is all strings, all numbers or all booleans."
        )
    labels = np.array(values, dtype=object if types == {"str"} else None)
    are_numbers, notes = types <= {"int", "float"}, []
    if are_numbers:
        task, notes = _task_of_numbers(y.name, _as_numbers(y.name, labels), task)
    task = task or "classification"
    values = _as_numbers(y.name, labels) if task == "regression" else labels
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) < 2:
        noun, left_out = TASKS[task].noun, ""
        if n_left_out:
            left_out = (
                f" {n_left_out:,} rows are left out that have no value in it, where "
                f"NA, NaN, None, null and empty fields are none: write such a {noun} "
                "otherwise."
            )
        raise DemoError(
            f"Column {y.name!r} has one {noun} only: {show(distinct[0])}. Name a "
            f"column with two or more.{left_out}"
        )
    advice = ""
    if are_numbers:
        advice = " Or take its values for numbers by --task regression."
    TASKS[task].check(y.name, distinct, counts, advice)
    return values, task, notes


def _task_of_numbers(name, numbers, task):
    """Give the task of a column of numbers, and a note where it may be the other."""
    distinct, counts = np.unique(numbers, return_counts=True)
    with_decimals = distinct[distinct % 1 != 0]
    held = f"{name!r} holds {len(distinct):,} different numbers"
    if len(with_decimals):
        if task == "classification":
            raise DemoError(
                f"Column {name!r} holds {show(with_decimals[0])}, which is no class: "
                "only strings and whole numbers are. Leave out --task classification, "
                "or put its values into classes first."
            )
        return "regression", [f"{held}, some with decimals: a regression"]
    if task is not None:
        return task, []
    if len(distinct) <= FEW:
        return "classification", []
    gapless = distinct[0] in (0, 1) and np.all(np.diff(distinct) == 1)
    if gapless and counts.min() > 1 and len(distinct) <= MANY:
        other = "--task regression takes them for numbers"
        return "classification", [f"{held}, taken for codes of classes; {other}"]
    other = "--task classification takes them for classes"
    return "regression", [f"{held}: a regression; {other}"]


def _as_numbers(name, values):
    """Give the numbers of a regression; strings of digits are some."""
    try:
        if values.dtype == bool:
            raise ValueError
        numbers = values.astype(np.float64)
    except ValueError as error:
        raise DemoError(
            f"Column {name!r} holds {show(values[0])}, and --task regression needs "
            "numbers. Leave it out."
        ) from error
    if not np.isfinite(numbers).all():
        raise DemoError(
            f"Column {name!r} holds infinity, which cannot be learned: leave these "
            "rows out."
        )
    return numbers
