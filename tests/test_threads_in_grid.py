"""A search in several processes does not use more cores than there are."""

import os
import types

import joblib
import numpy as np
import pytest
import torch
from lightgbm import LGBMClassifier
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback
from teacher_alone import distil
from threadpoolctl import threadpool_info

from sklearn_kd import MLPStudent, MungeSampler
from sklearn_kd._run import threads
from sklearn_kd._run.threads import share_of_the_cores
from sklearn_kd.torch import TabularMLP

LIMITS = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
]


class Threads(Callback):
    """Writes down how many threads torch would use in this process."""

    def on_epoch_end(self, net, **kwargs):
        net.history.record("threads", torch.get_num_threads())


def scores(model, X, y):
    blas = [i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"]
    found = {"accuracy": model.score(X, y), "process": os.getpid(), "blas": max(blas)}
    if hasattr(model.student_, "net_"):
        found["threads"] = max(model.student_.net_.history[:, "threads"])
    return found


@pytest.mark.usefixtures("fresh_workers")
@pytest.mark.parametrize("kind", ["net", "mlp"])
def test_workers_share_the_cores(kind, monkeypatch):
    for name in LIMITS:  # as most users have them
        monkeypatch.delenv(name, raising=False)
    X, y = load_breast_cancer(return_X_y=True)
    grid = {"alpha": [0.5, 1.0]}
    if kind == "net":
        student = NeuralNetClassifier(
            TabularMLP,
            optimizer=torch.optim.Adam,
            max_epochs=5,
            callbacks=[("threads", Threads())],
            verbose=0,
        )
        grid["temperature"] = [2.0]
        grid["student__lr"] = [2e-2]
        grid["student__module__hidden_layer_sizes"] = [(8,), (32, 16)]
    else:
        student = MLPStudent(max_iter=5)
        grid["student__hidden_layer_sizes"] = [(8,), (32, 16)]
    forest = RandomForestClassifier(10, min_samples_leaf=3, random_state=0)
    model = distil(forest, student, transfer=MungeSampler(500), random_state=0)
    search = GridSearchCV(model, grid, scoring=scores, refit=False, cv=2, n_jobs=2).fit(
        X, y
    )
    found = search.cv_results_
    workers = np.r_[found["split0_test_process"], found["split1_test_process"]]
    assert os.getpid() not in workers
    cores = max(joblib.cpu_count(), 2)
    for name in ["blas", *(["threads"] if kind == "net" else [])]:
        assert 2 * max(found[f"mean_test_{name}"]) <= cores
    assert max(found["mean_test_accuracy"]) > 0.9
    assert len(np.unique(found["mean_test_accuracy"])) > 1


def threads_of_boosting(model, X, y):
    """How many threads LightGBM took in teacher and student, and what is left set."""
    models = [model.teacher_, model.student_]
    return {
        "threads": max(one.booster_.params["num_threads"] for one in models),
        "cores": model.teacher_.estimator_cores_,
        "process": os.getpid(),
        "left": "LOKY_MAX_CPU_COUNT" in os.environ,
    }


class Booster(LGBMClassifier):
    """Writes down how many cores an estimator with ``n_jobs=-1`` would use."""

    def fit(self, X, y, sample_weight=None):
        self.estimator_cores_ = joblib.effective_n_jobs(-1)
        return super().fit(X, y, sample_weight)


@pytest.mark.usefixtures("fresh_workers")
def test_lightgbm_takes_the_share_of_a_worker(monkeypatch):
    for name in LIMITS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("LOKY_MAX_CPU_COUNT", raising=False)
    X, y = load_breast_cancer(return_X_y=True)
    booster = Booster(n_estimators=2, min_child_samples=5, verbose=-1)
    model = distil(booster, booster, transfer=None, random_state=0)
    search = GridSearchCV(
        model, {"alpha": [0.5, 1.0]}, scoring=threads_of_boosting, refit=False, cv=2
    ).set_params(n_jobs=2)
    found = search.fit(X, y).cv_results_
    workers = np.r_[found["split0_test_process"], found["split1_test_process"]]
    assert os.getpid() not in workers
    share = max(joblib.cpu_count() // 2, 1)
    assert set(found["mean_test_cores"]) == set(found["mean_test_threads"]) == {share}
    assert set(found["mean_test_left"]) == {False}


def cores_inside():
    with share_of_the_cores():
        return joblib.cpu_count()


def test_the_number_of_cores_stays_as_it_is_elsewhere(monkeypatch):
    cores = joblib.cpu_count()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert cores_inside() == cores  # in no worker
    worker = types.SimpleNamespace(name="LokyProcess-1")
    monkeypatch.setattr(threads.multiprocessing, "current_process", lambda: worker)
    assert cores_inside() == 1
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "2")  # by the user
    assert cores_inside() == 2
    assert os.environ["LOKY_MAX_CPU_COUNT"] == "2"
    monkeypatch.delenv("LOKY_MAX_CPU_COUNT")
    for unknown in ("", "0", "2,1"):
        monkeypatch.setenv("OMP_NUM_THREADS", unknown)
        assert cores_inside() == cores


def test_overlapping_shares_end_with_the_last(monkeypatch):
    monkeypatch.setattr(threads, "_share", lambda: "1")
    monkeypatch.delenv("LOKY_MAX_CPU_COUNT", raising=False)
    first, second = share_of_the_cores(), share_of_the_cores()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert joblib.cpu_count() == 1
    second.__exit__(None, None, None)
    assert "LOKY_MAX_CPU_COUNT" not in os.environ
