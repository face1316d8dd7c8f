"""MLflow's autologging is off inside a fit, and as it was before outside."""

import sys
import threading

import numpy as np
import pytest
from hooks import MLFLOW, loaded_mlflow
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sklearn_kd import DistilledClassifier, MLPStudent, compute_soft_targets
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd.inspection import prediction_latency
from sklearn_kd.metrics import agreement_scorer

pytestmark = pytest.mark.usefixtures("small_teachers", "few_synthetic_rows")

X, y = load_wine(return_X_y=True)
X = scale(X)
SEEN = []


class Watching(LogisticRegression):
    """Notes at every call whether it would be recorded."""

    def fit(self, X, y, sample_weight=None):
        SEEN.append(sys.modules[MLFLOW].records)
        return super().fit(X, y, sample_weight)

    def predict_proba(self, X):
        SEEN.append(sys.modules[MLFLOW].records)
        return super().predict_proba(X)


class Scaler(StandardScaler):
    def fit(self, X, y=None, sample_weight=None):
        SEEN.append(sys.modules[MLFLOW].records)
        return super().fit(X, y, sample_weight)


class Failing(Watching):
    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        raise RuntimeError("no more")


WATCHING = Watching(max_iter=3000)


def student(**params):
    return MLPStudent(hidden_layer_sizes=(4,), max_iter=1, random_state=0, **params)


def distil(teacher=WATCHING, **params):
    params = {"transfer": None, "student": student()} | params
    return DistilledClassifier(teacher, random_state=0, **params)


@pytest.fixture
def mlflow(monkeypatch):
    SEEN.clear()
    return loaded_mlflow(monkeypatch)


FITS = {
    "teacher": lambda: distil().fit(X, y),
    "folds": lambda: distil(cv=2).fit(X, y),
    "fitted teacher": lambda: distil(clone(WATCHING).fit(X, y)).fit(X, y),
    "student": lambda: distil(student=make_pipeline(Scaler(), WATCHING)).fit(X, y),
    "encoder": lambda: student(encoder=Scaler()).fit(X, y),
    "stream": lambda: student(encoder=Scaler()).partial_fit(X, y, classes=[0, 1, 2]),
}


@pytest.mark.parametrize("case", sorted(set(FITS) - {"fitted teacher"}))
def test_nothing_inside_a_fit_is_recorded(mlflow, case):
    FITS[case]()
    assert SEEN
    assert not any(SEEN)
    assert mlflow.records


def test_what_asks_a_fitted_model_is_not_recorded(mlflow):
    teacher = clone(WATCHING).fit(X, y)
    asking = [
        lambda: distil(teacher).fit(X, y),
        lambda: compute_soft_targets(teacher, X),
        lambda: prediction_latency(teacher, X, n_calls=2),
        lambda: agreement_scorer(teacher)(teacher, X),
    ]
    for ask in asking:
        SEEN.clear()
        ask()
        assert not any(SEEN)
        assert mlflow.records


def test_recording_goes_on_after_an_error(mlflow):
    with pytest.raises(RuntimeError, match="no more"):
        distil(Failing()).fit(X, y)
    assert mlflow.records
    with pytest.raises(ValueError, match="0 sample"):
        distil().fit(X[:0], y[:0])
    assert mlflow.records


def test_what_was_off_stays_off(mlflow):
    with mlflow.disable_autologging():
        distil().fit(X, y)
        assert not mlflow.records
    assert mlflow.records


def test_the_last_of_overlapping_fits_switches_it_on(mlflow):
    first, second = threading.Event(), threading.Event()

    def long_fit():
        with no_autologging():
            first.set()
            second.wait(60)

    other = threading.Thread(target=long_fit)
    other.start()
    assert first.wait(60)
    distil().fit(X, y)
    assert not mlflow.records
    second.set()
    other.join()
    assert mlflow.records


def test_an_outer_search_is_recorded_between_its_fits(mlflow):
    with mlflow.disable_autologging():  # as MLflow does for what a search fits
        GridSearchCV(distil(), {"temperature": [1, 2]}, cv=2).fit(X, y)
        assert not any(SEEN)
        assert not mlflow.records
    assert mlflow.records


def test_mlflow_is_not_imported_and_may_be_another(monkeypatch):
    monkeypatch.delitem(sys.modules, MLFLOW, raising=False)
    student().fit(X, y)
    assert MLFLOW not in sys.modules
    monkeypatch.setitem(sys.modules, MLFLOW, object())  # one without the switch
    assert np.isfinite(student().fit(X, y).predict_proba(X)).all()
