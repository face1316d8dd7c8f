"""Messages of errors that a teacher raises for synthetic rows alone."""

import numpy as np
import pytest
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.neighbors import RadiusNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from synthetic_rows import FEW, SMALL, X, y
from teacher_alone import alone

from sklearn_kd import DistilledClassifier, Pool
from sklearn_kd.pool import _booster

HINTS = ["synthetic rows", "`category`", "transfer=None", "sampler of your own"]
KNOWN = set(map(bytes, X))


class Strict:
    """A fitted teacher that takes rows of X alone."""

    classes_ = np.array([0, 1])

    def __init__(self, error):
        self.error = error

    def predict_proba(self, rows):
        if not set(map(bytes, np.ascontiguousarray(rows))) <= KNOWN:
            return self.refuse(len(rows))
        return np.full((len(rows), 2), 0.5)

    def refuse(self, n_rows):
        raise self.error


class Wordless(Exception):
    """It cannot be made from a message alone."""

    def __init__(self, code, reason):
        super().__init__(code, reason)


class Refused(KeyError, Wordless):
    def __init__(self, code, reason="odd"):
        super().__init__(code, reason)

    def __str__(self):
        return "refused"


def distil(teacher, **params):
    params = {"transfer": FEW, "objective": "fidelity", "random_state": 0} | params
    return DistilledClassifier(teacher, SMALL, **params)


def raised(teacher, kind, rows=X, **params):
    with pytest.raises(kind) as caught:
        distil(teacher, **params).fit(rows, y)
    return caught.value


def assert_explained(error, cause):
    assert all(hint in str(error) for hint in HINTS)
    assert str(cause) in str(error)
    assert error.__cause__ is cause


@pytest.mark.parametrize(
    "kind", [ValueError, TypeError, RuntimeError, KeyError, OSError, UserWarning]
)
def test_the_error_keeps_its_type_and_names_the_ways_out(kind):
    cause = kind("21 is odd")
    error = raised(Strict(cause), kind)
    assert type(error) is kind
    assert_explained(error, cause)
    assert "teacher Strict" in str(error)


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (UnicodeDecodeError("utf-8", b"a", 0, 1, "odd"), UnicodeError),
        (Wordless(1, "odd"), ValueError),
        (Refused(1), KeyError),
    ],
    ids=["unicode", "of one's own", "with a text of its own"],
)
def test_an_error_that_takes_more_than_a_message_has_the_nearest_type(cause, kind):
    error = raised(Strict(cause), kind)
    assert type(error) is kind
    assert_explained(error, cause)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError, SystemExit])
def test_what_has_nothing_to_do_with_rows_is_raised_as_it_is(kind):
    cause = kind()
    assert raised(Strict(cause), kind) is cause


class Once(Strict):
    """A service that is gone after its first prediction for more than one row."""

    cache_key = "once"
    has_predicted = False

    def predict_proba(self, rows):
        if len(rows) > 1:
            if self.has_predicted:
                raise self.error
            self.has_predicted = True
        return np.full((len(rows), 2), 0.5)


@pytest.mark.parametrize("memory", [False, True])
def test_a_teacher_that_fails_for_real_rows_too_raises_its_own_error(memory, tmp_path):
    """With a cache it would seem to predict them."""
    cause = ConnectionError("gone")
    params = {"memory": tmp_path / "cache"} if memory else {}
    assert raised(Once(cause), ConnectionError, **params) is cause


@pytest.mark.parametrize("value", [np.nan, 2.0, -1.0], ids=str)
def test_our_own_checks_of_the_predictions_are_explained(value):
    class Wrong(Strict):
        def refuse(self, n_rows):
            return np.full((n_rows, 2), value)

    error = raised(Wrong(None), ValueError)
    assert_explained(error, error.__cause__)
    assert "predict_proba of the teacher Wrong" in str(error)


@pytest.mark.parametrize("params", [{}, {"time_limit": 60}, {"n_jobs": 2}], ids=str)
def test_a_teacher_that_needs_near_rows(params):
    teacher = RadiusNeighborsClassifier(0.01).fit(X, y)
    error = raised(teacher, ValueError, **params)
    assert_explained(error, error.__cause__)
    assert "No neighbors found" in str(error)
    distil(teacher, transfer=None).fit(X, y)


def take_known(rows):
    """Refuse rows whose number and first value do not occur together."""
    if not {row[:2].tobytes() for row in np.ascontiguousarray(rows)} <= {
        row[:2].tobytes() for row in X
    }:
        raise ValueError("not a row of X")
    return rows


BOOSTER = HistGradientBoostingClassifier(max_iter=3)
CHOOSY = [
    make_pipeline(FunctionTransformer(take_known), classifier)
    for classifier in (
        RandomForestClassifier(10, random_state=0),
        BaggingClassifier(n_estimators=5, random_state=0),
        BOOSTER,
    )
]


@pytest.mark.parametrize(
    ("teacher", "params"),
    [
        (CHOOSY[0], {"objective": alone(out_of_sample=True)}),
        (CHOOSY[1], {"objective": alone(out_of_sample=True)}),
        (CHOOSY[2], {"objective": alone(out_of_sample=True), "cv": 2}),
        (CHOOSY[2], {}),
        ([BOOSTER, CHOOSY[2]], {}),
    ],
    ids=["out of bag", "out of bagging", "out of fold", "whole", "one of two"],
)
def test_the_part_that_did_not_see_a_row_is_a_teacher_too(teacher, params):
    error = raised(teacher, ValueError, **params)
    assert_explained(error, error.__cause__)
    assert "teacher Pipeline" in str(error)


def test_the_small_booster_is_not_called_a_teacher(monkeypatch):
    monkeypatch.setattr(_booster, "small_booster", lambda rows, task, loss: CHOOSY[2])
    error = raised(BOOSTER, ValueError, objective=Pool(student=False))
    assert_explained(error, error.__cause__)
    assert str(error).startswith("The booster of the pool (objective=Pool(booster=F")
