"""MLPStudent as a classifier: learning, stopping, weights, dtypes, refusals."""

import pickle

import numpy as np
import pandas as pd
import pytest
from clocks import stopped
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_kd import MLPStudent, SoftTargets
from sklearn_kd._run.progress import screen
from sklearn_kd._task.strata import validation_mask
from sklearn_kd.datasets import load_adult
from sklearn_kd.students.mlp import _base as mlp
from sklearn_kd.students.mlp import _blocks, _training


@pytest.fixture(scope="module")
def wine():
    return load_wine(return_X_y=True)


@pytest.mark.parametrize(
    ("load", "accuracy"),
    [(load_wine, 0.95), (load_breast_cancer, 0.94), (load_digits, 0.9)],
)
def test_learns_real_data_from_labels(load, accuracy):
    X, y = load(return_X_y=True)
    assert cross_val_score(MLPStudent(random_state=0), X, y, cv=3).mean() > accuracy


def test_learns_mixed_columns_with_missing_values():
    X, y = load_adult(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, train_size=4000, random_state=0)
    student = MLPStudent(random_state=0).fit(X, y)
    assert student.score(X_test, y_test) > 0.84
    assert set(student.predict(X_test[:5])) <= {"<=50K", ">50K"}


def test_soft_targets_outweigh_wrong_labels(wine):
    X, y = wine
    proba = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    proba = proba.predict_proba(X)
    wrong = (y + 1) % 3
    soft = SoftTargets(proba, [0, 1, 2])
    taught = MLPStudent(random_state=0).fit(X, wrong, soft_targets=soft)
    misled = MLPStudent(random_state=0).fit(X, wrong)
    assert taught.score(X, y) > 0.97
    assert misled.score(X, y) < 0.1


def test_nothing_on_the_soft_term_is_learning_from_labels_bit_for_bit(wine):
    X, y = wine
    soft = SoftTargets(np.full((len(y), 3), 1 / 3), [0, 1, 2], row_alpha=0.0)
    a = MLPStudent(random_state=0).fit(X, y, soft_targets=soft)
    b = MLPStudent(random_state=0).fit(X, y)
    assert_array_equal(a.predict_proba(X), b.predict_proba(X))


def test_classes_of_the_soft_targets_count(wine):
    X, y = wine
    soft = SoftTargets(np.full((len(y), 4), 0.25), [0, 1, 2, 7])
    student = MLPStudent(max_iter=2).fit(X, y, soft_targets=soft)
    assert student.classes_.tolist() == [0, 1, 2, 7]
    assert student.predict_proba(X).shape == (len(y), 4)


def test_early_stopping_keeps_the_best_weights(wine):
    X, y = wine
    rng = np.random.default_rng(0)
    noisy = np.where(rng.random(len(y)) < 0.3, rng.integers(0, 3, len(y)), y)
    train, val = np.arange(0, len(y), 2), np.arange(1, len(y), 2)
    student = MLPStudent((64,), max_iter=200, weight_decay=0.0, random_state=0).fit(
        X[train], noisy[train], X_val=X[val], y_val=noisy[val]
    )
    curve = student.validation_loss_curve_
    assert student.n_iter_ == len(curve) == len(student.loss_curve_) < 200
    assert int(np.argmin(curve)) < student.n_iter_ - 20  # went on, and came back
    assert student.best_loss_ == min(curve)
    assert_allclose(
        log_loss(noisy[val], student.predict_proba(X[val])), min(curve), rtol=1e-4
    )


def test_patience_and_tolerance_decide_about_stopping(wine):
    X, y = wine
    fit = {"X_val": X[::3], "y_val": y[::3]}
    impatient = MLPStudent(n_iter_no_change=2, tol=10.0, random_state=0).fit(
        X, y, **fit
    )
    assert impatient.n_iter_ == 3  # the first improves on infinity, two more do not
    patient = MLPStudent(n_iter_no_change=30, tol=10.0, random_state=0).fit(X, y, **fit)
    assert patient.n_iter_ == 31


