"""MLPStudentRegressor as a regressor: losses, units, weights, predictions, files."""

import pickle
import random

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_val_score, train_test_split

from sklearn_kd import MLPStudentRegressor, SoftPredictions
from sklearn_kd.datasets import load_adult
from sklearn_kd.losses import distillation_loss
from sklearn_kd.losses._registry import LossNames
from sklearn_kd.students.mlp import _blocks

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 4))
SMOOTH = np.sin(2 * X[:, 0]) + X[:, 1] * (X[:, 2] > 0)
LEVELS = (0.1, 0.5, 0.9)
#: With it, nothing in training is random but the initial weights.
EXACT = {
    "dtype": "float64",
    "batch_size": 100_000,
    "early_stopping": False,
    "max_iter": 40,
}
each_loss = pytest.mark.parametrize("loss", LossNames("regression"))


def student(loss="squared_error", **params):
    quantiles = LEVELS if loss == "pinball" else None
    given = {"hidden_layer_sizes": (32,), "random_state": 0, "loss": loss}
    return MLPStudentRegressor(**given | {"quantiles": quantiles} | params)


def outputs(model, X):
    """Means, or all quantiles, in two dimensions."""
    method = "predict" if model.quantiles is None else "predict_quantiles"
    return getattr(model, method)(X).reshape(X.shape[0], -1)


# --- learning ---------------------------------------------------------------------


def test_it_is_no_worse_than_a_ridge_on_real_data():
    rows, y = load_diabetes(return_X_y=True)
    own = cross_val_score(MLPStudentRegressor(random_state=0), rows, y, cv=3).mean()
    assert own > cross_val_score(Ridge(1.0), rows, y, cv=3).mean() - 0.02


def test_it_learns_mixed_columns_with_missing_values():
    rows, _ = load_adult(return_X_y=True)
    rows, y = rows.drop(columns="age").iloc[:4000], rows["age"].to_numpy()[:4000]
    rows, more, y, wanted = train_test_split(rows, y, random_state=0)
    own = student(max_iter=20).fit(rows, y)
    assert "nominal" in own.encoder_.kinds_
    assert r2_score(wanted, own.predict(more)) > 0.35


@pytest.mark.parametrize(
    ("loss", "centre"),
    [
        ("squared_error", np.mean),
        ("poisson", np.mean),
        ("gamma", np.mean),
        ("absolute_error", np.median),
        ("pinball", lambda y: np.quantile(y, LEVELS)),
    ],
)
def test_without_information_each_loss_predicts_its_own_centre(loss, centre):
    y = np.random.default_rng(1).lognormal(size=2000)
    model = student(
        loss, hidden_layer_sizes=(), learning_rate_init=0.02, early_stopping=False
    )
    model.set_params(weight_decay=0.0, max_iter=60).fit(np.ones((2000, 1)), y)
    assert_allclose(outputs(model, np.ones((1, 1)))[0], centre(y), rtol=0.04)


def test_huber_lies_between_mean_and_median():
    y = np.random.default_rng(1).lognormal(size=2000)
    model = student("huber", hidden_layer_sizes=(), early_stopping=False).fit(
        np.ones((2000, 1)), y
    )
    assert np.median(y) + 0.1 < model.predict(np.ones((1, 1)))[0] < y.mean() - 0.1


@each_loss
def test_each_loss_learns_a_function_and_its_curve_falls(loss):
    y = 3 + SMOOTH - SMOOTH.min()
    model = student(loss).fit(X, y)
    assert model.score(X, y) > 0.9
    assert model.loss_curve_[-1] < 0.3 * model.loss_curve_[0]
    link = "exp" if loss in ("poisson", "gamma") else "identity"
    assert model.out_activation_ == link


