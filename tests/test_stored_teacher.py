"""A teacher in a file: sent as its path, read once a process, never another one."""

import os
import pickle
import shutil
import sys
import threading
from pathlib import Path

import joblib
import numpy as np
import pytest
import skops.io
from fitted_teachers import FittedModel
from lightgbm import LGBMClassifier
from numpy.testing import assert_array_equal
from processes import printed_by
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch_nets import net
from torch import nn
from wine import FOREST, X, distil, y

from sklearn_kd import CascadeClassifier, DistilledRegressor, StoredTeacher
from sklearn_kd.export import trusted_types
from sklearn_kd.inspection import compare, count_parameters, pickled_size
from sklearn_kd.teachers.cache._key import key_of_teacher
from sklearn_kd.teachers.given import _file

NET = net(
    max_epochs=1,
    module__n_features=13,
    module__n_classes=3,
    criterion=nn.CrossEntropyLoss,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "teacher.joblib"


@pytest.fixture
def loads(monkeypatch):
    """The files that were loaded, in this process."""
    found = []

    def load(path, **settings):
        found.append(path)
        return joblib_load(path, **settings)

    joblib_load = joblib.load
    monkeypatch.setattr(joblib, "load", load)
    return found


def alter(path):
    """Change one byte, and let the clock go on: it has steps of milliseconds."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, (0, 0))


# ---- as the teacher of a distilled estimator


def test_a_student_of_it_is_a_student_of_the_teacher_in_it(path):
    stored = StoredTeacher.save(FOREST, path)
    model = distil(stored).fit(X, y)
    assert_array_equal(
        model.predict_proba(X), distil(FOREST).fit(X, y).predict_proba(X)
    )
    assert model.teacher_ is stored
    assert clone(model).teacher is stored
    assert not [name for name in model.get_params() if name.startswith("teacher__")]
    with pytest.raises(ValueError, match="StoredTeacher is fitted, is never refitted"):
        model.set_params(teacher__n_estimators=3)
    with pytest.raises(ValueError, match="cv was given, but the teacher StoredTeacher"):
        distil(stored, cv=3).fit(X, y)


def test_a_regressor_in_a_file(path):
    forest = RandomForestRegressor(5, random_state=0).fit(X, X[:, 0])
    stored = StoredTeacher.save(forest, path)
    params = {"transfer": None, "objective": "fidelity", "random_state": 0}
    found, expected = (
        DistilledRegressor(teacher, Ridge(), **params).fit(X, X[:, 0]).predict(X)
        for teacher in (stored, forest)
    )
    assert_array_equal(found, expected)
    assert is_regressor(stored)
    assert not is_classifier(stored)


@pytest.mark.parametrize(
    "teacher",
    [
        HistGradientBoostingClassifier(max_iter=3),
        KNeighborsClassifier(),
        LGBMClassifier(n_estimators=3, n_jobs=1, verbose=-1),
        make_pipeline(StandardScaler(), LogisticRegression()),
        NET,
        FittedModel(FOREST, classes_=[2, 0, 1]),
    ],
    ids=lambda teacher: type(teacher).__name__,
)
def test_teachers_of_any_kind(teacher, path):
    rows = X.astype(np.float32)
    if hasattr(teacher, "fit"):
        teacher.fit(rows, y)
    stored = StoredTeacher.save(teacher, path)
    assert_array_equal(stored.predict_proba(rows), teacher.predict_proba(rows))
    found, expected = (
        distil(one).fit(rows, y).predict_proba(rows) for one in (stored, teacher)
    )
    assert_array_equal(found, expected)


def test_attributes_and_tags_are_those_of_the_teacher(path):
    stored = StoredTeacher.save(FOREST, path)
    assert stored.n_features_in_ == 13
    assert_array_equal(stored.classes_, [0, 1, 2])
    assert is_classifier(stored)
    assert not hasattr(stored, "feature_names_in_")
    assert not hasattr(stored, "predict_log_proba_")
    tags, expected = stored.__sklearn_tags__(), FOREST.__sklearn_tags__()
    assert tags.input_tags == expected.input_tags
    assert tags.target_tags == expected.target_tags


def test_estimators_of_scikit_learn_take_it_for_a_frozen_one(path):
    stored = StoredTeacher.save(FOREST, path)
    calibrated = CalibratedClassifierCV(stored).fit(X, y)
    expected = CalibratedClassifierCV(FrozenEstimator(FOREST)).fit(X, y)
    assert_array_equal(calibrated.predict_proba(X), expected.predict_proba(X))
    vote = VotingClassifier([("stored", stored)], voting="soft").fit(X, y)
    assert_array_equal(vote.predict_proba(X), FOREST.predict_proba(X))


def test_a_cascade_with_it(path):
    stored = StoredTeacher.save(FOREST, path)
    student = distil().fit(X, y).student_
    found, expected = (
        CascadeClassifier(student, teacher, max_disagreement=0.9).fit(X).predict(X)
        for teacher in (stored, FOREST)
    )
    assert_array_equal(found, expected)


# ---- pickles


def test_a_pickle_has_neither_the_teacher_nor_its_rows(path, loads):
    stored = StoredTeacher.save(FOREST, path)
    assert len(pickle.dumps(stored)) < 500 + len(str(path)) < len(pickle.dumps(FOREST))
    loaded = pickle.loads(pickle.dumps(stored))
    assert repr(loaded) == repr(stored) == f"StoredTeacher({str(path)!r})"
    assert not loads  # none of this needs the teacher
    assert loaded.estimator is stored.estimator
    assert len(loads) == 1


def test_skops_is_given_no_way_to_a_pickle(path, tmp_path):
    stored = StoredTeacher.save(FOREST, path)
    for model in (stored, distil(stored).fit(X, y)):
        with pytest.raises(TypeError, match="StoredTeacher loads a pickle"):
            skops.io.dump(model, tmp_path / "model.skops")
    assert not [name for name in trusted_types() if "StoredTeacher" in name]
    small = model.without_teacher()
    skops.io.dump(small, tmp_path / "model.skops")


def test_threads_share_one_teacher(path, loads):
    stored = [StoredTeacher.save(FOREST, path)] * 4
    found, start = [], threading.Barrier(4)

    def use(one):
        start.wait()
        found.append(pickle.loads(pickle.dumps(one)).estimator)

    threads = [threading.Thread(target=use, args=[one]) for one in stored]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len({id(one) for one in found}) == len(loads) == 1


def test_arrays_are_pages_of_the_file(path):
    stored = StoredTeacher.save(KNeighborsClassifier().fit(X, y), path)
    assert isinstance(stored.estimator._fit_X, np.memmap)
    stored.estimator._fit_X[0] += 1  # as some estimators do: the file stays as it is
    assert _file.digest_of(path) == stored.digest


def test_a_compressed_file_is_loaded_without_a_warning(path):
    joblib.dump(FOREST, path, compress=3)
    assert_array_equal(StoredTeacher(path).predict(X), FOREST.predict(X))


def test_the_oldest_teachers_make_place(tmp_path, loads):
    files = [tmp_path / f"{place}.joblib" for place in range(_file.KEPT + 1)]
    stored = [StoredTeacher.save(FOREST, file) for file in files]
    for one in [*stored, stored[-1]]:
        one.predict(X[:1])
    assert len(loads) == len(files)
    stored[0].predict(X[:1])
    assert len(loads) == len(files) + 1


class Logged(RandomForestClassifier):
    """Writes down in which process it is loaded."""

    def __setstate__(self, state):
        super().__setstate__(state)
        with Path(os.environ["LOADS"]).open("a") as file:
            file.write(f"{os.getpid()}\n")


@pytest.mark.usefixtures("fresh_workers")
def test_a_search_loads_it_once_a_worker(path, tmp_path, monkeypatch):
    monkeypatch.setenv("LOADS", str(tmp_path / "loads"))
    forest = Logged(10, random_state=0).fit(X, y)
    stored = StoredTeacher.save(forest, path)
    grid = {"alpha": [0.3, 0.6, 1.0]}
    search = GridSearchCV(distil(stored), grid, cv=3, n_jobs=2, refit=False).fit(X, y)
    pids = (tmp_path / "loads").read_text().split()
    workers = set(pids) - {str(os.getpid())}
    assert len(pids) == len(set(pids))
    assert 1 <= len(workers) <= 2
    expected = GridSearchCV(distil(FOREST), grid, cv=3, refit=False).fit(X, y)
    scores = "mean_test_score"
    assert_array_equal(search.cv_results_[scores], expected.cv_results_[scores])


# ---- files that are another one


def test_a_changed_file_is_an_error(path):
    stored = StoredTeacher.save(FOREST, path)
    alter(path)
    with pytest.raises(ValueError, match=r"was changed or cut off.*StoredTeacher\(pa"):
        stored.predict(X)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="was changed or cut off"):
        distil(stored).fit(X, y)


def test_a_file_that_changes_after_it_was_loaded_is_an_error(path):
    stored = StoredTeacher.save(FOREST, path)
    stored.predict(X)
    StoredTeacher.save(RandomForestClassifier(3, random_state=1).fit(X, y), path)
    with pytest.raises(ValueError, match="was changed"):
        stored.predict(X)
    assert StoredTeacher(path).n_estimators == 3


def test_another_worker_refuses_what_was_changed_in_between(path):
    stored = StoredTeacher.save(FOREST, path)
    sent = pickle.dumps(stored).hex()
    alter(path)
    program = (
        "import pickle, sys\n"
        "try: pickle.loads(bytes.fromhex(sys.argv[1])).predict([[0.0] * 13])\n"
        "except ValueError as error: print(error)"
    )
    assert "was changed or cut off" in printed_by("-c", program, sent)


def test_a_file_of_the_same_content_is_not_loaded_again(path, loads):
    stored = StoredTeacher.save(FOREST, path)
    stored.predict(X)
    os.utime(path, (0, 0))
    stored.predict(X)
    assert len(loads) == 1


def test_a_file_that_is_replaced_while_it_is_read(path, monkeypatch):
    stored = StoredTeacher.save(FOREST, path)
    read = _file._read

    def replace(name):
        StoredTeacher.save(LogisticRegression().fit(X, y), path)
        return read(name)

    monkeypatch.setattr(_file, "_read", replace)
    with pytest.raises(ValueError, match="was changed"):
        stored.predict(X)


def test_a_moved_file_is_found_by_its_new_path(path, tmp_path):
    stored = StoredTeacher.save(FOREST, path)
    new = tmp_path / "new.joblib"
    shutil.move(path, new)
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        stored.predict(X)
    moved = StoredTeacher(new, stored.digest)
    assert_array_equal(moved.predict(X), FOREST.predict(X))
    assert key_of_teacher(moved) == key_of_teacher(StoredTeacher(new))


# ---- the cache of memory=


def test_the_digest_is_the_key_of_the_cache(path, tmp_path, monkeypatch):
    stored = StoredTeacher.save(FOREST, path)
    before = key_of_teacher(stored)
    assert key_of_teacher(pickle.loads(pickle.dumps(stored))) == before
    shutil.copy(path, tmp_path / "copy")
    assert key_of_teacher(StoredTeacher(tmp_path / "copy")) == before
    other = StoredTeacher.save(RandomForestClassifier(3).fit(X, y), tmp_path / "other")
    assert key_of_teacher(other) != before
    hashed = []
    monkeypatch.setattr(joblib, "hash", lambda value: hashed.append(value) or "")
    key_of_teacher(stored)
    assert not any(isinstance(one, RandomForestClassifier) for one in hashed)


@pytest.mark.parametrize("wrap", [lambda one: one, make_pipeline])
def test_the_package_of_what_is_in_the_file_counts(wrap, path, monkeypatch):
    model = LGBMClassifier(n_estimators=2, n_jobs=1, verbose=-1).fit(X, y)
    teacher = wrap(StoredTeacher.save(model, path))
    before = key_of_teacher(teacher)
    monkeypatch.setattr(sys.modules["lightgbm"], "__version__", "0.0.1")
    assert key_of_teacher(teacher) != before


# ---- what a comparison measures


def test_a_comparison_measures_what_is_in_the_file(path):
    stored = StoredTeacher.save(FOREST, path)
    assert pickled_size(stored) > pickled_size(FOREST)
    assert count_parameters(stored) == count_parameters(FOREST)
    found = compare(distil(stored).fit(X, y), X, y, n_calls=10)["teacher"]
    assert found["pickled_size"] == pickled_size(stored)


# ---- what is refused


def test_what_cannot_be_stored_is_refused(path):
    with pytest.raises(NotFittedError, match="is not fitted: fit it before"):
        StoredTeacher.save(RandomForestClassifier(), path)
    with pytest.raises(TypeError, match="must be a fitted model with predict_proba"):
        StoredTeacher.save("forest", path)
    with pytest.raises(TypeError, match="must be a fitted model"):
        StoredTeacher.save(RandomForestClassifier, path)
    forest = clone(FOREST).fit(X, y)
    forest.lock = threading.Lock()
    with pytest.raises(TypeError, match=r"cannot be pickled.*Define classes"):
        StoredTeacher.save(forest, path)
    assert not list(path.parent.iterdir())  # nor is a part left


def test_paths_and_digests_that_are_none(path, tmp_path):
    with pytest.raises(ValueError, match=r"No such file.*StoredTeacher\.save"):
        StoredTeacher(path)
    with pytest.raises(ValueError, match=r"is a folder\. Pass the name of a file that"):
        StoredTeacher(tmp_path)
    with pytest.raises(ValueError, match=r"No such file.*StoredTeacher\.save"):
        StoredTeacher(tmp_path / "none" / "forest.joblib")
    with pytest.raises(ValueError, match=r"path is empty\. Pass the name of a file th"):
        StoredTeacher("")
    for wrong in (None, 3):
        with pytest.raises(TypeError, match=r"path must be a str or an os\.PathLike"):
            StoredTeacher(wrong)
    with pytest.raises(ValueError, match="digest must be the 64 hexadecimal digits"):
        StoredTeacher(path, "abc")
    with pytest.raises(TypeError, match="digest must be"):
        StoredTeacher(path, 3)


def test_a_file_of_something_else(path):
    path.write_text("column,target\n")
    with pytest.raises(ValueError, match="Nothing can be loaded from the teacher's"):
        StoredTeacher(path).predict(X)


def test_nothing_of_it_can_be_changed(path):
    stored = StoredTeacher.save(FOREST, path)
    with pytest.raises(ValueError, match="estimator cannot be set: the teacher in"):
        stored.set_params(estimator=FOREST)
    assert stored.set_params() is stored
