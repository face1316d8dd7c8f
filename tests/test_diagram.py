"""The diagram of estimators made of a teacher and a student, in notebooks."""

import re
from html import unescape

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._pprint import _EstimatorPrettyPrinter
from skorch import NeuralNetClassifier
from wine import FOREST, STUDENT, X, y

from sklearn_kd import (
    CascadeClassifier,
    DistilledClassifier,
    DistilledRegressor,
    MLPStudentRegressor,
    StoredTeacher,
)
from sklearn_kd.torch import TabularMLP

#: From scikit-learn 1.9 on.
SHOWS_FITTED = hasattr(BaseEstimator, "_get_fitted_attr_html")

FAST = {"transfer": None, "objective": "fidelity", "random_state": 0}


def body(model):
    """The diagram without the styles and scripts around it."""
    html = model._repr_html_()
    return html[html.index("<body>") : html.rindex("<script>")]


def parts(model):
    """The names of teachers and students, as they are read."""
    labels = re.findall(r"<div>((?:teacher|student): [^<]*)</div>", body(model))
    return [*map(unescape, labels)]


def boxes(model):
    """The names of all models in boxes."""
    items = body(model).split('class="sk-estimator ')[1:]
    return [re.search(r"<div><div>([^<]*)</div>", item)[1] for item in items]


def distilled(teacher=FOREST, student=STUDENT, **params):
    return DistilledClassifier(teacher, student, **FAST | params)


class Big:
    """A teacher of another package, with many numbers, that must not be touched."""

    classes_ = [0, 1, 2]

    def predict_proba(self, X):
        raise AssertionError("it predicts")

    def __repr__(self):
        raise AssertionError("it is written")

    def __len__(self):
        raise AssertionError("it is counted")

    def __array__(self, *args, **kwargs):
        raise AssertionError("it is an array")


class Costly(ClassifierMixin, BaseEstimator):
    """A fitted teacher whose properties must not be evaluated."""

    def __init__(self, size=1):
        self.size = size
        self.n_asked = 0

    def __sklearn_is_fitted__(self):
        return True

    @property
    def importances_(self):
        self.n_asked += 1
        return np.zeros(10**6)

    @property
    def classes_(self):
        return np.arange(3)

    def predict_proba(self, X):
        return FOREST.predict_proba(X)


# ---- names


UNFITTED = {
    "default": (DistilledClassifier(), "default ensemble", "MLPStudent"),
    "default regressor": (
        DistilledRegressor(),
        "default ensemble",
        "MLPStudentRegressor",
    ),
    "unfitted teacher": (
        distilled(RandomForestClassifier(3)),
        "RandomForestClassifier",
        "MLPStudent",
    ),
    "fitted teacher": (distilled(), "RandomForestClassifier (fitted)", "MLPStudent"),
    "list": (
        distilled([FOREST, LogisticRegression()]),
        "2 models",
        "MLPStudent",
    ),
    "fitted list": (distilled((FOREST, FOREST)), "2 models (fitted)", "MLPStudent"),
    "other package": (distilled(Big()), "Big (fitted)", "MLPStudent"),
    "frozen": (
        distilled(FrozenEstimator(Big())),
        "FrozenEstimator (fitted)",
        "MLPStudent",
    ),
    "net": (
        distilled(student=NeuralNetClassifier(TabularMLP)),
        "RandomForestClassifier (fitted)",
        "SkorchStudent",
    ),
    "pipelines": (
        distilled(
            make_pipeline(StandardScaler(), LogisticRegression()),
            make_pipeline(StandardScaler(), STUDENT),
        ),
        "Pipeline",
        "Pipeline",
    ),
}


@pytest.mark.parametrize("kind", UNFITTED)
def test_teacher_and_student_are_named_before_fit(kind):
    model, teacher, student = UNFITTED[kind]
    assert parts(model) == [f"teacher: {teacher}", f"student: {student}"]
    assert "Not fitted" in body(model)


def test_teacher_and_student_are_named_after_fit():
    model = distilled().fit(X, y)
    assert parts(model) == ["teacher: RandomForestClassifier", "student: MLPStudent"]
    assert boxes(model) == ["RandomForestClassifier", "MLPStudent"]
    assert "Not fitted" not in body(model)


def test_several_teachers_are_side_by_side():
    linear = make_pipeline(StandardScaler(), LogisticRegression())
    model = distilled([FOREST, linear])
    inside = ["RandomForestClassifier", "StandardScaler", "LogisticRegression"]
    assert boxes(model) == [*inside, "MLPStudent"]
    fitted = model.fit(X, y)
    assert parts(fitted)[0] == "teacher: 2 models"
    assert boxes(fitted) == [*inside, "MLPStudent"]


def test_the_default_ensemble_shows_its_members():
    model = distilled(None).fit(X, y)
    assert parts(model)[0] == "teacher: default ensemble"
    members = ["HistGradientBoostingClassifier", "ExtraTreesClassifier"]
    assert boxes(model) == [*members, "MLPStudent"]
    student = MLPStudentRegressor((4,), max_iter=1)
    rows, target = (each[:150] for each in load_diabetes(return_X_y=True))
    regressor = DistilledRegressor(None, student, **FAST).fit(rows, target)
    assert parts(regressor)[0] == "teacher: default ensemble"
    assert boxes(regressor)[-1] == "MLPStudentRegressor"


