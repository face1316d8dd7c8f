"""What memory holds may be damaged, and some results cannot be kept at all."""

import os
import pickle
import tempfile
import warnings
from pathlib import Path
from threading import Lock

import joblib
import numpy as np
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
FITS = []


@pytest.fixture(autouse=True)
def forget():
    FITS.clear()


class Counted(RandomForestClassifier):
    def fit(self, X, y, sample_weight=None):
        FITS.append(len(X))
        return super().fit(X, y, sample_weight)


def soft_targets(memory, teacher=None, random_state=0):
    teacher = Counted(5) if teacher is None else teacher
    distilled = on_given_rows(
        teacher, Recorder(), memory=memory, random_state=random_state
    )
    return distilled.fit(X, y).student_.soft_.proba


PLAIN = soft_targets(None)


def stored(folder):
    """The files of results, the fit before its predictions."""
    return sorted(Path(folder).rglob("output.pkl"), key=os.path.getsize, reverse=True)


def flip(content, start, length=400):
    part = bytes(255 - byte for byte in content[start : start + length])
    return content[:start] + part + content[start + length :]


DAMAGE = {
    "start": lambda content: flip(content, 0),
    "one byte of the checksum": lambda content: flip(content, 20, 1),
    "near the start": lambda content: flip(content, 150, 20),
    "middle": lambda content: flip(content, len(content) // 2),
    "one byte": lambda content: flip(content, 2 * len(content) // 3, 1),
    "end": lambda content: flip(content, len(content) - 100),
    "cut off": lambda content: content[: len(content) // 2],
    "the last byte is missing": lambda content: content[:-1],
    "empty": lambda content: b"",
    "something else": lambda content: pickle.dumps({"a": 1}),
    "an array": lambda content: pickle.dumps(np.full((len(X), 3), np.nan)),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("which", [0, 1], ids=["fit", "answers"])
def test_a_damaged_result_is_computed_again_and_kept(which, damage, tmp_path):
    soft_targets(tmp_path)
    file = stored(tmp_path)[which]
    file.write_bytes(DAMAGE[damage](file.read_bytes()))
    with pytest.warns(UserWarning, match=f"{tmp_path}.*is damaged") as caught:
        assert_array_equal(soft_targets(tmp_path), PLAIN)
    assert len([w for w in caught if "damaged" in str(w.message)]) == 1
    assert [len(X)] * (2 if which == 0 else 1) == FITS
    assert_array_equal(soft_targets(tmp_path), PLAIN)  # and not a third time
    assert [len(X)] * (2 if which == 0 else 1) == FITS


def test_results_that_changed_places(tmp_path):
    soft_targets(tmp_path)
    soft_targets(tmp_path, random_state=1)
    one, other = stored(tmp_path)[:2]
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    with pytest.warns(UserWarning, match="checksum"):
        assert_array_equal(soft_targets(tmp_path), PLAIN)


@pytest.mark.parametrize("damage", ["start", "middle", "cut off", "empty"])
def test_damage_to_the_notes_of_joblib_does_no_harm(damage, tmp_path):
    """They name the function of a folder, and how long a call took."""
    soft_targets(tmp_path)
    notes = [file for file in tmp_path.rglob("*.*") if file.name != "output.pkl"]
    names = {file.name for file in notes if file.is_file()}
    assert names >= {"func_code.py", "metadata.json"}
    for file in notes:
        if file.is_file():
            file.write_bytes(DAMAGE[damage](file.read_bytes()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_array_equal(soft_targets(tmp_path), PLAIN)
    fits = len(FITS)
    assert_array_equal(soft_targets(tmp_path), PLAIN)
    assert len(FITS) == fits


def test_a_second_folder_of_a_process_is_complete(tmp_path):
    """joblib writes the code of a function to one folder a process."""
    for name in ("first", "second"):
        soft_targets(tmp_path / name)
        assert len(list((tmp_path / name).rglob("func_code.py"))) == 1


# ---- what cannot be kept


class Unstorable(LogisticRegression):
    """Can be hashed before its fit, and not pickled after it."""

    def fit(self, X, y, sample_weight=None):
        FITS.append(len(X))
        self.lock_ = Lock()
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize(
    "teacher",
    [
        make_pipeline(FunctionTransformer(lambda X: X[:, :3]), LogisticRegression()),
        Unstorable(),
        Unstorable().fit(X, y),
    ],
    ids=["unfitted", "fit", "fitted"],
)
def test_what_cannot_be_pickled_is_computed_without(teacher, tmp_path):
    expected = soft_targets(None, teacher)
    for _ in range(2):
        with pytest.warns(UserWarning, match="not kept in memory.*cache_key"):
            assert_array_equal(soft_targets(tmp_path, teacher), expected)


class Drawing(LogisticRegression):
    """Fits in another way each time, whatever the seed."""

    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        self.noise_ = np.random.default_rng().random()
        self.ballast_ = np.arange(1000.0)
        return self

    def predict_proba(self, X):
        return (super().predict_proba(X) + self.noise_) / (1 + 3 * self.noise_)


def test_no_predictions_of_another_fit_are_used(tmp_path):
    """Predictions belong to the fit that gave them, not only to its input."""

    def fit():
        distilled = on_given_rows(
            Drawing(), Recorder(), memory=tmp_path, random_state=0
        ).fit(X, y)
        soft = distilled.student_.soft_.proba
        assert_allclose(distilled.teacher_.predict_proba(X), soft, atol=1e-6)
        return soft

    first = fit()
    assert_array_equal(fit(), first)
    file = stored(tmp_path)[0]
    file.write_bytes(b"")
    with pytest.warns(UserWarning, match="damaged"):
        assert not np.array_equal(fit(), first)


# ---- other memories, other folders


class Shelf:
    """A memory that has ``cache`` and nothing else."""

    def __init__(self):
        self.kept = {}

    def cache(self, function):
        def cached(*args):
            if args not in self.kept:
                self.kept[args] = function(*args)
            return self.kept[args]

        return cached


def test_a_memory_that_has_cache_only():
    shelf = Shelf()
    for _ in range(2):
        assert_array_equal(soft_targets(shelf), PLAIN)
    assert len(FITS) == 1
    assert len(shelf.kept) == 2
    for key, (checksum, content) in shelf.kept.items():
        shelf.kept[key] = checksum, flip(content, 300, 1)
    with pytest.warns(UserWarning, match="damaged"):
        assert_array_equal(soft_targets(shelf), PLAIN)


def test_a_memory_of_joblib_that_keeps_nothing():
    for _ in range(2):
        assert_array_equal(soft_targets(joblib.Memory(None)), PLAIN)
    assert len(FITS) == 2


@pytest.mark.parametrize(
    "settings", [{"compress": True}, {"mmap_mode": "r"}, {"mmap_mode": "c"}]
)
def test_settings_of_joblib(settings, tmp_path):
    memory = joblib.Memory(tmp_path, verbose=0, **settings)
    for _ in range(2):
        assert_array_equal(soft_targets(memory), PLAIN)
    assert len(FITS) == 1
    memory.clear(warn=False)
    soft_targets(memory)
    assert len(FITS) == 2


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError("read-only")

    monkeypatch.setattr(joblib.Memory, "cache", refuse)
    with pytest.warns(UserWarning, match="PermissionError: read-only"):
        assert_array_equal(soft_targets(tmp_path), PLAIN)


class Untouchable:
    """Refuses to be looked at: nothing is done before parameters are checked."""

    classes_ = (0, 1, 2)

    def predict_proba(self, X):
        raise AssertionError("called")


class Named(os.PathLike):
    def __init__(self, name):
        self.name = name

    def __fspath__(self):
        return self.name


@pytest.mark.parametrize("memory", ["", "  ", Named(""), Named(b"")])
def test_an_empty_name_is_no_folder(memory, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for teacher in (Untouchable(), Counted(5), None):
        with pytest.raises(ValueError, match="names no folder"):
            soft_targets(memory, teacher)
    with pytest.raises(ValueError, match="names no folder"):
        on_given_rows(memory=memory, alpha=0).fit(X, y)
    assert FITS == []
    assert not list(tmp_path.iterdir())


def test_a_file_is_no_folder(tmp_path):
    file = tmp_path / "results"
    file.write_text("")
    for memory in (file, str(file)):
        with pytest.raises(ValueError, match="is a file"):
            soft_targets(memory, Untouchable())


def test_the_current_folder_may_be_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Path("") == Path(".")  # the two are equal
    soft_targets(Path("."))
    assert len(stored(tmp_path)) == 2


# ---- folders that cannot be one


@pytest.mark.parametrize("name", ["", Path("file"), "file/sub", Path("file/a/b")])
def test_joblib_or_a_file_above_may_be_why_a_folder_is_none(
    name, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    memory = joblib.Memory("", verbose=0) if name == "" else name
    Path("file").write_text("")
    with pytest.raises(
        ValueError, match=r"names no folder|is below .*file, |is a file"
    ):
        soft_targets(memory, Untouchable())


@pytest.mark.parametrize("name", ["a\0b", "\ud800", b"a\0b"], ids=ascii)
def test_a_name_that_no_folder_can_have(name):
    memory = Named(name) if isinstance(name, bytes) else name
    with pytest.raises(ValueError, match=r"can be no folder \(.*name of one to keep"):
        soft_targets(memory, Untouchable())


def refuse(*args, **kwargs):
    raise OSError("read-only")


@pytest.mark.parametrize("why", ["not created", "not written"])
@pytest.mark.parametrize("cv", [None, 3])
def test_one_warning_says_that_nothing_is_kept(why, cv, tmp_path, monkeypatch):
    memory = tmp_path / "link"
    if why == "not created":
        memory.symlink_to(tmp_path / "missing" / "folder")
    else:
        monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    model = on_given_rows(Counted(5), Recorder(), memory=memory, cv=cv, random_state=0)
    with pytest.warns(UserWarning, match="Nothing is kept in memory=.*link") as caught:
        model.fit(X, y)
    assert len(caught) == 1
    monkeypatch.undo()
    expected = on_given_rows(Counted(5), Recorder(), cv=cv, random_state=0).fit(X, y)
    assert_array_equal(model.student_.soft_.proba, expected.student_.soft_.proba)
    assert not stored(tmp_path)


@pytest.mark.parametrize("step", ["cache", "call_and_shelve"])
def test_what_was_not_read_is_not_damaged(step, tmp_path, monkeypatch):
    owner = joblib.Memory if step == "cache" else joblib.memory.MemorizedFunc
    monkeypatch.setattr(owner, step, refuse)
    with pytest.warns(UserWarning, match="not kept in .*OSError: read-only") as caught:
        assert_array_equal(soft_targets(tmp_path), PLAIN)
    assert not [w for w in caught if "damaged" in str(w.message)]
