"""``compute_soft_targets``: probabilities of fitted teachers for any rows."""

import threading

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from teacher_alone import distil

from sklearn_kd import MLPStudent, SoftTargets
from sklearn_kd import compute_soft_targets as compute

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
NAMES = np.array(["a", "b", "c"])
TEACHER = LogisticRegression().fit(X, NAMES[y])
P = TEACHER.predict_proba(X)


class Unnamed:
    """Probabilities without a word about the classes."""

    def predict_proba(self, X):
        return TEACHER.predict_proba(X)


class Named(Unnamed):
    """Probabilities in a frame, in an order of its own."""

    def predict_proba(self, X):
        return pd.DataFrame(TEACHER.predict_proba(X), columns=NAMES)[["c", "a", "b"]]


class Counting:
    """Records how many rows each call had."""

    classes_ = NAMES

    def __init__(self):
        self.sizes, self.lock = [], threading.Lock()

    def predict_proba(self, X):
        with self.lock:
            self.sizes.append(X.shape[0])
        return TEACHER.predict_proba(X)


ROWS = {
    "float64": X,
    "fortran": np.asfortranarray(X),
    "lists": X.tolist(),
    "csr": sparse.csr_matrix(X),
    "coo": sparse.coo_array(X),
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("batch_size", [None, 1, 50, 1000])
def test_same_as_one_call(name, batch_size):
    proba = compute(TEACHER, ROWS[name], batch_size=batch_size)
    assert proba.dtype == np.float32
    assert_allclose(proba, P, atol=1e-6)


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_frames_reach_the_teacher_as_frames(library):
    frame = library({f"x{j}": X[:, j] for j in range(X.shape[1])})
    teacher = LogisticRegression().fit(frame, y)
    proba = compute(teacher, frame, batch_size=40)
    assert_allclose(proba, teacher.predict_proba(frame), atol=1e-6)


@pytest.mark.parametrize("container", [list, np.array, pd.Series, pl.Series])
def test_texts(container):
    texts = ["good food", "bad food", "very good", "bad indeed"] * 5
    teacher = make_pipeline(TfidfVectorizer(), LogisticRegression())
    teacher.fit(texts, [1, 0, 1, 0] * 5)
    proba = compute(teacher, container(texts), batch_size=3)
    assert_allclose(proba, teacher.predict_proba(texts), atol=1e-6)


def test_into_a_memmap_from_a_memmap(tmp_path):
    rows = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float32, X.shape)
    rows[:] = X
    out = np.lib.format.open_memmap(tmp_path / "P.npy", "w+", np.float32, P.shape)
    assert compute(TEACHER, rows, batch_size=30, out=out) is out
    out.flush()
    assert_allclose(np.load(tmp_path / "P.npy"), P, atol=1e-4)


def test_batches():
    teacher = Counting()
    compute(teacher, X, batch_size=50)
    # the first is one row: whether it is fitted
    assert teacher.sizes == [1, 50, 50, 50, 28]


def test_jobs_change_nothing():
    forest = RandomForestClassifier(20, random_state=0).fit(X, y)
    one = compute(forest, X, batch_size=7)
    assert_array_equal(compute(forest, X, batch_size=7, n_jobs=2), one)


def test_order_of_classes():
    proba = compute(TEACHER, X, classes=["c", "a", "b"])
    assert_allclose(proba, P[:, [2, 0, 1]], atol=1e-6)


def test_a_class_more_and_a_class_less():
    assert_array_equal(compute(TEACHER, X, classes=["a", "b", "c", "d"])[:, 3], 0)
    part = compute(TEACHER, X, classes=["a", "b"])
    assert_allclose(part, P[:, :2] / P[:, :2].sum(axis=1, keepdims=True), atol=1e-4)


def test_rows_with_no_mass_on_the_classes():
    sure = RandomForestClassifier(5, bootstrap=False, max_features=None, random_state=0)
    sure.fit(X, y)
    with pytest.warns(UserWarning, match=r"for 48 of 178 rows: these rows are zero"):
        proba = compute(sure, X, classes=[0, 1], batch_size=100)
    assert_array_equal(proba.sum(axis=1), np.where(y == 2, 0, 1))


