"""Weights count by their ratios: the same student at any scale, and repetitions."""

import numpy as np
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from skorch import NeuralNetClassifier
from teacher_alone import distil

from sklearn_kd import (
    MLPStudent,
    MungeSampler,
    SkorchStudent,
    SoftTargets,
    TabularEncoder,
)
from sklearn_kd._tables.weights import in_rows, weight_of_row
from sklearn_kd.torch import TabularMLP

pytestmark = pytest.mark.usefixtures("small_teachers")

X, y = load_wine(return_X_y=True)
X = X[:, :5]
RNG = np.random.default_rng(0)
WEIGHTS = {
    "fractions": RNG.exponential(size=len(y)) + 0.01,
    "counts": RNG.integers(1, 4, size=len(y)).astype(float),
    "with zeros": RNG.integers(0, 4, size=len(y)).astype(float),
}
SCALES = [2.0, 1e-3, 1 / 3, 1e200, 1e-200, 1e306]
STUDENT = MLPStudent((8,), max_iter=5, random_state=0)
NET = NeuralNetClassifier(TabularMLP, max_epochs=2, lr=0.1, verbose=0)
TEACHER = LogisticRegression(max_iter=5000).fit(X, y)


# ---- the rule


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("scale", SCALES)
def test_the_scale_of_weights_does_not_count(name, scale):
    weight = WEIGHTS[name]
    assert_allclose(in_rows(scale * weight), in_rows(weight), rtol=1e-14)
    one, other = weight_of_row(weight), weight_of_row(scale * weight)
    assert other / scale == pytest.approx(one)


@pytest.mark.parametrize(
    ("weight", "rows"),
    [
        ([1, 1, 1], [1, 1, 1]),
        ([7, 7, 7], [1, 1, 1]),
        ([3, 1, 2], [3, 1, 2]),
        ([0.3, 0.1, 0.2], [3, 1, 2]),
        ([0, 0.3, 0.2], [0, 3, 2]),
        ([5, 3, 4], [5, 3, 4]),
        ([1, 90, 1], [1, 90, 1]),
        (np.float32([0.3, 0.1, 0.2]), [3, 1, 2]),
        ([0.7, 1.3], [0.7, 1.3]),  # 7 and 13 rows would be ten times as many
        ([1, 5000], np.array([2, 10_000]) / 5001),
        ([1e308, 1e308, 1e-10], [1.5, 1.5, 0]),
        ([5e-324, 5e-324], [1, 1]),
    ],
)
def test_weights_in_rows(weight, rows):
    found = in_rows(np.asarray(weight, dtype=np.float64))
    assert_allclose(found, rows, atol=1e-280)
    assert_array_equal(found > 0, np.asarray(weight) > 0)


# ---- every stage of ours


def weighted(model, weight):
    return clone(model).fit(X, y, sample_weight=weight)


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize(
    "model",
    [
        STUDENT,
        SkorchStudent(NET, random_state=0),
        on_given_rows(TEACHER, STUDENT, random_state=0),
        distil(TEACHER, STUDENT, alpha=0.7, transfer=MungeSampler(200), random_state=0),
        on_given_rows(None, STUDENT, random_state=0),
        on_given_rows(
            TEACHER, HistGradientBoostingClassifier(max_iter=3), random_state=0
        ),
    ],
    ids=["student", "net", "distilled", "synthetic", "default teachers", "boosting"],
)
def test_a_multiple_of_the_weights_gives_the_same_student(model, name):
    weight = WEIGHTS[name]
    expected = weighted(model, weight).predict_proba(X)
    ours = "Boosting" not in repr(model)  # others get the weights as they came
    for scale in SCALES if ours else [2.0, 0.25]:
        proba = weighted(model, scale * weight).predict_proba(X)
        assert_allclose(proba, expected, atol=1e-6, err_msg=scale)


@pytest.mark.parametrize("parameters", [{}, {"min_frequency": 2, "n_knots": 7}])
@pytest.mark.parametrize("name", WEIGHTS)
def test_a_multiple_of_the_weights_gives_the_same_encoder(name, parameters):
    rows = np.column_stack([X.round(1), X[:, 0].astype(int).astype(str)]).astype(object)
    rows[:, :5] = X.round(1)
    encoder = TabularEncoder(**parameters)
    expected = clone(encoder).fit(rows, y, WEIGHTS[name]).transform(rows)
    for scale in SCALES:
        encoded = clone(encoder).fit(rows, y, scale * WEIGHTS[name]).transform(rows)
        assert_allclose(encoded, expected, atol=1e-6)


@pytest.mark.parametrize("student", [STUDENT, SkorchStudent(NET)], ids=["mlp", "net"])
@pytest.mark.parametrize("scale", SCALES)
def test_unlabelled_rows_weigh_alike_beside_labelled_ones_of_any_scale(student, scale):
    model = on_given_rows(TEACHER, student, alpha=0.6, random_state=0)
    more = X[:60] + 0.05
    weight = WEIGHTS["fractions"]
    one, other = (
        clone(model).fit(X, y, sample_weight=each, X_unlabeled=more).predict_proba(X)
        for each in (weight, scale * weight)
    )
    assert_allclose(other, one, atol=1e-6)


def test_an_unlabelled_row_counts_as_one_row_beside_repetitions():
    """A labelled row of weight 3 is three rows, and an unlabelled one is one."""
    student = LogisticRegression(C=1e4, tol=1e-9, max_iter=5000)
    model = on_given_rows(TEACHER, student, alpha=0.6)
    weight = WEIGHTS["counts"].astype(int)
    rows, more = np.repeat(np.arange(len(y)), weight), X[:60] + 0.05
    repeated = clone(model).fit(X[rows], y[rows], X_unlabeled=more).predict_proba(X)
    one = clone(model).fit(X, y, sample_weight=weight, X_unlabeled=more)
    assert_allclose(one.predict_proba(X), repeated, atol=1e-4)


def test_validation_rows_are_weighed_by_ratios():
    weight = WEIGHTS["fractions"]
    losses = [
        clone(STUDENT)
        .fit(X, y, X_val=X, y_val=y, sample_weight_val=scale * weight)
        .validation_loss_curve_
        for scale in [1.0, *SCALES]
    ]
    assert_allclose(losses, np.repeat(losses[:1], len(losses), axis=0), rtol=1e-6)


def test_the_rows_of_a_batch_are_weighed_against_each_other():
    weight, probas = WEIGHTS["fractions"], []
    for scale in [1.0, *SCALES]:
        student = MLPStudent((8,), random_state=0)
        for part in (slice(0, None, 2), slice(1, None, 2)):
            student.partial_fit(X[part], y[part], [0, 1, 2], scale * weight[part])
        probas.append(student.predict_proba(X))
    assert_allclose(probas, np.repeat(probas[:1], len(probas), axis=0), atol=1e-6)


def test_equal_weights_are_none_bit_for_bit():
    plain = clone(STUDENT).fit(X, y).predict_proba(X)
    assert_array_equal(weighted(STUDENT, np.full(len(y), 1e9)).predict_proba(X), plain)
    soft = SoftTargets(TEACHER.predict_proba(X), [0, 1, 2])
    one, other = (
        clone(STUDENT).fit(X, y, sample_weight=each, soft_targets=soft)
        for each in (None, np.full(len(y), 0.1))
    )
    assert_array_equal(one.predict_proba(X), other.predict_proba(X))
