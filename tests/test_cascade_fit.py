"""What a cascade fits, on which rows, and what it refuses before that."""

import pickle

import joblib
import numpy as np
import pytest
import sklearn
import skops.io
from cascades import FOREST, LOGISTIC, STUDENT, X_NEW, Y_NEW, Differing, Written, X, Y
from fitted_teachers import fingerprint
from numpy.testing import assert_array_equal
from refusals import refused
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags
from skorch import NeuralNetClassifier
from teacher_alone import alone

from sklearn_kd import CascadeClassifier, DistilledClassifier, MLPStudent
from sklearn_kd._task.strata import held_out_mask
from sklearn_kd.export import to_onnx, trusted_types
from sklearn_kd.torch import TabularMLP

SMALL = MLPStudent((16,), max_iter=20, batch_size=32)
TREES = RandomForestClassifier(10)


def distil(teacher=None, **params):
    return DistilledClassifier(
        teacher, SMALL, transfer=None, objective=alone(), **params
    )


def cascade(student=STUDENT, teacher=FOREST, budget=0.5, **params):
    return CascadeClassifier(student, teacher, max_disagreement=budget, **params)


class Remembering(GaussianNB):
    """Keeps the rows that it was fitted on, those it predicted first, and weights."""

    def fit(self, X, y, sample_weight=None):
        self.fitted_, self.weight_ = X, sample_weight
        return super().fit(X, y)

    def predict(self, X):
        if not hasattr(self, "predicted_"):
            self.predicted_ = X
        return super().predict(X)


def rows(X):
    return set(map(bytes, np.ascontiguousarray(X)))


# ---- which rows


def test_no_row_is_both_fitted_on_and_calibrated_on():
    model = cascade(Remembering(), Remembering(var_smoothing=1e-3), random_state=0)
    model.fit(X, Y)
    for part in (model.student_, model.teacher_):
        assert not rows(part.fitted_) & rows(part.predicted_)
        assert rows(part.fitted_) | rows(part.predicted_) == rows(X)
        assert len(part.predicted_) == model.n_calibration_rows_ == len(X) // 4
    other = clone(model).set_params(random_state=1).fit(X, Y)
    assert rows(other.student_.fitted_) != rows(model.student_.fitted_)


def test_fitted_models_are_calibrated_on_all_rows_and_stay_as_they_are():
    before = fingerprint(FOREST), fingerprint(STUDENT)
    model = cascade().fit(X_NEW)
    assert model.student_ is STUDENT
    assert model.teacher_ is FOREST
    assert model.n_calibration_rows_ == len(X_NEW)
    assert (fingerprint(FOREST), fingerprint(STUDENT)) == before
    assert model.fit(X_NEW, ["any", "label"] * 300 + ["s"] * 597) is model
    with pytest.raises(ValueError, match="y has 3 labels, and X 1197 rows"):
        model.fit(X_NEW, [0, 1, 2])


def test_more_rows_calibrate_where_the_budget_needs_them():
    for budget, n_rows in [(0.5, 150), (0.01, 299), (0.001, 300)]:
        model = cascade(GaussianNB(), GaussianNB(), budget)
        if budget == 0.001:
            with pytest.warns(UserWarning, match="300 calibration rows are too few"):
                model.fit(X, Y)
        else:
            model.fit(X, Y)
        assert model.n_calibration_rows_ == n_rows


def test_held_out_rows_are_drawn_with_the_same_chance_and_leave_a_row_of_each_class():
    codes = np.repeat([0, 1, 2], [90, 9, 1])
    masks = np.array([held_out_mask(codes, 25, seed) for seed in range(2000)])
    assert not masks[:, codes == 2].any()
    assert set(masks.sum(axis=1)) == {24, 25}
    # of 2000 draws, within five standard errors
    error = 5 * np.sqrt(0.25 * 0.75 / 2000)
    assert np.abs(masks[:, codes < 2].mean(axis=0) - 0.25).max() < error


