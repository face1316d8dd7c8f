"""scikit-learn's own checks of nets that learn numbers, with those two exceptions."""

import numpy as np
import pytest
import torch
from checks import parametrize_with_checks
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)
from skorch import NeuralNetRegressor

from sklearn_kd import DistilledRegressor, SkorchStudentRegressor
from sklearn_kd.torch import TabularMLP

NET = NeuralNetRegressor(
    TabularMLP,
    module__hidden_layer_sizes=(32,),
    optimizer=torch.optim.Adam,
    lr=0.03,
    batch_size=16,
    max_epochs=6,
    verbose=0,
    train_split=None,  # its own has an address in the names of tests
)
ESTIMATORS = {
    "net": SkorchStudentRegressor(NET),
    "ridge-to-net": DistilledRegressor(
        Ridge(), NET, transfer=None, objective="fidelity"
    ),
}
FAILURES = dict.fromkeys(
    (
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weight_equivalence_on_sparse_data",
    ),
    "the net trains on minibatches in float32",
)


@parametrize_with_checks(ESTIMATORS, lambda name: FAILURES)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "check", [check_param_validation, check_dataframe_column_names_consistency]
)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_checks_that_scikit_learn_leaves_out(name, check):
    estimator = clone(ESTIMATORS[name])
    check(type(estimator).__name__, estimator)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_weights_act_like_repetition_on_average(name):
    """In place of the checks above: the same property, beyond the noise of the seed.

    Rows above 0 weigh 4. Over seeds, the mean prediction must lie where repeating these
    rows puts it, and clearly above that without weights.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = X[:, 0] + rng.normal(size=200)
    weight = np.where(y > 0, 4, 1)
    weight[::7] = 0
    rows, fresh = np.repeat(np.arange(200), weight), rng.normal(size=(2000, 3))
    arms = {"weighted": [], "repeated": [], "plain": []}
    n_seeds = 12 if name == "net" else 4
    steady = {"lr": 0.003, "batch_size": 50}
    prefix = "net" if name == "net" else "student"
    steady = {f"{prefix}__{name}": value for name, value in steady.items()}
    for seed in range(n_seeds):
        estimator = clone(ESTIMATORS[name]).set_params(random_state=seed, **steady)
        for arm, model in {
            "weighted": clone(estimator).fit(X, y, sample_weight=weight),
            "repeated": clone(estimator).fit(X[rows], y[rows]),
            "plain": clone(estimator).fit(X, y),
        }.items():
            arms[arm].append(np.mean(model.predict(fresh)))
    mean = {arm: np.mean(values) for arm, values in arms.items()}
    noise = sum(np.var(values, ddof=1) for values in arms.values()) / n_seeds
    shift = mean["repeated"] - mean["plain"]
    assert shift > 4 * np.sqrt(noise)
    far = max(4 * np.sqrt(noise), 0.25 * shift)
    assert abs(mean["weighted"] - mean["repeated"]) < far
