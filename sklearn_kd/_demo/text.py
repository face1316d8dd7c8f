"""Read a text whose lines are rows, whatever separates fields and decimals."""

import io
import warnings
from collections import Counter

from sklearn_kd._demo.error import DemoError
from sklearn_kd._demo.separators import check_widths, find_layout

_DECIMAL = r"\s*[+-]?(?:\d*,\d+(?:[eE][+-]?\d+)?|\d+)\s*"
_THOUSANDS = r"\s*[+-]?[1-9]\d{0,2}(?:,\d{3})+\s*"

#: Values of a column that are looked at first, since most columns fail there.
_FEW = 100


def read_text(text, target, suffix, separator, path, encoding, find):
    """Read a text as a table.

    Parameters
    ----------
    text : str
        All of it, with ``\\n`` at the ends of lines.
    target : str
        The column with the labels.
    suffix : str
        The ending of the file, without that of its packing.
    separator : str or None
        Between fields, where the user named it.
    path : str
        The file, for messages and for the code.
    encoding : str or None
        Of the file; None is UTF-8.
    find : callable
        Gives for the names of the columns the position of the target, and the names of
        the columns of codes, which are read as strings.

    Returns
    -------
    tuple of (DataFrame, str, int, list of str, list of str)
        The table, the code that reads the file, the position of the target, the columns
        of codes, and notes.

    Raises
    ------
    DemoError
        For what is no table with such columns.
    """
    import pandas as pd

    if not text.strip():
        raise DemoError(f"{path} is empty.")
    try:
        layout = find_layout(text, target, suffix, separator)
        _check_names(layout, target, path, separator)
        place, nominal = find(layout.names)
        widths = check_widths(text, layout)
    except ValueError as error:
        raise DemoError(f"{path} cannot be read: {error}.") from error
    notes = []
    options = {}
    if layout.separator != ",":
        options["sep"] = layout.separator
    if layout.spaces:
        options["skipinitialspace"] = True
    if layout.skipped:
        options["skiprows"] = layout.skipped
    if widths.empty_end:
        options["index_col"] = False
    if widths.row_names:
        notes.append("the first field of each row has no name: taken for a row name")
    if widths.n_short:
        notes.append(
            f"{widths.n_short:,} rows have fewer fields than the header, the first in "
            f"line {widths.first_short}: what lacks is taken for missing"
        )
    if widths.question_marks:
        options["na_values"] = ["?"]
        notes.append("'?' is taken for a missing value")
    if nominal:
        options["dtype"] = dict.fromkeys(nominal, "str")

    def read(**more):
        with warnings.catch_warnings():
            # rows that end in a separator, which is known by now
            warnings.simplefilter("ignore", pd.errors.ParserWarning)
            return pd.read_csv(
                io.StringIO(text), low_memory=False, **options, **more
            ).reset_index(drop=True)

    frame = read()
    if _has_decimal_commas(frame, nominal, layout.separator):
        options["decimal"] = ","
        frame = read()
        notes.append("numbers have a decimal comma")
    missing = frame.iloc[:, place].isna()
    if missing.any():
        notes += _marks_note(
            layout.rows(text), place + widths.row_names, missing, target
        )
    if encoding not in (None, "utf-8-sig"):
        options["encoding"] = encoding
    written = "".join(f", {name}={value!r}" for name, value in options.items())
    frame, left_out = _leave_unnamed(frame, layout.names, place)
    place = list(frame.columns).index(target)
    code = f"pandas.read_csv({path!r}{written})"
    return frame, code, place, nominal, notes + left_out


def _check_names(layout, target, path, separator):
    names = [name for name in layout.names if name]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DemoError(f"{path} has two columns {twice!r}: rename one of them.")
    if len(layout.names) > 1 or names == [target]:
        return
    tried = "neither comma, semicolon, tab nor '|'"
    if separator is not None:
        tried = f"no {separator!r}"
    raise DemoError(
        f"{path} has one column only, {layout.names[0]!r}: there is {tried} in its "
        "first line. Name what separates its fields by --separator."
    )


def _has_decimal_commas(frame, nominal, separator):
    """Say whether fractions are written with a comma, and no number with a point."""
    found = False
    for name in frame.columns.difference(nominal):
        column = frame[name].dropna()
        if column.dtype.kind == "f" and (column % 1 != 0).any():
            return False
        if column.dtype.kind not in "OT" and not _is_text(column):
            continue
        for part in (column.iloc[:_FEW], column):
            values = part.astype(str).str
            if not len(part) or not values.fullmatch(_DECIMAL).all():
                break
        else:
            commas = column[values.contains(",")].astype(str)
            # "1,234" may be a thousand, unless fields are separated by semicolons
            plain = ~commas.str.fullmatch(_THOUSANDS)
            found |= bool(len(commas) and (separator == ";" or plain.any()))
    return found


def _is_text(column):
    from pandas.api.types import is_string_dtype

    return is_string_dtype(column)


def _marks_note(rows, place, missing, target):
    """Say what stands in the rows without a label, where it might be a class."""
    next(rows)
    values = (row[place].strip() for _, row in rows if len(row) > place)
    marks = Counter(
        value for value, gone in zip(values, missing, strict=False) if gone and value
    )
    if not marks:
        return []
    shown = ", ".join(f"{mark!r} {count:,} times" for mark, count in marks.items())
    return [
        f"among the rows without a value in {target!r}, {shown}: rename what is a class"
    ]


def _leave_unnamed(frame, names, place):
    """Leave out columns without a name that count the rows, or are empty."""
    notes, dropped = [], []
    for position, name in enumerate(names):
        if name.strip() or position == place:
            continue
        column = frame.iloc[:, position]
        counts = column.dtype.kind == "i" and len(column) > 1
        if counts and column.diff().iloc[1:].eq(1).all():
            notes.append(f"left out column {position + 1}: no name, numbers of rows")
            dropped.append(position)
        elif column.isna().all():
            notes.append(f"left out column {position + 1}: no name and no values")
            dropped.append(position)
    return frame.drop(columns=frame.columns[dropped]), notes
