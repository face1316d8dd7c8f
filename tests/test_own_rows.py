"""A model may write into the rows that it gets: they are copies."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder
from scipy.sparse import csr_array, csr_matrix, issparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_wine
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, StandardScaler
from teacher_alone import alone

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    SkorchStudent,
    compute_soft_targets,
)
from sklearn_kd.inspection import (
    compare,
    prediction_latency,
    throughput,
)
from sklearn_kd.metrics import agreement_scorer
from sklearn_kd.teachers import _label

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)[:, :5]
NAMES = list("abcde")
SMALL = MLPStudent((4,), max_iter=2, batch_size=64)


def mapped(folder):
    np.save(folder / "rows.npy", X)
    return np.load(folder / "rows.npy", mmap_mode="r")


def read_only(folder):
    rows = X.copy()
    rows.flags.writeable = False
    return rows


CONTAINERS = {
    "array": lambda folder: X.copy(),
    "columns first": lambda folder: np.asfortranarray(X),
    "float32": lambda folder: X.astype("float32"),
    "objects": lambda folder: X.astype(object),
    "read only": read_only,
    "memmap": mapped,
    "writable file": lambda folder: np.memmap(
        mapped(folder).filename, X.dtype, "r+", offset=128, shape=X.shape
    ),
    "pandas": lambda folder: pd.DataFrame(X.copy(), columns=NAMES),
    "mixed pandas": lambda folder: pd.DataFrame(X, columns=NAMES).assign(
        e=pd.Categorical(np.where(X[:, 4] > 0, "u", "v"))
    ),
    "polars": lambda folder: pl.DataFrame(X, schema=NAMES),
    "csr_matrix": lambda folder: csr_matrix(X),
    "csr_array": lambda folder: csr_array(X),
}


@pytest.fixture(params=CONTAINERS)
def rows(request, tmp_path):
    return CONTAINERS[request.param](tmp_path)


def numbers(rows):
    """A float64 array of its own."""
    if issparse(rows):
        return rows.toarray()
    if isinstance(rows, pd.DataFrame):
        columns = [
            rows[n].cat.codes if n == "e" and rows[n].dtype != float else rows[n]
            for n in rows
        ]
        return np.array(columns, dtype=float).T
    return np.array(rows, dtype=float)


def spoil(rows):
    """Write into rows whatever their container lets be written."""
    if issparse(rows):
        rows.data[:] = 9
        rows.indices[:] = 0
    elif isinstance(rows, pd.DataFrame):
        for name in rows:
            values = rows[name].array
            inner = getattr(values, "_ndarray", values)
            inner.flags.writeable = True
            inner[:] = inner[0]
        rows.iloc[:, 0] = 9.0
    elif isinstance(rows, pl.DataFrame):
        rows[0, "a"] = 9.0
        rows["b"][0] = 9.0
        rows.columns = [*"vwxyz"]
    else:
        rows[...] = 9


class Spoiler(ClassifierMixin, BaseEstimator):
    """Predicts, and then writes into its rows, and into its last prediction."""

    def __init__(self, scale=1.0):
        self.scale = scale

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        self.mean_ = np.average(numbers(X), axis=0, weights=sample_weight)
        for values in (y, sample_weight):
            if values is not None:
                values[:] = values[0]
        spoil(X)
        return self

    def predict_proba(self, X):
        odds = np.exp(self.scale * (numbers(X) - self.mean_)[:, :3])
        spoil(X)
        if hasattr(self, "last_"):
            self.last_[:] = 9
        self.last_ = odds / odds.sum(axis=1, keepdims=True)
        return self.last_

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def duplicate(rows):
    return rows.clone() if isinstance(rows, pl.DataFrame) else rows.copy()


def fitted(rows=X, scale=1.0):
    return Spoiler(scale).fit(duplicate(rows), y.copy())


def expected(rows, scale=1.0):
    values = numbers(rows)
    odds = np.exp(scale * (values - values.mean(axis=0))[:, :3])
    return odds / odds.sum(axis=1, keepdims=True)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(_label, "CHUNK", 50)


@pytest.mark.usefixtures("small_chunks")
def test_one_teacher_in_chunks(rows):
    before, teacher = numbers(rows), fitted(rows)
    distilled = on_given_rows(teacher, Recorder(), random_state=0)
    student = distilled.fit(rows, y, X_unlabeled=rows[:30]).student_
    assert_array_equal(numbers(rows), before)
    assert_array_equal(numbers(student.X_), np.vstack([before, before[:30]]))
    soft = expected(rows)
    assert_allclose(student.soft_.proba, np.vstack([soft, soft[:30]]), atol=1e-6)


@pytest.mark.usefixtures("small_chunks")
def test_several_teachers(rows):
    before, pair = numbers(rows), [fitted(rows), fitted(rows, 2.0)]
    distilled = on_given_rows(pair, Recorder(), random_state=0)
    soft = distilled.fit(rows, y).student_.soft_.proba
    assert_array_equal(numbers(rows), before)
    both = (expected(rows) + expected(rows, 2.0)) / 2
    assert_allclose(soft, both, atol=1e-6)
    # an average of several gives each its own rows too
    assert_allclose(distilled.teacher_.predict_proba(rows), both, atol=1e-6)
    assert_array_equal(numbers(rows), before)


@pytest.mark.parametrize("batch_size", [None, 50])
def test_soft_targets_for_a_file(rows, batch_size):
    before, pair = numbers(rows), [fitted(rows), fitted(rows, 2.0)]
    proba = compute_soft_targets(pair, rows, batch_size=batch_size)
    assert_array_equal(numbers(rows), before)
    assert_allclose(proba, (expected(rows) + expected(rows, 2.0)) / 2, atol=1e-6)


@pytest.mark.parametrize("cv", [None, 3])
@pytest.mark.parametrize("weights", [None, np.linspace(1, 2, len(y))])
def test_a_fit_that_writes_into_what_it_gets(rows, cv, weights):
    before, labels = numbers(rows), y.copy()
    given = None if weights is None else weights.copy()
    distilled = on_given_rows(Spoiler(), Recorder(), cv=cv, random_state=0)
    student = distilled.fit(rows, labels, sample_weight=given).student_
    assert_array_equal(numbers(rows), before)
    assert_array_equal(numbers(student.X_), before)
    assert_array_equal(labels, y)
    assert_array_equal(student.y_, y)
    assert given is None or np.array_equal(given, weights)
    mean = np.average(before, axis=0, weights=weights)
    assert_allclose(distilled.teacher_.mean_, mean, atol=1e-12)


def test_kept_predictions_are_found_again(rows, tmp_path):
    """The keys of results are made of the user's rows, not of what becomes of them."""
    distilled = on_given_rows(Spoiler(), Recorder(), random_state=0, cv=2)
    plain = distilled.fit(rows, y).student_.soft_.proba
    distilled.set_params(memory=tmp_path)
    for _ in range(2):
        assert_array_equal(distilled.fit(rows, y).student_.soft_.proba, plain)
        files = len(list(tmp_path.rglob("output.pkl")))
    assert files == 3 + 2  # three fits, and the folds' predictions


