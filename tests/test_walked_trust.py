"""When trees are walked, and when a teacher predicts in its own way."""

import pickle

import numpy as np
import pytest
from hooks import hooked
from lightgbm import LGBMClassifier
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from walked import (
    N_ROWS,
    AsItIs,
    assert_walked,
    classes_table,
    needs_core,
    numbers_table,
    walk,
)

from sklearn_kd import (
    DistilledClassifier,
    DistilledRegressor,
    MLPStudent,
    MLPStudentRegressor,
    MungeSampler,
    Pool,
    StoredTeacher,
)
from sklearn_kd._native import COMPILED
from sklearn_kd._run.twins import below_hooks
from sklearn_kd._task import Classification
from sklearn_kd.teachers import Context
from sklearn_kd.teachers._label import label_rows
from sklearn_kd.teachers.trees import TEACHER, Walkers, _walked
from sklearn_kd.teachers.trees._flat import FlatTrees

pytestmark = needs_core

X, Y = classes_table(3)
FOREST = RandomForestClassifier(10, random_state=0).fit(X[:600], Y[:600])
BOOSTING = HistGradientBoostingClassifier(max_iter=5, random_state=0)
BOOSTING.fit(X[:600], Y[:600])


def lightgbm(**settings):
    return LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1, **settings)


# what may be around trees

AROUND = [
    FrozenEstimator(FOREST),
    make_pipeline(StandardScaler(), clone(FOREST)),
    make_pipeline(make_pipeline(StandardScaler(), lightgbm())),
    VotingClassifier(
        [("forest", clone(FOREST)), ("linear", LogisticRegression())],
        voting="soft",
        weights=[2, 1],
    ),
    CalibratedClassifierCV(clone(FOREST), cv=2),
    CalibratedClassifierCV(FrozenEstimator(BOOSTING), method="isotonic"),
    GridSearchCV(clone(FOREST), {"max_depth": [3, None]}, cv=2),
    BaggingClassifier(DecisionTreeClassifier(), 5, max_features=0.5),
    StackingClassifier([("a", clone(BOOSTING))], LogisticRegression(), cv=2),
    FixedThresholdClassifier(clone(FOREST), threshold=0.3),
]


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("model", AROUND, ids=lambda model: type(model).__name__)
def test_trees_inside_other_classifiers(model):
    y = Y > 0 if isinstance(model, FixedThresholdClassifier) else Y
    assert_walked(model.fit(X[:600], y[:600]), X)


def test_trees_inside_other_regressors():
    X, y = numbers_table()
    forest = RandomForestRegressor(5, random_state=0)
    booster = HistGradientBoostingRegressor(max_iter=5)
    logarithm = {"func": np.log, "inverse_func": np.exp}
    assert_walked(VotingRegressor([("a", forest), ("b", booster)]).fit(X, y), X)
    assert_walked(TransformedTargetRegressor(booster, **logarithm).fit(X, y), X)
    assert_walked(MultiOutputRegressor(booster).fit(X, np.c_[y, -y]), X)


def test_models_of_the_package_without_hooks():
    assert_walked(below_hooks(FOREST), X)
    assert_walked(below_hooks(make_pipeline(StandardScaler(), BOOSTING).fit(X, Y)), X)


def test_a_stored_teacher(tmp_path):
    stored = StoredTeacher.save(FOREST, tmp_path / "forest.joblib")
    assert_walked(stored, X)


# what is not walked


class Sharper(RandomForestClassifier):
    def predict_proba(self, X):
        proba = super().predict_proba(X) ** 2
        return proba / proba.sum(axis=1, keepdims=True)


def test_a_class_of_the_users_own_predicts_in_its_own_way():
    assert walk(Sharper(5).fit(X, Y), X) is None


def test_a_method_of_the_instance_counts():
    forest = clone(FOREST).fit(X, Y)
    forest.predict_proba = lambda X: np.full((len(X), 3), 1 / 3)
    assert walk(forest, X) is None
    assert walk(make_pipeline(StandardScaler(), forest), X) is None


@pytest.mark.parametrize("wrapped", [True, False])
def test_hooks_see_what_a_users_forest_predicts(wrapped):
    with hooked(wrapped=wrapped) as calls:
        assert walk(FOREST, X) is None
        FOREST.predict_proba(X)
    assert "RandomForestClassifier.predict_proba" in calls


def test_few_rows_several_outputs_and_other_models_are_left_to_the_teacher():
    assert Walkers().of(FOREST, "predict_proba", 999) is None
    assert walk(LogisticRegression().fit(X, Y), X) is None
    assert walk(RandomForestRegressor(3).fit(X, X[:, :2]), X) is None
    assert walk(lightgbm(linear_tree=True).fit(X, Y), X) is None
    assert walk(RandomForestClassifier(), X) is None


def test_settings_that_change_what_lightgbm_predicts():
    model = lightgbm(pred_early_stop=True, pred_early_stop_margin=0.01)
    assert_array_equal(walk(model.fit(X, Y), X), model.predict_proba(X))


def test_sparse_rows_are_left_to_the_teacher():
    rows = csr_matrix(X)
    assert_array_equal(walk(FOREST, rows), FOREST.predict_proba(rows))


def test_without_the_core_the_teacher_predicts(monkeypatch):
    monkeypatch.setenv("SKLEARN_KD_COMPILED", "0")
    assert Walkers().of(FOREST, "predict_proba", N_ROWS) is None


# trust


