"""The input of a saved student: its columns, their types, and the code to use it."""

from sklearn_kd._messages import printable

#: Columns, and levels of one, that are printed, of more.
_COLUMNS, _LEVELS = 20, 4


def columns_wanted(table):
    """Return which columns a student of a table predicts from.

    Parameters
    ----------
    table : Table
        Where its rows come from.

    Returns
    -------
    list of str
        Lines.
    """
    names = [printable(repr(name)) for name in table.X.columns[:_COLUMNS]]
    lines = [f"It predicts {table.target!r} from a pandas DataFrame with the columns"]
    for position, name in enumerate(names):
        column = table.X.iloc[:, position]
        what = f"number ({column.dtype})"
        if table.kinds[position] == "nominal":
            what = _levels(column)
        lines.append(f"  {name:{max(map(len, names))}}  {what}")
    if table.X.shape[1] > _COLUMNS:
        lines.append(f"  and {table.X.shape[1] - _COLUMNS} more")
    lines.append("which the file has as feature_names_in_, encoder_.kinds_ and")
    lines.append("encoder_.levels_. Missing values are accepted. In Python:")
    return lines


def code_to_predict(table, path):
    """Write the code that loads a student and predicts the rows of its table.

    Parameters
    ----------
    table : Table
        Where its rows come from.
    path : str
        The file with the student.

    Returns
    -------
    list of str
        Lines that run as they are, where both files are.
    """
    module = table.code.partition("(")[0].rpartition(".")[0]
    return [
        "import joblib",
        f"import {module}",
        f"student = joblib.load({path!r})",
        f"frame = {table.code}",
        "print(student.predict(frame[student.feature_names_in_]))",
    ]


def _levels(column):
    levels = column.dropna().unique().tolist()
    kind = type(levels[0]).__name__ if levels else "str"
    shown = ", ".join(printable(repr(level)) for level in levels[:_LEVELS])
    more = f" and {len(levels) - _LEVELS} more" if len(levels) > _LEVELS else ""
    return f"level ({kind}): {shown}{more}"
