"""scikit-learn's own checks, table-driven, with no exception but the two named here."""

import numpy as np
import pytest
import sklearn
import torch
from checks import parametrize_with_checks
from given_rows import on_given_rows
from lightgbm import LGBMClassifier
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)
from sklearn.utils.fixes import parse_version
from skorch import NeuralNetClassifier
from teacher_alone import alone

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MungeSampler,
    Pool,
    SkorchStudent,
    TabularEncoder,
)
from sklearn_kd.torch import TabularMLP

#: With it, nothing in training is random but the initial weights.
EXACT = MLPStudent(
    (16,), dtype="float64", batch_size=100_000, early_stopping=False, max_iter=100
)
NET = NeuralNetClassifier(
    TabularMLP,
    module__hidden_layer_sizes=(16,),
    optimizer=torch.optim.Adam,
    lr=0.05,
    batch_size=64,
    max_epochs=6,
    verbose=0,
)
FEW = MungeSampler(400)
FAST = MLPStudent((16,), max_iter=20)
FOREST = RandomForestClassifier(10)
LIGHTGBM = LGBMClassifier(n_estimators=10, num_leaves=7, verbose=-1, n_jobs=1)
TREE = DecisionTreeClassifier(max_leaf_nodes=8)
#: "temperature", which came with scikit-learn 1.8, or the next in the alphabet.
CALIBRATION = max(CalibratedClassifierCV._parameter_constraints["method"][0].options)


def fidelity(student):
    return DistilledClassifier(
        LogisticRegression(), student, transfer=FEW, objective="fidelity"
    )


pytestmark = pytest.mark.usefixtures("small_teachers")

WEIGHT_CHECKS = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)

#: Name: (estimator, why the sample weight checks must fail or None).
ESTIMATORS = {
    "default": (
        DistilledClassifier(student=FAST, transfer=FEW),
        "synthetic rows are drawn, and so are the bootstrap samples of its extra trees",
    ),
    "logistic": (
        on_given_rows(LogisticRegression(), FAST),
        "the student trains on minibatches in float32 and splits off validation rows",
    ),
    "logistic-cv": (
        on_given_rows(LogisticRegression(), FAST, cv=3),
        "the student trains on minibatches in float32 and splits off validation rows",
    ),
    "student": (
        MLPStudent(),
        "it trains on minibatches in float32 and splits off validation rows",
    ),
    "encoder": (TabularEncoder(), None),
    "student-exact": (EXACT, None),
    "logistic-exact": (
        on_given_rows(LogisticRegression(), EXACT),
        None,
    ),
    "logistic-cv-exact": (
        on_given_rows(LogisticRegression(), EXACT, cv=3),
        None,
    ),
    "logistic-to-logistic": (
        on_given_rows(LogisticRegression(), LogisticRegression()),
        None,
    ),
    "logistic-to-tree": (
        on_given_rows(LogisticRegression(), DecisionTreeClassifier()),
        None,
    ),
    "logistic-to-pipeline": (
        on_given_rows(
            LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression())
        ),
        None,
    ),
    "logistic-to-net": (
        on_given_rows(LogisticRegression(), NET),
        "the net trains on minibatches in float32 and splits off validation rows",
    ),
    "net": (
        SkorchStudent(NET),
        "the net trains on minibatches in float32 and splits off validation rows",
    ),
    "forest-out-of-sample": (
        DistilledClassifier(
            FOREST, FAST, transfer=FEW, objective=alone(out_of_sample=True)
        ),
        "bootstrap samples and synthetic rows are drawn",
    ),
    "forest-calibrated": (
        DistilledClassifier(
            FOREST, FAST, transfer=FEW, objective=alone(calibration=CALIBRATION)
        ),
        "bootstrap samples and synthetic rows are drawn",
    ),
    "synthetic-logistic": (
        DistilledClassifier(LogisticRegression(), FAST, transfer=FEW),
        "synthetic rows are drawn, and weigh what their sources do",
    ),
    "synthetic-cv": (
        DistilledClassifier(LogisticRegression(), FAST, transfer=FEW, cv=3),
        "synthetic rows are drawn, and weigh what their sources do",
    ),
    "pool": (
        DistilledClassifier(
            LIGHTGBM, FAST, transfer=FEW, objective=Pool(booster=False)
        ),
        "synthetic rows are drawn, and weigh what their sources do",
    ),
    "fidelity": (
        DistilledClassifier(LIGHTGBM, FAST, transfer=FEW, objective="fidelity"),
        "synthetic rows are drawn, and weigh what their sources do",
    ),
    "synthetic-to-logistic": (
        fidelity(LogisticRegression()),
        "synthetic rows are drawn, and weigh what their sources do",
    ),
    "synthetic-to-tree": (
        fidelity(TREE).set_params(transfer="auto"),
        "synthetic rows are drawn, and weigh what their sources do",
    ),
    "synthetic-to-net": (
        fidelity(NET),
        "synthetic rows are drawn, and weigh what their sources do",
    ),
}


