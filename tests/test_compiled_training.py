"""Compiled training learns what NumPy learns, to rounding, whatever is asked of it."""

import numpy as np
import pandas as pd
import pytest
from compiled import both_ways, needs_cells
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.tree import DecisionTreeClassifier
from test_cells import mixed, targets

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MLPStudentRegressor,
    SoftPredictions,
    SoftTargets,
    TabularEncoder,
)
from sklearn_kd._run.deadline import Deadline
from sklearn_kd.losses._registry import LossNames
from sklearn_kd.students._checks import check_train
from sklearn_kd.students.mlp import _batches
from sklearn_kd.students.mlp._batches import loss_of, prepare_batches
from sklearn_kd.students.mlp._network import ACTIVATIONS, Parameters
from sklearn_kd.students.mlp._training import Trainer
from sklearn_kd.students.mlp.steps import _compiled
from sklearn_kd.students.mlp.steps._compiled import CompiledNetwork, cells_of
from sklearn_kd.students.mlp.steps._numpy import NumPyNetwork
from sklearn_kd.teachers import _fit
from sklearn_kd.teachers.cache._key import key_of_call

pytestmark = [
    needs_cells,
]

TABLE = mixed()
CODES = np.arange(len(TABLE)) % 3
NUMBERS = TABLE["x0"].to_numpy() ** 2 + TABLE["x1"].to_numpy() + 4


def two_trainings(student, X, y, soft=None, weight=None, *, hidden=(24,), rtol=1e-5):
    """Train the same network on NumPy and compiled, to about the same losses."""
    train = check_train(student, X, y, weight, soft, None).in_rows()
    student.encoder_ = TabularEncoder().fit(X, soft_targets=train.soft)
    loss, epochs = loss_of(train), 2
    outcome = []
    for encoder in (student.encoder_, cells_of(student.encoder_, "float32")):
        rows = prepare_batches(encoder, train, loss, "float32")
        sizes = [rows.n_inputs, *hidden, train.task.n_outputs]
        parameters = Parameters(sizes, "float32")
        norm = rows.input_norm()
        parameters.initialize(np.random.default_rng(0), student.activation, norm)
        trainer = Trainer(
            parameters,
            student.activation,
            loss,
            batch_size=64,
            max_iter=epochs,
            learning_rate_init=6e-3,
            weight_decay=0.1,
            n_iter_no_change=None,
            tol=0,
            deadline=Deadline(),
            verbose=False,
        )
        trainer.start(rows)
        trainer.begun = parameters.flat.copy()
        trainer.n_steps = epochs * rows.n_batches(64)
        generator = np.random.default_rng(1)
        losses = [trainer._epoch(rows, generator) for _ in range(epochs)]
        losses.append(trainer.evaluate(rows))
        outcome.append((trainer, losses))
    (plain, losses), (compiled, compiled_losses) = outcome
    assert type(plain.network) is NumPyNetwork
    assert type(compiled.network) is CompiledNetwork
    assert_allclose(compiled_losses, losses, rtol=rtol)
    assert plain.optimizer.n_steps == compiled.optimizer.n_steps == 5 * epochs
    return plain, compiled


def assert_same_movement(plain, compiled, within=1e-3):
    moved = plain.parameters.flat - plain.begun
    also = compiled.parameters.flat - compiled.begun
    assert_allclose(compiled.begun, plain.begun, rtol=1e-5)
    assert np.linalg.norm(also - moved) < within * np.linalg.norm(moved)


def soft_targets(loss="kl", alpha=1.0, temperature=1.0, n_classes=3):
    proba = targets(TABLE, n_classes).proba
    return SoftTargets(
        proba, np.arange(n_classes), row_alpha=alpha, temperature=temperature, loss=loss
    )


@pytest.mark.parametrize("n_classes", [2, 3, 30])
@pytest.mark.parametrize("hidden", [(), (1,), (16,), (20, 12), (64, 8, 3)])
def test_layers_of_any_width_move_alike(hidden, n_classes):
    y = np.arange(len(TABLE)) % n_classes
    soft = soft_targets(n_classes=n_classes)
    assert_same_movement(*two_trainings(MLPStudent(), TABLE, y, soft, hidden=hidden))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_all_activations_move_alike(activation):
    student = MLPStudent(activation=activation)
    trainings = two_trainings(student, TABLE, CODES, soft_targets(), hidden=(24, 10))
    assert_same_movement(*trainings)


