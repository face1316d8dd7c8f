"""Progress of a fit, as lines: once a second at most, on a terminal and in a log."""

import importlib.util
import io
import os
import pickle
import re
import sys
import threading
from contextlib import redirect_stdout

import pytest
from clocks import slowed, stopped
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import scale

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MLPStudentRegressor,
    MungeSampler,
    compute_soft_targets,
)
from sklearn_kd._run.progress import Progress, Screen, displays, screen
from sklearn_kd.students.mlp._training import Trainer
from sklearn_kd.teachers import _label

X, y = load_wine(return_X_y=True)
X = scale(X)
FOREST = RandomForestClassifier(5, random_state=0).fit(X, y)
STUDENT = MLPStudent((8,), max_iter=5, early_stopping=False)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    return stopped(monkeypatch, screen)


@pytest.fixture(params=["log", "terminal", "terminal with tqdm"])
def shown(request, monkeypatch):
    """Each kind of standard output."""
    monkeypatch.setenv("COLUMNS", "200")
    if request.param == "terminal":
        monkeypatch.setattr(displays, "_tqdm", lambda: None)
    return io.StringIO() if request.param == "log" else Terminal()


def lines_of(stream):
    """Give all that was shown, whether it stayed or was written over."""
    return [line for line in re.split("[\r\n]", stream.getvalue()) if line.strip()]


def go_through(clock, stream, n_steps, seconds, total=1000):
    """Go through a stage in so many steps; give the lines that were shown."""
    progress = Progress(Screen("Model", 1))
    with (
        redirect_stdout(stream),
        progress.stage("label 1000 rows", total, n_steps=n_steps) as stage,
    ):
        for _ in range(n_steps):
            clock.now += seconds / n_steps
            stage.advance(total // n_steps)
    return lines_of(stream) if isinstance(stream, io.StringIO) else None


def test_a_line_a_second_at_most_whatever_the_number_of_steps(clock, shown):
    for n_steps in (10, 1000):
        before = len(lines_of(shown))
        assert 4 <= len(go_through(clock, shown, n_steps, seconds=5)) - before <= 6


def test_less_than_a_second_is_not_shown(clock, shown):
    for _ in range(3):
        assert go_through(clock, shown, 100, seconds=0.9) == []


def test_lines_have_rows_seconds_and_what_is_left(clock):
    assert go_through(clock, io.StringIO(), 4, seconds=400) == [
        "[Model] label 1000 rows: " + each
        for each in (
            "250 of 1000 rows in 1 min 40 s, about 5 min 0 s left",
            "500 of 1000 rows in 3 min 20 s, about 3 min 20 s left",
            "750 of 1000 rows in 5 min 0 s, about 1 min 40 s left",
            "1000 of 1000 rows in 6 min 40 s",
        )
    ]


def test_a_line_on_a_terminal_is_written_over(clock, monkeypatch):
    monkeypatch.setattr(displays, "_tqdm", lambda: None)
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    first, *_, last = go_through(clock, stream, 2, seconds=7200)
    assert stream.getvalue().count("\n") == 1
    assert first == "[Model] label 100...: 500 of 1000 rows in 1 h 0 min, about "
    assert last.rstrip() == "[Model] label 1000 rows: 1000 of 1000 rows in 2 h 0 min"


def test_tqdm_is_taken_where_it_is_there(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    stream, threads = Terminal(), threading.active_count()
    first, *_, last = go_through(clock, stream, 4, seconds=40)
    assert threading.active_count() == threads
    assert re.match(
        r"\[Model\] label 1000 rows: +25%.* 250/1000 rows \[00:10<00:30\]", first
    )
    assert re.match(
        r"\[Model\] label 1000 rows: 100%.*1000/1000 rows \[00:40<00:00\]", last
    )
    assert stream.getvalue().count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
@pytest.mark.parametrize("tqdm", [True, False])
def test_a_narrow_line_has_how_much_is_done_to_its_end(tqdm, clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    if not tqdm:
        monkeypatch.setattr(displays, "_tqdm", lambda: None)
    stream = Terminal()
    name = "label 400000 rows (HistGradientBoostingClassifier)"
    progress = Progress(Screen("DistilledClassifier", 1))
    with redirect_stdout(stream), progress.stage(name, 400_000, n_steps=2) as stage:
        clock.now += 30
        stage.advance(100_000)
    first = lines_of(stream)[0]
    assert first.startswith("[DistilledClassifi")
    assert first.rstrip().endswith(
        "| 100000/400000 rows [00:30<01:30]"
        if tqdm
        else "...: 100000 of 400000 rows in 30 s, about 1 min 30 s left"
    )


@pytest.mark.parametrize("tqdm", [True, False])
def test_a_terminal_that_tells_no_size_is_written_on(tqdm, clock, monkeypatch):
    """So are those of some containers and CI."""
    monkeypatch.delenv("COLUMNS", raising=False)
    if not tqdm:
        monkeypatch.setattr(displays, "_tqdm", lambda: None)
    terminal, end = os.openpty()
    with os.fdopen(end, "w") as stream, os.fdopen(terminal, "rb") as written:
        go_through(clock, stream, 2, seconds=60)
        text = ""
        while "\n" not in text:  # the line ends with the stage
            text += written.read1().decode(errors="replace")
    assert "label 1000 rows" in text
    assert "1000 of 1000 rows" in text or "1000/1000" in text
    assert max(len(line.rstrip()) for line in re.split("[\r\n]", text)) <= 79


def test_a_notebook_is_no_log(monkeypatch):
    stream = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})()
    assert isinstance(displays.display_on(stream, "", "", 1, ""), displays.Bar)
    # a module that cannot be imported
    monkeypatch.setitem(sys.modules, "tqdm.std", None)
    display = displays.display_on(stream, "", "", 1, "")
    assert type(display) is displays.ChangingLine


def test_a_long_stage_has_few_lines_in_a_log(clock):
    hours = 10 * 3600
    lines = go_through(clock, io.StringIO(), hours, seconds=hours, total=hours)
    assert 50 < len(lines) < 110


def test_a_fact_has_a_line_of_its_own(clock, shown):
    progress = Progress(Screen("Model", 1))
    stage = progress.stage("label 10 rows", 10, n_steps=2)
    with redirect_stdout(shown), stage as stage:
        clock.now += 2
        stage.advance(5)
        progress.note("a fact")
    assert "[Model] a fact" in lines_of(shown)


def test_an_error_ends_the_line(clock, shown):
    def fail():
        progress = Progress(Screen("Model", 1))
        with progress.stage("label 10 rows", 10, n_steps=2) as stage:
            clock.now += 2
            stage.advance(5)
            raise KeyError

    with redirect_stdout(shown), pytest.raises(KeyError):
        fail()
    assert shown.getvalue().endswith("\n")
    assert "10 of 10" not in shown.getvalue()


def test_on_a_worker_nothing_is_shown(capsys):
    progress = pickle.loads(pickle.dumps(Progress(Screen("Model", 1), object())))
    assert progress.task is None
    progress.note("a fact")
    assert capsys.readouterr() == ("", "")


def test_two_fits_at_once_have_lines_of_their_own(clock, capsys):
    first, second = Progress(Screen("First", 1)), Progress(Screen("Second", 1))
    with first.stage("a", 4, n_steps=4) as one, second.stage("b", 4, n_steps=4) as two:
        for stage in (one, two):
            clock.now += 1
            stage.advance()
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(" of")[0] for line in printed] == [
        "[First] a: 1",
        "[Second] b: 1",
    ]


