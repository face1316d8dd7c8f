"""Metrics and scorers of regressors: values by hand, weights, searches, refusals."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_friedman1
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import r2_score, root_mean_squared_error
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_kd import DistilledRegressor, MLPStudentRegressor
from sklearn_kd.metrics import (
    TeacherScorer,
    agreement_score,
    fidelity_r2_score,
    fidelity_r2_scorer,
    prediction_difference,
    prediction_difference_scorer,
    retention_score,
    retention_scorer,
)

X, y = make_friedman1(n_samples=600, noise=0.5, random_state=0)
X_test, y_test = X[1::2], y[1::2]
FOREST = RandomForestRegressor(10, random_state=0).fit(X[::2], y[::2])
TREE = DecisionTreeRegressor(max_depth=3, random_state=0).fit(X[::2], y[::2])
WEIGHT = np.random.default_rng(0).integers(0, 9, len(y_test))
MAKERS = [fidelity_r2_scorer, prediction_difference_scorer, retention_scorer]


def test_fidelity_is_r2_with_the_teacher_in_the_place_of_the_targets():
    teacher, student = FOREST.predict(X_test), TREE.predict(X_test)
    for weight in (None, WEIGHT):
        found = fidelity_r2_score(teacher, student, sample_weight=weight)
        assert found == pytest.approx(r2_score(teacher, student, sample_weight=weight))
    assert fidelity_r2_score(student, teacher) != pytest.approx(found)


def test_fidelity_of_several_outputs_is_their_mean():
    teacher = np.array([[1.0, 10], [2, 20], [3, 60]])
    student = teacher + np.array([[0, 5], [1, -5], [0, 0]])
    own = [fidelity_r2_score(teacher[:, k], student[:, k]) for k in (0, 1)]
    assert own[0] == pytest.approx(0.5)
    assert fidelity_r2_score(teacher, student) == pytest.approx(np.mean(own))


@pytest.mark.parametrize("constant", [0.1, 1e9, -3])
def test_a_teacher_that_always_predicts_the_same(constant):
    # the mean of many 0.1 is not 0.1: a variance of rounding errors is none
    teacher = np.full(1000, constant)
    assert fidelity_r2_score(teacher, teacher) == 1
    assert fidelity_r2_score(teacher, teacher + 1) == 0


def test_a_large_offset_costs_no_digits():
    generator = np.random.default_rng(0)
    teacher = generator.integers(-8, 9, 200) / 8
    student = teacher + generator.integers(-1, 2, 200) / 8
    small = fidelity_r2_score(teacher, student)
    assert fidelity_r2_score(teacher + 1e9, student + 1e9) == pytest.approx(
        small, rel=1e-12
    )
    sides = [each + 1e9 for each in (teacher, teacher, student)]
    assert prediction_difference(*sides) == pytest.approx(
        prediction_difference(teacher, teacher, student), rel=1e-12
    )


def test_difference_by_hand_with_weights_and_outputs():
    truth, teacher, student = [0, 4, 0, 4], [1, 1, 1, 1], [1, 2, 3, 1]
    assert prediction_difference(truth, teacher, student) == pytest.approx(0.75 / 2)
    assert prediction_difference(truth, student, teacher) == pytest.approx(0.75 / 2)
    weight = [1, 1, 0, 0]
    weighted = prediction_difference(truth, teacher, student, sample_weight=weight)
    assert weighted == pytest.approx(0.5 / 2)
    two = [np.column_stack([side, side]) for side in (truth, teacher, student)]
    two[2][:, 1] = 1
    assert prediction_difference(*two) == pytest.approx(0.75 / 4)
    two[0][:, 0] *= 100
    two[1][:, 0] *= 100
    two[2][:, 0] *= 100
    assert prediction_difference(*two) == pytest.approx(0.75 / 4)  # in its own unit


def test_a_row_of_weight_0_does_not_count_and_large_weights_do():
    teacher, student = [1.0, 2, 3, 99], [1.0, 2, 4, -99]
    by_hand = fidelity_r2_score(teacher[:3], student[:3])
    for heavy in (1, 1e308):
        weight = [heavy, heavy, heavy, 0]
        found = fidelity_r2_score(teacher, student, sample_weight=weight)
        assert found == pytest.approx(by_hand)


@pytest.mark.parametrize(
    "make",
    [
        list,
        np.array,
        pd.Series,
        lambda values: pd.Series(values, dtype="Float64"),
        lambda values: np.array(values, dtype=np.float32),
        lambda values: np.array(values)[:, None],
        lambda values: pd.DataFrame({"y": values}),
    ],
)
def test_numbers_of_any_container(make):
    assert fidelity_r2_score(make([1.0, 2.0, 3.0]), [1.5, 2.0, 2.5]) == 0.75


def test_without_a_unit_or_rows_to_vary_the_result_is_nan_and_warns():
    with pytest.warns(UndefinedMetricWarning, match="at least two rows"):
        assert np.isnan(fidelity_r2_score([1.0], [2.0]))
    with pytest.warns(UndefinedMetricWarning, match="at least two rows"):
        assert np.isnan(fidelity_r2_score([1, 2], [1, 2], sample_weight=[0, 1]))
    with pytest.warns(UndefinedMetricWarning, match="are the same"):
        assert np.isnan(prediction_difference([0.1] * 9, range(9), range(9)))


@pytest.mark.parametrize(
    ("teacher", "student", "error", "message"),
    [
        ([1.0, 2.0], [1.0], ValueError, "y_teacher has 2 rows and y_student 1"),
        ([], [], ValueError, "no rows|1d array"),
        ([1.0, np.nan], [1, 2], ValueError, "y_teacher contains NaN"),
        ([1, 2], [1, np.inf], ValueError, "y_student contains infinity"),
        (["a", "b"], [1, 2], TypeError, "y_teacher must hold numbers, got 'a'"),
        (np.ones((2, 2)), [1, 2], ValueError, "2 outputs a row and y_student 1"),
        (np.ones((2, 2, 1)), [1, 2], ValueError, "y_teacher should be a 1d array"),
        (3.0, [1, 2], ValueError, "y_teacher should be a 1d array"),
        ({"a": 1}, [1], TypeError, "y_teacher"),
    ],
)
def test_fidelity_refuses_what_does_not_fit(teacher, student, error, message):
    with pytest.raises(error, match=message):
        fidelity_r2_score(teacher, student)


def test_retention_of_numbers_needs_a_metric():
    sides = [y_test, FOREST.predict(X_test), TREE.predict(X_test)]
    with pytest.raises(TypeError, match=r"metric=sklearn\.metrics\.r2_score"):
        retention_score(*sides)
    with pytest.raises(TypeError, match="take fidelity_r2_score"):
        agreement_score(*sides[1:])
    kept = retention_score(*sides, metric=r2_score)
    assert kept == r2_score(y_test, sides[2]) / r2_score(y_test, sides[1])


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_a_scorer_is_the_metric_of_two_models(weight):
    options = {"sample_weight": weight}
    sides = FOREST.predict(X_test), TREE.predict(X_test)
    found = [make(FOREST)(TREE, X_test, y_test, **options) for make in MAKERS]
    r2 = [r2_score(y_test, side, **options) for side in sides]
    assert found == [
        pytest.approx(fidelity_r2_score(*sides, **options)),
        pytest.approx(-prediction_difference(y_test, *sides, **options)),
        pytest.approx(r2[1] / r2[0]),
    ]
    assert found[1] < 0


def test_retention_of_losses_is_more_where_the_student_is_better():
    scorer = retention_scorer(TREE, scoring="neg_root_mean_squared_error")
    rmse = [root_mean_squared_error(y_test, m.predict(X_test)) for m in (TREE, FOREST)]
    assert scorer(FOREST, X_test, y_test) == rmse[0] / rmse[1] > 1


def test_a_teacher_without_a_score_has_no_retention():
    upside_down = LinearRegression().fit(X[::2], -y[::2])
    with pytest.warns(UndefinedMetricWarning, match="Retention is undefined"):
        assert np.isnan(retention_scorer(upside_down)(TREE, X_test, y_test))


@pytest.mark.parametrize("make", MAKERS)
def test_a_search_compares_with_a_fitted_teacher(make):
    grid = {"max_depth": [1, 4]}
    search = GridSearchCV(TREE, grid, scoring=make(FOREST), cv=3, error_score="raise")
    search.fit(X_test, y_test)
    assert search.best_params_ == {"max_depth": 4}
    again = pickle.loads(pickle.dumps(make(FOREST)))
    assert again(TREE, X_test, y_test) == make(FOREST)(TREE, X_test, y_test)


@pytest.mark.parametrize("make", MAKERS)
def test_an_unfitted_teacher_is_that_of_each_fold(make):
    model = DistilledRegressor(
        RandomForestRegressor(10),
        MLPStudentRegressor((8,), max_iter=10),
        transfer=None,
        objective="fidelity",
        random_state=0,
    )
    piped = make_pipeline(StandardScaler(), model)
    found = cross_validate(piped, X, y, scoring=make(), cv=2, return_estimator=True)
    fitted, (rows, _) = found["estimator"][0], np.array_split(np.arange(len(y)), 2)
    moved = fitted[0].transform(X[rows])
    own = make(fitted[-1].teacher_)(fitted[-1].student_, moved, y[rows])
    assert found["test_score"][0] == pytest.approx(own)


def test_several_outputs_are_scored():
    both = np.column_stack([y, X[:, 0] * y])
    teacher = RandomForestRegressor(5, random_state=0).fit(X[::2], both[::2])
    scoring = {make.__name__: make(teacher) for make in MAKERS}
    found = cross_validate(Ridge(), X, both, scoring=scoring, cv=2)
    assert all(np.isfinite(found[f"test_{name}"]).all() for name in scoring)


@pytest.mark.parametrize("make", MAKERS[:2])
def test_what_is_no_fitted_regressor_is_refused_at_once(make):
    labels = DecisionTreeClassifier().fit(X, y > 14)
    with pytest.raises(TypeError, match="teacher must be a regressor, got the classi"):
        make(labels)
    with pytest.raises(TypeError, match="estimator must be a regressor, got the cla"):
        make(FOREST)(labels, X_test, y_test)
    with pytest.raises(NotFittedError, match="teacher RandomForestRegressor is not f"):
        make(RandomForestRegressor())
    with pytest.raises(TypeError, match="teacher must be a fitted regressor with pred"):
        make("forest")
    with pytest.raises(TypeError, match="has no teacher_ to be compared with"):
        make()(TREE, X_test, y_test)


def test_what_a_scorer_needs_and_does_not_compare():
    for make in MAKERS[1:]:
        with pytest.raises(TypeError, match="needs the labels or targets y"):
            make(FOREST)(TREE, X_test)
    labels = DecisionTreeClassifier().fit(X, y > 14)
    with pytest.raises(
        TypeError, match=r"the regressor the teacher .* and the classifier the student"
    ):
        retention_scorer(FOREST)(labels, X_test, y_test)
    with pytest.raises(TypeError, match=r"no option floor .* has: none"):
        TeacherScorer("fidelity_r2", FOREST, floor=0)
    with pytest.raises(ValueError, match="y has 3 rows and y_pred 300"):
        retention_scorer(FOREST)(TREE, X_test, y_test[:3])
