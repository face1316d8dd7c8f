"""A fitted student as a program: it agrees with the student and with its exports."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from onnx_models import frame_feeds, run
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.datasets import load_wine
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler

from sklearn_kd import DistilledClassifier, MLPStudent, TabularEncoder
from sklearn_kd.export import _interpreter, to_onnx
from sklearn_kd.export._program import program_of
from sklearn_kd.export._steps import (
    AddLevel,
    Dense,
    Encode,
    Flag,
    Interpolate,
    Rise,
    Scale,
    Threshold,
    Widen,
)

X, y = load_wine(return_X_y=True)
X = X.astype(np.float32).astype(float)


def student(**params):
    return MLPStudent((8, 4), max_iter=5, random_state=0, **params)


def mixed(numeric=("alcohol", "acid", "ash")):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(X[:, : len(numeric)], columns=[*numeric])
    frame["job"] = np.where(
        X[:, 0] > 13, "cook", rng.choice(["nurse", "clerk"], len(X))
    )
    frame["floor"] = pd.Categorical(rng.integers(0, 4, len(X)))
    frame = frame.mask(rng.random(frame.shape) < 0.1)
    return frame.assign(same="same", **dict.fromkeys(numeric[:1] and ["one"], 1.0))


def absent_class():
    proba = np.zeros((len(X), 3))
    proba[:, [0, 2]] = np.column_stack([y == 0, y != 0])
    model = DistilledClassifier(student=student(), alpha=1.0, random_state=0)
    return model.fit(X, y, teacher_proba=proba), X


def threshold():
    rows, labels = X[y < 2], np.array(["no", "yes"])[y[y < 2]]
    model = FixedThresholdClassifier(student(), threshold=0.8, pos_label="no")
    return model.fit(rows, labels), rows


def sparse():
    return student(encoder=MaxAbsScaler()).fit(csr_matrix(X), y), X


def fitted(rows, **params):
    return lambda: (student(**params).fit(rows, y), rows)


MODELS = {
    "numbers": fitted(X),
    "missing values": fitted(np.where(1.1 * X.mean(axis=0) < X, np.nan, X)),
    "mixed": fitted(mixed(), activation="tanh"),
    "levels only": fitted(mixed(()), activation="logistic"),
    "not taught": fitted(mixed(), encoder=TabularEncoder(n_bins=None, min_frequency=9)),
    "constants": fitted(np.ones_like(X), activation="identity"),
    "standard scaler": fitted(X, encoder=StandardScaler()),
    "scaled rows": fitted(X / X.max(axis=0), encoder=None),
    "sparse": sparse,
    "threshold": threshold,
    "absent class": absent_class,
}


@pytest.mark.parametrize("name", MODELS)
def test_program_student_and_onnx_agree(name):
    model, rows = MODELS[name]()
    program = program_of(model, "to_onnx")
    proba = _interpreter.run(program.steps, None, rows)
    assert_allclose(proba, model.predict_proba(rows), atol=1e-9)
    labels = program.classes[_interpreter.decide(program.decision, proba)]
    assert_array_equal(labels, model.predict(rows))
    onnx = to_onnx(model)
    single = len(onnx.graph.input) == 1 and isinstance(rows, np.ndarray)
    feeds = rows.astype(np.float32) if single else frame_feeds(onnx, rows)
    label, probabilities = run(onnx, feeds)
    assert_allclose(probabilities, proba, atol=1e-5)
    sure = np.abs(proba.max(axis=1) - 0.5) > 1e-4
    assert_array_equal(label[sure], labels[sure])


def kinds(name):
    return kinds_of(program_of(MODELS[name]()[0], "f").steps)


def kinds_of(steps):
    return [getattr(step, "function", type(step)) for step in steps]


def test_what_a_program_consists_of():
    later = ["relu", Dense, "relu", Dense, "softmax"]
    assert kinds("numbers") == [Encode, Dense, *later]
    smooth = ["tanh", Dense, "tanh", Dense, "softmax"]
    assert kinds("mixed") == [Encode, Dense, AddLevel, AddLevel, *smooth]
    assert kinds("constants") == [Encode, Dense, Dense, Dense, "softmax"]
    assert kinds("sparse") == [Scale, Dense, *later]
    mixed_table = program_of(MODELS["mixed"]()[0], "f").steps[0]
    assert [type(part) for part in mixed_table.parts] == [Interpolate, Rise, Flag]
    model, _ = threshold()
    assert isinstance(program_of(model, "f").decision, Threshold)


@pytest.mark.parametrize("link", ["identity", "logistic"])
def test_the_last_step_is_the_link_of_the_task(link):
    model, rows = MODELS["numbers"]()
    layers = program_of(model, "f").steps[:-1]
    model.out_activation_ = link
    steps = program_of(model, "f").steps
    assert kinds_of(steps) == kinds_of(layers) + [link] * (link != "identity")
    expected = _interpreter.run(layers, None, rows)
    if link == "logistic":
        expected = expit(expected)
    assert_array_equal(_interpreter.run(steps, None, rows), expected)


def test_classes_that_the_student_never_saw_are_a_step():
    rows, labels = X[y < 2], y[y < 2]
    whole = student().fit(rows, labels)
    narrow = program_of(whole, "f")
    wide = dataclasses.replace(
        narrow, steps=(*narrow.steps, Widen(np.array([0, 2]), 3))
    )
    proba = _interpreter.run(wide.steps, None, rows)
    assert_array_equal(proba[:, [0, 2]], _interpreter.run(narrow.steps, None, rows))
    assert_array_equal(proba[:, 1], 0)


def test_the_function_that_exports_is_named_in_what_is_refused():
    with pytest.raises(TypeError, match=r"^to_sql covers MLPStudent"):
        program_of(GaussianNB().fit(X, y), "to_sql")
    with pytest.raises(TypeError, match=r"^to_sql does not cover .* by to_sql\.$"):
        program_of(student(encoder=MinMaxScaler()).fit(X, y), "to_sql")
