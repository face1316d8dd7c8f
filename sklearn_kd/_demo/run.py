"""The demo itself: fit a teacher, distil it, measure, show."""

import importlib
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import joblib
from threadpoolctl import threadpool_limits

from sklearn_kd._demo.ensemble import make_booster, make_ensemble
from sklearn_kd._demo.error import DemoError, first_line
from sklearn_kd._demo.exports import WRITERS, check_exports, write_exports
from sklearn_kd._demo.places import check_apart, check_place
from sklearn_kd._demo.reading.shipped import SHIPPED
from sklearn_kd._demo.reading.table import read_table, shipped_table
from sklearn_kd._demo.tasks import TASKS
from sklearn_kd._demo.verdict import verdict
from sklearn_kd._demo.wants import code_to_predict, columns_wanted
from sklearn_kd._messages import printable
from sklearn_kd._run.files import replacing
from sklearn_kd._tables.doubtful_levels import already_warned
from sklearn_kd.inspection import distillation_report

TEACHER, STUDENT = "teacher", "student"
PLAIN, BOOSTER = "without teacher", "small booster"
PICTURE = "sklearn_kd_demo.png"
_TIME_LIMIT = 5.0

_STEPS = 3

#: A student that is stopped by Ctrl-C warns so, and gives what it has.
_INTERRUPTED = "Training interrupted by user"


def run(
    data,
    target,
    task,
    nominal,
    separator,
    picture,
    out,
    seed,
    exports=(),
    table_name="rows",
    dialect="postgresql",
):
    """Run the demo.

    Parameters
    ----------
    data : str
        A table of the user's, or the name of one that ships.
    target : str or None
        The column of the former to predict.
    task : {"classification", "regression"} or None
        What to take that for; None finds out.
    nominal : list of str
        Columns to be taken for levels, as the user wrote them.
    separator : str or None
        Between the fields of a text; None finds out.
    picture : str or None
        Where the picture goes; None is the working folder, if it can be written.
    out : str or None
        Where the student goes, if anywhere.
    seed : int
        For everything random.
    exports : list of str, default=()
        Files in which the student goes for use without Python.
    table_name, dialect : str
        The table that SQL among them reads, and the database.

    Raises
    ------
    DemoError
        For what the user can fix.
    """
    _check_installed("pandas", "matplotlib")
    ships = data in SHIPPED
    path = None if ships else data
    picture, no_picture = _place_of_picture(picture, path)
    page = picture and str(Path(picture).with_suffix(".html"))
    if page is not None:
        from sklearn_kd._demo.page import check_page

        check_place("the report", page, path)
        check_page(page, picture)
    if out is not None:
        _check_out(out, path)
        for option, file in (("--picture", picture), ("the report", page)):
            if file is not None:
                check_apart(option, file, "--out", out)
    check_exports(exports, table_name, path)
    if ships:
        table = shipped_table(data, nominal)
    else:
        table = read_table(path, target, nominal, separator, task)
    X, X_test, y, y_test = table.split(seed)
    _introduce(table, len(y), len(y_test), no_picture)
    # threads of OpenMP that wait for each other on a busy machine cost more than they
    # bring
    with _warnings_as_lines(), threadpool_limits(limits=1, user_api="openmp"):
        with already_warned(table.warned):
            models = _fit(table, X, y, seed)
        with _step(3, "measuring them on the held-out rows, one row a call, one job"):
            report = distillation_report(models, X_test, y_test, time_limit=_TIME_LIMIT)
    print(f"\n{report}\n", flush=True)
    if out is not None:
        _write("the student, without its teacher", out, joblib.dump, models[STUDENT])
    write_exports(models[STUDENT], exports, table_name, dialect)
    lines = verdict(report.models)
    if picture is not None:
        _show(report, lines, picture, page, table, models, (X_test, y_test), seed)
    if out is not None:
        print("\n".join(["", *columns_wanted(table), "", *code_to_predict(table, out)]))
    print("\n".join(["", *lines]))


def _show(report, lines, picture, page, table, models, test, seed):
    """Write the picture and the page."""
    from sklearn_kd._demo.page import pictures_of, write_page
    from sklearn_kd._demo.picture import draw

    title = f"{table.name}: {TASKS[table.task].describe(table.y, table.target)}"
    _write("the picture", picture, draw, report.models, title)
    pictures = pictures_of(
        report.models, title, models[TEACHER], models[STUDENT], *test
    )
    notes = [
        f"Measured on {len(test[1]):,} held-out rows of {len(table.y):,} (seed "
        f"{seed}), one row a call and one job."
    ]
    _write("the report", page, write_page, report, title, lines, notes, pictures)


