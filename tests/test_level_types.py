"""Values of another type than in fit: a warning with the column and both types."""

import warnings
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
from given_rows import on_given_rows
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from skorch import NeuralNetClassifier

from sklearn_kd import (
    MLPStudent,
    SkorchStudent,
    TabularEncoder,
    UnlabeledRows,
)
from sklearn_kd.torch import TabularMLP

RNG = np.random.default_rng(0)
N = 120
NUMBER = RNG.normal(size=N)
WORD = RNG.choice(["a", "b"], N)


def frame(codes):
    return pd.DataFrame({"code": codes, "n": NUMBER, "word": WORD})


CODES = RNG.integers(3, size=N)
Y = (CODES > 0).astype(int)
STRINGS = frame(CODES.astype(str).astype(object))
NUMBERS = frame(CODES)
STUDENT = MLPStudent(4, max_iter=2, random_state=0).fit(STRINGS, Y)


def found(call, *args):
    """Messages of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(*args)
    return [str(each.message) for each in caught]


def rows(X, n):
    return pd.concat([X] * (-(-n // len(X))), ignore_index=True).iloc[:n]


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
@pytest.mark.parametrize("n", [1, 3, 50, 9000])
def test_one_warning_a_call_whatever_the_number_of_rows(n, method):
    (message,) = found(getattr(STUDENT, method), rows(NUMBERS, n))
    assert "Column 'code' holds values of type int" in message
    assert "in fit they were of type str" in message
    assert found(getattr(STUDENT, method), rows(STRINGS, n)) == []


@pytest.mark.parametrize("n", [1, 3, 50, 9000])
@pytest.mark.parametrize("code", ["new", None, np.nan])
def test_new_levels_of_the_type_and_missing_values_say_nothing(n, code):
    X = rows(STRINGS, n).assign(code=pd.Series([code] * n, dtype=object))
    assert found(STUDENT.predict, X) == []


@pytest.mark.parametrize("n", [3, 50, 9000])
def test_one_known_level_is_enough(n):
    X = rows(NUMBERS, n).astype({"code": object})
    X.iloc[-1, 0] = "1"
    assert found(STUDENT.predict, X) == []
    X.iloc[-1, 0] = "of the type"
    assert found(STUDENT.predict, X) == []
    X.iloc[-1, 0] = None
    assert len(found(STUDENT.predict, X)) == 1


@pytest.mark.parametrize(
    ("fitted", "given", "held", "known"),
    [
        (pd.Categorical(CODES), CODES.astype(str).astype(object), "str", "int"),
        (CODES > 0, (CODES > 0).astype(str).astype(object), "str", "bool"),
        ((CODES > 0).astype(str).astype(object), CODES > 0, "bool", "str"),
        (STRINGS["code"], CODES.astype(float), "float", "str"),
        (
            CODES.astype(str).astype(object),
            CODES.astype("S").astype(object),
            "bytes",
            "str",
        ),
        (STRINGS["code"], pd.Categorical(CODES), "int", "str"),
        (STRINGS["code"], pd.array(CODES, dtype="Int8"), "int", "str"),
    ],
)
def test_every_pair_of_types(fitted, given, held, known):
    model = MLPStudent(4, max_iter=2, random_state=0).fit(frame(fitted), Y)
    for n in (1, 20, 2000):
        (message,) = found(model.predict, rows(frame(given), n))
        assert f"'code' holds values of type {held}, " in message
        assert f"in fit they were of type {known}," in message


def test_dates_in_a_column_that_held_strings():
    days = pd.Series(pd.date_range("2024-01-01", periods=3))
    strings = days.astype(str).astype(object)[CODES].to_numpy()
    model = MLPStudent(4, max_iter=2, random_state=0).fit(frame(strings), Y)
    for n in (1, 20, 2000):
        (message,) = found(model.predict, rows(frame(days[CODES].to_numpy()), n))
        assert "'code' holds values of type datetime64[" in message
        assert "in fit they were of type str, such as '2024-01-0" in message


def test_numbers_that_are_equal_are_one_level():
    model = MLPStudent(4, max_iter=2, random_state=0).fit(
        frame(pd.Categorical(CODES + 4)), Y
    )
    for given in (CODES + 4.0, CODES + 20.5, pd.Categorical(CODES + 20.0)):
        for n in (1, 20, 2000):
            assert found(model.predict, rows(frame(given), n)) == []


def test_arrays_and_polars():
    table = pl.from_pandas(STRINGS)
    model = MLPStudent(4, max_iter=2, random_state=0).fit(table, Y)
    for n in (1, 20, N):
        (message,) = found(model.predict, pl.from_pandas(NUMBERS)[:n])
        assert "'code' holds values of type int" in message
        assert found(model.predict, table[:n]) == []
    array = STRINGS.to_numpy(dtype=object)
    model = MLPStudent(4, max_iter=2, random_state=0).fit(array, Y)
    for n in (1, 20, N):
        (message,) = found(model.predict, NUMBERS.to_numpy(dtype=object)[:n])
        assert "Column 0 holds values of type int" in message


def test_the_encoder_a_skorch_student_and_a_distilled_classifier():
    encoder = TabularEncoder().fit(STRINGS)
    assert len(found(encoder.transform, NUMBERS)) == 1
    assert found(encoder.transform, STRINGS) == []
    net = NeuralNetClassifier(TabularMLP, max_epochs=1, verbose=0)
    net = SkorchStudent(net, random_state=0).fit(STRINGS, Y)
    distilled = on_given_rows(
        DummyClassifier(), MLPStudent(4, max_iter=2), random_state=0
    ).fit(STRINGS, Y)
    for model in (net, distilled):
        for n in (1, 50, 2000):
            assert len(found(model.predict, rows(NUMBERS, n))) == 1
            assert found(model.predict_proba, rows(STRINGS, n)) == []


def test_strings_in_a_numeric_column_stay_an_error():
    model = MLPStudent(4, max_iter=2, random_state=0).fit(NUMBERS, Y)
    for n in (1, 50, 2000):
        with pytest.raises(ValueError, match="Column 'code' is numeric, but it holds"):
            model.predict(rows(STRINGS, n))


def test_validation_rows_batches_and_a_fitted_encoder():
    student = MLPStudent(4, max_iter=2, random_state=0)
    net = NeuralNetClassifier(TabularMLP, max_epochs=1, verbose=0)
    for model in (student, SkorchStudent(net, random_state=0)):
        for X_val, n in ((NUMBERS, 1), (STRINGS, 0)):
            messages = found(
                lambda m, X: m.fit(STRINGS, Y, X_val=X, y_val=Y), model, X_val
            )
            assert len(messages) == n
    student.partial_fit(STRINGS, Y, classes=[0, 1])
    assert len(found(student.partial_fit, NUMBERS, Y)) == 1
    assert found(student.partial_fit, STRINGS, Y) == []
    fitted = FrozenEstimator(TabularEncoder().fit(STRINGS))
    frozen = MLPStudent(4, max_iter=2, encoder=fitted, random_state=0)
    assert len(found(frozen.fit, NUMBERS, Y)) == 1


def test_unlabelled_rows_of_another_type():
    model = on_given_rows(DummyClassifier(), MLPStudent(4, max_iter=2), random_state=0)
    more = rows(NUMBERS, 2000)
    with pytest.warns(UserWarning, match="X_unlabeled: Column 'code' holds.*type int"):
        model.fit(STRINGS, Y, X_unlabeled=UnlabeledRows(more))
    fit = partial(model.fit, X_unlabeled=rows(STRINGS, 2000))
    assert found(fit, STRINGS, Y) == []
    with pytest.raises(ValueError, match="X_unlabeled: Column 'code' is numeric"):
        model.fit(NUMBERS, Y, X_unlabeled=rows(STRINGS, 2000))