def expected_failures(name):
    reason = ESTIMATORS[name][1]
    if reason is None:
        return {}
    # of sparse rows "auto" makes none that are synthetic
    n_checks = 1 if name == "synthetic-to-tree" else 2
    return dict.fromkeys(WEIGHT_CHECKS[:n_checks], reason)


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


#: Out-of-bag, a row of weight 4 is four rows where forests draw rows by weight.
WEIGHED = [
    name
    for name, row in ESTIMATORS.items()
    if row[1]
    and (
        parse_version(sklearn.__version__) >= parse_version("1.9")
        or not name.startswith("forest")
    )
]


@pytest.mark.filterwarnings("ignore:The teacher's weight in the pool")
@pytest.mark.parametrize("name", WEIGHED)
def test_weights_act_like_repetition_on_average(name):
    """In place of the checks above: the same property, beyond the noise of the seed.

    Half of the class-1 rows weigh 4. Over seeds, the mean log odds of class 1 must lie
    where repeating these rows puts them, and clearly above those without weights.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = (X[:, 0] + rng.normal(size=200) > 0).astype(int)
    weight = np.where((y == 1) & (np.arange(200) % 2 == 0), 4, 1)
    weight[::7] = 0
    arms = {"weighted": [], "repeated": [], "plain": []}
    estimator, n_seeds = clone(ESTIMATORS[name][0]), 20
    if not name.startswith(("logistic", "student", "net")):
        n_seeds = 6
    elif name.startswith("logistic"):  # the shift is 24 times the noise, and more
        n_seeds = 8
    elif name == "student":  # large enough to memorise rows that have copies
        estimator.set_params(
            hidden_layer_sizes=(16,), max_iter=15, early_stopping=False
        )
    for seed in range(n_seeds):
        estimator.set_params(random_state=seed)
        rows = np.repeat(np.arange(200), weight)
        for arm, model in {
            "weighted": clone(estimator).fit(X, y, sample_weight=weight),
            "repeated": clone(estimator).fit(X[rows], y[rows]),
            "plain": clone(estimator).fit(X, y),
        }.items():
            log_proba = model.predict_log_proba(X)
            arms[arm].append(np.mean(log_proba[:, 1] - log_proba[:, 0]))
    mean = {arm: np.mean(values) for arm, values in arms.items()}
    noise = np.sqrt(sum(np.var(values, ddof=1) for values in arms.values()) / n_seeds)
    shift = mean["repeated"] - mean["plain"]
    assert shift > 4 * noise
    assert abs(mean["weighted"] - mean["repeated"]) < max(4 * noise, 0.25 * shift)


@pytest.mark.parametrize("name", ["student-exact", "logistic-exact"])
def test_weight_checks_have_no_special_case_for_small_inputs(name):
    """The equivalence holds on ten times as many rows as scikit-learn's check has."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(150, 6))
    y = rng.integers(0, 3, size=150)
    weight = rng.integers(0, 4, size=150)
    estimator = clone(ESTIMATORS[name][0]).set_params(random_state=0)
    rows = np.repeat(np.arange(150), weight)
    weighted = clone(estimator).fit(X, y, sample_weight=weight).predict_proba(X)
    repeated = clone(estimator).fit(X[rows], y[rows]).predict_proba(X)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-7)
