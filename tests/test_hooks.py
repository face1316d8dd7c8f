"""Hooks on scikit-learn's methods: what users fit reaches them, and nothing else."""

import pickle
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hooks import hooked
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import scale
from teacher_alone import alone

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MungeSampler,
    TabularEncoder,
    UnlabeledRows,
    compute_soft_targets,
)
from sklearn_kd._run.twins import as_public, below_hooks
from sklearn_kd.inspection import compare

pytestmark = pytest.mark.usefixtures("small_teachers", "few_synthetic_rows")

X, y = load_wine(return_X_y=True)
X = scale(X)
#: "temperature" came with scikit-learn 1.8.
METHODS = ("prior", *CalibratedClassifierCV._parameter_constraints["method"][0].options)
BINARY = scale(load_breast_cancer().data), load_breast_cancer().target
FRAME = pd.DataFrame(X[:, :3].copy(), columns=list("abc"))
FRAME["d"] = np.where(X[:, 5] > 2.3, "high", "low")
FRAME.iloc[::7, 1] = np.nan
TEXTS = ["good soup", "bad bread", "good bread", "bad soup"] * 20
TASTES = np.array([1, 0, 1, 0] * 20)


class Means(ClassifierMixin, BaseEstimator):
    """The mean of each class gives its probability; a class of the user's own."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        values = _numbers(X)
        self.means_ = np.array([values[y == k].mean(axis=0) for k in self.classes_])
        return self

    def predict_proba(self, X):
        distance = ((_numbers(X)[:, None] - self.means_) ** 2).sum(axis=2)
        return softmax(-distance, axis=1)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Length:
    """A fitted teacher for texts."""

    classes_ = np.array([0, 1])

    def predict_proba(self, X):
        good = np.array(["good" in text for text in X]) * 0.8 + 0.1
        return np.column_stack([1 - good, good])


def _numbers(X):
    return np.asarray(X)[:, :1].astype(float)


def student(**params):
    return MLPStudent(hidden_layer_sizes=(8,), max_iter=2, **params)


def distil(teacher=None, **params):
    params = {"transfer": MungeSampler(300), "student": student()} | params
    return DistilledClassifier(teacher, random_state=0, **params)


def foreign():
    """Ours around a class without scikit-learn, and the default teacher."""
    wide = np.random.default_rng(0).normal(size=(150, 13))
    yield "default", lambda: distil(Means().fit(X, y)).fit(X, y)
    yield "narrow", lambda: distil(Means()).fit(X[:, :4], y)
    yield (
        "automatic rows",
        lambda: distil(Means(), transfer="auto").fit(X[::4], y[::4]),
    )
    yield "no rows", lambda: distil(Means(), transfer=None).fit(X, y)
    yield "frame", lambda: distil(Means()).fit(FRAME.fillna(0), y)
    yield "default teacher", lambda: distil().fit(X, y)
    yield "default teacher of a frame", lambda: distil().fit(FRAME, y)
    yield "folds", lambda: distil(cv=2).fit(FRAME, y)
    yield "sparse", lambda: distil(transfer="auto").fit(csr_matrix(X), y)
    yield "limited", lambda: distil(Means(), time_limit=600).fit(X, y)
    yield (
        "further rows",
        lambda: distil(Means()).fit(X, y, X_unlabeled=UnlabeledRows(wide)),
    )
    yield "threshold", lambda: distil(Means(), decision_threshold=0.3).fit(*BINARY)
    for method in sorted(METHODS):
        params = {"objective": alone(calibration=method), "cv": 2}
        yield method, lambda params=params: distil(Means(), **params).fit(X, y)
        yield (
            method + " of two",
            lambda params=params: distil(Means(), **params).fit(*BINARY),
        )
    yield "alone", lambda: student().fit(FRAME, y)
    yield "alone, sparse", lambda: student().fit(csr_matrix(X), y)
    yield "a stream", lambda: student().partial_fit(X, y, classes=[0, 1, 2])
    yield "an encoder", lambda: TabularEncoder().fit(FRAME, y)
    yield "a sampler", lambda: MungeSampler(100).fit(X).sample()
    yield "asking", lambda: compute_soft_targets(Means().fit(X, y), X)


FOREIGN = dict(foreign())


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("case", FOREIGN)
@pytest.mark.filterwarnings("ignore:The teacher's weight in the pool")
def test_no_model_of_the_packages_own_passes_a_hook(case, wrapped):
    with hooked(wrapped=wrapped) as calls:
        fitted = FOREIGN[case]()
    assert Counter(calls) == {}
    assert fitted is not None


@pytest.mark.parametrize("wrapped", [True, False])
def test_predictions_of_sparse_rows_pass_no_hook(wrapped):
    model = student().fit(csr_matrix(X), y)
    expected = model.predict_proba(csr_matrix(X))
    with hooked(wrapped=wrapped) as calls:
        assert_array_equal(model.predict_proba(csr_matrix(X)), expected)
    assert calls == []


def test_the_users_own_teacher_and_student_pass_hooks():
    forest = RandomForestClassifier(3, random_state=0)
    logistic = LogisticRegression(max_iter=3000)
    with hooked(wrapped=True) as calls:
        distil(forest).fit(X, y)
    kinds = {call.partition(".")[0] for call in calls}
    assert kinds == {"RandomForestClassifier", "DecisionTreeClassifier"}
    with hooked(wrapped=True) as calls:
        distil(Means(), student=logistic).fit(X, y)
    kinds = {call.partition(".")[0] for call in calls}
    assert kinds == {"LogisticRegression", "LabelEncoder"}  # which is in its fit


def test_of_texts_and_lists_only_the_users_parts_pass_hooks():
    vectors = make_pipeline(TfidfVectorizer(), student())
    with hooked(wrapped=True) as calls:
        distil(Length(), student=vectors, transfer=None).fit(TEXTS, TASTES)
    allowed = {"TfidfVectorizer", "TfidfTransformer", "Pipeline"}
    assert {call.partition(".")[0] for call in calls} <= allowed
    with hooked(wrapped=False) as calls:
        distil([Means(), Means()]).fit(X, y)
    assert calls == []


def test_a_threshold_is_handed_on_without_fitting_a_classifier():
    forest = RandomForestClassifier(3, random_state=0)
    teacher = FixedThresholdClassifier(
        forest, threshold=0.3, response_method="predict_proba"
    )
    with hooked(wrapped=True) as calls:
        model = distil(teacher, decision_threshold="teacher").fit(*BINARY)
    assert Counter(calls)["FixedThresholdClassifier.fit"] == 1  # the teacher
    assert model.student_.n_features_in_ == 30
    assert model.student_.estimator_ is model.student_.estimator


def test_comparing_asks_the_models_and_fits_nothing():
    models = {"teacher": Means().fit(X, y), "student": student().fit(X, y)}
    with hooked(wrapped=True) as calls:
        compare(models, X, y, n_calls=2)
    assert calls == []


def test_the_default_teacher_is_of_scikit_learns_own_classes():
    plain = distil().fit(FRAME, y)
    with hooked(wrapped=True):
        model = distil().fit(FRAME, y)
    assert_array_equal(model.predict_proba(FRAME), plain.predict_proba(FRAME))
    boosting, trees = (one[-1] for one in model.teacher_.teachers)
    assert type(boosting) is HistGradientBoostingClassifier
    assert type(trees.estimators_[0]).__module__ == "sklearn.tree._classes"
    assert b"sklearn_kd._run.twins" not in pickle.dumps(model)
    with hooked(wrapped=True) as calls:  # called by the user, it is as any model
        model.teacher_.predict_proba(FRAME)
    assert "HistGradientBoostingClassifier.predict_proba" in calls


def test_kept_teachers_pass_no_hook_either(tmp_path):
    results = []
    for _ in range(2):
        with hooked(wrapped=True) as calls:
            model = distil(cv=2, memory=tmp_path).fit(FRAME, y)
        results.append((calls, model.predict_proba(FRAME).tobytes()))
        assert b"sklearn_kd._run.twins" not in pickle.dumps(model)
    assert results[0] == results[1] == ([], results[0][1])


def test_a_twin_is_what_it_is_a_twin_of():
    forest = RandomForestClassifier(3, random_state=0)
    twin = below_hooks(make_pipeline(forest))
    assert twin[-1] is not forest
    assert isinstance(twin[-1], RandomForestClassifier)
    assert repr(twin) == repr(make_pipeline(forest))
    for same in (clone(twin), pickle.loads(pickle.dumps(twin))):
        assert type(same[-1]) is type(twin[-1])
    fitted = as_public(clone(twin).fit(X, y))
    assert type(fitted[-1]) is RandomForestClassifier
    expected = clone(forest).fit(X, y).predict_proba(X)
    assert_array_equal(fitted.predict_proba(X), expected)
    assert as_public(forest) is forest
