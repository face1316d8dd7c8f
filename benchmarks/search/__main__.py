"""What ``memory=``, a second worker and a teacher in a file save in a search.

    python -m benchmarks.search [--rows 20000] [--trees 300] [--parts memory,jobs]

All of it on rows of the Adult data that ship with the package, by the clock on the wall
and on idle cores, with as many threads as each library takes by itself.

- memory: a grid of 24 students x 5 folds over a forest that is cross-fitted 5-fold,
  with two workers, without and with ``memory=`` in an empty folder. Without, each
  candidate costs the same as in any other search, so that five of them are timed and
  the seconds are those of 24 (``--all`` times all).
- jobs: eight students of this grid with one job and with two, with ``memory=`` in an
  empty folder. And smaller grids with libraries inside that have threads of their own.
- stored: 30 fits that do nothing but ask a fitted forest of 81 MB about one row, with
  two workers: the forest sent with every task, and a StoredTeacher of it.
"""

import argparse
import tempfile
import warnings
from pathlib import Path
from time import perf_counter

import joblib
import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.neural_network import MLPClassifier

from benchmarks.search.table import COLUMNS, RESULTS, lines
from benchmarks.shared.results import append_row, drop_rows, read_rows
from benchmarks.shared.teachers import numbered, scaled
from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler, StoredTeacher
from sklearn_kd.datasets import load_adult
from sklearn_kd.inspection import pickled_size

GRID = ParameterGrid(
    {
        "alpha": [0.5, 1.0],
        "temperature": [1.0, 2.0, 4.0],
        "student__hidden_layer_sizes": [(16,), (32,), (64,), (32, 32)],
    }
)
SMALL = {"alpha": [0.5, 1.0], "temperature": [1.0, 2.0]}
FOLDS, STORED_BYTES = 5, 81e6


class Nothing(ClassifierMixin, BaseEstimator):
    """A fit that asks a fitted teacher about one row."""

    def __init__(self, teacher, value=0):
        self.teacher = teacher
        self.value = value

    def fit(self, X, y):
        """Ask the teacher."""
        self.classes_ = np.unique(y)
        self.proba_ = self.teacher.predict_proba(X[:1])
        return self

    def predict(self, X):
        """Predict one label for all rows."""
        return np.repeat(self.classes_[:1], len(X))


def timed(model, grid, X, y, *, cv, n_jobs):
    """Search, and give the seconds; workers have started, and imported what it needs.

    Nothing is fitted at the end.
    """
    search = GridSearchCV(model, grid, cv=cv, n_jobs=n_jobs, refit=False)
    few = [{name: [value] for name, value in next(iter(ParameterGrid(grid))).items()}]
    warm = GridSearchCV(model, few, cv=2, n_jobs=n_jobs, refit=False)
    if isinstance(model, DistilledClassifier):
        # another seed: another key in the folder of memory=
        warm.set_params(estimator__random_state=1, estimator__transfer=None)
    warm.fit(X[:300], y[:300])
    start = perf_counter()
    search.fit(X, y)
    return perf_counter() - start


def exact(candidates):
    """Write single candidates as grids."""
    return [{name: [value] for name, value in one.items()} for one in candidates]


def cross_fitted(n_rows, n_trees, memory):
    """Make the student of a cross-fitted forest, as the guide has it for a search."""
    return DistilledClassifier(
        numbered(RandomForestClassifier(n_trees, random_state=0), True),
        MLPStudent(max_iter=20),
        cv=5,
        transfer=MungeSampler(4 * n_rows),
        memory=memory,
        random_state=0,
    )


def measure_memory(X, y, n_trees, every):
    """Time the grid without and with memory."""
    timed_ones = list(GRID)[::every]
    with tempfile.TemporaryDirectory() as folder:
        model = cross_fitted(len(X), n_trees, folder)
        seconds = timed(model, exact(GRID), X, y, cv=FOLDS, n_jobs=2)
    model = cross_fitted(len(X), n_trees, None)
    before = timed(model, exact(timed_ones), X, y, cv=FOLDS, n_jobs=2)
    yield {
        "what": "memory= in a grid over a cross-fitted forest",
        "fits": len(GRID) * FOLDS,
        "before_seconds": before * len(GRID) / len(timed_ones),
        "seconds": seconds,
        "goal": 5,
    }


