"""Against AutoGluon's own distillation, with the same ensemble as the teacher.

    python -m benchmarks.peers [--task regression] [--phase theirs] [--data FOLDER]
        [--sets a,b]

Runs in a virtual environment with `requirements-peers.txt`: `make bench-peers`. On the
training rows of a 70/30 split, stratified for labels, duplicates dropped before:

- phase `theirs`: `TabularPredictor.fit` with boosting of two kinds and forests of two,
  then `TabularPredictor.distill` into a network and a LightGBM model.
- phase `ours`: the saved ensemble is the teacher of `DistilledClassifier` or
  `DistilledRegressor` at its defaults, given the same training rows.
- phase `tabtune`, for labels: the same with TabTune's `TabDistiller` at its defaults,
  on tables of numeric columns only, since it leaves other columns out.
- phase `latency`: all models of a table are timed on one row, one after the other.

Without `--phase` all of them. Each side has one thread (the environment has to set
`OMP_NUM_THREADS=1`, which `make` does), and every time is processor time, AutoGluon's
limits too: on a busy machine the clock on the wall would take training from it, and
stretch its milliseconds more than our microseconds. Test rows are used for nothing but
the figures. Finished rows are kept in the results file and not run again, unless
AutoGluon's version or limits have changed, or for ours the code of the package; models
are kept in the folder `--work`.
"""

import argparse
import copy
import csv
import gc
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from time import process_time

import joblib
import numpy as np

from benchmarks.peers.classification import CLASSIFICATION
from benchmarks.peers.regression import REGRESSION
from benchmarks.peers.rivals import (
    import_autogluon,
    measured,
    run_autogluon,
    run_tabtune,
    teacher_name,
)
from benchmarks.peers.table import goals, list_models, summarise
from benchmarks.quality.units import CODE
from benchmarks.shared.results import read_rows
from sklearn_kd.inspection import pickled_size

WORK = Path(tempfile.gettempdir()) / "sklearn_kd-peers"

TASKS = {"classification": CLASSIFICATION, "regression": REGRESSION}


def run_ours(task, data, folder):
    """Distil the ensemble of a saved predictor at our defaults, and give a row.

    Parameters
    ----------
    task : Task
        Labels or numbers.
    data : tuple
        Of its `split`.
    folder : Path
        Of the saved predictor.

    Returns
    -------
    dict
        Figures by column.
    """
    X, X_test, y, _ = data
    predictor = import_autogluon().load(folder)
    teacher = task.model(predictor, teacher_name(predictor))
    ask = task.predictor(teacher)
    ask(X_test[:1])  # the first call loads what later ones have
    teacher.seconds = 0.0
    start = process_time()
    student = task.quality.distil(teacher, seed=0).fit(X, y).student_
    seconds = process_time() - start
    label_seconds = teacher.seconds
    joblib.dump(student, folder / "ours.joblib")
    return measured(task, student, ask(X_test), data) | {
        "model": "ours",
        "chosen": 1,
        "seconds": seconds,
        "label_seconds": label_seconds,
        "bytes": pickled_size(student),
    }


def time_rows(task, X_test, folder):
    """Time every model of a table on one row.

    Parameters
    ----------
    task : Task
        Labels or numbers.
    X_test : DataFrame of shape (n_samples, n_features)
        Rows.
    folder : Path
        Of the saved predictor and of our student.

    Returns
    -------
    dict of str to dict
        Figures by model.
    """
    predictor = import_autogluon().load(folder)
    names = {"teacher": teacher_name(predictor)}
    for name in predictor.model_names():
        if name.endswith("_DSTL") and not name.startswith("WeightedEnsemble"):
            names[name.removesuffix("_DSTL")] = name
    models = {key: task.model(predictor, name) for key, name in names.items()}
    models |= {path.stem: joblib.load(path) for path in folder.glob("*.joblib")}
    timed = {
        key: {"row_seconds": latency(task.predictor(model), X_test)}
        for key, model in models.items()
    }
    if "ours" in models and is_numeric(X_test):
        seconds = array_latency(task, models["ours"], X_test)
        timed["ours"]["array_row_seconds"] = seconds
    return timed


def is_numeric(X):
    """Return whether all columns of a frame are numbers."""
    return all(dtype.kind in "iuf" for dtype in X.dtypes)


