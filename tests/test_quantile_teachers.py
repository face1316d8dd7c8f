"""What gives quantiles, each in its own way, becomes a teacher of quantiles."""

import numpy as np
import pytest
from lightgbm import LGBMRegressor
from noisy import LEVELS, TEST, TRAIN, TRUE, Fixed, X, Y, coverage, distil
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, QuantileRegressor, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from xgboost import XGBRegressor

from sklearn_kd import MLPStudentRegressor, MungeSampler
from sklearn_kd.teachers.quantiles._levels import own_levels

QUICK = MLPStudentRegressor((4,), max_iter=1)
NETWORK = MLPStudentRegressor((8,), loss="pinball", max_iter=30, random_state=0)
TWO = np.stack([Y, -2 * Y], axis=1)


class TakesLevels(RegressorMixin, BaseEstimator):
    """Stands for a forest of quantiles: the levels are an argument of ``predict``."""

    def fit(self, X, y):
        self.n_targets_ = 1 if np.ndim(y) == 1 else np.shape(y)[1]
        return self

    def predict(self, X, quantiles=None):
        if quantiles is None:
            quantiles = [0.5]
        outputs = X[:, :1] + np.asarray(quantiles)
        if self.n_targets_ > 1:
            outputs = np.repeat(outputs[:, None], self.n_targets_, axis=1)
        return outputs if outputs.shape[-1] > 1 else outputs[..., 0]


class Conformal:
    """Stands for a conformal regressor: fitted, with intervals at its levels."""

    def __init__(self, confidence_level):
        self.confidence_level = confidence_level

    def predict(self, X):
        return X[:, 0]

    def predict_interval(self, X):
        width = np.array(self.confidence_level)
        low, high = X[:, :1] - width, X[:, :1] + width
        return X[:, 0], np.stack([low, high], axis=1)


class OlderConformal:
    """Stands for an older one, which is told the levels."""

    def predict(self, X, alpha=None):
        if alpha is None:
            return X[:, 0]
        width = 1 - np.array(alpha)
        return X[:, 0], np.stack([X[:, :1] - width, X[:, :1] + width], axis=1)


class Crossed(TakesLevels):
    """Predicts the highest level lowest."""

    def predict(self, X, quantiles=None):
        return X[:, :1] - np.asarray(quantiles or [0.5])


def taught(teacher, quantiles=LEVELS, y=Y, **params):
    """Distil, and give the teacher of quantiles."""
    distilled = distil(teacher, quantiles, transfer=None, student=QUICK, **params)
    return distilled.fit(X[TRAIN], y[TRAIN]).teacher_


def boosted(level):
    return HistGradientBoostingRegressor(loss="quantile", quantile=level, max_iter=10)


