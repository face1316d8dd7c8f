"""Pipelines that end in a student, and scikit-learn's students, as ONNX models."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
import skl2onnx
from exported import (
    DIABETES,
    KINDS,
    PROGRESS,
    QUANTILES,
    TWO,
    WINE,
    classifier,
    mixed_wine,
    regressor,
)
from lightgbm import LGBMClassifier
from numpy.testing import assert_allclose, assert_array_equal
from onnx_models import frame_feeds, run
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_kd import DistilledClassifier, DistilledRegressor
from sklearn_kd.decoded import DecodedClassifier
from sklearn_kd.export import to_onnx

NAMES = np.array(["b", "a", "ç"])[KINDS]
TABLE = mixed_wine().dropna().astype({"floor": int})
LABELS = NAMES[TABLE.index]
PROBA = np.array([[0.1, 0.8, 0.1], [0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])


def distilled(student, rows=WINE, labels=NAMES, **params):
    """Distil given probabilities, which costs no teacher."""
    quick = {"transfer": None, "objective": "fidelity", "random_state": 0}
    model = DistilledClassifier(student=student, **quick, **params)
    codes = np.unique(labels, return_inverse=True)[1]
    proba = np.eye(len(np.unique(labels)))[codes] * 0.8 + 0.1
    return model.fit(rows, labels, teacher_proba=proba / proba.sum(1, keepdims=True))


def levels_and_numbers(encoder):
    return make_column_transformer(
        (encoder, ["job", "floor"]),
        (make_pipeline(StandardScaler(), MinMaxScaler()), ["alcohol", "acid"]),
        ("passthrough", ["one"]),
        ("drop", ["ash"]),
    )


ENCODED = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
ORDINAL = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
NAMED = TABLE[["alcohol", "acid", "ash"]]
BY_NAME = make_column_transformer(
    (StandardScaler(), ["ash"]), (MinMaxScaler(), ["acid", "alcohol"])
)
BY_PLACE = make_column_transformer(
    (StandardScaler(), slice(0, 2)), (MinMaxScaler(), [5]), ("drop", [4])
)
MODELS = {
    "scaled": (make_pipeline(StandardScaler(), classifier()), WINE, NAMES),
    "several steps": (
        make_pipeline(SimpleImputer(), "passthrough", PCA(4), classifier(encoder=None)),
        WINE,
        KINDS,
    ),
    "nested, threshold": (
        FixedThresholdClassifier(
            make_pipeline(
                StandardScaler(), make_pipeline(SelectKBest(k=5), classifier())
            ),
            threshold=0.8,
        ),
        WINE,
        KINDS > 0,
    ),
    "a union, a search": (
        make_pipeline(
            make_union(StandardScaler(), MinMaxScaler()),
            GridSearchCV(classifier(), {"tol": [1e-4]}, cv=2),
        ),
        WINE,
        KINDS,
    ),
    "chosen by name": (make_pipeline(BY_NAME, classifier()), NAMED, LABELS),
    "chosen by place": (make_pipeline(BY_PLACE, classifier()), WINE, KINDS),
    "strings": (
        make_pipeline(levels_and_numbers(ENCODED), classifier()),
        TABLE,
        LABELS,
    ),
    "ordinals": (
        make_pipeline(levels_and_numbers(ORDINAL), classifier()),
        TABLE,
        LABELS,
    ),
}


def feeds(model, rows):
    if model.graph.input[0].name == "X":
        return np.asarray(rows, dtype=np.float32)
    return frame_feeds(model, rows)


def metadata(model):
    return {each.key: each.value for each in model.metadata_props}


def check(model, rows):
    onnx = to_onnx(model)
    label, proba = run(onnx, feeds(onnx, rows))
    assert [each.name for each in onnx.graph.output] == ["label", "probabilities"]
    assert_allclose(proba, model.predict_proba(rows), atol=1e-5)
    assert_array_equal(label, model.predict(rows))
    assert json.loads(metadata(onnx)["classes"]) == model.classes_.tolist()
    return onnx


@pytest.mark.parametrize("name", MODELS)
def test_a_pipeline_is_one_model_with_the_names_of_a_student(name):
    model, rows, labels = MODELS[name]
    onnx = check(model.fit(rows, labels), rows)
    described = metadata(onnx)
    names = json.loads(described["feature_names"])
    if name in ("strings", "ordinals"):
        assert names == ["alcohol", "acid", "job", "floor", "one"]  # what is read
        levels = json.loads(described["feature_levels"])
        assert levels["floor"] == [0, 1, 2, 3]
        unknown = TABLE.assign(job="no such job", floor=77)
        proba = run(onnx, feeds(onnx, unknown))[1]
        assert_allclose(proba, model.predict_proba(unknown), atol=1e-5)
    else:
        assert len(names) == rows.shape[1]


def test_numbers_and_quantiles_behind_steps():
    model = make_pipeline(StandardScaler(), regressor(**QUANTILES)).fit(DIABETES, TWO)
    prediction, quantiles = run(to_onnx(model), DIABETES.astype(np.float32))
    assert_allclose(prediction, model.predict(DIABETES), rtol=1e-5)
    expected = model[-1].predict_quantiles(model[:-1].transform(DIABETES))
    assert_allclose(quantiles, expected, rtol=1e-5)
    assert prediction.dtype == np.float64


STUDENTS = [
    DecisionTreeClassifier(max_depth=3),
    make_pipeline(StandardScaler(), LogisticRegression()),
    GaussianNB(),
    RandomForestClassifier(5),
    make_pipeline(StandardScaler(), classifier()),
    StackingClassifier([("a", classifier()), ("b", GaussianNB())], cv=2),
    GridSearchCV(DecisionTreeClassifier(), {"max_depth": [2, 3]}, cv=2),
]


@pytest.mark.parametrize("student", STUDENTS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("labels", [NAMES, KINDS + 5])
def test_a_distilled_student_of_scikit_learn(student, labels):
    alpha = 0.0 if isinstance(student, StackingClassifier) else 0.5
    check(distilled(student, labels=labels, alpha=alpha), WINE)


def test_labels_thresholds_and_classes_that_no_teacher_knows():
    tree = DecisionTreeClassifier(max_depth=2)
    for params in ({}, {"decision_threshold": 0.85}):
        onnx = check(distilled(tree, labels=KINDS > 0, **params), WINE)
    assert "threshold" in metadata(onnx)
    check(distilled(tree, labels=KINDS.astype(float)), WINE)
    absent = DistilledClassifier(
        student=tree, alpha=1.0, transfer=None, objective="fidelity", random_state=0
    )
    proba = np.column_stack([NAMES == "a", np.zeros(len(KINDS)), NAMES != "a"])
    check(absent.fit(WINE, NAMES, teacher_proba=proba), WINE)
    encoded = make_pipeline(levels_and_numbers(ENCODED), LogisticRegression())
    check(distilled(encoded, TABLE, LABELS), TABLE)


@pytest.mark.parametrize(
    ("student", "targets"),
    [(DecisionTreeRegressor(max_depth=3), PROGRESS), (Ridge(), TWO / 1e3)],
)
def test_a_distilled_regressor_of_scikit_learn(student, targets):
    quick = {"transfer": None, "objective": "fidelity", "random_state": 0}
    model = DistilledRegressor(student=student, **quick)
    model.fit(DIABETES, targets, teacher_pred=targets)
    onnx = to_onnx(model)
    rows = DIABETES.astype(np.float32)
    (predicted,) = run(onnx, rows)
    assert predicted.shape == targets.shape
    assert predicted.dtype == np.float64
    assert_allclose(predicted, model.predict(rows), rtol=1e-5)
    assert metadata(onnx)["task"] == "regression"
    with pytest.raises(TypeError, match="weights of a network, and this student"):
        to_onnx(model, quantize=True)


@pytest.mark.parametrize(
    "student",
    [
        DecisionTreeClassifier(max_depth=4),
        ExtraTreesClassifier(5),
        BaggingClassifier(RandomForestClassifier(3), 2, max_features=0.7),
    ],
    ids=lambda each: type(each).__name__,
)
def test_trees_send_missing_values_where_scikit_learn_does(student):
    rows = np.where(1.1 * WINE.mean(axis=0) < WINE, np.nan, WINE)
    model = distilled(student, rows)
    hidden = np.where(np.random.default_rng(0).random(rows.shape) < 0.5, np.nan, rows)
    _, proba = run(to_onnx(model), hidden.astype(np.float32))
    assert_allclose(proba, model.predict_proba(hidden), atol=1e-5)


class CodesOnly(GaussianNB):
    """A classifier that takes codes alone, as those of XGBoost do."""

    __module__ = "xgboost.codes"


def test_a_student_of_codes_is_converted_once_its_converter_is_registered(monkeypatch):
    names = skl2onnx._supported_operators.sklearn_operator_name_map
    model = distilled(CodesOnly())
    assert isinstance(model.student_, DecodedClassifier)
    with pytest.raises(
        TypeError, match=r"no converter of CodesOnly.*update_registered"
    ):
        to_onnx(model)
    monkeypatch.setitem(names, CodesOnly, names[GaussianNB])
    check(model, WINE)
    booster = distilled(LGBMClassifier(n_estimators=2, verbose=-1))
    with pytest.raises(TypeError, match=r"LGBMClassifier'>'\. Where another package"):
        to_onnx(booster)


def refused(model, rows, labels, says, error=TypeError):
    model.fit(rows, labels)
    with pytest.raises(error, match=says):
        to_onnx(model)


def test_columns_that_steps_do_not_tell_are_named():
    frame = pd.DataFrame({"job": TABLE["job"], "n": TABLE["acid"]})
    missing = frame.assign(job=frame["job"].where(frame.index > 9, None))
    halves = frame.assign(job=pd.Series([0.5, "a"] * 99)[: len(frame)].to_numpy())
    truths = frame.assign(job=frame["n"] > frame["n"].median())
    filling = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())
    for encoder, rows, says in [
        (filling, frame, r"SimpleImputer fills in strings in \['job'\]"),
        (OneHotEncoder(), missing, "A missing value is a level of column 'job'"),
        (OneHotEncoder(), truths, r"Column 'job' has the levels \[False, True\]"),
    ]:
        steps = make_column_transformer((encoder, ["job"]), (StandardScaler(), ["n"]))
        two_calls = (
            r"\. Call sklearn_kd.export.register_skl2onnx\(\), and then skl2onnx"
        )
        match = f"columns of Pipeline hold: {says}{two_calls}"
        refused(make_pipeline(steps, classifier()), rows, LABELS, match)
    own = make_pipeline(FunctionTransformer(), classifier())
    refused(
        own, halves, LABELS, r"nominal columns \['job'\]: .* Fit the student on the"
    )
    two = make_column_transformer(
        (OneHotEncoder(), ["job"]), (StandardScaler(), ["job", "n"])
    )
    codes = frame.assign(job=KINDS[TABLE.index])
    match = "Two steps read column 'job' as different things"
    refused(make_pipeline(two, classifier()), codes, LABELS, match)
    twice = make_union(OneHotEncoder(), OrdinalEncoder())
    check(
        make_pipeline(twice, classifier()).fit(frame[["job"]], LABELS), frame[["job"]]
    )


def test_students_that_skl2onnx_does_not_convert_are_named(monkeypatch):
    boosted = HistGradientBoostingClassifier(max_iter=2, categorical_features=[0])
    codes = np.column_stack([KINDS, WINE[:, 0]])
    for student, rows, says in [
        (LinearSVC(), WINE / 1e3, "the student LinearSVC has no predict_proba"),
        (boosted, codes, "has nominal columns, which skl2onnx would take as numbers"),
        (
            make_pipeline(FunctionTransformer(np.log), GaussianNB()),
            WINE,
            "Pipeline by skl2onnx, which does not convert it",
        ),
    ]:
        with pytest.raises(TypeError, match=says):
            to_onnx(distilled(student, rows, alpha=0.0))
    model = make_pipeline(StandardScaler(), classifier()).fit(WINE, KINDS)
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(
        ImportError, match=r"to_onnx needs the package skl2onnx.*\[onnx\]"
    ):
        to_onnx(model)
    to_onnx(model[-1])