# ---- transformers before the members of a bagged teacher


@pytest.mark.parametrize("bagged", ["forest", "bagging"])
def test_members_of_a_teacher_that_scales_in_place(bagged):
    ensemble = RandomForestClassifier(12, random_state=0)
    if bagged == "bagging":
        ensemble = BaggingClassifier(n_estimators=12, random_state=0)
    soft = []
    for copy in (True, False):
        rows = X * 3 + 1
        teacher = make_pipeline(StandardScaler(copy=copy), ensemble)
        teacher.fit(rows.copy(), y)
        distilled = on_given_rows(
            teacher,
            Recorder(),
            objective=alone(out_of_sample=True),
            transfer=Copies(),
            random_state=0,
        )
        student = distilled.fit(rows, y).student_
        assert_array_equal(rows, X * 3 + 1)
        assert_array_equal(student.X_, np.vstack([rows, rows]))
        soft.append(student.soft_.proba)
    assert_array_equal(*soft)
    assert 0.1 < soft[0].max(axis=1).min() < 0.95  # they are out-of-bag predictions


class Copies(BaseEstimator):
    """A sampler that writes into the rows it gets, and gives them back as they were."""

    def fit(self, X):
        self.X_ = duplicate(X)
        spoil(X)
        return self

    def sample(self):
        return self.X_, np.arange(len(self.X_))