def test_a_frame_names_its_columns():
    assert_allclose(compute(Named(), X), P[:, [2, 0, 1]], atol=1e-6)
    assert_allclose(compute(Named(), X, classes=NAMES), P, atol=1e-6)


def test_columns_without_a_name():
    with pytest.raises(ValueError, match=r"Unnamed has no classes_ .* pass classes"):
        compute(Unnamed(), X)
    assert_allclose(compute(Unnamed(), X, classes=NAMES), P, atol=1e-6)
    with pytest.raises(ValueError, match=r"\(n_samples, 2\)"):
        compute(Unnamed(), X, classes=["a", "b"])


def test_several_teachers_are_averaged():
    rows = np.flatnonzero(y > 0)
    other = LogisticRegression(C=0.01).fit(X[rows], NAMES[y[rows]])
    wanted = P.copy()
    wanted[:, 1:] += other.predict_proba(X)
    proba = compute([TEACHER, other], X, batch_size=60)
    assert_allclose(proba, wanted / 2, atol=1e-6)


def test_the_result_is_what_a_student_learns_from():
    soft = SoftTargets(compute(TEACHER, X), NAMES)
    student = MLPStudent((8,), max_iter=5, random_state=0)
    student.fit(X, NAMES[y], soft_targets=soft)
    student = distil(student=student, random_state=0)
    student.fit(X, NAMES[y], teacher_proba=compute(TEACHER, X))
    assert_array_equal(student.classes_, NAMES)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"teacher": LogisticRegression()}, NotFittedError, "fit it first"),
        ({"teacher": LinearSVC().fit(X, y)}, TypeError, "no predict_proba"),
        ({"teacher": []}, ValueError, "empty list"),
        ({"batch_size": 0}, ValueError, "batch_size must be None or an int"),
        ({"batch_size": 2.5}, ValueError, "batch_size must be None or an int"),
        ({"X": X[:, :5]}, ValueError, "5 features"),
        ({"out": [[0.0] * 3] * len(X)}, TypeError, "an array or a memmap"),
        ({"out": np.empty(P.shape)}, ValueError, "dtype float64, expected"),
        ({"out": np.empty((3, 3), np.float32)}, ValueError, r"shape \(3, 3\)"),
    ],
)
def test_errors(params, error, message):
    with pytest.raises(error, match=message):
        compute(**{"teacher": TEACHER, "X": X} | params)


def test_a_read_only_memmap_is_refused(tmp_path):
    np.save(tmp_path / "P.npy", P.astype(np.float32))
    with pytest.raises(ValueError, match="read-only"):
        compute(TEACHER, X, out=np.load(tmp_path / "P.npy", mmap_mode="r"))


def test_batches_are_kept_of_each_teacher(tmp_path):
    one, other = Counting(), Counting()
    one.cache_key, other.cache_key = "one", "other"
    first = compute([one, other], X, batch_size=50, memory=tmp_path, n_jobs=2)
    assert sorted(one.sizes) == [1, 28, 50, 50, 50] == sorted(other.sizes)
    assert_array_equal(compute([one, other], X, batch_size=50, memory=tmp_path), first)
    assert one.sizes[5:] == [1]
    compute(one, X, batch_size=50, classes=["b", "a", "c"], memory=tmp_path)
    assert one.sizes[6:] == [1, 50, 50, 50, 28]


def test_a_teacher_that_cannot_be_pickled_is_not_kept(tmp_path):
    teacher = Counting()  # it has a lock
    with pytest.warns(UserWarning, match="A result is not kept in memory="):
        compute(teacher, X, batch_size=50, memory=tmp_path)
    assert not list(tmp_path.rglob("output.pkl"))


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"memory": 3}, TypeError, "memory must be the name of a folder"),
        ({"memory": joblib.Memory}, TypeError, "memory is the class Memory"),
        ({"memory": " "}, ValueError, "names no folder"),
        ({"memory": __file__}, ValueError, "is a file"),
        ({"verbose": -1}, ValueError, "verbose must be at least 0"),
        ({"verbose": "yes"}, TypeError, "verbose must be an integer"),
    ],
)
def test_memory_and_verbose_are_checked(params, error, message):
    with pytest.raises(error, match=message):
        compute(TEACHER, X, **params)