def _check_installed(*modules):
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise DemoError(
                f"The demo needs {module}, which is not installed: "
                "pip install 'sklearn-kd[demo]'"
            ) from error


def _place_of_picture(path, data):
    """Give where the picture goes, or None and why there is none."""
    if path is not None:
        _check_format(path)
        check_place("--picture", path, data)
        return path, None
    try:
        check_place("the picture", PICTURE, data)
    except DemoError as error:
        return None, f"no picture: {error} (--picture FILE)"
    return PICTURE, None


def _check_format(path):
    """Refuse a picture of a format that matplotlib does not write."""
    from matplotlib.figure import Figure

    formats = Figure().canvas.get_supported_filetypes()
    if path and Path(path).suffix.lower().removeprefix(".") not in formats:
        raise DemoError(
            f"--picture {path}: expected a picture, such as .png, .svg or .pdf."
        )


def _check_out(path, data):
    """Refuse a place where the student cannot be written."""
    if Path(path).suffix.lower() in WRITERS:
        raise DemoError(
            f"--out {path}: the student is written by joblib. Name it .joblib, or "
            f"pass --export {path}."
        )
    check_place("--out", path, data)


def _introduce(table, n_train, n_test, no_picture):
    """Print what the table is."""
    nominal = table.kinds.count("nominal")
    numeric = len(table.kinds) - nominal
    print(
        f"{table.name}: {n_train + n_test:,} rows, {numeric} numeric and {nominal} "
        f"nominal columns, {TASKS[table.task].describe(table.y, table.target)}"
    )
    for note in [*table.notes, *filter(None, [no_picture])]:
        print(f"  {printable(note)}")
    print(f"  {n_train:,} rows to learn from, {n_test:,} held out")


def _fit(table, X, y, seed):
    """Fit teacher, student, the same student without a teacher, and a small booster."""
    task = TASKS[table.task]
    with _step(1, "distilling a teacher: the mean of forest, extra trees and boosting"):
        teacher = make_ensemble(table.task, table.kinds, seed)
        distilled = task.distilled(
            teacher, cv=task.folds(y), random_state=seed, verbose=1
        ).fit(X, y)
        print(f"  {_learned(distilled.pool_weights_, task)}")
        print(f"  student: {_epochs(distilled.student_)}")
    rivals = "the same student, a small booster"
    with _step(2, f"fitting rivals on the {task.targets}: {rivals}"):
        plain = distilled.student_on_labels_
        if plain is None:
            plain = task.distilled(alpha=0, random_state=seed).fit(X, y).student_
        print(f"  the same student: {_epochs(plain)}")
        booster = make_booster(table.task, table.kinds, seed).fit(X, y)
        print("  small booster: 100 rounds of 31 leaves")
    return {
        TEACHER: distilled.teacher_,
        STUDENT: distilled.student_,
        PLAIN: plain,
        BOOSTER: booster,
    }


def _learned(weights, task):
    """Write what the student's soft targets are made of."""
    names = {"student": f"student on {task.targets}"}
    shares = (f"{names.get(name, name)} {share:.2f}" for name, share in weights.items())
    return f"What the student learned: {', '.join(shares)}"


@contextmanager
def _warnings_as_lines():
    """Print warnings without their place in the code; Ctrl-C stops the demo too."""

    def print_line(message, *_, **__):
        """Print a warning as a line."""
        if str(message).startswith(_INTERRUPTED):
            raise KeyboardInterrupt
        print(f"  warning: {printable(message)}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.filterwarnings("always", _INTERRUPTED)  # also under -W ignore
        warnings.showwarning = print_line
        yield


def _epochs(student):
    """Write how long a student was trained."""
    return f"{student.n_iter_:,} epochs, validation loss {student.best_loss_:.4f}"


@contextmanager
def _step(number, what):
    """Announce a step, time it, and turn its errors into the demo's."""
    print(f"\n[{number}/{_STEPS}] {what}", flush=True)
    start = perf_counter()
    try:
        yield
    except (TypeError, ValueError) as error:
        raise DemoError(
            f"while {what.partition(':')[0]}: {first_line(error)}"
        ) from error
    except MemoryError as error:
        raise DemoError(
            f"while {what.partition(':')[0]}: out of memory. Pass fewer rows."
        ) from error
    print(f"  done in {perf_counter() - start:.1f} s", flush=True)


def _write(what, path, write, *contents):
    """Write a file under another name, and move it into place."""
    try:
        with replacing(path) as part:
            write(contents[0], part, *contents[1:])
    except OSError as error:
        reason = error.strerror or first_line(error)
        raise DemoError(f"{path} could not be written: {reason}.") from error
    print(f"Wrote {printable(path)}: {what}", flush=True)