def test_without_a_teacher():
    model = distilled().fit(X, y)
    assert parts(model.without_teacher())[0] == "teacher: dropped"
    proba = FOREST.predict_proba(X)
    given = distilled(None).fit(X, y, teacher_proba=proba)
    assert parts(given)[0] == "teacher: none"
    assert parts(distilled(None, alpha=0).fit(X, y))[0] == "teacher: none"


def test_a_chain_a_pipeline_and_a_search():
    names = ["teacher: RandomForestClassifier (fitted)", "student: MLPStudent"]
    chain = distilled(distilled(), STUDENT)
    assert parts(chain) == ["teacher: DistilledClassifier", *names, names[1]]
    assert parts(make_pipeline(StandardScaler(), distilled())) == names
    search = GridSearchCV(distilled(), {"alpha": [1.0]}, cv=2)
    assert parts(search) == names
    fitted = parts(search.fit(X, y))
    assert [name.removesuffix(" (fitted)") for name in fitted] == [
        "teacher: RandomForestClassifier",
        "student: MLPStudent",
    ]


def test_a_vote_inside_is_drawn_as_scikit_learn_draws_it():
    vote = VotingClassifier([("one", LogisticRegression()), ("two", FOREST)])
    html = body(distilled(vote))
    assert html.count('class="sk-parallel"') == 2
    for name in ("one", "two", "LogisticRegression", "RandomForestClassifier"):
        assert name in html


def test_a_cascade():
    names = ["student: MLPStudent", "teacher: RandomForestClassifier"]
    assert parts(CascadeClassifier(STUDENT, RandomForestClassifier(3))) == names
    cascade = CascadeClassifier(STUDENT, FOREST, max_disagreement=0.5).fit(X, y)
    assert parts(cascade) == names
    assert "threshold_" in body(cascade) or not SHOWS_FITTED
    distils = CascadeClassifier(teacher=RandomForestClassifier(3))
    assert parts(distils)[0] == "student: DistilledClassifier"
    alone = CascadeClassifier(distilled())
    assert parts(alone)[-1] == "teacher: that of the student"


# ---- what it costs


def test_a_teacher_that_must_not_be_touched():
    for teacher in (Big(), [Big(), FOREST], FrozenEstimator(Big())):
        model = distilled(teacher)
        assert "teacher: " in body(model)
        assert str(model).startswith("DistilledClassifier(")
        bundle = model._repr_mimebundle_()
        assert bundle["text/plain"] == str(model)
        assert "teacher: " in bundle["text/html"]


def test_no_property_of_a_fitted_teacher_is_evaluated():
    teacher = Costly()
    model = distilled(teacher).fit(X, y)
    around = [
        model,
        make_pipeline(model),
        distilled(model),
        distilled([teacher, FOREST]),
    ]
    for each in around:
        assert "Costly" in body(each)
        assert "Costly" in repr(each)
    assert teacher.n_asked == 0


def test_fitted_attributes_are_short():
    model = distilled().fit(X, y)
    model.pool_weights_ = dict.fromkeys(map(str, range(1000)), 0.5)
    model.classes_ = np.arange(10**6)
    html = unescape(body(model))
    assert len(html) < 60_000
    for name in (
        "classes_",
        "n_features_in_",
        "n_iter_",
        "n_transfer_rows_",
        "pool_weights_",
        "student_",
        "teacher_",
    ):
        assert name in html or not SHOWS_FITTED
    assert "(1000000,)" in html or not SHOWS_FITTED
    assert html.count(repr(model.teacher_)) < 3


def test_attributes_that_are_private_or_absent_are_left_out():
    model = distilled().fit(X, y)
    del model.student_.n_iter_
    model._secret_ = 1
    html = body(model)
    assert "_secret_" not in html
    assert "n_iter_" not in html.replace("n_iter_no_change", "")


def test_the_text_is_short_and_that_of_scikit_learn():
    forest = RandomForestClassifier(300, random_state=0).fit(X, y)
    for teacher in (forest, [forest] * 50, None):
        model = distilled(teacher)
        assert str(model) == repr(model)
        assert len(repr(model)) < 2500
    nested = make_pipeline(StandardScaler(), distilled(forest))
    assert "RandomForestClassifier(n_estimators=300" in repr(nested)


# ---- what it leaves behind


def test_nothing_changes():
    model = distilled().fit(X, y)
    before, config = dict(vars(model)), sklearn.get_config()
    printers = dict(_EstimatorPrettyPrinter._dispatch)
    html = body(model)
    assert vars(model) == before
    assert sklearn.get_config() == config
    assert printers == _EstimatorPrettyPrinter._dispatch

    def without_ids(html):
        return re.sub(r"sk-\w+-id-\d+", "", html)

    assert without_ids(body(model)) == without_ids(html)


def test_the_setting_of_scikit_learn_counts():
    model = distilled()
    with sklearn.config_context(display="text"):
        assert not hasattr(model, "_repr_html_")
        assert model._repr_mimebundle_() == {"text/plain": repr(model)}


def test_parameters_are_escaped():
    model = distilled(loss="<b>kl</b>")
    assert "<b>kl" not in body(model)


def test_a_stored_teacher_is_shown_without_its_file(tmp_path):
    path = tmp_path / "line.joblib"
    stored = StoredTeacher.save(LogisticRegression(max_iter=5000).fit(X, y), path)
    path.unlink()
    assert stored.get_params() == {"path": str(path), "digest": stored.digest}
    model = DistilledClassifier(stored)
    assert f"path='{path}'" in "".join(repr(model).split())
    assert "StoredTeacher" in model._repr_html_()
