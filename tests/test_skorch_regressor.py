"""Skorch nets as students of numbers: losses, units, outputs, and what is refused."""

import pickle
import random

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNet, NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import BatchScoring, Callback, EarlyStopping, EpochScoring
from skorch.dataset import Dataset, ValidSplit
from skorch.helper import predefined_split
from skorch_nets import net as any_net
from torch import nn

from sklearn_kd import (
    DistilledRegressor,
    MLPStudentRegressor,
    MungeSampler,
    SkorchStudentRegressor,
    SoftPredictions,
)
from sklearn_kd.losses import distillation_loss
from sklearn_kd.losses._registry import LossNames
from sklearn_kd.torch import RegressionDistillationLoss, TabularMLP

X, y = load_diabetes(return_X_y=True)
LEVELS = (0.1, 0.5, 0.9)
FOREST = RandomForestRegressor(30, random_state=0).fit(X, y)
PRED = FOREST.predict(X)
HELD = np.arange(len(X)) % 5 == 0


def net(module=TabularMLP, kind=NeuralNetRegressor, **params):
    return any_net(module, kind, **{"lr": 0.01} | params)


def student(fit_net=None, **params):
    return SkorchStudentRegressor(fit_net or net(), random_state=0, **params)


def levels_of(loss):
    return LEVELS if loss == "pinball" else None


class Shaped(nn.Module):
    """A module that returns its numbers in a given form."""

    forms = {
        "column": lambda numbers: numbers,
        "flat": lambda numbers: numbers[:, 0],
        "tuple": lambda numbers: (numbers, numbers.sum()),
        "NaN": lambda numbers: (numbers - 9).log(),
    }

    def __init__(self, n_inputs, n_outputs, form="column"):
        super().__init__()
        self.layers = TabularMLP(n_inputs, n_outputs, (16,))
        self.form = form

    def forward(self, X):
        return self.forms[self.form](self.layers(X))


# --- the loss and the units -------------------------------------------------------


@pytest.mark.parametrize("loss", LossNames("regression"))
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_the_validation_loss_is_that_of_numpy(loss, alpha):
    quantiles, weight = levels_of(loss), np.random.default_rng(3).uniform(1, 3, len(X))
    pred = PRED if quantiles is None else PRED[:, None] + [-50, 0, 50]
    targets = SoftPredictions(pred, alpha, loss, quantiles)
    fitted = student().fit(
        X[~HELD],
        y[~HELD],
        weight[~HELD],
        targets[~HELD],
        X_val=X[HELD],
        y_val=y[HELD],
        sample_weight_val=weight[HELD],
        soft_targets_val=targets[HELD],
    )
    # in the units of the net
    of_net = pickle.loads(pickle.dumps(fitted.net_))
    rows = fitted.encoder_.transform(X[HELD]).astype(np.float32)
    returned = of_net.forward(rows).double().numpy()
    hard, soft = fitted._task.for_network(y[HELD][:, None], targets[HELD])
    share = fitted._task.scale[0] / fitted._task.center[0]
    factor = share if loss in ("poisson", "gamma") else 1.0
    expected, _ = distillation_loss(factor * returned, hard, soft, weight[HELD])
    history = fitted.net_.history
    assert_allclose(history[-1, "valid_loss"], expected / factor**2, rtol=2e-4)
    assert history[-1, "train_loss"] < history[0, "train_loss"]
    assert isinstance(fitted.net_.criterion_, RegressionDistillationLoss)


@pytest.mark.parametrize(
    ("loss", "least"),
    [("squared_error", 0.4), ("huber", 0.4), ("gamma", 0.3), ("pinball", 0.4)],
)
def test_each_loss_predicts_in_the_units_of_y(loss, least):
    fitted = student(net(max_epochs=12), loss=loss, quantiles=levels_of(loss))
    fitted.fit(X, y)
    predicted = fitted.predict(X)
    assert predicted.dtype == np.float64
    assert r2_score(y, predicted) > least
    if loss == "gamma":
        assert predicted.min() > 0
    if loss == "pinball":
        quantiles = fitted.predict_quantiles(X)
        assert (np.diff(quantiles, axis=1) > 0).all()
        assert_array_equal(quantiles[:, 1], predicted)
        covered = (quantiles[:, 0] < y) & (y < quantiles[:, 2])
        assert abs(covered.mean() - 0.8) < 0.1
    else:
        assert not hasattr(fitted, "predict_quantiles")


