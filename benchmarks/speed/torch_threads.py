"""What torch's own number of threads does to skorch nets, which are held to one.

    python -m benchmarks.speed.torch_threads [--repeats 3] [--out FILE]

Seconds on torch's default number of threads over seconds on one, by the clock on the
wall, medians of the repeats in which the two take turns: on the machine as it is,
beside one process that computes, and beside one a core. A grid is nine fits of a
`SkorchStudent`, two epochs of 1500 rows of 30 columns each, with layers of 32, 64 and
128 units and three learning rates; the student that predicts has layers of 128.
"""

import argparse
import csv
import os
import sys
import time
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
import torch
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from skorch import NeuralNetClassifier
from threadpoolctl import threadpool_limits

from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER
from benchmarks.speed.threads import beside
from sklearn_kd import SkorchStudent
from sklearn_kd.students.skorch import _threads
from sklearn_kd.torch import TabularMLP

RESULTS = FOLDER / "torch_threads.csv"

ROWS, COLUMNS, CLASSES, EPOCHS = 1500, 30, 5, 2

GRID = {
    "net__module__hidden_layer_sizes": [(32, 32), (64, 64), (128, 128)],
    "net__lr": [0.01, 0.1, 0.3],
}

PLACES = {"alone": 0, "beside_one": 1, "beside_one_a_core": os.cpu_count()}


def make_tasks():
    """Give the functions that are timed, and how often in a row, by their names."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, COLUMNS))
    y = X[:, :CLASSES].argmax(axis=1)
    many = np.resize(X, (10_000, COLUMNS))
    net = NeuralNetClassifier(TabularMLP, max_epochs=EPOCHS, verbose=0)
    student = SkorchStudent(net, random_state=0)

    def grid():
        for params in ParameterGrid(GRID):
            clone(student).set_params(**params).fit(X, y)

    fitted = clone(student).fit(X, y)
    return {
        "nine fits of a grid": (grid, 1),
        "predict_proba, 1 row": (lambda: fitted.predict_proba(X[:1]), 100),
        "predict_proba, 1000 rows": (lambda: fitted.predict_proba(X[:1000]), 5),
        "predict_proba, 10 000 rows": (lambda: fitted.predict_proba(many), 1),
    }


def compare(task, calls, repeats):
    """Give the ratio of the seconds on torch's default and on one thread."""
    arms = {"default": lambda net: False, "one": _threads._is_small}
    times = {name: [] for name in arms}
    for _ in range(repeats):
        for name, holds in arms.items():
            with patch.object(_threads, "_is_small", holds):
                start = time.perf_counter()
                for _ in range(calls):
                    task()
                times[name].append(time.perf_counter() - start)
    return median(times["default"]) / median(times["one"])


def measure(repeats):
    """Measure all tasks.

    Parameters
    ----------
    repeats : int
        How often each is done.

    Returns
    -------
    list of dict
        One a task.
    """
    with threadpool_limits(1, user_api="blas"):
        tasks = make_tasks()
        rows = {name: {"what": name} for name in tasks}
        for place, n_processes in PLACES.items():
            with beside(n_processes):
                for name, (task, calls) in tasks.items():
                    ratio = compare(task, calls, repeats)
                    rows[name][place] = round(ratio, 3)
                    print(f"{name}, {place}: {ratio:.2f}", flush=True)
    return list(rows.values())


def lines(rows):
    """Make the lines of the table."""
    header = ("", *(place.replace("_", " ") for place in PLACES))
    made = [
        [row["what"], *(number(float(row[place]), ".2f") for place in PLACES)]
        for row in rows
    ]
    return table(header, made)


def main():
    """Measure, and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    args = parser.parse_args()
    limits = {name for name in os.environ if name.endswith("_NUM_THREADS")}
    if limits:  # torch's default is to be the one that most users have
        free = {name: os.environ[name] for name in os.environ.keys() - limits}
        os.execve(sys.executable, [sys.executable, *sys.argv], free)
    print(f"{torch.get_num_threads()} threads by default")
    rows = measure(args.repeats)
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=["what", *PLACES])
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
