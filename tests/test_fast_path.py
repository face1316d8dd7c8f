"""The short ways through prediction give what the long ways give, errors too."""

import pickle
import sys
import threading
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import threadpoolctl
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, csr_matrix
from sklearn.utils.validation import validate_data
from teacher_alone import distil

from sklearn_kd import MLPStudent, TabularEncoder
from sklearn_kd._tables.checks import _passes_all_checks
from sklearn_kd._task.link import softmax
from sklearn_kd.students.encoder._encoding import encode
from sklearn_kd.students.mlp import _blocks
from sklearn_kd.students.mlp._network import forward

RNG = np.random.default_rng(0)
N_COLUMNS = 3
X = RNG.normal(size=(200, N_COLUMNS))
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 1)
NAMES = ["a", "b", "c"]

STUDENT = MLPStudent(8, max_iter=2, random_state=0).fit(X, Y)
NAMED = MLPStudent(8, max_iter=2, random_state=0).fit(pd.DataFrame(X, columns=NAMES), Y)


def long_way(student, rows):
    """Encode and multiply in float64, as for any rows."""
    encoded = encode(student.encoder_, rows, "float64")
    return softmax(forward(encoded, student._exact, student.activation)[-1])


# ---- checks

SPECIAL = [0.0, -1.5, np.nan, np.inf, -np.inf, np.finfo("d").max, np.finfo("f").max]
KINDS = ["d", "f", "e", "g", "i", "l", "b", "B", "L", "?", "D", "O", "U5", "S5", ">f8"]
CONTAINERS = {
    "array": lambda X: X,
    "Fortran": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=-1)[..., ::2] if X.ndim else X,
    "list": lambda X: X.tolist(),
    "matrix": lambda X: np.matrix(X) if X.ndim == 2 else X,
    "masked": np.ma.masked_array,
    "CSR": lambda X: csr_matrix(X) if may_be_sparse(X) else X,
    "sparse array": lambda X: csr_array(X) if may_be_sparse(X) else X,
    "frame": lambda X: pd.DataFrame(X, columns=NAMES[: X.shape[1]]) if fits(X) else X,
    "other frame": lambda X: (
        pd.DataFrame(X, columns=NAMES[::-1][: X.shape[1]]) if fits(X) else X
    ),
    "unnamed frame": lambda X: pd.DataFrame(X) if fits(X) else X,
}


def may_be_sparse(X):
    return X.ndim == 2 and X.dtype.char in "dfil" and X.dtype.isnative


def fits(X):
    return X.ndim == 2 and X.shape[1] <= N_COLUMNS and X.dtype.char not in "eg"


@st.composite
def anything(draw):
    """Rows of any shape, dtype and container; most of them nearly right."""
    shape = draw(
        st.sampled_from(
            [
                (1, 3),
                (2, 3),
                (1, 3),
                (1, 2),
                (1, 4),
                (0, 3),
                (1, 0),
                (3,),
                (),
                (1, 1, 3),
            ]
        )
    )
    values = draw(arrays(np.float64, shape, elements=st.sampled_from(SPECIAL[:2])))
    if draw(st.booleans()) and values.size:
        values.flat[draw(st.integers(0, values.size - 1))] = draw(
            st.sampled_from(SPECIAL)
        )
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = values.astype(draw(st.sampled_from(KINDS)))
        return CONTAINERS[draw(st.sampled_from(list(CONTAINERS)))](values)


