"""Input that is odd but not absurd: a right prediction, or an error with the fix."""

import re
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    TabularEncoder,
    UnlabeledRows,
    compute_soft_targets,
)
from sklearn_kd._tables.building import stack_rows
from sklearn_kd._tables.taking import RowsInPlace
from sklearn_kd.students.encoder._knots import build_knots
from sklearn_kd.transfer._unlabeled_check import check_unlabeled

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
y = (X[:, 0] > 0).astype(int)
TEACHER = LogisticRegression().fit(X, y)
UNTAUGHT = TabularEncoder().fit(X).transform(X)


# ---- numbers beside strings

STRINGS = np.array([["1.5", "a"], ["2.5", "b"]])


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("kind", ["f8", "f4", "i4", "?"])
@pytest.mark.parametrize(
    "strings", [STRINGS, STRINGS.astype("S")], ids=["str", "bytes"]
)
def test_numbers_do_not_become_strings(monkeypatch, large, kind, strings):
    if large:
        monkeypatch.setattr("sklearn_kd._tables.taking.LARGE_BYTES", 1)
    numbers = X[:5, :2].astype(kind)
    for above, below in [(numbers, strings), (strings, numbers)]:
        dtypes = [re.escape(str(rows.dtype)) for rows in (above, below)]
        pattern = "X has dtype {}, and its unlabelled rows have {}: pass".format(
            *dtypes
        )
        with pytest.raises(TypeError, match=pattern):
            check_unlabeled(UnlabeledRows(below), above)
        with pytest.raises(TypeError, match="the same kind of numbers"):
            stack_rows(above, below)


def test_dates_do_not_mix_with_numbers():
    dates = np.array([["2020-01-01", "2021-01-01"]], dtype="M8[D]")
    with pytest.raises(TypeError, match="the same kind of numbers"):
        stack_rows(X[:, :2], dates)


def test_objects_hold_both():
    objects = STRINGS.astype(object)
    for above, below in [
        (X[:3, :2], objects),
        (objects, STRINGS),
        (objects, X[:3, :2]),
    ]:
        assert check_unlabeled(UnlabeledRows(below), above) is below
        stacked = stack_rows(above, below)
        assert stacked.dtype == object
        assert stacked.tolist() == above.tolist() + below.tolist()


def test_the_teacher_is_not_asked():
    distilled = DistilledClassifier(TEACHER, random_state=0)
    with pytest.raises(TypeError, match=r"dtype float64, and its .* <U3: pass X and"):
        distilled.fit(X[:, :2], y, X_unlabeled=UnlabeledRows(STRINGS))


OTHERS = {
    "strings": ["x", "y"],
    "categories": pl.Series(["x", "y"], dtype=pl.Categorical),
    "enum": pl.Series(["x", "y"], dtype=pl.Enum(["x", "y"])),
    "dates": pl.Series([0, 1], dtype=pl.Date),
}


@pytest.mark.parametrize("name", OTHERS)
def test_polars_integers_do_not_become_strings(name):
    above = pl.DataFrame({"a": [0.5, 1.5, 2.5], "b": [1, 2, 3]})
    below = pl.DataFrame({"b": OTHERS[name], "a": [0.5, 1.5]})
    for first, second in [(above, below), (below, above)]:
        with pytest.raises(TypeError, match="in column 'b', and its unlabelled rows"):
            check_unlabeled(second, first)
        with pytest.raises(TypeError, match="in column 'b', and its unlabelled rows"):
            stack_rows(first, second)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([1, 2], [0.5]),
        ([1, 2], [True]),
        ([1, 2], [None]),
        (["a", "b"], [None]),
        (["a", "b"], pl.Series(["c"], dtype=pl.Categorical)),
        (pl.Series([0, 1], dtype=pl.Date), pl.Series([0], dtype=pl.Datetime)),
    ],
    ids=["float", "bool", "null", "null text", "categories", "times"],
)
def test_polars_kinds_that_go_together(one, two):
    one, two = pl.DataFrame({"a": one}), pl.DataFrame({"a": two})
    assert len(stack_rows(one, two)) == len(stack_rows(two, one)) == 3


