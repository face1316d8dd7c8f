"""Weights in eight bits, what they lose, and the same bytes for the same student."""

import hashlib
import sys
from dataclasses import replace

import numpy as np
import onnx
import pytest
from exported import KINDS, NAMES, WINE, classifier, exported, regressor
from onnx_models import frame_feeds, run
from processes import printed_by
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_kd import MLPStudent
from sklearn_kd.export import to_onnx
from sklearn_kd.export._onnx.build import build
from sklearn_kd.export._onnx.int8 import to_int8
from sklearn_kd.export._program import program_of
from sklearn_kd.export._program.steps import Widen

SOME = ["numbers", "mixed", "levels only", "constants", "sparse"]
SOME += ["threshold", "regression, mixed", "quantiles of two", "some equal targets"]


def feeds(model, rows):
    if model.graph.input[0].name == "X":
        return np.asarray(rows, dtype=np.float32)
    return frame_feeds(model, rows)


def change(model):
    """The mean and the largest change that a model says of itself."""
    said = {each.key: each.value for each in model.metadata_props}
    return float(said["int8_mean_change"]), float(said["int8_largest_change"])


@pytest.mark.parametrize("name", SOME)
def test_eight_bits_change_as_much_as_the_model_says(name):
    model, rows = exported(name)
    program = program_of(model, "to_onnx")
    plain, small = to_onnx(model), to_onnx(model, quantize=True)
    assert {node.op_type for node in small.graph.node} >= {"MatMulInteger"}
    assert [each.name for each in small.graph.output] == list(program.outputs)
    before, after = (run(each, feeds(each, rows))[-1] for each in (plain, small))
    moved = np.abs(after - before).reshape(len(rows), -1)
    if program.classes is None:
        deviation = np.where(program.decision.deviation > 0, 1, 0)
        deviation = deviation / np.where(deviation, program.decision.deviation, 1)
        moved = moved * deviation
    mean, largest = change(small)
    assert 0 < mean < largest < 0.05
    assert moved.max() <= 2 * largest
    assert moved.mean() <= 4 * mean
    if name == "some equal targets":
        assert (after[:, 1] == before[:, 1]).all()


def test_what_are_no_weights_stays_as_it_is():
    model, rows = exported("numbers")
    narrow = program_of(model, "to_onnx")
    steps = *narrow.steps, Widen(np.array([0, 1, 3]), 4)
    wide = replace(narrow, steps=steps, classes=np.arange(4))
    both = []
    for program in (narrow, wide):
        small = to_int8(build(program, ["probabilities"]), program)
        both += run(small, rows.astype(np.float32))
    assert (both[1][:, 2] == 0).all()
    assert (both[1][:, [0, 1, 3]] == both[0]).all()


def test_a_large_network_is_a_third_of_its_size():
    X, y = load_digits(return_X_y=True)
    model = MLPStudent((256, 256), max_iter=5, random_state=0).fit(X[:600], y[:600])
    plain, small = to_onnx(model), to_onnx(model, quantize=True)
    assert 3 * small.ByteSize() < plain.ByteSize()
    label, proba = run(small, X[600:].astype(np.float32))
    assert np.mean(label == model.predict(X[600:])) > 0.98
    assert np.abs(proba - model.predict_proba(X[600:])).max() < 0.1


def test_a_pipeline_loses_what_its_network_loses(tmp_path, caplog):
    model = make_pipeline(StandardScaler(), classifier()).fit(WINE, KINDS)
    file = tmp_path / "student.onnx"
    small = to_onnx(model, file, quantize=True, outputs=["probabilities"])
    assert change(small) == change(to_onnx(model[-1], quantize=True))
    (after,) = run(onnx.load(file), WINE.astype(np.float32))
    assert np.abs(after - model.predict_proba(WINE)).max() <= 2 * change(small)[1]
    assert not caplog.records  # the quantiser's advice is not for users


def test_no_weights_to_round_lose_nothing_and_switches_are_checked(monkeypatch):
    equal = to_onnx(exported("equal targets")[0], quantize=True)
    assert change(equal) == (0, 0)
    for wrong in ("int8", 8, None):
        with pytest.raises(TypeError, match="quantize must be True or False, got"):
            to_onnx(exported("numbers")[0], quantize=wrong)
    monkeypatch.setitem(sys.modules, "onnxruntime.quantization", None)
    with pytest.raises(
        ImportError, match=r"quantize=True needs the package onnxruntime"
    ):
        to_onnx(regressor().fit(WINE, KINDS), quantize=True)


def contents():
    """The bytes of models with every kind of part."""
    models = [exported(name)[0] for name in ("mixed", "quantiles, mixed", "threshold")]
    models.append(make_pipeline(StandardScaler(), classifier()).fit(WINE, KINDS))
    for model in models:
        for quantize in (False, True):
            content = to_onnx(model, quantize=quantize).SerializeToString()
            yield hashlib.sha256(content).hexdigest()


def test_the_same_student_gives_the_same_bytes_in_another_process():
    script = "from test_export_onnx_int8 import contents; "
    script += "import sys; print(*contents(), 'torch' in sys.modules)"
    other = printed_by("-c", script, PYTHONHASHSEED="12345")
    assert other.split() == [*contents(), "False"]  # no student needs torch


@pytest.mark.parametrize("name", NAMES[::5])
def test_twice_in_one_process_gives_the_same_bytes(name):
    model, _ = exported(name)
    one, two = (to_onnx(model).SerializeToString(deterministic=True) for _ in "12")
    assert one == two
