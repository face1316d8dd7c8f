"""The expected calibration error: what it is, and what it does not depend on."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_kd.metrics._calibration_error import (
    average_in_bins,
    calibration_error,
    equal_mass_places,
    top_label,
)


def _predictions(load, model):
    """Give the probabilities of held-out rows, and the columns of their labels."""
    X, y = load(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.5, random_state=0)
    return model.fit(X, y).predict_proba(X_test), y_test


@pytest.fixture(scope="module")
def cancer():
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return _predictions(load_breast_cancer, model)


@pytest.fixture(scope="module")
def digits():
    return _predictions(load_digits, GaussianNB())


def test_it_is_what_the_definition_says():
    proba = np.array([[0.6, 0.4], [0.3, 0.7], [0.8, 0.2], [0.1, 0.9]])
    # bins: {0.6 right, 0.7 wrong} and {0.8 right, 0.9 right}
    expected = (abs(0.5 - 0.65) + abs(1 - 0.85)) / 2
    assert calibration_error(proba, np.array([0, 0, 0, 1]), None, 2) == pytest.approx(
        expected
    )


def test_it_is_that_of_sorted_rows_in_equal_parts():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([2, 1, 1], size=600)
    codes = rng.integers(3, size=600)
    order = np.argsort(proba.max(axis=1))
    parts = [
        abs(
            proba[part].max(axis=1).mean()
            - (proba[part].argmax(1) == codes[part]).mean()
        )
        for part in np.split(order, 12)
    ]
    assert calibration_error(proba, codes, None, 12) == pytest.approx(np.mean(parts))


def test_sure_and_right_is_0_and_sure_and_wrong_is_1():
    proba = np.eye(3)[[0, 1, 2, 0]]
    assert calibration_error(proba, np.array([0, 1, 2, 0])) == 0
    assert calibration_error(proba, np.array([1, 2, 0, 1])) == 1


def test_one_bin_compares_mean_confidence_with_accuracy(digits):
    proba, codes = digits
    gap = proba.max(axis=1).mean() - (proba.argmax(axis=1) == codes).mean()
    assert calibration_error(proba, codes, None, 1) == pytest.approx(abs(gap))


def test_naive_bayes_is_worse_than_logistic_regression(cancer, digits):
    logistic = calibration_error(*cancer)
    naive = calibration_error(*_predictions(load_breast_cancer, GaussianNB()))
    assert logistic < 0.03 < naive


def test_the_order_of_rows_does_not_count_even_with_ties():
    forest = RandomForestClassifier(n_estimators=10, random_state=0)
    proba, codes = _predictions(load_digits, forest)
    assert len(np.unique(proba.max(axis=1))) < 20
    order = np.random.default_rng(0).permutation(len(codes))
    shuffled = calibration_error(proba[order], codes[order])
    assert shuffled == pytest.approx(calibration_error(proba, codes), rel=1e-12)


def test_the_order_of_columns_does_not_count(cancer):
    proba, codes = cancer
    swapped = calibration_error(proba[:, ::-1], 1 - codes)
    assert swapped == pytest.approx(calibration_error(proba, codes))


@pytest.mark.parametrize("n_bins", [1, 7, 10])
def test_a_weight_is_a_number_of_rows(digits, n_bins):
    proba, codes = digits
    weights = np.random.default_rng(0).integers(0, 4, size=len(codes))
    rows = np.repeat(np.arange(len(codes)), weights)
    weighted = calibration_error(proba, codes, weights.astype(float), n_bins)
    assert weighted == pytest.approx(
        calibration_error(proba[rows], codes[rows], None, n_bins)
    )
    scaled = calibration_error(proba, codes, weights * 0.125, n_bins)
    assert scaled == pytest.approx(weighted)


def test_bins_hold_equally_many_rows_and_equal_values_are_together(digits):
    confidence, right = top_label(*digits)
    distinct = np.random.default_rng(0).random(899)
    assert set(np.bincount(equal_mass_places(distinct, None, 10))) == {89, 90}
    tied = np.repeat([0.2, 0.5, 1.0], [10, 10, 80])
    places = equal_mass_places(tied, None, 10)
    assert [set(places[tied == value]) for value in (0.2, 0.5, 1.0)] == [{0}, {1}, {6}]
    bins = average_in_bins(confidence, right, None, np.zeros(len(right), dtype=int))
    assert bins.n_effective == [len(right)]
    assert bins.observed == [right.mean()]


def test_a_single_row_is_enough():
    assert calibration_error(np.array([[0.25, 0.75]]), np.array([1])) == 0.25
