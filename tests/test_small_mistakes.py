"""Settings and labels that are nearly right: what is wrong with them, by name."""

import joblib
import numpy as np
import pytest
from refusals import refused
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, LeaveOneOut
from sklearn.svm import OneClassSVM

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    TabularEncoder,
    compute_soft_targets,
)

X = np.random.default_rng(0).normal(size=(60, 3))
y = (X[:, 0] > 0).astype(int)
SMALL = MLPStudent((4,), max_iter=2, random_state=0)


def test_classes_in_place_of_instances():
    for params, match in [
        ({"cv": KFold}, r"cv is the class KFold: pass an instance, KFold\(\)"),
        ({"cv": LeaveOneOut}, r"cv is the class LeaveOneOut: pass an instance"),
        ({"memory": joblib.Memory}, "memory is the class Memory: pass an instance"),
    ]:
        with refused(TypeError, match):
            DistilledClassifier(LogisticRegression(), SMALL, **params).fit(X, y)


def test_more_folds_than_rows():
    for cv in (200, KFold(200)):
        with refused(ValueError, r"cv=.*200.* cannot split the \d+ labelled rows: "):
            DistilledClassifier(LogisticRegression(), SMALL, cv=cv).fit(X, y)


def test_small_mistakes_are_named():
    with refused(ValueError, "classes is empty: pass all labels"):
        MLPStudent((4,)).partial_fit(X, y, classes=[])
    teacher = LogisticRegression().fit(X, y)
    for texts in (["a", "b"], np.array(["a"] * 4)):
        with refused(ValueError, "Logistic.* got X as . texts in one dimension"):
            compute_soft_targets(teacher, texts)
    with refused(ValueError, "Expected 2D array"):
        compute_soft_targets(teacher, [0.5] * 4)
    model = DistilledClassifier([LogisticRegression()] * 2, teacher_weights=[None, 1])
    with refused(ValueError, "Give each teacher a number, or leave such a teacher out"):
        model.fit(X, y)
    for labels in (np.where(y, b"u", b"v"), np.where(y, b"u", b"v").astype(object)):
        with refused(ValueError, r"of type bytes, such as b'.'.*\.decode\(\) for"):
            MLPStudent((4,)).fit(X, labels)


@pytest.mark.parametrize("student", [IsolationForest(), OneClassSVM(), KMeans(3)])
def test_what_finds_outliers_or_clusters_is_no_student(student):
    with refused(TypeError, "student must be a classifier"):
        DistilledClassifier(LogisticRegression(), student).fit(X, y)


def test_a_share_may_be_any_float():
    levels = np.array([["u"], ["v"], ["w"]] * 40, dtype=object)
    codes = np.arange(120) % 2
    for share in (np.float16(0.25), np.float32(0.4), np.float32(0.01)):
        given = TabularEncoder(min_frequency=share).fit(levels, codes)
        same = TabularEncoder(min_frequency=float(share)).fit(levels, codes)
        np.testing.assert_array_equal(given.transform(levels), same.transform(levels))
    with refused(ValueError, "min_frequency"):
        TabularEncoder(min_frequency=np.float32(1)).fit(levels, codes)
