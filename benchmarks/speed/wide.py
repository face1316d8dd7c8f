"""What distilling costs and keeps where columns or classes are many.

    python -m benchmarks.speed.wide [--splits 4] [--tables nci60 ...] [--out FILE]

Defaults against `MLPClassifier` behind a `StandardScaler`: processor seconds of `fit`,
and mean accuracies on the rows left out. One thread, some minutes.
The teacher is a forest of 100 trees, none (the default ensemble), or naive Bayes,
fitted, where classes are many.
"""

import argparse
import csv
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits, make_blobs
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER
from benchmarks.shared.tables import read_rdataset
from sklearn_kd import DistilledClassifier

RESULTS = FOLDER / "wide.csv"


def nci60():
    """Expression of 6830 genes in 57 cell lines: which of eight cancers?"""
    frame = read_rdataset("ISLR/NCI60").drop(columns="rownames")
    y = frame.pop("labs").astype(str)
    known = y.groupby(y).transform("size") >= 5
    return frame[known].to_numpy(float), y[known].to_numpy(), 38


def digits():
    """Pixels of handwritten digits, and their products."""
    X, y = load_digits(return_X_y=True)
    return PolynomialFeatures(2, include_bias=False).fit_transform(X), y, 100


def speech():
    """Features of the speech of people with and without Parkinson's disease."""
    frame = read_rdataset("modeldata/pd_speech").drop(columns="rownames")
    y = frame.pop("class").astype(str).to_numpy()
    return frame.to_numpy(float), y, 100


def permeability():
    """Fingerprints of molecules: more permeable than the median?"""
    frame = read_rdataset("modeldata/permeability_qsar").drop(columns="rownames")
    y = frame.pop("permeability")
    return frame.to_numpy(float), (y > y.median()).to_numpy().astype(int), 100


def art():
    """TF-IDF of title and medium of works of art: younger than the median?"""
    frame = read_rdataset("modeldata/tate_text")
    text = frame["title"].astype(str) + " " + frame["medium"].astype(str)
    X = TfidfVectorizer(max_features=1000).fit_transform(text).toarray()
    return X, (frame["year"] > frame["year"].median()).to_numpy().astype(int), 300


def columns_5000():
    """60 rows of 5000 numbers, two of which decide the class."""
    X = np.random.default_rng(0).normal(size=(560, 5000))
    return X, (X[:, 0] + X[:, 1] > 0).astype(int), 60


def columns_20000():
    """60 rows of 20 000 numbers, two of which decide the class."""
    X = np.random.default_rng(0).normal(size=(260, 20_000))
    return X, (X[:, 0] + X[:, 1] > 0).astype(int), 60


def classes_30():
    """30 classes."""
    X, y = make_blobs(3000, 20, centers=30, cluster_std=8, random_state=0)
    return X, y, 1500


def classes_100():
    """100 classes."""
    X, y = make_blobs(6000, 20, centers=100, cluster_std=8, random_state=0)
    return X, y, 3000


FOREST = RandomForestClassifier(100, random_state=0)

#: Each table, with its teachers.
TABLES = {
    nci60: (FOREST, None),
    digits: (FOREST, None),
    speech: (FOREST, None),
    permeability: (FOREST, None),
    art: (FOREST, None),
    columns_5000: (FOREST, None),
    columns_20000: (FOREST,),
    classes_30: (GaussianNB(),),
    classes_100: (GaussianNB(),),
}


def timed(model, X, y, X_test, y_test):
    """Give the processor seconds of a fit, and the accuracy."""
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a network that has not converged
        model.fit(X, y)
    return time.process_time() - start, model.score(X_test, y_test)


def measure(make, teachers, n_splits):
    """Measure one table.

    Parameters
    ----------
    make : callable
        Gives rows, labels and the number of rows to learn from.
    teachers : tuple of estimator or None
        Unfitted ones, and None for the default ensemble; naive Bayes comes fitted.
    n_splits : int
        Random splits.

    Returns
    -------
    list of dict
        One a teacher.
    """
    X, y, n_train = make()
    sums = {str(teacher): np.zeros(2) for teacher in teachers}
    base = np.zeros(2)
    for seed in range(n_splits):
        split = train_test_split(
            X, y, train_size=n_train, stratify=y, random_state=seed
        )
        X_train, X_test, y_train, y_test = split
        rows = X_train, y_train, X_test, y_test
        network = make_pipeline(StandardScaler(), MLPClassifier(random_state=seed))
        base += timed(network, *rows)
        for teacher in teachers:
            ready = None if teacher is None else clone(teacher)
            if isinstance(teacher, GaussianNB):
                ready.fit(X_train, y_train)
            model = DistilledClassifier(ready, random_state=seed)
            sums[str(teacher)] += timed(model, *rows)
    return [
        {
            "table": make.__name__,
            "rows": n_train,
            "columns": X.shape[1],
            "classes": len(np.unique(y)),
            "teacher": "default" if teacher is None else type(teacher).__name__,
            "seconds": sums[str(teacher)][0] / n_splits,
            "network_seconds": base[0] / n_splits,
            "accuracy": sums[str(teacher)][1] / n_splits,
            "network_accuracy": base[1] / n_splits,
        }
        for teacher in teachers
    ]


def lines(rows):
    """Make the lines of the table."""
    header = (
        "table",
        "rows",
        "columns",
        "classes",
        "teacher",
        "seconds",
        "MLPClassifier's",
        "accuracy",
        "MLPClassifier's",
    )
    made = [
        [
            *(str(row[name]) for name in ("table", "rows", "columns", "classes")),
            row["teacher"],
            number(float(row["seconds"]), ".1f"),
            number(float(row["network_seconds"]), ".1f"),
            number(float(row["accuracy"]), ".3f"),
            number(float(row["network_accuracy"]), ".3f"),
        ]
        for row in rows
    ]
    return table(header, made)


def main():
    """Measure, print, and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [make.__name__ for make in TABLES]
    parser.add_argument("--splits", type=int, default=4)
    parser.add_argument("--tables", nargs="+", choices=names, default=names)
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    args = parser.parse_args()
    results = []
    for make, teachers in TABLES.items():
        if make.__name__ not in args.tables:
            continue
        results += measure(make, teachers, args.splits)
        print("\n".join(lines(results)[-len(teachers) :]), flush=True)
        with args.out.open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(results[0]))
            writer.writeheader()
            writer.writerows(results)


if __name__ == "__main__":
    main()
