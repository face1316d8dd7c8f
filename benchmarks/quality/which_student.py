"""Which student to choose: kinds of students, distilled from the same teachers.

    python -m benchmarks.quality --students all [--sets a,b] [--seeds 1] [--jobs 2]

Every kind learns twice, from a teacher and from the labels alone. Synthetic rows are
fewer than at the defaults, so that slow kinds get through, and are the same for all
kinds that have some. A fit runs in a process of its own, which is ended after a time:
such a kind has no figures there.
"""

import re
import traceback
import warnings
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from tempfile import TemporaryDirectory
from time import process_time
from unittest import mock

import joblib
import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from benchmarks.quality.student_kinds import SETTINGS, STUDENTS
from benchmarks.quality.units import CODE, PROTOCOL, Unit, settings_key
from benchmarks.shared.figures import (
    IMBALANCED,
    fidelity,
    latency,
    predicted,
    quality,
    size,
)
from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import (
    FOLDER,
    KEY,
    append_row,
    check_columns,
    drop_rows,
    read_rows,
    sort_rows,
)
from benchmarks.shared.tables import PUBLIC
from benchmarks.shared.teachers import TEACHERS as ALL_TEACHERS
from sklearn_kd import DistilledClassifier, MungeSampler
from sklearn_kd._recipe import labelling as recipe

RESULTS = FOLDER / "students.csv"

#: Two and more classes, numbers and categories, small and large.
SETS = ("german_credit", "vehicle", "hpc_jobs", "phoneme", "satimage", "adult")

TEACHERS = ("forest", "boosting")
MAX_ROWS = 7_000
N_SYNTHETIC = 10_000

#: Seconds on the clock that a fit and its figures may take.
TIME_LIMIT = 120

#: Least probability of any model: a tree's 0 would be an infinite divergence.
FLOOR = 1e-6

#: Added to the name of a student that learned from the labels alone.
LABELS = ":labels"


def student_key(name, teacher, max_rows):
    """Return which state of code and settings the row of a student or teacher is of.

    Parameters
    ----------
    name : str
        Of a student, with or without ``LABELS``, or "teacher".
    teacher : str
        Name of the teacher.
    max_rows : int
        Cap on the rows of the table.

    Returns
    -------
    str
        The key.
    """
    end = f"{settings_key(teacher)}<{max_rows}"
    if name == "teacher":
        return end
    name = name.removesuffix(LABELS)
    make, more = STUDENTS[name][1], SETTINGS.get(name, {})
    made = [sorted(map(str, make(0, mixed).get_params().items())) for mixed in (0, 1)]
    state = [made, PROTOCOL, N_SYNTHETIC, TIME_LIMIT, *more.items()]
    texts = re.sub(r" at 0x\w+", "", str(state))
    return f"{CODE}+{joblib.hash(texts)[:8]}+{end}"


def compare(args):
    """Run what the results file lacks, and print the table.

    Parameters
    ----------
    args : argparse.Namespace
        Of the command line.

    Returns
    -------
    int
        0; 1 where something failed.
    """
    names = list(STUDENTS) if args.students == "all" else args.students.split(",")
    unknown = set(names) - set(STUDENTS)
    if unknown:
        raise SystemExit(
            f"--students {','.join(sorted(unknown))}: known are {', '.join(STUDENTS)}, "
            "and all."
        )
    out = args.out or RESULTS
    check_columns(out)
    max_rows = args.max_rows or MAX_ROWS
    models = ["teacher", *names, *(name + LABELS for name in names)]
    teachers = TEACHERS if args.teachers == list(ALL_TEACHERS) else args.teachers
    sets = SETS if args.sets is PUBLIC else args.sets
    keys = {
        (teacher, model): student_key(model, teacher, max_rows)
        for teacher in teachers
        for model in models
    }
    drop_rows(out, lambda row: _is_stale(row, keys))
    done = {tuple(row[column] for column in KEY) for row in read_rows(out)}
    work = []
    for seed in range(args.seeds):
        for name in sets:
            wanted = [
                (*pair, key)
                for pair, key in keys.items()
                if (name, pair[0], str(seed), pair[1], key) not in done
            ]
            if wanted:
                work.append((Unit(name, seed, args.data, max_rows, args.cache), wanted))
    print(f"{sum(len(wanted) for _, wanted in work)} rows to make", flush=True)
    failures = sum(
        Parallel(n_jobs=args.jobs, batch_size=1)(
            delayed(run)(unit, wanted, out) for unit, wanted in work
        )
    )
    sort_rows(out)
    print("\n".join(lines(read(out))))
    return 1 if failures else 0


def _is_stale(row, keys):
    pair = row["teacher"], row["model"]
    return pair in keys and row["key"] != keys[pair]


def run(unit, wanted, out):
    """Measure students on a split, and add each row to the results file at once.

    Parameters
    ----------
    unit : Unit
        The split.
    wanted : list of (str, str, str)
        Teacher, student and key of the rows that are not there yet.
    out : Path
        The results file.

    Returns
    -------
    int
        How many failed, for other reasons than their time; each has been printed.
    """
    n_failed, of_labels = 0, {}  # these are the same for all teachers
    with warnings.catch_warnings(), TemporaryDirectory() as memory:
        warnings.simplefilter("ignore")
        for teacher, model, key in wanted:
            if model == "teacher":
                _write(unit, teacher, model, key, unit.card(teacher, True)[0], out)
                continue
            figures = of_labels.get(model)
            if figures is None:
                call = partial(_measure, unit, teacher, model, memory)
                figures = _within(TIME_LIMIT, call)
            if isinstance(figures, str):
                n_failed += 1
                print(f"FAILED {unit.name} {teacher} {model}: {figures}", flush=True)
                continue
            if model.endswith(LABELS):
                of_labels[model] = figures
            _write(unit, teacher, model, key, figures, out)
    return n_failed


