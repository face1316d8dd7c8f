"""Against AutoGluon's own distillation, with the same ensemble as the teacher.

    python -m benchmarks.peers [--phase theirs] [--data FOLDER] [--sets a,b]

Runs in a virtual environment with `requirements-peers.txt`: `make bench-peers`. On the
training rows of a stratified 70/30 split, duplicates dropped before:

- phase `theirs`: `TabularPredictor.fit` with boosting of two kinds and forests of two,
  then `TabularPredictor.distill` into a network and a LightGBM model. The metric is log
  loss: accuracy would not show which of two students has the better probabilities, and
  AutoGluon then chooses on its validation rows by what its students are trained for.
- phase `ours`: the saved ensemble is the teacher of `DistilledClassifier` at its
  defaults, given the same training rows.
- phase `tabtune`: the same with TabTune's `TabDistiller` at its defaults, on tables of
  numbers only, since it leaves other columns out.
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
from sklearn.model_selection import train_test_split

from benchmarks.peers.rivals import (
    AutoGluonModel,
    figures,
    import_autogluon,
    run_autogluon,
    run_tabtune,
    teacher_name,
)
from benchmarks.peers.table import goals, list_models, summarise
from benchmarks.quality.units import CODE
from benchmarks.shared.results import FOLDER, read_rows
from benchmarks.shared.tables import load_folder, load_public, without_duplicates
from sklearn_kd import DistilledClassifier
from sklearn_kd.inspection import pickled_size

RESULTS = FOLDER / "peers.csv"
WORK = Path(tempfile.gettempdir()) / "sklearn_kd-peers"

#: Numeric and nominal, clean and noisy, two classes to 26, 700 rows to 34 000.
SETS = (
    *("phoneme", "magic", "satimage", "spambase", "splice", "credit_data"),
    *("hpc_jobs", "german_credit", "optdigits", "kr_vs_kp", "adult", "letter"),
)
COLUMNS = (
    *("set", "model", "code", "chosen", "n_train", "n_test", "n_classes"),
    *("accuracy", "log_loss", "agreement", "kl", "valid_log_loss"),
    *("seconds", "label_seconds", "bytes", "load"),
    *("row_seconds", "array_row_seconds"),
)


def split(name, folder):
    """Read a table and split it: X_train, X_test, y_train, y_test."""
    X, y = load_folder(folder, name) if folder else load_public(name)
    X, y = without_duplicates(X, y)
    return train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)


def run_ours(data, folder):
    """Distil the ensemble of a saved predictor at our defaults, and give a row.

    Parameters
    ----------
    data : tuple
        Of :func:`split`.
    folder : Path
        Of the saved predictor.

    Returns
    -------
    dict
        Figures by column.
    """
    X, X_test, y, y_test = data
    predictor = import_autogluon().load(folder)
    teacher = AutoGluonModel(predictor, teacher_name(predictor))
    teacher.predict_proba(X_test[:1])  # the first call loads what later ones have
    teacher.seconds = 0.0
    start = process_time()
    student = DistilledClassifier(teacher, random_state=0).fit(X, y).student_
    seconds = process_time() - start
    label_seconds = teacher.seconds
    joblib.dump(student, folder / "ours.joblib")
    return figures(student, teacher.predict_proba(X_test), X_test, y_test) | {
        "model": "ours",
        "chosen": 1,
        "n_train": len(y),
        "seconds": seconds,
        "label_seconds": label_seconds,
        "bytes": pickled_size(student),
    }


def time_rows(X_test, folder):
    """Time every model of a table on one row.

    Parameters
    ----------
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
    models = {key: AutoGluonModel(predictor, name) for key, name in names.items()}
    models |= {path.stem: joblib.load(path) for path in folder.glob("*.joblib")}
    timed = {key: {"row_seconds": latency(m, X_test)} for key, m in models.items()}
    if "ours" in models and is_numeric(X_test):
        timed["ours"]["array_row_seconds"] = array_latency(models["ours"], X_test)
    return timed


