"""``without_teacher()``: the same predictions, no teacher, and who says so."""

import pickle
import re
from functools import cache

import numpy as np
import pytest
import skops.io
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from skorch_nets import net
from wine import FOREST, X, distil, y
from xgboost import XGBClassifier

from sklearn_kd import (
    DistilledClassifier,
    DistilledRegressor,
    MLPStudent,
    MLPStudentRegressor,
    MungeSampler,
    compute_soft_targets,
)
from sklearn_kd.export import to_onnx
from sklearn_kd.inspection import compare, pickled_size
from sklearn_kd.metrics import agreement_scorer, fidelity_r2_scorer
from sklearn_kd.teachers.dropped import DroppedTeacher

SMALL = MLPStudent((8,), max_iter=2)
NUMBERS = MLPStudentRegressor((8,), max_iter=2)
NAMES = np.array(["one", "two", "three"])[y]
NAMED = clone(FOREST).fit(X, NAMES)
TWO = y < 2


def pooled(teacher=NAMED, student=SMALL, **params):
    params = {"transfer": MungeSampler(30), "random_state": 0} | params
    return DistilledClassifier(teacher, student, **params)


def numbers(teacher, **params):
    params = {"transfer": None, "random_state": 0} | params
    return DistilledRegressor(teacher, NUMBERS, **params)


PROBA = FOREST.predict_proba(X)
FITS = {
    "pooled": lambda: pooled().fit(X, NAMES),
    "unfitted teacher": lambda: distil(RandomForestClassifier(20), SMALL).fit(X, y),
    "folds": lambda: distil(
        LogisticRegression(), SMALL, cv=StratifiedKFold(2, shuffle=True)
    ).fit(X, y),
    "teachers": lambda: distil([FOREST, LogisticRegression()], SMALL).fit(X, y),
    "default teacher": lambda: distil(None, SMALL).fit(X[::6], y[::6]),
    "probabilities": lambda: distil(None, SMALL).fit(X, y, teacher_proba=PROBA),
    "labels alone": lambda: distil(None, SMALL, alpha=0.0).fit(X, y),
    "threshold": lambda: distil(
        FixedThresholdClassifier(LogisticRegression(), threshold=0.3),
        SMALL,
        decision_threshold="teacher",
    ).fit(X[TWO], y[TWO]),
    "tree": lambda: distil(NAMED, DecisionTreeClassifier(max_depth=2)).fit(X, NAMES),
    "decoded": lambda: distil(NAMED, XGBClassifier(n_estimators=2)).fit(X, NAMES),
    "net": lambda: distil(NAMED, net(max_epochs=1)).fit(X, NAMES),
    "numbers": lambda: numbers(Ridge()).fit(X, X[:, 0] + y),
    "quantiles": lambda: numbers(Ridge(), quantiles=(0.1, 0.9)).fit(X, X[:, 0]),
}


@cache
def fitted(name):
    """Fit each once; nothing changes it."""
    return FITS[name]()


@pytest.fixture(scope="module", params=FITS)
def pair(request):
    """A fitted estimator, and the same one without its teacher."""
    model = fitted(request.param)
    return model, model.without_teacher()


def test_it_predicts_the_same_to_the_bit(pair):
    model, small = pair
    assert type(small) is type(model)
    assert small is not model
    methods = ("predict", "predict_proba", "predict_log_proba", "predict_quantiles")
    has = [name for name in methods if hasattr(model, name)]
    assert "predict" in has
    for name in methods:
        assert hasattr(small, name) == (name in has)
    for name in has:
        for rows in (X, X[:1]):
            assert_array_equal(getattr(small, name)(rows), getattr(model, name)(rows))


def test_what_it_keeps_and_what_it_drops(pair):
    model, small = pair
    params = set(model.get_params(deep=False))
    dropped = {"teacher_", "student_on_labels_"}
    assert vars(model).keys() - vars(small).keys() == dropped
    kept = {name for name in vars(small).keys() - params if name != "_takes"}
    facts = {
        "student_",
        "pool_weights_",
        "labelling_kernel_",
        "n_transfer_rows_",
        "n_features_in_",
    }
    facts |= {"classes_"} if is_classifier(model) else {"n_outputs_"}
    assert kept == facts  # decide of each new attribute whether it goes
    for name in kept:
        assert vars(small)[name] is vars(model)[name]
    assert small.n_iter_ == model.n_iter_ if hasattr(model, "n_iter_") else True
    assert isinstance(small.teacher, DroppedTeacher)
    for name in params - {"teacher"}:
        assert repr(getattr(small, name)) == repr(getattr(model, name))


