"""Trees that the compiled core walks predict what their models predict."""

import numpy as np
import polars as pl
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)
from walked import (
    assert_walked,
    classes_table,
    mixed_table,
    needs_core,
    numbers_table,
    walk,
)

pytestmark = [
    needs_core,
    # both of LightGBM: it names the columns of arrays, and warns of its own names
    pytest.mark.filterwarnings("ignore:X does not have valid feature names"),
]


def lightgbm(kind=LGBMClassifier, **settings):
    usual = {"n_estimators": 10, "n_jobs": 1, "verbose": -1, "random_state": 0}
    return kind(**usual | settings)


CLASSIFIERS = [
    RandomForestClassifier(10, random_state=0),
    RandomForestClassifier(5, max_depth=1, random_state=0),
    ExtraTreesClassifier(10, bootstrap=True, class_weight="balanced", random_state=0),
    DecisionTreeClassifier(random_state=0),
    ExtraTreeClassifier(random_state=0),
    GradientBoostingClassifier(n_estimators=10, random_state=0),
    HistGradientBoostingClassifier(max_iter=10, random_state=0),
    HistGradientBoostingClassifier(max_iter=30, early_stopping=True, random_state=0),
    lightgbm(),
    lightgbm(boosting_type="rf", subsample=0.5, subsample_freq=1),
    lightgbm(boosting_type="dart", num_leaves=100, min_child_samples=1),
    lightgbm(zero_as_missing=True),
    lightgbm(use_missing=False),
]
REGRESSORS = [
    RandomForestRegressor(10, random_state=0),
    RandomForestRegressor(5, criterion="poisson", random_state=0),
    ExtraTreesRegressor(10, random_state=0),
    DecisionTreeRegressor(max_depth=4),
    ExtraTreeRegressor(random_state=0),
    GradientBoostingRegressor(n_estimators=10, subsample=0.5, random_state=0),
    HistGradientBoostingRegressor(max_iter=10, random_state=0),
    HistGradientBoostingRegressor(loss="gamma", max_iter=10, random_state=0),
    HistGradientBoostingRegressor(loss="quantile", quantile=0.9, max_iter=10),
    lightgbm(LGBMRegressor, reg_sqrt=True),
    *(
        lightgbm(LGBMRegressor, objective=name)
        for name in ("l2", "l1", "huber", "fair", "quantile", "mape", "poisson")
    ),
    *(lightgbm(LGBMRegressor, objective=name) for name in ("gamma", "tweedie")),
]


def short(model):
    return repr(model)[:60]


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=short)
def test_probabilities_are_those_of_the_model(model, n_classes):
    X, y = classes_table(n_classes)
    assert_walked(model.fit(X[:600], y[:600]), X)


TAKES_GAPS = [m for m in CLASSIFIERS if type(m) is not GradientBoostingClassifier]
BOOSTED = [m for m in TAKES_GAPS if "Boosting" in short(m) or "LGBM" in short(m)]


@pytest.mark.parametrize("model", TAKES_GAPS, ids=short)
def test_probabilities_with_missing_values(model):
    X, y = classes_table(3, missing=0.1, zeros=0.1)
    full, _ = classes_table(3)
    model.fit(X[:600], y[:600])
    assert_walked(model, X)
    assert_walked(model, full)


@pytest.mark.parametrize("model", BOOSTED, ids=short)
def test_missing_values_that_training_rows_lack(model):
    X, y = classes_table(3, zeros=0.1)
    with_gaps, _ = classes_table(3, missing=0.2)
    with_gaps[0], with_gaps[1] = np.inf, -np.inf
    assert_walked(model.fit(X[:600], y[:600]), with_gaps)


@pytest.mark.parametrize("model", REGRESSORS, ids=short)
def test_numbers_are_those_of_the_model(model):
    X, y = numbers_table()
    assert_walked(model.fit(X[:600], y[:600]), X)


def test_numbers_of_a_cross_entropy():
    X, y = numbers_table()
    share = (y - y.min()) / np.ptp(y)
    model = lightgbm(LGBMRegressor, objective="cross_entropy").fit(X, share)
    assert_walked(model, X)


@pytest.mark.parametrize(
    "model", [RandomForestClassifier(5, random_state=0), lightgbm()], ids=short
)
def test_twenty_six_classes(model):
    X, _ = classes_table()
    y = np.random.default_rng(0).integers(0, 26, len(X))
    assert_walked(model.fit(X, y), X)


def test_one_model_a_class():
    X, y = classes_table(4)
    assert_walked(lightgbm(objective="multiclassova", sigmoid=2.0).fit(X, y), X)
    assert_walked(lightgbm(sigmoid=0.5).fit(X, y > 1), X)


def test_rounds_after_the_best_are_left_out():
    X, y = classes_table(3)
    model = lightgbm(n_estimators=300, learning_rate=0.5)
    model.fit(X[:600], y[:600])
    model.booster_.best_iteration = 20
    assert_walked(model, X)


