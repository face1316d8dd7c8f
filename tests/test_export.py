"""ONNX models give what the student gives, in ONNX Runtime."""

import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from onnx_models import frame_feeds, run
from sklearn.datasets import load_wine
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler
from teacher_alone import distil

from sklearn_kd import MLPStudent, TabularEncoder
from sklearn_kd.export import to_onnx

RNG = np.random.default_rng(0)
N_ROWS = 300
#: A spike, a heavy tail, whole numbers, small steps beside a large value, a constant.
NUMBERS = np.column_stack(
    [
        np.where(RNG.random(N_ROWS) < 0.5, 0.0, RNG.normal(size=N_ROWS)),
        RNG.lognormal(sigma=3, size=N_ROWS),
        RNG.integers(0, 5, size=N_ROWS),
        2000 + RNG.integers(0, 100, size=N_ROWS) / 16,
        np.ones(N_ROWS),
    ]
)
CODES = (NUMBERS[:, 0] > 0) + (NUMBERS[:, 2] > 2).astype(int)


def student(**params):
    return MLPStudent(**{"hidden_layer_sizes": 8, "max_iter": 5, **params})


def hard_rows(encoder):
    """Rows at knots and edges, beside them, out of range and with missing values."""
    rows = [NUMBERS.astype(np.float32)]
    for place, column in enumerate(encoder.score_columns_):
        points = encoder.knots_.knots[place, : encoder.knots_.counts[place]]
        if encoder.components_ is not None:
            own = encoder.components_.column == place
            points = np.concatenate([points, encoder.components_.lower[own]])
        points = points.astype(np.float32)
        above, below = (np.nextafter(points, np.float32(s)) for s in (np.inf, -np.inf))
        ends = np.finfo(np.float32)
        values = np.concatenate([points, above, below, [ends.min, ends.max, np.nan]])
        block = np.tile(rows[0][:1], (len(values), 1))
        block[:, column] = values
        rows.append(block)
    rows.append(np.full((1, NUMBERS.shape[1]), np.nan, np.float32))
    return np.vstack(rows)


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("n_bins", ["auto", None])
@pytest.mark.parametrize("missing", [False, True])
def test_numbers(activation, n_bins, missing):
    X = NUMBERS.copy()
    if missing:
        X[::7, 1] = np.nan
        X[::5, 4] = np.nan  # constant, and nothing but a flag
    encoder = TabularEncoder(n_bins=n_bins)
    model = student(activation=activation, encoder=encoder, random_state=0)
    model.fit(X, CODES)
    exported = to_onnx(model)
    rows = hard_rows(model.encoder_)
    label, proba = run(exported, rows)
    expected = model.predict_proba(rows)
    assert proba.dtype == np.float32
    assert_allclose(proba, expected, atol=1e-5)
    clear = np.ptp(np.sort(expected)[:, -2:], axis=1) > 1e-5
    assert clear.mean() > 0.9
    assert label.shape == (len(rows),)
    assert_array_equal(label[clear], model.predict(rows)[clear])


@pytest.mark.parametrize("n_bins", ["auto", None])
def test_infinity_counts_as_the_end_of_the_range(n_bins):
    encoder = TabularEncoder(n_bins=n_bins)
    model = student(encoder=encoder, random_state=0).fit(NUMBERS, CODES)
    most = np.finfo(np.float32).max
    signs = np.vstack([np.eye(5), -np.eye(5), np.ones((1, 5)), -np.ones((1, 5))])
    base = np.tile(NUMBERS[:1], (len(signs), 1))
    ends = np.where(signs, signs * most, base).astype(np.float32)
    infinite = np.where(np.abs(ends) == most, np.inf * np.sign(ends), ends)
    exported = to_onnx(model)
    label, proba = run(exported, infinite)
    assert_array_equal(proba, run(exported, ends)[1])
    assert_allclose(proba, model.predict_proba(ends), atol=1e-5)
    assert_array_equal(label, model.predict(ends))


@pytest.mark.parametrize(
    "classes",
    [
        np.array([3, -1, 7]),
        np.array([1, 5, 250], dtype=np.uint8),
        np.array(["b", "a", "ç"]),
        np.array(["b", "a", "c"], dtype=object),
        np.array([0.5, 2.0, 7.25]).round(),
        np.array([False, True, True]),
    ],
)
def test_labels_of_every_type(classes):
    model = student(random_state=0).fit(NUMBERS, classes[CODES])
    rows = NUMBERS.astype(np.float32)
    label, proba = run(to_onnx(model), rows)
    assert_allclose(proba, model.predict_proba(rows), atol=1e-5)
    assert_array_equal(label, model.predict(rows))


