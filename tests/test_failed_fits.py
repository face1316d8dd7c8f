"""Rows that a network cannot read, encoders of other rows, and fits that fail."""

import copy

import numpy as np
import pandas as pd
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler

from sklearn_kd import MLPStudent, TabularEncoder
from sklearn_kd._recipe.distilling import _FOUND
from sklearn_kd.students.mlp import _base as mlp
from sklearn_kd.students.mlp._training import Trainer

X = np.random.default_rng(0).normal(size=(300, 3))
y = (X[:, 0] > 0).astype(int)
FRAME = pd.DataFrame(X, columns=list("abc"))


def student(**params):
    return MLPStudent((8,), **({"max_iter": 3, "random_state": 0} | params))


def with_value(value):
    rows = X.copy()
    rows[0, 0] = value
    return rows


@pytest.mark.parametrize(
    "encoder", [OneHotEncoder(handle_unknown="ignore"), KBinsDiscretizer(4)]
)
def test_an_encoder_may_make_sparse_rows_of_dense_ones(encoder):
    rows = X.round(0)
    model = student(encoder=encoder, max_iter=100).fit(rows, y)
    assert model.score(rows, y) > 0.8
    model = student(encoder=encoder).partial_fit(rows, y, classes=[0, 1])
    assert model.predict_proba(rows).shape == (300, 2)


@pytest.mark.parametrize(
    ("encoder", "rows"),
    [
        (StandardScaler(), with_value(np.nan)),
        ("auto", csr_matrix(with_value(np.nan))),
        (None, FRAME.assign(a=with_value(np.inf)[:, 0])),
        (None, with_value(1e39)),
    ],
    ids=["scaler", "sparse", "frame", "too large for float32"],
)
def test_what_is_not_finite_for_the_network_is_refused(encoder, rows):
    good = {csr_matrix: csr_matrix(X), pd.DataFrame: FRAME}.get(type(rows), X)
    with pytest.raises(ValueError, match="Input X contains NaN or infinity"):
        student(encoder=encoder).fit(rows, y)
    with pytest.raises(ValueError, match="Input X contains NaN or infinity"):
        student(encoder=encoder).fit(good, y, X_val=rows, y_val=y)
    if encoder is not None:
        model = student(encoder=encoder).fit(good, y)
        for several in (rows[:1], rows):
            with pytest.raises(ValueError, match="Input X contains NaN or infinity"):
                model.predict_proba(several)


def test_a_validation_loss_that_is_not_finite_ends_training(monkeypatch):
    monkeypatch.setattr(Trainer, "evaluate", lambda self, rows: np.nan)
    with pytest.raises(ValueError, match="Training diverged"):
        student().fit(X, y)


@pytest.mark.parametrize("wrap", [FrozenEstimator, lambda encoder: encoder])
def test_a_fitted_encoder_meets_the_columns_that_it_knows(wrap):
    def learn(encoder, rows):
        model = student(encoder=wrap(encoder))
        if wrap is FrozenEstimator:
            model.fit(rows, y)
        return model.partial_fit(rows, y, classes=[0, 1])

    named, plain = TabularEncoder().fit(FRAME, y), TabularEncoder().fit(X, y)
    learn(named, FRAME)
    with pytest.raises(ValueError, match="feature names"):
        learn(named, FRAME[list("cba")])
    for rows in (np.c_[X, X], X[:, :2]):
        with pytest.raises(ValueError, match="expecting 3 features"):
            learn(plain, rows)


def test_transform_of_a_subclass_is_called():
    class Doubled(TabularEncoder):
        def transform(self, X):
            return 2 * super().transform(X)

    one = student(encoder=Doubled(), max_iter=1).fit(X, y)
    other = student(encoder=TabularEncoder(), max_iter=1).fit(X, y)
    assert np.abs(one.predict_proba(X[:9]) - other.predict_proba(X[:9])).max() > 1e-3


def test_values_that_nearly_touch():
    rows = X.copy()
    rows[:, 1] = np.arange(300) % 3 * 1e-310
    model = student().fit(rows, rows[:, 1] > 0)
    expected = model.predict_proba(rows)
    assert np.isfinite(expected).all()
    assert_allclose(model.predict_proba(rows[:1]), expected[:1], rtol=1e-12)
    many = model.predict_proba(np.tile(rows, (5, 1)))
    assert_allclose(many[:300], expected, atol=1e-5)


