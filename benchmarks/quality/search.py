"""Ours searched beside ours at defaults: `python -m benchmarks.quality --search`."""

import csv
import warnings
from time import perf_counter

import joblib
from sklearn.model_selection import GridSearchCV

from benchmarks.quality.units import CODE, Unit, settings_key
from benchmarks.shared.figures import IMBALANCED, fidelity, predicted, quality
from benchmarks.shared.results import FOLDER, read_rows
from benchmarks.shared.teachers import TEACHERS
from sklearn_kd import DistilledClassifier

RESULTS = FOLDER / "search.csv"

#: Small and middling tables, two of them mixed: a search fits a student many times.
SETS = ("phoneme", "satimage", "vehicle", "german_credit", "credit_data")

TEACHER = "forest"
SEED = 0

#: How much the labels count, what the synthetic rows teach, and whether there are any.
GRID = [
    {"transfer": [None], "alpha": [0.5, 1.0]},
    {
        "transfer": ["auto"],
        "objective": ["generalization", "fidelity"],
        "alpha": [0.5, 1.0],
    },
]


def search(args):
    """Search on each of the five tables that the results file lacks.

    The teacher is unfitted, so that no fold leaks, and `memory` keeps each
    fold's teacher for all parameters of the student.

    Parameters
    ----------
    args : argparse.Namespace
        Of the command line.

    Returns
    -------
    int
        0.
    """
    out = args.out or RESULTS
    state = f"{CODE}+{settings_key(TEACHER)}+{joblib.hash(GRID)[:6]}"
    sets = [name for name in SETS if name in args.sets]
    rows = [row for row in read_rows(out) if row["key"] == state]
    done = {row["set"] for row in rows}
    for name in sets:
        if name not in done:
            unit = Unit(name, SEED, args.data, args.max_rows, args.cache)
            rows.append({"key": state} | _searched(unit, args))
            _write(out, sorted(rows, key=lambda row: row["set"]))
            print(" ".join(f"{key}={value}" for key, value in rows[-1].items()))
    return 0


def _searched(unit, args):
    X, X_test, y, y_test = unit.split
    teacher = TEACHERS[TEACHER](unit.seed, unit.mixed)
    model = DistilledClassifier(
        teacher, memory=args.cache / "search", random_state=unit.seed
    )
    searching = GridSearchCV(
        model, GRID, cv=3, scoring="neg_log_loss", n_jobs=args.jobs
    )
    fixed = DistilledClassifier(unit.teacher(TEACHER), random_state=unit.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = perf_counter()
        searching.fit(X, y)
        seconds = perf_counter() - start
        fixed.fit(X, y)
    row = {"set": unit.name, "teacher": TEACHER, "seed": unit.seed}
    row["best"] = "; ".join(f"{k}={v}" for k, v in searching.best_params_.items())
    teacher_proba = unit.card(TEACHER, keep_model=True)[0]["outputs"]
    imbalanced = unit.facts["majority_share"] > IMBALANCED
    best = searching.best_estimator_.student_
    for kind, student in (("default", fixed.student_), ("searched", best)):
        proba = predicted(student, X_test)
        figures = quality(y_test, proba, unit.classes, imbalanced)
        figures |= fidelity(proba, teacher_proba)
        for column in ("score", "log_loss", "agreement", "kl"):
            row[f"{kind}_{column}"] = figures[column]
    row["seconds"] = seconds
    return row


def _write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
