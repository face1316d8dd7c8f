"""``time_limit=`` on a clock that the test moves."""

import time
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from clocks import stopped
from numpy.testing import assert_array_equal
from recorder import Recorder
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from teacher_alone import X, alone, distil, y

from sklearn_kd import DistilledClassifier, MLPStudent
from sklearn_kd._run.deadline import Deadline
from sklearn_kd.students.mlp import _training
from sklearn_kd.teachers import _label, _teachers
from sklearn_kd.teachers.out_of_sample._bagged import bagged_members
from sklearn_kd.transfer import MungeSampler

MODEL = LogisticRegression().fit(X, y)


@pytest.fixture
def clock(monkeypatch):
    """The time that deadlines read; it stands still unless it is moved."""
    return stopped(monkeypatch)


class SlowFitted:
    """A fitted teacher that takes its time for each row."""

    classes_ = (0, 1)

    def __init__(self, clock, seconds):
        self.clock, self.seconds = clock, seconds

    def predict_proba(self, X):
        self.clock.now += self.seconds * len(X)
        return MODEL.predict_proba(X)


class SlowUnfitted(LogisticRegression):
    clock = None

    def fit(self, X, y, sample_weight=None):
        self.clock.now += 1000
        return super().fit(X, y, sample_weight)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(_teachers, "CHUNK", 200)
    monkeypatch.setattr(_label, "CHUNK", 200)


# ---- the deadline


def test_a_deadline_counts_what_is_not_apart(clock):
    deadline = Deadline(10)
    clock.now = 3
    with deadline.paused():
        clock.now = 50
    clock.now += 1
    assert deadline.limited
    assert deadline.elapsed() == 4
    assert deadline.left() == 6
    assert deadline.left(0.25) == -1.5


def test_what_fails_counts_apart_too(clock):
    deadline = Deadline(10)

    def fail():
        with deadline.paused():
            clock.now += 5
            raise RuntimeError("failed")

    with pytest.raises(RuntimeError, match="failed"):
        fail()
    assert deadline.elapsed() == 0


def test_no_deadline_is_never_reached(clock):
    deadline = Deadline()
    clock.now = 1e9
    assert not deadline.limited
    assert deadline.left() == np.inf


# ---- labelling


@pytest.mark.usefixtures("small_chunks")
def test_labelling_stops_at_four_tenths_of_the_limit(clock):
    teacher = SlowFitted(clock, 0.01)  # 4 s for the training rows, 2 s for a chunk
    distilled = distil(
        teacher,
        Recorder(),
        transfer=MungeSampler(10_000),
        time_limit=50,
        random_state=0,
    )
    message = r"time_limit=50: (\d+) of 10000 synthetic rows were labelled in time"
    with pytest.warns(UserWarning, match=message):
        distilled.fit(X, y)
    assert 18 <= clock.now <= 22.1
    n_labelled = distilled.n_transfer_rows_
    assert (20 - 4 - 2) / 0.01 <= n_labelled <= (20 - 4 + 2) / 0.01
    # what was labelled is a fair sample: its sources are not the first rows alone
    student = distilled.student_
    assert len(student.X_) == n_labelled
    assert np.abs(student.soft_.proba - MODEL.predict_proba(student.X_)).max() < 1e-6
    sources = np.array([np.abs(X - row).sum(axis=1).argmin() for row in student.X_])
    assert abs(sources.mean() - 200) < 15


@pytest.mark.usefixtures("small_chunks")
def test_with_time_enough_every_row_is_labelled(clock):
    def fit(limit):
        teacher = SlowFitted(clock, 0.01)
        distilled = distil(
            teacher,
            MLPStudent((8,), max_iter=2),
            transfer=MungeSampler(1000),
            time_limit=limit,
            random_state=0,
        )
        return distilled.fit(X, y)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fit(50).n_transfer_rows_ == 1000
        assert_array_equal(fit(50).predict_proba(X), fit(500).predict_proba(X))


