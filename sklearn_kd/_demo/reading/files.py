"""Read a table of the user's: text, Parquet, Feather or JSON, packed or not."""

import codecs
import os
from dataclasses import dataclass, field
from pathlib import Path

from sklearn_kd._demo.error import DemoError, first_line
from sklearn_kd._demo.reading.names import find_nominal, find_target
from sklearn_kd._demo.reading.text import read_text

_TEXT = (".csv", ".tsv", ".tab", ".txt", ".dat", ".data")
_JSON = (".json", ".jsonl", ".ndjson")
_COLUMNS = {
    ".parquet": "read_parquet",
    ".pq": "read_parquet",
    ".feather": "read_feather",
    ".arrow": "read_feather",
}
_PACKED = (".gz", ".bz2", ".xz", ".zip", ".zst")
_REFUSED = {
    "a spreadsheet, which is not read here: save the sheet as .csv (UTF-8) and pass "
    "that": (".xlsx", ".xlsm", ".xls", ".ods", ".numbers"),
    "a pickle, which is not read here, since it could run code. If its source is safe: "
    "pandas.read_pickle(FILE).to_parquet('table.parquet')": (
        ".pkl",
        ".pickle",
        ".joblib",
    ),
}


@dataclass(frozen=True)
class Source:
    """A table as it was read.

    Parameters
    ----------
    frame : DataFrame of shape (n_samples, n_columns)
        All columns, the target among them.
    place : int
        Position of the target.
    nominal : list of str
        Columns that ``--nominal`` declares as codes.
    code : str
        What reads such a file, in Python, with pandas imported.
    notes : list of str
        Notes for the user on the reading.
    """

    frame: object
    place: int
    nominal: list
    code: str
    notes: list = field(default_factory=list)


def read_file(path, target, nominal, separator):
    """Read a file by its ending.

    Parameters
    ----------
    path : str
        The file.
    target : str
        Name of the column to predict.
    nominal : list of str
        As the user wrote them, see :func:`find_nominal`.
    separator : str or None
        Between the fields of a text, where the user named it.

    Returns
    -------
    Source
        The table, which may have no rows.

    Raises
    ------
    DemoError
        When it cannot be read, or has no such columns.
    """
    ending = _check(path)
    if separator is not None and ending not in _TEXT:
        raise DemoError(
            f"--separator is for text, such as .csv or .txt, and {path} is none. Leave "
            "it out."
        )

    def find(names):
        if not names:
            raise DemoError(f"{path} has no columns.")
        place = find_target(names, target, path, ending in _TEXT)
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise DemoError(f"{path} has two columns {twice!r}: rename one of them.")
        return place, find_nominal(names, nominal, target, path)

    reader, options, notes = _COLUMNS.get(ending), {}, []
    try:
        if ending in _TEXT:
            reader = "read_csv"
            frame, options, notes = read_text(path, target, separator, find)
        elif ending in _JSON:
            reader = "read_json"
            frame, options = _read_json(path, ending, target)
        else:
            frame = _read_columns(path, ending)
    except DemoError:
        raise
    except Exception as error:  # each reader has errors of its own
        raise DemoError(_reason(path, error)) from error
    written = "".join(f", {name}={value!r}" for name, value in options.items())
    code = f"pandas.{reader}({path!r}{written})"
    levels = [level for level in frame.index.names if level is not None]
    if levels:  # of a frame's index; one without a name only counts the rows
        every = len(levels) == frame.index.nlevels
        code = f"{code}.reset_index({'' if every else f'level={levels!r}'})"
        frame = frame.reset_index(level=levels, allow_duplicates=True)
        named = ", ".join(map(repr, levels))
        notes.append(f"the index of the frame in the file, {named}, is a column here")
    if not all(isinstance(name, str) for name in frame.columns):
        frame, code = frame.rename(columns=str), f"{code}.rename(columns=str)"
    return Source(frame, *find(list(frame.columns)), code, notes)


def _check(path):
    """Give the ending of a file that is there, without that of its packing."""
    if not path:
        raise DemoError("--data needs the name of a file, and got an empty one.")
    if os.path.isdir(path):
        raise DemoError(f"{path} is not a file but a folder: name a file in it.")
    if os.path.exists(path) and not os.path.isfile(path):
        raise DemoError(f"{path} is not a file.")
    try:
        with open(path, "rb") as stream:
            head = stream.read(4096)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DemoError(f"{path} does not exist.") from error
    except OSError as error:
        raise DemoError(_reason(path, error)) from error
    suffixes = [suffix.lower() for suffix in Path(path).suffixes[-2:]]
    packed = bool(suffixes) and suffixes[-1] in _PACKED
    ending = "".join(suffixes[:-1] if packed else suffixes[-1:])
    for reason, endings in _REFUSED.items():
        if ending in endings:
            raise DemoError(f"{path} is {reason}.")
    if ending not in _TEXT + _JSON and (packed or ending not in _COLUMNS):
        raise DemoError(
            f"{path}: expected a file that ends in .csv, .tsv, .txt, .parquet, "
            ".feather, .json or .jsonl (text and JSON may be packed, such as .csv.gz). "
            "Convert it first, for example by pandas."
        )
    if not head.strip():
        raise DemoError(f"{path} is empty.")
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if ending in _TEXT and not packed and b"\0" in head and not marked:
        raise DemoError(
            f"{path} is no text: it holds zero bytes. Name a text, or give the file "
            "the ending of what it is."
        )
    return ending


def _read_columns(path, ending):
    import pandas as pd

    try:
        return getattr(pd, _COLUMNS[ending])(path)
    except ImportError as error:
        raise DemoError(
            f"Reading {ending} files needs pyarrow, which is not installed: "
            "pip install 'sklearn-kd[demo]'"
        ) from error


def _read_json(path, ending, target):
    """Give the frame and the options, whether a file has an object a line or a list."""
    import pandas as pd

    # types are those of the file: its strings are not parsed
    options = {
        "dtype": False,
        "convert_axes": False,
        "precise_float": True,
        "encoding": "utf-8-sig",
    }
    expected = "xpected a list of objects, one a row, or such an object a line."
    parsed = False
    for lines in (False, True) if ending == ".json" else (True, False):
        try:
            frame = pd.read_json(path, lines=lines, **options)
        except (AttributeError, TypeError):  # of a list with an object and a number
            parsed = True
        except ValueError as error:
            reason = error
        else:
            if _has_objects(frame, target):
                return frame, {"lines": lines, **options}
            parsed = True
    if parsed:
        raise DemoError(f"{path} cannot be read: e{expected}")
    raise DemoError(f"{_reason(path, reason)}. E{expected}") from reason


def _has_objects(frame, target):
    """Return whether a frame has objects with names, and no lists or values."""
    if not all(isinstance(name, str) for name in frame.columns):
        return False
    first = frame.iloc[0].tolist() if len(frame) else []
    nested = bool(first) and all(isinstance(value, (dict, list)) for value in first)
    # an object a column, which is the name of a row, or an object around the rows
    return target in frame.columns or not (target in frame.index or nested)


def _reason(path, error):
    """Describe in a line why a file cannot be read."""
    if isinstance(error, MemoryError):
        return f"{path} does not fit into memory."
    reason = getattr(error, "strerror", None) or first_line(error)
    reason = reason.removeprefix("Error tokenizing data. C error: ")
    if reason.startswith("No columns to parse"):
        return f"{path} is empty."
    if reason.startswith("Expected") and "saw" in reason:
        reason += (
            ". Put fields that contain the separator in double quotes, or name "
            "another by --separator"
        )
    return f"{path} cannot be read: {reason}"