def test_its_pickle_is_about_that_of_the_student(pair):
    _, small = pair
    data = pickle.dumps(small)
    assert pickled_size(small) - pickled_size(small.student_) < 6000
    assert b"RandomForest" not in data
    assert b"HistGradient" not in data
    again = pickle.loads(data)
    assert_array_equal(again.predict(X), small.predict(X))
    assert repr(again.teacher) == "DroppedTeacher()"


def test_a_pickle_of_the_estimator_itself_keeps_the_teacher():
    model = fitted("pooled")
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.teacher_.predict_proba(X), NAMED.predict_proba(X))
    assert again.teacher is again.teacher_
    assert again.student_on_labels_.predict(X).shape == y.shape
    assert pickled_size(model) > pickled_size(model.without_teacher()) + 10_000


def test_fit_says_that_there_is_no_teacher_and_changes_nothing(pair):
    model, small = pair
    targets = NAMES if is_classifier(model) else X[:, 0]
    message = re.escape("made by without_teacher(): set_params(teacher=...) first")
    for one in (small, clone(small), pickle.loads(pickle.dumps(small))):
        with pytest.raises(ValueError, match=f"^fit needs a teacher, .*{message}"):
            one.fit(X, targets)
    assert_array_equal(small.predict(X), model.predict(X))
    with pytest.raises(NotFittedError):
        clone(small).predict(X)


def test_with_a_new_teacher_it_can_be_fitted():
    small = fitted("tree").without_teacher()
    small.set_params(teacher=LogisticRegression())
    small.set_params(teacher__C=0.5)
    small.fit(X, NAMES)
    assert small.teacher_.C == 0.5
    expected = distil(LogisticRegression(C=0.5), small.student).fit(X, NAMES)
    assert_array_equal(small.predict_proba(X), expected.predict_proba(X))


def test_without_a_teacher_there_may_be_predictions_again():
    small = distil(None, SMALL).fit(X, y, teacher_proba=PROBA).without_teacher()
    with pytest.raises(ValueError, match=r"None stands for .* passed to fit"):
        small.fit(X, y, teacher_proba=PROBA)
    small.set_params(teacher=None).fit(X, y, teacher_proba=PROBA)
    assert small.teacher_ is None


def test_parameters_go_round():
    small = fitted("pooled").without_teacher()
    assert small.get_params()["teacher"] == DroppedTeacher()
    assert not [name for name in small.get_params() if name.startswith("teacher__")]
    other = DistilledClassifier().set_params(**small.get_params(deep=False))
    assert repr(other) == repr(small)
    assert "teacher=DroppedTeacher()" in repr(small)
    assert "DroppedTeacher" in small._repr_html_()
    with pytest.raises(ValueError, match="teacher__C needs a teacher, and this"):
        small.set_params(teacher__C=1)
    assert small.set_params(alpha=0.5).alpha == 0.5
    assert_array_equal(small.without_teacher().predict(X), small.predict(X))
    assert len({DroppedTeacher(), small.teacher}) == 1


@pytest.mark.parametrize("name", ["teacher_", "student_on_labels_"])
def test_an_attribute_that_was_dropped_says_so(name):
    small = fitted("unfitted teacher").without_teacher()
    expected = re.escape(f"made by without_teacher(), which has left {name} out")
    with pytest.raises(AttributeError, match=expected):
        getattr(small, name)
    assert not hasattr(small, name)
    assert not hasattr(DistilledClassifier(), name)
    with pytest.raises(AttributeError, match=f"has no {name}: fit sets it"):
        getattr(DistilledClassifier(), name)


