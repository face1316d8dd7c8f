"""A search in several processes does not use more cores than there are."""

import os

import joblib
import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback
from teacher_alone import distil
from threadpoolctl import threadpool_info

from sklearn_kd import MLPStudent, MungeSampler
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
