"""The table that the demo runs on: one that ships, or a file of the user's."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from sklearn_kd._demo.error import DemoError, first_line
from sklearn_kd._demo.reading.files import read_file
from sklearn_kd._demo.reading.names import find_nominal
from sklearn_kd._demo.reading.shipped import SHIPPED
from sklearn_kd._demo.reading.targets import read_target
from sklearn_kd._demo.tasks import TASKS, TEST_SHARE
from sklearn_kd._messages import printable
from sklearn_kd._tables.columns import column_kinds, numeric_block
from sklearn_kd._tables.doubtful_levels import check_levels

#: Parts of the package's messages about frames, and what they are for a file.
_IN_A_FILE = {
    "Convert what is a number: X.astype(float)": (
        "Convert in the file what is a number to a plain number"
    ),
    "give it the dtype category.": "pass --nominal COLUMN.",
    "in front of both teacher and student": "in the file",
}


@dataclass(frozen=True)
class Table:
    """A table to learn from.

    Parameters
    ----------
    name : str
        What it is called in the output.
    X : DataFrame of shape (n_samples, n_features)
        The columns to learn from.
    y : ndarray of shape (n_samples,)
        Labels, or numbers.
    task : {"classification", "regression"}
        What they are for.
    target : str
        Name of the column that they come from.
    kinds : list of {"numeric", "nominal"}
        What each column of ``X`` is.
    notes : list of str
        What had to be done to the rows, and what to mind.
    code : str
        What reads such a table, in Python.
    warned : frozenset
        Names of the columns that the notes warn of.
    """

    name: str
    X: object
    y: np.ndarray
    task: str
    target: str
    kinds: list
    notes: list
    code: str
    warned: frozenset

    def split(self, seed):
        """Give X_train, X_test, y_train, y_test: 70 and 30 percent, of each class."""
        strata = TASKS[self.task].strata(self.y)
        return train_test_split(
            self.X, self.y, test_size=TEST_SHARE, stratify=strata, random_state=seed
        )


def shipped_table(name, nominal=()):
    """Load a table that needs no file; `nominal` is as the user wrote it."""
    title, X, y, code = SHIPPED[name]()
    found = find_nominal(list(X.columns), nominal, str(y.name), title)
    return _build(title, X, y, found, code, [])


def read_table(path, target, nominal=(), separator=None, task=None):
    """Read and check a table of the user's.

    Parameters
    ----------
    path : str
        A file with text, Parquet, Feather or JSON.
    target : str
        Name of the column to predict.
    nominal : list of str, default=()
        Columns to be taken for levels, as the user wrote them.
    separator : str, default=None
        Between the fields of a text; None finds out.
    task : {"classification", "regression"}, default=None
        What to take the target for; None finds out.

    Returns
    -------
    Table
        Its rows, those without a target left out.

    Raises
    ------
    DemoError
        When it cannot be read, or there is nothing to learn.
    """
    source = read_file(path, target, nominal, separator)
    frame, place, notes = source.frame, source.place, list(source.notes)
    if len(frame) == 0:
        raise DemoError(f"{path} has no rows.")
    y, X = frame.iloc[:, place], frame.drop(columns=frame.columns[place])
    if X.shape[1] == 0:
        raise DemoError(f"{path} has no column besides {target!r}: nothing to learn.")
    missing = y.isna().to_numpy()
    if missing.all():
        raise DemoError(f"Column {target!r} of {path} has no values.")
    if missing.any():
        notes.append(f"left out {missing.sum():,} rows without a value in {target!r}")
        X, y = X[~missing], y[~missing]
    name = printable(Path(path).name)
    n_left_out = int(missing.sum())
    return _build(name, X, y, source.nominal, source.code, notes, task, n_left_out)


def _build(name, X, y, nominal, code, notes, task=None, n_left_out=0):
    values, task, found = read_target(y, task, n_left_out)
    X = X.assign(**{column: _as_levels(X[column]) for column in nominal})
    try:
        kinds = column_kinds(X)
        numeric = [j for j, kind in enumerate(kinds) if kind == "numeric"]
        infinite = np.isinf(numeric_block(X, numeric)).any(axis=0)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warned = check_levels(X, kinds)
    except (TypeError, ValueError) as error:
        raise DemoError(_for_a_file(first_line(error))) from error
    if infinite.any():
        column = X.columns[numeric[int(infinite.argmax())]]
        raise DemoError(f"Column {column!r} holds infinity: make it a missing value.")
    notes = [*notes, *found, *(_for_a_file(str(warning.message)) for warning in caught)]
    X = _without_na(X, kinds)
    return Table(name, X, values, task, str(y.name), kinds, notes, code, warned)


def _for_a_file(message):
    """Rewrite a message about a frame for a user of the command."""
    for words, others in _IN_A_FILE.items():
        message = message.replace(words, others)
    return message


def _as_levels(column):
    """Make a column of dtype category, whose levels are those of its values."""
    if column.dtype.name == "category":
        return column
    if column.dtype.kind in "mM":
        raise DemoError(
            f"--nominal: column {column.name!r} has dtype {column.dtype}, and dates "
            "and durations are no codes. Make numbers or strings of them in the file."
        )
    values = column.astype(object).where(column.notna(), None)
    try:
        return values.astype("category")
    except TypeError as error:
        raise DemoError(
            f"--nominal: column {column.name!r} holds values that are no levels: "
            f"{first_line(error)}"
        ) from error


def _without_na(X, kinds):
    """Write ``pandas.NA`` among levels as None: scikit-learn's encoders refuse NA."""
    from pandas import NA

    nominal = [name for name, kind in zip(X, kinds, strict=True) if kind == "nominal"]
    nullable = [name for name in nominal if getattr(X[name].dtype, "na_value", 0) is NA]
    return X.assign(
        **{
            name: X[name].astype(object).where(X[name].notna(), None)
            for name in nullable
        }
    )