LISTS = {
    "histograms": boosted,
    "gradients": lambda level: GradientBoostingRegressor(
        loss="quantile", alpha=level, n_estimators=10, random_state=0
    ),
    "LightGBM": lambda level: LGBMRegressor(
        objective="quantile", alpha=level, n_estimators=10, verbose=-1
    ),
    "XGBoost": lambda level: XGBRegressor(
        objective="reg:quantileerror", quantile_alpha=level, n_estimators=10
    ),
    "linear": lambda level: QuantileRegressor(quantile=level, alpha=0),
    "pipeline": lambda level: make_pipeline(StandardScaler(), boosted(level)),
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_has_a_regressor_for_each_level(kind):
    regressors = [LISTS[kind](level) for level in LEVELS]
    teacher = taught(regressors)
    outputs = teacher.predict_quantiles(X[TEST])
    expected = [part.fit(X[TRAIN], Y[TRAIN]).predict(X[TEST]) for part in regressors]
    np.testing.assert_allclose(outputs, np.sort(np.stack(expected, 1)), rtol=1e-5)


@pytest.mark.parametrize("kind", LISTS)
def test_the_level_of_a_regressor_is_read(kind):
    assert own_levels(LISTS[kind](0.3)) == (0.3,)


def test_the_level_of_catboost_is_read():
    class Stands(BaseEstimator):
        def __init__(self, loss_function):
            self.loss_function = loss_function

    assert own_levels(Stands("Quantile:alpha=0.05")) == (0.05,)
    assert own_levels(Stands("MultiQuantile:alpha=0.05,0.5")) == (0.05, 0.5)
    assert own_levels(Stands("RMSE")) is None


def test_fitted_members_of_a_list_are_used_by_reference():
    fitted = [boosted(level).fit(X[TRAIN], Y[TRAIN]) for level in LEVELS]
    teacher = taught(fitted)
    assert all(a is b for a, b in zip(teacher.teacher_, fitted, strict=True))
    mixed = taught([*fitted[:2], boosted(LEVELS[2])])
    assert mixed.teacher_[0] is fitted[0]
    assert hasattr(mixed.teacher_[2], "n_iter_")


@pytest.mark.parametrize(
    ("regressors", "message"),
    [
        ([boosted(0.1), boosted(0.9), boosted(0.5)], "Teacher 1 .* quantile 0.9"),
        ([boosted(0.1), boosted(0.5)], "2 teachers.*for each level"),
        ([boosted(0.1), Ridge(), boosted(0.5)], "Teacher 2 .* quantile 0.5"),
        (boosted(0.1), "for each level"),
    ],
)
def test_a_list_of_other_levels_is_refused(regressors, message):
    with pytest.raises(ValueError, match=message):
        taught(regressors)


def test_weights_of_a_list_of_levels_are_refused():
    regressors = [boosted(level) for level in LEVELS]
    with pytest.raises(ValueError, match=r"teacher_weights=.*for each level"):
        taught(regressors, teacher_weights=[1, 1, 1])


def test_quantiles_that_are_an_argument_of_predict_are_asked_for():
    fitted = TakesLevels().fit(X, Y)
    outputs = taught(fitted).predict_quantiles(X[TEST])
    np.testing.assert_allclose(outputs, X[TEST, :1] + np.array(LEVELS))
    assert taught(TakesLevels()).teacher_ is not None


def test_quantiles_of_each_output_stand_side_by_side():
    outputs = taught(TakesLevels(), y=TWO).predict_quantiles(X[TEST])
    assert outputs.shape == (200, 2, 3)
    np.testing.assert_allclose(outputs[:, 1], X[TEST, :1] + np.array(LEVELS))


def test_crossed_quantiles_of_a_teacher_are_sorted():
    outputs = taught(Crossed()).predict_quantiles(X[TEST])
    np.testing.assert_allclose(outputs, X[TEST, :1] - np.array(LEVELS)[::-1])


def test_boosting_of_several_levels_gives_those_that_are_wanted():
    model = XGBRegressor(
        objective="reg:quantileerror", quantile_alpha=[0.1, 0.3, 0.5, 0.9]
    ).fit(X[TRAIN], Y[TRAIN])
    outputs = taught(model).predict_quantiles(X[TEST])
    expected = np.sort(model.predict(X[TEST])[:, [0, 2, 3]], axis=1)
    np.testing.assert_allclose(outputs, expected, rtol=1e-6)


def test_own_estimators_give_the_levels_that_they_have():
    network = clone(NETWORK).set_params(quantiles=(0.1, 0.2, 0.5, 0.9))
    network.fit(X[TRAIN], Y[TRAIN])
    outputs = taught(network).predict_quantiles(X[TEST])
    expected = network.predict_quantiles(X[TEST])[:, [0, 2, 3]]
    np.testing.assert_array_equal(outputs, expected)
    chain = taught(distil(Ridge(), transfer=None).fit(X[TRAIN], Y[TRAIN]))
    assert chain.predict_quantiles(X[TEST]).shape == (200, 3)
    with pytest.raises(ValueError, match=r"wanted, and .* has the levels"):
        taught(network, quantiles=(0.05, 0.5))


@pytest.mark.parametrize("wrap", [FrozenEstimator, make_pipeline])
def test_quantiles_are_found_inside_other_estimators(wrap):
    network = clone(NETWORK).set_params(quantiles=LEVELS).fit(X[TRAIN], Y[TRAIN])
    outputs = taught(wrap(network)).predict_quantiles(X[TEST])
    np.testing.assert_array_equal(outputs, network.predict_quantiles(X[TEST]))


def test_conformal_intervals_are_read_at_symmetric_levels():
    expected = X[TEST, :1] + np.array([-0.8, 0, 0.8])
    for teacher in (Conformal([0.5, 0.8]), OlderConformal()):
        outputs = taught(teacher).predict_quantiles(X[TEST])
        np.testing.assert_allclose(outputs, expected)
    with pytest.raises(ValueError, match="has the levels"):
        taught(Conformal([0.9]))


FORESTS = {
    "bagged": RandomForestRegressor(30, min_samples_leaf=3, random_state=0),
    "not bagged": ExtraTreesRegressor(30, min_samples_leaf=5, random_state=0),
}


@pytest.mark.parametrize("kind", FORESTS)
def test_forests_give_the_quantiles_of_the_targets_in_their_leaves(kind):
    forest = FORESTS[kind].fit(X[TRAIN], Y[TRAIN])
    teacher = taught(forest)
    assert teacher.teacher_ is forest
    outputs = teacher.predict_quantiles(X[TEST])
    assert coverage(Y[TEST], outputs) == pytest.approx(0.8, abs=0.1)
    # of one row, by hand
    same = forest.apply(X[TEST][:1]) == forest.apply(X[TRAIN])
    weight = (same / same.sum(axis=0)).mean(axis=1)
    order = np.argsort(Y[TRAIN])
    below = np.cumsum(weight[order])
    expected = [Y[TRAIN][order][np.argmax(below >= level - 1e-6)] for level in LEVELS]
    np.testing.assert_array_equal(outputs[0], expected)


def test_a_forest_may_be_fitted_inside_or_stand_in_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), FORESTS["bagged"])
    search = GridSearchCV(FORESTS["bagged"], {"min_samples_leaf": [3]}, cv=2)
    for teacher in (clone(FORESTS["bagged"]), pipeline, search):
        outputs = taught(teacher).predict_quantiles(X[TEST])
        assert coverage(Y[TEST], outputs) == pytest.approx(0.8, abs=0.1)


