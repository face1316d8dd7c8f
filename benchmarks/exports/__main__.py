"""What every export of a student costs, and how far it is from the student.

    python -m benchmarks.exports [--tables adult ...] [--targets C ...]

One default student for each public table, of labels and of numbers, is fitted for a few
epochs: what an export costs does not depend on how good the student is. Each place
predicts the same rows, some of whose values were made missing. Writes
`benchmarks/results/exports.csv`, a row for each table and place, at once.
"""

import argparse
import tempfile
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from benchmarks.exports.table import COLUMNS, RESULTS
from benchmarks.exports.targets import TARGETS, outputs_of
from benchmarks.shared import regression_tables, tables
from benchmarks.shared.results import append_row, check_columns, drop_rows
from sklearn_kd import MLPStudent, MLPStudentRegressor

#: Rows to fit on and to predict, and epochs.
TRAIN, ROWS, EPOCHS = 5000, 1000, 3

#: Share of the values that are made missing.
ABSENT = 0.02

#: The largest difference that an export of float32 may have, of probabilities, and of
#: numbers in standard deviations of the target.
CLOSE = 1e-5


def fitted(name):
    """Fit a student on a public table; give it with rows that it was not fitted on."""
    numbers = name in regression_tables.PUBLIC
    read = (regression_tables if numbers else tables).read_table
    X, y = read(name, max_rows=TRAIN + ROWS)
    cut = len(y) - min(ROWS, len(y) // 4)
    rng = np.random.default_rng(0)
    rows = X[cut:]
    absent = rng.random(rows.shape) < ABSENT
    if isinstance(rows, pd.DataFrame):
        rows = rows.reset_index(drop=True).mask(absent)
        floats = rows.columns[[pd.api.types.is_float_dtype(d) for d in rows.dtypes]]
        rows[floats] = rows[floats].astype(np.float32).astype(float)
    else:
        rows = np.where(absent, np.nan, rows).astype(np.float32).astype(float)
    kind = MLPStudentRegressor if numbers else MLPStudent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        student = kind(max_iter=EPOCHS, random_state=0).fit(X[:cut], y[:cut])
    return student, rows, 1.0 if numbers is False else np.std(y[:cut], axis=0)


def measure(name, targets):
    """Measure a table; yield a row of the results for each place."""
    student, X, unit = fitted(name)
    expected = outputs_of(student, X)
    for target in targets:
        with tempfile.TemporaryDirectory() as folder:
            seconds, size, given = target.measure(student, X, Path(folder))
        apart = np.abs(given - expected) / unit
        yield {
            "set": name,
            "target": target.name,
            "columns": X.shape[1],
            "seconds": f"{seconds:.4g}",
            "bytes": size,
            "largest": f"{apart.max():.3g}",
            "mean": f"{apart.mean():.3g}",
        }


def _is_same(row, other):
    """Return whether two rows are of the same table and place."""
    return all(row[name] == other[name] for name in ("set", "target"))


def main():
    """Measure, print, and write the results file."""
    names = [*tables.PUBLIC, *regression_tables.PUBLIC]
    kinds = [target.name for target in TARGETS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", choices=names, default=names)
    parser.add_argument("--targets", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    args = parser.parse_args()
    check_columns(args.out, COLUMNS)
    targets = [target for target in TARGETS if target.name in args.targets]
    with threadpool_limits(1):
        for name in args.tables:
            for row in measure(name, targets):
                drop_rows(args.out, partial(_is_same, row))
                append_row(args.out, row, COLUMNS)
                far = float(row["largest"]) > CLOSE and "int8" not in row["target"]
                print(*row.values(), "TOO FAR" if far else "", flush=True)


if __name__ == "__main__":
    main()