def test_the_fit_of_an_unfitted_teacher_counts_apart(clock, monkeypatch):
    monkeypatch.setattr(SlowUnfitted, "clock", clock)
    for cv in (None, 3):
        distilled = distil(
            SlowUnfitted(),
            MLPStudent((8,), max_iter=2),
            transfer=MungeSampler(1000),
            cv=cv,
            time_limit=1,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            distilled.fit(X, y)
        assert distilled.n_transfer_rows_ == 1000
        assert distilled.student_.time_limit == 1
    assert clock.now >= 2000


class SleepingFitted:
    classes_ = (0, 1)

    def predict_proba(self, X):
        time.sleep(1e-4 * len(X))
        return MODEL.predict_proba(X)


@pytest.mark.usefixtures("small_chunks")
def test_a_whole_fit_is_done_in_time():
    """On the real clock: 6 s of labels and a minute of training, in 1.5 s."""
    distilled = distil(
        SleepingFitted(),
        MLPStudent((64, 64), max_iter=2000),
        transfer=MungeSampler(60_000),
        time_limit=1.5,
        random_state=0,
    )
    started = time.process_time()  # others' work on the machine is not in it
    with (
        pytest.warns(UserWarning, match="synthetic rows were labelled in time"),
        pytest.warns(UserWarning, match="Training was shortened"),
    ):
        distilled.fit(X, y)
    assert time.process_time() - started < 1.1 * 1.5 + 1
    assert distilled.n_transfer_rows_ > 0


def test_students_without_a_limit_of_their_own_take_their_time(clock):
    teacher = SlowFitted(clock, 1e-6)
    student = LogisticRegression()
    distilled = distil(
        teacher, student, transfer=MungeSampler(500), time_limit=60, random_state=0
    )
    assert distilled.fit(X, y).n_transfer_rows_ == 500


@pytest.mark.parametrize("time_limit", [0, -1, "soon", np.nan])
@pytest.mark.parametrize("make", [DistilledClassifier, MLPStudent])
def test_limits_that_are_none(make, time_limit):
    with pytest.raises(ValueError, match="'time_limit' parameter"):
        make(time_limit=time_limit).fit(X, y)


def test_chunks_are_as_large_as_the_time_allows(clock):
    """A teacher that is slow for each row must not predict 10 000 at once."""
    teacher = SlowFitted(clock, 0.001)
    distilled = distil(
        teacher, Recorder(), transfer=MungeSampler(9000), time_limit=10, random_state=0
    )
    with pytest.warns(UserWarning, match="of 9000 synthetic rows were labelled"):
        distilled.fit(X, y)
    assert 3 <= clock.now <= 4.01


# ---- training


@pytest.fixture
def steps(clock, monkeypatch):
    """Steps that take the seconds they are given, and the rates they are taken at."""
    steps = SimpleNamespace(seconds=lambda step: 0.01, rates=[])
    step, rate = _training.Trainer._step, _training.linear_rate

    def slow_step(self, *batch):
        clock.now += steps.seconds(self.optimizer.n_steps)
        return step(self, *batch)

    def kept_rate(*args):
        steps.rates.append(rate(*args))
        return steps.rates[-1]

    monkeypatch.setattr(_training.Trainer, "_step", slow_step)
    monkeypatch.setattr(_training, "linear_rate", kept_rate)
    return steps


def student(**params):
    return MLPStudent((8,), **{"batch_size": 20, "random_state": 0} | params)


def test_a_schedule_that_does_not_fit_is_shortened(clock, steps):
    model = student(max_iter=100, time_limit=5)
    message = r"shortened from 1800 to \d+ steps, .* the 5 seconds that time_limit"
    with pytest.warns(UserWarning, match=message):
        model.fit(X, y)
    assert 4.5 <= clock.now <= 5
    assert model.n_steps_ == len(steps.rates) == pytest.approx(475, abs=10)
    assert max(steps.rates) == pytest.approx(model.learning_rate_init, rel=0.01)
    # the learning rate came to its end: one step more would have had none
    assert steps.rates[-1] == pytest.approx(steps.rates[-2] / 2)
    assert steps.rates[-1] < 0.0025 * model.learning_rate_init
    assert np.all(np.diff(steps.rates[250:]) < 0)
    assert model.score(X, y) > 0.7


def test_steps_that_become_slower_still_end_in_time(clock, steps):
    steps.seconds = lambda step: 0.01 if step < 200 else 0.03
    model = student(max_iter=100, time_limit=5)
    with pytest.warns(UserWarning, match="shortened from 1800"):
        model.fit(X, y)
    assert 4 <= clock.now <= 5.3
    assert 200 < model.n_steps_ < 400
    assert steps.rates[-1] < 0.1 * model.learning_rate_init


@pytest.mark.parametrize("early_stopping", [True, False])
def test_an_epoch_without_a_step_is_none(clock, steps, early_stopping):
    """Time is over exactly where an epoch ends."""
    steps.seconds = lambda step: 0.01 if step < 20 else 0.04
    rows = 400 if early_stopping else 360
    model = student(
        batch_size=18, max_iter=100, time_limit=1, early_stopping=early_stopping
    )
    with pytest.warns(UserWarning, match="to 40 steps"):
        model.fit(X[:rows], y[:rows])
    assert model.n_steps_ == 40
    assert model.n_iter_ == len(model.loss_curve_) == 2
    assert min(model.loss_curve_) > 0.1
    assert model.best_loss_ > 0.1


def test_training_that_fits_is_the_training_without_a_limit(steps):
    plain = student(max_iter=5).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        limited = student(max_iter=5, time_limit=60).fit(X, y)
    assert limited.n_steps_ == plain.n_steps_
    for first, second in zip(limited.coefs_, plain.coefs_, strict=True):
        assert_array_equal(first, second)


def test_the_real_clock_shortens_training_too():
    model = MLPStudent((64,), max_iter=100_000, time_limit=0.5, random_state=0)
    started = time.process_time()
    with pytest.warns(UserWarning, match=r"within the 0\.5 seconds"):
        model.fit(X, y)
    assert time.process_time() - started < 1.1 * 0.5 + 1
    assert model.n_steps_ < 300_000


def test_the_student_gets_what_the_teacher_left(clock, steps):
    teacher = SlowFitted(clock, 0.001)
    distilled = distil(
        teacher,
        student(max_iter=100),
        transfer=MungeSampler(1600),
        time_limit=12,
        random_state=0,
    )
    with pytest.warns(UserWarning, match="Training was shortened"):
        distilled.fit(X, y)
    assert distilled.n_transfer_rows_ == 1600
    assert distilled.student_.time_limit == pytest.approx(10, abs=0.1)
    assert 11 <= clock.now <= 12


# ---- what is left out in a hurry


@pytest.mark.parametrize(
    ("params", "is_used"),
    [
        ({}, False),
        ({"objective": alone(out_of_sample=True)}, True),
        ({"objective": alone(calibration="isotonic")}, True),
        ({"time_limit": None}, True),
    ],
)
def test_members_of_a_forest_are_asked_only_where_there_is_time(
    monkeypatch, params, is_used
):
    looked_for = []

    def spy(*args, **params):
        looked_for.append(args)
        return bagged_members(*args, **params)

    monkeypatch.setattr("sklearn_kd.teachers._teach.bagged_members", spy)
    forest = RandomForestClassifier(20, random_state=0).fit(X, y)
    settings = {"time_limit": 1e-3, "transfer": MungeSampler(600)} | params
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what was cut
        distil(forest, MLPStudent((8,), max_iter=2), **settings).fit(X, y)
    assert bool(looked_for) is is_used


class Limited(ClassifierMixin, BaseEstimator):
    """A student that records its time limit."""

    def __init__(self, time_limit=None):
        self.time_limit = time_limit

    def fit(self, X, y, sample_weight=None):
        self.classes_, self.seen_ = np.unique(y), self.time_limit
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def test_a_student_keeps_its_own_shorter_limit():
    def seen(own, limit):
        model = DistilledClassifier(
            MODEL, Limited(own), time_limit=limit, transfer=None
        )
        return model.fit(X, y).student_.seen_

    assert seen(0.01, 1000) == 0.01
    assert 0 < seen(1000, 10) <= 10
    assert 0 < seen(None, 10) <= 10
    assert seen(0.01, None) == 0.01
