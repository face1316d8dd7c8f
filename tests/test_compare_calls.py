"""compare and distillation_report find teacher and student, whatever is around them."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import (
    CascadeClassifier,
    DistilledClassifier,
    DistilledRegressor,
    MLPStudent,
    MLPStudentRegressor,
)
from sklearn_kd.inspection import (
    compare,
    distillation_report,
    pickled_size,
    size_scorer,
)
from sklearn_kd.metrics import agreement_score

QUICK = {"n_calls": 10, "time_limit": 0.0}
STUDENT = MLPStudent((8,), max_iter=10)
LABELS = DistilledClassifier(
    DecisionTreeClassifier(max_depth=3, random_state=0),
    STUDENT,
    objective="fidelity",
    transfer=None,
    random_state=0,
)
NUMBERS = DistilledRegressor(
    LinearRegression(),
    MLPStudentRegressor((8,), max_iter=10),
    objective="fidelity",
    transfer=None,
    random_state=0,
)


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return train_test_split(X, y, stratify=y, random_state=0)


@pytest.fixture(scope="module")
def distilled(cancer):
    X, _, y, _ = cancer
    return clone(LABELS).fit(X, y)


def quality(comparison):
    """Everything but the times."""
    kept = ("accuracy", "log_loss", "agreement", "r2", "rmse", "fidelity")
    return [[row.get(name) for name in kept] for row in comparison.rows]


def test_three_calls_are_one(cancer, distilled):
    _, X, _, y = cancer
    teacher, student = distilled.teacher_, distilled.student_
    named = {"teacher": teacher, "student": student}
    expected = quality(compare(named, X, y, **QUICK))
    assert quality(compare(distilled, X, y, **QUICK)) == expected
    assert quality(compare(distilled, X=X, y=y, **QUICK)) == expected
    assert quality(compare(distilled, X, y=y, **QUICK)) == expected
    assert quality(compare(teacher, student, X, y, **QUICK)) == expected
    assert quality(compare(teacher, student, X=X, y=y, **QUICK)) == expected
    assert quality(compare(models=named, X=X, y=y, **QUICK)) == expected
    report = distillation_report(distilled, X, y, **QUICK)
    assert quality(report.models) == expected


def test_the_student_of_a_distilled_estimator_is_measured_without_its_teacher(
    cancer, distilled
):
    _, X, _, y = cancer
    whole = compare(distilled.teacher_, distilled, X, y, **QUICK)["student"]
    alone = compare(distilled, X, y, **QUICK)["student"]
    assert whole["pickled_size"] == alone["pickled_size"]


@pytest.mark.parametrize(
    "around",
    [
        lambda model: make_pipeline(StandardScaler(), model),
        lambda model: make_pipeline(make_pipeline(model)),
        lambda model: GridSearchCV(model, {"alpha": [1.0]}, cv=2),
        lambda model: GridSearchCV(make_pipeline(StandardScaler(), model), {}, cv=2),
        lambda model: FixedThresholdClassifier(model, threshold=0.3),
    ],
    ids=["pipeline", "nested", "search", "search of a pipeline", "threshold"],
)
def test_what_stands_around_stands_around_both(around, cancer):
    X, X_test, y, y_test = cancer
    model = around(clone(LABELS)).fit(X, y)
    rows = compare(model, X_test, y_test, **QUICK)
    assert rows["student"]["accuracy"] == model.score(X_test, y_test)
    assert rows["teacher"]["accuracy"] > 0.85
    report = distillation_report(model, X_test, y_test, baseline=(X, y), **QUICK)
    assert report["student"]["accuracy"] == model.score(X_test, y_test)
    assert report["without teacher"]["accuracy"] > 0.6
    assert report["small booster"]["accuracy"] > 0.85


def test_transformed_targets_are_those_of_both():
    X, y = load_diabetes(return_X_y=True)
    model = TransformedTargetRegressor(NUMBERS, func=np.log, inverse_func=np.exp)
    model.fit(X, y)
    rows = compare(model, X, y, **QUICK)
    assert rows["student"]["r2"] == pytest.approx(model.score(X, y))
    alone = TransformedTargetRegressor(
        LinearRegression(), func=np.log, inverse_func=np.exp
    )
    assert rows["teacher"]["r2"] == pytest.approx(alone.fit(X, y).score(X, y))
    report = distillation_report(model, X, y, baseline=(X, y), **QUICK)
    assert report["small booster"]["r2"] > 0.5


def test_a_frozen_one_is_looked_through(cancer, distilled):
    _, X, _, y = cancer
    rows = compare(FrozenEstimator(distilled), X, y, **QUICK)
    assert rows["student"]["accuracy"] == distilled.score(X, y)


def test_a_cascade_is_the_third_model(cancer, distilled):
    X, X_test, _, y_test = cancer
    cascade = CascadeClassifier(distilled, max_disagreement=0.05).fit(X)
    report = distillation_report(cascade, X_test, y_test, **QUICK)
    assert [row["model"] for row in report.models.rows] == [
        "teacher",
        "student",
        "cascade",
    ]
    assert report["cascade"]["agreement"] >= report["student"]["agreement"]
    with pytest.raises(TypeError, match="cannot be fitted without its teacher"):
        distillation_report(cascade, X_test, y_test, baseline=(X, y_test), **QUICK)


def test_a_notebook_and_a_frame_have_the_comparison(cancer, distilled):
    _, X, _, y = cancer
    rows = compare(distilled, X, y, **QUICK)
    html = rows._repr_html_()
    assert html.count("<td>") == 2 * html.count("<tr>") - 2
    assert f"{rows['student']['accuracy']:.4f}" in html
    frame = rows.to_frame()
    assert frame.index.tolist() == ["teacher", "student"]
    assert frame.loc["student", "accuracy"] == rows["student"]["accuracy"]
    assert rows.to_dict()["student"]["accuracy"] == rows["student"]["accuracy"]


def test_other_calls_say_which_there_are(cancer, distilled):
    _, X, _, y = cancer
    teacher, student = distilled.teacher_, distilled.student_
    for arguments in (
        (distilled, X),
        (distilled,),
        (teacher, student, X, y, y),
        ({"teacher": teacher}, student, X, y),
    ):
        with pytest.raises(TypeError, match="compare is called as compare"):
            compare(*arguments, **QUICK)
    with pytest.raises(TypeError, match="has no teacher_ and student_"):
        compare(student, X, y, **QUICK)
    with pytest.raises(NotFittedError):
        compare(LABELS, X, y, **QUICK)
    with pytest.raises(NotFittedError):
        compare(make_pipeline(StandardScaler(), LABELS), X, y, **QUICK)
    with pytest.raises(ValueError, match="made by without_teacher"):
        compare(distilled.without_teacher(), X, y, **QUICK)
    with pytest.raises(ValueError, match="'other' is not among the models"):
        compare(distilled, X, y, reference="other", **QUICK)


def test_a_student_without_its_teacher_is_compared_with_another(cancer, distilled):
    _, X, _, y = cancer
    teacher, small = distilled.teacher_, distilled.without_teacher()
    found = compare(teacher, small, X, y, **QUICK)["student"]
    assert found["agreement"] == agreement_score(teacher.predict(X), small.predict(X))
    assert found["pickled_size"] == pickled_size(distilled.student_)
    assert size_scorer()(small) == size_scorer()(distilled) == -found["pickled_size"]
