"""A fitted student as a program: it agrees with the student and with its exports."""

import copy
import dataclasses

import numpy as np
import pytest
from exported import KINDS, NAMES, WINE, classifier, close, exported, outputs
from numpy.testing import assert_allclose, assert_array_equal
from onnx_models import frame_feeds, run
from scipy.special import expit
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import MinMaxScaler

from sklearn_kd.export import to_onnx
from sklearn_kd.export._program import interpreter
from sklearn_kd.export._program.program import program_of
from sklearn_kd.export._program.steps import (
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


@pytest.mark.parametrize("name", NAMES)
def test_program_student_and_onnx_agree(name):
    model, rows = exported(name)
    program = program_of(model, "to_onnx")
    given = interpreter.run(program.steps, None, rows)
    assert_allclose(given, outputs(model, rows), rtol=1e-12, atol=1e-9)
    onnx = to_onnx(model)
    single = len(onnx.graph.input) == 1 and isinstance(rows, np.ndarray)
    feeds = rows.astype(np.float32) if single else frame_feeds(onnx, rows)
    decided, *more = run(onnx, feeds)
    last = more[0] if more else decided  # probabilities, quantiles or numbers
    assert close(last.reshape(given.shape), given, model)
    decision = interpreter.decide(program.decision, given)
    if program.classes is None:
        predicted = model.predict(rows)
        assert_allclose(decision.reshape(predicted.shape), predicted, rtol=1e-9)
    else:
        labels = program.classes[decision]
        assert_array_equal(labels, model.predict(rows))
        sure = np.abs(given.max(axis=1) - 0.5) > 1e-4
        assert_array_equal(decided[sure], labels[sure])


def kinds(name):
    return kinds_of(program_of(exported(name)[0], "f").steps)


def kinds_of(steps):
    return [getattr(step, "function", type(step)) for step in steps]


def test_what_a_program_consists_of():
    later = ["relu", Dense, "relu", Dense, "softmax"]
    assert kinds("numbers") == [Encode, Dense, *later]
    smooth = ["tanh", Dense, "tanh", Dense, "softmax"]
    assert kinds("mixed") == [Encode, Dense, *[AddLevel] * 3, *smooth]
    assert kinds("constants") == [Encode, Dense, Dense, Dense, "softmax"]
    assert kinds("sparse") == [Scale, Dense, *later]
    mixed_table = program_of(exported("mixed")[0], "f").steps[0]
    assert [type(part) for part in mixed_table.parts] == [Interpolate, Rise, Flag]
    model, _ = exported("threshold")
    assert isinstance(program_of(model, "f").decision, Threshold)


@pytest.mark.parametrize("link", ["identity", "logistic"])
def test_the_last_step_is_the_link_of_the_task(link):
    model, rows = exported("numbers")
    model = copy.copy(model)
    layers = program_of(model, "f").steps[:-1]
    model.out_activation_ = link
    steps = program_of(model, "f").steps
    assert kinds_of(steps) == kinds_of(layers) + [link] * (link != "identity")
    expected = interpreter.run(layers, None, rows)
    if link == "logistic":
        expected = expit(expected)
    assert_array_equal(interpreter.run(steps, None, rows), expected)


def test_classes_that_the_student_never_saw_are_a_step():
    rows, labels = WINE[KINDS < 2], KINDS[KINDS < 2]
    whole = classifier().fit(rows, labels)
    narrow = program_of(whole, "f")
    wide = dataclasses.replace(
        narrow, steps=(*narrow.steps, Widen(np.array([0, 2]), 3))
    )
    proba = interpreter.run(wide.steps, None, rows)
    assert_array_equal(proba[:, [0, 2]], interpreter.run(narrow.steps, None, rows))
    assert_array_equal(proba[:, 1], 0)


def test_the_function_that_exports_is_named_in_what_is_refused():
    with pytest.raises(TypeError, match=r"^to_sql covers MLPStudent"):
        program_of(GaussianNB().fit(WINE, KINDS), "to_sql")
    with pytest.raises(TypeError, match=r"^to_sql does not cover .* by to_sql\.$"):
        program_of(classifier(encoder=MinMaxScaler()).fit(WINE, KINDS), "to_sql")