def mixed_frame():
    words = np.array(["red", "green", "", "blue", "rare"], dtype=object)
    word = words[RNG.choice(5, size=N_ROWS, p=[0.4, 0.3, 0.1, 0.19, 0.01])]
    number = NUMBERS[:, 0].copy()
    number[::9] = np.nan
    return pd.DataFrame(
        {
            "word": word,
            "number": number,
            "holes": pd.Series(word).where(word != "", None),
            "code": pd.Categorical(RNG.integers(0, 4, size=N_ROWS)),
            "yes": RNG.random(N_ROWS) < 0.5,
            "same": ["x"] * N_ROWS,
            "gap code": pd.Categorical.from_codes(
                RNG.integers(-1, 3, N_ROWS), [5, 6, 7]
            ),
        }
    )


@pytest.mark.parametrize("min_frequency", [None, 0.05])
@pytest.mark.parametrize("n_bins", ["auto", None])
def test_levels_of_strings_and_whole_numbers(min_frequency, n_bins):
    X = mixed_frame()
    encoder = TabularEncoder(min_frequency=min_frequency, n_bins=n_bins)
    model = student(encoder=encoder, random_state=0).fit(X, CODES)
    exported = to_onnx(model)
    assert [column.name for column in exported.graph.input] == list(X)
    unseen = X.iloc[:3].assign(word=["new", "red", "new"], number=np.nan)
    unseen["holes"] = ["new", None, "red"]
    unseen["yes"] = [True, False, True]
    for rows in (X, unseen):
        numbers = rows["number"].astype("float32").astype(float)
        label, proba = run(exported, frame_feeds(exported, rows))
        expected = model.predict_proba(rows.assign(number=numbers))
        assert_allclose(proba, expected, atol=1e-5)
        assert_array_equal(label, model.classes_[expected.argmax(axis=1)])


def test_levels_without_numbers_and_an_array_of_objects():
    X = mixed_frame()[["word", "yes", "same"]]
    model = student(random_state=0).fit(X.to_numpy(dtype=object), CODES)
    exported = to_onnx(model)
    assert [column.name for column in exported.graph.input] == ["x0", "x1", "x2"]
    feeds = frame_feeds(exported, X.set_axis(["x0", "x1", "x2"], axis=1))
    expected = model.predict_proba(X.to_numpy(dtype=object))
    assert_allclose(run(exported, feeds)[1], expected, atol=1e-5)


def test_a_table_of_constants():
    model = student(random_state=0).fit(np.ones((50, 2)), CODES[:50])
    rows = np.ones((3, 2), dtype=np.float32)
    assert_allclose(run(to_onnx(model), rows)[1], model.predict_proba(rows), atol=1e-5)


@pytest.mark.parametrize(
    "encoder", [None, StandardScaler(), StandardScaler(with_mean=False), MaxAbsScaler()]
)
def test_other_encoders(encoder):
    X = load_wine().data[:, [0, 1, 2]]
    y = load_wine().target
    model = student(encoder=encoder, random_state=0).fit(X, y)
    rows = X.astype(np.float32)
    _, proba = run(to_onnx(model), rows)
    assert_allclose(proba, model.predict_proba(rows), atol=1e-5)


@pytest.mark.filterwarnings("ignore:The ONNX model reads numbers as float32")
@pytest.mark.parametrize("mean", [1e4, 1e6])
def test_a_standard_scaler_of_large_means(mean):
    X = np.random.default_rng(0).normal(mean, 1, size=(N_ROWS, 3)).astype(np.float32)
    model = student(encoder=StandardScaler(), max_iter=50, random_state=0)
    # float64: the scaler computes in the dtype of its input
    rows = X.astype(np.float64)
    model.fit(rows, (rows[:, 0] > mean) * 1)
    _, proba = run(to_onnx(model), X)
    assert_allclose(proba, model.predict_proba(rows), atol=1e-6)


@pytest.mark.parametrize(
    "encoder", [StandardScaler(), MaxAbsScaler(), StandardScaler(with_mean=False)]
)
def test_a_scale_that_float32_cannot_hold(encoder):
    X = load_wine().data[:, :3] * np.array([1, 1e50, 1])
    model = student(encoder=encoder, random_state=0).fit(X, load_wine().target)
    with pytest.raises(ValueError, match="Column 1 cannot be written in float32"):
        to_onnx(model)


def test_a_max_abs_scaler_that_clips():
    X = load_wine().data[:, [0, 1, 2]]
    # a parameter from scikit-learn 1.9 on; before, it is one that does not clip
    clips = "clip" in MaxAbsScaler().get_params()
    encoder = MaxAbsScaler(clip=True) if clips else MaxAbsScaler()
    model = student(encoder=encoder, random_state=0)
    model.fit(X, load_wine().target)
    rows = (X * np.array([-5, 1, 5])).astype(np.float32)
    _, proba = run(to_onnx(model), rows)
    assert_allclose(proba, model.predict_proba(rows), atol=1e-5)


