"""The command: distil an ensemble on a table, or label a table by a teacher."""

import argparse
import os
import sys
from contextlib import suppress

from sklearn_kd._demo.error import DemoError
from sklearn_kd._demo.reading.shipped import SHIPPED
from sklearn_kd._demo.reading.text import SEPARATORS
from sklearn_kd._messages import printable

_EPILOG = """\
A table has a row a line, its first line names the columns. It may be text (.csv, .tsv,
.txt, packed as .gz, .bz2, .xz or .zip too), .parquet, .feather, .json or .jsonl. What
separates fields, decimal commas and the encoding of a text are found out. Numbers are
taken as numbers and strings as categories; empty fields, NA, NaN, None and null are
missing values.

A target of strings or truth values is classified. One of whole numbers is too, if there
are at most 20 different ones, or at most 100 that look like codes: 0, 1, 2, ... or 1,
2, 3, ... with no gap, each at least twice. Other numbers are predicted by a regression.
--task decides otherwise.

Without --data it runs on the handwritten digits of scikit-learn, and takes less than a
minute there on two cores with nothing else to do. The Adult census data ship too: they
have 48 842 rows, numbers and categories.

examples:
  python -m sklearn_kd
  python -m sklearn_kd --data adult
  python -m sklearn_kd --data houses.csv --target price
  python -m sklearn_kd --data shop.csv --target bought --out student.joblib
  python -m sklearn_kd --student student.joblib --export student.h
  python -m sklearn_kd --data shop.tsv --target bought --nominal zip,shop_id

`python -m sklearn_kd label --help` is about another command: it labels a table on disk,
of any size, by a saved teacher.
"""

