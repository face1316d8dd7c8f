"""``memory=`` and chunks: what was paid for once is not paid for again."""

import threading
from pathlib import Path

import joblib
import numpy as np
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from sklearn_kd import MLPStudent, UnlabeledRows, compute_soft_targets
from sklearn_kd.teachers import _label

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
STUDENT = MLPStudent((8,), max_iter=5, batch_size=64)

#: Rows in the calls of the teachers below, in this process.
FITS, PREDICTED = [], []


@pytest.fixture(autouse=True)
def forget():
    FITS.clear()
    PREDICTED.clear()


class CountedForest(RandomForestClassifier):
    def fit(self, X, y, sample_weight=None):
        FITS.append(len(X))
        return super().fit(X, y, sample_weight)

    def predict_proba(self, X):
        PREDICTED.append(len(X))
        return super().predict_proba(X)


class Oracle:
    """A fitted teacher that counts, and stops at a given call."""

    classes_ = (0, 1, 2)

    def __init__(self, fail_at=None, **attributes):
        self.model = RandomForestClassifier(10, random_state=0).fit(X, y)
        self.fail_at = fail_at
        vars(self).update(attributes)

    def predict_proba(self, X):
        PREDICTED.append(len(X))
        if len(PREDICTED) == self.fail_at:
            raise RuntimeError("killed")
        return self.model.predict_proba(X)


def distil(teacher, memory, **params):
    params.setdefault("random_state", 0)
    return on_given_rows(teacher, STUDENT, memory=memory, **params)


FOREST = CountedForest(5)


@pytest.mark.parametrize("cv", [None, 3])
def test_a_second_fit_neither_fits_nor_asks_the_teacher(cv, tmp_path):
    first = distil(FOREST, tmp_path, cv=cv).fit(X, y, X_unlabeled=X[:50])
    assert len(FITS) == (1 if cv is None else 4)
    assert PREDICTED
    FITS.clear()
    PREDICTED.clear()
    second = distil(FOREST, tmp_path, cv=cv).fit(X, y, X_unlabeled=X[:50])
    assert FITS == []
    assert PREDICTED == []
    assert_array_equal(second.predict_proba(X), first.predict_proba(X))
    # what the student does with it costs no teacher either
    distil(FOREST, tmp_path, cv=cv, alpha=0.5, temperature=2.0).fit(X, y)
    assert FITS == []
    plain = distil(FOREST, None, cv=cv).fit(X, y, X_unlabeled=X[:50])
    assert_array_equal(plain.predict_proba(X), first.predict_proba(X))


@pytest.mark.parametrize(
    ("change", "fit_params"),
    [
        ({"random_state": 1}, {}),
        ({"teacher__n_estimators": 6}, {}),
        ({}, {"sample_weight": np.arange(len(y)) % 2 + 1.0}),
        ({}, {"X": X + 1}),
        ({}, {"y": (y + 1) % 3}),
    ],
    ids=["seed", "parameter", "weights", "rows", "labels"],
)
def test_another_input_is_another_fit(change, fit_params, tmp_path):
    distil(FOREST, tmp_path).fit(X, y)
    FITS.clear()
    distilled = distil(FOREST, tmp_path).set_params(**change)
    distilled.fit(**{"X": X, "y": y} | fit_params)
    assert len(FITS) == 1
    FITS.clear()
    distil(FOREST, tmp_path).set_params(**change).fit(**{"X": X, "y": y} | fit_params)
    assert FITS == []


def test_a_search_pays_for_one_teacher_a_fold(tmp_path):
    grid = {"alpha": [0.3, 0.6, 1.0], "temperature": [1.0, 2.0]}
    GridSearchCV(distil(FOREST, tmp_path), grid, cv=2).fit(X, y)
    assert len(FITS) == 3  # two folds, and all rows at the end


def test_a_teacher_with_a_seed_is_kept_without_random_state(tmp_path):
    teacher = CountedForest(5, random_state=3)
    for _ in range(2):
        distil(teacher, tmp_path, random_state=None).fit(X, y)
    assert len(FITS) == 1


@pytest.mark.parametrize(
    "kind", [str, Path, lambda path: joblib.Memory(path, verbose=0)]
)
def test_kinds_of_memory(kind, tmp_path):
    for _ in range(2):
        distil(FOREST, kind(tmp_path)).fit(X, y)
    assert len(FITS) == 1
    assert clone(distil(FOREST, kind(tmp_path))).fit(X, y).score(X, y) > 0.3
    assert len(FITS) == 1


def test_the_default_ensemble_is_kept(tmp_path):
    """The hash of a fitted gradient boosting is not stable; that of its inputs is."""
    for _ in range(2):
        distil(None, tmp_path).fit(X, y, X_unlabeled=X[:50])
        count = len(list(tmp_path.rglob("output.pkl")))
        FITS.append(count)
    assert (
        FITS[0] == FITS[1] == 2 * 3
    )  # a fit, two predictions for each of two teachers


# ---- labels


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(_label, "CHUNK", 20)


@pytest.mark.usefixtures("small_chunks")
def test_rows_are_predicted_in_chunks():
    distilled = distil(Oracle(), None).set_params(student=Recorder())
    distilled.fit(X, y, X_unlabeled=X[:50])
    first = 1  # the row that shows that the teacher is fitted
    assert list(PREDICTED) == [first, *[20] * 8, 18, 17, 17, 16]
    expected = Oracle().model.predict_proba(np.vstack([X, X[:50]]))
    assert_allclose(distilled.student_.soft_.proba, expected, atol=1e-7)


