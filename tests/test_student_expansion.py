"""Students without soft targets: the copies of a row, and what reads them."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modest import LABELS, LINEAR, X, distil, y
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_kd import SoftTargets
from sklearn_kd._rows import TransferSet
from sklearn_kd._task import Classification
from sklearn_kd.students.weighted._expansion import expand, expand_folds

# ---- the expansion, and what it leaves out


def transfer_set(proba, weight=None, codes=None, alpha=1.0):
    proba = np.asarray(proba, dtype=float)
    n_samples, n_classes = proba.shape
    classes = np.arange(n_classes)
    return TransferSet(
        np.arange(n_samples)[:, None],
        Classification(classes),
        proba.argmax(axis=1) if codes is None else np.asarray(codes),
        np.ones(n_samples) if weight is None else np.asarray(weight, dtype=float),
        SoftTargets(proba, classes, alpha),
    )


def targets_of(rows, **params):
    """Put the copies back together."""
    _, codes, weight, source = expand(rows, **params)
    targets = np.zeros(rows.soft.shape)
    np.add.at(targets, (source, codes), weight)
    return targets


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    n_classes=st.integers(2, 12),
    sharpness=st.floats(0.05, 5),
    min_mass=st.sampled_from([0.0, 1e-3, 0.02, 0.3]),
)
def test_what_is_left_out_is_bounded_as_documented(
    seed, n_classes, sharpness, min_mass
):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.full(n_classes, sharpness), size=30)
    weight = rng.uniform(0.1, 3, size=30)
    rows = transfer_set(proba, weight)
    targets = targets_of(rows, min_mass=min_mass)
    assert_allclose(targets.sum(axis=1), weight)
    targets /= weight[:, None]
    moved = np.abs(targets - proba).sum(axis=1) / 2
    bound = (n_classes - 1) * min_mass
    assert (moved <= bound + 1e-12).all()
    student = rng.dirichlet(np.full(n_classes, 0.5), size=30) + 1e-9
    student /= student.sum(axis=1, keepdims=True)
    logs = -np.log(student)
    change = ((targets - proba) * logs).sum(axis=1)
    assert (np.abs(change) <= bound * logs.max(axis=1) + 1e-12).all()
    # every row keeps its most probable class
    assert_array_equal(targets.argmax(axis=1), proba.argmax(axis=1))


def test_rows_become_far_fewer_than_classes_times_rows():
    proba = np.full((100, 20), 2e-4)
    proba[:, 3] = 1 - 19 * 2e-4
    _, codes, weight, _ = expand(transfer_set(proba))
    assert len(codes) == 100
    assert_allclose(weight, 1)
    _, codes, _, _ = expand(transfer_set(proba), min_mass=0)
    assert len(codes) == 2000


def test_hard_labels_count_in_what_is_kept():
    rows = transfer_set([[1.0, 0.0], [0.9995, 0.0005]], codes=[1, 1], alpha=[0.9, 1.0])
    assert_allclose(targets_of(rows), [[0.9, 0.1], [1.0, 0.0]])


def test_copies_of_a_row_are_in_one_fold():
    rows = transfer_set(np.random.default_rng(0).dirichlet([1, 1, 1], size=60))
    _, codes, _, source = expand(rows)
    folds = expand_folds(4, rows, source)
    assert len(folds) == 4
    for train, test in folds:
        assert not set(source[train]) & set(source[test])
    tested = np.concatenate([test for _, test in folds])
    assert_array_equal(np.sort(tested), np.arange(len(codes)))


# ---- what pipelines and early stopping see


class Counting(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.n_rows_ = len(X)
        return self

    def transform(self, X):
        return X


def test_transformers_see_rows_that_are_not_expanded():
    student = make_pipeline(Counting(), StandardScaler(), LINEAR)
    fitted = distil(student).fit(X, y).student_
    assert fitted[0].n_rows_ == len(X)
    assert_allclose(fitted[1].mean_, X.mean(axis=0))


def test_transformers_that_know_weights_get_those_of_the_rows():
    weight = np.random.default_rng(0).integers(1, 4, size=len(X))
    student = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-10))
    weighted = distil(student, LINEAR).fit(X, y, sample_weight=weight)
    rows = np.repeat(np.arange(len(X)), weight)
    repeated = distil(student, LINEAR).fit(X[rows], y[rows])
    assert_allclose(weighted.student_[0].mean_, repeated.student_[0].mean_)
    assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-4, atol=1e-6
    )


class SpiedBoosting(HistGradientBoostingClassifier):
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None,
            sample_weight_val=None):  # fmt: skip
        self.seen_ = copy.copy(X), X_val, y_val, sample_weight_val
        return super().fit(
            X,
            y,
            sample_weight,
            X_val=X_val,
            y_val=y_val,
            sample_weight_val=sample_weight_val,
        )


def test_boosting_is_stopped_by_rows_that_it_has_no_copy_of():
    student = SpiedBoosting(max_iter=500, early_stopping=True, learning_rate=0.5)
    fitted = distil(student).fit(X, y).student_
    learnt, X_val, y_val, weight_val = fitted.seen_
    assert not set(map(tuple, learnt)) & set(map(tuple, X_val))
    assert len(np.unique(X_val, axis=0)) == len(X) // 10
    assert set(y_val) == set(LABELS)
    assert weight_val.sum() == pytest.approx(len(X) // 10)
    assert fitted.n_iter_ < 100
    # left to itself, it predicts nothing
    fitted = distil(SpiedBoosting(max_iter=5)).fit(X, y).student_
    assert fitted.seen_[1] is None