# ---- compute_soft_targets

EMPTY = {
    "array": X[:0],
    "csr": sparse.csr_array(X)[:0],
    "pandas": pd.DataFrame(X)[:0],
    "polars": pl.DataFrame(X)[:0],
    "list": [],
}


@pytest.mark.parametrize("name", EMPTY)
def test_no_rows(name):
    proba = compute_soft_targets([TEACHER, TEACHER], EMPTY[name])
    assert proba.shape == (0, 2)
    assert proba.dtype == np.float32
    out = np.empty((0, 3), np.float32)
    assert compute_soft_targets(TEACHER, EMPTY[name], classes=[2, 1, 0], out=out) is out


class Unnamed:
    """Probabilities without a word about the classes."""

    def __init__(self, answer=TEACHER.predict_proba):
        self.predict_proba = answer


def test_no_rows_and_no_classes():
    assert compute_soft_targets(Unnamed(), X[:0], classes=["a", "b"]).shape == (0, 2)
    with pytest.raises(ValueError, match="Unnamed has no classes_"):
        compute_soft_targets(Unnamed(), X[:0])
    with pytest.raises(ValueError, match="not fitted"):
        compute_soft_targets(LogisticRegression(), X[:0])


@pytest.mark.parametrize("teacher", [TEACHER, Unnamed()], ids=["named", "unnamed"])
@pytest.mark.parametrize(
    ("classes", "error", "message"),
    [
        ([0, 0, 1], ValueError, r"distinct labels, got \[0, 0, 1\]"),
        ([], ValueError, "classes is empty"),
        ({0, 1, 2}, TypeError, "a sequence of labels, got set: pass a list"),
        ({0: 1}, TypeError, "got dict"),
        ("ab", TypeError, "got str"),
        (2, TypeError, "got int"),
        ([[0, 1]], ValueError, "in one dimension"),
        ([[0, 1], [2]], ValueError, "in one dimension"),
        (np.array(3), ValueError, "in one dimension"),
    ],
    ids=str,
)
def test_classes_that_make_no_sense(teacher, classes, error, message):
    with pytest.raises(error, match=message):
        compute_soft_targets(teacher, X, classes=classes)


@pytest.mark.parametrize("make", [tuple, np.array, pd.Series, pd.Index, pl.Series])
def test_classes_in_any_sequence(make):
    proba = compute_soft_targets(TEACHER, X, classes=make([1, 0]))
    assert_allclose(proba, TEACHER.predict_proba(X)[:, ::-1], atol=1e-6)


