"""``memory=`` in searches over several processes, with teachers of any kind."""

import pickle
import re
import resource
import warnings
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import joblib
import numpy as np
import pytest
from given_rows import on_given_rows
from joblib.memory import CacheWarning
from numpy.testing import assert_array_equal
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
from skorch_nets import net
from torch import nn

from sklearn_kd import MLPStudent, StoredTeacher, compute_soft_targets
from sklearn_kd.teachers.cache._cache import Call

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X).astype(np.float32)
STUDENT = MLPStudent((8,), max_iter=2, batch_size=64)
GRID = {
    "alpha": [0.3, 0.6, 1.0],
    "temperature": [1.0, 2.0],
    "student__hidden_layer_sizes": [(4,), (8,)],
}


class CountedForest(RandomForestClassifier):
    """Writes a line a fit, and a line a prediction, into a file."""

    def __init__(self, log, n_estimators=5, random_state=None):
        super().__init__(n_estimators, random_state=random_state)
        self.log = log

    def _note(self, what, X):
        with Path(self.log).open("a") as file:
            file.write(f"{what} {len(X)}\n")

    def fit(self, X, y, sample_weight=None):
        self._note("fit", X)
        return super().fit(X, y, sample_weight)

    def predict_proba(self, X):
        self._note("predict", X)
        return super().predict_proba(X)


def counted(log):
    """How often it fitted, and how many rows it predicted, but for single ones."""
    found = Counter()
    for line in Path(log).read_text().splitlines():
        what, n_rows = line.split()
        found[what] += 1 if what == "fit" else int(n_rows) * (int(n_rows) > 1)
    return found


def distil(teacher, **params):
    return on_given_rows(teacher, STUDENT, **{"random_state": 0} | params)


def scores(search):
    return {
        name: values
        for name, values in search.cv_results_.items()
        if re.search("split._test", name)
    }


# ---- one teacher a fold


@pytest.mark.usefixtures("fresh_workers")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_twelve_candidates_pay_for_six_teachers(n_jobs, tmp_path):
    """One a fold, and one at the end: not 61. And nothing else differs."""
    teacher = CountedForest(str(tmp_path / "log"))
    search = GridSearchCV(
        distil(teacher, memory=tmp_path / "memory"), GRID, cv=5, n_jobs=n_jobs
    ).fit(X, y)
    assert counted(tmp_path / "log") == {"fit": 6, "predict": 5 * len(X)}
    plain = GridSearchCV(distil(teacher), GRID, cv=5).fit(X, y)
    assert counted(tmp_path / "log")["fit"] == 6 + 61
    for name, values in scores(plain).items():
        assert_array_equal(search.cv_results_[name], values)
    assert search.best_index_ == plain.best_index_
    assert_array_equal(search.predict_proba(X), plain.predict_proba(X))


def draw(number):
    return np.random.default_rng(number).normal(size=100_000)


def look_up(folder, numbers, turn):
    """Look up the results of calls that another process looks up at the same time."""
    turn = Path(turn)
    for number in numbers:
        # neither begins before the other is there
        (turn / f"{number} {joblib.hash(np.random.default_rng().random())}").touch()
        while len(list(turn.glob(f"{number} *"))) < 2:
            pass
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = Call(folder, draw, (number,)).result()
        assert_array_equal(found, draw(number))
    return len(numbers)


@pytest.mark.usefixtures("fresh_workers")
def test_two_workers_that_want_the_same_read_no_torn_file(tmp_path):
    """They compute it both, or one waits for the other; neither warns of damage."""
    (tmp_path / "turn").mkdir()
    folder, numbers = tmp_path / "memory", list(range(20))
    for numbers in (numbers, [number + 100 for number in numbers]):
        done = joblib.Parallel(n_jobs=2)(
            joblib.delayed(look_up)(folder, numbers, tmp_path / "turn")
            for _ in range(2)
        )
        assert done == [20, 20]
    assert len(list(folder.rglob("output.pkl"))) == 40
    assert not list(folder.rglob("*.thread*"))


# ---- fitted teachers


NET = net(
    max_epochs=1,
    module__n_features=X.shape[1],
    module__n_classes=3,
    criterion=nn.CrossEntropyLoss,
)


@pytest.mark.parametrize(
    "teacher",
    [HistGradientBoostingClassifier(max_iter=3, early_stopping=False), NET],
    ids=["histogram boosting", "skorch"],
)
def test_a_key_where_the_hash_of_a_teacher_is_not_stable(teacher, tmp_path):
    """As workers get it: from a pickle, and back."""
    teacher = pickle.loads(pickle.dumps(teacher.fit(X, y)))
    sent = pickle.loads(pickle.dumps(teacher))

    def labels(teacher, folder):
        distil(teacher, memory=folder).fit(X, y)
        return len(list(folder.rglob("output.pkl")))

    assert joblib.hash(sent) != joblib.hash(teacher)
    assert labels(teacher, tmp_path / "by hash") == 1
    assert labels(sent, tmp_path / "by hash") == 2
    teacher.cache_key = sent.cache_key = "fitted on all rows"
    assert labels(teacher, tmp_path / "by key") == 1
    assert labels(sent, tmp_path / "by key") == 1
    # a file has one of its own
    stored = StoredTeacher.save(teacher, tmp_path / "teacher.joblib")
    assert labels(stored, tmp_path / "by digest") == 1
    stored = pickle.loads(pickle.dumps(stored))
    assert labels(stored, tmp_path / "by digest") == 1


def test_one_labelling_for_a_whole_search(tmp_path):
    """With one fitted teacher whose probabilities are routed to each fit."""
    log = tmp_path / "log"
    fitted = CountedForest(str(log), random_state=0).fit(X[::2], y[::2])
    X_new, y_new = X[1::2], y[1::2]
    proba = compute_soft_targets(fitted, X_new)
    search = GridSearchCV(distil(None), GRID, cv=5)
    search.fit(X_new, y_new, teacher_proba=proba)
    assert counted(log)["predict"] == len(X_new)
    expected = GridSearchCV(distil(fitted), GRID, cv=5).fit(X_new, y_new)
    for name, values in scores(expected).items():
        assert_array_equal(search.cv_results_[name], values)


# ---- a full disk


@contextmanager
def full_disk():
    """Let no file of this process take more than a thousand bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_a_warning_and_no_lost_fit(tmp_path):
    forest = RandomForestClassifier(10)
    expected = distil(forest).fit(X, y).predict_proba(X)
    with full_disk(), pytest.warns(CacheWarning, match="File too large") as caught:
        kept = distil(forest, memory=tmp_path).fit(X, y)
    assert len(caught) == 2  # the fit, and the labels
    assert_array_equal(kept.predict_proba(X), expected)
    assert not list(tmp_path.rglob("output.pkl"))  # nothing that is cut off
    for _ in range(2):  # once there is room, results are kept
        kept = distil(forest, memory=tmp_path).fit(X, y)
        assert_array_equal(kept.predict_proba(X), expected)
        assert len(list(tmp_path.rglob("output.pkl"))) == 2


def test_a_disk_without_room_for_a_folder(tmp_path, monkeypatch):
    def full(*args, **settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(joblib.Memory, "cache", full)
    with pytest.warns(UserWarning, match=r"No space left.*Make room for it, or pass"):
        distil(RandomForestClassifier(10), memory=tmp_path).fit(X, y)