@pytest.mark.usefixtures("small_chunks")
def test_nothing_is_printed_by_default(capsys):
    distil(FOREST, None, cv=2).fit(X, y)
    assert capsys.readouterr() == ("", "")


def test_chunks_and_jobs_change_no_result(monkeypatch):
    teacher = RandomForestClassifier(50, random_state=0, n_jobs=2).fit(X, y)
    expected = distil(teacher, None).fit(X, y).predict_proba(X)
    monkeypatch.setattr(_label, "CHUNK", 7)
    for n_jobs in (None, 2):
        result = distil(teacher, None, n_jobs=n_jobs).fit(X, y).predict_proba(X)
        assert_array_equal(result, expected)


@pytest.mark.usefixtures("small_chunks")
def test_chunks_are_predicted_in_threads():
    """A fitted teacher may be large: it is shared and not copied to processes."""
    names = set()

    class Named(Oracle):
        def predict_proba(self, X):
            names.add(threading.current_thread().name)
            return super().predict_proba(X)

    distil(Named(), None, n_jobs=2).fit(X, y)
    assert len(names - {threading.main_thread().name}) > 0
    assert sum(PREDICTED) == 1 + len(X)


@pytest.mark.usefixtures("small_chunks")
def test_a_killed_labelling_goes_on_where_it_was(tmp_path):
    teacher = Oracle(fail_at=4, cache_key="oracle")  # the third chunk
    with pytest.raises(RuntimeError, match="rows 40 to 59 of 178 failed: killed"):
        distil(teacher, tmp_path).fit(X, y)
    assert PREDICTED == [1, 20, 20, 20]
    PREDICTED.clear()
    teacher.fail_at = None
    distilled = distil(teacher, tmp_path).fit(X, y)
    assert list(PREDICTED) == [
        1,
        *[20] * 6,
        18,
    ]  # two of nine chunks are kept
    plain = distil(Oracle(), None).fit(X, y)
    assert_array_equal(distilled.predict_proba(X), plain.predict_proba(X))


def test_an_error_names_rows_and_the_chunk_beside_it_is_kept(tmp_path):
    beside, failed = threading.Event(), threading.Event()

    class Failing(Oracle):
        cache_key = "failing"

        def predict_proba(self, rows):
            if self.fails and (rows[0] == X[0]).all() and len(rows) > 1:
                assert beside.wait(60)
                failed.set()
                raise KeyError("no such level")
            if self.fails and (rows[0] == X[20]).all():
                beside.set()
                assert failed.wait(60)
            return super().predict_proba(rows)

    teacher = Failing(fails=True)
    with pytest.raises(KeyError, match="rows 0 to 19 of 178 failed: 'no such level'"):
        compute_soft_targets(teacher, X, batch_size=20, n_jobs=2, memory=tmp_path)
    assert failed.is_set()
    asked = sum(PREDICTED) - 1
    assert 20 <= asked < len(X) - 20
    PREDICTED.clear()
    teacher = Failing(fails=False)
    proba = compute_soft_targets(teacher, X, batch_size=20, memory=tmp_path)
    assert sum(PREDICTED) - 1 == len(X) - asked
    assert_allclose(proba, teacher.model.predict_proba(X), atol=1e-7)


@pytest.mark.usefixtures("small_chunks")
def test_a_search_asks_about_the_unlabelled_rows_once(tmp_path):
    """They are the same for every fold and candidate."""
    search = GridSearchCV(distil(Oracle(), tmp_path), {"alpha": [0.5, 1.0]}, cv=2)
    search.fit(X, y, X_unlabeled=UnlabeledRows(X + 1))
    n_rows = sum(PREDICTED) - PREDICTED.count(1)
    assert n_rows <= 3 * len(X)  # the folds, all rows, and the others; 8 without


@pytest.mark.parametrize("key", [None, "oracle-1"])
def test_a_fitted_teacher_is_known_by_its_hash_or_its_key(key, tmp_path):
    """A key saves the hash of a large teacher, and helps where it is not stable."""
    for state in range(2):
        teacher = Oracle(changing=state)
        if key is not None:
            teacher.cache_key = key
        distil(teacher, tmp_path).fit(X, y)
    full = [n for n in PREDICTED if n > 1]
    assert len(full) == (2 if key is None else 1)
    distil(Oracle(cache_key="oracle-2"), tmp_path).fit(X, y)
    assert len([n for n in PREDICTED if n > 1]) == len(full) + 1


def test_a_frozen_teacher_is_known_by_what_is_in_it(tmp_path):
    teacher = CountedForest(5, random_state=0).fit(X, y)
    for frozen in (FrozenEstimator(teacher), FrozenEstimator(teacher)):
        distil(frozen, tmp_path).fit(X, y)
    assert [n for n in PREDICTED if n > 1] == [len(X)]


def test_other_rows_are_predicted_again(tmp_path):
    teacher = Oracle()
    distil(teacher, tmp_path).fit(X, y)
    distil(teacher, tmp_path).fit(X[:-1], y[:-1])
    assert [n for n in PREDICTED if n > 1] == [178, 177]


def test_a_cache_across_unfitted_teachers_is_kept_apart(tmp_path):
    """Two teachers of one ensemble, on the same rows: neither replaces the other."""
    pair = [LogisticRegression(C=0.01), LogisticRegression(C=100.0)]
    kept = distil(pair, tmp_path, cv=3).set_params(student=Recorder())
    plain = distil(pair, None, cv=3).set_params(student=Recorder())
    for _ in range(2):
        soft = clone(kept).fit(X, y).student_.soft_.proba
        assert_array_equal(soft, clone(plain).fit(X, y).student_.soft_.proba)