def _measure(unit, teacher_name, model, memory):
    X, X_test, y, _ = unit.split
    name = model.removesuffix(LABELS)
    student = STUDENTS[name][1](unit.seed, unit.mixed)
    settings = {"student": student, "random_state": unit.seed}
    if model.endswith(LABELS):
        settings["alpha"] = 0
    else:
        teacher = unit.teacher(teacher_name)
        teacher.cache_key = str(unit.path(teacher_name, "model"))  # for the memory
        settings |= {"teacher": teacher, "memory": memory}
        settings |= {"transfer": MungeSampler(N_SYNTHETIC)} | SETTINGS.get(name, {})
    with _clock_of_fit() as spent:
        distilled = DistilledClassifier(**settings).fit(X, y)
    student = distilled.student_
    figures = {"fit_seconds": spent[0], "outputs": predicted(student, X_test)}
    figures["n_transfer_rows"] = getattr(distilled, "n_transfer_rows_", None)
    return figures | size(student) | latency(student, X_test)


@contextmanager
def _clock_of_fit():
    """Add up the seconds of students' fits, on rows that have their soft targets."""
    spent = [0.0]
    original = recipe.fit_student

    def timed(*args):
        start = process_time()
        try:
            return original(*args)
        finally:
            spent[0] += process_time() - start

    with mock.patch.object(recipe, "fit_student", timed):
        yield spent


def _within(seconds, call):
    """Call in a process of its own, which is ended after some seconds.

    Returns
    -------
    dict or str
        What the call returns, empty where it took too long; what went wrong.
    """
    context = get_context("fork")  # the split is there already
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, call))
    process.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll(seconds) else {}
    except EOFError:
        return "its process died"
    finally:
        process.kill()
        process.join()


def _send(sender, call):
    try:
        sender.send(call())
    except Exception:  # it is reported, and the others go on
        sender.send(traceback.format_exc())


def _write(unit, teacher, model, key, figures, out):
    figures = {k: v for k, v in figures.items() if k != "outputs"} | _quality(
        unit, teacher, figures.get("outputs")
    )
    row = {"set": unit.name, "teacher": teacher, "seed": unit.seed, "model": model}
    append_row(out, row | {"key": key} | unit.facts | figures)
    shown = ("score", "log_loss", "kl", "fit_seconds")
    text = ", ".join(f"{name} {figures.get(name, np.nan):.4f}" for name in shown)
    print(f"{unit.name} {teacher} {unit.seed} {model}: {text}", flush=True)


def _quality(unit, teacher, proba):
    """What needs the labels of the test rows, or the teacher's predictions for them."""
    if proba is None:  # it took too long
        return {}
    y_test, imbalanced = unit.split[3], unit.facts["majority_share"] > IMBALANCED
    proba, target = map(_floored, (proba, unit.card(teacher, True)[0]["outputs"]))
    figures = quality(y_test, proba, unit.classes, imbalanced) | fidelity(proba, target)
    best = quality(y_test, target, unit.classes, imbalanced)["score"]
    return figures | {"retention": figures["score"] / best}


def _floored(proba):
    proba = np.maximum(proba, FLOOR)
    return proba / proba.sum(axis=1, keepdims=True)


def read(path):
    """Read the results file as a DataFrame."""
    return pd.read_csv(path, dtype={"key": str})


def lines(rows):
    """Make the lines of the table: a student each, over all tables and teachers.

    Parameters
    ----------
    rows : DataFrame
        Results.

    Returns
    -------
    list of str
        Means of what is about quality, medians of what is about cost.
    """
    index = ["set", "teacher", "seed"]
    parts = {model: part.set_index(index) for model, part in rows.groupby("model")}
    teacher = parts["teacher"]
    made = [
        _line(title, parts[name], parts.get(name + LABELS), teacher)
        for name, (title, _) in STUDENTS.items()
        if name in parts
    ]
    header = (
        "student,pairs,kept,agreement,KL,log loss,less the teacher's,score gained,"
        "log loss gained,kB,of the teacher,µs a row: array,frame,fit s"
    )
    return table(header.split(","), made)


def _line(title, part, plain, teacher):
    n_planned, part = len(part), part.dropna(subset="score")
    of_teacher = teacher.reindex(part.index)
    gained = {"score": np.nan, "log_loss": np.nan}
    if plain is not None:
        gained = {name: (part[name] - plain[name]).mean() for name in gained}
    share = np.exp(np.log(part["bytes"] / of_teacher["bytes"]).mean())
    return (
        title,
        str(n_planned) if n_planned == len(part) else f"{len(part)} of {n_planned}",
        number(part["retention"].mean(), ".3f"),
        number(part["agreement"].mean(), ".3f"),
        number(part["kl"].mean(), ".3f"),
        number(part["log_loss"].mean(), ".3f"),
        number((part["log_loss"] - of_teacher["log_loss"]).mean(), "+.3f"),
        number(gained["score"], "+.3f"),
        number(-gained["log_loss"], "+.3f"),
        number(part["bytes"].median() / 1024, ",.0f"),
        number(share, ".2%"),
        number(part["array_row_seconds"].median() * 1e6, ",.0f"),
        number(part["frame_row_seconds"].median() * 1e6, ",.0f"),
        number(part["fit_seconds"].median(), ",.1f"),
    )