def test_the_target_of_a_row_itself_does_not_count_out_of_sample():
    forest = RandomForestRegressor(30, random_state=0).fit(X[TRAIN], Y[TRAIN])
    teacher = taught(forest)
    inside = teacher.predict_quantiles(X[TRAIN])
    outside = teacher.without(X[TRAIN], np.arange(400))[:, 0]
    new = coverage(Y[TEST], teacher.predict_quantiles(X[TEST]))
    assert coverage(Y[TRAIN], inside) > 0.97
    assert coverage(Y[TRAIN], outside) == pytest.approx(new, abs=0.06)


MEANS = {
    "fitted": Ridge().fit(X[TRAIN], Y[TRAIN]),
    "unfitted": Ridge(),
    "bagged": BaggingRegressor(DecisionTreeRegressor(), 20, random_state=0),
    "of no package": Fixed(),
    "several": [Ridge(), LinearRegression()],
}


@pytest.mark.parametrize("kind", MEANS)
def test_residuals_spread_around_means_as_the_noise_does(kind):
    teacher = taught(MEANS[kind])
    outputs = teacher.predict_quantiles(X[TEST])
    assert coverage(Y[TEST], outputs) == pytest.approx(0.8, abs=0.08)
    width = outputs[:, 2] - outputs[:, 0]
    true = TRUE[TEST, 2] - TRUE[TEST, 0]
    assert np.corrcoef(width, true)[0, 1] > 0.7


def test_residuals_are_those_of_rows_that_were_left_out():
    """The teacher has memorised its rows: in-sample residuals would be 0."""
    tree = DecisionTreeRegressor(random_state=0)
    for params in ({"cv": 3}, {}):
        outputs = taught(tree, **params).predict_quantiles(X[TEST])
        assert coverage(Y[TEST], outputs) > 0.65
    folded = taught(tree, cv=3).predict_quantiles(X[TEST])
    assert coverage(Y[TEST], folded) == pytest.approx(0.8, abs=0.08)


