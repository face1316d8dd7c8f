"""Skorch nets as programs, and as ONNX models by torch where they are none."""

import numpy as np
import pytest
import torch
from exported import (
    DIABETES,
    KINDS,
    PROGRESS,
    QUANTILES,
    TWO,
    WINE,
    close,
    mixed_diabetes,
    mixed_wine,
    outputs,
)
from numpy.testing import assert_allclose, assert_array_equal
from onnx_models import frame_feeds, run
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from torch import nn

from sklearn_kd import DistilledClassifier, SkorchStudent, SkorchStudentRegressor
from sklearn_kd.export import to_onnx
from sklearn_kd.export._program import interpreter, program_of
from sklearn_kd.torch import TabularMLP

NAMES = np.array(["b", "a", "ç"])[KINDS]


def net(module=TabularMLP, kind=NeuralNetClassifier, **params):
    if module is TabularMLP:
        params = {"module__hidden_layer_sizes": (8, 4)} | params
    return kind(module, max_epochs=2, verbose=0, **params)


def student(module=TabularMLP, encoder="auto", **params):
    return SkorchStudent(net(module, **params), encoder=encoder, random_state=0)


def regressor(module=TabularMLP, net_params=None, **params):
    own = net(module, NeuralNetRegressor, **(net_params or {}))
    return SkorchStudentRegressor(own, random_state=0, **params)


def feeds(model, rows):
    if model.graph.input[0].name == "X":
        return np.asarray(rows, dtype=np.float32)
    return frame_feeds(model, rows)


