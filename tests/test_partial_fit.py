"""``MLPStudent.partial_fit``: learning from a stream."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import StandardScaler

from sklearn_kd import MLPStudent, SoftTargets, TabularEncoder

CLASSES = np.arange(5)


def make_rows(n_rows, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 12)).astype(np.float32)
    logits = 3 * np.tanh(X @ np.random.default_rng(0).normal(size=(12, 5)))
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return X, proba.argmax(axis=1), proba


X, Y, P = make_rows(12_000, 1)
X_TEST, Y_TEST, _ = make_rows(3_000, 2)


def student(**params):
    return MLPStudent((32,), **{"random_state": 0} | params)


def stream(model, rows=X, labels=Y, size=600, **params):
    for start in range(0, len(rows), size):
        part = slice(start, start + size)
        given = {name: values[part] for name, values in params.items()}
        model.partial_fit(rows[part], labels[part], classes=CLASSES, **given)
    return model


def test_a_stream_comes_close_to_a_fit():
    fitted = student(max_iter=3).fit(X, Y).score(X_TEST, Y_TEST)
    model = student()
    for _ in range(3):
        stream(model)
    assert model.score(X_TEST, Y_TEST) > fitted - 0.02
    assert model.n_iter_ == len(model.loss_curve_) == 60
    assert model.n_steps_ == 60 * 5
    assert model.loss_curve_[-1] < 0.5 * model.loss_curve_[0]


def test_soft_targets_say_the_classes_and_teach():
    model = student()
    for start in range(0, len(X), 600):
        part = slice(start, start + 600)
        model.partial_fit(X[part], Y[part], soft_targets=SoftTargets(P[part], CLASSES))
    assert_array_equal(model.classes_, CLASSES)
    hard = stream(student())
    _, _, proba = make_rows(3_000, 2)

    def divergence(one):
        return (proba * np.log(proba / one.predict_proba(X_TEST))).sum(axis=1).mean()

    assert divergence(model) < divergence(hard)


def test_same_seed_same_bits():
    first, again, other = (
        stream(student(random_state=seed)).predict_proba(X_TEST) for seed in (3, 3, 4)
    )
    assert_array_equal(first, again)
    assert abs(first - other).max() > 1e-3


def test_a_pickle_goes_on_as_the_original():
    model = stream(student(), X[:6000], Y[:6000])
    copy = pickle.loads(pickle.dumps(model))
    for one in (model, copy):
        stream(one, X[6000:], Y[6000:])
    assert_array_equal(model.predict_proba(X_TEST), copy.predict_proba(X_TEST))


def test_chunks_of_a_memmap(tmp_path):
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    one, other = stream(student(), mapped), stream(student())
    assert_array_equal(one.predict_proba(X_TEST), other.predict_proba(X_TEST))


def test_the_encoder_is_fitted_on_the_first_batch():
    model = student().partial_fit(X[:100], Y[:100], classes=CLASSES)
    fitted = model.encoder_
    model.partial_fit(10 * X[100:200], Y[100:200])
    assert model.encoder_ is fitted
    wanted = TabularEncoder().fit(X[:100], Y[:100])
    assert_allclose(fitted.transform(X_TEST), wanted.transform(X_TEST))


@pytest.mark.parametrize("make", [TabularEncoder, StandardScaler])
@pytest.mark.parametrize("wrap", [FrozenEstimator, lambda encoder: encoder])
def test_a_fitted_encoder_stays(make, wrap):
    encoder = make().fit(X, Y)
    model = student(encoder=wrap(encoder))
    model.partial_fit(X[:50], Y[:50], classes=CLASSES)
    assert model.encoder_ is encoder


def test_fit_leaves_a_frozen_encoder_as_it_is():
    encoder = TabularEncoder().fit(X, Y)
    model = clone(student(encoder=FrozenEstimator(encoder), max_iter=2))
    assert model.fit(X[:500], Y[:500]).encoder_ is encoder


def test_an_unfitted_encoder_is_cloned():
    encoder = StandardScaler()
    model = student(encoder=encoder).partial_fit(X[:50], Y[:50], classes=CLASSES)
    assert not hasattr(encoder, "mean_")
    assert_allclose(model.encoder_.mean_, X[:50].mean(axis=0), atol=1e-6)


def test_fit_starts_anew_and_a_stream_goes_on_from_it():
    fresh = student(max_iter=5).fit(X, Y)
    model = stream(student(max_iter=5), X[:3000], Y[:3000]).fit(X, Y)
    assert_array_equal(model.predict_proba(X_TEST), fresh.predict_proba(X_TEST))
    before = model.score(X_TEST, Y_TEST)
    stream(model)
    assert model.score(X_TEST, Y_TEST) > before - 0.02
    assert model.n_iter_ == fresh.n_iter_ + 20


def test_a_batch_may_lack_classes_and_have_names():
    names = np.array(["a", "b", "c", "d", "e"])
    frame = pd.DataFrame(X).add_prefix("x")
    model = student().partial_fit(frame[Y < 2], names[Y[Y < 2]], classes=names[::-1])
    assert_array_equal(model.classes_, names)
    assert model.predict_proba(frame[:3]).shape == (3, 5)
    assert model.feature_names_in_.tolist() == list(frame)


def test_rows_of_weight_0_are_absent():
    weight = np.r_[np.ones(300), np.zeros(300)]
    one = student().partial_fit(X[:600], Y[:600], CLASSES, sample_weight=weight)
    other = student().partial_fit(X[:300], Y[:300], CLASSES)
    assert_array_equal(one.predict_proba(X_TEST), other.predict_proba(X_TEST))


def test_digits_keep_to_the_order_of_their_classes():
    digits, labels = load_digits(return_X_y=True)
    model = student(batch_size=16)
    for start in range(0, 1500, 150):
        part = slice(start, start + 150)
        model.partial_fit(digits[part], labels[part], classes=np.arange(10))
    assert model.score(digits[1500:], labels[1500:]) > 0.8


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "classes must be passed on the first call to partial_fit"),
        ({"classes": [0, 1]}, "not among the classes"),
        (
            {"classes": [0, 1], "soft_targets": SoftTargets(P[:50], CLASSES)},
            r"not those that partial_fit started with, \[0, 1\]",
        ),
        ({"classes": CLASSES, "sample_weight": -np.ones(50)}, "Negative values"),
    ],
)
def test_errors_of_the_first_call(params, message):
    with pytest.raises(ValueError, match=message):
        student().partial_fit(X[:50], Y[:50], **params)


def test_errors_of_later_calls():
    model = student().partial_fit(X[:50], Y[:50], classes=CLASSES)
    with pytest.raises(ValueError, match="not those that partial_fit started with"):
        model.partial_fit(X[:50], Y[:50], classes=[0, 1, 2])
    with pytest.raises(ValueError, match="X has 5 features"):
        model.partial_fit(X[:50, :5], Y[:50])
    with pytest.raises(ValueError, match="not among the classes"):
        model.partial_fit(X[:50], Y[:50] + 5)