def test_before_callbacks_came_there_are_none(monkeypatch):
    """scikit-learn has them from 1.9 on."""
    monkeypatch.setitem(sys.modules, "sklearn.callback", None)
    spec = importlib.util.find_spec("sklearn_kd._run.progress.callbacks")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert not hasattr(module.CallbackSupportMixin, "set_callbacks")
    assert module.Task.of_fit(MLPStudent(), 1, X, y) is None


# ---- fits


def distil(**params):
    params = {"transfer": MungeSampler(60), "objective": "fidelity"} | params
    return DistilledClassifier(FOREST, STUDENT, random_state=0, **params)


def test_a_fit_shows_labelling_cross_fitting_and_epochs(clock, capsys, monkeypatch):
    monkeypatch.setattr(_label, "CHUNK", 60)
    slowed(monkeypatch, clock, _label, "_predict_chunk", 2)
    slowed(monkeypatch, clock, Trainer, "_epoch", 2)
    distil(verbose=1).set_params(teacher=clone(FOREST), cv=3).fit(X, y)
    printed = capsys.readouterr().out.splitlines()
    assert all(line.startswith("[DistilledClassifier] ") for line in printed)
    text = "\n".join(line.removeprefix("[DistilledClassifier] ") for line in printed)
    forest = "RandomForestClassifier"
    assert f"cross-fit teacher ({forest}): 2 of 3 folds in 4.0 s, about 2.0 s" in text
    assert f"teacher ({forest}) cross-fitted in 3 folds in" in text
    assert f"label 60 rows ({forest}): 60 of 60 rows in 2.0 s" in text
    assert "train MLPStudent on 238 rows: 1 of 5 epochs in 2.0 s, about 8.0 s" in text
    assert "student (MLPStudent) trained on 238 rows in" in text


def test_a_quick_fit_shows_facts_alone(clock, capsys):
    distil(verbose=1).fit(X, y)
    printed = capsys.readouterr().out
    assert " of " not in printed
    assert "60 synthetic rows labelled" in printed


def test_nothing_is_shown_by_default(clock, shown, monkeypatch):
    slowed(monkeypatch, clock, Trainer, "_epoch", 2)
    with redirect_stdout(shown):
        distil().fit(X, y)
        compute_soft_targets(FOREST, X)
    assert shown.getvalue() == ""


def test_a_student_that_is_verbose_has_its_own_lines(clock, capsys, monkeypatch):
    slowed(monkeypatch, clock, Trainer, "_epoch", 2)
    distil(verbose=1).set_params(student__verbose=True).fit(X, y)
    printed = capsys.readouterr().out
    assert "epochs" not in printed
    assert printed.count("Iteration") == 5


@pytest.mark.parametrize("kind", [MLPStudent, MLPStudentRegressor])
def test_losses_are_printed_once_a_second(kind, clock, capsys, monkeypatch):
    slowed(monkeypatch, clock, Trainer, "_epoch", 0.3)
    kind((8,), max_iter=20, random_state=0, verbose=True).fit(X, y)
    epochs = [int(n) for n in re.findall(r"Iteration (\d+),", capsys.readouterr().out)]
    assert epochs == [1, 4, 8, 12, 16, 20]


def test_soft_targets_of_several_teachers_are_one_stage(clock, capsys, monkeypatch):
    slowed(monkeypatch, clock, _label, "_predict_chunk", 3)
    compute_soft_targets([FOREST, FOREST], X, batch_size=89, verbose=1)
    assert capsys.readouterr().out.splitlines() == [
        "[compute_soft_targets] label 178 rows (2 teachers): " + each
        for each in (
            "89 of 356 predictions in 3.0 s, about 9.0 s left",
            "178 of 356 predictions in 6.0 s, about 6.0 s left",
            "267 of 356 predictions in 9.0 s, about 3.0 s left",
            "356 of 356 predictions in 12 s",
        )
    ]
