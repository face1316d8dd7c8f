"""Read a table of the user's: text, Parquet, Feather or JSON, packed or not."""

import bz2
import codecs
import gzip
import io
import lzma
import os
import zipfile
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from sklearn_kd._demo.error import DemoError, first_line
from sklearn_kd._demo.names import find_nominal, find_target
from sklearn_kd._demo.text import read_text

_TEXT = (".csv", ".tsv", ".tab", ".txt", ".dat", ".data")
_JSON = (".json", ".jsonl", ".ndjson")
_PARQUET, _FEATHER = (".parquet", ".pq"), (".feather", ".arrow")
_PACKED = (".gz", ".bz2", ".xz", ".zip", ".zst")
_SHEETS = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")
_PICKLES = (".pkl", ".pickle", ".joblib")

_READABLE = (
    "expected a file that ends in .csv, .tsv, .txt, .parquet, .feather, .json or "
    ".jsonl (text and JSON may be packed, as .csv.gz say)"
)

#: How other files than texts begin.
_STARTS = {
    b"\x1f\x8b": ".gz",
    b"PK\x03\x04": ".zip",
    b"BZh": ".bz2",
    b"\xfd7zXZ": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"PAR1": ".parquet",
    b"ARROW1": ".feather",
    b"\xd0\xcf\x11\xe0": ".xls",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # it begins as the one of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


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
        Columns that ``--nominal`` says are codes.
    code : str
        What reads such a file, in Python, with pandas imported.
    notes : list of str
        What the user should know of the reading.
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
        Name of the column with the labels.
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
    ending, packing = _check(path)
    if separator is not None and ending not in _TEXT:
        raise DemoError(
            f"--separator is for text, such as .csv or .txt, and {path} is none. Leave "
            "it out."
        )

    def find(names):
        place = find_target(names, target, path)
        return place, find_nominal(names, nominal, target, path)

    try:
        if ending in _TEXT:
            text, encoding, notes = _decode(_bytes(path, packing), path)
            read = read_text(text, target, ending, separator, path, encoding, find)
            frame, code, place, found = read[:4]
            return Source(frame, place, found, code, notes + read[4])
        frame, code = _read(path, ending, packing)
    except DemoError:
        raise
    except ImportError as error:
        raise DemoError(
            f"Reading {ending}{packing} files needs pyarrow, which is not installed: "
            "pip install 'sklearn-kd[demo]'"
        ) from error
    except MemoryError as error:
        raise DemoError(f"{path} does not fit into memory.") from error
    except OSError as error:
        raise DemoError(
            f"{path} cannot be read: {error.strerror or first_line(error)}"
        ) from error
    except Exception as error:  # each reader has errors of its own
        raise DemoError(f"{path} cannot be read: {first_line(error)}") from error
    if not all(isinstance(name, str) for name in frame.columns):
        frame, code = frame.rename(columns=str), f"{code}.rename(columns=str)"
    names = list(frame.columns)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DemoError(f"{path} has two columns {twice!r}: rename one of them.")
    place, found = find(names)
    return Source(frame, place, found, code)


def _check(path):
    """Give the ending and the packing of a file that is there."""
    if not path:
        raise DemoError("--data needs the name of a file, and got an empty one.")
    try:
        os.stat(path)
    except OSError as error:
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            raise DemoError(f"{path} cannot be read: {error.strerror}") from error
        raise DemoError(f"{path} does not exist{_near(path)}") from error
    if os.path.isdir(path):
        raise DemoError(f"{path} is not a file but a folder: name a file in it.")
    if not os.path.isfile(path):
        raise DemoError(f"{path} is not a file.")
    suffixes = [suffix.lower() for suffix in Path(path).suffixes[-2:]]
    packing = suffixes.pop() if suffixes and suffixes[-1] in _PACKED else ""
    ending = suffixes[-1] if suffixes else ""
    if ending in _SHEETS:
        raise DemoError(
            f"{path} is a spreadsheet, which is not read here: save the sheet as .csv "
            "(UTF-8) and pass that."
        )
    if ending in _PICKLES:
        raise DemoError(
            f"{path} is a pickle, which is not read here, since it could run code. If "
            "you trust it: pandas.read_pickle(FILE).to_parquet('table.parquet')"
        )
    known = _TEXT + _JSON + (() if packing else _PARQUET + _FEATHER)
    if ending not in known:
        raise DemoError(f"{path}: {_READABLE}. Convert it first, by pandas say.")
    return ending, packing


def _near(path):
    if "://" in path:
        return " here: download it first."
    folder = Path(path).parent
    names = os.listdir(folder) if folder.is_dir() else []
    close = get_close_matches(Path(path).name, names, n=1)
    if not close:
        return "."
    return f": did you mean {os.path.join(os.path.dirname(path), close[0])}?"


def _bytes(path, packing):
    if packing == ".zip":
        with zipfile.ZipFile(path) as archive:
            inside = [
                name
                for name in archive.namelist()
                if not name.endswith("/") and not name.startswith("__MACOSX/")
            ]
            if len(inside) != 1:
                raise DemoError(
                    f"{path} holds {len(inside)} files: expected one. Unpack it, and "
                    "name the file."
                )
            return archive.read(inside[0])
    if packing == ".zst":
        from pyarrow import input_stream

        with input_stream(path, compression="zstd") as stream:
            return stream.read()
    openers = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open, "": open}
    with openers[packing](path, "rb") as stream:
        return stream.read()


