"""Batches, learning rates and stopping rules of the default student: time and quality.

    python -m benchmarks.quality.schedules [--sets a,b] [--seeds 2] [--out FILE]

A forest of 300 labels the same transfer set for every arm, and only the fit of the
student is timed, by the clock of the processor. Figures are of test rows. Finished rows
are not run again.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from benchmarks.shared.figures import fidelity
from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER, append, read_rows
from benchmarks.shared.tables import read_table
from benchmarks.shared.teachers import forest
from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler

RESULTS = FOLDER / "schedules.csv"
MAX_ROWS = 10_000
N_SYNTHETIC = 60_000
SETS = ("phoneme", "satimage", "hpc_jobs", "adult", "letter")

#: What each differs in from the first. 60 000 rows are 235 steps of 256.
ARMS = {
    "the default: 256 rows, 4000 steps": {},
    "half the steps": {"max_iter": 9},
    "twice the steps": {"max_iter": 34},
    "four times the steps": {"max_iter": 68},
    "512 rows, 2000 steps, rate 8e-3": {
        "batch_size": 512,
        "max_iter": 17,
        "learning_rate_init": 8e-3,
    },
    "1024 rows, 1000 steps, rate 1e-2": {
        "batch_size": 1024,
        "max_iter": 17,
        "learning_rate_init": 1e-2,
    },
    "128 rows, 4000 steps": {"batch_size": 128, "max_iter": 9},
    "patience of a fifth of the epochs": {"n_iter_no_change": 4},
    "no early stopping": {"early_stopping": False},
}

KEYS = ("set", "seed", "arm")
HEADER = ("arm", "fit s", "times as long", "KL over the first's", "agreement", "score")
METRICS = ("kl", "agreement", "score", "fit_seconds")


class Captured(ClassifierMixin, BaseEstimator):
    """A student that keeps what it is given, for others to learn from."""

    early_stopping = True
    validation_fraction = 0.1

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(
        self,
        X,
        y,
        sample_weight=None,
        soft_targets=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        soft_targets_val=None,
    ):
        """Keep the rows."""
        self.classes_ = soft_targets.classes
        self.train_ = (X, y, sample_weight, soft_targets)
        self.validation_ = {
            "X_val": X_val,
            "y_val": y_val,
            "sample_weight_val": sample_weight_val,
            "soft_targets_val": soft_targets_val,
        }
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def measure(name, seed, folder, done):
    """Train every arm on the same rows, and give a row of figures for each."""
    if all((name, str(seed), arm) in done for arm in ARMS):
        return
    X, y = read_table(name, folder, MAX_ROWS)
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=seed
    )
    teacher = forest(seed, hasattr(X, "columns")).fit(X, y)
    distilled = DistilledClassifier(
        teacher,
        Captured(),
        transfer=MungeSampler(N_SYNTHETIC),
        objective="fidelity",
        random_state=seed,
    ).fit(X, y)
    rows = distilled.student_
    expected = teacher.predict_proba(X_test)
    for arm, settings in ARMS.items():
        key = (name, str(seed), arm)
        if key in done:
            continue
        student = MLPStudent(random_state=seed, **settings)
        start = time.process_time()
        student.fit(*rows.train_, **rows.validation_)
        seconds = time.process_time() - start
        figures = fidelity(student.predict_proba(X_test), expected)
        yield dict(zip(KEYS, key, strict=True)) | {
            "kl": figures["kl"],
            "agreement": figures["agreement"],
            "score": student.score(X_test, y_test),
            "fit_seconds": seconds,
        }


def lines(rows):
    """Give the lines of the table: each arm over the first, in means over the pairs."""
    values = {tuple(row[key] for key in KEYS): row for row in rows}
    pairs = {key[:2] for key in values}
    pairs = sorted(p for p in pairs if all((*p, arm) in values for arm in ARMS))
    first = next(iter(ARMS))

    def column(arm, metric):
        return np.array([float(values[(*pair, arm)][metric]) for pair in pairs])

    made = []
    for arm in ARMS:
        over = {
            metric: np.exp(np.log(column(arm, metric) / column(first, metric)).mean())
            for metric in ("fit_seconds", "kl")
        }
        made.append(
            [
                arm,
                number(np.median(column(arm, "fit_seconds")), ".1f"),
                number(over["fit_seconds"], ".2f"),
                number(over["kl"], ".2f"),
                number(column(arm, "agreement").mean(), ".4f"),
                number(column(arm, "score").mean(), ".4f"),
            ]
        )
    return table(HEADER, made)


def main():
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a folder of parquet files")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    rows = read_rows(args.out) if args.out.exists() else []
    done = {tuple(row[key] for key in KEYS) for row in rows}
    with threadpool_limits(1):
        for name in args.sets.split(","):
            for seed in range(args.seeds):
                for row in measure(name, seed, args.data, done):
                    append(args.out, row)
                    print(*row.values(), flush=True)
    print("\n".join(lines(read_rows(args.out))))


if __name__ == "__main__":
    main()