def test_quantiles_cover_their_shares_and_never_cross():
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(4000, 2))
    y = rows[:, 0] + np.exp(rows[:, 1]) * rng.normal(size=4000)
    model = student("pinball").fit(rows[:3000], y[:3000])
    quantiles = model.predict_quantiles(rows[3000:])
    below = (y[3000:, None] < quantiles).mean(axis=0)
    assert_allclose(below, LEVELS, atol=0.07)
    width = np.log(quantiles[:, 2] - quantiles[:, 0])
    assert np.corrcoef(width, rows[3000:, 1])[0, 1] > 0.9
    far = model.predict_quantiles(1e9 * rows)
    assert (np.diff(far, axis=1) >= 0).all()
    assert_array_equal(model.predict(rows), model.predict_quantiles(rows)[:, 1])


def test_several_outputs_are_learned_side_by_side():
    y = np.c_[SMOOTH, 1e6 * X[:, 3] + 1e9, -SMOOTH / 1e6]
    model = student().fit(X, y)
    assert model.predict(X).shape == (600, 3)
    assert r2_score(y, model.predict(X), multioutput="raw_values").min() > 0.9
    levels = student("pinball", max_iter=5).fit(X, y)
    assert levels.predict_quantiles(X).shape == (600, 3, 3)
    assert_array_equal(levels.predict(X), levels.predict_quantiles(X)[:, :, 1])
    one = student(max_iter=2).fit(X, SMOOTH[:, None])
    assert one.predict(X).shape == (600,)


# --- soft targets -----------------------------------------------------------------


def test_soft_targets_outweigh_wrong_targets():
    soft = SoftPredictions(SMOOTH)
    taught = student().fit(X, -SMOOTH, soft_targets=soft)
    misled = student().fit(X, -SMOOTH)
    assert taught.score(X, SMOOTH) > 0.9
    assert misled.score(X, SMOOTH) < -1
    half = student().fit(X, 3 * SMOOTH, soft_targets=SoftPredictions(SMOOTH, 0.5))
    assert half.score(X, 2 * SMOOTH) > 0.9


@each_loss
def test_nothing_on_the_soft_term_is_learning_from_targets_bit_for_bit(loss):
    y = SMOOTH - SMOOTH.min() + 1
    pred = np.ones((600, 3 if loss == "pinball" else 1))
    model = student(loss, max_iter=3)
    soft = SoftPredictions(pred, 0.0, loss, model.quantiles)
    a = clone(model).fit(X, y, soft_targets=soft)
    assert_array_equal(outputs(a, X), outputs(model.fit(X, y), X))


def test_loss_and_levels_of_the_soft_targets_count():
    y, held = SMOOTH - SMOOTH.min() + 1, slice(0, 200)
    plain = student(max_iter=8)
    soft = SoftPredictions(y, loss="gamma")
    model = clone(plain).fit(X, y, soft_targets=soft, X_val=X[held], y_val=y[held])
    assert model.out_activation_ == "exp"
    # of validation rows without soft targets too
    z = np.log(model.predict(X[held]) / y.mean())[:, None]
    of_labels = SoftPredictions(y[held] / y.mean(), 0.0, "gamma")
    expected, _ = distillation_loss(z, y[held, None] / y.mean(), of_labels)
    relative = expected * (y.mean() / y.std()) ** 2
    assert_allclose(model.best_loss_, relative, rtol=2e-2)
    levels = y[:, None] + [-1.0, 0.0, 1.0]
    soft = SoftPredictions(levels, 1.0, "pinball", LEVELS)
    model = clone(plain).set_params(max_iter=30).fit(X, y, soft_targets=soft)
    found = model.predict_quantiles(X).mean(axis=0)
    assert_allclose(found, levels.mean(axis=0), atol=0.1)
    assert not hasattr(plain, "predict_quantiles")


# --- units ------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["squared_error", "huber", "pinball"])
def test_units_of_y_do_not_matter(loss):
    plain = student(loss, max_iter=5).fit(X, SMOOTH)
    scaled = student(loss, max_iter=5).fit(X, 1024 * SMOOTH)
    assert_array_equal(outputs(scaled, X), 1024 * outputs(plain, X))
    moved = student(loss, max_iter=5).fit(X, SMOOTH / 1e6 - 50)
    assert_allclose((outputs(moved, X) + 50) * 1e6, outputs(plain, X), atol=2e-2)