OUTPUTS = np.column_stack([y, RNG.integers(3, size=len(X))])
SEVERAL = {
    "forest": RandomForestClassifier(2, random_state=0).fit(X, OUTPUTS),
    "equal": RandomForestClassifier(2, random_state=0).fit(X, OUTPUTS // 2),
    "wrapped": MultiOutputClassifier(LogisticRegression()).fit(X, OUTPUTS),
    "chain": ClassifierChain(LogisticRegression()).fit(X, np.column_stack([y, 1 - y])),
    "unnamed": Unnamed(lambda X: [TEACHER.predict_proba(X)] * 2),
}


@pytest.mark.parametrize("classes", [None, [0, 1]], ids=str)
@pytest.mark.parametrize("name", SEVERAL)
def test_a_teacher_of_several_outputs(name, classes):
    with pytest.raises(ValueError, match="a multi-output teacher is not supported"):
        compute_soft_targets(SEVERAL[name], X, classes=classes)


# ---- numbers that float64 does not hold


#: pandas 2.2 looks for dates among objects unless told, and chokes on large integers.
OBJECTS = partial(pd.DataFrame, dtype=object)


@pytest.mark.parametrize("n_rows", [1, 5, 300])
@pytest.mark.parametrize("make", [np.array, OBJECTS], ids=["array", "frame"])
def test_an_integer_beyond_float64(n_rows, make):
    rows = X[:n_rows].astype(object)
    rows[0, 1] = 10**400
    for model in [
        MLPStudent((4,), max_iter=2),
        make_pipeline(TabularEncoder(), Ridge()),
    ]:
        model.fit(make(X.astype(object)), y)
        predict = getattr(model, "predict_proba", model.predict)
        with pytest.raises(ValueError, match=r"Column .*1.* too large for float64"):
            predict(make(rows))
    with pytest.raises(ValueError, match=r"Column .*1.* too large for float64"):
        TabularEncoder().fit(make(rows))


@pytest.mark.parametrize("n_rows", [1, 5, 300])
@pytest.mark.parametrize(
    "make",
    [np.array, pd.DataFrame, lambda rows: rows.astype(object)],
    ids=["array", "frame", "objects"],
)
def test_a_long_double_beyond_float64(n_rows, make):
    rows = X[:n_rows].astype(np.longdouble)
    rows[0, 1] = np.longdouble("-1e4000")
    for call in [TabularEncoder().fit(make(X)).transform, TabularEncoder().fit]:
        with pytest.raises(
            ValueError, match="X contains infinity or a value too large"
        ):
            call(make(rows))


def test_other_long_doubles_are_numbers():
    wide = X.astype(np.longdouble)
    assert_array_equal(TabularEncoder().fit(wide).transform(wide), UNTAUGHT)


# ---- rows in place


@pytest.mark.parametrize("n_arrays", [1, 2, 3])
@pytest.mark.parametrize("chosen", [False, True])
def test_positions_as_numpy_takes_them(n_arrays, chosen):
    in_place = RowsInPlace(np.split(X, [100, 250][: n_arrays - 1]), [None] * n_arrays)
    expected = X
    if chosen:
        in_place, expected = in_place.select(np.arange(0, 300, 2)), X[::2]
    n_rows = len(expected)
    for rows in [
        *[[-1], [-n_rows, 5, -3], np.array([0, n_rows - 1], np.uint64), []],
        *[np.array([3, 1], np.uint8), 0, -1, np.int64(7), slice(-1, None, -3)],
    ]:
        assert_array_equal(
            in_place[rows], expected[rows if np.size(rows) else slice(0)]
        )
    assert_array_equal(list(in_place), expected)
    for rows in [[n_rows], [-n_rows - 1, 0], n_rows, [0.5], None, [[0, 1]]]:
        with pytest.raises(IndexError):
            in_place[rows]
    with pytest.raises(IndexError, match="The mask has shape"):
        in_place[np.ones(n_rows - 1, dtype=bool)]


# ---- weights whose sum overflows


@pytest.mark.parametrize("weight", [1e307, np.finfo(np.float64).max])
def test_knots_of_enormous_weights(weight):
    relative = RNG.integers(1, 4, size=len(X)) / 4
    expected = build_knots(X, relative, 64)
    found = build_knots(X, relative * weight, 64)
    assert_array_equal(found.knots, expected.knots)
    assert_allclose(found.values, expected.values, rtol=1e-9)


@pytest.mark.parametrize("weight", [1e307, np.finfo(np.float64).max])
def test_an_encoder_of_enormous_weights(weight):
    frame = pd.DataFrame(X).assign(level=np.array(["a", "b", "c"])[OUTPUTS[:, 1]])
    frame.columns = frame.columns.astype(str)
    relative = np.r_[0, 1e-308, RNG.integers(1, 4, size=len(X) - 2) / 4]
    encoder = TabularEncoder(max_categories=2).fit(frame, y, relative * weight)
    expected = TabularEncoder(max_categories=2).fit(frame, y, relative * 1e9)
    assert_array_equal(
        encoder.get_feature_names_out(), expected.get_feature_names_out()
    )
    assert_allclose(encoder.transform(frame), expected.transform(frame), atol=1e-6)