def test_a_mean_without_residuals_of_others_needs_cv():
    words = ["a b", "b c", "c d", "d a"] * 20
    counts = CountVectorizer(token_pattern=r"\w")
    student = make_pipeline(counts, QUICK)
    distilled = distil(make_pipeline(counts, Ridge()), student=student)
    with pytest.raises(ValueError, match=r"Pass the teacher unfitted, with cv=5"):
        distilled.fit(words, Y[:80])
    distilled.set_params(cv=5).fit(words, Y[:80])
    assert distilled.predict_quantiles(words).shape == (80, 3)


def test_teachers_of_both_kinds_are_averaged():
    forest = FORESTS["bagged"].fit(X[TRAIN], Y[TRAIN])
    teacher = taught([forest, Ridge()], teacher_weights=[3, 1])
    parts = [part.predict_quantiles(X[TEST]) for part in teacher.teachers]
    expected = 0.75 * parts[0] + 0.25 * parts[1]
    np.testing.assert_allclose(teacher.predict_quantiles(X[TEST]), expected)


def test_every_output_has_quantiles_of_its_own():
    lists = [MultiOutputRegressor(boosted(level)) for level in LEVELS]
    for teacher in (FORESTS["bagged"], Ridge(), lists):
        fitted = taught(teacher, y=TWO)
        outputs = fitted.predict_quantiles(X[TEST])
        assert outputs.shape == (200, 2, 3)
        assert (np.diff(outputs, axis=2) >= 0).all()
        assert coverage(TWO[TEST, 1], outputs[:, 1]) == pytest.approx(0.8, abs=0.15)
        assert fitted.predict(X[TEST]).shape == (200, 2)


def test_a_fitted_teacher_with_cv_is_refused():
    forest = FORESTS["bagged"].fit(X[TRAIN], Y[TRAIN])
    fitted = [boosted(level).fit(X[TRAIN], Y[TRAIN]) for level in LEVELS]
    for teacher in (forest, fitted, MEANS["fitted"]):
        with pytest.raises(ValueError, match="cv was given, but the teacher"):
            taught(teacher, cv=3)


def test_folds_have_teachers_of_their_own():
    for teacher in (clone(FORESTS["bagged"]), [boosted(level) for level in LEVELS]):
        distilled = distil(teacher, cv=3, transfer=MungeSampler(500))
        outputs = distilled.fit(X[TRAIN], Y[TRAIN]).predict_quantiles(X[TEST])
        assert coverage(Y[TEST], outputs) > 0.6


class Counted(TakesLevels):
    """Counts its calls, outside of its state."""

    cache_key = "one"
    calls = 0

    def predict(self, X, quantiles=None):
        Counted.calls += len(X) > 1
        return super().predict(X, quantiles)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_memory_keeps_what_teachers_of_quantiles_predict(tmp_path, wrapped):
    teacher = Counted().fit(X, Y)
    teacher = FrozenEstimator(teacher) if wrapped else teacher
    distilled = distil(teacher, student=QUICK, memory=tmp_path)
    first = distilled.fit(X[TRAIN], Y[TRAIN]).predict_quantiles(X)
    Counted.calls = 0
    second = distilled.fit(X[TRAIN], Y[TRAIN]).predict_quantiles(X)
    np.testing.assert_array_equal(first, second)
    assert Counted.calls == 0


@pytest.mark.parametrize("teacher", [clone(FORESTS["bagged"]), Ridge()])
def test_a_memory_changes_nothing(tmp_path, teacher):
    plain, kept, again = (
        distil(teacher, student=QUICK, memory=memory, transfer=MungeSampler(500))
        .fit(X[TRAIN], Y[TRAIN])
        .predict_quantiles(X)
        for memory in (None, tmp_path, tmp_path)
    )
    np.testing.assert_array_equal(plain, kept)
    np.testing.assert_array_equal(plain, again)