def measure_jobs(X, y, n_trees, every):
    """Time grids with one job and with two."""
    candidates = exact(list(GRID)[::3])
    seconds = {}
    for n_jobs in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            model = cross_fitted(len(X), n_trees, folder)
            seconds[n_jobs] = timed(model, candidates, X, y, cv=FOLDS, n_jobs=n_jobs)
    yield {
        "what": "n_jobs=2 in that grid, eight candidates",
        "fits": len(candidates) * FOLDS,
        "before_seconds": seconds[1],
        "seconds": seconds[2],
        "goal": 1.5,
    }
    few = len(X) // 4
    for name, model, goal in inside(few):
        seconds = {
            n_jobs: timed(model, SMALL, X[:few], y[:few], cv=3, n_jobs=n_jobs)
            for n_jobs in (1, 2)
        }
        yield {
            "what": f"n_jobs=2 with {name} inside",
            "rows": few,
            "fits": 12,
            "before_seconds": seconds[1],
            "seconds": seconds[2],
            "goal": goal,
        }


def inside(n_rows):
    """Give models in which a library has threads of its own, and the goals.

    What takes all cores with one job has none.
    """
    student = MLPStudent((32,), max_iter=20)
    params = {"transfer": MungeSampler(4 * n_rows), "random_state": 0}
    forest = numbered(RandomForestClassifier(100, random_state=0), True)
    booster = LGBMClassifier(n_estimators=100, verbose=-1, random_state=0)
    yield (
        "LightGBM (OpenMP)",
        DistilledClassifier(numbered(booster, True), student, **params),
        None,
    )
    histogram = HistGradientBoostingClassifier(random_state=0)
    yield (
        "histogram boosting (OpenMP)",
        DistilledClassifier(numbered(histogram, True), student, **params),
        None,
    )
    network = MLPClassifier((128, 128), max_iter=20, random_state=0)
    yield (
        "a network of scikit-learn (BLAS)",
        DistilledClassifier(scaled(network, True), student, **params),
        None,
    )
    yield (
        "a student of skorch (torch)",
        DistilledClassifier(forest, net(), **params),
        1.5,
    )


def net():
    """Make a net of skorch."""
    import torch
    from skorch import NeuralNetClassifier

    from sklearn_kd.torch import TabularMLP

    return NeuralNetClassifier(
        TabularMLP,
        module__hidden_layer_sizes=(32,),
        optimizer=torch.optim.Adam,
        max_epochs=5,
        verbose=0,
    )


def measure_stored(X, y, n_trees, every):
    """Time fits that do nothing, with a large fitted forest."""
    X = X.select_dtypes("number").to_numpy()
    y = np.asarray(y)
    forest = RandomForestClassifier(10, random_state=0).fit(X, y)
    n_trees = round(10 * STORED_BYTES / pickled_size(forest))
    forest = RandomForestClassifier(n_trees, random_state=0, n_jobs=2).fit(X, y)
    forest.set_params(n_jobs=1)
    grid, few = {"value": list(range(10))}, 300
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        stored = StoredTeacher.save(forest, Path(folder, "forest.joblib"))
        for teacher in (FrozenEstimator(forest), stored):
            joblib.externals.loky.get_reusable_executor().shutdown(wait=True)
            joblib.Parallel(n_jobs=2)(joblib.delayed(pickled_size)(0) for _ in range(4))
            search = GridSearchCV(Nothing(teacher), grid, cv=3, n_jobs=2, refit=False)
            start = perf_counter()
            search.fit(X[:few], y[:few])
            seconds.append(perf_counter() - start)
    yield {
        "what": f"a forest of {pickled_size(forest) / 1e6:.0f} MB as a StoredTeacher",
        "rows": few,
        "fits": 30,
        "before_seconds": seconds[0],
        "seconds": seconds[1],
    }


PARTS = {"memory": measure_memory, "jobs": measure_jobs, "stored": measure_stored}


def main():
    """Measure, and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--trees", type=int, default=300)
    parser.add_argument("--parts", default=",".join(PARTS), help="names, with commas")
    parser.add_argument("--all", action="store_true", help="time all 24 without memory")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    X, y = load_adult(return_X_y=True)
    order = pd.Series(range(len(X))).sample(args.rows, random_state=0).to_numpy()
    X, y = X.iloc[order].reset_index(drop=True), np.asarray(y)[order]
    for part in args.parts.split(","):
        drop_rows(args.out, lambda row, part=part: row["part"] == part)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of students that need more epochs
            found = PARTS[part](X, y, args.trees, 1 if args.all else 5)
            for row in found:
                row = {"part": part, "rows": args.rows, "goal": ""} | row
                append_row(args.out, row, COLUMNS)
                print(*(row[name] for name in COLUMNS), flush=True)
    print("\n".join(lines(read_rows(args.out))))


if __name__ == "__main__":
    main()
