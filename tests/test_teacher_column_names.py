"""Columns of probabilities that are named by the classes, in many spellings."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from fitted_teachers import FittedModel, X, forest, y
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder, soft_targets
from wine import distil

from sklearn_kd import SoftTargets, compute_soft_targets
from sklearn_kd._task.class_names import class_order, match_columns

TWO = (y == 1).astype(int)
EXPECTED = forest(X, TWO).predict_proba(X)
LEVELS = pd.MultiIndex.from_tuples([("p", 1), ("p", 0)])
DEEP = pd.MultiIndex.from_tuples([("p", "b", "is 1"), ("p", "a", "is 0")])

#: The classes, and names for them in the reverse order.
SPELLED = {
    "prefix": ([0, 1], ["proba_1", "proba_0"]),
    "prefix and suffix": (["no", "yes"], ["p(yes)", "p(no)"]),
    "prefix of a decimal": ([0, 1], ["proba_1.0", "proba_0.0"]),
    "prefix of a truth value": ([False, True], ["is True", "is False"]),
    "suffix": (["no", "yes"], ["yes %", "no %"]),
    "one begins with the other": ([1, 11], ["p_11", "p_1"]),
    "same first digit": ([10, 11], ["p_11", "p_10"]),
    "negative": ([-1, 1], ["p_1", "p_-1"]),
    "decimals": ([0, 1], ["1.0", "0.0"]),
    "many digits": ([0, 1], ["1.00", "0e0"]),
    "integers": ([0.0, 1.0], ["1", "0"]),
    "mixed numbers": ([2.0, 10.0], ["10", "2.0"]),
    "lower case": ([False, True], ["true", "false"]),
    "upper case": ([False, True], ["TRUE", "FALSE"]),
    "booleans": ([False, True], ["True", "False"]),
    "numbers of booleans": ([False, True], ["1", "0"]),
    "booleans of numbers": ([0, 1], ["True", "False"]),
    "texts of booleans": (["false", "true"], [True, False]),
    "case": (["no", "yes"], ["Yes", "NO"]),
    "bytes": (["no", "yes"], [b"yes", b"no"]),
    "level": ([0, 1], LEVELS),
    "one of two levels": (["is 0", "is 1"], DEEP),
}


def reversed_frame(names):
    return lambda proba: pd.DataFrame(proba, columns=names)


@pytest.mark.parametrize("spelled", SPELLED)
def test_names_in_any_spelling_say_which_column_is_which(spelled):
    classes, names = SPELLED[spelled]
    classes = np.array(classes)
    labels = classes[TWO]
    form = reversed_frame(names)
    teacher = FittedModel(forest(X, TWO), [1, 0], form, classes_=classes)
    assert_allclose(compute_soft_targets(teacher, X), EXPECTED, atol=1e-7)
    assert_allclose(soft_targets(distil(teacher), X, labels), EXPECTED, atol=1e-7)
    # only the names give the classes
    without_classes = FittedModel(forest(X, TWO), [1, 0], form)
    assert_allclose(
        soft_targets(distil(without_classes), X, labels), EXPECTED, atol=1e-7
    )
    frame = form(EXPECTED[:, ::-1])
    given = distil(None, Recorder()).fit(X, labels, teacher_proba=frame)
    assert_allclose(given.student_.soft_.proba, EXPECTED, atol=1e-7)
    assert_array_equal(SoftTargets(frame, classes).proba, EXPECTED)


@pytest.mark.parametrize(
    ("classes", "names", "order"),
    [
        ([0, 1, 10], ["p10", "p1", "p0"], [2, 1, 0]),
        (["no", "not", "o"], ["is_o", "is_not", "is_no"], [2, 1, 0]),
        (["1", "1.0"], ["1.0", "1"], [1, 0]),  # two texts, one number
        (["A", "a"], ["a", "A"], [1, 0]),
        (["1_0", "10"], ["10", "1_0"], [1, 0]),
        ([b"no", b"yes"], ["yes", "no"], [1, 0]),
        (["nan", "inf"], ["p_inf", "p_nan"], [1, 0]),
        ([2**53, 2**53 + 1], [str(2**53 + 1), str(2**53)], [1, 0]),
        # the strictest spelling counts
        (["True", "true"], ["true", "True"], [1, 0]),
        # no names of classes
        ([0, 1], ["p10", "p11"], None),
        ([1, 2], ["p1.5", "p2.5"], None),
        ([0, 1], ["proba", "proba"], None),
        ([0, 1], ["p1", "p2"], None),
        ([0, 1], ["yes", "no"], None),
        ([0, 1, 2], ["p1", "p0"], None),
        (["a"], ["proba_a"], [0]),
    ],
    ids=str,
)
def test_what_a_name_stands_for(classes, names, order):
    assert class_order(names, np.array(classes)) == order


@pytest.mark.parametrize(
    ("columns", "matched"),
    [
        (["p_2", "p_1", "p_0"], ["p_2", 1, 0]),
        (["1.0", "0.0", "other"], [1, 0, "other"]),
        (["1.0", "other"], [1, "other"]),
        ([1, 0, "2"], [1, 0, "2"]),
        (["x", "z"], ["x", "z"]),
    ],
)
def test_columns_that_are_no_classes_keep_their_names(columns, matched):
    assert match_columns(columns, np.array([0, 1])) == matched


@pytest.mark.parametrize(
    "names", [["1.0", "2.0"], ["True", "maybe"], [1, 1], ["1", "one"]], ids=str
)
def test_names_of_some_classes_are_refused(names):
    teacher = FittedModel(
        forest(X, TWO), [1, 0], reversed_frame(names), classes_=[0, 1]
    )
    with pytest.raises(ValueError, match=r"some names are classes.*array"):
        compute_soft_targets(teacher, X)
    with pytest.raises(ValueError, match=r"columns of proba are named .* some names"):
        SoftTargets(pd.DataFrame(EXPECTED, columns=names), [0, 1])


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(EXPECTED[:, ::-1], columns=[1, 0]),
        pl.DataFrame(EXPECTED[:, ::-1], schema=["1", "0"], orient="row"),
        pa.table({"1": EXPECTED[:, 1], "0": EXPECTED[:, 0]}),
        pd.DataFrame(EXPECTED),
        pd.DataFrame(EXPECTED, columns=["fails", "holds"]),
    ],
    ids=["pandas", "polars", "arrow", "numbered", "other names"],
)
def test_soft_targets_read_a_table_by_name(table):
    assert_array_equal(SoftTargets(table, [0, 1]).proba, EXPECTED)


@pytest.mark.parametrize("names", [["1", "0"], ["p_1", "p_0"]], ids=str)
def test_a_table_of_arrow_is_read_by_name(names):
    def arrow(proba):
        return pa.table(dict(zip(names, proba.T, strict=True)))

    table = arrow(EXPECTED[:, ::-1])
    model = distil(None, Recorder()).fit(X, TWO, teacher_proba=table)
    assert_allclose(model.student_.soft_.proba, EXPECTED, atol=1e-7)
    # without the rows that have no weight
    weight = (np.arange(len(y)) % 3 > 0).astype(float)
    model.fit(X, TWO, teacher_proba=table, sample_weight=weight)
    assert_allclose(model.student_.soft_.proba, EXPECTED[weight > 0], atol=1e-7)
    teacher = FittedModel(forest(X, TWO), [1, 0], arrow, classes_=[0, 1])
    assert_allclose(compute_soft_targets(teacher, X), EXPECTED, atol=1e-7)
    with pytest.raises(ValueError, match=r"none of them is one of the classes"):
        model.fit(X, TWO, teacher_proba=arrow(EXPECTED).rename_columns(["a", "b"]))


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_a_frame_with_text_columns_names_integer_labels(make):
    def form(proba):
        return make({str(label): proba[:, j] for j, label in enumerate((2, 0, 1))})

    teacher = FittedModel(forest(), form=form)
    soft = soft_targets(distil(teacher), X, y)
    assert_allclose(soft, forest().predict_proba(X), atol=1e-7)
