"""Few rows, many columns: work that is bounded, and grows with the columns at most."""

import time

import numpy as np
import pandas as pd
import pytest
from clocks import slowed, stopped
from labelled import classes
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import PolynomialFeatures

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MungeSampler,
    TabularEncoder,
)
from sklearn_kd._run.budget import automatic_bins, is_wide
from sklearn_kd.students.encoder import _numeric
from sklearn_kd.teachers.default._ensemble import default_teachers, small_booster
from sklearn_kd.transfer.munge import automatic_size


def wide_table(n_columns, n_rows=60):
    X = np.random.default_rng(0).normal(size=(n_rows, n_columns))
    return X, (X[:, 0] + X[:, 1] > 0).astype(int)


def small(**params):
    return MLPStudent((8,), random_state=0, **params)


def last_steps(models):
    return [type(getattr(m, "steps", [(0, m)])[-1][1]).__name__ for m in models]


# ---- where the bounds begin


def test_up_to_100_columns_no_table_is_wide():
    assert not is_wide(10, 100)
    assert is_wide(60, 101)
    assert is_wide(1009, 101)
    assert not is_wide(1010, 101)


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "n_bins"),
    [
        (60, 10, 32),
        (60, 57, 8),
        (60, 100, 8),
        (101 * 192, 101, 8),
        (101 * 192 - 1, 101, None),
        (256 * 192, 256, 8),
        (10**7, 257, None),
        (5, 0, 32),
    ],
)
def test_bins_that_an_encoder_teaches(n_rows, n_columns, n_bins):
    assert automatic_bins(n_rows, n_columns) == n_bins


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "size"),
    [
        (60, 100, 3600),
        (60, 500, 3600),
        (60, 5000, 2000),
        (60, 20_000, 600),
        (400, 100, 60_000),
        (400, 2000, 5000),
        (20_000, 2000, 300_000),
    ],
)
def test_synthetic_rows_have_so_many_values(n_rows, n_columns, size):
    assert automatic_size(n_rows, n_columns) == size


def test_what_users_ask_for_is_done():
    X, y = wide_table(150, 40)
    encoder = TabularEncoder(n_bins=3).fit(X, y)
    assert len(encoder.components_) > 150
    assert len(MungeSampler(9000, random_state=0).fit(X).sample()[0]) == 9000


# ---- the encoder


def test_columns_beyond_the_budget_have_a_score_and_no_more(monkeypatch):
    taught = []
    learn_edges = _numeric.learn_edges

    def counted(*args):
        taught.append(args)
        return learn_edges(*args)

    monkeypatch.setattr(_numeric, "learn_edges", counted)
    X, y = wide_table(300)
    encoder = TabularEncoder().fit(X, y)
    assert encoder.n_features_out_ == 300
    assert not taught
    TabularEncoder().fit(X[:, :90], y)
    assert len(taught) == 90


def test_constant_columns_do_not_count():
    X, y = wide_table(90)
    X = np.hstack([X, np.zeros((60, 300))])
    assert TabularEncoder().fit(X, y).components_ is not None


def test_edges_that_there_is_no_time_for_are_not_learned(monkeypatch):
    clock = stopped(monkeypatch)
    slowed(monkeypatch, clock, _numeric, "learn_edges", 0.1)
    X, y = wide_table(50)
    model = small(max_iter=2, time_limit=9).fit(X, y)
    assert model.encoder_.components_ is None
    assert clock.now == pytest.approx(0.1)
    asked = small(max_iter=2, time_limit=20).fit(X, y)
    assert asked.encoder_.components_ is not None


# ---- the default teachers

TWO = classes(2)


def test_the_default_ensemble_of_a_wide_table_has_a_linear_model():
    X, _ = wide_table(101)
    assert last_steps(default_teachers(X, TWO)) == [
        "LogisticRegression",
        "ExtraTreesClassifier",
    ]
    assert last_steps(default_teachers(X[:, :100], TWO)) == [
        "HistGradientBoostingClassifier",
        "ExtraTreesClassifier",
    ]
    assert last_steps([small_booster(X, TWO), small_booster(X[:, :100], TWO)]) == [
        "LogisticRegression",
        "HistGradientBoostingClassifier",
    ]