_LABEL_EPILOG = """\
The labels are one table of Parquet files, part-00000.parquet and so on, with a row for
each row of the data, in their order: a column a class, with its probability, or the
numbers that a regressor predicts. A run that was ended goes on when it is started again
with the same options: the teacher is asked about the missing parts alone. A folder with
labels by another teacher, or of other data, is refused. In Python,
sklearn_kd.LabelledDataset(DIR) reads rows and labels for the fit of a student.

A .skops file runs no code, and loads the types that it is trusted with. A .joblib or
.pkl file can run any code when it is loaded: load none from elsewhere.

examples:
  python -m sklearn_kd label --teacher model.skops --data rows/ --out soft/
  python -m sklearn_kd label --teacher old.joblib --data rows.npy --out soft/ --jobs -1
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: error: {printable(message)}\n")


class _Once(argparse.Action):
    """Take an option that may stand once only."""

    def __call__(self, parser, namespace, values, option_string=None):
        if getattr(namespace, f"_{self.dest}", False):
            parser.error(f"{option_string} is given twice: leave one out.")
        setattr(namespace, f"_{self.dest}", True)
        setattr(namespace, self.dest, values)


def _seed(text):
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(
            f"expected an integer from 0 to 4294967295, got {text!r}"
        )
    return int(text)


def _separator(text):
    found = {**SEPARATORS, "\\t": "\t"}.get(text.lower(), text)
    plain = len(found) == 1 and found.isascii() and not found.isalnum()
    if not plain or found in "\"'\r\n\0":
        raise argparse.ArgumentTypeError(
            f"expected {', '.join(SEPARATORS)} or one ASCII character that is neither "
            f"letter, digit nor quote, got {text!r}"
        )
    return found


def _parser():
    parser = _Parser(
        prog="python -m sklearn_kd",
        description="Fit an ensemble, distil it into a small student, and compare "
        "teacher, student, the same student without a teacher, and a small booster.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--data",
        metavar="FILE",
        action=_Once,
        help="your own table, such as .csv, .tsv or .parquet; or one that ships: "
        f"{' or '.join(SHIPPED)} (default: {next(iter(SHIPPED))})",
    )
    add(
        "--target",
        metavar="COLUMN",
        action=_Once,
        help="the column of it to predict: classes, or numbers",
    )
    add(
        "--task",
        action=_Once,
        choices=["classification", "regression"],
        help="whether the target holds classes or numbers (default: found out, see "
        "below)",
    )
    add(
        "--nominal",
        metavar="COLUMN,...",
        action="append",
        default=[],
        help="columns whose numbers are codes, such as zip codes: they become "
        "categories, with their leading zeros. A name that contains a comma stands "
        "in double quotes, '\"a,b\",c'",
    )
    add(
        "--separator",
        metavar="CHAR",
        action=_Once,
        type=_separator,
        help="what separates the fields of a text: comma, semicolon, tab, pipe, space "
        "or another character (default: found out)",
    )
    add(
        "--picture",
        metavar="FILE",
        action=_Once,
        help="where the picture goes, such as .png, .svg or .pdf (default: "
        "sklearn_kd_demo.png here, and none in a folder that cannot be written)",
    )
    add(
        "--out",
        metavar="FILE",
        action=_Once,
        help="keep the student, written by joblib: such files run code when loaded, so "
        "load none from elsewhere",
    )
    add(
        "--export",
        metavar="FILE",
        action="append",
        default=[],
        dest="exports",
        help="write the student for use without Python, too, in the language of the "
        "ending: .onnx, .h (C) or .sql. May stand several times",
    )
    add(
        "--student",
        metavar="FILE",
        action=_Once,
        help="a student that is already saved (.joblib, .pkl, or .skops, which runs no "
        "code): nothing is fitted, and --export writes it",
    )
    add(
        "--table",
        metavar="NAME",
        action=_Once,
        dest="table_name",
        default="rows",
        help="the table that the .sql selects from (default: %(default)s)",
    )
    add(
        "--dialect",
        action=_Once,
        choices=["duckdb", "sqlite", "postgresql"],
        default="postgresql",
        help="the database of the .sql (default: %(default)s)",
    )
    add(
        "--seed",
        metavar="N",
        action=_Once,
        type=_seed,
        default=0,
        help="for everything random (default: %(default)s)",
    )
    return parser


def _number(least):
    """Make what reads a whole number from `least` on, but not 0."""

    def read(text):
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or number < least or number == 0:
            limit = "above 0" if least > 0 else "that is not 0"
            raise argparse.ArgumentTypeError(
                f"expected a whole number {limit}, got {text!r}"
            )
        return number

    return read


def _label_parser():
    parser = _Parser(
        prog="python -m sklearn_kd label",
        description="Label a table on disk by a saved teacher, part by part, in a "
        "folder of Parquet files. Neither has to fit into memory.",
        epilog=_LABEL_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--teacher",
        metavar="FILE",
        action=_Once,
        required=True,
        help="a fitted classifier or regressor: .skops, .joblib or .pkl",
    )
    add(
        "--data",
        metavar="PLACE",
        action=_Once,
        required=True,
        help="the rows: a folder of Parquet files, which are one table in the order of "
        "their names, one Parquet file, or a .npy file",
    )
    add(
        "--out",
        metavar="DIR",
        action=_Once,
        required=True,
        help="the folder of the labels, which is made where there is none",
    )
    add(
        "--columns",
        metavar="COLUMN,...",
        action="append",
        default=[],
        help="the columns that the teacher reads, in its order; of a .npy file their "
        "positions (default: those that it was fitted on, or all)",
    )
    add(
        "--chunk",
        metavar="ROWS",
        action=_Once,
        type=_number(1),
        help="rows of a part, and of one call of the teacher (default: 100000, or "
        "fewer for wide rows)",
    )
    add(
        "--jobs",
        metavar="N",
        action=_Once,
        type=_number(-(2**31)),
        help="parts that are labelled at the same time; -1 is one a core (default: 1)",
    )
    add(
        "--trust",
        metavar="TYPE,...",
        action="append",
        default=[],
        help="types in a .skops file that you know, beside those of this package and "
        "those that skops trusts; without, they are listed",
    )
    add("--quiet", action="store_true", help="print no progress")
    return parser


def _options(parser, argv):
    options, unknown = parser.parse_known_args(argv)
    if unknown:
        files = [text for text in unknown if not text.startswith("-")]
        hint = "pass a table by --data FILE --target COLUMN" if files else "see --help"
        parser.error(f"unrecognized arguments: {' '.join(unknown)} ({hint})")
    if options.student is not None:
        return _options_of_student(parser, options)
    ships = options.data is None or options.data in SHIPPED
    for name in ("target", "task", "separator"):
        if ships and getattr(options, name) is not None:
            parser.error(f"--{name} needs --data FILE: a table that ships needs none")
    if not ships and options.target is None:
        parser.error("--data needs --target: a table and its column to predict")
    if options.data is None:
        options.data = next(iter(SHIPPED))
    del options.student
    return _public(options)


def _public(options):
    """Give the options as a dict, without what the parser has noted for itself."""
    return {
        name: value for name, value in vars(options).items() if not name.startswith("_")
    }


def _options_of_student(parser, options):
    """Give the options for a student that is saved; the others would do nothing."""
    for name, default in vars(parser.parse_args([])).items():
        used = name in ("student", "exports", "table_name", "dialect")
        if not used and getattr(options, name) != default:
            parser.error(f"--{name} does nothing with --student: leave it out")
    if not options.exports:
        parser.error("--student needs --export FILE: what to write of it")
    names = ("student", "exports", "table_name", "dialect")
    return {name: getattr(options, name) for name in names}


def main(argv=None):
    """Run the command.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments; None takes those of the command line.

    Raises
    ------
    SystemExit
        With status 2 and one line on stderr for what the user can fix, with 130 when
        interrupted, and with 141 when the reader of the output is gone.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name of a column may have any letter
            stream.reconfigure(errors="backslashreplace")
    argv = sys.argv[1:] if argv is None else argv
    labels = argv[:1] == ["label"]
    parser = _label_parser() if labels else _parser()
    try:
        options = (
            _public(parser.parse_args(argv[1:])) if labels else _options(parser, argv)
        )
        if labels:
            from sklearn_kd._demo.labelling import label

            label(**options)
        else:
            _run(options)
        print(end="", flush=True)
    except DemoError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        parser.exit(130, "\ninterrupted\n")
    except BrokenPipeError:
        _drop_output()
        parser.exit(141)
    except OSError as error:  # of the output: what is read and written has its own
        _drop_output()
        parser.error(f"cannot go on: {error}")


def _run(options):
    """Distil a table, or write a student that is saved."""
    if "student" in options:
        from sklearn_kd._demo.exports import export_saved

        export_saved(**options)
    else:
        from sklearn_kd._demo.run import run

        run(**options)


def _drop_output():
    """Send what is still to be written nowhere, so that the exit has no complaint."""
    with suppress(AttributeError, OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())


if __name__ == "__main__":
    main()