def is_numeric(X):
    """Return whether all columns of a frame are numbers."""
    return all(dtype.kind in "iuf" for dtype in X.dtypes)


def latency(model, X, n_calls=200, time_limit=5):
    """Median seconds for one row, each call with another row."""
    rows = [X[start : start + 1] for start in range(min(n_calls, len(X)))]
    for row in rows[:10]:
        model.predict_proba(row)
    gc.disable()
    times, end = [], process_time() + time_limit
    for row in rows:
        start = process_time()
        model.predict_proba(row)
        times.append(process_time() - start)
        if len(times) >= 30 and process_time() > end:
            break
    gc.enable()
    return np.median(times)


def array_latency(student, X):
    """Time a student on float arrays: the same one, as if distilled from arrays."""
    nameless = copy.copy(student)
    del nameless.feature_names_in_
    rows = X.to_numpy(dtype=float)
    if not np.allclose(nameless.predict_proba(rows), student.predict_proba(X)):
        raise RuntimeError("The student predicts otherwise for an array of the rows.")
    return latency(nameless, rows)


def write_rows(path, rows):
    """Write the results file anew."""
    part = path.with_suffix(".part")
    with part.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(part, path)


def main():
    """Run what the results file lacks, and print the table and the goals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    phases = ("theirs", "ours", "tabtune", "latency")
    parser.add_argument("--phase", choices=phases, help="default: all, in this order")
    parser.add_argument("--data", help="folder of .parquet files, column `target`")
    parser.add_argument("--sets", help="names, with commas; default: twelve")
    parser.add_argument("--fit-limit", type=float, default=60, help="for the ensemble")
    parser.add_argument("--limit", type=float, default=150, help="for each student")
    parser.add_argument("--work", type=Path, default=WORK, help="keeps models")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    args = parser.parse_args()
    theirs = f"{version('autogluon.tabular')} {args.fit_limit:g}+{args.limit:g}s"
    tabtune = f"{version('tabtune')} {theirs}"

    def code(row):
        name = "TabTune" if row["model"].startswith("TabTune") else row["model"]
        return {"ours": CODE, "TabTune": tabtune}.get(name, theirs)

    def rows_of(name):
        return {r["model"]: r for r in read_rows(args.out) if r["set"] == name}

    def add(name, rows):
        for row in rows:
            row |= {"set": name, "code": code(row)}
            write_rows(args.out, [*read_rows(args.out), row])
            print(name, row["model"], f"{row['accuracy']:.4f}", flush=True)

    fresh = [row for row in read_rows(args.out) if row["code"] == code(row)]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_rows(args.out, fresh)
    wanted = (args.phase,) if args.phase else phases
    for name in args.sets.split(",") if args.sets else SETS:
        data = split(name, args.data)
        folder = args.work / theirs.replace(" ", "_") / name
        if "theirs" in wanted and "teacher" not in rows_of(name):
            add(name, run_autogluon(data, folder, args.fit_limit, args.limit))
        if "teacher" not in rows_of(name):
            continue
        if "ours" in wanted and "ours" not in rows_of(name):
            add(name, [run_ours(data, folder)])
        lacks_tabtune = "TabTune-lgbm" not in rows_of(name) and is_numeric(data[0])
        if "tabtune" in wanted and lacks_tabtune:
            add(name, run_tabtune(data, folder))
        if "latency" in wanted and not all(
            row["row_seconds"] for row in rows_of(name).values()
        ):
            timed = time_rows(data[1], folder)
            rows = read_rows(args.out)
            for row in rows:
                row.update(timed.get(row["model"], {}) if row["set"] == name else {})
            write_rows(args.out, rows)
    rows = read_rows(args.out)
    print("\n".join([*list_models(rows), "", *summarise(rows), "", *goals(rows)]))


if __name__ == "__main__":
    main()