def test_targets_far_from_zero_are_learned_to_their_digits():
    y = 1e9 + SMOOTH / SMOOTH.std()
    model = student().fit(X[:500], y[:500])
    assert r2_score(y[500:], model.predict(X[500:])) > 0.9
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(X), model.predict(X))
    tiny = student().fit(X[:500], 1e-300 * SMOOTH[:500])
    assert r2_score(SMOOTH[500:], 1e300 * tiny.predict(X[500:])) > 0.9


@each_loss
@pytest.mark.parametrize("n_rows", [1, 2, 600])
def test_equal_targets_are_predicted_exactly(loss, n_rows):
    rows = X[:n_rows]
    model = student(loss, max_iter=2).fit(rows, np.full(n_rows, 7.1))
    assert (outputs(model, X) == 7.1).all()
    assert (outputs(model, X[:1]) == 7.1).all()
    assert (outputs(pickle.loads(pickle.dumps(model)), np.tile(X, (3, 1))) == 7.1).all()


@each_loss
def test_one_of_several_targets_may_be_equal(loss):
    y = np.c_[np.full(600, 7.1), SMOOTH - SMOOTH.min() + 1]
    predicted = student(loss, max_iter=20).fit(X, y).predict(X)
    assert (predicted[:, 0] == 7.1).all()
    assert r2_score(y[:, 1], predicted[:, 1]) > 0.5


# --- weights, seeds, state --------------------------------------------------------


@each_loss
def test_weight_0_is_absence_and_whole_weights_are_repetition(loss):
    y = SMOOTH - SMOOTH.min() + 1
    weight = np.arange(600) % 4
    rows = np.repeat(np.arange(600), weight)
    model = student(loss, **EXACT)
    weighted = clone(model).fit(X, y, sample_weight=weight)
    repeated = clone(model).fit(X[rows], y[rows])
    assert_allclose(outputs(weighted, X), outputs(repeated, X), rtol=1e-6)
    some = weight > 0
    absent = student(loss, max_iter=3).fit(X, y, sample_weight=some.astype(float))
    assert_array_equal(
        outputs(absent, X), outputs(clone(absent).fit(X[some], y[some]), X)
    )


def test_same_seed_same_bits_and_global_state_does_not_change():
    def state():
        kind, keys, *rest = np.random.get_state()
        return kind, keys.tolist(), rest, random.getstate()

    before = state()
    first, again = (student(max_iter=5).fit(X, SMOOTH).predict(X) for _ in range(2))
    assert state() == before
    assert_array_equal(first, again)
    other = student(max_iter=5, random_state=1).fit(X, SMOOTH)
    assert np.abs(first - other.predict(X)).max() > 1e-3


def test_groups_are_on_one_side():
    groups = np.arange(600) // 10
    seen = {}
    for name, given in {"whole": groups, "alone": None}.items():
        model = student(max_iter=3).fit(X, SMOOTH, groups=given)
        seen[name] = model.validation_loss_curve_
    assert seen["whole"] != seen["alone"]
    task, hard, _ = model._read(X, SMOOTH, None, None)
    mask = task.validation_mask(hard, groups, 0.1, 0)
    assert 40 < mask.sum() < 80
    assert (mask.reshape(-1, 10) == mask[::10, None]).all()


def test_validation_rows_stop_training_and_the_best_weights_stay():
    noisy = SMOOTH + np.random.default_rng(3).normal(size=600)
    model = student(hidden_layer_sizes=(128,), weight_decay=0.0, max_iter=80)
    model.fit(X[:300], noisy[:300], X_val=X[300:], y_val=noisy[300:])
    curve = model.validation_loss_curve_
    assert len(curve) == model.n_iter_ < 80
    assert model.best_loss_ == min(curve)
    z = (noisy[300:] - model.predict(X[300:])) / noisy[:300].std()
    assert_allclose((z**2).mean() / 2, min(curve), rtol=1e-2)


def test_a_time_limit_shortens_training_with_a_warning():
    rows = np.tile(X, (50, 1))
    model = student(max_iter=400, time_limit=0.8, hidden_layer_sizes=(128, 128))
    with pytest.warns(UserWarning, match="Training was shortened from .* steps"):
        model.fit(rows, np.tile(SMOOTH, 50))
    assert model.predict(X[:1]).shape == (1,)