@pytest.mark.parametrize("maker", [RandomForestClassifier, DecisionTreeClassifier])
def test_weights_of_rows(maker):
    X, y = classes_table()
    weight = np.random.default_rng(0).random(len(X))
    model = maker(random_state=0, max_leaf_nodes=20)
    assert_walked(model.fit(X, y, sample_weight=weight), X)


def test_trees_of_one_leaf():
    X, y = classes_table(3)
    assert_walked(lightgbm(min_child_samples=10_000).fit(X, y), X)
    assert_walked(DecisionTreeClassifier(min_samples_leaf=1000).fit(X, y), X)
    same = np.ones(len(X))
    assert_walked(HistGradientBoostingRegressor(max_iter=3).fit(X, same), X)


def test_a_column_with_more_thresholds_than_codes(monkeypatch):
    # several parts, each with codes of its own
    from sklearn_kd.teachers.trees import _flat

    monkeypatch.setattr(_flat, "_MOST_EDGES", 300)
    X, y = classes_table(3)
    model = ExtraTreesClassifier(20, random_state=0).fit(X, y)
    assert_walked(model, X)
    monkeypatch.setattr(_flat, "_MOST_EDGES", 3)
    assert walk(model, X) is None


def test_trees_that_take_too_much_memory_are_left_to_the_model(monkeypatch):
    from sklearn_kd.teachers.trees import _flat

    X, y = classes_table(3)
    monkeypatch.setattr(_flat, "MOST_BYTES", 10_000)
    for model in (RandomForestClassifier(5), *BOOSTED[1:3]):
        assert walk(model.fit(X, y), X) is None


# categories

CATEGORICAL = [
    lightgbm(min_data_per_group=5, cat_smooth=1, n_estimators=20),
    lightgbm(max_cat_to_onehot=90),
    HistGradientBoostingClassifier(max_iter=10, categorical_features="from_dtype"),
]


@pytest.mark.parametrize("model", CATEGORICAL, ids=short)
def test_levels_of_a_frame(model):
    X, y = mixed_table()
    model.fit(X[:700], y[:700])
    assert_walked(model, X)


@pytest.mark.parametrize("model", CATEGORICAL, ids=short)
def test_levels_that_the_model_has_never_seen(model):
    X, y = mixed_table()
    model.fit(X[:700], y[:700])
    new, _ = mixed_table(seed=1)
    new["few"] = new["few"].cat.rename_categories({"a": "z"})
    new["many"] = new["many"].cat.set_categories([*range(50), 500])
    assert_walked(model, new)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_codes_of_categories_as_odd_numbers(dtype):
    X, y = mixed_table()
    codes = np.c_[X["x"], X["count"], X["many"].cat.codes]
    model = lightgbm(min_data_per_group=5, cat_smooth=1)
    model.fit(codes, y, categorical_feature=[1, 2])
    assert "cat_threshold" in model.booster_.model_to_string()
    odd = [-1, -0.5, 0, 0.5, 3, 8, 40, 1e12, np.nan, np.inf, -np.inf, 2.0**31, 2.0**33]
    rng = np.random.default_rng(0)
    codes[:, 1:] = rng.choice(odd, (len(X), 2))
    assert_walked(model, codes.astype(dtype))


# containers and dtypes

MODELS = [CLASSIFIERS[0], *BOOSTED[1:3]]


@pytest.mark.parametrize("model", MODELS, ids=short)
@pytest.mark.parametrize(
    "convert",
    [
        lambda X: X.astype(np.float32),
        lambda X: np.asfortranarray(X),
        lambda X: (X * 1e8).astype(np.int64),
        lambda X: (X * 20).astype(np.int8),
        lambda X: X > 0,
        lambda X: X[:, ::-1],
        lambda X: X.astype(">f8"),
        lambda X: X.astype(object),
    ],
    ids=["f4", "fortran", "i8", "i1", "bool", "reversed", "swapped", "object"],
)
def test_arrays_of_any_dtype_and_order(model, convert):
    X, y = classes_table(3)
    X = convert(X)
    assert_walked(model.fit(X[:600], y[:600]), X)


@pytest.mark.parametrize("model", MODELS, ids=short)
def test_frames_of_pandas(model):
    X, _ = mixed_table()
    y = mixed_table()[1]
    X = X[["x", "count", "flag"]]
    assert_walked(model.fit(X[:600], y[:600]), X)


def test_frames_of_polars():
    X, y = classes_table(3)
    frame = pl.DataFrame(X, schema=[f"x{i}" for i in range(X.shape[1])])
    for model in MODELS[:2]:
        assert_walked(model.fit(frame, y), frame)


def test_zeros_that_are_not_quite_zero():
    X, y = classes_table(2, zeros=0.3)
    model = lightgbm(zero_as_missing=True).fit(X, y)
    rng = np.random.default_rng(0)
    X = rng.choice([0, -0.0, 1e-36, -1e-36, 1e-30, -1e-30, 1e-35, 1], X.shape)
    assert_walked(model, X)