def test_without_early_stopping_all_epochs_run_on_all_rows(wine):
    X, y = wine
    student = MLPStudent(early_stopping=False, max_iter=7, batch_size=60).fit(X, y)
    assert (student.n_iter_, student.n_steps_) == (7, 7 * 3)
    assert student.validation_loss_curve_ == []
    assert student.best_loss_ == student.loss_curve_[-1]


def test_reported_training_loss_is_the_loss_of_the_rows(wine):
    X, y = wine
    weight = np.random.default_rng(0).random(len(y))
    student = MLPStudent(
        early_stopping=False,
        max_iter=60,
        batch_size=1000,
        dtype="float64",
        random_state=0,
        learning_rate_init=1e-3,
    ).fit(X, y, sample_weight=weight)
    assert student.loss_curve_[-1] < student.loss_curve_[0]
    before_last_step = clone(student).set_params(max_iter=60)
    losses = before_last_step.fit(X, y, sample_weight=weight).loss_curve_
    assert losses == student.loss_curve_
    now = log_loss(y, student.predict_proba(X), sample_weight=weight)
    assert_allclose(now, student.loss_curve_[-1], rtol=0.02)


def test_validation_rows_are_a_stratified_share():
    codes = np.repeat([0, 1, 2, 3], [700, 200, 95, 5])
    mask = validation_mask(codes, 0.1, 0)
    assert abs(mask.sum() - 100) <= 1
    counts = np.bincount(codes[mask], minlength=4)
    assert_allclose(counts, [70, 20, 9.5, 0.5], atol=1.5)
    assert (mask != validation_mask(codes, 0.1, 1)).any()
    assert_array_equal(mask, validation_mask(codes, 0.1, 0))


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_validation_never_takes_the_last_row_of_a_class(fraction):
    codes = np.array([0, 0, 1, 2, 2, 2])
    for seed in range(20):
        mask = validation_mask(codes, fraction, seed)
        assert set(codes[~mask]) == {0, 1, 2}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_every_activation_and_dtype_learns(wine, activation, dtype):
    X, y = wine
    student = MLPStudent((16,), activation=activation, dtype=dtype, random_state=0)
    assert student.fit(X, y).score(X, y) > 0.95
    assert all(coef.dtype == dtype for coef in student.coefs_)


def test_no_hidden_layer_is_a_linear_model(wine):
    X, y = wine
    student = MLPStudent((), random_state=0).fit(X, y)
    assert [coef.shape for coef in student.coefs_] == [
        (student.encoder_.n_features_out_, 3)
    ]
    assert student.score(X, y) > 0.95


def test_sparse_rows_learn_what_dense_rows_learn(wine):
    X, y = wine
    X = np.where(np.median(X, axis=0) < X, X / X.max(axis=0), 0)
    params = {"encoder": None, "dtype": "float64", "random_state": 0, "max_iter": 20}
    dense = MLPStudent(**params).fit(X, y)
    sparse = MLPStudent(**params).fit(csr_matrix(X), y)
    assert_allclose(
        sparse.predict_proba(csr_matrix(X)), dense.predict_proba(X), rtol=1e-6
    )


@pytest.mark.parametrize("encoder", [None, StandardScaler(), MinMaxScaler()])
def test_any_transformer_encodes(wine, encoder):
    X, y = wine
    X = StandardScaler().fit_transform(X)
    student = MLPStudent(encoder=encoder, random_state=0).fit(X, y)
    assert student.score(X, y) > 0.95
    assert student.encoder_ is not encoder or encoder is None


def test_a_table_without_any_information_gives_the_shares():
    y = np.repeat([0, 1], [150, 50])
    student = MLPStudent(random_state=0, max_iter=300).fit(np.ones((200, 3)), y)
    assert_allclose(student.predict_proba(np.ones((1, 3))), [[0.75, 0.25]], atol=0.03)


