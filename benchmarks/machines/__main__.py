"""Label a table on disk, part by part and after reading it whole.

    python -m benchmarks.machines [--rows 1000000,10000000] [--out FILE]

Rows of the Adult table are drawn with replacement, and written into Parquet files of a
million. The teacher is histogram boosting with 50 trees. Each way has a process of its
own, which watches the memory that it allocates beside teacher and imports; seconds are
those of a clock, with one thread a job. Finished sizes are not run again.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import joblib
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks.machines.job import WAYS
from benchmarks.machines.table import KEYS, RESULTS, lines
from benchmarks.shared.results import append, read_rows
from sklearn_kd.datasets import load_adult

#: Rows of a file, and rows that the teacher is fitted on.
FILE, FITTED = 1_000_000, 20_000


def write_table(folder, n_rows):
    """Write teacher and rows."""
    X, y = load_adult(return_X_y=True)
    teacher = HistGradientBoostingClassifier(
        max_iter=50,
        categorical_features="from_dtype",
        early_stopping=False,
        random_state=0,
    )
    joblib.dump(teacher.fit(X[:FITTED], y[:FITTED]), folder / "teacher.joblib")
    (folder / "rows").mkdir()
    generator = np.random.default_rng(0)
    for place, start in enumerate(range(0, n_rows, FILE)):
        drawn = generator.integers(len(y), size=min(FILE, n_rows - start))
        part = X.iloc[drawn].reset_index(drop=True)
        part["income"] = np.asarray(y)[drawn]
        part.to_parquet(folder / "rows" / f"{place:03}.parquet")


def main():
    """Run what the results file lacks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default="200000", help="sizes, with commas")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    done = {tuple(row[key] for key in KEYS) for row in read_rows(args.out)}
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = os.environ | dict.fromkeys(threads, "1")
    for size in args.rows.split(","):
        if all((size, way) in done for way in WAYS):
            continue
        with tempfile.TemporaryDirectory() as folder:
            write_table(Path(folder), int(size))
            for way in WAYS:
                command = [sys.executable, "-m", "benchmarks.machines.job", way, folder]
                found = subprocess.run(
                    command, env=environment, check=True, stdout=subprocess.PIPE
                )
                row = {"n_rows": size, "way": way, **json.loads(found.stdout)}
                if (size, way) not in done:
                    append(args.out, row)
                print(*row.values(), flush=True)
    print("\n".join(lines(read_rows(args.out))))


if __name__ == "__main__":
    main()