@pytest.mark.parametrize("kind", ["array", "pandas", "polars", "read only"])
def test_a_sampler_that_writes_into_its_rows(kind, tmp_path):
    rows = CONTAINERS[kind](tmp_path)
    distilled = on_given_rows(fitted(rows), Recorder(), transfer=Copies())
    student = distilled.fit(rows, y).student_
    assert_array_equal(numbers(rows), X)
    assert_array_equal(numbers(student.X_)[-len(X) :], X)


# ---- students


class Writer(ClassifierMixin, BaseEstimator):
    """A student of another package, which writes into its rows."""

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        X[...] = 0
        if sample_weight is not None:
            sample_weight[...] = 0
        return self

    def predict_proba(self, X):
        odds = np.exp(np.array(X[:, :3]))
        X[...] = 0
        return odds / odds.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


STUDENTS = {
    "pipeline": make_pipeline(StandardScaler(copy=False), LogisticRegression()),
    "ours in a pipeline": make_pipeline(StandardScaler(copy=False), SMALL),
    "step": make_pipeline(
        make_pipeline(FunctionTransformer(), StandardScaler(copy=False)),
        LogisticRegression(),
    ),
    "encoder": MLPStudent(
        (4,), max_iter=2, batch_size=64, encoder=StandardScaler(copy=False)
    ),
    "another package's": Writer(),
}


@pytest.mark.parametrize("alpha", [0, 1])
@pytest.mark.parametrize("student", STUDENTS)
def test_a_student_that_scales_in_place(student, alpha):
    rows, weight = X * 3 + 1, np.arange(1.0, 1 + len(y))
    distilled = DistilledClassifier(
        LogisticRegression(), STUDENTS[student], alpha=alpha, transfer=None
    )
    distilled.fit(rows, y, sample_weight=weight)
    assert_array_equal(rows, X * 3 + 1)
    assert_array_equal(weight, np.arange(1.0, 1 + len(y)))
    first = distilled.predict_proba(rows)
    assert_array_equal(distilled.predict_proba(rows), first)
    distilled.predict(rows)
    assert_array_equal(rows, X * 3 + 1)


def test_sparse_rows_are_scaled_elsewhere():
    rows = csr_matrix(X * 3)
    student = make_pipeline(MaxAbsScaler(copy=False), LogisticRegression())
    distilled = on_given_rows(LogisticRegression(), student).fit(rows, y)
    distilled.predict_proba(rows)
    assert_array_equal(rows.toarray(), X * 3)


# ---- comparing models


def test_reports_leave_the_rows_alone(rows):
    before, one, other = numbers(rows), fitted(rows), fitted(rows, 2.0)
    agreed = (expected(rows).argmax(1) == expected(rows, 2.0).argmax(1)).mean()
    assert agreement_scorer(other)(one, rows) == agreed
    found = compare({"one": one, "other": other}, rows, y, reference="one", n_calls=2)
    accuracy = [(expected(rows, s).argmax(1) == y).mean() for s in (1.0, 2.0)]
    assert [row["accuracy"] for row in found.rows] == accuracy
    prediction_latency(one, rows, n_calls=2)
    throughput(one, rows, n_repeats=2)
    assert_array_equal(numbers(rows), before)


def test_a_module_that_writes_into_its_input():
    import torch
    from skorch import NeuralNetClassifier

    class Centred(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(5, 3)

        def forward(self, x):
            return self.layer(x.sub_(1))

    net = NeuralNetClassifier(Centred, max_epochs=1, verbose=0)
    for dtype in ("float32", "float64"):
        rows = X.astype(dtype)
        student = SkorchStudent(net, encoder=None)
        distilled = on_given_rows(LogisticRegression(), student).fit(rows, y)
        first = distilled.predict_proba(rows)
        assert_array_equal(distilled.predict_proba(rows), first)
        assert_array_equal(rows, X.astype(dtype))
