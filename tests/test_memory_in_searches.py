"""``memory=`` in searches over several processes, with teachers of any kind."""

import os
import re
import resource
import signal
import warnings
from collections import Counter
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import joblib
import numpy as np
import pytest
from given_rows import on_given_rows
from joblib.memory import CacheWarning
from numpy.testing import assert_array_equal
from processes import printed_by, run_python
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from sklearn_kd import MLPStudent, compute_soft_targets
from sklearn_kd.teachers.cache import _turn
from sklearn_kd.teachers.cache._cache import Call

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X).astype(np.float32)
STUDENT = MLPStudent((8,), max_iter=2, batch_size=64)
GRID = {
    "alpha": [0.3, 0.6, 1.0],
    "temperature": [1.0, 2.0],
    "student__hidden_layer_sizes": [(4,), (8,)],
}


class CountedForest(RandomForestClassifier):
    """Writes a line a fit, and a line a prediction, into a file."""

    def __init__(self, log, n_estimators=5, random_state=None):
        super().__init__(n_estimators, random_state=random_state)
        self.log = log

    def _note(self, what, X):
        with Path(self.log).open("a") as file:
            file.write(f"{what} {len(X)}\n")

    def fit(self, X, y, sample_weight=None):
        self._note("fit", X)
        return super().fit(X, y, sample_weight)

    def predict_proba(self, X):
        self._note("predict", X)
        return super().predict_proba(X)


def counted(log):
    """How often it fitted, and how many rows it predicted, but for single ones."""
    found = Counter()
    for line in Path(log).read_text().splitlines():
        what, n_rows = line.split()
        found[what] += 1 if what == "fit" else int(n_rows) * (int(n_rows) > 1)
    return found


def distil(teacher, **params):
    return on_given_rows(teacher, STUDENT, **{"random_state": 0} | params)


def scores(search):
    return {
        name: values
        for name, values in search.cv_results_.items()
        if re.search("split._test", name)
    }


# ---- one teacher a fold


@cache
def without_memory():
    """The same search, which fits a teacher for each candidate."""
    with TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        search = GridSearchCV(distil(CountedForest(log)), GRID, cv=5).fit(X, y)
        assert counted(log)["fit"] == 61
        return search


@pytest.mark.usefixtures("fresh_workers")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_twelve_candidates_pay_for_six_teachers(n_jobs, tmp_path):
    """One a fold, and one at the end: not 61. And nothing else differs."""
    teacher = CountedForest(str(tmp_path / "log"))
    search = GridSearchCV(
        distil(teacher, memory=tmp_path / "memory"), GRID, cv=5, n_jobs=n_jobs
    ).fit(X, y)
    assert counted(tmp_path / "log") == {"fit": 6, "predict": 5 * len(X)}
    plain = without_memory()
    for name, values in scores(plain).items():
        assert_array_equal(search.cv_results_[name], values)
    assert search.best_index_ == plain.best_index_
    expected = plain.best_estimator_.student_.predict_proba(X)
    assert_array_equal(search.predict_proba(X), expected)


def draw(number, log):
    with Path(log).open("a") as file:
        file.write(f"{number}\n")
    return np.random.default_rng(number).normal(size=100_000)


def look_up(folder, numbers):
    """Look up the results of calls that another process looks up at the same time."""
    turns, log = folder / "turns", str(folder / "log")
    for number in numbers:
        # neither begins before the other is there
        (turns / f"{number} of {os.getpid()}").touch()
        while len(list(turns.glob(f"{number} of *"))) < 2:
            pass
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = Call(folder / "memory", draw, (number, log)).result()
        assert_array_equal(found, draw(number, os.devnull))
    return os.getpid()


@pytest.mark.usefixtures("fresh_workers")
def test_of_two_workers_that_want_the_same_one_computes(tmp_path):
    """The other waits for it, and reads no torn file."""
    (tmp_path / "turns").mkdir()
    numbers = range(20)
    two = joblib.Parallel(n_jobs=2)(
        joblib.delayed(look_up)(tmp_path, numbers) for _ in range(2)
    )
    assert len(set(two)) == 2
    done = (tmp_path / "log").read_text().split()
    assert sorted(map(int, done)) == list(numbers)
    assert len(list(tmp_path.rglob("output.pkl"))) == 20
    assert not list((tmp_path / "memory").rglob(".turns/*"))


