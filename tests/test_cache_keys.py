"""Keys of kept results: all that they depend on, changed one at a time."""

import inspect
import pickle
import sys
import types

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from recorder import Recorder
from sklearn import config_context, get_config
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits, load_wine
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from teacher_alone import alone

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler
from sklearn_kd._task import Classification
from sklearn_kd.teachers import _fit, _label
from sklearn_kd.teachers.cache._cache import Call
from sklearn_kd.teachers.cache._key import Keyed, key_of_call, key_of_teacher
from sklearn_kd.teachers.out_of_sample import _out_of_bag

pytestmark = pytest.mark.usefixtures("small_teachers", "few_synthetic_rows")

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
FOREST = RandomForestClassifier(12, random_state=0).fit(X, y)
OTHER = RandomForestClassifier(12, random_state=1).fit(X, y)


def copy_of(model):
    return pickle.loads(pickle.dumps(model))


# ---- the arguments of each function whose results are kept

WEIGHTS = {"sample_weight": np.ones(len(y))}
HEAVIER = {"sample_weight": np.r_[9.0, np.ones(len(y) - 1)]}
SEEN, _ = _out_of_bag.pack(FOREST.estimators_samples_, len(X))
TASK = Classification(np.arange(3))
OTHER_TASK = Classification(np.arange(3)[::-1])


class Drawing(ClassifierMixin, BaseEstimator):
    """Draws from NumPy's global generator, which the seed of the call sets."""

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        self.shift_ = np.random.random()
        self.mean_ = np.average(X[:, :3], axis=0, weights=sample_weight) + y.mean()
        return self

    def predict_proba(self, X):
        odds = np.exp(X[:, :3] - self.mean_ + self.shift_)
        return odds / odds.sum(axis=1, keepdims=True)


#: For each function its arguments, and for each of them another one.
CALLS = [
    (
        _fit._fit,
        [Drawing(), X, y, WEIGHTS, 0],
        [FOREST, X + 1, 2 - y * y, HEAVIER, 1],
    ),
    (
        _label._predict_chunk,
        [Keyed(FOREST, key_of_teacher(FOREST)), X, TASK, None],
        [Keyed(OTHER, key_of_teacher(OTHER)), X + 1, OTHER_TASK, [2, 0, 1]],
    ),
    (
        _out_of_bag._label_chunk,
        [Keyed(FOREST, key_of_teacher(FOREST)), X, SEEN, [0, 1, 2], TASK],
        [
            Keyed(OTHER, key_of_teacher(OTHER)),
            X + 1,
            SEEN[::-1],
            [1, 0, 2],
            OTHER_TASK,
        ],
    ),
]


@pytest.mark.parametrize(
    ("function", "arguments", "others"), CALLS, ids=["fit", "labels", "out of bag"]
)
def test_every_argument_is_part_of_the_key(function, arguments, others, tmp_path):
    # a new parameter needs another value here
    assert len(arguments) == len(others) == len(inspect.signature(function).parameters)
    results = [predicted(None, function, arguments)]
    assert_array_equal(predicted(tmp_path, function, arguments), results[0])
    keys = {key_of_call(function, arguments)}
    for place, other in enumerate(others):
        changed = [*arguments[:place], other, *arguments[place + 1 :]]
        keys.add(key_of_call(function, changed))
        for _ in range(2):
            assert_array_equal(
                predicted(tmp_path, function, changed),
                predicted(None, function, changed),
            )
    assert len(keys) == 1 + len(others)


def predicted(memory, function, arguments):
    """Call a function, through a memory or without; or predict with a teacher."""
    result = Call(memory, function, arguments).result()
    if function is _fit._fit:
        return result.predict_proba(X)
    return np.hstack(result[0]) if isinstance(result, tuple) else result


# ---- and as the user changes them


class Nearby(BaseEstimator):
    """Makes two copies of each row, and gives others as their sources."""

    def __init__(self, shift=0):
        self.shift = shift

    def fit(self, X):
        self.X_ = X
        return self

    def sample(self):
        source = np.arange(len(self.X_)).repeat(2)
        return self.X_[source], np.roll(source, self.shift)


def exchanged_members():
    """The same trees, of which two claim the rows of each other."""
    forest = copy_of(FOREST)
    first, second = forest.estimators_[:2]
    first.random_state, second.random_state = second.random_state, first.random_state
    return forest


def altered_leaf():
    forest = copy_of(FOREST)
    value = forest.estimators_[0].tree_.value
    value[...] = value[..., ::-1]
    return forest


def named(forest):
    forest.cache_key = "one"
    return forest