def test_a_stream_goes_on_after_a_batch_that_failed():
    labels = {"classes": [0, 1]}
    broken, fresh = (student(encoder=None, batch_size=10) for _ in range(2))
    with pytest.raises(ValueError, match="diverged"):
        broken.set_params(learning_rate_init=1e30).partial_fit(X, y, **labels)
    broken.set_params(learning_rate_init=fresh.learning_rate_init)
    for _ in range(2):
        broken.partial_fit(X, y, **labels)
        fresh.partial_fit(X, y, **labels)
        with pytest.raises(ValueError, match=r"NaN or infinity|diverged"):
            broken.partial_fit(np.r_[X[:200], X[200:] * 1e30], y, **labels)
    assert_array_equal(broken.predict_proba(X), fresh.predict_proba(X))


def test_a_copy_learns_on_its_own():
    one, other = (student().partial_fit(X, y, classes=[0, 1]) for _ in range(2))
    copy.copy(one).partial_fit(X, 1 - y)
    assert_array_equal(
        one.partial_fit(X, y).predict_proba(X), other.partial_fit(X, y).predict_proba(X)
    )


def test_steps_of_a_stream_are_added_to_those_of_fit():
    model = student(batch_size=100, early_stopping=False).fit(X, y)
    assert (model.n_steps_, model.n_iter_) == (9, 3)
    model.partial_fit(X, y).partial_fit(X, y)
    assert (model.n_steps_, model.n_iter_) == (15, 5)


def test_a_table_stays_with_the_weights_that_it_was_made_of(monkeypatch):
    model = student().fit(X, y)

    def refitted_meanwhile(encoder, layers, inner=mlp.build_lookup):
        monkeypatch.undo()
        made = inner(encoder, layers)
        model.set_params(random_state=1).fit(X, 1 - y)
        return made

    monkeypatch.setattr(mlp, "build_lookup", refitted_meanwhile)
    model.predict_proba(X[:1])
    assert_allclose(
        model.predict_proba(X[:1]), model.predict_proba(X[:5])[:1], rtol=1e-12
    )


def test_sparse_rows_behind_an_encoder_of_dense_ones():
    model = student().fit(X, y)
    for n_rows in (1, 10, 300):
        with pytest.raises(TypeError, match="parse data was passed"):
            model.predict(csr_matrix(X[:n_rows]))
    with pytest.raises(TypeError, match="parse data was passed"):
        model.partial_fit(csr_matrix(X), y)


def test_a_refit_that_fails_leaves_nothing_fitted():
    model = student().fit(X, y)
    with pytest.raises(ValueError, match="diverged"):
        model.set_params(learning_rate_init=1e30, max_iter=20).fit(X, y)
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_numbers_beyond_float64():
    model = student().fit(X, y)
    rows = X[:6].astype(np.longdouble)
    rows[0, 0] = np.longdouble("1e4000")  # infinity where it is no wider than float64
    for several in (rows[:1], rows):
        with pytest.raises(ValueError, match="infinity"):
            model.predict_proba(several)


def test_missing_labels_of_validation_rows():
    labels = y.astype(object)
    labels[0] = None
    with pytest.raises(ValueError, match="Input y_val contains NaN: 1 of 300"):
        student().fit(X, y, X_val=X, y_val=labels)


def test_a_refit_of_a_student_that_fails_leaves_nothing_distilled():
    teacher = LogisticRegression().fit(X, y)
    model = on_given_rows(teacher, MLPStudent((4,), max_iter=20))
    model.fit(X, y).set_params(student__learning_rate_init=1e30)
    with pytest.raises(ValueError, match="diverged"):
        model.fit(X, y)
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_a_refit_that_is_refused_keeps_nothing_that_an_earlier_one_found():
    model = on_given_rows(LogisticRegression().fit(X, y), MLPStudent((4,), max_iter=2))
    assert set(_FOUND) <= set(vars(model.fit(X, y)))
    with pytest.raises(ValueError, match="class"):
        model.fit(X, np.zeros(len(X)))
    assert not set(_FOUND) & set(vars(model))
