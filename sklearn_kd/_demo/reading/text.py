"""Read a text whose lines are rows, whatever separates fields and decimals."""

import warnings
from contextlib import suppress

from sklearn_kd._demo.error import DemoError

#: The names that --separator takes.
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " "}

_TRIED = (",", ";", "\t", "|")
_PADDED = r"\s*[+-]?0\d"
_ENCODINGS = ("utf-8", "utf-16", "cp1252")  # utf-16 needs a byte order mark


def read_text(path, target, separator, find):
    """Read a text as a table.

    Parameters
    ----------
    path : str
        The file.
    target : str
        The column to predict.
    separator : str or None
        Between fields, where the user named it.
    find : callable
        Gives for the names of the columns the position of the target, and the names of
        the columns of codes, which are read as strings.

    Returns
    -------
    tuple of (DataFrame, dict, list of str)
        The table, the options by which ``pandas.read_csv`` reads it, and notes.

    Raises
    ------
    DemoError
        For what is no table with such columns.
    """
    for encoding in _ENCODINGS:
        with suppress(UnicodeError):
            return _read(path, encoding, target, separator, find)
    raise DemoError(
        f"{path} is no text in UTF-8, in UTF-16 with a byte order mark or in cp1252: "
        "save it as UTF-8."
    )


def _read(path, encoding, target, separator, find):
    import pandas as pd

    names, separator = _header(path, encoding, target, separator)
    _, nominal = find(names)
    options, notes = {"sep": separator, "index_col": False, "low_memory": False}, []
    if encoding != "utf-8":
        options["encoding"] = encoding
    if encoding == "cp1252":
        notes.append(
            "read as cp1252, since it is not UTF-8: convert it if letters look odd"
        )
    if nominal:
        options["dtype"] = dict.fromkeys(nominal, "str")

    def read(**more):
        """Read the file; fields that would be cut off are errors."""
        with warnings.catch_warnings():  # of fields that would be cut off
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(path, **{**options, **more})

    try:
        frame = read()
    except pd.errors.ParserWarning:
        del options["index_col"]
        frame = read()
        if frame.index.nlevels > 1 or frame.iloc[:, -1].isna().any():
            raise DemoError(
                f"{path} has rows with more fields than its first line: name each "
                "column there."
            ) from None
        notes.append("the first field of each row has no name: taken for a row name")
    if separator != ",":
        with_commas = read(decimal=",")
        if _is_better(with_commas, frame, separator):
            frame, options["decimal"] = with_commas, ","
            notes.append("numbers have a decimal comma")
    if pd.api.types.is_numeric_dtype(frame[target]):
        # numbers would make one class of 01 and 1
        dtype = {**options.get("dtype", {}), target: "str"}
        as_text = read(dtype=dtype)
        padded = as_text[target].dropna()
        padded = padded[padded.str.match(_PADDED)]
        if len(padded):
            frame, options["dtype"] = as_text, dtype
            notes.append(
                f"{target!r} has leading zeros, as in {padded.iloc[0]!r}: its values "
                "are strings"
            )
    return frame.reset_index(drop=True), options, notes


def _header(path, encoding, target, given):
    """Give the names in the first line and the separator by which they are cut."""
    import pandas as pd

    found = []
    for separator in [given] if given else _TRIED:
        # a quote that is never closed, which may be one by another separator only
        with suppress(pd.errors.ParserError):
            row = pd.read_csv(
                path,
                sep=separator,
                encoding=encoding,
                header=None,
                nrows=1,
                dtype=str,
                keep_default_na=False,
            )
            names = row.iloc[0].tolist()
            found.append((target in names, len(names), names, separator))
    if not found:
        raise DemoError(f"{path} cannot be read: a quote in it is never closed.")
    _, n_names, names, separator = max(found, key=lambda one: one[:2])
    if n_names == 1 and names != [target]:
        tried = f"no {given!r}" if given else "neither comma, semicolon, tab nor '|'"
        raise DemoError(
            f"{path} has one column only, {names[0]!r}: there is {tried} in its first "
            "line. Name what separates its fields by --separator."
        )
    # as pandas names columns without a name
    return [name or f"Unnamed: {i}" for i, name in enumerate(names)], separator


def _is_better(with_commas, frame, separator):
    """Return whether a decimal comma makes numbers of strings, and no reverse."""
    numbers = set(frame.select_dtypes("number"))
    gained = set(with_commas.select_dtypes("number")) - numbers
    if not gained or not numbers <= set(with_commas.select_dtypes("number")):
        return False
    # "1,234" may be a thousand, unless fields are separated by semicolons
    return separator == ";" or any(
        frame[name].str.contains(r",(?!\d{3}\s*$)", na=False).any() for name in gained
    )
