"""MLPStudentRegressor on streams, and on rows that are larger than memory."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from sklearn_kd import (
    DistilledRegressor,
    MLPStudentRegressor,
    SoftPredictions,
    TabularEncoder,
    UnlabeledRows,
)
from sklearn_kd._tables import taking
from sklearn_kd.students.mlp import _batches
from sklearn_kd.students.mlp._stream import FEW_ROWS

RNG = np.random.default_rng(0)
N_ROWS = 7_000
X = RNG.normal(size=(N_ROWS, 5))
Y = 1e6 + 1e3 * (np.sin(2 * X[:, 0]) + X[:, 1] * (X[:, 2] > 0))
X_TEST, Y_TEST = X[6000:], Y[6000:]
LEVELS = (0.1, 0.5, 0.9)


def student(**params):
    given = {"hidden_layer_sizes": 32, "batch_size": 15, "random_state": 0}
    return MLPStudentRegressor(**given | params)


def feed(model, sizes, rows=X, targets=Y, **params):
    start = 0
    for size in sizes:
        part = slice(start, start + size)
        given = {name: values[part] for name, values in params.items()}
        X_part = rows.iloc[part] if hasattr(rows, "iloc") else rows[part]
        model.partial_fit(X_part, targets[part], **given)
        start += size
    return model


# --- streams ----------------------------------------------------------------------


@pytest.mark.parametrize("first", [1, 2, 20, 600])
def test_a_stream_may_start_with_few_rows(first):
    model = feed(student(), [first, *[300] * 18])
    assert model.score(X_TEST, Y_TEST) > 0.85
    assert model.n_iter_ == len(model.loss_curve_) == 19
    assert model.loss_curve_[-1] < 0.3


@pytest.mark.parametrize("loss", ["squared_error", "gamma", "pinball"])
def test_units_are_those_of_the_first_rows_however_they_come(loss):
    params = {"loss": loss, "quantiles": LEVELS if loss == "pinball" else None}
    targets = Y - 990_000
    one = feed(student(**params), [FEW_ROWS], targets=targets)
    many = feed(student(**params), [1] * FEW_ROWS, targets=targets)
    for model in (one, many):
        assert_allclose(model._task.center, targets[:FEW_ROWS].mean())
        assert_allclose(model._task.scale, targets[:FEW_ROWS].std())
    more = feed(copy.deepcopy(one), [500], targets=2 * targets)
    assert_array_equal(more._task.center, one._task.center)


def test_a_single_row_is_predicted_exactly_and_then_learned_from():
    model = student().partial_fit(X[:1], Y[:1])
    assert (model.predict(X) == Y[0]).all()
    model.partial_fit(X[1:40], Y[1:40])
    assert np.ptp(model.predict(X)) > 0


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("level", [0.0, 5.0])
def test_targets_that_are_equal_at_first_may_differ_later(loss, level):
    counts = np.where(np.arange(N_ROWS) < 200, level, np.round((Y - Y.min()) / 500))
    model = feed(student(loss=loss), [100, 100], targets=counts)
    assert_allclose(model.predict(X), level)
    feed(model, [10, *[290] * 20], X[200:], counts[200:])
    feed(model, [290] * 20, X[200:], counts[200:])
    # its encoder has learned nothing from the targets, as that of any first rows
    assert model.score(X_TEST, counts[6000:]) > 0.5


@pytest.mark.parametrize(
    "encoder",
    [
        None,
        FrozenEstimator(StandardScaler().fit(X)),
        FrozenEstimator(TabularEncoder().fit(X)),
        TabularEncoder().fit(X),
    ],
)
def test_an_encoder_that_is_ready_stays_and_units_are_found(encoder):
    model = feed(student(encoder=encoder), [1, 9, 90, *[300] * 18])
    inner = getattr(encoder, "estimator", encoder)
    assert model.encoder_ is inner
    assert_allclose(model._task.center, Y[:100].mean())
    assert model.score(X_TEST, Y_TEST) > 0.55


def test_several_outputs_and_soft_targets():
    both = np.c_[Y, -Y / 1e6]
    soft = SoftPredictions(both)
    wrong = np.zeros_like(both)
    model = feed(student(), [1, *[300] * 18], targets=wrong, soft_targets=soft)
    assert model.score(X_TEST, both[6000:]) > 0.85
    quantiles = Y[:, None] + [-500.0, 0.0, 500.0]
    soft = SoftPredictions(quantiles, 1.0, "pinball", LEVELS)
    model = feed(student(), [5, *[300] * 18], soft_targets=soft)
    assert_allclose(
        np.diff(model.predict_quantiles(X_TEST), axis=1).mean(axis=0), 500, rtol=0.1
    )
    # without soft targets it goes on with their loss and levels
    model.partial_fit(X[:300], Y[:300])
    assert model.predict_quantiles(X_TEST).shape == (1000, 3)
    with pytest.raises(ValueError, match="the loss and the quantiles that partial_fit"):
        model.partial_fit(X[:9], Y[:9], soft_targets=SoftPredictions(Y[:9]))


@pytest.mark.parametrize("n_rows", [1, 5, 63, 64])
def test_copies_and_pickles_go_on_alike(n_rows):
    model = feed(student(loss="gamma"), [1] * n_rows)
    others = [pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    for one in (model, *others):
        for start in range(n_rows, 200, 7):
            one.partial_fit(X[start : start + 7], Y[start : start + 7])
    for one in others:
        assert_array_equal(one.predict(X_TEST), model.predict(X_TEST))


def test_a_batch_that_fails_leaves_no_trace():
    model, spared = (feed(student(loss="poisson"), [3, 30]) for _ in range(2))
    for rows, targets, match in [
        (np.full((40, 5), np.inf), Y[:40], "infinity"),
        (X[:40], -Y[:40], "not negative"),
        (X[:40], np.c_[Y, Y][:40], "y has 2 outputs, expected 1"),
        (X[:40, :3], Y[:40], "X has 3 features"),
        (X[:40], np.full(40, np.nan), "NaN"),
    ]:
        with pytest.raises(ValueError, match=match):
            model.partial_fit(rows, targets)
        with pytest.raises(ValueError, match=match):
            student(loss="poisson").fit(X, Y).partial_fit(rows, targets)
    for one in (model, spared):
        feed(one, [200], X[33:], Y[33:])
    assert_array_equal(model.predict(X_TEST), spared.predict(X_TEST))
    fresh = student(loss="poisson")
    with pytest.raises(ValueError, match="not negative"):
        fresh.partial_fit(X[:9], -Y[:9])
    assert not hasattr(fresh, "coefs_")
    fresh.partial_fit(X[:9], Y[:9])


def test_weight_0_is_absence_and_same_seed_same_bits():
    weight = np.r_[np.ones(300), np.zeros(300)]
    odd = np.where(np.arange(600) < 300, Y[:600], -1e30)
    one = student().partial_fit(X[:600], odd, sample_weight=weight)
    other = student().partial_fit(X[:300], Y[:300])
    assert_array_equal(one.predict(X_TEST), other.predict(X_TEST))
    different = student(random_state=1).partial_fit(X[:300], Y[:300])
    assert np.abs(one.predict(X_TEST) - different.predict(X_TEST)).max() > 1


def test_a_stream_goes_on_from_a_fit():
    model = student(max_iter=5).fit(X[:3000], Y[:3000])
    center, before = model._task.center, model.score(X_TEST, Y_TEST)
    for _ in range(2):
        feed(model, [300] * 20)
    assert model.score(X_TEST, Y_TEST) > before
    assert_array_equal(model._task.center, center)
    fresh = student(max_iter=5).fit(X[:3000], Y[:3000])
    assert_array_equal(
        model.fit(X[:3000], Y[:3000]).predict(X_TEST), fresh.predict(X_TEST)
    )


# --- larger than memory -----------------------------------------------------------


@pytest.fixture
def mapped(tmp_path):
    """The rows in a file."""
    np.save(tmp_path / "X.npy", X)
    return np.load(tmp_path / "X.npy", mmap_mode="r")


@pytest.fixture
def large(monkeypatch):
    """Treat these rows as too many to copy, and too many to encode at once."""
    monkeypatch.setattr(taking, "LARGE_BYTES", 1)
    monkeypatch.setattr(_batches, "MOST_BYTES", 1)
    monkeypatch.setattr(_batches, "CHUNK_ROWS", 50)
    monkeypatch.setattr(_batches, "CHUNKS", 16)
    monkeypatch.setattr(_batches, "ENCODED_ROWS", 300)


@pytest.mark.parametrize("loss", ["squared_error", "gamma", "pinball"])
def test_parts_lose_nothing_against_all_at_once(loss, large, mapped, monkeypatch):
    params = {"loss": loss, "quantiles": LEVELS if loss == "pinball" else None}
    targets = Y - 990_000
    pred = targets if loss != "pinball" else targets[:, None] + [-500, 0, 500]
    soft = SoftPredictions(pred, 0.5, loss, params["quantiles"])
    model = student(max_iter=4, **params)
    by_parts = model.fit(mapped, targets, soft_targets=soft)
    curves = by_parts.loss_curve_, by_parts.validation_loss_curve_
    score = by_parts.score(X, targets)
    monkeypatch.setattr(_batches, "MOST_BYTES", 2**30)
    at_once = model.fit(X, targets, soft_targets=soft)
    assert score > at_once.score(X, targets) - 0.03
    wanted = at_once.loss_curve_, at_once.validation_loss_curve_
    assert_allclose(curves, wanted, rtol=0.3)


def test_same_seed_same_bits_of_parts_and_frames(large, mapped):
    first, again = (
        student(max_iter=2).fit(mapped, Y).predict(X[:500]) for _ in range(2)
    )
    assert_array_equal(first, again)
    frame = pd.DataFrame(X).add_prefix("x").assign(kind=np.where(X[:, 0] > 0, "a", "b"))
    assert student(max_iter=4).fit(frame, Y).score(frame, Y) > 0.9


def test_distilling_from_files(large, mapped, tmp_path):
    np.save(tmp_path / "pred.npy", Y[:, None])
    pred = np.load(tmp_path / "pred.npy", mmap_mode="r")
    model = DistilledRegressor(
        student=student(max_iter=6), transfer=None, random_state=0
    )
    model.fit(mapped, Y, teacher_pred=pred)
    assert model.score(X, Y) > 0.9
    model.set_params(teacher=Ridge().fit(X, Y), objective="fidelity")
    model.fit(mapped[:3000], Y[:3000], X_unlabeled=UnlabeledRows(mapped[3000:]))
    assert model.n_transfer_rows_ == 4000
    assert model.score(X, model.teacher.predict(X)) > 0.98
