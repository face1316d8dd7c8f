"""Weights of any size reach other people's estimators as numbers that they can use."""

import numpy as np
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import MLPStudent
from sklearn_kd._tables.weights import with_finite_sums

X, y = load_wine(return_X_y=True)
X = X[:, :5]
WEIGHT = np.random.default_rng(0).integers(1, 5, size=len(y)).astype(float)
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
MODELS = {
    "tree": TREE,
    "pipeline": make_pipeline(StandardScaler(), LogisticRegression()),
    "boosting": HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=4),
}


@pytest.mark.parametrize("scale", [1e155, 1e-155, 1e31, 1e-31, 1e300, 1e-300])
@pytest.mark.parametrize("role", ["student", "teacher"])
@pytest.mark.parametrize("name", MODELS)
def test_huge_and_tiny_weights_give_the_same_model(name, role, scale):
    roles = {"teacher": TREE, "student": MODELS[name]}
    if role == "teacher":
        student = MLPStudent((4,), max_iter=2, random_state=0)
        roles = {"teacher": MODELS[name], "student": student}
    one, other = (
        on_given_rows(**roles, random_state=0).fit(X, y, sample_weight=weight)
        for weight in (WEIGHT, scale * WEIGHT)
    )
    assert_allclose(other.predict_proba(X), one.predict_proba(X), atol=1e-6)
    teachers = other.teacher_.predict_proba(X), one.teacher_.predict_proba(X)
    assert_allclose(*teachers, atol=1e-6)


def test_weights_in_between_come_as_they_are():
    for scale in (1e-29, 1e-3, 1.0, 1e29):
        weight = scale * WEIGHT
        assert with_finite_sums(weight) is weight
    student = clone(on_given_rows(TREE, Recorder())).fit(X, y, 1e20 * WEIGHT).student_
    assert_array_equal(student.weight_, 1e20 * WEIGHT)
