"""scikit-learn's own checks of the regressors: the twin of ``test_common.py``."""

import numpy as np
import pytest
from checks import parametrize_with_checks
from lightgbm import LGBMRegressor
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)
from teacher_alone import alone

from sklearn_kd import DistilledRegressor, MLPStudentRegressor, MungeSampler, Pool

#: With it, nothing in training is random but the initial weights.
EXACT = MLPStudentRegressor(
    (16,), dtype="float64", batch_size=100_000, early_stopping=False, max_iter=100
)
#: Exact on sparse rows, too.
RIDGE = Ridge(tol=1e-12)
FEW = MungeSampler(400)
FAST = MLPStudentRegressor((16,), max_iter=20)
TREE = DecisionTreeRegressor(max_leaf_nodes=8)
FOREST = RandomForestRegressor(10)
LIGHTGBM = LGBMRegressor(n_estimators=10, num_leaves=7, verbose=-1, n_jobs=1)
WITHOUT_ROWS = {"transfer": None, "objective": "fidelity"}

pytestmark = pytest.mark.usefixtures("small_teachers")

WEIGHT_CHECKS = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)
MINIBATCHES = "the student trains on minibatches in float32 and splits rows off"
DRAWN = "synthetic rows are drawn, and weigh what their sources do"

#: Name: (estimator, why the sample weight checks must fail or None).
ESTIMATORS = {
    "default": (
        DistilledRegressor(student=FAST, transfer=FEW),
        "synthetic rows are drawn, and so are the bootstrap samples of its extra trees",
    ),
    "student": (MLPStudentRegressor((16,)), MINIBATCHES),
    "student-exact": (EXACT, None),
    "student-quantiles": (
        clone(FAST).set_params(loss="pinball", quantiles=(0.1, 0.5, 0.9)),
        MINIBATCHES,
    ),
    "ridge": (DistilledRegressor(RIDGE, FAST, **WITHOUT_ROWS), MINIBATCHES),
    "ridge-exact": (DistilledRegressor(RIDGE, EXACT, **WITHOUT_ROWS), None),
    "ridge-cv-exact": (DistilledRegressor(RIDGE, EXACT, cv=3, **WITHOUT_ROWS), None),
    "ridge-to-ridge": (DistilledRegressor(RIDGE, RIDGE, **WITHOUT_ROWS), None),
    "ridge-to-pipeline": (
        DistilledRegressor(
            RIDGE, make_pipeline(StandardScaler(), LinearRegression()), **WITHOUT_ROWS
        ),
        None,
    ),
    "ridge-to-tree": (DistilledRegressor(RIDGE, TREE, **WITHOUT_ROWS), None),
    "forest-out-of-sample": (
        DistilledRegressor(FOREST, FAST, transfer=FEW, objective=alone()),
        "bootstrap samples and synthetic rows are drawn",
    ),
    "synthetic-cv": (
        DistilledRegressor(RIDGE, FAST, transfer=FEW, objective="fidelity", cv=3),
        DRAWN,
    ),
    "pool": (
        DistilledRegressor(LIGHTGBM, FAST, transfer=FEW, objective=Pool(booster=False)),
        DRAWN,
    ),
    "fidelity-absolute": (
        DistilledRegressor(
            LIGHTGBM,
            FAST,
            transfer=FEW,
            objective="fidelity",
            loss="absolute_error",
            alpha=0.5,
        ),
        DRAWN,
    ),
    "synthetic-to-tree": (
        DistilledRegressor(RIDGE, TREE, transfer=FEW, objective="fidelity"),
        DRAWN,
    ),
}


def expected_failures(name):
    reason = ESTIMATORS[name][1]
    return {} if reason is None else dict.fromkeys(WEIGHT_CHECKS, reason)


@parametrize_with_checks(
    {name: estimator for name, (estimator, _) in ESTIMATORS.items()}, expected_failures
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "check", [check_param_validation, check_dataframe_column_names_consistency]
)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_checks_that_scikit_learn_leaves_out(name, check):
    estimator = clone(ESTIMATORS[name][0])
    check(type(estimator).__name__, estimator)


def weighted_rows():
    """Give rows, and weights of 9 for half of those above 0, and of 0 for a few."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = X[:, 0] + rng.normal(size=200)
    weight = np.where((y > 0) & (np.arange(200) % 2 == 0), 9, 1)
    weight[::7] = 0
    return X, y, weight


@pytest.mark.filterwarnings("ignore:The teacher's weight in the pool")
@pytest.mark.parametrize(
    "name", [n for n, (_, reason) in ESTIMATORS.items() if reason and n != "default"]
)
def test_weights_act_like_repetition_on_average(name):
    """In place of the checks above: the same property, beyond the noise of the seed.

    Over seeds, the mean prediction must lie where repeating rows puts it, and clearly
    above that without weights.
    """
    X, y, weight = weighted_rows()
    rows = np.repeat(np.arange(200), weight)
    arms = {"weighted": [], "repeated": [], "plain": []}
    estimator = clone(ESTIMATORS[name][0])
    if name.startswith("student"):
        estimator.set_params(early_stopping=False, max_iter=15)
    for seed in range(6):
        estimator.set_params(random_state=seed)
        for arm, model in {
            "weighted": clone(estimator).fit(X, y, sample_weight=weight),
            "repeated": clone(estimator).fit(X[rows], y[rows]),
            "plain": clone(estimator).fit(X, y),
        }.items():
            arms[arm].append(np.mean(model.predict(X)))
    mean = {arm: np.mean(values) for arm, values in arms.items()}
    noise = np.sqrt(sum(np.var(values, ddof=1) for values in arms.values()) / 6)
    shift = mean["repeated"] - mean["plain"]
    assert shift > 4 * noise
    assert abs(mean["weighted"] - mean["repeated"]) < max(4 * noise, 0.25 * shift)


def test_weights_move_the_default():
    """Repeated rows would be in several of its folds, and memorised: no reference."""
    X, y, weight = weighted_rows()
    model = clone(ESTIMATORS["default"][0]).set_params(random_state=0)
    plain = clone(model).fit(X, y).predict(X).mean()
    assert model.fit(X, y, sample_weight=weight).predict(X).mean() > plain + 0.25