def changed(monkeypatch, by):
    """Let flat trees add something else than they should."""
    add = FlatTrees.add

    def wrong(self, X, totals, *args, **params):
        add(self, X, totals, *args, **params)
        totals[50] += by

    monkeypatch.setattr(FlatTrees, "add", wrong)


def test_trees_that_predict_something_else_are_not_trusted(monkeypatch):
    changed(monkeypatch, 1e-4)
    walked = Walkers().of(FOREST, "predict_proba", N_ROWS)
    outputs, _, kernel = walked.predict_by(AsItIs(), X, None)
    assert kernel == TEACHER
    assert walked.differs
    assert_array_equal(outputs, FOREST.predict_proba(X))


def test_a_difference_in_the_last_digits_is_none(monkeypatch):
    changed(monkeypatch, 1e-8)
    assert walk(FOREST, X) is not None


def labelled(teacher, rows, **settings):
    context = Context(**settings)
    task = Classification(teacher.classes_)
    outputs = label_rows(teacher, rows, task, given_classes=None, context=context)
    return outputs.outputs, context.kernels


def test_what_has_predicted_is_known(monkeypatch):
    assert labelled(FOREST, X)[1] == {COMPILED}
    assert labelled(FOREST, X[:500])[1] == {TEACHER}
    changed(monkeypatch, 1)
    assert labelled(FOREST, X)[1] == {TEACHER}


STAGES = GradientBoostingClassifier(n_estimators=3).fit(X, Y)


@pytest.mark.parametrize("row", [3, 1400])
@pytest.mark.parametrize(("model", "value"), [(FOREST, np.inf), (STAGES, np.nan)])
def test_rows_that_a_teacher_refuses_are_refused(model, value, row):
    rows = X.copy()
    rows[row, 2] = value
    with pytest.raises(ValueError) as own:
        model.predict_proba(rows)
    with pytest.raises(ValueError) as found:
        labelled(model, rows)
    assert str(found.value) == str(own.value)


def test_other_columns_are_refused():
    with pytest.raises(ValueError, match="features"):
        labelled(FOREST, X[:, :5])
    with pytest.raises(ValueError, match="features"):
        labelled(BOOSTING, X[:, :5])


# the cache, threads and processes


def test_results_of_the_core_and_of_the_teacher_have_keys_of_their_own(
    tmp_path, monkeypatch
):
    first, kernels = labelled(FOREST, X, memory=str(tmp_path))
    assert kernels == {COMPILED}
    changed(monkeypatch, 1)  # what is kept is not computed, nor compared, once more
    again, kernels = labelled(FOREST, X, memory=str(tmp_path))
    assert kernels == {COMPILED}
    assert_array_equal(first, again)
    monkeypatch.setenv("SKLEARN_KD_COMPILED", "0")
    assert labelled(FOREST, X, memory=str(tmp_path))[1] == {TEACHER}


def test_trees_are_read_once_for_all_rows(monkeypatch):
    read = []
    original = _walked.Walked._load

    def load(self):
        loaded = self._loaded
        found = original(self)
        read.append(self._loaded is not loaded)
        return found

    monkeypatch.setattr(_walked.Walked, "_load", load)
    context, task = Context(n_jobs=2), Classification(FOREST.classes_)
    for _ in range(3):
        label_rows(FOREST, X, task, given_classes=None, context=context, chunk=1000)
    assert len(read) == 3
    assert sum(read) == 1


def test_threads_do_not_change_a_bit():
    rows = np.tile(X, (6, 1))
    alone = walk(FOREST, rows)
    forest = pickle.loads(pickle.dumps(FOREST)).set_params(n_jobs=3)
    assert_array_equal(walk(forest, rows), alone)
    assert_array_equal(labelled(FOREST, rows, n_jobs=2)[0], labelled(FOREST, rows)[0])


def test_a_pickle_holds_the_teacher_alone():
    walked = Walkers().of(FOREST, "predict_proba", N_ROWS)
    before = len(pickle.dumps(walked))
    found = walked.predict_by(AsItIs(), X, None)[0]
    content = pickle.dumps(walked)
    assert len(content) == before < len(pickle.dumps(FOREST)) + 1000
    again = pickle.loads(content).predict_by(AsItIs(), X, None)
    assert again[2] == COMPILED
    assert_array_equal(again[0], found)


# whole fits


@pytest.mark.parametrize("out_of_sample", [False, True])
def test_a_fit_is_the_same_with_and_without_the_core(monkeypatch, out_of_sample):
    model = DistilledClassifier(
        FOREST,
        MLPStudent(max_iter=2),
        transfer=MungeSampler(n_samples=1500),
        objective=Pool(out_of_sample=out_of_sample),
        random_state=0,
    )
    rows = X[:600], Y[:600]
    monkeypatch.setattr(_walked, "LEAST_ROWS", 100)
    compiled = clone(model).fit(*rows).predict_proba(X)
    monkeypatch.setattr(_walked, "LEAST_ROWS", 10**9)
    plain = clone(model).fit(*rows).predict_proba(X)
    assert_array_equal(compiled, plain)


def test_a_regression_is_the_same_with_and_without_the_core(monkeypatch):
    X, y = numbers_table(800)
    model = DistilledRegressor(
        RandomForestRegressor(10, random_state=0),
        MLPStudentRegressor(max_iter=2),
        objective="fidelity",
        random_state=0,
    )
    monkeypatch.setattr(_walked, "LEAST_ROWS", 100)
    compiled = clone(model).fit(X, y).predict(X)
    monkeypatch.setattr(_walked, "LEAST_ROWS", 10**9)
    assert_array_equal(compiled, clone(model).fit(X, y).predict(X))
