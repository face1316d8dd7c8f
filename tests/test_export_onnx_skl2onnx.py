"""Models that contain a student, converted by skl2onnx."""

import sys

import numpy as np
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
from numpy.testing import assert_allclose, assert_array_equal
from onnx_models import frame_feeds, run
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import DistilledClassifier, DistilledRegressor
from sklearn_kd.export import register_skl2onnx

NAMES = np.array(["b", "a", "ç"])[KINDS]
ROWS, NUMBERS = WINE.astype(np.float32), DIABETES.astype(np.float32)
PLAIN = {"zipmap": False}


@pytest.fixture(autouse=True)
def registered():
    register_skl2onnx()
    register_skl2onnx()  # a second call changes nothing


def distilled(student, labels=NAMES, **params):
    quick = {"transfer": None, "objective": "fidelity", "random_state": 0}
    model = DistilledClassifier(student=student, **quick, **params)
    proba = (labels[:, None] == np.unique(labels)) * 0.8 + 0.1
    return model.fit(ROWS, labels, teacher_proba=proba / proba.sum(1, keepdims=True))


TWO_STUDENTS = [
    ("one", classifier()),
    ("two", make_pipeline(StandardScaler(), classifier())),
]
CLASSIFIERS = {
    "last step": make_pipeline(StandardScaler(), classifier()),
    "alone": classifier(),
    "stack": StackingClassifier(
        [*TWO_STUDENTS, ("bayes", GaussianNB())], LogisticRegression(), cv=2
    ),
    "last of a stack": StackingClassifier(
        [("tree", DecisionTreeClassifier())], classifier(), cv=2
    ),
    "vote": VotingClassifier(TWO_STUDENTS, voting="soft", flatten_transform=False),
    "one against the others": OneVsRestClassifier(classifier()),
    "calibrated": CalibratedClassifierCV(classifier(), cv=2),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("labels", [NAMES, KINDS + 5])
def test_classifiers(name, labels):
    model = CLASSIFIERS[name].fit(ROWS, labels)
    label, proba = run(skl2onnx.to_onnx(model, ROWS[:1], options=PLAIN), ROWS)
    assert_allclose(proba, model.predict_proba(ROWS), atol=1e-5)
    assert_array_equal(label, model.predict(ROWS))


@pytest.mark.parametrize("student", [classifier(), DecisionTreeClassifier()])
@pytest.mark.parametrize("threshold", [None, 0.85])
def test_a_distilled_classifier(student, threshold):
    model = distilled(student, KINDS > 0, decision_threshold=threshold)
    label, proba = run(skl2onnx.to_onnx(model, ROWS[:1], options=PLAIN), ROWS)
    assert_allclose(proba, model.predict_proba(ROWS), atol=1e-5)
    assert label.dtype == np.int64  # as of all classifiers of truth values there
    assert_array_equal(label, model.predict(ROWS))


def test_options_of_classifiers():
    model = make_pipeline(StandardScaler(), classifier()).fit(ROWS, NAMES)
    expected = model.predict_proba(ROWS[:5])
    _, maps = run(skl2onnx.to_onnx(model, ROWS[:1]), ROWS[:5])
    for row, proba in zip(maps, expected, strict=True):
        assert list(row) == ["a", "b", "ç"]
        assert_allclose(list(row.values()), proba, atol=1e-5)
    columns = skl2onnx.to_onnx(model, ROWS[:1], options={"zipmap": "columns"})
    assert len(run(columns, ROWS[:5])) == 4
    with_labels = {"zipmap": False, "output_class_labels": True}
    *_, classes = run(skl2onnx.to_onnx(model, ROWS[:1], options=with_labels), ROWS[:5])
    assert classes.tolist() == ["a", "b", "ç"]
    alone = classifier().fit(ROWS, NAMES)
    for student in (alone, distilled(DecisionTreeClassifier())):
        codes = {"zipmap": False, "nocl": True}
        label, _ = run(skl2onnx.to_onnx(student, ROWS[:1], options=codes), ROWS)
        assert_array_equal(student.classes_[label], student.predict(ROWS))


REGRESSORS = {
    "last step": make_pipeline(StandardScaler(), regressor()),
    "stack": StackingRegressor([("one", regressor()), ("two", Ridge())], cv=2),
    "vote": VotingRegressor([("one", regressor()), ("two", Ridge())]),
}


@pytest.mark.parametrize("name", REGRESSORS)
def test_regressors(name):
    model = REGRESSORS[name].fit(NUMBERS, PROGRESS)
    (predicted,) = run(skl2onnx.to_onnx(model, NUMBERS[:1]), NUMBERS)
    assert predicted.shape == (len(NUMBERS), 1)
    assert_allclose(predicted[:, 0], model.predict(NUMBERS), atol=1e-5 * PROGRESS.std())


def test_a_regressor_of_several_targets_gives_a_column_each():
    targets = TWO / 1e3
    model = regressor(**QUANTILES).fit(NUMBERS, targets)
    quick = {"transfer": None, "objective": "fidelity", "random_state": 0}
    other = DistilledRegressor(student=Ridge(), **quick)
    other.fit(NUMBERS, targets, teacher_pred=targets)
    for each in (model, other):
        (predicted,) = run(skl2onnx.to_onnx(each, NUMBERS[:1]), NUMBERS)
        assert_allclose(predicted, each.predict(NUMBERS), rtol=1e-5)


def test_rows_of_float64_and_of_whole_numbers():
    rows = np.round(WINE)
    model = make_pipeline(StandardScaler(), classifier()).fit(rows, KINDS)
    alone = classifier().fit(rows, KINDS)
    for each in (model, alone):
        for given in (rows, rows.astype(np.int64)):
            onnx = skl2onnx.to_onnx(each, given[:1], options=PLAIN)
            _, proba = run(onnx, given)
            assert_allclose(proba, each.predict_proba(rows), atol=1e-5)


def test_nominal_columns_of_the_first_step_are_inputs():
    frame = mixed_wine()[["alcohol", "job", "acid"]].astype({"job": object})
    model = classifier().fit(frame, NAMES)
    kinds = [FloatTensorType, StringTensorType, FloatTensorType]
    types = [(name, kind([None, 1])) for name, kind in zip(frame, kinds, strict=True)]
    onnx = skl2onnx.to_onnx(model, initial_types=types, options=PLAIN)
    _, proba = run(onnx, frame_feeds(onnx, frame))
    assert_allclose(proba, model.predict_proba(frame), atol=1e-5)
    types[1] = ("job", FloatTensorType([None, 1]))
    with pytest.raises(TypeError, match="'job' was levels in fit, and skl2onnx takes"):
        skl2onnx.to_onnx(model, initial_types=types)
    types = [("rows", StringTensorType([None, 3]))]
    with pytest.raises(TypeError, match=r"nominal columns, and .* 1 inputs for 3 col"):
        skl2onnx.to_onnx(model, initial_types=types)


def test_what_skl2onnx_cannot_hold_is_named(monkeypatch):
    model = make_pipeline(StandardScaler(), classifier()).fit(ROWS, KINDS)
    skl2onnx.to_onnx(model, ROWS[:1], target_opset=16)
    with pytest.raises(ValueError, match=r"Where of opset 16, got a .* of 15\. Pass"):
        skl2onnx.to_onnx(model, ROWS[:1], target_opset=15)
    with pytest.raises(ValueError, match=r"strings or whole numbers, got .*2\.0"):
        skl2onnx.to_onnx(classifier().fit(ROWS, KINDS * 1.0), ROWS[:1])
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError, match=r"register_skl2onnx needs .*kd\[onnx"):
        register_skl2onnx()
