"""On a real Dask cluster: the results of one process, and workers that die."""

import os
from contextlib import contextmanager, nullcontext
from itertools import chain
from pathlib import Path

import dask
import dask.dataframe
import distributed
import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from numpy.testing import assert_array_equal
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from teacher_alone import alone
from traced import Fatal, FatalFit, Picky, Traced, TracedForest, noted
from wine import FOREST, X, distil, y

from sklearn_kd import (
    DistilledRegressor,
    LabelledDataset,
    MLPStudentRegressor,
    compute_soft_targets,
    label_dataset,
)

SETTINGS = {
    # it takes copies from workers that have nothing to do for a moment, and then they
    # are sent again, or lost with the last worker that has one
    "distributed.scheduler.active-memory-manager.start": False,
    # a worker that was killed is started anew, which takes long on a busy machine
    "distributed.deploy.lost-worker-timeout": "600s",
    "distributed.worker.memory.terminate": False,
}


@pytest.fixture(scope="module")
def client():
    """Start two worker processes; that one dies is no news here."""
    with (
        dask.config.set(SETTINGS),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",  # no port that another worker of pytest has
            memory_limit=None,
            silence_logs=60,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def two_workers(client):
    """Wait until both workers are there: one may still be started anew."""
    client.wait_for_workers(2, timeout=200)
    return client


@contextmanager
def on_dask(**settings):
    with parallel_config(backend="dask", **settings):
        yield


def test_labels_are_those_of_one_process(two_workers):
    here = compute_soft_targets(FOREST, X, batch_size=20)
    with on_dask():
        assert_array_equal(compute_soft_targets(FOREST, X, batch_size=20), here)


def test_the_chunks_are_sent_and_the_teacher_once_a_worker(two_workers, tmp_path):
    teacher = Traced(tmp_path)
    with on_dask():
        compute_soft_targets(teacher, X, batch_size=5)
    loaded, predicted = noted(tmp_path, "loaded"), noted(tmp_path, "predicted")
    # one row here, which shows that it is fitted, and 36 chunks on the workers
    assert predicted.count(os.getpid()) == 1
    assert len(predicted) == 37
    assert len(loaded) == len(set(loaded))
    assert set(predicted) - {os.getpid()} <= set(loaded)
    assert set(loaded) <= set(two_workers.run(os.getpid).values())


@pytest.mark.parametrize("cv", [3, None])
def test_a_fit_is_that_of_one_process(two_workers, few_synthetic_rows, monkeypatch, cv):
    monkeypatch.setattr("sklearn_kd.teachers._label.CHUNK", 100)
    monkeypatch.setattr("sklearn_kd.teachers.out_of_sample._out_of_bag.CHUNK", 100)
    forest = RandomForestClassifier(10, random_state=0)
    params = {"transfer": "auto", "objective": alone(out_of_sample=True), "cv": cv}
    model = distil(forest if cv else FOREST, **params)
    here = model.fit(X, y).predict_proba(X)
    with on_dask():
        assert_array_equal(model.fit(X, y).predict_proba(X), here)


def test_the_folds_are_fitted_on_the_workers(two_workers, tmp_path):
    model = distil(TracedForest(folder=str(tmp_path), random_state=0), cv=4)
    with on_dask():
        model.fit(X, y)
    fitted = noted(tmp_path, "fitted")
    # the teacher of all rows is fitted here
    assert len(fitted) == 5
    assert fitted.count(os.getpid()) == 1


def test_numbers_are_those_of_one_process(two_workers):
    student = MLPStudentRegressor((8,), max_iter=5)
    params = {"transfer": None, "objective": "fidelity", "random_state": 0}
    model = DistilledRegressor(LinearRegression(), student, cv=3, **params)
    here = model.fit(X[:, 1:], X[:, 0]).predict(X[:, 1:])
    with on_dask():
        assert_array_equal(model.fit(X[:, 1:], X[:, 0]).predict(X[:, 1:]), here)


def test_a_search_is_that_of_one_process(two_workers):
    search = GridSearchCV(distil(), {"alpha": [0.5, 1], "temperature": [1, 2]}, cv=2)
    here = search.fit(X, y).cv_results_["mean_test_score"]
    with on_dask():
        assert_array_equal(search.fit(X, y).cv_results_["mean_test_score"], here)


def test_a_search_in_a_search_ends(two_workers):
    inner = GridSearchCV(distil(cv=2, teacher=LogisticRegression()), {"alpha": [1]})
    with on_dask():
        scores = cross_validate(inner, X, y, cv=2)["test_score"]
    assert_array_equal(cross_validate(inner, X, y, cv=2)["test_score"], scores)


def test_labelling_goes_on_when_a_worker_is_killed(two_workers, tmp_path):
    teacher = Fatal(tmp_path)
    with on_dask():
        proba = compute_soft_targets(teacher, X, batch_size=10)
    assert Path(tmp_path, "died").exists()
    assert_array_equal(proba, compute_soft_targets(FOREST, X, batch_size=10))


def test_cross_fitting_goes_on_when_a_worker_is_killed(two_workers, tmp_path):
    fatal = FatalFit(folder=str(tmp_path), home=os.getpid())
    with on_dask():
        model = distil(fatal, cv=4).fit(X, y)
    assert Path(tmp_path, "died").exists()
    here = distil(LogisticRegression(), cv=4).fit(X, y)
    assert_array_equal(model.predict_proba(X), here.predict_proba(X))


def test_a_search_goes_on_when_a_worker_is_killed(two_workers, tmp_path):
    """Every worker has all arrays of more than a thousand bytes, or they are lost."""
    fatal = FatalFit(folder=str(tmp_path), home=os.getpid())
    rows, labels = np.tile(X, (3, 1)), np.tile(y, 3)
    folds = list(KFold(2, shuffle=True, random_state=0).split(rows))
    search = GridSearchCV(distil(fatal, cv=2), {"alpha": [0.5, 1]}, cv=folds)
    search.set_params(refit=False)
    with on_dask(scatter=[rows, labels, *chain(*folds)]):
        scores = search.fit(rows, labels).cv_results_["mean_test_score"]
    assert Path(tmp_path, "died").exists()
    search.set_params(estimator__teacher=LogisticRegression())
    search.fit(rows, labels)
    assert_array_equal(search.cv_results_["mean_test_score"], scores)


def test_an_error_of_a_teacher_is_raised_here(two_workers, tmp_path):
    with on_dask(), pytest.raises(ValueError, match="a row of 7s"):
        compute_soft_targets(Picky(tmp_path), np.where(X > 2, 7, X), batch_size=20)


def test_workers_keep_labels_in_the_memory(two_workers, tmp_path, monkeypatch):
    monkeypatch.setattr("sklearn_kd.teachers._label.CHUNK", 50)
    model = distil(Traced(tmp_path), memory=str(tmp_path / "kept"))
    with on_dask():
        model.fit(X, y)
        asked = len(noted(tmp_path, "predicted"))
        model.fit(X, y)
    # whether it is fitted is seen from rows that nobody keeps
    assert len(noted(tmp_path, "predicted")) - asked <= 1


def test_tables_on_disk_are_labelled_by_the_workers(two_workers, tmp_path):
    np.save(tmp_path / "rows.npy", X)
    teacher, data, out = Fatal(tmp_path), tmp_path / "rows.npy", tmp_path / "soft"
    with on_dask():
        labelled = label_dataset(teacher, data, out, chunk_size=20)
    assert Path(tmp_path, "died").exists()
    assert os.getpid() not in noted(tmp_path, "predicted")
    assert_array_equal(labelled.soft_targets(), compute_soft_targets(FOREST, X))


@pytest.mark.parametrize("on_cluster", [False, True])
def test_a_frame_of_dask_is_labelled_partition_by_partition(
    two_workers, tmp_path, on_cluster
):
    frames = dask.dataframe
    names = [f"x{place}" for place in range(X.shape[1])]
    frame = pd.DataFrame(X, columns=names).assign(kind=y)
    model = RandomForestClassifier(5, random_state=0).fit(frame[names], y)
    data, out = frames.from_pandas(frame, npartitions=4), tmp_path / "soft"
    with on_dask() if on_cluster else nullcontext():
        label_dataset(model, data, out)
    labelled = LabelledDataset(out, data)
    expected = compute_soft_targets(model, frame[names])
    assert_array_equal(labelled.soft_targets(), expected)
    assert len(list(out.glob("part-*"))) == 4
    rows, kinds, soft = labelled.sample(50, target="kind", random_state=0)
    assert_array_equal(compute_soft_targets(model, rows), soft)
    assert len(kinds) == 50
    with pytest.raises(ValueError, match="of other data"):
        label_dataset(model, frames.from_pandas(frame[::-1], npartitions=4), out)
    with pytest.raises(ValueError, match=r"partitions are the parts.*repartition"):
        label_dataset(model, data, out, chunk_size=10)