BAG = {"teacher": FOREST, "objective": alone(out_of_sample=True), "transfer": Nearby()}
FOLDS = {
    "teacher": RandomForestClassifier(3),
    "cv": KFold(3, shuffle=True, random_state=0),
    "objective": alone(out_of_sample=True),
    "transfer": Nearby(),
}
MOVED = np.where(np.arange(len(y))[:, None] == 7, X[-1], X)
RELABELLED = np.where(np.arange(len(y)) == 3, 2, y)
CHANGES = {
    "teacher": (BAG, {"teacher": OTHER}, {}),
    "state of the teacher": (BAG, {"teacher": altered_leaf()}, {}),
    "membership": (
        BAG | {"teacher": named(copy_of(FOREST))},
        {"teacher": named(exchanged_members())},
        {},
    ),
    "sources": (BAG, {"transfer": Nearby(6)}, {}),
    "one row": (BAG, {}, {"X": MOVED}),
    "parameter": (FOLDS, {"teacher": RandomForestClassifier(4)}, {}),
    "one weight": (
        FOLDS,
        {},
        {"sample_weight": np.r_[9.0, np.ones(len(y) - 1)]},
    ),
    "one label": (FOLDS, {}, {"y": RELABELLED}),
    "one row, unfitted": (FOLDS, {}, {"X": MOVED}),
    "seed": (FOLDS, {"random_state": 1}, {}),
    "folds": (FOLDS, {"cv": KFold(3, shuffle=True, random_state=1)}, {}),
    "sources, unfitted": (FOLDS, {"transfer": Nearby(6)}, {}),
}


def soft_targets(params, fit_params=None, memory=None):
    """Of all rows, and the teacher's prediction for the first."""
    params = {"random_state": 0, "student": Recorder(), "memory": memory} | params
    distilled = DistilledClassifier(**params)
    distilled.fit(**{"X": X, "y": y} | (fit_params or {}))
    soft = distilled.student_.soft_.proba
    return np.vstack([soft, distilled.teacher_.predict_proba(X[:9])])


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_has_the_effect_that_it_has_without_memory(change, tmp_path):
    params, changed, fit_params = CHANGES[change]
    first = soft_targets(params, memory=tmp_path)
    assert_array_equal(soft_targets(params, memory=tmp_path), first)
    expected = soft_targets(params | changed, fit_params)
    assert not np.array_equal(expected, first)
    for _ in range(2):
        found = soft_targets(params | changed, fit_params, memory=tmp_path)
        assert_array_equal(found, expected)


def test_corrected_teacher_classes_count(tmp_path):
    """The labels of the columns, which a fitted teacher's state does not contain."""
    images, codes = load_digits(return_X_y=True)
    letters = np.array(list("abcdefghij"))
    teacher = RandomForestClassifier(20, random_state=0).fit(images, codes)
    wrong = letters.copy()
    wrong[[3, 4]] = letters[[4, 3]]
    distilled = DistilledClassifier(
        teacher,
        MLPStudent((16,), max_iter=8, batch_size=64),
        transfer=MungeSampler(1000),
        objective=alone(out_of_sample=True),
        memory=tmp_path,
        random_state=0,
    )
    two = np.isin(codes, [3, 4])
    scores = []
    for names in (wrong, letters):
        distilled.set_params(teacher_classes=names).fit(images, letters[codes])
        scores.append(distilled.score(images[two], letters[codes[two]]))
    assert scores[0] < 0.1 < 0.9 < scores[1]
    proba = distilled.predict_proba(images)
    plain = distilled.set_params(memory=None).fit(images, letters[codes])
    assert_array_equal(plain.predict_proba(images), proba)


# ---- a key that the user gives


class Scaled(Drawing):
    scale = 1.0
    cache_key = "1"

    def predict_proba(self, X):
        odds = super().predict_proba(X) ** self.scale
        return odds / odds.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: make_pipeline(t)])
@pytest.mark.parametrize("ready", [False, True], ids=["unfitted", "fitted"])
def test_what_no_hash_sees_is_named_by_a_key(ready, wrap, monkeypatch, tmp_path):
    teacher = wrap(Scaled())
    if ready:
        teacher.fit(X, y)
    params = {"teacher": teacher, "transfer": None}
    first = soft_targets(params, memory=tmp_path)
    monkeypatch.setattr(Scaled, "scale", 2.0)
    monkeypatch.setattr(Scaled, "cache_key", "2")
    second = soft_targets(params, memory=tmp_path)
    assert not np.array_equal(second, first)
    assert_array_equal(second, soft_targets(params))


def test_the_key_of_a_class_does_not_make_its_instances_equal():
    one, other = Scaled().fit(X, y), Scaled().fit(X + 1, y)
    assert key_of_teacher(one) != key_of_teacher(other)
    assert key_of_teacher(FrozenEstimator(one)) != key_of_teacher(
        FrozenEstimator(other)
    )
    assert key_of_teacher(named(one)) == key_of_teacher(named(other))
    # nothing else identifies what pickle does not take
    for number, teacher in enumerate((one, other)):
        del teacher.cache_key
        teacher.lock = (value for value in [number])
    assert key_of_teacher(one) == key_of_teacher(other)


