"""Unfitted teachers of XGBoost and CatBoost learn any labels, wherever they are."""

import pickle

import numpy as np
import pytest
from catboost import CatBoostClassifier
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    PredefinedSplit,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from wine import STUDENT, distil
from xgboost import XGBClassifier

from sklearn_kd import DistilledClassifier
from sklearn_kd._estimators.weight_names import weight_parameter
from sklearn_kd.decoded import DecodedClassifier, decoded
from sklearn_kd.students.weighted._requests import ask_for

pytestmark = pytest.mark.usefixtures("small_teachers")

X, CODES = make_classification(
    150, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0
)
TWO = (CODES > 0).astype(np.int64)
XGB = XGBClassifier(n_estimators=4, max_depth=3, n_jobs=1)
CATBOOST = CatBoostClassifier(
    iterations=4, depth=3, verbose=0, thread_count=1, allow_writing_files=False
)
LABELS = {
    "minus one": np.array([-1, 1])[TWO],
    "booleans": TWO.astype(bool),
    "from one": CODES + 1,
    "strings": np.array(["10", "9", "mid"])[CODES],
    "floats": np.array([0.0, 1.0, 2.0])[CODES],
    "narrow": CODES.astype(np.int8),
}
TEACHERS = {
    "alone": XGB,
    "catboost": CATBOOST,
    "pipeline": make_pipeline(StandardScaler(), XGB),
    "vote": VotingClassifier([("x", XGB), ("l", LogisticRegression())], voting="soft"),
    "stack": StackingClassifier(
        [("x", XGB), ("c", CATBOOST)], LogisticRegression(), cv=2
    ),
    "search": GridSearchCV(
        make_pipeline(StandardScaler(), XGB), {"xgbclassifier__max_depth": [1, 3]}, cv=2
    ),
    "grid of models": GridSearchCV(
        make_pipeline(LogisticRegression()),
        {"logisticregression": [XGB, DecisionTreeClassifier(max_depth=1)]},
        cv=2,
    ),
    "bag": BaggingClassifier(XGB, 3, random_state=0),
    "calibrated": CalibratedClassifierCV(XGB, cv=2),
    "threshold": FixedThresholdClassifier(XGB, threshold=0.5),
    "one against rest": OneVsRestClassifier(XGB),
    "selected": make_pipeline(SelectFromModel(XGB, threshold="median"), CATBOOST),
    "distilled": DistilledClassifier(XGB, STUDENT, transfer=None),
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("name", ["alone", "catboost"])
def test_any_labels_teach(name, kind):
    labels = LABELS[kind]
    codes = TWO if len(np.unique(labels)) == 2 else CODES
    teacher = clone(TEACHERS[name]).fit(X, codes)
    model = distil(TEACHERS[name], Recorder()).fit(X, labels)
    assert_array_equal(model.teacher_.classes_, np.unique(labels))
    assert model.teacher_.classes_.dtype == labels.dtype
    soft = model.student_.soft_.proba
    assert_allclose(soft, teacher.predict_proba(X), atol=1e-6)
    expected = np.unique(labels)[np.ravel(teacher.predict(X)).astype(int)]
    assert_array_equal(model.teacher_.predict(X), expected)


@pytest.mark.parametrize("kind", ["minus one", "strings"])
@pytest.mark.parametrize("name", TEACHERS)
def test_so_they_do_inside_of_others(name, kind):
    labels = LABELS[kind]
    codes = TWO if len(np.unique(labels)) == 2 else CODES
    if name == "threshold" and kind == "strings":
        labels, codes = np.array(["a", "b"])[TWO], TWO
    of_codes = distil(TEACHERS[name], Recorder()).fit(X, codes)
    model = distil(TEACHERS[name], Recorder()).fit(X, labels)
    soft = model.student_.soft_.proba
    assert_allclose(soft, of_codes.student_.soft_.proba, atol=1e-6)
    assert_array_equal(model.teacher_.classes_, np.unique(labels))
    assert set(model.teacher_.predict(X)) <= set(labels)
    again = pickle.loads(pickle.dumps(model.teacher_))
    assert_array_equal(again.predict_proba(X), model.teacher_.predict_proba(X))


@pytest.mark.parametrize("name", ["alone", "pipeline", "calibrated", "bag", "catboost"])
def test_a_fold_may_lack_a_class(name):
    model = distil(TEACHERS[name], Recorder(), cv=PredefinedSplit(CODES)).fit(X, CODES)
    proba = model.student_.soft_.proba
    assert_array_equal(proba[np.arange(150), CODES], 0)
    assert_allclose(proba.sum(axis=1), 1, atol=1e-6)
    if name == "alone":  # the teacher of all rows has nothing to decode
        assert isinstance(model.teacher_, XGBClassifier)


def test_a_fold_may_have_one_class():
    model = distil(XGB, Recorder(), cv=PredefinedSplit(TWO)).fit(X, TWO)
    assert_array_equal(model.student_.soft_.proba, np.eye(2)[1 - TWO])


def test_a_pipeline_of_codes_stays_as_it_is():
    model = distil(TEACHERS["pipeline"], Recorder()).fit(X, CODES)
    assert isinstance(model.teacher_[-1], XGBClassifier)
    assert_array_equal(TEACHERS["pipeline"].steps[-1][1], XGB)


@pytest.mark.parametrize(
    "teacher",
    [
        FixedThresholdClassifier(XGB, threshold=0.8, pos_label="bad"),
        make_pipeline(
            StandardScaler(),
            FixedThresholdClassifier(XGB, threshold=0.8, pos_label="bad"),
        ),
        TunedThresholdClassifierCV(
            XGB, scoring=make_scorer(f1_score, pos_label="bad"), cv=2, thresholds=7
        ),
    ],
    ids=["fixed", "pipeline", "tuned"],
)
def test_the_label_of_a_threshold_survives(teacher):
    labels = np.where(TWO == 1, "bad", "good")
    model = distil(teacher, decision_threshold="teacher").fit(X, labels)
    assert model.student_.pos_label == "bad"
    column = model.student_.predict_proba(X)[:, 0]  # "bad" is the first
    assert_array_equal(model.predict(X) == "bad", column >= model.student_.threshold)
    last = model.teacher_
    last = getattr(last, "steps", [(None, last)])[-1][1]
    value = getattr(last, "best_threshold_", 0.8)
    flagged = model.teacher_.predict_proba(X)[:, 0] >= value
    assert_array_equal(model.teacher_.predict(X) == "bad", flagged)


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("name", ["alone", "pipeline", "vote", "search", "calibrated"])
def test_weights_reach_what_is_wrapped(name, routing):
    weight = np.where(CODES == 0, 5.0, 1.0)
    labels = LABELS["strings"]
    teacher, student = clone(TEACHERS[name]), clone(STUDENT)
    with config_context(enable_metadata_routing=routing):
        if routing:
            ask_for(teacher, "sample_weight")
            ask_for(student, "sample_weight")
        wrapped = decoded(clone(teacher), labels)
        assert weight_parameter(wrapped) == weight_parameter(teacher)
        soft = [
            distil(teacher, student).fit(X, y, sample_weight=weight).teacher_
            for y in (labels, CODES)
        ]
    proba = [one.predict_proba(X) for one in soft]
    assert_allclose(*proba, atol=1e-6)
    plain = distil(TEACHERS[name]).fit(X, labels).teacher_.predict_proba(X)
    assert proba[0][:, 0].mean() > plain[:, 0].mean() + 0.02


def test_the_wrapper_has_the_parameters_of_what_is_inside():
    wrapped = DecodedClassifier(clone(XGB)).set_params(max_depth=2)
    assert wrapped.get_params()["max_depth"] == 2
    wrapped.set_params(estimator__max_depth=1)
    assert wrapped.estimator.max_depth == 1
    assert clone(wrapped).get_params()["max_depth"] == 1
    assert list(wrapped.get_params(deep=False)) == ["estimator"]
    assert not hasattr(wrapped, "classes_")
    wrapped.fit(X, LABELS["strings"])
    assert wrapped.feature_importances_.shape == (5,)
    assert wrapped.n_features_in_ == 5
    assert wrapped.score(X, LABELS["strings"]) > 0.6


def test_a_fitted_one_is_left_alone():
    fitted = clone(XGB).fit(X, CODES)
    with pytest.raises(ValueError, match="lacks 3 of the 3 classes"):
        distil(fitted).fit(X, LABELS["strings"])
    assistant = DistilledClassifier(fitted, STUDENT, transfer=None)
    assistant.set_params(teacher_classes=np.unique(LABELS["strings"]))
    model = distil(assistant).fit(X, LABELS["strings"])
    assert model.teacher_.teacher is fitted
    assert model.teacher_.teacher_ is fitted


def test_a_student_keeps_the_label_of_its_threshold():
    labels = np.where(TWO == 1, "bad", "good")
    student = FixedThresholdClassifier(XGB, threshold=0.8, pos_label="bad")
    model = distil(LogisticRegression(), student).fit(X, labels)
    flagged = model.predict_proba(X)[:, 0] >= 0.8
    assert_array_equal(model.predict(X) == "bad", flagged)
    assert 0 < flagged.sum() < (TWO == 1).sum()


class Asking(ClassifierMixin, BaseEstimator):
    """An estimator of the user's own that checks what it is made of."""

    def __init__(self, inner=None):
        self.inner = inner

    def fit(self, X, y):
        assert isinstance(self.inner, XGBClassifier)
        self.classes_ = np.unique(y)
        self.model_ = clone(self.inner).fit(X, y)
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


class OwnVote(VotingClassifier):
    """A class of scikit-learn by another name: it fits its parts on other labels."""


def test_a_class_of_the_users_own_keeps_its_parts_where_labels_are_codes():
    model = distil(make_pipeline(StandardScaler(), Asking(XGB)), Recorder())
    model.fit(X, CODES)
    assert isinstance(model.teacher_[-1].inner, XGBClassifier)
    assert model.student_.soft_.proba.shape == (150, 3)
    vote = decoded(OwnVote([("x", clone(XGB))]), CODES)
    assert isinstance(vote.estimators[0][1], DecodedClassifier)
    other = decoded(Asking(clone(XGB)), CODES + 1)
    assert isinstance(other.inner, DecodedClassifier)
