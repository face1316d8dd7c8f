"""Teachers whose predictions are calibrated before a student learns from them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recorder import soft_targets
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from teacher_alone import alone

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler
from sklearn_kd.teachers.out_of_sample._calibration import fit_calibrator

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


def distil(teacher=FOREST, calibration=None, student=STUDENT, **params):
    params = {"transfer": MungeSampler(8000), "random_state": 0} | params
    objective = alone(calibration=calibration)
    return DistilledClassifier(teacher, student, objective=objective, **params)


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
    model = distil(FOREST, METHODS[0], student, transfer=MungeSampler(500))
    model.fit(X, y, X_unlabeled=X_test)
    raw = FOREST.predict_proba(X_test)
    assert model.n_transfer_rows_ == 500 + len(X_test)
    assert (seen["proba"].argmax(1) == raw.argmax(1)).mean() > 0.96
    assert seen["proba"].max(1).mean() > raw.max(1).mean() + 0.05
    assert_allclose(seen["proba"].sum(1), 1, rtol=1e-5)


# ---- "prior": one offset a class


@pytest.mark.parametrize("n_classes", [2, 3, 20])
def test_a_known_shift_of_the_prior_is_undone(n_classes):
    """Labels are drawn from `truth`, and the teacher has other weights for classes."""
    rng = np.random.default_rng(0)
    truth = rng.dirichlet(np.full(n_classes, 2.0), size=60_000)
    truth *= np.geomspace(1, 8, n_classes)
    truth /= truth.sum(axis=1, keepdims=True)
    codes = (rng.random((len(truth), 1)) > truth.cumsum(axis=1)).sum(axis=1)
    told = truth * np.geomspace(1, 0.1, n_classes)
    told = (told / told.sum(axis=1, keepdims=True)).astype(np.float32)
    correct = fit_calibrator("prior", told, codes)
    corrected = correct(told)
    assert_allclose(corrected.mean(axis=0), np.bincount(codes) / len(codes), atol=1e-3)
    assert np.abs(corrected - truth).mean() < np.abs(told - truth).mean() / 10
    assert corrected.dtype == np.float32
    assert_allclose(corrected.sum(axis=1), 1, rtol=1e-5)


def test_a_prior_keeps_the_order_of_rows():
    rng = np.random.default_rng(0)
    second = rng.uniform(0.01, 0.99, size=500)
    told = np.column_stack([1 - second, second]).astype(np.float32)
    codes = (rng.random(500) < 0.1).astype(int)
    corrected = fit_calibrator("prior", told, codes)(told)
    assert_array_equal(np.argsort(corrected[:, 1]), np.argsort(told[:, 1]))
    shift = np.log(corrected[:, 1] / corrected[:, 0]) - np.log(told[:, 1] / told[:, 0])
    assert_allclose(shift, shift[0], rtol=1e-3)


def test_rows_without_a_prediction_have_no_part_in_a_prior():
    rng = np.random.default_rng(0)
    told = rng.dirichlet(np.ones(3), size=300).astype(np.float32)
    codes = rng.integers(0, 2, size=300)
    told[:10] = 0
    corrected = fit_calibrator("prior", told, codes)(told)
    assert_array_equal(corrected[:, 2], 0)  # no row has that label
    assert_array_equal(corrected[:10], 0)
    share = np.bincount(codes[10:], minlength=3) / 290
    assert_allclose(corrected[10:].mean(axis=0), share, atol=1e-5)


def test_a_teacher_that_is_sure_of_everything():
    told = np.eye(2, dtype=np.float32)[[0] * 90 + [1] * 110]
    codes = np.repeat([0, 1], [100, 100])
    corrected = fit_calibrator("prior", told, codes)(told)
    assert np.isfinite(corrected).all()
    assert_allclose(corrected.mean(axis=0), 0.5, atol=1e-5)


@pytest.mark.parametrize("cv", [None, 3])
def test_the_prior_of_a_weighted_teacher_is_that_of_the_labels(cv):
    rows, labels = make_classification(
        2000, 6, n_informative=4, weights=[0.9], flip_y=0.1, random_state=0
    )
    rows, new, labels, truth = rows[:1000], rows[1000:], labels[:1000], labels[1000:]
    forest = RandomForestClassifier(
        40 if cv else 100,
        min_samples_leaf=10,
        class_weight={0: 1, 1: 4},
        random_state=0,
    )
    plain, corrected = (
        distil(forest, name, transfer=MungeSampler(4000), cv=cv, random_state=1)
        for name in (None, "prior")
    )
    losses, areas = np.zeros((2, 2, 3))
    for index, model in enumerate((plain, corrected)):
        for seed in range(3):  # short trainings: their areas are .01 apart
            model.set_params(random_state=seed).fit(rows, labels)
            proba = model.predict_proba(new)
            losses[index, seed] = log_loss(truth, proba)
            areas[index, seed] = roc_auc_score(truth, proba[:, 1])
    assert (losses[1] < losses[0] - 0.05).all()
    assert areas[1].mean() > areas[0].mean() - 0.01
    told = [soft_targets(model, rows, labels)[:1000] for model in (plain, corrected)]
    means = [proba[:, 1].mean() for proba in told]
    assert means[0] > labels.mean() + 0.08
    assert abs(means[1] - labels.mean()) < 1e-4


def test_a_prior_where_nothing_was_weighted_changes_little():
    plain, corrected = (
        distil(LogisticRegression(), name, transfer=None, cv=5).fit(X, y)
        for name in (None, "prior")
    )
    change = plain.predict_proba(X_test) - corrected.predict_proba(X_test)
    assert np.abs(change).mean() < 0.01


# ---- where it cannot be


def test_it_needs_out_of_sample_predictions():
    message = "calibration='sigmoid' of Pool needs soft targets"
    with pytest.raises(ValueError, match=message):
        distil(LogisticRegression().fit(X, y), calibration="sigmoid").fit(X, y)
    objective = alone(calibration="isotonic", out_of_sample=False)
    with pytest.raises(ValueError, match="leave out_of_sample on"):
        distil().set_params(objective=objective).fit(X, y)
    with pytest.raises(ValueError, match="calibration='prior' of Pool needs"):
        distil(LogisticRegression().fit(X, y), calibration="prior").fit(X, y)
    with pytest.raises(ValueError, match="'calibration' parameter"):
        distil(calibration="platt").fit(X, y)


def test_without_a_teacher_there_is_nothing_to_calibrate():
    rows, labels = load_iris(return_X_y=True)
    model = distil(None, alpha=0, calibration="temperature").fit(rows, labels)
    plain = clone(model).set_params(objective__calibration=None).fit(rows, labels)
    assert_array_equal(model.predict_proba(rows), plain.predict_proba(rows))


@pytest.mark.parametrize(
    ("student", "options"),
    [(LogisticRegression(), {"transfer": "auto"}), (GaussianNB(), {"transfer": None})],
)
def test_calibration_needs_no_synthetic_rows(student, options):
    plain, calibrated = (
        distil(FOREST, name, student, **options).fit(X, y)
        for name in (None, "isotonic")
    )
    assert calibrated.n_transfer_rows_ == 0
    change = np.abs(plain.predict_proba(X) - calibrated.predict_proba(X))
    assert change.max() > 1e-3
