"""Teachers whose answers are calibrated before a student learns from them."""

import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler

X, y = make_classification(
    2000, 8, n_informative=6, n_classes=3, n_clusters_per_class=1, random_state=0
)
X, X_test, y, y_test = train_test_split(X, y, train_size=800, random_state=0)
#: "temperature" came with scikit-learn 1.8.
METHODS = sorted(
    CalibratedClassifierCV._parameter_constraints["method"][0].options, reverse=True
)
FOREST = RandomForestClassifier(60, max_features=1, random_state=0).fit(X, y)
STUDENT = MLPStudent((32,), max_iter=20)


def distil(teacher=FOREST, **params):
    params = {"transfer": MungeSampler(8000), "random_state": 0} | params
    return DistilledClassifier(teacher, STUDENT, **params)


def loss(model):
    return log_loss(y_test, model.predict_proba(X_test))


@pytest.mark.parametrize("method", METHODS)
def test_an_underconfident_forest_is_sharpened(method):
    plain, calibrated = (distil(calibration=name).fit(X, y) for name in (None, method))
    assert loss(calibrated) < loss(plain) - 0.05
    assert loss(calibrated) < loss(FOREST) - 0.05
    assert calibrated.teacher_ is FOREST


def test_a_temperature_keeps_what_comes_first():
    plain, calibrated = (
        distil(calibration=name).fit(X, y) for name in (None, METHODS[0])
    )
    same = plain.predict(X_test) == calibrated.predict(X_test)
    assert same.mean() > 0.96
    confidence = [m.predict_proba(X_test).max(1).mean() for m in (plain, calibrated)]
    assert confidence[1] > confidence[0] + 0.05


def test_cross_fitted_teachers_are_calibrated_without_synthetic_rows_too():
    teacher = ExtraTreesClassifier(60, max_features=1, random_state=0)
    plain, calibrated = (
        distil(teacher, cv=3, transfer=None, calibration=name).fit(X, y)
        for name in (None, "isotonic")
    )
    assert loss(calibrated) < loss(plain)


def test_unlabelled_rows_are_labelled_by_the_calibrated_teacher():
    seen = {}

    class Recording(MLPStudent):
        def fit(self, X, y, sample_weight=None, soft_targets=None, **params):
            seen["proba"] = soft_targets.proba[-len(X_test) :]
            return super().fit(X, y, sample_weight, soft_targets, **params)

    student = Recording((8,), max_iter=2)
    model = DistilledClassifier(
        FOREST, student, transfer=MungeSampler(500), calibration=METHODS[0]
    ).fit(X, y, X_unlabeled=X_test)
    raw = FOREST.predict_proba(X_test)
    assert model.n_transfer_rows_ == 500 + len(X_test)
    assert (seen["proba"].argmax(1) == raw.argmax(1)).mean() > 0.96
    assert seen["proba"].max(1).mean() > raw.max(1).mean() + 0.05
    assert_allclose(seen["proba"].sum(1), 1, rtol=1e-5)


def test_it_needs_answers_out_of_sample():
    with pytest.raises(ValueError, match="calibration='sigmoid' needs soft targets"):
        distil(LogisticRegression().fit(X, y), calibration="sigmoid").fit(X, y)
    with pytest.raises(ValueError, match="cross_fit=False and transfer=None"):
        distil(calibration="isotonic", cross_fit=False).fit(X, y)
    with pytest.raises(ValueError, match="'calibration' parameter"):
        distil(calibration="platt").fit(X, y)


def test_without_a_teacher_there_is_nothing_to_calibrate():
    rows, labels = load_iris(return_X_y=True)
    model = distil(None, alpha=0, calibration="temperature").fit(rows, labels)
    plain = clone(model).set_params(calibration=None).fit(rows, labels)
    assert_array_equal(model.predict_proba(rows), plain.predict_proba(rows))
