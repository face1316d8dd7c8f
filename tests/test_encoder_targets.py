"""Targets of an encoder: labels, numbers, and what is refused."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sklearn_kd import MLPStudentRegressor, SoftPredictions, TabularEncoder

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
y = (X[:, 0] > 0).astype(int)
UNTAUGHT = TabularEncoder().fit(X).transform(X)

CONTINUOUS = {
    "array": X[:, 1],
    "list": X[:, 1].tolist(),
    "objects": X[:, 1].astype(object),
    "nullable": pd.Series(X[:, 1], dtype="Float64"),
    "column": X[:, [1]],
    "small": X[:, 1] * 1e-300,
}

SEVERAL = {
    "two columns": X[:, :2],
    "two columns of labels": np.column_stack([y, 1 - y]),
    "sparse labels": sparse.csr_array(np.column_stack([y, 1 - y])),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_outputs_teach_nothing(name):
    encoder = TabularEncoder().fit(X, SEVERAL[name])
    assert encoder.components_ is None
    assert_array_equal(encoder.transform(X), UNTAUGHT)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_numbers_teach_the_encoder_as_one_standardised_target(name):
    rows = pd.DataFrame(X, columns=[*"abc"]).assign(
        level=np.where(X[:, 1] > 0, "high", "low")
    )
    encoder = TabularEncoder().fit(rows, CONTINUOUS[name])
    shifted = TabularEncoder().fit(rows, 3 * X[:, 1] + 5.5)
    assert_allclose(encoder.transform(rows), shifted.transform(rows), atol=1e-6)
    levels, scores = encoder.level_scores_[3]
    assert scores.shape == (len(levels), 1)
    target = (X[:, 1] - X[:, 1].mean()) / X[:, 1].std()
    for level, score in zip(levels, scores[:, 0], strict=True):
        own = target[rows.level == level]
        assert score == pytest.approx(own.sum() / (len(own) + 20))


def test_components_begin_where_numbers_step():
    step = np.where(X[:, 1] > 0.3, 1.5, -1.5)
    encoder = TabularEncoder(n_bins=2).fit(X, step)
    lower = encoder.components_.lower[encoder.components_.column == 1]
    assert len(lower) == 2
    assert 0.28 < lower[1] < 0.32


@pytest.mark.parametrize("target", [np.full(300, 0.5), np.arange(300) % 2 + 0.0])
def test_equal_numbers_teach_nothing_and_whole_ones_are_labels(target):
    encoder = TabularEncoder().fit(X, target)
    as_labels = TabularEncoder().fit(X, np.char.mod("%f", target))
    assert_array_equal(encoder.transform(X), as_labels.transform(X))


@pytest.mark.parametrize(
    ("value", "says"), [(np.inf, "infinity"), ("a", "beside what is no number")]
)
def test_numbers_that_are_none_are_refused(value, says):
    target = np.array([*X[:-1, 1], value], dtype=object)
    with pytest.raises(ValueError, match=says):
        TabularEncoder().fit(X, target)


def test_weights_of_rows_with_numbers_are_repetitions():
    weight = RNG.integers(1, 4, 300)
    weighted = TabularEncoder().fit(X, X[:, 1], sample_weight=weight)
    rows = np.repeat(X, weight, axis=0)
    repeated = TabularEncoder().fit(rows, rows[:, 1])
    assert_allclose(weighted.transform(X), repeated.transform(X), atol=1e-6)


@pytest.mark.parametrize("target", [X @ [1, 2, 3], X @ np.ones((3, 2))], ids=["1", "2"])
def test_a_regression(target):
    assert (
        make_pipeline(TabularEncoder(), Ridge()).fit(X, target).score(X, target) > 0.9
    )


def test_a_regression_takes_no_memory_for_classes():
    rows = RNG.normal(size=(2_000, 1))
    tracemalloc.start()
    TabularEncoder().fit(rows, rows[:, 0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000 * 2_000


@pytest.mark.parametrize("shape", [np.ravel, lambda y: y[:, None]], ids=["1-D", "2-D"])
@pytest.mark.parametrize("labels", [y, y * 1.0, np.array(["no", "yes"])[y]])
def test_labels_in_a_column_are_labels(shape, labels):
    weight = RNG.integers(0, 3, size=len(X))
    expected = TabularEncoder().fit(X, y, weight).transform(X)
    found = TabularEncoder().fit(X, shape(labels), weight).transform(X)
    assert found.shape[1] > UNTAUGHT.shape[1]
    assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", None, "b"], "y contains NaN: some labels are missing"),
        (pd.Series([1, None, 0], dtype="Int64"), "y contains NaN"),
        ([0.0, np.nan, 1.0], "y contains NaN"),
        ([0.5, np.nan, 1.0], "y contains NaN"),
        (np.array([1, "a", 2], dtype=object), "labels that cannot be sorted"),
        (np.zeros((3, 1, 1)), "dim 3"),
    ],
    ids=["None", "NA", "NaN", "NaN and fractions", "types", "3-D"],
)
def test_labels_that_make_no_sense(labels, message):
    with pytest.raises(ValueError, match=message):
        TabularEncoder().fit(X[:3], labels)


def test_a_missing_label_of_a_row_of_no_weight_is_absent():
    labels = [None, "a", "b", "a"]
    encoder = TabularEncoder().fit(X[:4], labels, sample_weight=[0, 1, 1, 1])
    expected = TabularEncoder().fit(X[1:4], labels[1:], sample_weight=[1, 1, 1])
    assert_array_equal(encoder.transform(X), expected.transform(X))


@pytest.mark.parametrize("name", ["knots_", "levels_", "n_features_out_"])
def test_an_attribute_of_fit_is_an_error_before(name):
    assert not hasattr(TabularEncoder(), name)
    with pytest.raises(AttributeError, match="is not fitted yet: call fit first"):
        getattr(TabularEncoder(), name)


def test_predictions_of_a_regression_teach_as_numbers_do():
    numbers = 1e6 + 10 * np.sin(2 * X[:, 0])
    taught = TabularEncoder().fit(X, soft_targets=SoftPredictions(numbers))
    by_numbers = TabularEncoder().fit(X, numbers)
    assert_array_equal(taught.transform(X), by_numbers.transform(X))


def test_predictions_of_several_outputs_teach_by_each():
    steps = np.column_stack([np.where(X[:, 0] > 0.3, 1e3, 0), X[:, 1] > -0.2])
    taught = TabularEncoder(n_bins=2).fit(X, soft_targets=SoftPredictions(steps))
    for column, step in ((0, 0.3), (1, -0.2)):
        names = [
            name for name in taught.get_feature_names_out() if f"x{column}_from" in name
        ]
        edges = [float(name.rpartition("_")[2]) for name in names]
        assert min(abs(edge - step) for edge in edges) < 0.1


def test_predictions_that_do_not_vary_teach_nothing():
    taught = TabularEncoder().fit(X, soft_targets=SoftPredictions(np.ones(300)))
    assert taught.components_ is None


def test_a_regressor_takes_an_encoder_with_settings_of_its_own():
    numbers = np.column_stack([np.sin(2 * X[:, 0]), 1e3 * X[:, 1]])
    student = MLPStudentRegressor(
        (16,),
        encoder=TabularEncoder(n_bins=4),
        batch_size=16,
        max_iter=30,
        random_state=0,
    ).fit(X, numbers)
    assert student.encoder_.components_ is not None
    assert student.score(X, numbers) > 0.5
