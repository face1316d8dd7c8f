"""The choice of a search: the smallest student that is good enough, and fast enough."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from wine import X, distil, y

from sklearn_kd import DistilledRegressor
from sklearn_kd.inspection import TradeOffDisplay
from sklearn_kd.model_selection import SmallestStudent, smallest_student

FOREST = RandomForestClassifier(20, random_state=0)
TREE = DecisionTreeClassifier(random_state=0)
SIZES = {"student__max_leaf_nodes": [2, 4, 8, 30]}


def results(**columns):
    """Write ``cv_results_`` as a search has them: a row a fold, a column a candidate.

    Costs are the same in each fold, and scorers give them as negative numbers.
    """
    n_folds = len(columns["retention"])
    found = {}
    for name, values in columns.items():
        values = np.array(values, dtype=float)
        if name != "retention":
            values = np.repeat([-values], n_folds, axis=0)
        for fold, row in enumerate(values):
            found[f"split{fold}_test_{name}"] = row
        found[f"mean_test_{name}"] = values.mean(axis=0)
    return found


# ---- the rule


@pytest.mark.parametrize(
    ("retention", "chosen"), [(0.99, 2), (0.95, 1), (0.9, 0), (1.0, 3)]
)
def test_the_smallest_that_keeps_the_share(retention, chosen):
    found = results(retention=[[0.91, 0.96, 0.992, 1.01]] * 3, bytes=[10, 20, 30, 40])
    assert smallest_student(retention)(found) == chosen


def test_one_standard_error_below_the_share_is_enough():
    folds = np.array([0.96, 0.98, 1.0])
    error = folds.std(ddof=1) / np.sqrt(3)
    found = results(retention=np.c_[folds, [1.0] * 3], bytes=[10, 20])
    assert smallest_student(0.98 + 0.999 * error)(found) == 0
    assert smallest_student(0.98 + 1.001 * error)(found) == 1
    # of one fold there is no error
    one = results(retention=[[0.98, 1.0]], bytes=[10, 20])
    assert smallest_student(0.98)(one) == 0
    assert smallest_student(0.981)(one) == 1


def test_of_equal_sizes_the_one_that_retains_most():
    found = results(retention=[[0.995, 0.999, 0.999, 1.0]] * 2, bytes=[9, 9, 9, 99])
    assert smallest_student()(found) == 1


def test_a_student_without_any_loss_retains_enough():
    found = results(retention=[[0.5, np.inf], [0.6, 2.0]], bytes=[10, 20])
    assert smallest_student()(found) == 1


def test_what_could_not_be_fitted_is_left_out():
    nan = np.nan
    found = results(retention=[[nan, 1.0, 1.0], [1.0, 1.0, 1.0]], bytes=[1, nan, 3])
    assert smallest_student()(found) == 2
    with pytest.raises(ValueError, match="None of the 2 candidates has a retention"):
        smallest_student()(results(retention=[[nan, nan]], bytes=[1, 2]))


def test_without_one_that_keeps_enough_the_best_is_chosen_with_a_warning():
    found = results(retention=[[0.8, 0.9, np.nan]] * 2, bytes=[1, 2, 0])
    with pytest.warns(UserWarning, match=r"keeps 0\.99 of.*most, 0\.9, is chosen"):
        assert smallest_student()(found) == 1


def test_a_budget_leaves_slow_candidates_out():
    found = results(
        retention=[[1.0, 1.0, 0.999]] * 2,
        bytes=[10, 20, 30],
        latency=[9e-5, 2e-5, 3e-5],
    )
    assert smallest_student(latency_budget=100)(found) == 0
    assert smallest_student(latency_budget=50)(found) == 1
    assert smallest_student(by="latency", latency_budget=50)(found) == 1
    with pytest.raises(ValueError, match=r"latency_budget=5 micros.*fastest takes 20"):
        smallest_student(latency_budget=5)(found)


def test_a_fold_in_which_the_machine_was_busy_does_not_decide():
    found = results(retention=[[1.0]] * 3, bytes=[1], latency=[2e-5])
    found["split1_test_latency"] = np.array([-1.0])
    assert smallest_student(latency_budget=30)(found) == 0


# ---- searches


def search(model, grid=SIZES, choice=None, kind=GridSearchCV, **params):
    choice = choice or smallest_student(0.88)
    params = {"cv": 3, "scoring": choice.scoring, "refit": choice} | params
    return kind(model, grid, **params)


@pytest.mark.parametrize("by", ["bytes", "parameters"])
def test_a_search_fits_the_student_that_is_chosen(by):
    choice = smallest_student(0.88, by=by)
    found = search(distil(FOREST, TREE), choice=choice).fit(X, y)
    kept = found.cv_results_["mean_test_retention"]
    sizes = -found.cv_results_[f"mean_test_{by}"]
    assert (np.diff(sizes) > 0).all()  # the grid is sorted by size
    assert kept[0] < 0.8 < 0.88 < kept[2] == kept[3]
    assert found.best_params_ == {"student__max_leaf_nodes": 8}
    assert found.predict(X).shape == (len(X),)
    display = TradeOffDisplay.from_estimator(found)
    assert display.best_index == found.best_index_


def test_a_pipeline_in_a_randomized_search_with_a_budget():
    choice = smallest_student(0.9, by="latency", latency_budget=1e6)
    pipe = make_pipeline(StandardScaler(), distil(FOREST, TREE))
    grid = {f"distilledclassifier__{name}": each for name, each in SIZES.items()}
    found = search(
        pipe, grid, choice, RandomizedSearchCV, n_iter=3, random_state=0
    ).fit(X, y)
    assert found.best_params_["distilledclassifier__student__max_leaf_nodes"] > 2


def test_other_scorers_may_stand_beside():
    choice = smallest_student(0.88)
    found = search(
        distil(FOREST, TREE), scoring=choice.scoring | {"accuracy": "accuracy"}
    ).fit(X, y)
    assert found.cv_results_["mean_test_accuracy"][found.best_index_] > 0.8


def test_losses_of_a_regressor():
    """The share is the teacher's loss divided by the student's."""
    model = DistilledRegressor(
        RandomForestRegressor(20, random_state=0),
        DecisionTreeRegressor(random_state=0),
        transfer=None,
        objective="fidelity",
        random_state=0,
    )
    loss = "neg_root_mean_squared_error"
    choice = smallest_student(0.6, scoring=loss)
    folds = KFold(2, shuffle=True, random_state=0)
    found = search(model, choice=choice, cv=folds).fit(X, X[:, 0])
    teacher, student = (
        np.mean(cross_val_score(one, X, X[:, 0], cv=folds, scoring=loss))
        for one in (model.teacher, found.best_estimator_)
    )
    kept = found.cv_results_["mean_test_retention"][found.best_index_]
    assert_allclose(kept, teacher / student, rtol=0.02)
    assert teacher / student < 1  # both are negative


def test_a_teacher_that_is_given():
    """For students alone: there is no ``teacher_`` to compare with."""
    teacher = clone(FOREST).fit(X[::2], y[::2])
    choice = smallest_student(0.8, teacher=teacher)
    grid = {"max_leaf_nodes": [2, 8]}
    found = search(TREE, grid, choice).fit(X[1::2], y[1::2])
    assert found.best_params_ == {"max_leaf_nodes": 8}


def test_a_failed_candidate_does_not_win():
    grid = {"student__max_leaf_nodes": [8], "alpha": [-1.0, 1.0]}
    with pytest.warns(FitFailedWarning), pytest.warns(UserWarning, match="non-finite"):
        found = search(distil(FOREST, TREE), grid).fit(X, y)
    assert found.best_params_["alpha"] == 1.0


# ---- as an object


def test_it_survives_clones_and_pickles():
    choice = smallest_student(0.95, by="latency", latency_budget=20)
    assert clone(search(TREE, choice=choice)).refit is choice
    loaded = pickle.loads(pickle.dumps(choice))
    text = "smallest_student(0.95, by='latency', latency_budget=20)"
    assert repr(loaded) == repr(choice) == text
    assert loaded.scoring.keys() == {"retention", "latency"}
    assert isinstance(loaded, SmallestStudent)


def test_a_search_without_its_scorers_is_an_error():
    found = GridSearchCV(TREE, {"max_leaf_nodes": [2]}, refit=smallest_student(), cv=2)
    with pytest.raises(ValueError, match=r"no split0_test_retention.*smallest\.s"):
        found.fit(X, y)


def test_a_halving_search_takes_no_such_scorers():
    """It takes one score, and chooses by that whatever its ``refit``."""
    with pytest.raises(ValueError, match="'scoring' parameter of HalvingGridSearchCV"):
        search(distil(FOREST, TREE), kind=HalvingGridSearchCV).fit(X, y)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"retention": 0}, ValueError, "retention must be above 0, and at most 1"),
        ({"retention": 1.2}, ValueError, "retention must be from 0 to 1, got 1.2"),
        ({"retention": "all"}, TypeError, "retention must be a number"),
        ({"by": "rows"}, ValueError, "by must be one of 'bytes', 'latency', 'para"),
        ({"by": None}, ValueError, "by must be one of"),
        ({"latency_budget": 0}, ValueError, "latency_budget must be above 0 micro"),
        ({"latency_budget": "fast"}, TypeError, "latency_budget must be a number"),
        ({"scoring": "accurate"}, ValueError, "accurate"),
        ({"teacher": RandomForestClassifier()}, NotFittedError, "is not fitted"),
    ],
)
def test_parameters_that_are_none(params, error, message):
    with pytest.raises(error, match=message):
        smallest_student(**params)
