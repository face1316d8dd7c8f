"""Batches of a stream are compared with those before, also while rows are kept."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from sklearn_kd import MLPStudent, SoftTargets

RNG = np.random.default_rng(0)
N = 200
Y = RNG.integers(2, size=N)
X = RNG.normal(size=N)
VALUES = {
    "numbers": RNG.integers(4, size=N),
    "strings": RNG.choice(["a", "b", "c"], N),
    "numbers as strings": RNG.integers(4, size=N).astype(str),
    "booleans": RNG.random(N) > 0.5,
    "nothing": np.full(N, None),
}


def pandas(values):
    return pd.DataFrame({"c": values, "x": X})


def polars(values):
    return pl.DataFrame({"c": values.tolist(), "x": X})


def array(values):
    return np.column_stack([values, values])


def objects(values):
    return pandas(values).to_numpy(dtype=object)


MAKERS = [pandas, polars, array, objects]


def student():
    return MLPStudent((4,), random_state=0)


def feed(model, table, start, stop):
    part = slice(start, stop)
    rows = table.iloc[part] if hasattr(table, "iloc") else table[part]
    return model.partial_fit(rows, Y[part], classes=[0, 1])


def both(make, before, after, n_rows):
    first, second = make(VALUES[before]), make(VALUES[after])
    return feed(student(), first, 0, n_rows), second


@pytest.mark.parametrize("n_rows", [1, 5, 100])
@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("strings", ["strings", "numbers as strings"])
@pytest.mark.parametrize("more", [1, 90])
def test_strings_in_a_column_of_numbers_are_refused(make, strings, n_rows, more):
    model, second = both(make, "numbers", strings, n_rows)
    before = model.predict_proba(make(VALUES["numbers"]))
    with pytest.raises(ValueError, match=r"is numeric, but it holds '.*Convert"):
        feed(model, second, n_rows, n_rows + more)
    assert_array_equal(model.predict_proba(make(VALUES["numbers"])), before)
    spared, _ = both(make, "numbers", strings, n_rows)
    for one in (model, spared):
        feed(one, make(VALUES["numbers"]), n_rows, N)
    one, other = (m.predict_proba(make(VALUES["numbers"])) for m in (model, spared))
    assert_array_equal(one, other)


@pytest.mark.parametrize("n_rows", [1, 5, 100])
@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("strings", "numbers"),
        ("numbers as strings", "numbers"),
        ("strings", "booleans"),
    ],
)
def test_levels_of_another_type_are_warned_of(make, before, after, n_rows):
    model, second = both(make, before, after, n_rows)
    match = "holds values of type (int|bool), .*they were of type str"
    for more in (1, 20):
        copy, _ = both(make, before, after, n_rows)
        with pytest.warns(UserWarning, match=match):
            feed(copy, second, n_rows, n_rows + more)
    with pytest.warns(UserWarning, match=match):
        feed(model, second, n_rows, N)
    assert model.encoder_.kinds_[0] == "nominal"


@pytest.mark.parametrize("make", [pandas, polars, objects])
def test_booleans_and_numbers_do_not_become_each_other(make):
    model, second = both(make, "numbers", "booleans", 5)
    with pytest.raises(ValueError, match=r"is numeric, but it holds (True|False)"):
        feed(model, second, 5, 20)
    model, second = both(make, "booleans", "numbers", 5)
    feed(feed(model, second, 5, 20), second, 20, N)
    assert model.encoder_.kinds_[0] == "nominal"


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("after", ["numbers", "strings", "booleans"])
def test_a_column_without_a_value_may_become_anything(make, after):
    model, second = both(make, "nothing", after, 3)
    feed(feed(model, second, 3, 20), second, 20, N)
    wanted = feed(student(), second, 0, N).encoder_.kinds_
    kinds = model.encoder_.kinds_
    assert kinds[0] == wanted[0] or (make is array and after == "booleans")


def test_infinity_in_a_column_that_was_constant_leaves_the_stream_usable():
    table = pd.DataFrame({"c": np.ones(N), "x": X})
    bad = table.assign(c=np.inf)
    model = feed(student(), table, 0, 20)
    with pytest.raises(ValueError, match="infinity"):
        feed(model, bad, 20, 22)
    feed(model, table, 20, N)


@pytest.mark.parametrize("size", [5, 30, 80])
def test_a_column_of_keys_is_warned_of_once_in_a_stream(size):
    table = pandas(np.array([f"key-{k}" for k in range(N)]))
    model = student()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for start in range(0, N, size):
            feed(model, table, start, start + size)
    assert ["mostly different" in str(each.message) for each in caught] == [True]


@pytest.mark.parametrize("classes", [[0, 1], [0.5, 1.5], [False, True]])
@pytest.mark.parametrize("dtype", [str, object])
def test_labels_of_another_type_than_the_classes_are_refused(classes, dtype):
    rows, words = X[:, None], np.where(Y, "yes", "no").astype(dtype)
    soft = SoftTargets(np.full((N, 2), 0.5), classes)
    match = r"not among the classes \[.*, first '(yes|no)', of type str where.*one type"
    with pytest.raises(ValueError, match=match):
        student().partial_fit(rows, words, classes=classes)
    with pytest.raises(ValueError, match=match):
        student().fit(rows, words, soft_targets=soft)
    match = r"not among the classes \['no', 'yes'\], first [01], of type int where"
    with pytest.raises(ValueError, match=match):
        student().partial_fit(rows, Y, classes=np.array(["no", "yes"], dtype))


def test_classes_of_two_types_are_refused():
    mixed = np.array([0, "a"], dtype=object)
    with pytest.raises(ValueError, match=r"classes=\[0, 'a'\] cannot be sorted"):
        student().partial_fit(X[:, None], Y, classes=mixed)
    with pytest.raises(ValueError, match="distinct and sorted, got"):
        SoftTargets(np.full((N, 2), 0.5), mixed)