def test_too_few_rows():
    with pytest.raises(ValueError, match="n_samples=2 is too few to fit a cascade"):
        cascade(GaussianNB(), GaussianNB()).fit(X[:2], [0, 1])


# ---- which models


@pytest.mark.parametrize(
    ("student", "teacher"),
    [(STUDENT, TREES), (LOGISTIC, FOREST), (LOGISTIC, TREES), (distil(), FOREST)],
    ids=["fitted student", "fitted teacher", "neither", "distilled"],
)
def test_what_is_unfitted_is_cloned_seeded_and_fitted(student, teacher):
    model = cascade(student, teacher, random_state=3).fit(X, Y)
    again = cascade(student, teacher, random_state=3).fit(X, Y)
    assert_array_equal(model.predict_proba(X_NEW), again.predict_proba(X_NEW))
    assert model.threshold_ == again.threshold_
    assert (model.teacher_ is FOREST) == (teacher is FOREST)
    assert (model.student_ is STUDENT) == (student is STUDENT)
    assert not hasattr(TREES, "estimators_")
    assert not hasattr(LOGISTIC, "coef_")
    assert model.score(X_NEW, Y_NEW) > 0.75
    if teacher is TREES:
        assert model.teacher_.random_state == 3


def test_a_fitted_distilled_classifier_brings_both():
    distilled = distil(FOREST, random_state=0).fit(X, Y)
    for student in (distilled, FrozenEstimator(distilled)):
        model = cascade(student, None).fit(X_NEW)
        assert model.student_ is distilled.student_
        assert model.teacher_ is FOREST
    other = cascade(distilled, GaussianNB().fit(X, Y)).fit(X_NEW)
    assert isinstance(other.teacher_, GaussianNB)
    assert other.student_ is distilled.student_


@pytest.mark.parametrize("teacher", [FOREST, TREES], ids=["fitted", "unfitted"])
def test_a_distilled_student_learns_from_the_teacher_of_the_cascade(teacher):
    model = cascade(distil(), teacher, random_state=0).fit(X, Y)
    assert isinstance(model.student_, MLPStudent)
    assert isinstance(model.teacher_, RandomForestClassifier)
    assert (model.teacher_ is FOREST) == (teacher is FOREST)
    own = cascade(distil(GaussianNB()), teacher, random_state=0).fit(X, Y)
    assert isinstance(own.teacher_, RandomForestClassifier)
    alone_ = cascade(distil(teacher), None, random_state=0).fit(X, Y)
    assert_array_equal(alone_.predict_proba(X_NEW), model.predict_proba(X_NEW))
    labels = cascade(distil(alpha=0), teacher, random_state=0).fit(X, Y)
    assert isinstance(labels.teacher_, RandomForestClassifier)


@pytest.mark.usefixtures("small_teachers")
def test_without_a_student_the_teacher_is_distilled():
    few, y = X[:80, 18:22], Y[:80] > 4
    model = CascadeClassifier(None, LOGISTIC, max_disagreement=0.5, random_state=0)
    model.fit(few, y)
    assert isinstance(model.student_, MLPStudent)
    assert isinstance(model.teacher_, LogisticRegression)
    train = ~held_out_mask(y.astype(int), 20, 0)
    distilled = DistilledClassifier(LOGISTIC, random_state=0).fit(few[train], y[train])
    expected = distilled.student_.predict_proba(few)
    assert_array_equal(model.student_.predict_proba(few), expected)


# ---- weights


def test_weights_reach_the_models_that_are_fitted():
    weight = np.arange(len(X)) % 3 + 1.0
    model = cascade(Remembering(), Remembering()).fit(X, Y, sample_weight=weight)
    by_row = dict(zip(map(bytes, X), weight, strict=True))
    for part in (model.student_, model.teacher_):
        expected = [by_row[bytes(row)] for row in part.fitted_]
        assert_array_equal(part.weight_, expected)
    neighbors = cascade(GaussianNB(), KNeighborsClassifier())
    with pytest.warns(
        UserWarning, match="teacher KNeighborsClassifier takes no sample"
    ):
        neighbors.fit(X, Y, sample_weight=weight)