def test_targets_with_a_large_offset_keep_their_digits():
    fitted = student().fit(X, 1e9 + y / 1e3)
    plain = student().fit(X, y)
    assert_allclose((fitted.predict(X) - 1e9) * 1e3, plain.predict(X), atol=0.1)


@pytest.mark.parametrize("loss", LossNames("regression"))
def test_equal_targets_are_predicted_exactly(loss):
    one = student(net(max_epochs=1), loss=loss, quantiles=levels_of(loss))
    assert (one.fit(X, np.full(len(X), 7.1)).predict(X) == 7.1).all()
    if loss == "pinball":
        assert (one.predict_quantiles(X) == 7.1).all()


def test_constant_columns_leave_the_mean():
    fitted = student(net(max_epochs=30)).fit(np.ones((40, 2)), np.arange(40.0))
    assert_allclose(fitted.predict(np.ones((3, 2))), 19.5, atol=3)


# --- outputs ----------------------------------------------------------------------


@pytest.mark.parametrize("form", ["flat", "tuple"])
def test_a_module_may_return_any_form(form):
    expected = student(net(Shaped)).fit(X, y).predict(X)
    fitted = student(net(Shaped, module__form=form)).fit(X, y)
    assert_allclose(fitted.predict(X), expected)
    assert_allclose(fitted.predict(X[:1]), expected[:1])


def test_several_outputs_share_a_module():
    both = np.c_[y, 1e6 - 1e3 * y]
    fitted = student(net(max_epochs=12)).fit(X, both)
    assert fitted.predict(X).shape == (len(X), 2)
    assert r2_score(both, fitted.predict(X), multioutput="raw_values").min() > 0.4
    assert fitted.net_.module_.layers[-1].out_features == 2
    levels = student(loss="pinball", quantiles=LEVELS).fit(X, both)
    assert levels.predict_quantiles(X).shape == (len(X), 2, 3)
    assert_array_equal(levels.predict_quantiles(X)[:, :, 1], levels.predict(X))
    assert levels.net_.module_.layers[-1].out_features == 6


@pytest.mark.parametrize("n_in", ["n_features", "in_features", "input_dim", "d_in"])
@pytest.mark.parametrize("n_out", ["n_outputs", "out_features", "output_dim"])
def test_widths_are_filled_in_by_their_customary_names(n_in, n_out):
    names = {"Linear": nn.Linear}
    exec(f"def make({n_in}, {n_out}): return Linear({n_in}, {n_out})", names)
    fitted = student(net(names["make"], max_epochs=1), encoder=None).fit(X, y)
    assert fitted.net_.module_.weight.shape == (1, X.shape[1])


def test_a_row_is_predicted_alike_alone_and_among_others():
    fitted = student().fit(X, y)
    alone = np.concatenate([fitted.predict(row[None]) for row in X[:5]])
    assert_allclose(alone, fitted.predict(X)[:5], rtol=1e-12)
    many = np.tile(X, (3, 1))  # in float32
    assert_allclose(fitted.predict(many)[:5], alone, atol=1e-5 * y.std())


def test_mixed_and_sparse_rows_are_read():
    table = pd.DataFrame(X[:, :3]).rename(columns="c{}".format)
    table["level"] = np.where(y > np.median(y), "high", "low")
    table.loc[::9, "c0"] = np.nan
    fitted = student().fit(table, y)
    assert fitted.encoder_.kinds_[-1] == "nominal"
    assert fitted.score(table, y) > 0.5
    sparse = student().fit(csr_matrix(X), y)
    assert_allclose(
        sparse.predict(csr_matrix(X[:1])), sparse.predict(csr_matrix(X))[:1]
    )


