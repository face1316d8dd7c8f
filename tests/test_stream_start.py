"""Streams that start with few rows: the encoder is fitted on them only for a while."""

import copy
import pickle
import pickletools

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import StandardScaler

from sklearn_kd import MLPStudent, SoftTargets, TabularEncoder
from sklearn_kd.students.mlp._stream import FEW_ROWS

X, Y = load_digits(return_X_y=True)
X = X[:, 10:30]
CLASSES = np.arange(10)


def student(**params):
    return MLPStudent((16,), **{"random_state": 0} | params)


def feed(model, sizes, rows=X, labels=Y, **params):
    start = 0
    for size in sizes:
        part = slice(start, start + size)
        X_part = rows.iloc[part] if hasattr(rows, "iloc") else rows[part]
        given = {name: values[part] for name, values in params.items()}
        model.partial_fit(X_part, labels[part], classes=CLASSES, **given)
        start += size
    return model


def n_kept(model):
    beginning = model._stream["beginning"]
    return 0 if beginning is None else len(beginning)


@pytest.mark.parametrize("first", [1, 2, 20])
def test_a_stream_may_start_with_few_rows(first):
    rest = [40] * 35
    late = feed(student(), [first, *rest]).score(X[1500:], Y[1500:])
    early = feed(student(), [200, *rest[5:]]).score(X[1500:], Y[1500:])
    assert late > early - 0.03


def test_a_pickle_of_the_first_rows_names_no_class_that_is_private():
    model = feed(student(encoder=StandardScaler()), [3, 4])
    codes = pickletools.genops(pickle.dumps(model, protocol=2))
    named = {where.split()[0] for code, where, _ in codes if code.name == "GLOBAL"}
    ours = {module for module in named if module.startswith("sklearn_kd")}
    assert ours == {"sklearn_kd.students.mlp.student", "sklearn_kd.targets"}
    assert n_kept(model) == 7
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(
        feed(again, [5]).predict_proba(X), feed(model, [5]).predict_proba(X)
    )


def test_it_ends_with_the_encoder_of_all_first_rows():
    model = feed(student(), [1] * 100)
    targets = SoftTargets(np.eye(10)[Y[:FEW_ROWS]], CLASSES)
    wanted = TabularEncoder().fit(X[:FEW_ROWS], soft_targets=targets)
    assert_allclose(model.encoder_.transform(X), wanted.transform(X))
    assert n_kept(model) == 0
    assert model.n_iter_ == len(model.loss_curve_) == model.n_steps_ == 100


def test_rows_are_learned_again_in_their_order():
    """As if the encoder had been fitted from the start."""
    sizes = [3, 10, 20, 40, 50]
    model = feed(student(), sizes)
    known = feed(student(encoder=FrozenEstimator(model.encoder_)), sizes)
    # apart from the first weights, whose scale is that of all rows
    assert_allclose(model.loss_curve_, known.loss_curve_, rtol=0.2)
    assert model.n_steps_ == known.n_steps_ == len(sizes)


def test_it_predicts_from_the_first_row_on_and_keeps_few():
    model = student()
    for n_rows in range(1, 80):
        model.partial_fit(X[n_rows - 1 : n_rows], Y[n_rows - 1 : n_rows], CLASSES)
        assert model.predict_proba(X[:3]).shape == (3, 10)
        assert n_kept(model) == (n_rows if n_rows < FEW_ROWS else 0)
        assert model.n_iter_ == n_rows


def test_a_large_first_batch_is_not_kept():
    for size in (FEW_ROWS, 200):
        model = feed(student(), [size])
        fitted = model.encoder_
        assert n_kept(model) == 0
        assert feed(model, [50]).encoder_ is fitted


@pytest.mark.parametrize(
    "encoder", [None, FrozenEstimator(StandardScaler().fit(X)), StandardScaler().fit(X)]
)
def test_nothing_is_kept_for_an_encoder_that_is_ready(encoder):
    model = feed(student(encoder=encoder), [1, 1])
    assert n_kept(model) == 0
    assert encoder is None or model.encoder_ is getattr(encoder, "estimator", encoder)


def test_an_encoder_of_the_users_is_fitted_anew_too():
    scaler = StandardScaler()
    model = feed(student(encoder=scaler), [1, 30, 40])
    assert_allclose(model.encoder_.mean_, X[:71].mean(axis=0))
    assert not hasattr(scaler, "mean_")


