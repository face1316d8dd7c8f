"""Rows, targets and weights of ``DistilledRegressor`` in any form."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Validated
from regressors import (
    FEW,
    SMALL,
    Learner,
    X,
    close,
    learner_of,
    on_given_rows,
    soft_predictions,
    y,
)
from scipy.sparse import csc_matrix, csr_array
from sklearn.base import RegressorMixin, clone
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline

from sklearn_kd import DistilledRegressor, MLPStudentRegressor, MungeSampler

FOREST = RandomForestRegressor(5, random_state=0).fit(X, y)
NAMES = [f"column {i}" for i in range(10)]
TWO = np.column_stack([y, np.sqrt(y)])


# ---- targets


@pytest.mark.parametrize(
    "make",
    {
        "list": list,
        "column": lambda y: y[:, None],
        "series": lambda y: pd.Series(y, index=np.arange(len(y))[::-1], name="target"),
        "nullable": lambda y: pd.Series(y).astype("Float64"),
        "arrow": lambda y: pd.Series(y).astype("double[pyarrow]"),
        "frame": lambda y: pd.DataFrame({"target": y}),
        "polars": pl.Series,
        "integers": lambda y: y.astype(int),
        "float32": lambda y: y.astype(np.float32),
        "decimals": lambda y: [Decimal(value) for value in y.tolist()],
        "objects": lambda y: y.astype(object),
    }.values(),
)
def test_targets_of_one_output(make):
    model = on_given_rows(FOREST).fit(X, make(y))
    assert_array_equal(model.predict(X), on_given_rows(FOREST).fit(X, y).predict(X))
    assert model.predict(X).shape == y.shape
    assert_allclose(model.score(X, make(y)), model.score(X, y))
    assert model.n_outputs_ == 1


@pytest.mark.parametrize(
    "make",
    [
        np.asarray,
        lambda two: two.tolist(),
        lambda two: pd.DataFrame(two, columns=["a", "b"]),
        lambda two: pl.DataFrame({"a": two[:, 0], "b": two[:, 1]}),
    ],
)
def test_targets_of_two_outputs(make):
    model = on_given_rows(Ridge()).fit(X, make(TWO))
    assert_array_equal(model.predict(X), on_given_rows(Ridge()).fit(X, TWO).predict(X))
    assert_allclose(model.score(X, make(TWO)), model.score(X, TWO))


def test_booleans_are_numbers():
    flags = y > 100
    model = on_given_rows(Ridge()).fit(X, flags)
    assert 0.3 < model.predict(X).mean() < 0.9
    assert_array_equal(
        model.predict(X), on_given_rows(Ridge()).fit(X, 1.0 * flags).predict(X)
    )


@pytest.mark.parametrize("objective", ["fidelity", "generalization"])
@pytest.mark.parametrize(
    "teacher", [None, Ridge(), FOREST.__class__(3, random_state=0)]
)
@pytest.mark.parametrize("constant", [0.0, 1.1, -1e9, 1e-200])
def test_equal_targets_are_predicted_exactly(teacher, objective, constant):
    targets = np.full(60, constant)
    model = DistilledRegressor(
        teacher, SMALL, transfer=FEW, objective=objective, random_state=0
    )
    if teacher is None:
        model.set_params(teacher=LinearRegression())
    model.fit(X[:60], targets)
    assert_allclose(model.predict(X), constant, rtol=1e-9)


@pytest.mark.parametrize("loss", ["poisson", "gamma", "huber", "absolute_error"])
def test_equal_targets_of_other_losses(loss):
    for constant in (0.0, 3.0):
        if (loss, constant) == ("gamma", 0.0):
            continue
        model = on_given_rows(Ridge(), loss=loss).fit(X[:60], np.full(60, constant))
        assert_allclose(model.predict(X[:60]), constant, rtol=1e-6)


def test_one_constant_output_beside_another():
    targets = np.column_stack([y, np.full(len(y), 7.0)])
    predicted = on_given_rows(Ridge()).fit(X, targets).predict(X)
    assert_allclose(predicted[:, 1], 7)
    assert np.std(predicted[:, 0]) > 1


@pytest.mark.parametrize(
    ("offset", "scale"), [(0, 1e-3), (1e9, 1.0), (0, 1e100), (0, 1e-200), (-2e6, 1e4)]
)
def test_units_do_not_matter(offset, scale):
    """A target of 1e9 ± 1 keeps its digits: training is in standardised units."""
    unit = (y - y.mean()) / y.std()
    model = on_given_rows(Ridge(), transfer=FEW)  # trees lose such digits themselves
    plain = clone(model).fit(X, unit).predict(X)
    other = clone(model).fit(X, offset + scale * unit).predict(X)
    assert_allclose((other - offset) / scale, plain, atol=1e-3)


# ---- weights


def test_rows_of_weight_0_are_absent():
    rng = np.random.default_rng(0)
    weight = rng.integers(3, size=len(y)).astype(float)
    present = weight > 0
    wrong = np.where(present, y, 1e30)
    for model in (
        on_given_rows(Ridge()),
        on_given_rows(Ridge(), Ridge(), alpha=0.5),
        on_given_rows(Ridge(), transfer=FEW, cv=3),
        on_given_rows(alpha=0.0),
    ):
        whole = clone(model).fit(X, wrong, weight).predict(X)
        part = clone(model).fit(X[present], y[present], weight[present]).predict(X)
        assert_array_equal(whole, part)


def test_given_predictions_of_rows_of_weight_0_are_not_looked_at():
    weight = np.arange(len(y)) % 5 + 0.0
    given = np.where(weight > 0, FOREST.predict(X), np.nan)
    learner = learner_of(
        on_given_rows(), X, y, teacher_pred=given, sample_weight=weight
    )
    close(learner.soft_targets_.pred, given[weight > 0])
    assert_array_equal(learner.weight_, weight[weight > 0])


def test_weights_reach_teacher_and_student():
    weight = np.where(np.arange(len(y)) < 200, 1, 5)
    model = on_given_rows(Ridge(), Ridge()).fit(X, y, sample_weight=weight)
    teacher = Ridge().fit(X, y, sample_weight=weight)
    assert_allclose(model.teacher_.coef_, teacher.coef_)
    student = Ridge().fit(X, teacher.predict(X), sample_weight=weight)
    assert_allclose(model.predict(X), student.predict(X), rtol=1e-5)


def test_a_score_has_weights():
    model = on_given_rows(FOREST).fit(X, y)
    weight = np.arange(len(y))
    assert model.score(X, y, weight) != model.score(X, y)
    assert_allclose(
        model.score(X, y, list(weight)), Ridge.score(model, X, y, sample_weight=weight)
    )


# ---- groups


class Grouped(RegressorMixin, Validated):
    """A student that keeps validation rows apart, and predicts a number."""

    def predict(self, X):
        return np.zeros(len(X))


def test_groups_are_not_split():
    groups = np.arange(len(X)) // 4
    model = on_given_rows(FOREST, Grouped(random_state=0)).fit(X, y, groups=groups)
    held = {tuple(row) for row in model.student_.X_val_.tolist()}
    apart = np.array([tuple(row) in held for row in X.tolist()])
    for group in range(groups.max()):
        assert len(set(apart[groups == group])) == 1
    assert 0.1 < apart.mean() < 0.3


# ---- rows


def frame_of(X):
    return pd.DataFrame(X, columns=NAMES)


MAKERS = {
    "pandas": frame_of,
    "index": lambda X: frame_of(X).set_index(np.arange(len(X))[::-1]),
    "polars": lambda X: pl.DataFrame(dict(zip(NAMES, X.T, strict=True))),
    "arrow": lambda X: pa.table(dict(zip(NAMES, X.T, strict=True))),
    "list": lambda X: X.tolist(),
}


@pytest.mark.parametrize("container", MAKERS)
def test_rows_in_any_table(container):
    make = MAKERS[container]
    model = on_given_rows(HistGradientBoostingRegressor(max_iter=3), transfer=FEW)
    plain = clone(model).fit(X, y).predict(X)
    assert_allclose(clone(model).fit(make(X), y).predict(make(X)), plain, rtol=1e-6)


@pytest.mark.parametrize("make", [csr_array, csc_matrix])
def test_sparse_rows(make):
    rows = X * (np.abs(X) > np.median(np.abs(X)))
    model = on_given_rows(Ridge(), SMALL).fit(make(rows), y)
    assert model.predict(make(rows)).shape == y.shape
    assert on_given_rows(Ridge(), Ridge()).fit(make(rows), y).score(make(rows), y) > 0.2
    automatic = DistilledRegressor(Ridge(), SMALL, random_state=0).fit(make(rows), y)
    assert automatic.n_transfer_rows_ == 0


def mixed_table(n_rows=300):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "area": rng.gamma(3, 30, n_rows),
            "rooms": rng.integers(1, 6, n_rows),
            "town": pd.Categorical(rng.choice(["Ulm", "Bonn", "Jena"], n_rows)),
        }
    )
    frame.loc[::9, "area"] = np.nan
    price = 1000 * frame["rooms"] + np.where(frame["town"] == "Ulm", 5000, 0)
    return frame, price + rng.normal(size=n_rows)


def test_missing_values_and_levels():
    frame, price = mixed_table()
    teacher = HistGradientBoostingRegressor(
        max_iter=30, categorical_features="from_dtype", early_stopping=False
    )
    student = MLPStudentRegressor((16,), max_iter=40)
    model = DistilledRegressor(
        teacher, student, transfer=MungeSampler(1000), random_state=0
    )
    model.fit(frame, price)
    assert model.score(frame, price) > 0.95
    unknown = frame.assign(town=pd.Categorical(["Kiel"] * len(frame)))
    assert np.isfinite(model.predict(unknown)).all()


def test_frames_reach_the_student_by_name():
    learner = learner_of(on_given_rows(FOREST.__class__(3)), frame_of(X), y)
    assert list(learner.X_.columns) == NAMES


def test_the_rows_and_targets_of_the_user_stay_as_they_are():
    class Writing(Learner):
        def fit(self, X, y, sample_weight=None, soft_targets=None):
            X[:], y[:] = 0, 0
            return super().fit(X, y, sample_weight, soft_targets)

    rows, targets, given = X.copy(), y.copy(), FOREST.predict(X)
    kept = given.copy()
    on_given_rows(None, Writing()).fit(rows, targets, teacher_pred=given)
    assert_array_equal(rows, X)
    assert_array_equal(targets, y)
    assert_array_equal(given, kept)


def test_one_row_is_enough_for_nothing_but_itself():
    model = on_given_rows(Ridge()).fit(X[:1], y[:1])
    assert_allclose(model.predict(X[:5]), y[0])


def test_soft_targets_have_the_digits_of_float32_around_the_mean():
    targets = 1e9 + np.arange(len(X)) % 7
    soft = soft_predictions(on_given_rows(), X, targets, teacher_pred=targets)
    assert_allclose(soft[:, 0], targets, rtol=0, atol=1e-6)


def test_texts_are_read_by_pipelines():
    colour = np.where(y > 140, "red", "blue").astype(object)
    texts = colour + np.resize([" car", " bike", " boat"], len(y))
    model = make_pipeline(TfidfVectorizer(), Ridge())
    distilled = DistilledRegressor(model, clone(model)).fit(texts, y)
    assert distilled.score(texts, y) > 0.5
    with pytest.raises(
        ValueError, match=r"no default teacher .* Ridge\(\).*teacher_pred"
    ):
        DistilledRegressor(student=model).fit(texts, y)


def test_dates_are_refused_before_a_teacher_reads_them_as_numbers():
    rows = X.astype("M8[s]")
    with pytest.raises(TypeError, match="neither numeric nor nominal"):
        on_given_rows(Ridge(), Ridge()).fit(rows, y)