def test_predictions_do_not_depend_on_the_other_rows(wine, monkeypatch):
    X, y = wine
    student = MLPStudent(random_state=0).fit(X, y)
    whole = student.predict_proba(X)
    one_by_one = np.vstack([student.predict_proba(row[None]) for row in X])
    assert_allclose(one_by_one, whole, rtol=1e-9)
    monkeypatch.setattr(mlp, "MANY_ROWS", 10)
    monkeypatch.setattr(_blocks, "_READ", 21)
    monkeypatch.setattr(_blocks, "_BLOCK", 8)
    assert_allclose(student.predict_proba(X), whole, atol=1e-6)  # float32
    monkeypatch.undo()
    frame = pd.DataFrame(X)
    named = MLPStudent(random_state=0).fit(frame, y)
    assert_allclose(named.predict_proba(frame), whole, rtol=1e-9)


def test_log_proba_stays_finite_where_proba_rounds_to_zero(wine):
    X, y = wine
    student = MLPStudent(random_state=0, encoder=StandardScaler()).fit(X, y)
    far = X[:1] + 1e7
    assert (student.predict_proba(far) == 0).any()
    assert np.isfinite(student.predict_log_proba(far)).all()
    assert_allclose(
        np.exp(student.predict_log_proba(X)), student.predict_proba(X), rtol=1e-9
    )


def test_pickle_holds_each_weight_once_and_predicts_alike(wine):
    X, y = wine
    student = MLPStudent((256, 256), max_iter=3, random_state=0).fit(X, y)
    data = pickle.dumps(student)
    n_bytes = sum(coef.nbytes for coef in student.coefs_)
    n_bytes += len(pickle.dumps(student.encoder_))
    assert len(data) < n_bytes + 10_000
    assert_array_equal(pickle.loads(data).predict_proba(X), student.predict_proba(X))
    assert_array_equal(student.predict(X), pickle.loads(data).predict(X))


def test_same_seed_same_bits_and_another_seed_another_model(wine):
    X, y = wine
    first, again, other = (
        MLPStudent(random_state=seed, max_iter=10).fit(X, y).predict_proba(X)
        for seed in (0, 0, 1)
    )
    assert_array_equal(first, again)
    assert abs(first - other).max() > 1e-4


def test_interruption_keeps_the_best_weights_and_warns(wine, monkeypatch):
    X, y = wine
    epoch = _training.Trainer._epoch
    calls = []

    def interrupted(self, *args):
        calls.append(1)
        if len(calls) > 30:
            raise KeyboardInterrupt
        return epoch(self, *args)

    monkeypatch.setattr(_training.Trainer, "_epoch", interrupted)
    with pytest.warns(UserWarning, match="interrupted by user after 30 epochs"):
        student = MLPStudent(random_state=0).fit(X, y)
    assert student.n_iter_ == 30
    assert student.best_loss_ == min(student.validation_loss_curve_)
    assert student.score(X, y) > 0.9


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_divergence_is_an_error_and_not_trained_through(wine, dtype):
    X, y = wine
    student = MLPStudent(encoder=None, learning_rate_init=1e300, dtype=dtype)
    message = r"Training diverged.*Lower learning_rate_init"
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=message):
        student.fit(X * 1e30, y)


def test_verbose_prints_the_first_and_the_last_epoch(wine, capsys, monkeypatch):
    stopped(monkeypatch, screen)
    X, y = wine
    MLPStudent(max_iter=3, verbose=True).fit(X, y)
    kernel, *lines = capsys.readouterr().out.splitlines()
    assert kernel.startswith("Training kernel: ")
    assert [line.split(",")[0] for line in lines] == ["Iteration 1", "Iteration 3"]
    assert all("loss = " in line and "validation loss = " in line for line in lines)
    MLPStudent(max_iter=3).fit(X, y)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("seed", range(8))
def test_an_object_is_refused_in_whichever_rows_it_lies(seed):
    """In training rows, or in validation rows, which no encoder learns from."""
    X = np.arange(24.0).reshape(12, 2).astype(object)
    X[seed, 0] = {"a": 1}
    with pytest.raises(TypeError, match="must be a string or a number"):
        MLPStudent(random_state=seed).fit(X, np.arange(12) % 2)


