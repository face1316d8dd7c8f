"""What distilling costs where the training data is larger than memory.

    python -m benchmarks.speed.scale [--rows 100000 1000000 10000000] [--out FILE]

Rows, labels and a teacher's probabilities lie in files. Each size runs in a process of
its own, which watches its own memory: what it allocated, without the pages of the files
(`RssAnon` of Linux). One thread, processor time, one run a size: the largest takes
minutes. Prints the two goals: less than 2 GB, and a cost per row within 25 % of that of
the smallest size.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER

RESULTS = FOLDER / "scale.csv"
SIZES = [100_000, 1_000_000, 10_000_000]
COLUMNS, CLASSES, HIDDEN, EPOCHS = 30, 5, (64, 64), 1

#: Bytes beyond the page cache, and the cost per row against the smallest size.
MEMORY_GOAL, COST_GOAL = 2e9, 1.25

#: Rows that are drawn at a time.
_DRAWN = 100_000


def write_files(folder, n_rows):
    """Draw rows, a teacher's probabilities for them and labels, into files."""
    rng = np.random.default_rng(0)
    first = rng.normal(size=(COLUMNS, 16)) / np.sqrt(COLUMNS)
    second = 2 * rng.normal(size=(16, CLASSES))
    shapes = {
        "X": ((n_rows, COLUMNS), np.float32),
        "proba": ((n_rows, CLASSES), np.float32),
        "y": ((n_rows,), np.int64),
    }
    files = {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype, shape)
        for name, (shape, dtype) in shapes.items()
    }
    for start in range(0, n_rows, _DRAWN):
        rows = slice(start, min(start + _DRAWN, n_rows))
        X = rng.standard_normal((rows.stop - start, COLUMNS), dtype=np.float32)
        proba = np.exp(np.tanh(X @ first) @ second)
        proba /= proba.sum(axis=1, keepdims=True)
        files["X"][rows], files["proba"][rows] = X, proba
        draws = rng.random((len(X), 1))
        files["y"][rows] = (proba.cumsum(axis=1) < draws).sum(axis=1).clip(0, 4)
    for file in files.values():
        file.flush()


def allocated():
    """Bytes of memory of this process that are not pages of a file."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return 1024 * int(line.split()[1])


class Watch(threading.Thread):
    """Keep the largest number of allocated bytes."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak, self.done = 0, threading.Event()

    def run(self):
        """Look fifty times a second."""
        while not self.done.wait(0.02):
            self.peak = max(self.peak, allocated())


def fit_from_files(folder, epochs):
    """Distil from the files in a folder, and print the cost."""
    from threadpoolctl import threadpool_limits

    from sklearn_kd import DistilledClassifier, MLPStudent

    X, proba, y = (
        np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("X", "proba", "y")
    )
    student = MLPStudent(HIDDEN, batch_size=256, max_iter=epochs)
    model = DistilledClassifier(student=student, transfer=None, random_state=0)
    before, watch = allocated(), Watch()
    watch.start()
    with threadpool_limits(1):
        wall, start = time.perf_counter(), time.process_time()
        model.fit(X, y, teacher_proba=proba)
        seconds, wall = time.process_time() - start, time.perf_counter() - wall
    watch.done.set()
    watch.join()
    part = slice(0, 20_000)
    agreement = (model.predict(X[part]) == proba[part].argmax(axis=1)).mean()
    result = {
        "rows": len(X),
        "seconds": seconds,
        "wall_seconds": wall,
        "microseconds_per_row": 1e6 * seconds / len(X),
        "peak_bytes": watch.peak,
        "bytes_before": before,
        "agreement": float(agreement),
    }
    print(json.dumps(result))


def measure(sizes=SIZES, epochs=EPOCHS, folder=None):
    """Measure every size, each in a process of its own.

    Parameters
    ----------
    sizes : list of int
        Numbers of rows, ascending.
    epochs : int
        Of the student.
    folder : path-like or None
        Where the files go for a moment; None is the system's temporary folder.

    Returns
    -------
    list of dict
        One a size.
    """
    results = []
    for n_rows in sizes:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            write_files(Path(name), n_rows)
            command = [sys.executable, "-m", "benchmarks.speed.scale", "--fit", name]
            output = subprocess.run(
                [*command, "--epochs", str(epochs)],
                capture_output=True,
                text=True,
                check=True,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
            ).stdout
        results.append(json.loads(output))
        smallest = results[0]["microseconds_per_row"]
        results[-1]["cost_ratio"] = results[-1]["microseconds_per_row"] / smallest
    return results


def report(results):
    """Print a line a size with both goals."""
    for one in results:
        memory = "met" if one["peak_bytes"] <= MEMORY_GOAL else "MISSED"
        cost = "met" if one["cost_ratio"] <= COST_GOAL else "MISSED"
        print(
            f"{one['rows']:>10d} rows: {one['microseconds_per_row']:.1f} us a row, "
            f"ratio {one['cost_ratio']:.2f} goal {COST_GOAL} {cost}; peak "
            f"{one['peak_bytes'] / 1e9:.2f} GB goal {MEMORY_GOAL / 1e9:.0f} {memory}; "
            f"agreement {one['agreement']:.3f}"
        )


def lines(rows):
    """Make the lines of the table."""
    made = [
        [
            f"{int(row['rows']):,}",
            number(float(row["microseconds_per_row"]), ".1f"),
            number(float(row["cost_ratio"]), ".2f"),
            number(float(row["peak_bytes"]) / 1e9, ".2f"),
            number(float(row["agreement"]), ".3f"),
        ]
        for row in rows
    ]
    header = ("rows", "µs a row", "over the smallest's", "peak GB", "agreement")
    return table(header, made)


def main():
    """Measure, print, and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--folder", help="where the files go, 1.5 GB for 10 M rows")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    parser.add_argument("--fit", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.fit:
        fit_from_files(args.fit, args.epochs)
        return
    results = measure(args.rows, args.epochs, args.folder)
    report(results)
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(results[0]))
        writer.writeheader()
        writer.writerows(results)


if __name__ == "__main__":
    main()