def test_a_distilled_classifier_with_classes_that_no_teacher_knows():
    X, y = NUMBERS.astype(np.float32), np.array(["a", "b", "c"])[CODES]
    targets = np.zeros((N_ROWS, 3))
    targets[:, [0, 2]] = 0.5
    model = distil(student=student(), alpha=1.0, random_state=0)
    model.fit(X, y, teacher_proba=targets)
    label, proba = run(to_onnx(model), X)
    assert proba.shape == (N_ROWS, 3)
    assert_allclose(proba, model.predict_proba(X), atol=1e-5)
    assert_array_equal(label, model.predict(X))


def test_a_threshold_decides_the_label():
    X, y = NUMBERS.astype(np.float32), np.array(["no", "yes"])[(CODES > 0) * 1]
    model = distil(
        LogisticRegression(max_iter=10_000),
        student(),
        decision_threshold=0.8,
        random_state=0,
    ).fit(X, y)
    label, proba = run(to_onnx(model), X)
    assert_array_equal(label, model.predict(X))
    assert (label != model.classes_[proba.argmax(axis=1)]).any()


@pytest.mark.parametrize(
    "wrap",
    [
        partial(FixedThresholdClassifier, threshold=0.4),
        partial(FixedThresholdClassifier, threshold=0.8, pos_label="no"),
        partial(FixedThresholdClassifier, threshold=0.8, pos_label="yes"),
        partial(TunedThresholdClassifierCV, cv=2),
    ],
)
def test_a_classifier_with_a_threshold_is_exported_by_what_is_fitted_in_it(wrap):
    X, y = NUMBERS.astype(np.float32), np.array(["no", "yes"])[(CODES > 0) * 1]
    other = student(random_state=1).fit(X, y[::-1])
    distilled = on_given_rows(
        LogisticRegression(max_iter=10_000),
        student(random_state=0),
        decision_threshold=0.3,
    )
    for inner in (other, student(random_state=0), distilled):
        model = wrap(inner).fit(X, y)
        label, proba = run(to_onnx(model), X)
        assert_array_equal(label, model.predict(X))
        assert_allclose(proba, model.predict_proba(X), atol=1e-5)


def test_a_fitted_student_behind_a_threshold_needs_no_fit():
    X, y = NUMBERS.astype(np.float32), (CODES > 0) * 1
    model = FixedThresholdClassifier(student().fit(X, y), threshold=0.7)
    assert_array_equal(run(to_onnx(model), X)[0], model.predict(X))
    with pytest.raises(NotFittedError, match="TunedThresholdClassifierCV"):
        to_onnx(TunedThresholdClassifierCV(student().fit(X, y)))
    for params, error, says in [
        ({"response_method": "decision_function"}, TypeError, "one on a decision_func"),
        ({"pos_label": 7}, ValueError, r"pos_label=7, which is none of .*\[0, 1\]"),
    ]:
        with pytest.raises(error, match=says):
            to_onnx(model.set_params(**params))
        model.set_params(response_method="auto")


def test_only_the_chosen_outputs():
    model = student(random_state=0).fit(NUMBERS, CODES)
    exported = to_onnx(model, outputs=["probabilities"])
    assert [output.name for output in exported.graph.output] == ["probabilities"]
    assert exported.ir_version <= 8
    assert {o.domain: o.version for o in exported.opset_import} == {"": 17}
    for wrong in ("label", [], ["scores"]):
        with pytest.raises(ValueError, match="outputs must be names out of"):
            to_onnx(model, outputs=wrong)
    with pytest.raises(ValueError, match="Remove the repeated name"):
        to_onnx(model, outputs=["label", "label"])
    with pytest.raises(TypeError, match=r"a list or tuple of names .* got ndarray"):
        to_onnx(model, outputs=np.array(["label", "probabilities"]))


def test_what_is_not_covered_is_named(monkeypatch):
    X = NUMBERS[:, :3]
    with pytest.raises(TypeError, match="got LogisticRegression"):
        to_onnx(LogisticRegression().fit(X[:, :1], CODES))
    scaled = student(encoder=MinMaxScaler(), random_state=0).fit(X, CODES)
    with pytest.raises(TypeError, match="does not cover the encoder MinMaxScaler"):
        to_onnx(scaled)
    halves = pd.DataFrame({"half": pd.Categorical(CODES / 2), "x": NUMBERS[:, 0]})
    with pytest.raises(TypeError, match=r"of column 'half': .* \[0.0, 0.5, 1.0\]"):
        to_onnx(student(random_state=0).fit(halves, CODES))
    named = mixed_frame()[["word"]].set_axis(["label"], axis=1)
    with pytest.raises(ValueError, match=r"Columns named \['label'\]"):
        to_onnx(student(random_state=0).fit(named, CODES))
    with pytest.raises(ValueError, match="Column 1 cannot be written in float32"):
        to_onnx(student(random_state=0).fit(X * [1, 1e300, 1], CODES))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install sklearn-kd\[onnx\]"):
        to_onnx(student(random_state=0).fit(X, CODES))
