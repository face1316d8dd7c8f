"""The encoder fitted to targets, and the targets that students pass to it."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from teacher_alone import alone

from sklearn_kd import DistilledClassifier, MLPStudent, SoftTargets, TabularEncoder
from sklearn_kd._task.blending import one_hot

RNG = np.random.default_rng(0)


def soft(proba):
    proba = np.asarray(proba, dtype=float)
    return SoftTargets(proba, np.arange(proba.shape[1]))


def stretches(n_classes):
    """Three different predictions of a teacher."""
    rng = np.random.default_rng(n_classes)
    return rng.dirichlet(np.ones(n_classes), size=3)


def edges_of(encoder, column=0):
    """Give all edges of a column."""
    table = encoder.components_
    own = table.column == column
    last = table.lower[own][-1] + 1 / table.scale[own][-1]
    return np.r_[table.lower[own], last]


# ---- numeric columns


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.uint8])
def test_edges_are_where_the_teacher_steps(n_classes, dtype):
    x = RNG.permutation(np.arange(200))
    proba = stretches(n_classes)[np.searchsorted([70, 150], x, side="right")]
    X = np.c_[x, RNG.permutation(x)].astype(dtype)
    encoder = TabularEncoder(n_bins=3).fit(X, soft_targets=soft(proba))
    assert_allclose(edges_of(encoder), [0, 69.5, 149.5, 199], rtol=1e-12)
    encoded = encoder.transform(X)
    components = encoded[:, 2:5]
    order = x.argsort()
    expected = np.interp(np.arange(200), [0, 69.5], [0, 1])
    assert_allclose(components[order, 0], expected, atol=1e-6)


def test_steps_of_a_tiny_probability_count_down_to_a_thousandth():
    x = np.arange(90.0)
    tiny = np.array([0.01, 0.001, 1e-9])[(x // 30).astype(int)]
    encoder = TabularEncoder(n_bins=2).fit(
        x[:, None], soft_targets=soft(np.c_[tiny, 1 - tiny])
    )
    assert_allclose(edges_of(encoder), [0, 29.5, 89])


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_no_edges_are_spent_where_the_teacher_is_constant(n_classes):
    x = np.arange(250.0)[:, None]
    codes = (x[:, 0] > 170).astype(int)
    proba = np.full((250, n_classes), 0.01 / n_classes, dtype=np.float32)
    proba[np.arange(250), codes] += 0.99
    by_teacher = TabularEncoder().fit(x, soft_targets=soft(proba))
    assert_allclose(edges_of(by_teacher), [0, 170.5, 249])
    assert_allclose(edges_of(TabularEncoder().fit(x, codes)), [0, 170.5, 249])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_components_lie_between_0_and_1(dtype):
    X = RNG.standard_cauchy((400, 3))
    X[RNG.random((400, 3)) < 0.1] = np.nan
    encoder = TabularEncoder(dtype=dtype).fit(X, X[:, 0] > 0)
    encoded = encoder.transform(1.5 * X)
    components = encoded[:, 3 : 3 + len(encoder.components_)]
    assert encoded.dtype == dtype
    assert components.shape[1] > 3
    assert components.min() == 0
    assert components.max() == 1
    assert_array_equal(components[np.isnan(X).all(axis=1)], 0)
    for column in range(3):
        own = components[:, encoder.components_.column == column]
        assert_array_equal(own[np.isnan(X[:, column])], 0)


def test_constant_and_empty_columns_have_none():
    x = np.arange(40.0)
    X = np.c_[np.ones(40), x, np.full(40, np.nan), np.where(x < 9, np.nan, 3)]
    encoder = TabularEncoder().fit(X, x > 19)
    assert encoder.score_columns_ == [1]
    assert_array_equal(encoder.components_.column, 0)
    assert names(encoder) == ["x1", "x1_from_0", "x1_from_19.5", "x3_missing"]


def names(encoder):
    return encoder.get_feature_names_out().tolist()


def test_a_two_valued_column():
    x = np.repeat([2.0, 4.0], 20)
    encoder = TabularEncoder(dtype="float64").fit(x[:, None], x > 3)
    assert names(encoder) == ["x0", "x0_from_2", "x0_from_3"]
    rows = encoder.transform([[2.0], [3.0], [4.0], [9.0]])[:, 1:]
    assert_array_equal(rows, [[0, 0], [1, 0], [1, 1], [1, 1]])


def test_heavy_values():
    x = np.array([-1e300, -1e299, 1e299, 1e300, 5.0, 6.0]).repeat(10)
    encoder = TabularEncoder().fit(x[:, None], x > 5.5)
    encoded = encoder.transform(x[:, None])
    assert np.isfinite(encoded).all()
    assert 5.5 in encoder.components_.lower


@pytest.mark.parametrize(
    ("n_columns", "expected"), [(1, 32), (16, 32), (20, 25), (64, 8), (100, 8)]
)
def test_auto_spreads_512_components_over_the_columns(n_columns, expected):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, n_columns))
    encoder = TabularEncoder().fit(X, rng.integers(2, size=1500))
    assert_array_equal(np.bincount(encoder.components_.column), expected)


@pytest.mark.parametrize("n_bins", [2, 7])
def test_number_of_bins(n_bins):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(500, 2)), rng.integers(2, size=500)
    encoder = TabularEncoder(n_bins=n_bins).fit(X, y)
    assert_array_equal(np.bincount(encoder.components_.column), n_bins)
    plain = TabularEncoder(n_bins=None).fit(X, y)
    assert plain.components_ is None
    assert_array_equal(plain.transform(X), TabularEncoder().fit(X).transform(X))


@pytest.mark.parametrize("n_bins", [1, 0, 2.5, "many"])
def test_strange_numbers_of_bins(n_bins):
    with pytest.raises(ValueError, match="n_bins"):
        TabularEncoder(n_bins=n_bins).fit([[1.0], [2.0]])


# ---- nominal columns


def table(n_samples=300, seed=0):
    rng = np.random.default_rng(seed)
    number = rng.normal(size=n_samples).round(1)
    number[rng.random(n_samples) < 0.1] = np.nan
    return {
        "number": [None if np.isnan(value) else value for value in number],
        "text": rng.choice(np.array(["a", "b", "c", None]), n_samples).tolist(),
        "whole": rng.poisson(5, n_samples).tolist(),
    }


FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame}


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("make", list(FRAMES.values()), ids=FRAMES)
def test_levels_get_what_the_teacher_says_of_them(make, n_classes):
    columns = table()
    proba = np.random.default_rng(1).dirichlet(np.ones(n_classes), 300)
    encoder = TabularEncoder(dtype="float64").fit(
        make(columns), soft_targets=soft(proba)
    )
    targets = np.log(np.maximum(proba, 1e-3))
    targets -= targets.mean(axis=1, keepdims=True)
    targets = targets[:, 1:] if n_classes == 2 else targets
    text, mean = np.array(columns["text"], dtype=object), targets.mean(axis=0)
    new = make({"number": [0.0] * 5, "text": [*"abc", None, "z"], "whole": [1] * 5})
    scores = encoder.transform(new)[:, -targets.shape[1] :]
    for level, score in zip(["a", "b", "c", None], scores, strict=False):
        rows = targets[[value == level for value in text]]
        expected = (rows.sum(axis=0) + 20 * mean) / (len(rows) + 20) - mean
        assert_allclose(score, expected, atol=1e-9)
    assert_array_equal(scores[-1], 0)  # a new level


def test_rare_levels_keep_scores_of_their_own():
    column = ["x"] * 50 + ["y"] * 3 + ["z"] * 3
    X = pd.DataFrame({"a": column})
    target = [0] * 50 + [1] * 3 + [0] * 3
    encoder = TabularEncoder(min_frequency=5).fit(X, target)
    assert names(encoder) == ["a_x", "a_other", "a_score_0"]
    x, y, z = encoder.transform(pd.DataFrame({"a": ["x", "y", "z"]}))
    assert_array_equal(y[:2], z[:2])
    assert y[2] > z[2]
    assert x[2] < 0


def test_names_match_the_columns():
    columns = table()
    proba = np.random.default_rng(1).dirichlet(np.ones(3), 300)
    X = pd.DataFrame(columns)
    encoder = TabularEncoder().fit(X, soft_targets=soft(proba))
    found = names(encoder)
    assert len(found) == len(set(found)) == encoder.n_features_out_
    assert encoder.transform(X).shape[1] == len(found)
    assert found[-3:] == ["text_score_0", "text_score_1", "text_score_2"]
    framed = clone(encoder).set_output(transform="pandas")
    framed = framed.fit(X, soft_targets=soft(proba)).transform(X)
    assert framed.columns.tolist() == found
    for name in ("number", "whole"):
        own = [other for other in found if other.startswith(f"{name}_from_")]
        lowest = min(value for value in columns[name] if value is not None)
        assert own[0] == f"{name}_from_{lowest:g}"
        assert framed[own].to_numpy().min() == 0


# ---- rows and weights


def both(X, y, weight=None):
    encoder = TabularEncoder(dtype="float64").fit(X, y, weight)
    return encoder, encoder.transform(pd.DataFrame(table(50, seed=9)))


def test_the_order_of_the_rows_does_not_matter():
    X = pd.DataFrame(table())
    y = np.random.default_rng(1).integers(3, size=300)
    order = np.random.default_rng(2).permutation(300)
    first, encoded = both(X, y)
    second, again = both(X.iloc[order], y[order])
    assert_array_equal(first.components_.lower, second.components_.lower)
    assert_allclose(encoded, again, atol=1e-12)


def test_weights_are_repetitions():
    X = pd.DataFrame(table())
    rng = np.random.default_rng(1)
    y, weight = rng.integers(3, size=300), rng.integers(0, 4, size=300)
    rows = np.repeat(np.arange(300), weight)
    weighted, encoded = both(X, y, weight)
    repeated, again = both(X.iloc[rows], y[rows])
    assert_array_equal(weighted.components_.lower, repeated.components_.lower)
    assert_allclose(encoded, again, atol=1e-9)


# ---- targets


def test_labels_teach_where_there_are_no_soft_targets():
    X = pd.DataFrame(table())
    y = np.array(["no", "yes", "maybe"])[np.random.default_rng(1).integers(3, size=300)]
    classes, codes = np.unique(y, return_inverse=True)
    hard = SoftTargets(one_hot(codes, 3), classes)
    by_labels = TabularEncoder().fit(X, y).transform(X)
    assert_array_equal(by_labels, TabularEncoder().fit_transform(X, y))
    by_targets = TabularEncoder().fit(X, soft_targets=hard).transform(X)
    assert_array_equal(by_labels, by_targets)
    # soft targets come first
    mixed = TabularEncoder().fit(X, y[::-1], soft_targets=hard).transform(X)
    assert_array_equal(mixed, by_targets)


def test_without_targets_there_are_no_components():
    X = pd.DataFrame(table())
    encoder = TabularEncoder().fit(X)
    assert encoder.components_ is None
    assert encoder.level_scores_ == {}
    assert names(encoder) == [
        *["number", "whole", "number_missing"],
        *["text_a", "text_b", "text_c", "text_missing"],
    ]
    # one class gives no targets either
    assert_array_equal(
        TabularEncoder().fit(X, np.zeros(300)).transform(X), encoder.transform(X)
    )


@pytest.mark.parametrize(
    "targets",
    [np.full((4, 2), 0.5), soft(np.full((3, 2), 0.5)), "soft"],
    ids=["array", "other length", "string"],
)
def test_other_soft_targets_are_refused(targets):
    with pytest.raises(
        TypeError, match="soft_targets must be SoftTargets or SoftPredictions of 4"
    ):
        TabularEncoder().fit(np.eye(4), soft_targets=targets)


def test_labels_of_another_length_are_refused():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        TabularEncoder().fit(np.eye(4), [0, 1])


# ---- what passes them


class Watching(TransformerMixin, BaseEstimator):
    """An encoder that keeps its targets."""

    seen = []

    def fit(self, X, y=None, sample_weight=None, soft_targets=None):
        self.seen.append((y, sample_weight, soft_targets))
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return np.asarray(X)


X_wine, y_wine = load_wine(return_X_y=True)
X_wine = (X_wine - X_wine.mean(axis=0)) / X_wine.std(axis=0)
PROBA = np.random.default_rng(0).dirichlet(np.ones(3), len(y_wine))


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
def test_the_student_passes_blended_targets(alpha):
    student = MLPStudent((4,), max_iter=1, encoder=Watching(), early_stopping=False)
    student.fit(X_wine, y_wine, soft_targets=SoftTargets(PROBA, range(3), alpha))
    _, weight, targets = Watching.seen.pop()
    assert weight is None
    expected = alpha * PROBA + (1 - alpha) * one_hot(y_wine, 3)
    assert_allclose(targets.proba, expected, atol=1e-12)


def test_the_student_on_labels_fits_its_encoder_to_them():
    student = MLPStudent((4,), max_iter=1, encoder=Watching(), early_stopping=False)
    weight = np.linspace(1, 2, len(y_wine))
    student.fit(X_wine, y_wine, weight)
    labels, passed, targets = Watching.seen.pop()
    assert_array_equal(labels, y_wine)
    assert_allclose(passed / passed.mean(), weight / weight.mean())
    assert_array_equal(targets.proba, one_hot(y_wine, 3))


def test_alpha_0_is_the_student_on_labels_bit_for_bit():
    student = MLPStudent((16,), max_iter=5, random_state=0)
    plain = clone(student).fit(X_wine, y_wine)
    distilled = DistilledClassifier(
        RandomForestClassifier(5), student, alpha=0, random_state=0
    ).fit(X_wine, y_wine)
    assert_array_equal(distilled.predict_proba(X_wine), plain.predict_proba(X_wine))
    assert plain.encoder_.components_ is not None
    assert_array_equal(
        distilled.student_.encoder_.components_.lower, plain.encoder_.components_.lower
    )
    silent = SoftTargets(PROBA, range(3), row_alpha=0.0)
    ignoring = clone(student).fit(X_wine, y_wine, soft_targets=silent)
    assert_array_equal(ignoring.predict_proba(X_wine), plain.predict_proba(X_wine))


def test_the_edges_are_those_of_the_training_rows():
    """The encoder is fitted on synthetic rows too, and on no validation rows."""
    student = MLPStudent((4,), max_iter=1, encoder=Watching())
    distilled = DistilledClassifier(
        RandomForestClassifier(5), student, objective=alone(), random_state=0
    )
    distilled.fit(X_wine, y_wine)
    labels, _, targets = Watching.seen.pop()
    assert len(targets) == len(labels)
    n_kept = len(labels) - distilled.n_transfer_rows_
    assert 0.85 * len(y_wine) < n_kept < 0.95 * len(y_wine)
    assert distilled.n_transfer_rows_ == n_kept**2


def test_a_student_with_fitted_components_follows_narrow_steps_better():
    losses = {"auto": [], None: []}
    for seed in range(3):
        rng = np.random.default_rng(seed)
        X = rng.uniform(size=(2000, 3))
        p = np.where((X[:, 0] > 0.237) & (X[:, 0] < 0.263), 0.95, 0.05)
        targets = SoftTargets(np.c_[1 - p, p], [0, 1])
        for n_bins, found in losses.items():
            encoder = TabularEncoder(n_bins=n_bins)
            student = MLPStudent((16,), max_iter=10, encoder=encoder, random_state=seed)
            student.fit(X, (p > 0.5).astype(int), soft_targets=targets)
            found.append(student.best_loss_)
    assert sum(losses["auto"]) < 0.8 * sum(losses[None])


def test_a_class_of_absent_rows_teaches_nothing():
    X = pd.DataFrame(table())
    y, weight = np.random.default_rng(1).integers(2, size=300), np.ones(300)
    y[:5], weight[:5] = 2, 0
    encoder = TabularEncoder().fit(X, y, weight)
    assert_array_equal(
        encoder.transform(X), TabularEncoder().fit(X[5:], y[5:]).transform(X)
    )


def test_weights_that_sum_to_one_still_teach():
    weight = np.random.default_rng(0).uniform(1, 2, len(y_wine))
    student = MLPStudent((8,), max_iter=3, random_state=0)
    first = clone(student).fit(X_wine, y_wine, weight)
    second = clone(student).fit(X_wine, y_wine, weight / weight.sum())
    n_components = len(first.encoder_.components_)
    assert len(second.encoder_.components_) > n_components / 2