@pytest.mark.parametrize(
    ("fit", "error", "message"),
    [
        ({"y": [0, 0, 0, 0]}, ValueError, "at least 2 classes.*only one class: 0"),
        ({"y": [0.5, 1.5, 2.5, 0.1]}, ValueError, "Unknown label type"),
        ({"y": [[0, 1]] * 4}, ValueError, "multi-output y"),
        ({"y": None}, ValueError, "requires y"),
        ({"y": [0, 1]}, ValueError, "inconsistent numbers of samples"),
        ({"X": [[np.inf]] * 4}, ValueError, "infinity"),
        ({"sample_weight": [0, 0, 0, 0]}, ValueError, "at least one non-zero"),
        ({"sample_weight": [1, 1, 1, -1]}, ValueError, "[Nn]egative"),
        ({"sample_weight": [1, 0, 1, 0]}, ValueError, "only one class: 0"),
        ({"soft_targets": [[1, 0]] * 4}, TypeError, "must be a sklearn_kd.SoftTargets"),
        (
            {"soft_targets": SoftTargets([[1, 0]], [0, 1])},
            ValueError,
            "soft_targets has 1 rows, expected 4",
        ),
        (
            {"soft_targets": SoftTargets([[1, 0]] * 4, [1, 2])},
            ValueError,
            r"labels that are not among the classes \[1, 2\], first .*0",
        ),
        ({"X_val": [[1.0, 2.0]], "y_val": [0]}, ValueError, "2 features"),
        ({"X_val": [[1.0]], "y_val": [5]}, ValueError, "not among the classes"),
    ],
)
def test_refusals(fit, error, message):
    fit = {"X": [[0.0], [1.0], [2.0], [3.0]], "y": [0, 1, 0, 1]} | fit
    with pytest.raises(error, match=message):
        MLPStudent(max_iter=1).fit(**fit)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((2, 3)), "X has 3 features, but MLPStudent is expecting 2"),
        (np.zeros((0, 2)), "0 sample"),
        (np.zeros(2), "got one row: pass X.reshape"),
        (np.zeros(3), "Expected 2D array, got 1D array"),
        (np.array([[np.inf, 0.0]]), "infinity"),
        (np.array([[np.nan, 0.0]]), "contains NaN"),
        (np.array([[1j, 0]]), "Complex data not supported"),
    ],
)
def test_plain_rows_skip_no_check_that_would_refuse_them(X, message):
    """`predict` has a short way for plain finite arrays, and only for them."""
    rng = np.random.default_rng(0)
    rows, y = rng.normal(size=(40, 2)), np.arange(40) % 2
    student = MLPStudent(encoder=None, max_iter=2).fit(rows, y)  # takes no NaN
    with pytest.raises(ValueError, match=message):
        student.predict_proba(X)


def test_sums_that_overflow_are_no_infinities():
    rows, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    student = MLPStudent(max_iter=2).fit(rows, y)
    largest = np.finfo(np.float64).max
    assert_allclose(student.predict_proba([[largest, largest]]).sum(), 1)
    named = MLPStudent(max_iter=2).fit(pd.DataFrame(rows, columns=["a", "b"]), y)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        named.predict(rows)


@pytest.mark.parametrize("sizes", [0, (0,), (2.7,), (-5,), (8, 0)])
def test_hidden_layer_sizes_are_whole_and_positive(sizes, wine):
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        MLPStudent(sizes).fit(*wine)
    assert len(MLPStudent(8, max_iter=1).fit(*wine).coefs_) == 2


def test_one_missing_value_takes_the_short_way_too(wine):
    X, y = wine
    holes = X.copy()
    holes[::7, 0] = np.nan
    student = MLPStudent(max_iter=5, random_state=0).fit(holes, y)
    as_objects = student.predict_proba(holes.astype(object))
    assert_array_equal(student.predict_proba(holes), as_objects)
    with pytest.raises(ValueError, match="infinity"):
        student.predict_proba([[np.inf, np.nan] + 11 * [0.0]])
