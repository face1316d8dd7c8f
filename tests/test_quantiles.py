"""Quantiles: what a distilled regressor and the network predict of them."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from clocks import slowed, stopped
from noisy import LEVELS, STUDENT, TEST, TRAIN, TRUE, X, Y, coverage, distil
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sklearn_kd import DistilledRegressor, MLPStudentRegressor, MungeSampler, Pool
from sklearn_kd.inspection import compare
from sklearn_kd.students.mlp._training import Trainer

FOREST = RandomForestRegressor(50, min_samples_leaf=5, random_state=0)
FOREST.fit(X[TRAIN], Y[TRAIN])
FEW = MungeSampler(1500)
TWO = np.stack([Y, 1e6 - 2000 * Y], axis=1)


def pinball(y, quantiles):
    """Give the mean pinball loss."""
    above = y[:, None] - quantiles
    return np.maximum(np.array(LEVELS) * above, (np.array(LEVELS) - 1) * above).mean()


@pytest.fixture(scope="module")
def of_forest():
    return distil(FOREST, transfer=FEW).fit(X[TRAIN], Y[TRAIN])


def test_a_student_covers_what_its_teacher_covers(of_forest):
    of_teacher = of_forest.teacher_.predict_quantiles(X[TEST])
    of_student = of_forest.predict_quantiles(X[TEST])
    assert of_student.shape == (200, 3)
    expected = coverage(Y[TEST], of_teacher)
    assert coverage(Y[TEST], of_student) == pytest.approx(expected, abs=0.05)
    assert pinball(Y[TEST], of_student) < 1.05 * pinball(Y[TEST], of_teacher)


def test_quantiles_of_a_student_are_wide_where_the_noise_is(of_forest):
    width = np.ptp(of_forest.predict_quantiles(X[TEST]), axis=1)
    assert np.corrcoef(width, np.ptp(TRUE[TEST], axis=1))[0, 1] > 0.8


def test_quantiles_of_a_student_never_cross(of_forest):
    far = 100 * np.random.default_rng(0).normal(size=(500, 3))
    assert (np.diff(of_forest.predict_quantiles(far), axis=1) >= 0).all()


def test_predict_is_the_level_nearest_to_the_median(of_forest):
    outputs = of_forest.predict_quantiles(X[TEST])
    np.testing.assert_array_equal(of_forest.predict(X[TEST]), outputs[:, 1])
    lopsided = distil(FOREST, quantiles=(0.55, 0.9), transfer=None, student=STUDENT)
    lopsided.fit(X[TRAIN], Y[TRAIN])
    outputs = lopsided.predict_quantiles(X[TEST])
    np.testing.assert_array_equal(lopsided.predict(X[TEST]), outputs[:, 0])


def test_the_student_learns_from_the_teacher_alone(of_forest):
    assert of_forest.pool_weights_ == {"teacher": 1.0, "booster": 0.0, "student": 0.0}
    assert of_forest.student_on_labels_ is None


def test_the_default_teacher_is_the_ensemble_with_its_residuals():
    distilled = distil(None, transfer=FEW).fit(X[TRAIN], Y[TRAIN])
    teacher = distilled.teacher_
    assert type(teacher).__name__ == "ResidualQuantiles"
    for model in (teacher, distilled):
        outputs = model.predict_quantiles(X[TEST])
        assert coverage(Y[TEST], outputs) == pytest.approx(0.8, abs=0.08)
        assert pinball(Y[TEST], outputs) < 1.3 * pinball(Y[TEST], TRUE[TEST])


def test_given_quantiles_are_learned():
    distilled = distil(None).fit(X[TRAIN], Y[TRAIN], teacher_pred=TRUE[TRAIN])
    apart = distilled.predict_quantiles(X[TEST]) - TRUE[TEST]
    assert np.sqrt((apart**2).mean()) < 0.15 * Y.std()
    with pytest.raises(ValueError, match=r"teacher_pred has 2 columns, expected 3"):
        distil(None).fit(X[TRAIN], Y[TRAIN], teacher_pred=TRUE[TRAIN][:, :2])


def test_given_quantiles_are_sliced_by_cross_validation():
    scores = cross_val_score(
        distil(None, student=STUDENT), X, Y, params={"teacher_pred": TRUE}, cv=3
    )
    assert scores.min() > 0.5


@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_the_hard_term_is_the_pinball_loss_of_the_labels(alpha):
    distilled = distil(FOREST, alpha=alpha, transfer=FEW).fit(X[TRAIN], Y[TRAIN])
    outputs = distilled.predict_quantiles(X[TEST])
    assert coverage(Y[TEST], outputs) == pytest.approx(0.8, abs=0.12)
    assert (np.diff(outputs, axis=1) >= 0).all()


def test_each_output_has_its_quantiles_side_by_side():
    forest = clone(FOREST).fit(X[TRAIN], TWO[TRAIN])
    distilled = distil(forest, transfer=FEW).fit(X[TRAIN], TWO[TRAIN])
    outputs = distilled.predict_quantiles(X[TEST])
    assert outputs.shape == (200, 2, 3)
    assert distilled.n_outputs_ == 2
    assert (np.diff(outputs, axis=2) >= 0).all()
    np.testing.assert_array_equal(distilled.predict(X[TEST]), outputs[:, :, 1])
    for column in range(2):
        share = coverage(TWO[TEST, column], outputs[:, column])
        assert share == pytest.approx(0.8, abs=0.12)
    # of the second output, which falls as the first rises
    np.testing.assert_allclose(
        outputs[:, 1, 1], 1e6 - 2000 * outputs[:, 0, 1], atol=0.25 * TWO[:, 1].std()
    )


@pytest.mark.parametrize("teacher", [None, clone(FOREST), Ridge(), "given"])
def test_equal_targets_have_equal_quantiles(teacher):
    y, given = np.full(100, 7.0), {}
    if isinstance(teacher, str):
        teacher, given = None, {"teacher_pred": np.full((100, 3), 7.0)}
    distilled = distil(teacher).fit(X[:100], y, **given)
    np.testing.assert_array_equal(distilled.predict_quantiles(X), 7.0)
    np.testing.assert_array_equal(distilled.predict(X), 7.0)


def test_a_network_learns_quantiles_of_labels():
    network = clone(STUDENT).set_params(
        loss="pinball", quantiles=LEVELS, random_state=0
    )
    outputs = network.fit(X[TRAIN], Y[TRAIN]).predict_quantiles(X[TEST])
    assert 0.65 < coverage(Y[TEST], outputs) < 0.85  # of 400 rows: somewhat narrow
    assert pinball(Y[TEST], outputs) < 1.2 * pinball(Y[TEST], TRUE[TEST])
    np.testing.assert_array_equal(network.predict(X[TEST]), outputs[:, 1])


def test_row_weights_act_on_quantiles():
    """Rows above the line weigh nothing: the highest quantile falls."""
    weight = np.where(Y[TRAIN] > 3 * X[TRAIN, 0], 0.01, 1.0)
    for teacher in (clone(FOREST), Ridge()):
        plain, weighted = (
            distil(teacher, transfer=None)
            .fit(X[TRAIN], Y[TRAIN], sample_weight=each)
            .teacher_.predict_quantiles(X[TEST])
            for each in (None, weight)
        )
        assert (weighted[:, 2] - plain[:, 2]).mean() < -0.2


def test_a_pipeline_as_the_student_predicts_quantiles():
    student = make_pipeline(StandardScaler(), STUDENT)
    distilled = distil(FOREST, student=student, transfer=FEW).fit(X[TRAIN], Y[TRAIN])
    outputs = distilled.predict_quantiles(X[TEST])
    assert coverage(Y[TEST], outputs) == pytest.approx(0.8, abs=0.12)


def test_a_frame_with_levels_and_missing_values_has_residuals():
    frame = pd.DataFrame(X, columns=list("abc")).assign(level=np.where(Y > 0, "x", "y"))
    frame.loc[::7, "b"] = np.nan
    teacher = HistGradientBoostingRegressor(
        max_iter=20, categorical_features="from_dtype"
    )
    frame["level"] = frame["level"].astype("category")
    distilled = distil(teacher, transfer=FEW).fit(frame[TRAIN], Y[TRAIN])
    outputs = distilled.predict_quantiles(frame[TEST])
    assert coverage(Y[TEST], outputs) == pytest.approx(0.8, abs=0.12)


def test_out_of_sample_targets_are_wider_where_a_forest_has_memorised():
    full = RandomForestRegressor(30, random_state=0).fit(X[TRAIN], Y[TRAIN])
    widths = {}
    for aside in (True, False):
        distilled = distil(full, transfer=FEW, objective=Pool(out_of_sample=aside))
        outputs = distilled.fit(X[TRAIN], Y[TRAIN]).predict_quantiles(X[TEST])
        widths[aside] = np.ptp(outputs, axis=1).mean()
    assert widths[True] > widths[False]


def test_the_same_seed_gives_the_same_quantiles():
    first, second = (
        distil(Ridge(), transfer=FEW, n_jobs=n_jobs)
        .fit(X[TRAIN], Y[TRAIN])
        .predict_quantiles(X[TEST])
        for n_jobs in (None, 2)
    )
    np.testing.assert_array_equal(first, second)


def test_a_time_limit_leaves_quantiles(monkeypatch):
    clock = stopped(monkeypatch)
    slowed(monkeypatch, clock, Trainer, "_epoch", 0.3)
    distilled = distil(Ridge(), transfer=FEW, time_limit=3)
    with pytest.warns(UserWarning, match="shortened from 1410 to"):
        distilled.fit(X[TRAIN], Y[TRAIN])
    assert clock.now <= 3.1
    outputs = distilled.predict_quantiles(X[TEST])
    assert coverage(Y[TEST], outputs) == pytest.approx(0.8, abs=0.15)


@pytest.mark.parametrize("teacher", [FOREST, Ridge(), [Ridge(), FOREST]])
def test_a_teacher_of_quantiles_can_be_pickled(teacher):
    fitted = distil(teacher, transfer=None).fit(X[TRAIN], Y[TRAIN]).teacher_
    file = pickle.dumps(fitted)
    outputs = pickle.loads(file).predict_quantiles(X[TEST])
    np.testing.assert_array_equal(outputs, fitted.predict_quantiles(X[TEST]))
    assert not re.search(rb"sklearn_kd[\w.]*\._", file)


def test_quantiles_can_be_compared_with_those_of_the_teacher(of_forest):
    models = {"teacher": of_forest.teacher_, "student": of_forest}
    rows = compare(models, X[TEST], Y[TEST], reference="teacher")
    outputs = of_forest.predict_quantiles(X[TEST])
    assert rows["student"]["coverage"] == pytest.approx(coverage(Y[TEST], outputs))
    assert rows["teacher"]["width"] > 0


def test_a_search_clones_what_is_not_fitted():
    search = GridSearchCV(
        distil(Ridge(), transfer=None), {"teacher__alpha": [0.1, 1.0]}, cv=2
    ).fit(X[TRAIN], Y[TRAIN])
    assert search.predict(X[TEST]).shape == (200,)
    assert search.best_estimator_.predict_quantiles(X[TEST]).shape == (200, 3)


def test_levels_and_their_students_are_checked():
    with pytest.raises(ValueError, match="quantiles must lie between 0 and 1"):
        distil(FOREST, quantiles=(0.0, 0.5)).fit(X, Y)
    with pytest.raises(ValueError, match="increasing and each once"):
        distil(FOREST, quantiles=(0.5, 0.5)).fit(X, Y)
    with pytest.raises((TypeError, ValueError), match="quantiles never cross"):
        distil(FOREST, student=DecisionTreeRegressor()).fit(X, Y)
    assert not hasattr(DistilledRegressor(FOREST), "predict_quantiles")
    assert not hasattr(MLPStudentRegressor(), "predict_quantiles")
