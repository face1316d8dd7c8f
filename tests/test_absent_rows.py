"""A row of weight 0 is absent from every stage: the result is that without the row."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from recorder import soft_targets
from sklearn.base import clone
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, PredefinedSplit
from skorch import NeuralNetClassifier
from teacher_alone import alone

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MungeSampler,
    SkorchStudent,
    TabularEncoder,
    UnlabeledRows,
)
from sklearn_kd.torch import TabularMLP

# of a pool; what counts here is that two fits are alike
pytestmark = [
    pytest.mark.filterwarnings("ignore:The teacher's weight in the pool"),
    pytest.mark.usefixtures("small_teachers"),
]

RNG = np.random.default_rng(0)
N = 200
X = RNG.normal(size=(N, 4)).round(1)
y = (X[:, 0] + 0.7 * RNG.normal(size=N) > 0).astype(int)
WEIGHT = np.ones(N)
WEIGHT[[0, 7, 8, 150]] = 0
KEPT = WEIGHT > 0
STUDENT = MLPStudent((8,), max_iter=2)
FOREST = RandomForestClassifier(20)
NET = NeuralNetClassifier(
    TabularMLP, module__hidden_layer_sizes=(4,), max_epochs=2, verbose=0
)


def distil(teacher, student=STUDENT, **params):
    settings = {"transfer": MungeSampler(300), "random_state": 0} | params
    return DistilledClassifier(teacher, student, **settings)


def spoilt():
    """Rows whose absent ones would be noticed anywhere."""
    rows = X.copy()
    rows[~KEPT] = 1e6
    return rows


def assert_absent(model, weight=WEIGHT, **arguments):
    """Compare a fit on weights with one on the rows that are left.

    `arguments` are pairs: what goes with all rows, and with those that are left.
    """
    every = {name: pair[0] for name, pair in arguments.items()}
    left = {name: pair[1] for name, pair in arguments.items()}
    weighted = clone(model).fit(spoilt(), y, sample_weight=weight, **every)
    w = None if (weight[KEPT] == 1).all() else weight[KEPT]
    without = clone(model).fit(X[KEPT], y[KEPT], sample_weight=w, **left)
    assert_array_equal(weighted.predict_proba(X), without.predict_proba(X))


CONFIGURATIONS = {
    "a pool with a forest, out-of-bag": distil(FOREST),
    "a forest, cross-fitted": distil(FOREST, objective=alone(out_of_sample=True)),
    "a forest, calibrated": distil(FOREST, objective=alone(calibration="sigmoid")),
    "bagging": distil(
        BaggingClassifier(LogisticRegression(), 5), objective=alone(out_of_sample=True)
    ),
    "a pool without out-of-sample predictions": distil(LogisticRegression()),
    "folds": distil(LogisticRegression(), cv=3, objective=alone(out_of_sample=True)),
    "given rows": distil(FOREST, transfer=None),
    "several teachers": distil([FOREST, LogisticRegression()]),
    "labels too": distil(FOREST, alpha=0.5),
    "labels alone": distil(FOREST, alpha=0.0),
    "a net": distil(LogisticRegression(), NET),
    "a booster stopped by validation rows": distil(
        FOREST, HistGradientBoostingClassifier(max_iter=5, early_stopping=True)
    ),
    "the default teacher": distil(None, transfer=None),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_in_every_configuration(name):
    assert_absent(CONFIGURATIONS[name])


def test_beside_weights_other_than_1():
    assert_absent(distil(FOREST), WEIGHT * (1 + np.arange(N) % 3))


def test_folds_by_position_are_those_of_the_rows_that_are_given():
    fold = np.arange(N) % 4
    folds = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(4)]
    masks = [(fold != k, fold == k) for k in range(4)]
    kept = [(fold[KEPT] != k, fold[KEPT] == k) for k in range(4)]
    for cv in (folds, masks, PredefinedSplit(fold)):
        weighted = distil(LogisticRegression(), cv=cv)
        weighted.fit(spoilt(), y, sample_weight=WEIGHT)
        without = distil(LogisticRegression(), cv=kept).fit(X[KEPT], y[KEPT])
        assert_array_equal(weighted.predict_proba(X), without.predict_proba(X))


def test_a_fold_of_absent_rows_alone_is_none():
    fold = np.where(KEPT, np.arange(N) % 3, 3)
    model = distil(LogisticRegression(), cv=PredefinedSplit(fold))
    model.fit(spoilt(), y, sample_weight=WEIGHT)
    without = distil(LogisticRegression(), cv=PredefinedSplit(fold[KEPT]))
    without.fit(X[KEPT], y[KEPT])
    assert_array_equal(model.predict_proba(X), without.predict_proba(X))


def test_groups_soft_targets_and_unlabelled_rows_go_with_their_rows():
    groups = np.arange(N) // 10
    assert_absent(
        distil(LogisticRegression(), cv=GroupKFold(3)), groups=(groups, groups[KEPT])
    )
    proba = LogisticRegression().fit(X, y).predict_proba(X)
    model = distil(None, transfer=None)
    assert_absent(model, teacher_proba=(proba, proba[KEPT]))
    frame = pd.DataFrame(proba, columns=[0, 1])
    assert_absent(model, teacher_proba=(frame, frame[KEPT]))
    rows = UnlabeledRows(X[:50])
    assert_absent(distil(LogisticRegression()), X_unlabeled=(rows, rows))


def test_a_bare_array_that_a_fold_would_cut_is_refused_by_all_rows():
    model = distil(LogisticRegression())
    with pytest.raises(ValueError, match="exactly as many as X"):
        model.fit(X, y, sample_weight=WEIGHT, X_unlabeled=X[::-1])


def test_the_index_of_given_probabilities_is_compared_for_all_rows():
    frame = pd.DataFrame(X)
    proba = pd.DataFrame(LogisticRegression().fit(X, y).predict_proba(X))
    with pytest.raises(ValueError, match="in another order"):
        distil(None, transfer=None).fit(
            frame, y, sample_weight=WEIGHT, teacher_proba=proba[::-1]
        )


def test_a_fitted_forest_is_out_of_bag_whether_fitted_on_the_absent_rows_or_not():
    for rows in (slice(None), KEPT):
        forest = clone(FOREST).set_params(random_state=0).fit(X[rows], y[rows])
        # an error without such a part
        model = distil(forest, objective=alone(out_of_sample=True))
        model.fit(X, y, sample_weight=WEIGHT)
        assert model.predict_proba(X).shape == (N, 2)


def test_out_of_bag_members_of_a_fitted_forest_are_those_of_the_right_rows():
    """A forest fitted on coin tosses is right in-bag, and at chance out-of-bag."""
    coin = np.random.default_rng(1).integers(2, size=N)
    forest = RandomForestClassifier(60, random_state=0).fit(X, coin)
    model = distil(forest, objective=alone(out_of_sample=True))
    model.set_params(transfer=MungeSampler(5))
    proba = soft_targets(model, X, coin, sample_weight=WEIGHT)
    own = proba[: KEPT.sum()][np.arange(KEPT.sum()), coin[KEPT]]
    assert own.mean() < 0.6


def test_the_cache_of_the_rows_that_are_left_serves_both(tmp_path):
    model = distil(FOREST, memory=str(tmp_path))
    assert_absent(model)


@pytest.mark.parametrize(
    "student", [STUDENT, SkorchStudent(NET)], ids=["MLPStudent", "SkorchStudent"]
)
def test_in_students_by_themselves(student):
    student = clone(student).set_params(random_state=0)
    assert_absent(student)


def test_in_a_stream():
    first = MLPStudent((8,), random_state=0)
    second = clone(first)
    rows = spoilt()
    for part in (slice(0, 120), slice(120, N)):
        kept = KEPT[part]
        weight = WEIGHT[part]
        first.partial_fit(rows[part], y[part], [0, 1], sample_weight=weight)
        second.partial_fit(X[part][kept], y[part][kept], [0, 1])
    assert_array_equal(first.predict_proba(X), second.predict_proba(X))


def test_in_the_encoder():
    weighted = TabularEncoder().fit(spoilt(), y, sample_weight=WEIGHT)
    without = TabularEncoder().fit(X[KEPT], y[KEPT])
    assert_array_equal(weighted.transform(X), without.transform(X))