def test_comparisons_and_scorers_say_that_there_is_no_teacher():
    small = fitted("unfitted teacher").without_teacher()
    made = "this estimator was made by without_teacher"
    with pytest.raises(ValueError, match=rf"^models\['teacher'\] .*{made}.* itself"):
        compare({"teacher": small.teacher, "student": small}, X, y)
    with pytest.raises(ValueError, match=f"^agreement needs .*{made}.* to the scorer"):
        agreement_scorer()(small, X, y)
    with pytest.raises(ValueError, match=f"^teacher needs .*{made}"):
        agreement_scorer(small.teacher)
    assert 0 < agreement_scorer(FOREST)(small, X, y) <= 1
    of_numbers = numbers(Ridge()).fit(X, X[:, 0]).without_teacher()
    with pytest.raises(ValueError, match=f"^fidelity_r2 needs .*{made}"):
        fidelity_r2_scorer()(make_pipeline(of_numbers), X, X[:, 0])


@pytest.mark.parametrize(
    "use",
    [
        lambda gone: distil([gone, FOREST]).fit(X, y),
        lambda gone: compute_soft_targets(gone, X),
    ],
)
def test_what_was_dropped_is_no_teacher_of_others(use):
    with pytest.raises(ValueError, match=r"without_teacher.* pass the teacher itself"):
        use(DroppedTeacher())


def test_before_fit_it_is_not_fitted():
    for model in (DistilledClassifier(), DistilledRegressor(Ridge())):
        with pytest.raises(NotFittedError):
            model.without_teacher()


def test_no_row_is_left_in_a_sampler():
    sampler = MungeSampler(10).fit(X)
    model = distil(student=SMALL, transfer=sampler).fit(X, y)
    small = model.without_teacher()
    assert not vars(small.transfer).keys() - {*sampler.get_params(), "_takes"}
    assert model.transfer is sampler


def test_as_a_teacher_it_is_taken_for_the_same_model():
    """Predictions of a pool are not pooled once more."""
    student = MLPStudent((8,), max_iter=10, batch_size=16)
    model = pooled(FOREST, student).fit(X, y)
    chains = [
        pooled(one, SMALL, transfer=None).fit(X, y)
        for one in (model, model.without_teacher())
    ]
    assert model.pool_weights_["teacher"] < 1
    for chain in chains:
        assert chain.pool_weights_["teacher"] == 1
    assert_array_equal(*(chain.predict_proba(X) for chain in chains))


def test_inside_of_others_it_is_put_in_the_place_of_the_whole():
    pipe = make_pipeline(StandardScaler(), distil(LogisticRegression(), SMALL))
    pipe.fit(X, y)
    expected = pipe.predict_proba(X)
    pipe.set_params(distilledclassifier=pipe[-1].without_teacher())
    assert_array_equal(pipe.predict_proba(X), expected)
    with pytest.raises(ValueError, match="made by without_teacher"):
        pipe.fit(X, y)
    linear = distil(LogisticRegression(), SMALL)
    search = GridSearchCV(linear, {"alpha": [0.5, 1.0]}, cv=2)
    best = search.fit(X, y).best_estimator_.without_teacher()
    assert_array_equal(best.predict(X), search.predict(X))
    threshold = FixedThresholdClassifier(linear, threshold=0.2)
    threshold.fit(X, y > 0)
    expected = threshold.predict(X)
    threshold.estimator_ = threshold.estimator_.without_teacher()
    assert_array_equal(threshold.predict(X), expected)


def test_its_threshold_stays():
    model = fitted("threshold")
    small = model.without_teacher()
    assert small.decision_threshold == "teacher"
    assert small.student_.threshold == model.student_.threshold


def test_requests_of_metadata_stay():
    with config_context(enable_metadata_routing=True):
        model = distil(student=SMALL).set_fit_request(sample_weight=True, groups=False)
        small = model.fit(X, y).without_teacher()
        for one in (small, clone(small)):
            requests = one.get_metadata_routing()._self_request.fit.requests
            assert requests["sample_weight"] is True
            assert requests["groups"] is False


@pytest.mark.parametrize("name", ["pooled", "threshold", "quantiles"])
def test_its_export_is_that_of_the_whole(name):
    model = fitted(name)
    files = [to_onnx(each) for each in (model, model.without_teacher())]
    assert files[0].SerializeToString() == files[1].SerializeToString()


@pytest.mark.parametrize("name", ["pooled", "numbers"])
def test_skops_keeps_what_is_left(name):
    small = fitted(name).without_teacher()
    data = skops.io.dumps(small)
    again = skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))
    assert again.teacher == DroppedTeacher()
    assert_array_equal(again.predict(X), small.predict(X))
    with pytest.raises(ValueError, match="made by without_teacher"):
        again.fit(X, y)
