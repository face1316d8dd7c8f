"""One way to label a table on disk, in a process of its own: seconds and memory.

python -m benchmarks.machines.job WAY FOLDER
"""

import json
import sys
import warnings
from pathlib import Path
from time import perf_counter

import joblib

from benchmarks.speed.scale import Watch, allocated
from sklearn_kd import (
    DistilledClassifier,
    LabelledDataset,
    compute_soft_targets,
    label_dataset,
)

#: Rows that a student learns from.
SAMPLE = 100_000


def label(folder, n_jobs):
    """Label the table part by part."""
    teacher = joblib.load(folder / "teacher.joblib")
    out = folder / f"soft {n_jobs}"
    return lambda: label_dataset(teacher, folder / "rows", out, n_jobs=n_jobs).n_rows


def whole(folder):
    """Label the table after it was read into memory."""
    import pandas as pd

    teacher = joblib.load(folder / "teacher.joblib")

    def work():
        X = pd.read_parquet(folder / "rows", columns=list(teacher.feature_names_in_))
        return len(compute_soft_targets(teacher, X))

    return work


def fit(folder):
    """Read a sample of what was labelled, and fit the default student on it."""
    labelled = LabelledDataset(folder / "soft 1")
    model = DistilledClassifier(random_state=0)

    def work():
        X, y, soft = labelled.sample(SAMPLE, target="income", random_state=0)
        model.fit(X, y, teacher_proba=soft)
        return len(y)

    return work


WAYS = {
    "parts, one job": lambda folder: label(folder, 1),
    "parts, two jobs": lambda folder: label(folder, 2),
    "a folder that is complete": lambda folder: label(folder, 1),
    "read whole, then labelled": whole,
    "a sample read, a student fitted": fit,
}


def main():
    """Go one way, and print its figures."""
    way, folder = sys.argv[1:]
    warnings.simplefilter("ignore")
    work = WAYS[way](Path(folder))
    before, watch = allocated(), Watch()
    watch.start()
    start = perf_counter()
    n_rows = work()
    seconds = perf_counter() - start
    watch.done.set()
    watch.join()
    figures = {"rows": n_rows, "seconds": seconds, "bytes": watch.peak - before}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