def survey(n_columns=110, n_rows=70):
    rng = np.random.default_rng(1)
    y = rng.integers(2, size=n_rows)
    columns = {
        f"q{j}": np.where(rng.random(n_rows) < 0.3, y, rng.integers(3, size=n_rows))
        for j in range(n_columns)
    }
    X = pd.DataFrame(columns).astype(str).astype("category")
    X["age"] = rng.normal(size=n_rows)
    X.loc[::7, "age"] = np.nan
    X["empty"] = np.nan
    return X, y


def test_a_survey_of_many_nominal_columns():
    X, y = survey()
    student, rows = small(max_iter=20), MungeSampler(500)
    model = DistilledClassifier(student=student, transfer=rows, random_state=0)
    assert model.fit(X[:50], y[:50]).score(X[50:], y[50:]) > 0.9


def test_the_linear_model_reads_what_it_did_not_see():
    X, y = survey()
    model = small_booster(X[:50], TWO).fit(X[:50], y[:50])
    strange = X[50:].copy()
    strange["q0"] = "never"
    strange["age"] = 1e30
    assert np.isfinite(model.predict_proba(strange)).all()
    assert model.score(X[50:], y[50:]) > 0.9


# ---- whole fits


@pytest.mark.filterwarnings("ignore:The teacher's weight in the pool")
@pytest.mark.parametrize("teacher", [None, RandomForestClassifier(20)])
def test_the_work_of_a_fit_is_that_of_its_columns(teacher):
    X, y = wide_table(300)
    model = DistilledClassifier(teacher, small(max_iter=2), random_state=0).fit(X, y)
    assert model.student_.coefs_[0].shape == (300, 8)
    assert model.n_transfer_rows_ == 54**2


def test_a_student_of_few_digits_is_as_good_as_a_linear_model():
    X, y = load_digits(return_X_y=True)
    X = PolynomialFeatures(2, include_bias=False).fit_transform(X)[:, :400]
    rows = MungeSampler(1500)
    model = DistilledClassifier(
        student=MLPStudent((32,)), transfer=rows, random_state=0
    )
    model.fit(X[:100], y[:100])
    linear = LogisticRegression(max_iter=1000).fit(X[:100] / 256, y[:100])
    ours, theirs = (
        m.score(x, y[100:700])
        for m, x in ((model, X[100:700]), (linear, X[100:700] / 256))
    )
    assert ours > theirs - 0.02


def test_a_time_limit_is_kept_on_a_wide_table():
    X, y = wide_table(2000)
    forest = RandomForestClassifier(20, random_state=0).fit(X, y)
    model = DistilledClassifier(forest, time_limit=0.2, random_state=0)
    start = time.process_time()  # others' work on the machine is not in it
    with pytest.warns(UserWarning, match="time_limit"):
        model.fit(X, y)
    assert time.process_time() - start < 15  # it took 16 where 5 were allowed


# ---- training that is cut


def slow_steps(monkeypatch, seconds):
    from sklearn_kd.students.mlp import _training

    clock = stopped(monkeypatch)
    slowed(monkeypatch, clock, _training.Trainer, "_step", seconds)
    return clock


def test_a_student_that_was_cut_before_it_learned_says_so(monkeypatch):
    X, y = wide_table(20)
    clock = slow_steps(monkeypatch, 1.0)
    message = "from 100 to 4 steps.*That is too few to learn.* class shares alone"
    with pytest.warns(UserWarning, match=message):
        small(time_limit=4.5, learning_rate_init=1e-4).fit(X, y)
    assert clock.now <= 4.5


def test_a_student_that_was_cut_and_has_learned_says_only_that(monkeypatch):
    X, y = wide_table(20)
    slow_steps(monkeypatch, 0.1)
    with pytest.warns(UserWarning, match="shortened from 100 to") as found:
        model = small(time_limit=8).fit(X, y)
    assert "too few" not in str(found[0].message)
    assert model.score(X, y) > 0.9


def test_rows_that_there_is_no_time_to_encode_are_left_out(monkeypatch):
    from sklearn_kd.students.mlp import _batches, _encoder_fit

    clock = stopped(monkeypatch)
    encode = _batches.encode

    def slow(encoder, X, dtype):
        clock.now += 0.001 * len(X)
        return encode(encoder, X, dtype)

    for module in (_batches, _encoder_fit):
        monkeypatch.setattr(module, "encode", slow)
    X, y = wide_table(5, 3000)
    with pytest.warns(UserWarning, match="time to encode 748 of 2700 rows"):
        small(max_iter=2, time_limit=4).fit(X, y)
    assert clock.now < 2
