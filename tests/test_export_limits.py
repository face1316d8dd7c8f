"""What an ONNX model cannot hold is refused, and what float32 rounds is warned of."""

import numpy as np
import pandas as pd
import pytest
from onnx_models import frame_feeds, run
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from teacher_alone import distil

from sklearn_kd import MLPStudent, TabularEncoder
from sklearn_kd.export import to_onnx

RNG = np.random.default_rng(0)
N = 400
NOISE = RNG.normal(size=N)
Y = (NOISE > 0).astype(int)
LEAST = np.iinfo(np.int64).min
SECONDS = 1.7e9 + np.cumsum(RNG.integers(1, 6, N)).astype(float)


def student(**params):
    return MLPStudent(8, max_iter=5, random_state=0, **params)


def level_frame(levels, dtype=object):
    values = pd.Series([levels[k % len(levels)] for k in range(N)], dtype=dtype)
    return pd.DataFrame({"level": values, "n": NOISE})


@pytest.mark.parametrize(
    ("levels", "dtype", "says"),
    [
        (["a", "", None], object, "missing values and the level ''"),
        (["a", "", np.nan], object, "missing values and the level ''"),
        (["a", "", None], "string", "missing values and the level ''"),
        ([7, LEAST, None], "category", f"missing values and the level {LEAST}"),
        ([7, 2**63], "category", f"the level {2**63} of column 'level'.*beyond int64"),
        ([7, 10**30], "category", "beyond int64"),
        ([7.0, 1e300], "category", "beyond int64"),
        ([7, -(2**63) - 1], "category", "beyond int64"),
    ],
)
@pytest.mark.parametrize("n_bins", ["auto", None])
def test_levels_that_the_model_would_mix_up_are_refused(levels, dtype, says, n_bins):
    if dtype == "category":
        levels = pd.Series(levels, dtype=object)
    X = level_frame(list(levels), dtype)
    model = student(encoder=TabularEncoder(n_bins=n_bins)).fit(X, Y)
    with pytest.raises(ValueError, match=says):
        to_onnx(model)


@pytest.mark.parametrize(
    ("levels", "dtype"),
    [
        (["a", ""], object),
        (["a", None], object),
        ([True, 7, 1.0], "category"),
        ([7, 2**63 - 1, None], "category"),
        ([7, LEAST], "category"),
    ],
)
def test_levels_that_it_can_tell_apart_are_written(levels, dtype):
    if dtype == "category":
        levels = pd.Series(levels, dtype=object)
    X = level_frame(list(levels), dtype)
    model = student().fit(X, Y)
    exported = to_onnx(model)
    proba = run(exported, frame_feeds(exported, X))[1]
    expected = model.predict_proba(X.assign(n=NOISE.astype("f").astype(float)))
    np.testing.assert_allclose(proba, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        (np.array([1, 2**63], dtype=np.uint64), f"the label {2**63}.*beyond int64"),
        (np.array([2**63, 2**64 - 1], dtype=np.uint64), "beyond int64"),
    ],
)
def test_labels_beyond_int64_are_refused(classes, says):
    X = NOISE[:, None]
    proba = np.column_stack([1 - Y, Y]).astype(float)
    distilled = distil(student=student(), random_state=0)
    distilled.fit(X, classes[Y], teacher_proba=proba)
    for model in (student().fit(X, classes[Y]), distilled):
        with pytest.raises(ValueError, match=says):
            to_onnx(model)


def test_labels_of_uint64_that_fit_keep_their_values():
    classes = np.array([5, 2**63 - 1], dtype=np.uint64)
    model = student().set_params(max_iter=30).fit(NOISE[:, None], classes[Y])
    label, _ = run(to_onnx(model), NOISE[:, None].astype(np.float32))
    assert set(label.tolist()) == {5, 2**63 - 1}


def test_labels_that_float64_does_not_hold_are_refused():
    wide = np.longdouble(1) + np.finfo(np.longdouble).eps
    model = student().fit(NOISE[:, None], Y)
    model.classes_ = np.array([1, wide])
    if np.float64(wide) == wide:  # a platform without wider floats
        to_onnx(model)
    else:
        with pytest.raises(ValueError, match="that float64 does not hold"):
            to_onnx(model)