def test_a_key_stands_for_the_state_and_for_nothing_else(package, monkeypatch):
    teacher = named(package.Model().fit(X, y))
    before = key_of_teacher(teacher)
    teacher.shift_ += 1
    assert key_of_teacher(teacher) == before
    teacher.classes_ = np.array([0, 2, 1])
    assert key_of_teacher(teacher) != before
    teacher.classes_ = np.array([0, 1, 2])
    monkeypatch.setattr(package, "__version__", "2.0")
    assert key_of_teacher(teacher) != before


# ---- values that look alike


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([0, 1], [False, True]),
        ([0, 1], [0.0, 1.0]),
        ([0, 1], np.array([0, 1])),
        (np.array([0, 1], dtype="int32"), np.array([0, 1], dtype="float32")),
        (np.array(["a", "b"]), np.array(["a", "b"], dtype=object)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.array([0.0, 1.0]), np.array([-0.0, 1.0])),
        (pd.DataFrame({"a": [1, 2]}), pl.DataFrame({"a": [1, 2]})),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1.0, 2.0]})),
        (pd.DataFrame({"a": [1], "b": [1]}), pd.DataFrame({"b": [1], "a": [1]})),
        (
            pd.DataFrame({"a": pd.Categorical(["u"], ["u", "v"])}),
            pd.DataFrame({"a": pd.Categorical(["u"], ["v", "u"])}),
        ),
        (
            pl.DataFrame({"a": ["u"]}, schema={"a": pl.Enum(["u", "v"])}),
            pl.DataFrame({"a": ["u"]}, schema={"a": pl.Enum(["v", "u"])}),
        ),
    ],
)
def test_values_that_are_alike_but_not_the_same(one, other):
    assert key_of_call(_fit._fit, [one]) != key_of_call(_fit._fit, [other])
    assert key_of_call(_fit._fit, [one]) == key_of_call(_fit._fit, [copy_of(one)])
    assert key_of_call(_fit._fit, [one]) != key_of_call(_label._predict_chunk, [one])


# ---- what no argument shows: packages and settings


@pytest.fixture
def package(monkeypatch):
    """A package with a teacher whose predictions depend on the package's version."""
    module = types.ModuleType("made_up_models")
    module.__version__ = "1.0"

    class Model(Drawing):
        def predict_proba(self, X):
            sharpness = float(sys.modules["made_up_models"].__version__)
            sharpness += get_config()["assume_finite"]
            proba = super().predict_proba(X) ** sharpness
            return proba / proba.sum(axis=1, keepdims=True)

    Model.__module__, Model.__qualname__ = "made_up_models", "Model"
    module.Model = Model
    monkeypatch.setitem(sys.modules, "made_up_models", module)
    return module


class Holder:
    """Keeps a model where no ``get_params`` shows it."""

    def __init__(self, model):
        self.parts = {"models": [model]}

    @property
    def classes_(self):
        return self.parts["models"][0].classes_

    def predict_proba(self, X):
        return self.parts["models"][0].predict_proba(X)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: model,
        FrozenEstimator,
        lambda model: make_pipeline(StandardScaler(), model),
        lambda model: VotingClassifier([("only", model)], voting="soft"),
        Holder,
    ],
    ids=["alone", "frozen", "pipeline", "vote", "attribute"],
)
def test_the_version_of_the_package_of_any_part(wrap, package, monkeypatch, tmp_path):
    model = package.Model()
    if wrap in (FrozenEstimator, Holder):
        model.fit(X, y)
    params = {"teacher": wrap(model), "transfer": None}
    first = soft_targets(params, memory=tmp_path)
    monkeypatch.setattr(package, "__version__", "2.0")
    second = soft_targets(params, memory=tmp_path)
    assert not np.array_equal(first, second)
    assert_array_equal(second, soft_targets(params))


@pytest.mark.parametrize("name", ["sklearn_kd", "sklearn", "numpy", "scipy"])
def test_the_versions_of_the_packages_that_compute(name, monkeypatch):
    before = key_of_call(_fit._fit, [X]), key_of_teacher(FOREST)
    monkeypatch.setattr(sys.modules[name], "__version__", "0.0.1")
    after = key_of_call(_fit._fit, [X]), key_of_teacher(FOREST)
    assert not set(before) & set(after)


def test_settings_of_scikit_learn(package, tmp_path):
    params = {"teacher": package.Model().fit(X, y), "transfer": None}
    first = soft_targets(params, memory=tmp_path)
    with config_context(assume_finite=True):
        found = soft_targets(params, memory=tmp_path)
        assert_array_equal(found, soft_targets(params))
    assert not np.array_equal(found, first)
    key = key_of_call(_fit._fit, [X])
    for settings in ({"transform_output": "pandas"}, {"enable_metadata_routing": True}):
        with config_context(**settings):
            assert key_of_call(_fit._fit, [X]) != key
    with config_context(display="text", print_changed_only=False):
        assert key_of_call(_fit._fit, [X]) == key