# --- what is the user's -----------------------------------------------------------


def test_callbacks_score_in_the_units_of_the_net():
    scores = [
        ("r2", EpochScoring("r2", lower_is_better=False)),
        ("train", EpochScoring("r2", lower_is_better=False, on_train=True, name="own")),
        ("error", EpochScoring("neg_mean_absolute_error", name="error")),
        ("batch", BatchScoring("r2", name="batch", lower_is_better=False)),
        ("stop", EarlyStopping(monitor="valid_loss", patience=3, load_best=True)),
    ]
    given = {"X_val": X[HELD], "y_val": y[HELD]}
    for params in ({}, {"loss": "pinball", "quantiles": LEVELS}, {"loss": "poisson"}):
        fitted = student(net(callbacks=scores), **params).fit(
            X[~HELD], y[~HELD], **given
        )
        history, predicted = fitted.net_.history, fitted.predict(X[HELD])
        last = int(np.argmin(history[:, "valid_loss"]))
        assert_allclose(history[last, "r2"], r2_score(y[HELD], predicted), atol=1e-5)
        unit = y[~HELD].mean() if params.get("loss") == "poisson" else y[~HELD].std()
        error = mean_absolute_error(y[HELD], predicted) / unit
        assert_allclose(-history[last, "error"], error, rtol=1e-4)
        assert history[last, "own"] > 0


SEEN = []


class Watch(Callback):
    """Keeps the data sets of an epoch outside the net."""

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        SEEN[:] = [dataset_train, dataset_valid]


def test_the_default_split_is_that_of_the_other_student():
    watching = net(callbacks=[("watch", Watch())], max_epochs=1)
    SkorchStudentRegressor(watching, random_state=5).fit(X, y)
    rows, stop = SEEN
    other = MLPStudentRegressor(random_state=5)
    mask = other._read(X, y, None, None)[0].validation_mask(y[:, None], None, 0.1, 5)
    assert (len(rows), len(stop)) == ((~mask).sum(), mask.sum())
    z = (y[mask] - y.mean()) / y.std()
    assert_allclose(stop.y[:, 0], z, rtol=1e-5)
    split = ValidSplit(10)
    student(clone(watching).set_params(train_split=split)).fit(X, y)
    assert abs(len(SEEN[1]) - len(X) / 10) <= 1
    student(clone(watching).set_params(train_split=None)).fit(X, y)
    assert SEEN[1] is None


def test_a_data_set_of_the_users_is_of_labels():
    own = Dataset(X[:50].astype(np.float32), np.zeros((50, 1), np.float32))
    levels = {"loss": "pinball", "quantiles": LEVELS}
    own_split = net(train_split=predefined_split(own))
    fitted = student(own_split, encoder=None, **levels).fit(X, y)
    z = (fitted.predict_quantiles(X[:50]) - y.mean()) / y.std()
    expected = np.where(z > 0, (1 - np.array(LEVELS)) * z, -np.array(LEVELS) * z)
    assert_allclose(fitted.net_.history[-1, "valid_loss"], expected.mean(), rtol=1e-4)


def test_a_plain_net_may_learn_numbers():
    plain = NeuralNet(TabularMLP, criterion=nn.MSELoss, lr=0.05, verbose=0)
    assert student(plain).fit(X, y).score(X, y) > 0.2


# --- copies, seeds, state ---------------------------------------------------------


def test_a_pickle_is_small_and_predicts_alike():
    stopping = net(callbacks=[EarlyStopping(load_best=True)], max_epochs=1)
    wide = np.random.default_rng(0).normal(size=(4000, 20))
    fitted = student(stopping, encoder=None).fit(wide, wide[:, 0])
    file = pickle.dumps(fitted)
    assert len(file) < 40_000  # the rows would be 320 000
    assert_array_equal(pickle.loads(file).predict(wide), fitted.predict(wide))


