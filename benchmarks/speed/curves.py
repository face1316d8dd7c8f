"""How the cost of the default student grows: rows, columns, classes, width.

    python -m benchmarks.speed.curves [--repeats 3] [--out FILE] [--picture FILE]

One of the four is changed at a time; the others are 10 000 rows, 30 columns, 5 classes
and layers of 64. A fit of eleven epochs less a fit of one is ten; what is left of the
first is the set-up, encoder and all. One thread, processor time, medians.
"""

import argparse
import csv
import time
from pathlib import Path
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.shared.results import FOLDER
from sklearn_kd import MLPStudent, SoftTargets

RESULTS = FOLDER / "curves.csv"
PICTURE = FOLDER.parents[1] / "docs" / "images" / "cost_curves.svg"

BASE = {"rows": 10_000, "columns": 30, "classes": 5, "width": 64}
POINTS = {
    "rows": (1_000, 3_000, 10_000, 30_000, 100_000),
    "columns": (3, 10, 30, 100, 300),
    "classes": (2, 5, 10, 30, 100),
    "width": (16, 32, 64, 128, 256),
}
COSTS = {
    "setup_seconds": "set-up of a fit, s",
    "epoch_seconds": "an epoch, s",
    "row_microseconds": "one row, µs",
    "batch_microseconds": "a row of 10 000, µs",
}


def seconds(call, repeats):
    """Time a call: the median of a few, after one that does not count."""
    call()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return median(times)


def measure(rows, columns, classes, width, repeats):
    """Time one point."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, columns))
    proba = rng.dirichlet(np.full(classes, 0.3), size=rows)
    proba[:classes] = np.eye(classes)  # every class is some row's label
    codes = proba.argmax(axis=1)
    soft = SoftTargets(proba, np.arange(classes))

    def fit(epochs):
        student = MLPStudent(
            (width, width),
            batch_size=256,
            max_iter=epochs,
            early_stopping=False,
            random_state=0,
        )
        return student.fit(X, codes, soft_targets=soft)

    one, many = (seconds(lambda n=n: fit(n), repeats) for n in (1, 11))
    epoch = (many - one) / 10
    student = fit(1)
    batch = rng.normal(size=(10_000, columns))
    single = [batch[i : i + 1] for i in range(200)]

    def ask_singly():
        for row in single:
            student.predict_proba(row)

    return {
        "setup_seconds": one - epoch,
        "epoch_seconds": epoch,
        "row_microseconds": 1e6 * seconds(ask_singly, repeats) / len(single),
        "batch_microseconds": 1e6
        * seconds(lambda: student.predict_proba(batch), repeats)
        / len(batch),
    }


def draw(rows, path):
    """Draw a picture for each of the four, on logarithmic axes."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "sklearn_kd"  # the same file from the same figures
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 4, figsize=(13, 3.4), sharey=False)
    for axis, what in zip(axes, POINTS, strict=True):
        mine = [row for row in rows if row["what"] == what]
        values = [float(row[what]) for row in mine]
        for cost, label in COSTS.items():
            axis.loglog(values, [float(row[cost]) for row in mine], ".-", label=label)
        axis.set_xlabel(what)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=7)
    figure.tight_layout()
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def main():
    """Measure, write the results file and draw it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--picture", type=Path, default=PICTURE)
    args = parser.parse_args()
    rows = []
    with threadpool_limits(1):
        for what, values in POINTS.items():
            for value in values:
                point = BASE | {what: value}
                costs = measure(**point, repeats=args.repeats)
                rows.append({"what": what} | point | costs)
                print(*rows[-1].values(), flush=True)
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    draw(rows, args.picture)


if __name__ == "__main__":
    main()