@pytest.mark.parametrize(
    "encoder",
    ["auto", TabularEncoder(n_bins=None), StandardScaler(), StandardScaler(with_std=0)],
)
def test_timestamps_in_seconds_are_warned_of(encoder):
    X = pd.DataFrame({"n": NOISE, "time": SECONDS})
    y = (np.sin(SECONDS / 60) > 0).astype(int)
    if not isinstance(encoder, (str, TabularEncoder)):
        encoder = encoder.set_params(with_std=bool(encoder.with_std))
    model = student(encoder=encoder).set_params(max_iter=40).fit(X, y)
    match = r"in column 'time' by 0\.\d+\. Subtract an offset"
    with pytest.warns(UserWarning, match=match) as caught:
        to_onnx(model)
    assert len(caught) == 1
    rounded = X.assign(time=SECONDS.astype(np.float32).astype(float))
    move = np.abs(model.predict_proba(X) - model.predict_proba(rounded)).max()
    assert move > 1e-3 or isinstance(encoder, StandardScaler)


@pytest.mark.parametrize("offset", [1e8, 1e8 + 1, 1.7e9])
def test_a_scaler_without_a_scale_is_warned_of_by_as_much_as_rows_move(offset):
    steps = np.random.default_rng(0).random(N)
    X = np.column_stack([offset + np.round(3 * steps), NOISE])
    encoder = StandardScaler(with_std=False)
    model = student(encoder=encoder).set_params(max_iter=40)
    model.fit(X, (X[:, 0] > np.median(X[:, 0])) * 1)
    rounded = X.astype(np.float32).astype(float)
    move = np.abs(model.predict_proba(X) - model.predict_proba(rounded)).max()
    with pytest.warns(UserWarning, match="in column 0 by") as caught:
        to_onnx(model)
    found = float(str(caught[0].message).split("column 0 by ")[1].split(". ")[0])
    assert found > 0.5 * move > 0.25


@pytest.mark.parametrize("values", [NOISE, 100 + NOISE, RNG.integers(0, 9, N)])
def test_a_scaler_without_a_scale_may_read_ordinary_numbers(values):
    encoder = StandardScaler(with_std=False)
    to_onnx(student(encoder=encoder).fit(np.column_stack([values, NOISE]), Y))


def test_the_largest_move_is_near_the_one_that_the_rows_have():
    X = pd.DataFrame({"time": SECONDS})
    y = (np.sin(SECONDS / 60) > 0).astype(int)
    model = student().set_params(max_iter=60).fit(X, y)
    rounded = X.astype(np.float32).astype(float)
    move = np.abs(model.predict_proba(X) - model.predict_proba(rounded)).max()
    with pytest.warns(UserWarning, match="'time' by") as caught:
        to_onnx(model)
    found = float(str(caught[0].message).split("'time' by ")[1].split(". ")[0])
    assert 0.5 * move < found < 2 * move


@pytest.mark.parametrize(
    "values",
    [
        SECONDS - SECONDS[0],
        SECONDS.astype(np.float32),
        SECONDS.astype(np.int64) // 128 * 128,
        RNG.integers(0, 2**24, N),
        RNG.lognormal(sigma=5, size=N),
        RNG.normal(1e3, 1, N),
        np.round(RNG.normal(37, 2e-2, N), 6),  # degrees
        RNG.normal(size=N) * 1e-30,
    ],
)
@pytest.mark.parametrize("encoder", ["auto", MaxAbsScaler(), None])
def test_ordinary_numbers_are_not_warned_of(values, encoder):
    if encoder is None:
        values = values / np.abs(values).max()
    model = student(encoder=encoder).fit(np.column_stack([values, NOISE]), Y)
    to_onnx(model)


def test_many_columns_are_named_in_short():
    X = SECONDS[:, None] + 100 * RNG.normal(size=(N, 12))
    model = student().set_params(max_iter=20).fit(X, (X[:, 0] > SECONDS.mean()) * 1)
    with pytest.warns(
        UserWarning, match=r"in columns (\d+ by [\d.]+(, )?){5} and \d+ m"
    ):
        to_onnx(model)
