"""The cost of a teacher's class weights or undersampling, and its correction.

    python -m benchmarks.quality.prior [--data FOLDER] [--sets a,b] [--out FILE]

A forest and a booster with balanced class weights, and a booster behind undersampling,
are distilled as they are, with `Pool(calibration="prior")` and with "sigmoid", all else
equal and without models of the labels in the pool; and with these, at the defaults.
Out-of-sample predictions are those of `cv=5`, or of the out-of-bag trees. Beside the
students stands a booster without weights, distilled as it is and at the defaults.
Finished rows are not run again.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    roc_auc_score,
)
from sklearn.model_selection import train_test_split

from benchmarks.shared.results import FOLDER, append, read_rows
from benchmarks.shared.tables import read_table
from benchmarks.shared.teachers import lightgbm, numbered
from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler, Pool
from sklearn_kd._compat import safe_indexing

RESULTS = FOLDER / "prior.csv"
MAX_ROWS = 5_000
N_SYNTHETIC = 20_000

#: Tables whose classes differ in size.
SETS = ("german_credit", "hpc_jobs", "credit_data", "adult", "flights_late")

#: What the student learns, by the name of the way.
OBJECTIVES = {
    "as it is": "fidelity",
    "prior": Pool(booster=False, student=False, calibration="prior"),
    "sigmoid": Pool(booster=False, student=False, calibration="sigmoid"),
    "pool": "generalization",
}

#: The teacher without weights has nothing to correct.
UNWEIGHTED = "booster, no weights"

KEYS = ("set", "seed", "teacher", "way")

METRICS = ("log_loss", "accuracy", "balanced_accuracy", "by_share", "roc_auc")


class Undersampled(ClassifierMixin, BaseEstimator):
    """A classifier fitted on as many rows of each class as the smallest has."""

    def __init__(self, estimator, random_state=None):
        self.estimator = estimator
        self.random_state = random_state

    def fit(self, X, y):
        """Draw the rows, and fit."""
        rng = np.random.default_rng(self.random_state)
        self.classes_, codes, counts = np.unique(
            y, return_inverse=True, return_counts=True
        )
        rows = np.concatenate(
            [
                rng.choice(np.flatnonzero(codes == k), counts.min(), replace=False)
                for k in range(len(counts))
            ]
        )
        self.estimator_ = clone(self.estimator)
        self.estimator_.fit(safe_indexing(X, rows), y[rows])
        return self

    def predict_proba(self, X):
        """Predict class probabilities."""
        return self.estimator_.predict_proba(X)


def booster(seed, **settings):
    """LightGBM with 100 rounds of 15 leaves."""
    return lightgbm(seed, n_estimators=100, num_leaves=15, **settings)


def teachers(seed, mixed):
    """Unfitted teachers by name, each with the folds of its cross-fitting."""
    forest = RandomForestClassifier(
        300, min_samples_leaf=3, class_weight="balanced", random_state=seed
    )
    return {
        "forest, balanced": (numbered(forest, mixed), None),
        "booster, balanced": (
            numbered(booster(seed, class_weight="balanced"), mixed),
            5,
        ),
        "booster, undersampled": (
            Undersampled(numbered(booster(seed), mixed), seed),
            5,
        ),
        UNWEIGHTED: (numbered(booster(seed), mixed), 5),
    }


def measure(name, seed, folder, done):
    """Distil every teacher in every way, and give a row of figures for each."""
    X, y = read_table(name, folder, MAX_ROWS)
    # scikit-learn 1.9 does not find labels such as "1" in its own balanced weights
    y = np.unique(y, return_inverse=True)[1]
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=seed
    )
    smallest = np.unique(y, return_counts=True)[1].min() / len(y)
    for what, (teacher, cv) in teachers(seed, hasattr(X, "columns")).items():
        ways = ("as it is", "pool") if what == UNWEIGHTED else OBJECTIVES
        with TemporaryDirectory() as memory:
            for way in ways:
                key = (name, str(seed), what, way)
                if key in done:
                    continue
                model = DistilledClassifier(
                    teacher,
                    MLPStudent((64, 64)),
                    transfer=MungeSampler(N_SYNTHETIC),
                    cv=cv,
                    objective=OBJECTIVES[way],
                    memory=memory,
                    random_state=seed,
                ).fit(X, y)
                row = dict(zip(KEYS, key, strict=True))
                share = np.bincount(y) / len(y)
                figures = _figures(model, share, X_test, y_test)
                yield row | {"smallest": smallest} | figures


def _figures(model, share, X, y):
    proba, labels = model.predict_proba(X), model.predict(X)
    by_share = (proba / share).argmax(axis=1)  # with two classes, a threshold
    area = {"score": proba[:, 1]}
    if proba.shape[1] > 2:
        area = {"score": proba, "multi_class": "ovr", "labels": model.classes_}
    return {
        "log_loss": log_loss(y, proba, labels=model.classes_),
        "accuracy": accuracy_score(y, labels),
        "balanced_accuracy": balanced_accuracy_score(y, labels),
        "by_share": balanced_accuracy_score(y, by_share),
        "roc_auc": roc_auc_score(y, area.pop("score"), **area),
    }


def lines(rows):
    """Make the lines of the table: means over tables and splits, a way each.

    "better" counts where the log loss is below that of the same teacher as it is; "by
    share" is the balanced accuracy of the class that gains most on its share.
    """
    made = [
        "| teacher | way | log loss | better | accuracy | balanced accuracy | "
        "by share | ROC AUC |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    losses = {tuple(row[key] for key in KEYS): float(row["log_loss"]) for row in rows}
    for what in dict.fromkeys(row["teacher"] for row in rows):
        for way in dict.fromkeys(row["way"] for row in rows):
            cell = [row for row in rows if (row["teacher"], row["way"]) == (what, way)]
            if not cell:
                continue
            means = [
                np.mean([float(row[metric]) for row in cell]) for metric in METRICS
            ]
            better = "" if way == "as it is" else _count_better(cell, losses)
            figures = [f"{mean:.4f}" for mean in means]
            figures.insert(1, better)
            made.append(f"| {what} | {way} | {' | '.join(figures)} |")
    return made


def _count_better(cell, losses):
    better = [
        float(row["log_loss"])
        < losses[row["set"], row["seed"], row["teacher"], "as it is"]
        for row in cell
    ]
    return f"{sum(better)} of {len(better)}"


def main():
    """Run what the results file lacks, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder of .parquet files, column `target`")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    done = {tuple(row[key] for key in KEYS) for row in read_rows(args.out)}
    for name in args.sets.split(","):
        for seed in range(args.seeds):
            for row in measure(name, seed, args.data, done):
                append(args.out, row)
                print(*row.values(), flush=True)
    print("\n".join(lines(read_rows(args.out))))


if __name__ == "__main__":
    main()