def test_metadata_routing():
    weight = np.arange(len(X)) % 3 + 1.0
    with sklearn.config_context(enable_metadata_routing=True):
        for parts in [(Remembering(), FOREST), (STUDENT, Remembering())]:
            with pytest.raises(UnsetMetadataPassedError):
                cascade(*parts).fit(X, Y, sample_weight=weight)
        wants = Remembering().set_fit_request(sample_weight=True)
        declines = Remembering().set_fit_request(sample_weight=False)
        model = cascade(wants, declines).fit(X, Y, sample_weight=weight)
        assert model.student_.weight_ is not None
        assert model.teacher_.weight_ is None
        model = cascade(declines, wants).fit(X, Y, sample_weight=weight)
        assert model.student_.weight_ is None
        assert model.teacher_.weight_ is not None
        assert cascade(STUDENT, wants).fit(X, Y, weight).teacher_.weight_ is not None
        assert cascade(wants, FOREST).fit(X, Y, weight).student_.weight_ is not None
        cascade().fit(X_NEW, sample_weight=np.ones(len(X_NEW)))


# ---- parameters and files


def test_fitted_parts_are_leaves_that_come_through_a_clone():
    model = cascade(random_state=0)
    twin = clone(model)
    assert twin.student is STUDENT
    assert twin.teacher is FOREST
    assert set(model.get_params()) == set(model.get_params(deep=False))
    with refused(ValueError, "teacher__n_estimators cannot be set: the teacher Random"):
        model.set_params(teacher__n_estimators=3)
    with refused(ValueError, "student__max_iter cannot be set: the student MLPStudent"):
        model.set_params(student__max_iter=3)
    unfitted = cascade(LOGISTIC, TREES)
    assert clone(unfitted).teacher is not TREES
    unfitted = clone(unfitted).set_params(teacher__n_estimators=3, student__C=2)
    assert (unfitted.teacher.n_estimators, unfitted.student.C) == (3, 2)


def test_a_search_over_the_budget():
    grid = {"max_disagreement": [0.1, 0.5]}
    search = GridSearchCV(cascade(), grid, cv=2).fit(X_NEW, Y_NEW)
    assert search.best_estimator_.teacher_ is FOREST


def test_files_have_both_models():
    model = cascade(distil(FOREST, random_state=0).fit(X, Y), None).fit(X_NEW)
    expected = model.predict_proba(X_NEW)
    for copy in (
        pickle.loads(pickle.dumps(model)),
        skops.io.loads(
            skops.io.dumps(model), trusted=[*trusted_types(), "sklearn.tree._tree.Tree"]
        ),
    ):
        assert_array_equal(copy.predict_proba(X_NEW), expected)
        assert_array_equal(copy.predict(X_NEW), model.predict(X_NEW))
    net = NeuralNetClassifier(TabularMLP, max_epochs=1, verbose=0)
    with refused(TypeError, "has in it, a NeuralNetClassifier of skorch.*joblib.dump"):
        skops.io.dumps(cascade(STUDENT, net))


def test_a_net_of_skorch_as_student(tmp_path):
    net = NeuralNetClassifier(TabularMLP, max_epochs=2, verbose=0)
    model = cascade(net, FOREST, 0.9, random_state=0).fit(X.astype("f"), Y)
    joblib.dump(model, tmp_path / "model")
    again = joblib.load(tmp_path / "model").predict_proba(X_NEW.astype("f"))
    assert_array_equal(again, model.predict_proba(X_NEW.astype("f")))


def test_an_export_would_leave_the_teacher_out(tmp_path):
    with refused(TypeError, "asks its teacher about some rows.*cascade.student_"):
        to_onnx(cascade().fit(X_NEW), tmp_path / "model.onnx")