@pytest.mark.parametrize("alpha", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("temperature", [1.0, 3.0])
@pytest.mark.parametrize("loss", sorted(LossNames("classification")))
def test_all_losses_of_classes_move_alike(loss, temperature, alpha):
    soft = soft_targets(loss, alpha, temperature)
    weight = np.random.default_rng(2).integers(1, 4, len(TABLE))
    for given in (None, weight):
        trainings = two_trainings(MLPStudent(), TABLE, CODES, soft, given)
        assert_same_movement(*trainings)


@pytest.mark.parametrize("alpha", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("loss", sorted(LossNames("regression")))
def test_all_losses_of_numbers_move_alike(loss, n_targets, alpha):
    rng = np.random.default_rng(3)
    y = NUMBERS[:, None] * [1.0, 10.0][:n_targets]
    quantiles = [0.1, 0.5, 0.9] if loss == "pinball" else None
    each = 1 if quantiles is None else 3
    pred = np.sort(np.repeat(y, each, axis=1) * rng.uniform(0.9, 1.1, (len(y), 1)))
    soft = SoftPredictions(pred, row_alpha=alpha, loss=loss, quantiles=quantiles)
    weight = rng.integers(1, 4, len(y))
    # an error near 0 has one sign or the other: that is a step apart
    within = 0.03 if loss == "absolute_error" else 1e-3
    student = MLPStudentRegressor()
    for given in (None, weight):
        plain, compiled = two_trainings(
            student, TABLE, y, soft, given, rtol=within / 10
        )
        assert_same_movement(plain, compiled, within)


@pytest.mark.parametrize(
    "columns", [["x0"], ["gaps", "constant"], ["level"], ["level", "rare"], ["one"]]
)
def test_few_columns_move_alike(columns):
    trainings = two_trainings(MLPStudent(), TABLE[columns], CODES, soft_targets())
    assert_same_movement(*trainings)


def test_wide_tables_without_components_move_alike():
    X = pd.DataFrame(np.random.default_rng(4).normal(size=(len(TABLE), 300)))
    student = MLPStudent()
    trainings = two_trainings(student, X, CODES, soft_targets())
    assert student.encoder_.components_ is None
    assert_same_movement(*trainings)


def test_rows_that_are_encoded_in_parts_move_alike(monkeypatch):
    monkeypatch.setattr(_batches, "MOST_BYTES", 1000)
    trainings = two_trainings(MLPStudent(), TABLE, CODES, soft_targets())
    assert_same_movement(*trainings)


# --- whole fits


def fit(**params):
    student = MLPStudent((32,), random_state=0, **{"max_iter": 20} | params)
    return student.fit(TABLE, CODES, soft_targets=soft_targets())


def test_students_predict_alike(monkeypatch):
    plain, compiled = both_ways(monkeypatch, fit)
    assert (plain.training_kernel_, compiled.training_kernel_) == ("numpy", "compiled")
    assert compiled.n_iter_ == plain.n_iter_
    ours, theirs = compiled.predict_proba(TABLE), plain.predict_proba(TABLE)
    assert np.abs(ours - theirs).max() < 0.02
    assert_allclose(compiled.best_loss_, plain.best_loss_, rtol=1e-3)


def test_regressors_predict_alike(monkeypatch):
    def fit():
        return MLPStudentRegressor((32,), max_iter=20, random_state=0).fit(
            TABLE, NUMBERS
        )

    plain, compiled = both_ways(monkeypatch, fit)
    assert (plain.training_kernel_, compiled.training_kernel_) == ("numpy", "compiled")
    ours, theirs = compiled.predict(TABLE), plain.predict(TABLE)
    assert np.abs(ours - theirs).max() < 0.02 * NUMBERS.std()


def test_the_same_seed_gives_the_same_bits():
    first, second = fit(), fit()
    for ours, theirs in zip(first.coefs_, second.coefs_, strict=True):
        assert_array_equal(ours, theirs)


def test_n_jobs_changes_no_bit(small_teachers, few_synthetic_rows):
    X, y = TABLE[["x0", "x1", "steps"]], CODES
    fits = [
        DistilledClassifier(
            DecisionTreeClassifier(max_depth=3),
            MLPStudent((8,), max_iter=3),
            n_jobs=n_jobs,
            random_state=0,
        ).fit(X, y)
        for n_jobs in (1, 2)
    ]
    assert fits[0].student_.training_kernel_ == "compiled"
    assert_array_equal(*(each.predict_proba(X) for each in fits))


@pytest.mark.parametrize(
    "params",
    [
        {"dtype": "float64"},
        {"encoder": TabularEncoder(dtype="float32"), "dtype": "float64"},
    ],
)
def test_numpy_trains_what_the_core_does_not_know(params):
    assert fit(**params).training_kernel_ == "numpy"


def test_numpy_trains_without_an_encoder():
    X = TABLE[["x0", "x1"]].to_numpy()
    model = MLPStudent((4,), encoder=None, max_iter=2).fit(X, CODES)
    assert model.training_kernel_ == "numpy"


def test_numpy_trains_where_there_is_no_avx2(monkeypatch):
    class Plain:
        @staticmethod
        def has_avx2():
            return False

    monkeypatch.setattr(_compiled, "core", lambda: Plain)
    assert fit().training_kernel_ == "numpy"


def test_an_encoder_of_the_users_is_trained_compiled():
    model = fit(encoder=TabularEncoder(n_bins=4))
    assert model.training_kernel_ == "compiled"


@pytest.mark.parametrize("hidden", [(), (7,), (32, 16)])
def test_many_rows_are_predicted_alike(monkeypatch, hidden):
    model = MLPStudent(hidden, max_iter=3, random_state=0).fit(TABLE, CODES)
    rows = pd.concat([TABLE] * 5, ignore_index=True)
    rows.loc[5, "level"] = "never seen"
    rows.loc[6, ["x0", "x1"]] = [np.nan, 1e300]
    plain, compiled = both_ways(monkeypatch, lambda: model.predict_proba(rows))
    assert_allclose(compiled, plain, atol=2e-6)
    assert (compiled != plain).any()
    exact = np.vstack([model.predict_proba(TABLE) for _ in range(2)])
    assert_allclose(compiled[300:900], exact, atol=2e-6)


def test_a_memory_keeps_what_either_has_trained_apart(monkeypatch):
    def key(model):
        return lambda: key_of_call(_fit._fit, (model, TABLE, CODES, {}, 0))

    one, other = both_ways(monkeypatch, key(MLPStudent()))
    assert one != other
    one, other = both_ways(monkeypatch, key(DecisionTreeClassifier()))
    assert one == other


def test_streams_are_learned_on_numpy():
    model = fit()
    model.partial_fit(TABLE, CODES)
    assert model.training_kernel_ == "numpy"


def test_verbose_says_what_takes_the_steps(monkeypatch, capsys):
    both_ways(monkeypatch, lambda: fit(max_iter=1, verbose=True))
    lines = capsys.readouterr().out.splitlines()
    assert lines[::2] == ["Training kernel: numpy", "Training kernel: compiled"]


@pytest.mark.parametrize("loss", ["kl", "mse_logit"])
def test_a_training_that_diverges_is_an_error_both_ways(monkeypatch, loss):
    def run():
        student = MLPStudent((8,), learning_rate_init=1e30, max_iter=5, random_state=0)
        with pytest.raises(ValueError, match="Training diverged") as found:
            student.fit(TABLE, CODES, soft_targets=soft_targets(loss))
        return str(found.value)

    plain, compiled = both_ways(monkeypatch, run)
    assert compiled == plain


def test_ctrl_c_keeps_the_best_weights(monkeypatch):
    learn, calls = CompiledNetwork.learn, []

    def interrupted(self, *args):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return learn(self, *args)

    monkeypatch.setattr(CompiledNetwork, "learn", interrupted)
    with pytest.warns(UserWarning, match="interrupted by user after 3 epochs"):
        model = fit(early_stopping=False)
    assert model.n_iter_ == 3
    assert np.isfinite(model.predict_proba(TABLE)).all()


def test_a_fit_with_a_time_limit_looks_at_the_clock_between_steps(monkeypatch):
    parts = []
    learn = CompiledNetwork.learn
    monkeypatch.setattr(
        CompiledNetwork,
        "learn",
        lambda self, part, rate: parts.append(len(part)) or learn(self, part, rate),
    )
    fit(time_limit=1000, max_iter=2, batch_size=10)
    assert set(parts) <= {9, 10}
    parts.clear()
    fit(max_iter=2, batch_size=10)
    assert len(parts) == 4
    assert max(parts) == 200