WAITING = """
import os, signal, sys
from sklearn_kd.teachers.cache._cache import Call
from test_memory_in_searches import die_or_draw
print(Call(sys.argv[1], die_or_draw, (sys.argv[2],)).result().sum())
"""


def die_or_draw(log):
    """Be killed in the middle the first time."""
    first = not Path(log).exists()
    draw(0, log)
    if first:
        os.kill(os.getpid(), signal.SIGKILL)
    return draw(0, log)


def test_nobody_waits_for_one_that_was_killed(tmp_path):
    arguments = "-c", WAITING, str(tmp_path / "memory"), str(tmp_path / "log")
    assert run_python(*arguments).returncode == -signal.SIGKILL
    assert list(tmp_path.rglob(".turns/*"))  # which it has left
    assert float(printed_by(*arguments)) == draw(0, os.devnull).sum()
    assert not list(tmp_path.rglob(".turns/*"))


def test_where_no_file_can_be_locked_nobody_waits(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError("no locks available")

    monkeypatch.setattr(_turn.fcntl, "flock", refuse)
    for _ in range(2):
        Call(tmp_path, draw, (3, str(tmp_path / "log"))).result()
    assert (tmp_path / "log").read_text() == "3\n"


@pytest.mark.skipif(_turn.fcntl is None, reason="files cannot be locked")
def test_a_process_forked_inside_keeps_no_turn(tmp_path, monkeypatch):
    """It has the file of the lock, as the copy here, for as long as it runs."""
    copies, locked = [], []

    def opened(*args):
        file = open(*args)  # noqa: SIM115
        copies.append(os.dup(file.fileno()))
        return file

    monkeypatch.setattr(_turn, "open", opened, raising=False)
    Call(tmp_path, draw, (3, str(tmp_path / "log"))).result()
    for copy in copies:
        with open(f"/dev/fd/{copy}") as again:
            _turn.fcntl.flock(again, _turn.fcntl.LOCK_EX | _turn.fcntl.LOCK_NB)
            locked.append(copy)
        os.close(copy)
    assert locked


# ---- one fitted teacher


def test_one_labelling_for_a_whole_search(tmp_path):
    """With one fitted teacher whose probabilities are routed to each fit."""
    log = tmp_path / "log"
    fitted = CountedForest(str(log), random_state=0).fit(X[::2], y[::2])
    X_new, y_new = X[1::2], y[1::2]
    proba = compute_soft_targets(fitted, X_new)
    grid = {"alpha": GRID["alpha"]}
    search = GridSearchCV(distil(None), grid, cv=3)
    search.fit(X_new, y_new, teacher_proba=proba)
    assert counted(log)["predict"] == len(X_new)
    expected = GridSearchCV(distil(fitted), grid, cv=3).fit(X_new, y_new)
    for name, values in scores(expected).items():
        assert_array_equal(search.cv_results_[name], values)


# ---- a full disk


@contextmanager
def full_disk():
    """Let no file of this process take more than a thousand bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_a_warning_and_no_lost_fit(tmp_path):
    forest = RandomForestClassifier(10)
    expected = distil(forest).fit(X, y).predict_proba(X)
    with full_disk(), pytest.warns(CacheWarning, match="File too large") as caught:
        kept = distil(forest, memory=tmp_path).fit(X, y)
    assert len(caught) == 2  # the fit, and the labels
    assert_array_equal(kept.predict_proba(X), expected)
    assert not list(tmp_path.rglob("output.pkl"))  # nothing that is cut off
    for _ in range(2):  # once there is room, results are kept
        kept = distil(forest, memory=tmp_path).fit(X, y)
        assert_array_equal(kept.predict_proba(X), expected)
        assert len(list(tmp_path.rglob("output.pkl"))) == 2


def test_a_disk_without_room_for_a_folder(tmp_path, monkeypatch):
    def full(*args, **settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(joblib.Memory, "cache", full)
    with pytest.warns(UserWarning, match=r"No space left.*Make room for it, or pass"):
        distil(RandomForestClassifier(10), memory=tmp_path).fit(X, y)
