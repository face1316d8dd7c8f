"""The demo itself: fit a teacher, distil it, measure, show."""

import importlib
import os
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import joblib
import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_kd import DistilledClassifier
from sklearn_kd._demo.ensemble import make_ensemble
from sklearn_kd._demo.error import DemoError
from sklearn_kd._demo.table import adult, read_table
from sklearn_kd.inspection import compare

TEACHER, STUDENT, PLAIN = "teacher", "student", "student without teacher"
_TIME_LIMIT = 5.0


def run(data, target, picture, out, seed):
    """Run the demo.

    Parameters
    ----------
    data, target : str or None
        A table of the user's and its column with the labels; None is the Adult data.
    picture : str
        Where the picture goes.
    out : str or None
        Where the student goes, if anywhere.
    seed : int
        For everything random.

    Raises
    ------
    DemoError
        For what the user can mend.
    """
    _check_installed("pandas", "matplotlib")
    _check_picture(picture)
    for path in filter(None, [picture, out]):
        _check_writable(path, data)
    if out is not None and os.path.realpath(out) == os.path.realpath(picture):
        raise DemoError(f"--picture and --out are the same file, {out}.")
    table = adult() if data is None else read_table(data, target)
    X, X_test, y, y_test = table.split(seed)
    _introduce(table, len(y), len(y_test))
    # threads of OpenMP that wait for each other on a busy machine cost more than they
    # bring
    with threadpool_limits(limits=1, user_api="openmp"):
        models = _fit(table.kinds, X, y, seed)
        with _step(4, "measuring them on the held-out rows, one row a call, one job"):
            comparison = compare(models, X_test, y_test, time_limit=_TIME_LIMIT)
    print(f"\n{comparison}\n\n{_verdict(comparison)}")
    title = f"{table.name}, classes of {table.target!r}"
    _write(comparison, picture, out, models[STUDENT], title)


def _check_installed(*modules):
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise DemoError(
                f"The demo needs {module}, which is not installed: "
                "pip install 'sklearn-kd[demo]'"
            ) from error


def _check_picture(path):
    from matplotlib.figure import Figure

    formats = Figure().canvas.get_supported_filetypes()
    if Path(path).suffix.lower().removeprefix(".") not in formats:
        raise DemoError(
            f"--picture {path}: expected a picture, such as .png, .svg or .pdf."
        )


def _check_writable(path, data):
    """Find out before the long work whether a file can be written after it."""
    if data is not None and os.path.realpath(path) == os.path.realpath(data):
        raise DemoError(f"{path} cannot be written: it is the table to learn from.")
    if not os.fspath(path):
        raise DemoError("an empty file name cannot be written.")
    new = not os.path.lexists(path)
    try:
        with open(path, "ab"):
            pass
    except OSError as error:
        raise DemoError(f"{path} cannot be written: {error.strerror}.") from error
    if new:
        os.remove(path)


def _introduce(table, n_train, n_test):
    nominal = table.kinds.count("nominal")
    numeric = len(table.kinds) - nominal
    print(
        f"{table.name}: {n_train + n_test:,} rows, {numeric} numeric and {nominal} "
        f"nominal columns, {len(np.unique(table.y))} classes of {table.target!r}"
    )
    for note in table.notes:
        print(f"  {note}")
    print(f"  {n_train:,} rows to learn from, {n_test:,} held out")


def _fit(kinds, X, y, seed):
    with _step(1, "fitting the teacher: a vote of forest, extra trees and boosting"):
        teacher = make_ensemble(kinds, seed).fit(X, y)
    with _step(2, "distilling it: the student learns the teacher's probabilities"):
        distilled = DistilledClassifier(teacher, random_state=seed, verbose=1)
        student = distilled.fit(X, y).student_
        print(f"  {_epochs(student)}")
    with _step(3, "fitting the same student without a teacher, on the labels alone"):
        plain = DistilledClassifier(alpha=0, random_state=seed).fit(X, y).student_
        print(f"  {_epochs(plain)}")
    return {TEACHER: teacher, STUDENT: student, PLAIN: plain}


def _epochs(student):
    return f"{student.n_iter_:,} epochs, validation loss {student.best_loss_:.4f}"


@contextmanager
def _step(number, what):
    print(f"\n[{number}/4] {what}", flush=True)
    start = perf_counter()
    yield
    print(f"  done in {perf_counter() - start:.1f} s", flush=True)


def _verdict(comparison):
    teacher, student, plain = (comparison[name] for name in (TEACHER, STUDENT, PLAIN))
    smaller = _times(teacher["pickled_size"] / student["pickled_size"], "small", "larg")
    faster = _times(
        teacher["latency_median"] / student["latency_median"], "fast", "slow"
    )
    return (
        f"The student is {smaller} than the teacher, {faster} on one row,\n"
        f"and keeps {student['retention']:.1%} of its accuracy "
        f"({plain['retention']:.1%} without a teacher)."
    )


def _times(ratio, more, less):
    word = more if ratio >= 1 else less
    ratio = max(ratio, 1 / ratio)
    return (
        f"{ratio:,.0f} times {word}er" if ratio >= 10 else f"{ratio:.1f} times {word}er"
    )


def _write(comparison, picture, out, student, title):
    from sklearn_kd._demo.picture import draw

    try:
        draw(comparison, picture, title)
        print(f"Wrote {picture}")
        if out is not None:
            joblib.dump(student, out)
            print(f"Wrote {out}: joblib.load({out!r}).predict(frame)")
    except OSError as error:
        raise DemoError(f"Could not write: {error}") from error