# ---- refusals


class Nameless(Written):
    """A student without ``classes_``."""

    def __init__(self):
        pass


@pytest.mark.parametrize(
    ("params", "error", "match"),
    [
        ({"max_disagreement": 0}, ValueError, "'max_disagreement' parameter"),
        ({"max_disagreement": 1.0}, ValueError, "'max_disagreement' parameter"),
        ({"confidence": 95}, ValueError, "'confidence' parameter"),
        ({"student": Ridge()}, TypeError, "student must be a classifier, got the regr"),
        ({"teacher": Ridge()}, TypeError, "teacher must be a classifier, got the regr"),
        ({"student": LinearSVC()}, TypeError, "student must be .* with predict_proba"),
        ({"teacher": object()}, TypeError, "teacher must be .* with predict"),
        ({"student": GaussianNB}, TypeError, "student must be a fitted instance"),
        ({"teacher": [FOREST, FOREST]}, TypeError, "teacher must be .* of type list"),
        ({"teacher": None}, ValueError, "teacher is None, and the student MLPStudent"),
        (
            {"teacher": GridSearchCV(GaussianNB(), {}, refit=False)},
            TypeError,
            "GridSearchCV has refit=False",
        ),
        ({"student": Nameless(), "teacher": Differing()}, TypeError, "no classes_"),
    ],
)
def test_wrong_arguments(params, error, match):
    model = CascadeClassifier(**{"student": STUDENT, "teacher": FOREST} | params)
    with refused(error, match):
        model.fit(X, Y)
    assert not hasattr(model, "threshold_")


def test_distilled_students_without_a_teacher():
    dropped = distil(FOREST, random_state=0).fit(X, Y).without_teacher()
    with refused(ValueError, "A cascade needs a teacher.*CascadeClassifier"):
        cascade(dropped, None).fit(X_NEW)
    with refused(ValueError, "A cascade needs a teacher"):
        cascade(STUDENT, dropped.teacher).fit(X_NEW)
    assert cascade(dropped).fit(X_NEW).teacher_ is FOREST
    by_proba = distil().fit(X, Y, teacher_proba=FOREST.predict_proba(X))
    with refused(ValueError, "fitted without a teacher, by teacher_proba or at alpha"):
        cascade(by_proba, None).fit(X_NEW)
    coded = distil(FOREST, teacher_classes=list("abcdefghij"))
    coded.fit(X, np.array(list("abcdefghij"))[Y])
    with refused(ValueError, "fitted with teacher_classes=.*predict gives labels"):
        cascade(coded, None).fit(X_NEW)


def test_labels_are_needed_for_a_fit():
    with refused(ValueError, "requires y to be passed"):
        cascade(LOGISTIC).fit(X)
    tags = cascade(LOGISTIC).__sklearn_tags__()
    assert tags.target_tags.required
    assert not cascade().__sklearn_tags__().target_tags.required


def test_tags_are_those_of_the_parts():
    boosting = HistGradientBoostingClassifier()
    for student, teacher, missing, sparse in [
        (None, LOGISTIC, False, True),
        (None, boosting, True, False),
        (boosting, LOGISTIC, False, False),
        (STUDENT, FOREST, True, True),
        (distil(boosting), None, True, False),
    ]:
        tags = get_tags(CascadeClassifier(student, teacher)).input_tags
        assert (tags.allow_nan, tags.sparse) == (missing, sparse)


def test_before_a_fit():
    model = cascade()
    for method in (model.predict, model.student_answers, model.expected_cost):
        with pytest.raises(NotFittedError):
            method(X)


def test_a_fit_that_fails_leaves_no_half():
    model = cascade().fit(X_NEW)
    model.set_params(student=DecisionTreeClassifier())
    with refused(ValueError, "requires y"):
        model.fit(X_NEW)
    with pytest.raises(NotFittedError):
        model.predict(X_NEW)