BINARY = {"kind": NeuralNetBinaryClassifier, "module__n_classes": 1}
PROGRAMS = {
    "numbers, dropout": (student(module__dropout=0.3), WINE, NAMES),
    "mixed": (student(module__activation="tanh"), mixed_wine(), NAMES),
    "one logit": (
        student(module__activation="logistic", **BINARY),
        mixed_wine(),
        KINDS > 0,
    ),
    "linear, scaled": (
        student(encoder=StandardScaler(), module__hidden_layer_sizes=()),
        WINE,
        KINDS,
    ),
    "plain numbers": (student(module__n_features=13), WINE / 1e3, KINDS),
    "constants": (student(), np.ones_like(WINE), KINDS),
    "means": (regressor(), mixed_diabetes(), PROGRESS),
    "quantiles of two": (regressor(**QUANTILES), DIABETES, TWO),
    "logarithms": (regressor(loss="gamma"), DIABETES, PROGRESS),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_net_with_our_module_is_a_program(name):
    model, rows, targets = PROGRAMS[name]
    model.fit(rows, targets)
    program = program_of(model, "to_c")
    given, expected = interpreter.run(program.steps, None, rows), outputs(model, rows)
    assert_allclose(given, expected, rtol=1e-12, atol=1e-9)
    onnx = to_onnx(model)
    *_, last = run(onnx, feeds(onnx, rows))
    assert close(last.reshape(given.shape), expected, model)
    if program.classes is not None:
        label = run(onnx, feeds(onnx, rows))[0]
        assert_array_equal(label, model.predict(rows))


def test_a_net_in_a_distilled_classifier_keeps_threshold_and_classes():
    distilled = DistilledClassifier(
        student=net(), objective="fidelity", decision_threshold=0.6, random_state=0
    )
    proba = np.column_stack([KINDS == 0, KINDS > 0]).astype(float)
    distilled.fit(WINE, KINDS > 0, teacher_proba=proba)
    label, proba = run(to_onnx(distilled), WINE.astype(np.float32))
    assert_allclose(proba, distilled.predict_proba(WINE), atol=1e-5)
    assert_array_equal(label, distilled.predict(WINE))
    assert label.dtype == bool


class Normalized(nn.Module):
    """Batch normalization, an activation that no program has, and two outputs."""

    def __init__(self, n_features, n_classes, sums=False):
        super().__init__()
        first = nn.Linear(n_features, 8), nn.BatchNorm1d(8), nn.GELU(), nn.Dropout(0.2)
        self.layers = nn.Sequential(*first, nn.Linear(8, n_classes))
        self.sums = sums

    def forward(self, X):
        if self.sums and X.sum() > 0:  # what is computed depends on the rows
            return 2 * self.layers(X)
        return self.layers(X), X


class Codes(nn.Module):
    """It reads whole numbers, and returns the probability of the second class."""

    def __init__(self):
        super().__init__()
        self.embedding, self.last = nn.Embedding(5, 4), nn.Linear(8, 1)

    def forward(self, X):
        return self.last(self.embedding(X).reshape(len(X), -1)).sigmoid()


MODULES = {
    "quantiles of two, mixed": (
        regressor(Normalized, **QUANTILES),
        mixed_diabetes(),
        TWO,
    ),
    "whole numbers, one probability": (
        student(Codes, criterion=nn.BCELoss),
        np.random.default_rng(0).integers(0, 5, (len(KINDS), 2)),
        NAMES == "b",
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_another_module_is_written_by_torch_behind_our_encoder(name):
    model, rows, targets = MODULES[name]
    model.fit(rows, targets)
    with pytest.raises(TypeError, match=r"^to_c covers nets .* a module of the class"):
        program_of(model, "to_c")
    before = torch.get_rng_state(), model.net_.module_.training
    onnx = to_onnx(model)
    assert model.net_.module_.training == before[1]
    assert torch.equal(torch.get_rng_state(), before[0])
    for some in (slice(None), slice(1)):
        decided, last = run(onnx, feeds(onnx, rows[some]))
        if hasattr(model, "classes_"):
            assert_allclose(last, model.predict_proba(rows[some]), atol=1e-5)
            assert_array_equal(decided, model.predict(rows[some]))
        else:
            scale = targets.std(axis=0)
            expected = model.predict_quantiles(rows[some])
            error = (last - expected) / scale[:, None]
            assert np.abs(error).max() <= 1e-5
    properties = {each.key: each.value for each in onnx.metadata_props}
    assert "feature_names" in properties
    assert b"test_export_onnx" not in onnx.SerializeToString()  # no name of a file


class OwnWay(NeuralNetClassifier):
    def predict_proba(self, X):
        return super().predict_proba(X)[:, ::-1]


def test_what_no_export_of_a_net_can_hold_is_named(capfd):
    sums = student(Normalized, module__sums=True).fit(WINE, KINDS)
    with pytest.raises(
        TypeError, match=r"module Normalized by torch.onnx.export.*guar"
    ):
        to_onnx(sums)
    assert capfd.readouterr() == ("", "")  # torch says much of its own insides
    own = student(kind=OwnWay).fit(WINE, KINDS)
    with pytest.raises(
        TypeError, match="OwnWay with a method predict_proba of its own"
    ):
        to_onnx(own)
    scaled = student(Normalized, encoder=MinMaxScaler()).fit(WINE, KINDS)
    with pytest.raises(TypeError, match="does not cover the encoder MinMaxScaler"):
        to_onnx(scaled)
    smooth = student(module__activation="gelu").fit(WINE, KINDS)
    with pytest.raises(
        TypeError, match=r'"relu", "tanh" or "logistic", got one .*GELU'
    ):
        program_of(smooth, "to_sql")
    smooth.net_.module_.layers[1] = nn.ReLU()
    with pytest.raises(TypeError, match="got a TabularMLP of other layers"):
        program_of(smooth, "to_sql")


def test_an_old_torch_is_named(monkeypatch):
    model = student(Normalized).fit(WINE, KINDS)
    monkeypatch.setattr(torch, "__version__", "2.5.1")
    with pytest.raises(ImportError, match=r"module Normalized .* torch 2\.6 and newer"):
        to_onnx(model)