def test_the_seed_decides_everything_and_global_state_does_not_change():
    def state():
        kind, keys, *rest = np.random.get_state()
        draws = keys.tolist(), random.getstate(), torch.get_rng_state().tolist()
        return kind, rest, draws, torch.get_num_threads(), torch.is_grad_enabled()

    before = state()
    first, same = (student().fit(X, y).predict(X) for _ in range(2))
    assert state() == before
    assert_array_equal(first, same)
    other = SkorchStudentRegressor(net(), random_state=1).fit(X, y)
    assert np.abs(first - other.predict(X)).max() > 0.1


# --- as a student -----------------------------------------------------------------


def test_it_learns_a_teacher_from_rows_without_a_label():
    few, rest = slice(0, 120), slice(120, None)
    model = DistilledRegressor(
        FOREST,
        net(max_epochs=20),
        transfer=MungeSampler(1000),
        objective="fidelity",
        random_state=0,
    ).fit(X[few], y[few], X_unlabeled=X[rest])
    assert model.n_transfer_rows_ == 1000 + len(X) - 120
    assert type(model.student_) is SkorchStudentRegressor
    assert r2_score(PRED[rest], model.predict(X[rest])) > 0.8
    assert model.n_iter_ == 20


def test_loss_and_levels_are_those_of_the_estimator_that_distils():
    model = DistilledRegressor(FOREST, net(), loss="huber", random_state=0)
    model.set_params(transfer=None, objective="fidelity")
    assert model.fit(X, y).student_.loss == "huber"
    adapter = SkorchStudentRegressor(net(), loss="poisson")
    with pytest.raises(ValueError, match="loss='poisson' of the student Skorch"):
        model.set_params(student=adapter).fit(X, y)
    levels = DistilledRegressor(student=net(), quantiles=LEVELS, alpha=0.0)
    levels.set_params(random_state=0).fit(X, y)
    assert levels.student_.quantiles == LEVELS
    assert levels.predict_quantiles(X).shape == (len(X), 3)


def test_it_ends_a_pipeline_and_is_cross_validated():
    pipeline = make_pipeline(StandardScaler(), net(max_epochs=8))
    model = DistilledRegressor(
        FOREST, pipeline, transfer=None, objective="fidelity", random_state=0
    )
    assert cross_val_score(model, X, y, cv=2).min() > 0.3
    weight = np.arange(len(X)) % 3.0
    weighted = clone(model).fit(X, y, weight).predict(X)
    assert np.abs(weighted - clone(model).fit(X, y).predict(X)).max() > 0.1


class Teacher:
    """A fitted teacher that must not predict."""

    def predict(self, X):
        raise AssertionError("the teacher predicted")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (net(kind=NeuralNetClassifier), "must be a regressor, got NeuralNetClassifier"),
        (net(TabularMLP(10, 1)), r"instance of TabularMLP.*NeuralNetRegressor\(Tab"),
        (net(criterion=nn.L1Loss), "criterion=L1Loss of the net would have no effect"),
        (net(criterion__reduction="sum"), "criterion__reduction"),
        (net(module__n_classes=2), r"\(64, 2\), expected \(n_samples, 1\): one column"),
        (net(Shaped, module__form="NaN"), "returns NaN for some of the first"),
    ],
)
def test_what_cannot_learn_is_refused_before_any_teacher_predicts(bad, message):
    with pytest.raises((TypeError, ValueError), match=message):
        DistilledRegressor(Teacher(), bad).fit(X, y)
    with pytest.raises((TypeError, ValueError), match=message):
        SkorchStudentRegressor(bad).fit(X, y)


def test_a_net_that_diverges_is_refused():
    with pytest.raises(ValueError, match="Training diverged: at lr="):
        student(net(optimizer=torch.optim.SGD, lr=1e4)).fit(X, y)
    with pytest.raises(ValueError, match="needs the levels"):
        student(loss="pinball").fit(X, y)
    with pytest.raises(TypeError, match="must be a skorch net such as NeuralNetReg"):
        SkorchStudentRegressor(MLPStudentRegressor()).fit(X, y)