# --- predictions and files --------------------------------------------------------


@each_loss
def test_a_row_is_predicted_alike_alone_in_few_and_among_many(loss):
    y = np.c_[SMOOTH - SMOOTH.min() + 1, X[:, 3] - X[:, 3].min() + 1]
    table = pd.DataFrame(X, columns=list("abcd")).assign(
        level=np.where(X[:, 0] > 0, "u", "v")
    )
    table.loc[::7, "b"] = np.nan
    for rows in (X, table):
        model = student(loss, max_iter=5).fit(rows, y)
        take = rows.iloc.__getitem__ if rows is table else rows.__getitem__
        many = take(np.arange(1800) % 600)
        assert len(many) > _blocks.MANY_ROWS
        some = outputs(model, rows)  # in float64
        for n_rows in (1, 3, 5):
            few = [outputs(model, take(slice(k, k + n_rows))) for k in range(9)]
            first = np.stack([block[0] for block in few])
            assert_allclose(first, some[:9], rtol=1e-12, atol=1e-12)
        assert np.abs(outputs(model, many)[:600] - some).max() < 1e-5 * y.std()


def test_a_row_of_extremes_and_gaps_is_predicted_alike_alone():
    rows = np.r_[X, np.full((1, 4), np.nan), 1e300 * X[:2], -1e300 * X[:2]]
    rows[::5, 1] = np.nan
    model = student(max_iter=3).fit(rows, np.r_[SMOOTH, np.zeros(5)])
    alone = np.concatenate([model.predict(row[None]) for row in rows])
    assert_allclose(alone, model.predict(rows), atol=1e-9)
    with pytest.raises(ValueError, match="infinity"):
        model.predict(np.full((1, 4), np.inf))


@pytest.mark.parametrize("loss", ["squared_error", "gamma", "pinball"])
def test_files_are_in_half_precision_and_predict_alike(loss):
    y = SMOOTH - SMOOTH.min() + 1e3
    model = student(loss, hidden_layer_sizes=(128, 128), max_iter=2).fit(X, y)
    weights = [*model.coefs_, *model.intercepts_]
    file = pickle.dumps(model)
    network = sum(array.nbytes for array in weights)
    encoder = len(pickle.dumps(model.encoder_))
    assert len(file) < 0.6 * network + 2 * encoder
    again = pickle.loads(file)
    for rows in (X[:1], X[:100], np.tile(X, (2, 1))):
        assert_array_equal(outputs(again, rows), outputs(model, rows))
    double = student(loss, dtype="float64", max_iter=2).fit(X, y)
    half = [np.array_equal(w.astype(np.float16), w) for w in double.coefs_]
    assert not any(half)
    again = pickle.loads(pickle.dumps(double))
    assert again.coefs_[0].dtype == np.float64
    assert_array_equal(outputs(again, X), outputs(double, X))


def test_sparse_rows_are_read_like_dense_ones():
    rows = csr_matrix(np.where(np.abs(X) > 0.8, X, 0))
    y = np.asarray(rows.sum(axis=1)).ravel()
    model = student().fit(rows, y)
    assert model.score(rows, y) > 0.9
    assert_allclose(model.predict(rows[:1]), model.predict(rows)[:1], rtol=1e-9)


def test_what_predicts_no_number_is_refused():
    model = student("gamma", encoder=None, max_iter=2).fit(X, np.exp(X[:, 0]))
    far = 1e6 * model._exact.coefs[0].sum(axis=1)[None]
    logarithms = [model._logits(row)[0, 0] for row in (far, -far)]
    row = (far, -far)[np.argmax(logarithms)]
    assert max(logarithms) > 1e3  # whose exponential is infinite
    for rows in (row, np.tile(row, (9, 1)), np.tile(row, (2000, 1))):
        with pytest.raises(ValueError, match="This MLPStudentRegressor predicts NaN"):
            model.predict(rows)
    with pytest.raises(ValueError, match="Training diverged"):
        student(encoder=None, learning_rate_init=1e30).fit(1e3 * X, SMOOTH)