def _decode(data, path):
    """Give text, the name of its encoding for pandas (None: UTF-8) and notes."""
    for start, ending in _STARTS.items():
        if data.startswith(start):
            raise DemoError(
                f"{path} is no text: it begins as a {ending} file does. Give it that "
                "ending (of .xlsx files, which are .zip files, save a sheet as .csv)."
            )
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _one_newline(data.decode(encoding)), encoding, []
    head = data[:4096]
    if b"\0" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if 10 * min(even, odd) > max(even, odd) or 6 * max(even, odd) < len(head):
            raise DemoError(f"{path} is no text: it holds zero bytes.")
        encoding = "utf-16-le" if odd > even else "utf-16-be"
        return _one_newline(data.decode(encoding)), encoding, []
    try:
        return _one_newline(data.decode("utf-8")), None, []
    except UnicodeDecodeError:
        pass
    try:
        text, encoding = data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:  # five bytes mean nothing in it
        text, encoding = data.decode("latin-1"), "latin-1"
    note = f"read as {encoding}, since it is not UTF-8: convert it if letters look odd"
    return _one_newline(text), encoding, [note]


def _one_newline(text):
    if "\r" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read(path, ending, packing):
    """Read what is no text; give the frame and the code for it."""
    import pandas as pd

    if ending in _PARQUET:
        return pd.read_parquet(path), f"pandas.read_parquet({path!r})"
    if ending in _FEATHER:
        return pd.read_feather(path), f"pandas.read_feather({path!r})"
    text = _bytes(path, packing).decode("utf-8-sig")
    if not text.strip():
        raise DemoError(f"{path} is empty.")
    # its types are what the file says, not what its strings look like
    options = {"dtype": False, "precise_float": True}
    lines = ending != ".json"
    try:
        frame = pd.read_json(io.StringIO(text), lines=lines, **options)
    except ValueError:
        if lines:
            raise
        lines = True
        try:
            frame = pd.read_json(io.StringIO(text), lines=lines, **options)
        except ValueError as error:
            raise DemoError(
                f"{path} cannot be read: {first_line(error)}. Expected a list of "
                "objects, one a row, or such an object a line."
            ) from error
    if lines:
        options["lines"] = True
    written = ", ".join(f"{name}={value!r}" for name, value in options.items())
    return frame, f"pandas.read_json({path!r}, {written})"