def test_columns_and_levels_that_come_late_are_learned():
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=600)
    frame = pd.DataFrame(
        {
            "constant at first": np.where(np.arange(600) < 5, 0.0, labels),
            "level": np.where(np.arange(600) < 5, "a", np.array(["b", "c"])[labels]),
            "missing at first": pd.Series(labels * 1.0, dtype=object).where(
                np.arange(600) >= 5, None
            ),
        }
    )
    for column in frame:
        model = MLPStudent((8,), random_state=0)
        for start in range(0, 600, 5):
            part = slice(start, start + 5)
            model.partial_fit(frame[[column]].iloc[part], labels[part], [0, 1])
        assert model.score(frame[[column]].iloc[300:], labels[300:]) > 0.98, column


@pytest.mark.parametrize("n_rows", [1, 5, 63, 64])
def test_copies_and_pickles_go_on_alike(n_rows):
    model = feed(student(), [1] * n_rows)
    others = [pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    for one in (model, *others):
        for start in range(n_rows, 200, 7):
            one.partial_fit(X[start : start + 7], Y[start : start + 7])
    for one in others:
        assert_array_equal(one.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("seed", [0, None, "state"])
def test_seeds(seed):
    def make():
        state = np.random.RandomState(3) if seed == "state" else seed
        return feed(student(random_state=state), [1, 2, 4, 8, 80]).predict_proba(X)

    assert np.array_equal(make(), make()) == (seed is not None)


def test_the_kept_rows_are_copies():
    batch, labels = X[:1].copy(), Y[:1].copy()
    model = student().partial_fit(batch, labels, classes=CLASSES)
    batch[:], labels[:] = -1, 0
    wanted = feed(student(), [1])
    for one in (model, wanted):
        one.partial_fit(X[1:100], Y[1:100])
    assert_array_equal(model.predict_proba(X), wanted.predict_proba(X))


def test_a_batch_that_fails_leaves_no_trace():
    model, spared = feed(student(), [3]), feed(student(), [3])
    with pytest.raises(ValueError, match="contains infinity"):
        model.partial_fit(np.full((40, 20), np.inf), Y[:40])
    model.set_params(learning_rate_init=1e30)
    with pytest.raises(ValueError, match="Training diverged"):
        model.partial_fit(X[:40], Y[:40])
    model.set_params(learning_rate_init=6e-3)
    for one in (model, spared):
        one.partial_fit(X[3:90], Y[3:90])
    assert_array_equal(model.predict_proba(X), spared.predict_proba(X))


def test_weights_and_soft_targets_are_kept_with_the_rows():
    proba = np.random.default_rng(0).dirichlet(np.ones(10), len(X))
    soft = SoftTargets(proba, CLASSES, row_alpha=0.7, temperature=2.0)
    weight = np.arange(len(X)) % 3.0
    weight[0] = 2
    model = feed(student(), [1, 2, 30, 60], soft_targets=soft, sample_weight=weight)
    present = weight[:93] > 0
    targets = 0.7 * proba[:93] + 0.3 * np.eye(10)[Y[:93]]
    # each batch has weights of its own scale
    rows = np.concatenate([[1], weight[1:3], weight[3:93]])[present]
    wanted = TabularEncoder().fit(
        X[:93][present], None, rows, SoftTargets(targets[present], CLASSES)
    )
    assert_allclose(
        model.encoder_.transform(X), wanted.transform(X), atol=1e-5, rtol=1e-4
    )


FRAME = pd.DataFrame(X).add_prefix("x")


@pytest.mark.parametrize(
    ("make", "other"),
    [
        (FRAME.iloc.__getitem__, FRAME.iloc.__getitem__),
        (pl.DataFrame(FRAME).__getitem__, pl.DataFrame(FRAME).__getitem__),
        (FRAME.iloc.__getitem__, pl.DataFrame(FRAME).__getitem__),
        (pl.DataFrame(FRAME).__getitem__, FRAME.iloc.__getitem__),
        (X.astype(int).__getitem__, X.__getitem__),
        (csr_matrix(X).__getitem__, csr_matrix(X).__getitem__),
    ],
    ids=["pandas", "polars", "pandas, polars", "polars, pandas", "integers", "sparse"],
)
def test_containers(make, other):
    model = student().partial_fit(make(slice(0, 2)), Y[:2], classes=CLASSES)
    for start in range(2, 200, 20):
        part = slice(start, start + 20)
        model.partial_fit(other(part), Y[part])
    assert model.predict_proba(make(slice(0, 5))).shape == (5, 10)
    assert n_kept(model) == 0


def test_a_fit_in_between_ends_the_beginning():
    model = feed(student(max_iter=2), [1, 3])
    fitted = model.fit(X, Y).encoder_
    model.partial_fit(X[:5], Y[:5])
    assert model.encoder_ is fitted
    assert n_kept(model) == 0
