"""What a teacher's ``predict_proba`` returns, in any form that names its classes."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from fitted_teachers import FittedModel, X, forest, y
from labelled import labelled
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder, soft_targets
from sklearn.base import BaseEstimator, ClassifierMixin, is_classifier
from sklearn.ensemble import BaggingClassifier
from sklearn.neighbors import KNeighborsClassifier
from wine import distil

from sklearn_kd import SoftTargets, compute_soft_targets
from sklearn_kd._task.proba import check_proba
from sklearn_kd.inspection import compare
from sklearn_kd.teachers.average import AveragedTeachers
from sklearn_kd.teachers.cache._context import Context
from sklearn_kd.teachers.out_of_sample._bagged import bagged_members

EXPECTED = forest().predict_proba(X)
NAMES = np.array(["high", "low", "mid"])
#: The order of the columns of FittedModel by default.
ORDER = [2, 0, 1]


def named(columns, make=pd.DataFrame):
    """Make a form of predictions: a frame with these column names."""
    if make is pl.DataFrame:
        return lambda proba: pl.DataFrame(proba, schema=list(map(str, columns)))
    return lambda proba: make(proba, columns=columns)


def soft(teacher, labels=y, **params):
    return soft_targets(distil(teacher, **params), X, labels)


# ---- column names beside classes_


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
@pytest.mark.parametrize("labels", [[0, 1, 2], [3, 1, 2], NAMES[:3]], ids=str)
def test_names_that_are_the_classes_in_another_order_count(labels, make):
    labels = np.sort(labels)
    teacher = FittedModel(forest(), form=named(labels[ORDER], make), classes_=labels)
    assert_allclose(soft(teacher, labels[y]), EXPECTED, atol=1e-7)
    proba = compute_soft_targets(teacher, X)
    assert_allclose(proba, EXPECTED, atol=1e-7)
    both = AveragedTeachers([teacher], np.ones(1), labels, [None])
    assert_allclose(both.predict_proba(X), EXPECTED, atol=1e-12)


def test_the_order_of_named_columns_may_change_from_call_to_call():
    calls = []

    def shuffled(proba):
        calls.append(np.random.default_rng(len(calls)).permutation(3))
        return pd.DataFrame(proba, columns=[0, 1, 2]).iloc[:, calls[-1]]

    teacher = FittedModel(forest(), range(3), shuffled, classes_=[0, 1, 2])
    proba = compute_soft_targets(teacher, X, batch_size=20)
    assert_allclose(proba, EXPECTED, atol=1e-7)
    assert len(set(map(tuple, calls))) > 3
    assert_allclose(soft(teacher), EXPECTED, atol=1e-7)


@pytest.mark.parametrize("columns", [["proba_c", "proba_a", "proba_b"], ["p"] * 3])
def test_names_that_have_nothing_to_do_with_the_classes_say_nothing(columns):
    teacher = FittedModel(forest(), form=named(columns), classes_=ORDER)
    assert_allclose(soft(teacher), EXPECTED, atol=1e-7)


@pytest.mark.parametrize("classes", [ORDER, [3, 1, 2], ["c", "a", "b"]], ids=str)
def test_the_default_index_of_a_frame_names_nothing(classes):
    teacher = FittedModel(forest(), form=pd.DataFrame, classes_=classes)
    assert_allclose(soft(teacher, np.sort(classes)[y]), EXPECTED, atol=1e-7)


@pytest.mark.parametrize(
    "columns",
    [[0, 1, 3], [0, 0, 1], ["0", "1", "x"], [2, 0, "one"], [1, 2, 3]],
    ids=str,
)
@pytest.mark.parametrize("given", [None, [0, 1, 2]], ids=["classes_", "given"])
def test_names_that_contradict_the_classes_are_refused(columns, given):
    known = {} if given else {"classes_": [0, 1, 2]}
    teacher = FittedModel(forest(), range(3), named(columns), **known)
    with pytest.raises(ValueError, match="some names are classes") as error:
        distil(teacher, teacher_classes=given).fit(X, y)
    assert str(columns) in str(error.value)
    assert "[0, 1, 2]" in str(error.value)
    if given is None:
        with pytest.raises(ValueError, match="some names are classes"):
            compute_soft_targets(teacher, X)


def test_labels_given_for_codes_follow_the_names_of_the_codes():
    teacher = FittedModel(forest(), form=named(ORDER), classes_=[0, 1, 2])
    assert_allclose(soft(teacher, NAMES[y], teacher_classes=NAMES), EXPECTED, atol=1e-7)


@pytest.mark.parametrize("known", [{}, {"classes_": [0, 1, 2]}], ids=["none", "codes"])
def test_names_that_are_the_given_labels_count(known):
    teacher = FittedModel(forest(), form=named(NAMES[ORDER]), **known)
    assert_allclose(soft(teacher, NAMES[y], teacher_classes=NAMES), EXPECTED, atol=1e-7)


def test_names_that_could_be_codes_or_labels_are_refused():
    teacher = FittedModel(forest(), range(3), named([0, 1, 2]), classes_=[0, 1, 2])
    assert_allclose(soft(teacher, teacher_classes=[0, 1, 2]), EXPECTED, atol=1e-7)
    with pytest.raises(ValueError, match="the names could be either"):
        distil(teacher, teacher_classes=[1, 0, 2]).fit(X, y)


@pytest.mark.parametrize("labels", [[0, 1, 2], [1, 2, 3], ["a", "b", "c"]], ids=str)
def test_the_default_index_of_given_probabilities_names_nothing(labels):
    model = distil(None, Recorder())
    model.fit(X, np.array(labels)[y], teacher_proba=pd.DataFrame(EXPECTED))
    assert_allclose(model.student_.soft_.proba, EXPECTED, atol=1e-7)


class Shuffling(ClassifierMixin, BaseEstimator):
    """A member whose frame has its columns in reverse."""

    def fit(self, X, y):
        self.forest_ = forest(X, y)
        self.classes_ = self.forest_.classes_
        return self

    def predict_proba(self, X):
        proba = self.forest_.predict_proba(X)
        return pd.DataFrame(proba, columns=self.classes_).iloc[:, ::-1]

    def predict(self, X):
        return self.forest_.predict(X)


def test_the_members_of_a_bag_are_read_by_name():
    bagging = BaggingClassifier(Shuffling(), 8, random_state=0).fit(X, y)
    rows = labelled(X, y, np.arange(3))
    bag = bagged_members(bagging, *rows, None, fitted_here=True)
    own = bag.label(X, np.arange(len(X)), Context())[np.arange(len(X)), y]
    assert own.mean() > 0.8


def test_a_comparison_reads_names():
    teacher = FittedModel(forest(), form=named(ORDER), classes_=[0, 1, 2])
    teacher.predict = forest().predict
    result = compare({"teacher": teacher, "forest": forest()}, X, y, n_calls=2)
    assert result["forest"]["kl_divergence"] == pytest.approx(0, abs=1e-9)


# ---- lists of rows, and lists of outputs


def json_rows(proba):
    return proba.tolist()


def json_tuples(proba):
    return tuple(map(tuple, proba.tolist()))


def rows_of_arrays(proba):
    return list(proba)


@pytest.mark.parametrize("form", [json_rows, json_tuples, rows_of_arrays])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_list_of_rows_is_one_table(form, n_classes):
    labels = y % n_classes
    model = forest(X, labels)
    expected = model.predict_proba(X)
    classes = np.arange(n_classes)
    teacher = FittedModel(model, classes, form, classes_=classes)
    assert_allclose(soft(teacher, labels), expected, atol=1e-7)
    # as many rows as classes, one row, and no classes_
    without_classes = FittedModel(model, classes, form)
    for n_rows in (1, 2, 3):
        for one, given in ((teacher, None), (without_classes, classes)):
            proba = compute_soft_targets(one, X[:n_rows], classes=given)
            assert_allclose(proba, expected[:n_rows], atol=1e-7)


@pytest.mark.parametrize(
    "form",
    [
        lambda proba: [proba, proba],
        lambda proba: (proba, proba),
        lambda proba: [proba.tolist()] * 2,
        lambda proba: [pd.DataFrame(proba)] * 2,
        lambda proba: [proba],
    ],
    ids=["arrays", "tuple", "nested lists", "frames", "one output"],
)
def test_a_list_of_tables_is_of_several_outputs(form):
    teacher = FittedModel(forest(), range(3), form, classes_=[0, 1, 2])
    for rows in (X, X[:1], X[:2]):
        with pytest.raises(ValueError, match="multi-output teacher is not supported"):
            compute_soft_targets(teacher, rows)
    with pytest.raises(ValueError, match="multi-output teacher is not supported"):
        distil(teacher).fit(X, y)


# ---- numbers that rounding made negative


def with_rounding(proba, by=2.8e-17):
    """Subtract something where a probability is 0, and add it where it is largest."""
    proba = np.array(proba)
    rows = np.arange(len(proba))
    proba[rows, proba.argmin(axis=1)] -= by
    proba[rows, proba.argmax(axis=1)] += by
    return proba


SURE = np.eye(3)[y]
#: What the sum of a row of three classes may be off.
TOLERANCE = 1e-3 + 3 * 5e-5


@pytest.mark.parametrize("dtype", [np.float32, np.float64, object])
@pytest.mark.parametrize("by", [2.8e-17, 1e-7, 0.99 * TOLERANCE])
def test_a_number_just_below_0_is_0_in_a_copy(by, dtype):
    given = with_rounding(SURE, by).astype(dtype)
    before = given.copy()
    checked = check_proba(given, 3)
    assert checked.min() == 0
    assert_allclose(checked, SURE, atol=1.1 * by)
    assert_array_equal(given, before)
    assert_array_equal(SoftTargets(given, [0, 1, 2]).proba, checked)
    fine = SURE.astype(np.float32)
    assert check_proba(fine, 3) is fine


def test_teachers_and_given_probabilities_may_be_off_by_rounding():
    teacher = FittedModel(forest(), range(3), with_rounding, classes_=[0, 1, 2])
    assert_allclose(soft(teacher), EXPECTED, atol=1e-7)
    assert compute_soft_targets(teacher, X).min() == 0
    given = with_rounding(SURE)
    model = distil(None).fit(X, y, teacher_proba=given)
    assert model.predict_proba(X).min() >= 0
    assert_array_equal(given, with_rounding(SURE))


def test_a_number_farther_below_0_is_refused():
    wrong = with_rounding(SURE, 1.01 * TOLERANCE)
    with pytest.raises(ValueError, match=r"negative numbers, first in row 0: -0\.0011"):
        check_proba(wrong, 3)
    with pytest.raises(ValueError, match=r"where rounding explains -0\.00115"):
        SoftTargets(wrong, [0, 1, 2])
    # many small ones are no rounding either
    wide = np.full((1, 1000), -1e-3)
    wide[0, 0] = 2 - 1e-3
    with pytest.raises(ValueError, match="must sum to 1"):
        check_proba(wide, 1000)


def test_probabilities_in_a_file_are_copied_only_where_some_are_negative(tmp_path):
    file = np.memmap(tmp_path / "proba", np.float32, "w+", shape=SURE.shape)
    file[:] = SURE
    assert np.shares_memory(SoftTargets(file, [0, 1, 2]).proba, file)
    file[5] = with_rounding(SURE)[5]
    before = np.array(file)
    clipped = SoftTargets(file, [0, 1, 2]).proba
    assert clipped.min() == 0
    assert_array_equal(file, before)


def test_several_teachers_are_a_classifier_whose_rows_sum_to_one():
    far = X[:5] + 100
    knows_more = KNeighborsClassifier(1).fit(np.r_[X, far], np.r_[y, [9] * 5])
    teacher = distil([forest(), knows_more]).fit(X, y).teacher_
    assert is_classifier(teacher)
    assert teacher.score(X, y) > 0.9
    assert_allclose(teacher.predict_proba(np.r_[X[:1], far[:1]]).sum(axis=1), 1)
