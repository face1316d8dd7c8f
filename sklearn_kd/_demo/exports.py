"""Files of a student that are not Python: ONNX, C and SQL."""

import os
import re
from pathlib import Path

from sklearn_kd import export
from sklearn_kd._demo.error import DemoError, first_line
from sklearn_kd._demo.loading import load
from sklearn_kd._demo.places import check_apart, check_place
from sklearn_kd._messages import printable
from sklearn_kd.export._c.text import check_name
from sklearn_kd.export._sql.names import read_table


def _name_in_c(path):
    """Make what names in C begin with of the name of a file."""
    name = re.sub(r"\W", "_", Path(path).stem, flags=re.ASCII)
    try:
        check_name(name)
    except ValueError:  # a word of C, a digit or a letter beyond ASCII in front
        name = f"student_{name}"
    return name


def _to_c(student, path, table_name, dialect):
    """Write a C header, whose names begin with that of the file."""
    export.to_c(student, _name_in_c(path), path=path)


#: What writes a student, by the ending of the file.
WRITERS = {
    ".onnx": lambda student, path, table_name, dialect: export.to_onnx(student, path),
    ".h": _to_c,
    ".sql": lambda student, path, table_name, dialect: export.to_sql(
        student, table_name, dialect, path=path
    ),
}


def check_exports(paths, table_name, data=None):
    """Find out before the long work whether the files can be written after it.

    Parameters
    ----------
    paths : list of str
        The files.
    table_name : str
        The table that SQL reads.
    data : str or None
        The file that is read.

    Raises
    ------
    DemoError
        For an ending that nothing writes, one file twice, a place where it cannot be
        written, and what is no name of a table.
    """
    try:
        read_table(table_name)
    except ValueError as error:
        raise DemoError(f"--table: {first_line(error)}") from error
    for place, path in enumerate(paths):
        if Path(path).suffix.lower() not in WRITERS:
            raise DemoError(
                f"--export {path}: expected a file that ends in {', '.join(WRITERS)}."
            )
        check_place("--export", path, data)
        for other in paths[:place]:
            check_apart("--export", path, "--export", other)


def write_exports(student, paths, table_name, dialect):
    """Write the files.

    Parameters
    ----------
    student : MLPStudent, MLPStudentRegressor or estimator with one
        Fitted.
    paths : list of str
        As :func:`check_exports` has passed them.
    table_name, dialect : str
        The table that SQL reads, and the database.

    Raises
    ------
    DemoError
        For what cannot be written down, or not in that place.
    """
    for path in paths:
        try:
            WRITERS[Path(path).suffix.lower()](student, path, table_name, dialect)
        except OSError as error:
            reason = error.strerror or first_line(error)
            raise DemoError(f"{path} could not be written: {reason}.") from error
        except (ImportError, TypeError, ValueError) as error:
            raise DemoError(f"--export {path}: {first_line(error)}") from error
        size = os.path.getsize(path)
        print(f"Wrote {printable(path)}: the student, {size:,} bytes", flush=True)


def export_saved(student, exports, table_name, dialect):
    """Write a saved student, from a file of joblib, pickle or skops, to files."""
    check_exports(exports, table_name, student)
    write_exports(load("--student", student), exports, table_name, dialect)