def latency(call, X, n_calls=200, time_limit=5):
    """Median seconds for one row, each call with another row."""
    rows = [X[start : start + 1] for start in range(min(n_calls, len(X)))]
    for row in rows[:10]:
        call(row)
    gc.disable()
    times, end = [], process_time() + time_limit
    for row in rows:
        start = process_time()
        call(row)
        times.append(process_time() - start)
        if len(times) >= 30 and process_time() > end:
            break
    gc.enable()
    return np.median(times)


def array_latency(task, student, X):
    """Time a student on float arrays: the same one, as if distilled from arrays."""
    nameless = copy.copy(student)
    del nameless.feature_names_in_
    rows = X.to_numpy(dtype=float)
    call = task.predictor(nameless)
    if not np.allclose(call(rows), task.predictor(student)(X)):
        raise RuntimeError("The student predicts otherwise for an array of the rows.")
    return latency(call, rows)


def write_rows(path, columns, rows):
    """Write the results file anew."""
    part = path.with_suffix(".part")
    with part.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(part, path)


def parse(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=TASKS, default="classification")
    parser.add_argument("--phase", help="default: all that the task has, in order")
    parser.add_argument("--data", help="folder of .parquet files, column `target`")
    parser.add_argument("--sets", help="names, with commas; default: the task's")
    parser.add_argument("--fit-limit", type=float, help="seconds for the ensemble")
    parser.add_argument("--limit", type=float, help="seconds for each student")
    parser.add_argument("--work", type=Path, default=WORK, help="keeps models")
    parser.add_argument("--out", type=Path, help="the results file")
    args = parser.parse_args(argv)
    args.task = task = TASKS[args.task]
    if args.phase not in (None, *task.phases):
        known = ", ".join(task.phases)
        parser.error(f"--phase {args.phase}: this task has {known}")
    args.phases = (args.phase,) if args.phase else task.phases
    args.sets = args.sets.split(",") if args.sets else task.sets
    fit_limit, limit = task.limits
    args.fit_limit = fit_limit if args.fit_limit is None else args.fit_limit
    args.limit = limit if args.limit is None else args.limit
    args.out = args.out or task.results
    return args


def main():
    """Run what the results file lacks, and print the table and the goals."""
    args = parse()
    task = args.task
    theirs = f"{version('autogluon.tabular')} {args.fit_limit:g}+{args.limit:g}s"
    codes = {"ours": CODE}
    if "tabtune" in task.phases:
        codes["TabTune"] = f"{version('tabtune')} {theirs}"

    def code(row):
        name = "TabTune" if row["model"].startswith("TabTune") else row["model"]
        return codes.get(name, theirs)

    def rows_of(name):
        return {r["model"]: r for r in read_rows(args.out) if r["set"] == name}

    def add(name, rows):
        for row in rows:
            row |= {"set": name, "code": code(row)}
            write_rows(args.out, task.columns, [*read_rows(args.out), row])
            print(name, row["model"], f"{row[task.score]:.4f}", flush=True)

    fresh = [row for row in read_rows(args.out) if row["code"] == code(row)]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_rows(args.out, task.columns, fresh)
    wanted = args.phases
    for name in args.sets:
        data = task.split(name, args.data)
        folder = args.work / theirs.replace(" ", "_") / name
        if "theirs" in wanted and "teacher" not in rows_of(name):
            add(name, run_autogluon(task, data, folder, args.fit_limit, args.limit))
        if "teacher" not in rows_of(name):
            continue
        if "ours" in wanted and "ours" not in rows_of(name):
            add(name, [run_ours(task, data, folder)])
        lacks_tabtune = "TabTune-lgbm" not in rows_of(name) and is_numeric(data[0])
        if "tabtune" in wanted and lacks_tabtune:
            add(name, run_tabtune(task, data, folder))
        if "latency" in wanted and not all(
            row["row_seconds"] for row in rows_of(name).values()
        ):
            timed = time_rows(task, data[1], folder)
            rows = read_rows(args.out)
            for row in rows:
                row.update(timed.get(row["model"], {}) if row["set"] == name else {})
            write_rows(args.out, task.columns, rows)
    rows = read_rows(args.out)
    lines = [*list_models(rows, task), "", *summarise(rows, task), ""]
    print("\n".join([*lines, *goals(rows, task)]))


if __name__ == "__main__":
    main()
