"""What a second BLAS thread does to the training of `MLPStudent`, which takes one.

    python -m benchmarks.speed.threads [--repeats 5] [--out FILE]

Seconds on two threads over seconds on one, by the clock on the wall, medians of the
repeats in which the two take turns: on the machine as it is, beside one process that
computes, and beside one a core. Three epochs of 6000 rows of 300 float32 columns, five
classes. The last column shows whether both gave the same weights to the bit.
"""

import argparse
import csv
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER
from sklearn_kd import MLPStudent
from sklearn_kd.students.mlp import student as mlp

RESULTS = FOLDER / "threads.csv"

WIDTHS, BATCHES = (64, 128, 256, 512), (128, 256, 1024)
ROWS, COLUMNS, CLASSES, EPOCHS = 6000, 300, 5, 3

_BUSY = """
import numpy as np
square = np.random.default_rng(0).random((400, 400))
while True:
    square @ square
    sum(range(100_000))
"""


@contextmanager
def beside(n_processes):
    """Have other processes compute, each on one thread."""
    one = {name: "1" for name in os.environ if name.endswith("_NUM_THREADS")}
    one |= {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    others = [
        subprocess.Popen([sys.executable, "-c", _BUSY], env=os.environ | one)
        for _ in range(n_processes)
    ]
    try:
        time.sleep(bool(others))
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def fit(X, y, width, batch, n_threads):
    """Fit on so many threads; give the seconds and the weights."""
    student = MLPStudent(
        (width, width),
        batch_size=batch,
        max_iter=EPOCHS,
        early_stopping=False,
        encoder=None,
        random_state=0,
    )
    limit = partial(threadpool_limits, n_threads, user_api="blas")
    start = time.perf_counter()
    with patch.object(mlp, "single_blas_thread", limit):
        student.fit(X, y)
    return time.perf_counter() - start, student.coefs_


def compare(X, y, width, batch, repeats):
    """Give the ratio of the seconds on two threads and one, and whether bits agree."""
    times = {1: [], 2: []}
    for _ in range(repeats):
        weights = []
        for n_threads, seconds in times.items():
            took, coefs = fit(X, y, width, batch, n_threads)
            seconds.append(took)
            weights.append(coefs)
    same = all(map(np.array_equal, *weights))
    return median(times[2]) / median(times[1]), same


def measure(repeats):
    """Measure all sizes.

    Parameters
    ----------
    repeats : int
        How often each is fitted.

    Returns
    -------
    list of dict
        One a size.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, COLUMNS)).astype(np.float32)
    y = X[:, :CLASSES].argmax(axis=1)
    sizes = [(width, batch) for width in WIDTHS for batch in BATCHES]
    rows = {size: {"width": size[0], "batch": size[1]} for size in sizes}
    places = {"alone": 0, "beside_one": 1, "beside_one_a_core": os.cpu_count()}
    for place, n_processes in places.items():
        with beside(n_processes):
            for size, row in rows.items():
                ratio, same = compare(X, y, *size, repeats)
                row[place] = round(ratio, 3)
                row["same_weights"] = same
                print(f"{size} {place}: {ratio:.2f}, same weights: {same}", flush=True)
    return list(rows.values())


def lines(rows):
    """Make the lines of the table."""
    header = (
        "hidden layers",
        "rows a step",
        "alone",
        "beside one",
        "beside one a core",
    )
    made = [
        [
            f"({row['width']}, {row['width']})",
            str(row["batch"]),
            *(
                number(float(row[place]), ".2f")
                for place in ("alone", "beside_one", "beside_one_a_core")
            ),
            "yes" if row["same_weights"] == "True" else "no",
        ]
        for row in rows
    ]
    return table((*header, "same weights"), made)


def main():
    """Measure, and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    args = parser.parse_args()
    rows = measure(args.repeats)
    with args.out.open("w", newline="") as file:
        names = ["width", "batch", "alone", "beside_one", "beside_one_a_core"]
        writer = csv.DictWriter(file, fieldnames=[*names, "same_weights"])
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
