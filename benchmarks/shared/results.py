"""The results file: rows that are added at once, and found again."""

import csv
import fcntl
import os
from contextlib import contextmanager
from pathlib import Path

#: Where the results files are.
FOLDER = Path(__file__).parents[1] / "results"

#: Columns of the quality benchmark, in the order of the file.
COLUMNS = [
    "set",
    "teacher",
    "seed",
    "model",
    "key",
    "n_train",
    "n_test",
    "n_classes",
    "n_features",
    "mixed",
    "majority_share",
    "score",
    "accuracy",
    "roc_auc",
    "log_loss",
    "brier",
    "ece",
    "agreement",
    "kl",
    "retention",
    "seed_ceiling",
    "parameters",
    "bytes",
    "array_row_seconds",
    "frame_row_seconds",
    "frame_floor_seconds",
    "teacher_row_seconds",
    "fit_seconds",
    "labelling_seconds",
    "n_steps",
    "n_transfer_rows",
    "n_trees",
    "pool_teacher",
    "pool_booster",
    "pool_student",
]

#: Columns that identify a row, and the state of the code that has written it.
KEY = ("set", "teacher", "seed", "model", "key")


def read_rows(path):
    """Read the rows as dictionaries of strings; none where there is no file."""
    path = Path(path)
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def append(path, row):
    """Add a row to the results file at once: nothing finished is lost."""
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


def check_columns(path, columns=COLUMNS):
    """Refuse a file that an older benchmark has written."""
    if path.exists():
        with path.open(newline="") as file:
            found = next(csv.reader(file), [])
        if found != list(columns):
            raise SystemExit(
                f"{path} has other columns than this benchmark writes: move it away, "
                "or name another file with --out."
            )


def append_row(path, row, columns=COLUMNS):
    """Add a row at once, beside other writers: nothing finished is lost."""
    unknown = set(row) - set(columns)
    if unknown:
        raise ValueError(f"no such columns in a results file: {sorted(unknown)}")
    with _locked(path):
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(row)


def drop_rows(path, stale):
    """Drop the rows for which ``stale(row)`` is true."""
    with _locked(path):
        _rewrite(path, [row for row in read_rows(path) if not stale(row)])


def sort_rows(path):
    """Bring the rows into an order, so that a rerun changes no lines but its own."""
    with _locked(path):
        _rewrite(path, sorted(read_rows(path), key=lambda row: [row[c] for c in KEY]))


def _rewrite(path, rows):
    """Write the rows of a file anew, under its header."""
    if not path.exists():
        return
    with path.open(newline="") as file:
        columns = next(csv.reader(file))
    part = path.with_suffix(".part")
    with part.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(part, path)  # a reader sees the old file or the new one


@contextmanager
def _locked(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