def outcome(function):
    """Type and text of what is raised, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            function()
        except Exception as error:
            raised = type(error), str(error)
        else:
            raised = None
    return raised, [(w.category, str(w.message)) for w in caught]


def has_strings(rows):
    """Return whether there is a string: it is never a number here, whatever it is."""
    values = np.asarray(rows, dtype=object).ravel()
    if getattr(getattr(rows, "dtype", None), "kind", "") in ("U", "S"):
        return True
    return any(isinstance(value, (str, bytes)) for value in values)


@pytest.mark.parametrize("student", [STUDENT, NAMED])
@settings(max_examples=400, deadline=None)
@given(rows=anything())
def test_errors_and_warnings_are_those_of_validate_data(student, rows):
    ours, our_warnings = outcome(lambda: student.predict_proba(rows))
    theirs, their_warnings = outcome(
        lambda: validate_data(student, rows, reset=False, ensure_all_finite="allow-nan")
    )
    if theirs is not None or has_strings(rows):
        assert issubclass(ours[0], (ValueError, TypeError))
    if has_strings(rows):
        return
    assert (ours is None) == (theirs is None), (ours, theirs)
    if ours is not None and ("got one row" in ours[1] or "Complex data" in ours[1]):
        return  # which is clearer
    assert our_warnings == their_warnings
    if not isinstance(rows, pd.DataFrame) and np.asarray(rows).dtype != object:
        assert ours == theirs  # to the letter
    if type(rows) is np.ndarray and _passes_all_checks(student, rows):
        assert theirs is None
        assert not their_warnings


def test_the_fast_path_is_taken_for_plain_rows_and_frames():
    frame = pd.DataFrame(X, columns=NAMES)
    holes = np.where(X > 1, np.nan, X)
    for kind in "fdil":
        assert _passes_all_checks(STUDENT, X[:1].astype(kind))
    assert _passes_all_checks(STUDENT, np.asfortranarray(X))
    assert _passes_all_checks(STUDENT, holes)
    assert _passes_all_checks(STUDENT, np.full((1, 3), 1e200))  # squares overflow
    assert _passes_all_checks(NAMED, frame[:1])
    assert _passes_all_checks(NAMED, pl.from_pandas(frame))
    assert not _passes_all_checks(NAMED, X)
    assert not _passes_all_checks(NAMED, frame[["b", "a", "c"]])
    assert not _passes_all_checks(NAMED, frame[:0])
    assert not _passes_all_checks(STUDENT, np.where(X > 1, np.inf, X))


# ---- few rows


def mixed(n_rows):
    rng = np.random.default_rng(1)
    word = pd.Series(rng.choice(["red", "green", "blue"], n_rows))
    number = rng.normal(size=n_rows)
    return pd.DataFrame(
        {
            "word": word.where(rng.random(n_rows) < 0.8, None),
            "number": np.where(rng.random(n_rows) < 0.2, np.nan, number),
            "whole": rng.integers(0, 9, n_rows),
            "grade": pd.Categorical(word, ["green", "red", "blue", "none"]),
            "digit": pd.Categorical(rng.integers(0, 4, n_rows)),
            "yes": rng.random(n_rows) < 0.5,
            "nullable": pd.array(rng.integers(0, 3, n_rows), dtype="Int64"),
            "constant": "x",
        }
    )


def with_holes(n_rows):
    rows = np.random.default_rng(2).normal(size=(n_rows, 4))
    rows[np.random.default_rng(3).random(rows.shape) < 0.1] = np.nan
    rows[:, 3] = np.where(np.isnan(rows[:, 3]), np.nan, 1)  # nothing but its gaps
    return rows


TABLES = {
    "numbers": np.random.default_rng(4).normal(size=(300, 5)),
    "whole numbers": np.random.default_rng(4).integers(0, 99, size=(300, 5)),
    "float32": np.random.default_rng(4).normal(size=(300, 5)).astype("f"),
    "holes": with_holes(300),
    "frame of numbers": pd.DataFrame(with_holes(300)).add_prefix("x"),
    "constants": np.insert(with_holes(300)[:, :2], [0, 2], [1.0, 2.0], axis=1),
    "constant at the end": np.column_stack([with_holes(300)[:, :2], np.ones(300)]),
    "frame of numbers and constants": pd.DataFrame(
        {"same": "x", "a": with_holes(300)[:, 0], "b": range(300), "too": "y"}
    ),
    "frame": mixed(300),
    "frame of levels": mixed(300)[["word", "grade"]],
    "polars": pl.from_pandas(mixed(300).drop(columns="digit")),
    "objects": mixed(300)[["word", "number", "whole"]].to_numpy(dtype=object),
    "strings": mixed(300)[["grade", "whole"]].to_numpy().astype(str),
}


def rows_of(table, rows):
    return table.iloc[rows] if isinstance(table, pd.DataFrame) else table[rows]


@pytest.mark.parametrize("n_bins", ["auto", None])
@pytest.mark.parametrize("name", TABLES)
def test_few_rows_and_many_rows_give_the_same(name, n_bins, monkeypatch):
    table = TABLES[name]
    encoder = TabularEncoder(n_bins=n_bins, min_frequency=0.01)
    y = np.arange(300) % 3
    student = MLPStudent(8, encoder=encoder, max_iter=3, random_state=0).fit(table, y)
    expected = long_way(student, table)
    taken = []
    monkeypatch.setattr(
        MLPStudent,
        "_look_up",
        lambda self, *args, inner=MLPStudent._look_up: (
            taken.append(inner(self, *args)) or taken[-1]
        ),
    )
    for size in (1, 3):
        answers = [
            student.predict_proba(rows_of(table, slice(start, start + size)))
            for start in range(0, 60, size)
        ]
        assert_allclose(np.vstack(answers), expected[:60], rtol=1e-9)
    assert not any(first is None for first in taken)
    assert len(taken) == 80
    monkeypatch.setattr("sklearn_kd.students.mlp._base.MANY_ROWS", 10)
    monkeypatch.setattr(_blocks, "_READ", 90)
    monkeypatch.setattr(_blocks, "_BLOCK", 32)
    assert_allclose(student.predict_proba(table), expected, atol=2e-6)
    exact = MLPStudent(8, encoder=encoder, max_iter=3, dtype="float64", random_state=0)
    exact.fit(table, y)
    assert_allclose(exact.predict_proba(table), long_way(exact, table), rtol=1e-9)


def test_values_that_need_a_look_take_the_long_way():
    table = mixed(100)
    student = MLPStudent(4, max_iter=2, random_state=0).fit(table, np.arange(100) % 2)
    row = table.iloc[:1]
    strange = {
        "whole": [np.array([2.0], dtype=object), np.array([True])],
        "word": [pd.Categorical(["red"]), pd.Series(["red"], dtype="string")],
    }
    for column, replacements in strange.items():
        for values in replacements:
            rows = row.assign(**{column: values})
            assert_allclose(
                student.predict_proba(rows), long_way(student, rows), rtol=1e-9
            )
    for values in (np.array([b"red"], dtype=object), pd.to_datetime(["2020-01-01"])):
        rows = row.assign(word=values)
        with pytest.warns(UserWarning, match="'word' holds values of type"):
            proba = student.predict_proba(rows)
        assert_allclose(proba, long_way(student, rows), rtol=1e-9)
    with pytest.raises(ValueError, match="infinity"):
        student.predict_proba(row.assign(number=np.inf))
    with pytest.raises(ValueError, match="Column 'whole' is numeric, but it holds '2'"):
        student.predict_proba(row.assign(whole="2"))
    with pytest.raises(TypeError, match="Column 'word' holds a value of type list"):
        student.predict_proba(row.assign(word=[["red"]]))


def test_extreme_values_in_many_rows(monkeypatch):
    tiny, large = np.finfo(np.float64).tiny, 4e305  # the sum of all is finite
    table = np.random.default_rng(0).choice(
        [-large, -1.0, 0.0, tiny, 1.0, large], size=(200, 2)
    )
    student = MLPStudent(4, max_iter=2, random_state=0).fit(table, np.arange(200) % 2)
    monkeypatch.setattr("sklearn_kd.students.mlp._base.MANY_ROWS", 10)
    table[:2] = np.finfo(np.float64).max, np.finfo(np.float64).min
    assert_allclose(student.predict_proba(table), long_way(student, table), atol=2e-6)


def test_many_knots_and_bins(monkeypatch):
    table = np.random.default_rng(0).normal(size=(2000, 2))
    y = (np.sin(9 * table[:, 0]) > 0).astype(int)
    encoder = TabularEncoder(n_knots=500, n_bins=300)
    student = MLPStudent(8, encoder=encoder, max_iter=2, random_state=0).fit(table, y)
    expected = long_way(student, table)
    assert_allclose(student.predict_proba(table), expected, atol=2e-6)
    assert_allclose(student.predict_proba(table[:3]), expected[:3], rtol=1e-9)
    assert_allclose(student.predict_proba(table).sum(axis=1), 1, rtol=1e-14)


# ---- pickles and threads


def test_a_pickled_encoder_gives_the_same_bits_from_half_the_bytes():
    table = RNG.normal(size=(2000, 20))
    encoder = TabularEncoder().fit(table, (table[:, 0] > 0).astype(int))
    content = pickle.dumps(encoder)
    again = pickle.loads(content)
    assert_array_equal(again.transform(table), encoder.transform(table))
    for name in ("counts", "knots", "widths", "values", "rises"):
        assert_array_equal(getattr(again.knots_, name), getattr(encoder.knots_, name))
    assert_array_equal(again.components_.column, encoder.components_.column)
    stored = sum(getattr(encoder.knots_, name).nbytes for name in ("knots", "values"))
    assert len(content) < stored + 20 * len(encoder.components_) + 3000
    for nothing in (np.ones((5, 2)), pd.DataFrame({"a": ["x", "y"] * 3})):
        fitted = TabularEncoder().fit(nothing, np.arange(len(nothing)) % 2)
        again = pickle.loads(pickle.dumps(fitted))
        assert_array_equal(again.transform(nothing), fitted.transform(nothing))


def test_sixteen_threads_give_the_predictions_of_one_while_another_fits():
    frame = mixed(3000)
    y = np.arange(3000) % 3
    proba = np.full((3000, 3), 1 / 3)

    def fit(rows):
        model = distil(student=MLPStudent(8, max_iter=2), random_state=0)
        return model.fit(rows[:300], y[:300], teacher_proba=proba[:300])

    numbers = np.random.default_rng(0).normal(size=(3000, 6))
    cases = [(fit(rows), rows) for rows in (numbers, frame)]
    sizes = (1, 3, 20, 3000)
    expected = [[fit(rows).predict_proba(rows[:n]) for n in sizes] for _, rows in cases]
    wrong, done = [], threading.Event()

    def predict():
        try:
            for _ in range(5):
                for (model, rows), answers in zip(cases, expected, strict=True):
                    for n, answer in zip(sizes, answers, strict=True):
                        if not np.array_equal(model.predict_proba(rows[:n]), answer):
                            wrong.append(n)
        except Exception as error:
            wrong.append(error)

    def keep_fitting():
        while not done.is_set():
            fit(numbers)

    fitting = threading.Thread(target=keep_fitting)
    threads = [threading.Thread(target=predict) for _ in range(16)]
    fitting.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    fitting.join()
    assert not wrong


# ---- what predicting does not do


def test_predicting_limits_no_threads(monkeypatch):
    X = np.random.default_rng(0).normal(size=(1100, 5))
    student = MLPStudent(8, max_iter=2, random_state=0).fit(X, X[:, 0] > 0)

    def refuse(*args, **kwargs):
        raise AssertionError("a limit costs a hundred times a row")

    for name in ("ThreadpoolController", "threadpool_limits"):
        monkeypatch.setattr(threadpoolctl, name, refuse)
    for n_rows in (1, 100, 1100):
        assert student.predict_proba(X[:n_rows]).shape == (n_rows, 2)


@pytest.mark.parametrize("n_rows", [1, 100])
def test_more_numeric_columns_are_no_more_calls(n_rows):
    def count(n_columns):
        X = np.random.default_rng(0).normal(size=(300, n_columns))
        student = MLPStudent(8, max_iter=2, random_state=0).fit(X, X[:, 0] > 0)
        student.predict_proba(X[:n_rows])  # makes the table
        calls = []
        sys.setprofile(lambda frame, event, arg: calls.append(event))
        try:
            student.predict_proba(X[:n_rows])
        finally:
            sys.setprofile(None)
        return len(calls)

    few, many = count(5), count(50)
    # a binary search of wider tables may take a step or two more
    assert many < 1.25 * few
