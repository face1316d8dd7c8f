"""Calibrate cascades many times over, and count how often they keep their budget.

    python -m benchmarks.cascade [--data FOLDER] [--sets a,b] [--teacher forest]

On each public table a teacher and two students, the default one and the one that copies
its teacher, are fitted once, on 4000 rows or half of them; up to 16 000 of the others
are held out. For each student and budget there are then

- 50 calibration sets of half as many rows, drawn with replacement from the held-out
  ones. All held-out rows are the population that they are drawn from, so that the true
  disagreement is known: this is what the promise is about.
- 50 random splits of the held-out rows into halves, one to calibrate and one to test.
  What is counted on the test half is the true disagreement and noise.

A cascade of the real models, calibrated on one half, is timed on rows of the other, in
processor time. Finished tables are not run again.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from benchmarks.cascade.table import (
    BUDGETS,
    KEYS,
    OBJECTIVES,
    RESULTS,
    lines,
    set_lines,
)
from benchmarks.shared.figures import batch_seconds, row_seconds
from benchmarks.shared.results import append, read_rows
from benchmarks.shared.tables import PUBLIC, folder_sets, read_table
from benchmarks.shared.teachers import TEACHERS
from sklearn_kd import CascadeClassifier, DistilledClassifier
from sklearn_kd._compat import safe_indexing

TRAIN, HELD_OUT, REPEATS = 4_000, 16_000, 50


class Stored:
    """A fitted classifier whose predictions are known: a row is its position."""

    def __init__(self, model, X):
        self.classes_ = model.classes_
        self.labels, self.proba = model.predict(X), model.predict_proba(X)

    def predict(self, rows):
        """Look labels up."""
        return self.labels[rows[:, 0]]

    def predict_proba(self, rows):
        """Look probabilities up."""
        return self.proba[rows[:, 0]]


def measure(name, folder, teacher_name):
    """Fit teacher and student of a table, and give a row of figures a budget."""
    X, y = read_table(name, folder, TRAIN + HELD_OUT)
    train, held_out = train_test_split(
        np.arange(len(y)), train_size=min(TRAIN, len(y) // 2), random_state=0
    )
    teacher = TEACHERS[teacher_name](0, hasattr(X, "columns"))
    teacher.fit(safe_indexing(X, train), y[train])
    students = [
        DistilledClassifier(teacher, objective=objective, random_state=0)
        .fit(safe_indexing(X, train), y[train])
        .student_
        for objective in OBJECTIVES
    ]
    X, y = safe_indexing(X, held_out), y[held_out]
    known = {"n_train": len(train), "n_classes": len(teacher.classes_)}
    of_teacher = Stored(teacher, X)
    known["teacher_accuracy"] = np.mean(of_teacher.labels == y)
    known["teacher_row_seconds"] = row_seconds(teacher.predict, X, 200)
    known["teacher_batch_seconds"] = batch_seconds(teacher.predict, X)
    for objective, student in zip(OBJECTIVES, students, strict=True):
        key = dict(zip(KEYS, (name, teacher_name, objective), strict=False))
        for figures in compare(student, teacher, of_teacher, X, y):
            yield key | figures | known


def compare(student, teacher, of_teacher, X, y):
    """Give the figures of a student and its teacher, for each budget."""
    stored = Stored(student, X), of_teacher
    differs = stored[0].labels != stored[1].labels
    known = {
        "n_held_out": len(y),
        "student_accuracy": np.mean(stored[0].labels == y),
        "student_disagreement": np.mean(differs),
        "student_row_seconds": row_seconds(student.predict, X, 200),
    }
    for budget in BUDGETS:
        timed = _timed(student, teacher, X, budget)
        yield {"budget": budget} | known | _repeat(stored, y, budget) | timed


def _repeat(stored, y, budget):
    """Calibrate on many samples of the held-out rows, and judge on the others."""
    n_rows, found = len(y), []
    rng = np.random.default_rng(0)
    every = np.arange(n_rows)[:, None]
    for _ in range(REPEATS):
        order = rng.permutation(n_rows)
        half, test = order[: n_rows // 2, None], order[n_rows // 2 :, None]
        drawn = rng.integers(n_rows, size=(n_rows // 2, 1))
        by_draw = CascadeClassifier(*stored, max_disagreement=budget).fit(drawn)
        by_split = CascadeClassifier(*stored, max_disagreement=budget).fit(half)
        found.append(
            {
                "draws_kept": _disagreement(by_draw, stored[1], every) <= budget,
                "draws_disagreement": _disagreement(by_draw, stored[1], every),
                "splits_kept": _disagreement(by_split, stored[1], test) <= budget,
                "splits_disagreement": _disagreement(by_split, stored[1], test),
                "student_share": by_split.student_answers(test).mean(),
                "cascade_accuracy": by_split.score(test, y[test[:, 0]]),
                "threshold": by_split.threshold_,
            }
        )
    figures = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    figures["threshold"] = float(np.median([one["threshold"] for one in found]))
    return figures


def _disagreement(cascade, teacher, rows):
    return np.mean(cascade.predict(rows) != teacher.predict(rows))


def _timed(student, teacher, X, budget):
    """Time a cascade on rows that it was not calibrated on."""
    half = len(X) // 2
    cascade = CascadeClassifier(student, teacher, max_disagreement=budget)
    cascade.fit(safe_indexing(X, slice(half)))
    rows = safe_indexing(X, slice(half, None))
    answered = cascade.student_answers(rows)
    sure = safe_indexing(rows, np.flatnonzero(answered))
    return {
        "answered_row_seconds": row_seconds(cascade.predict, sure, 200)
        if answered.any()
        else np.nan,
        "timed_share": answered.mean(),
        "batch_seconds": batch_seconds(cascade.predict, rows),
    }


def main():
    """Run what the results file lacks, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder of .parquet files, column `target`")
    parser.add_argument("--sets", help="names, with commas; all by default")
    parser.add_argument("--teacher", default="forest", choices=TEACHERS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    names = folder_sets(args.data) if args.data else PUBLIC
    names = args.sets.split(",") if args.sets else names
    done = {(row["set"], row["teacher"]) for row in read_rows(args.out)}
    for name in names:
        if (name, args.teacher) in done:
            continue
        with warnings.catch_warnings():
            # a table whose teacher answers everything is a row like any other
            warnings.filterwarnings("ignore", "The teacher answers every row")
            found = list(measure(name, args.data, args.teacher))
        for row in found:
            append(args.out, row)
            print(*row.values(), flush=True)
    rows = read_rows(args.out)
    print("\n".join([*lines(rows), "", *set_lines(rows)]))


if __name__ == "__main__":
    main()
