"""ONNX models of regressors give what these give, in ONNX Runtime."""

import numpy as np
import onnx
import pandas as pd
import pytest
from exported import DIABETES, PROGRESS, QUANTILES, exported
from numpy.testing import assert_allclose, assert_array_equal
from onnx_models import run
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import VotingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_kd import MLPStudentRegressor
from sklearn_kd.export import to_onnx
from sklearn_kd.export._program.program import program_of
from sklearn_kd.export._program.steps import Ascend, Unscale

X, y = DIABETES, PROGRESS


def student(**params):
    return MLPStudentRegressor(**{"hidden_layer_sizes": 8, "max_iter": 5} | params)


@pytest.mark.parametrize(
    "name", ["regression", "quantiles", "two outputs", "quantiles of two"]
)
def test_what_a_model_of_numbers_gives(name):
    model, rows = exported(name)
    wanted = model.predict(rows)
    numbers, *quantiles = run(to_onnx(model), rows.astype(np.float32))
    assert numbers.dtype == np.float64
    assert numbers.shape == wanted.shape
    if "quantiles" in name:
        assert quantiles[0].shape == model.predict_quantiles(rows).shape
        assert (np.diff(quantiles[0], axis=-1) >= 0).all()
    assert bool(quantiles) == ("quantiles" in name)


def test_targets_far_from_zero_keep_their_digits():
    model = student(max_iter=30, random_state=0).fit(X, 1e9 + y / 1e3)
    predicted, rows = run(to_onnx(model), X.astype(np.float32))[0], X
    assert_allclose(predicted - 1e9, model.predict(rows) - 1e9, atol=1e-6)
    assert np.corrcoef(predicted, y)[0, 1] > 0.6


def test_equal_targets_are_given_exactly():
    for name in ("equal targets", "some equal targets"):
        model, rows = exported(name)
        predicted = run(to_onnx(model), rows.astype(np.float32))[0]
        last = predicted.reshape(len(rows), -1)[:, -1]
        assert (last == 7.1).all()


def test_what_the_program_of_a_regressor_ends_in():
    last = {}
    for name in ("regression", "quantiles", "one quantile", "logarithms of two"):
        steps = program_of(exported(name)[0], "f").steps[-2:]
        last[name] = [getattr(step, "function", type(step)) for step in steps]
    assert last["regression"][1] is Unscale
    assert last["quantiles"] == [Ascend, Unscale]
    assert Ascend not in last["one quantile"]
    assert last["logarithms of two"] == ["exp", Unscale]


def test_only_the_chosen_outputs():
    model, _ = exported("quantiles")
    model_of_quantiles = to_onnx(model, outputs=["quantiles"])
    (output,) = model_of_quantiles.graph.output
    assert output.name == "quantiles"
    assert output.type.tensor_type.elem_type == onnx.TensorProto.DOUBLE
    both = run(to_onnx(model, outputs=("quantiles", "prediction")), X[:9].astype("f"))
    assert_array_equal(both[0][:, 1], both[1])
    means, _ = exported("regression")
    for wrong in (["quantiles"], ["label"], []):
        with pytest.raises(ValueError, match=r"names out of \['prediction'\], got"):
            to_onnx(means, outputs=wrong)
    label = pd.DataFrame(X[:, :2], columns=["label", "prediction"]).assign(job="a")
    label.loc[::2, "job"] = "b"
    with pytest.raises(ValueError, match=r"Columns named \['prediction'\]"):
        to_onnx(student().fit(label, y))
    to_onnx(student().fit(label[["label", "job"]], y))


@pytest.mark.parametrize(
    "params", [{}, {"loss": "gamma"}, QUANTILES, {"encoder": StandardScaler()}]
)
def test_what_rounding_moves_is_warned_of_in_deviations(params):
    rng = np.random.default_rng(0)
    seconds = 1.7e9 + np.cumsum(rng.integers(1, 6, len(y))).astype(float)
    table = pd.DataFrame({"n": X[:, 0], "time": seconds})
    target = 1e6 * (2 + np.sin(seconds / 60))
    model = student(max_iter=40, random_state=0, **params).fit(table, target)
    rounded = table.assign(time=seconds.astype(np.float32).astype(float))
    method = "predict_quantiles" if "quantiles" in params else "predict"
    before, after = (getattr(model, method)(rows) for rows in (table, rounded))
    move = np.abs(before - after).max() / target.std()
    with pytest.warns(UserWarning, match="predictions, in standard dev") as caught:
        to_onnx(model)
    found = float(str(caught[0].message).split("'time' by ")[1].split(". ")[0])
    assert move > 1e-3
    assert 0.3 * move < found < 5 * move


@pytest.mark.parametrize(("loss", "offset"), [("squared_error", 1e9), ("gamma", 0)])
def test_ordinary_numbers_are_not_warned_of(loss, offset):
    rng = np.random.default_rng(0)
    rows = np.c_[rng.normal(1e3, 1, len(y)), rng.lognormal(sigma=5, size=len(y))]
    to_onnx(student(loss=loss, max_iter=20, random_state=0).fit(rows, offset + y))


def test_what_cannot_be_exported_says_what_can():
    model, _ = exported("distilled regressor")
    assert to_onnx(FrozenEstimator(model.student_)).graph.output[0].name == "prediction"
    whole = TransformedTargetRegressor(student(), func=np.log, inverse_func=np.exp)
    vote = VotingRegressor([("a", student()), ("b", student())])
    for other, match in [
        (whole.fit(X, y), r"to_onnx\(estimator.regressor_\). That .* apply the inv"),
        (vote.fit(X, y), r"No single .* DistilledRegressor\(FrozenEst.* register_skl"),
        (Ridge().fit(X, y), r"skl2onnx .* Of a DistilledRegressor pass"),
        (student(encoder=MinMaxScaler()).fit(X, y), "cover the encoder MinMaxScaler"),
        (
            FrozenEstimator(make_pipeline(StandardScaler(), whole).fit(X, y)),
            r"to_onnx\(estimator.estimator\[-1\].regressor_\).* to its rows yourself\.",
        ),
        (MLPStudentRegressor, "a fitted MLPStudent or MLPStudentRegressor, or a"),
    ]:
        with pytest.raises(TypeError, match=match):
            to_onnx(other)
