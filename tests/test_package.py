"""What importing loads, and what stays unchanged: threads, seeds, global state."""

import random
import sys
import threading

import numpy as np
import pandas as pd
import pytest
import sklearn
import threadpoolctl
import torch
from given_rows import on_given_rows
from numpy.testing import assert_array_equal
from processes import printed_by
from scipy.sparse import csr_matrix
from sklearn.datasets import load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_info, threadpool_limits

import sklearn_kd
from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler
from sklearn_kd._run.random import as_seed, seed_unset, stream
from sklearn_kd._run.threads import single_blas_thread


def loaded_by(*statements):
    """Run statements in a new process, and give the packages loaded after each."""
    told = "print(*{m.split('.')[0] for m in sys.modules})"
    code = "\n".join(["import sys", *(f"{line}\n{told}" for line in statements)])
    return [set(line.split()) for line in printed_by("-c", code).splitlines()]


def test_import_loads_nothing_heavy_beside_scikit_learn():
    """scikit-learn itself may load pandas where it is installed; we may add nothing."""
    theirs, ours = loaded_by(
        "import sklearn.ensemble, sklearn.neural_network",
        "import sklearn_kd; sklearn_kd.DistilledClassifier; "
        "sklearn_kd.inspection.AgreementDisplay",
    )
    heavy = {"torch", "skorch", "onnx", "onnxruntime", "matplotlib", "polars"}
    assert not ours & heavy
    assert not (ours - theirs) & {"pandas", "lightgbm", "xgboost", "pyarrow"}
    assert "sklearn_kd" in ours


def test_naming_the_package_loads_nothing_and_asking_it_everything():
    named, asked = loaded_by(
        "import sklearn_kd",
        "import sklearn_kd as kd; assert set(kd.__all__) < set(dir(kd)); "
        "kd.datasets.load_adult, kd.inspection.compare, kd.losses.LOSSES; "
        "from sklearn_kd import *; assert MLPStudent is kd.MLPStudent",
    )
    assert not named & {"numpy", "sklearn"}
    assert "sklearn" in asked
    with pytest.raises(AttributeError, match="has no attribute 'Teacher'"):
        sklearn_kd.Teacher


def blas_threads():
    return {
        pool["filepath"]: pool["num_threads"]
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    }


def test_one_blas_thread_until_the_last_of_overlapping_uses_has_left():
    entered, leave = threading.Event(), threading.Event()

    def other():
        with single_blas_thread():
            entered.set()
            leave.wait(60)

    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        assert set(before.values()) == {2}
        thread = threading.Thread(target=other)
        with single_blas_thread():
            thread.start()
            assert entered.wait(60)
        assert set(blas_threads().values()) == {1}  # the other is still in
        leave.set()
        thread.join()
        assert blas_threads() == before


def test_thread_limit_is_lifted_after_an_error():
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with pytest.raises(ZeroDivisionError), single_blas_thread():
            raise ZeroDivisionError
        assert blas_threads() == before


def test_blas_libraries_are_looked_for_again_after_an_import(monkeypatch):
    looked = []

    class Looking(threadpoolctl.ThreadpoolController):
        def __init__(self):
            looked.append(len(sys.modules))
            super().__init__()

    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", Looking)
    for name in ("a module", "another"):
        monkeypatch.setitem(sys.modules, name, None)
        for _ in range(2):
            with single_blas_thread():
                pass
    assert looked == [len(sys.modules) - 1, len(sys.modules)]


def test_fit_leaves_thread_counts_as_they_were():
    X, y = load_wine(return_X_y=True)
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        MLPStudent(max_iter=2).fit(X, y).predict(X)
        assert blas_threads() == before


@threadpool_limits.wrap(limits=1, user_api="blas")  # bits depend on their number
def test_concurrent_fits_and_predictions_give_the_predictions_of_one_thread():
    X, y = load_wine(return_X_y=True)
    fitted = MLPStudent(max_iter=5, random_state=0).fit(X, y)
    expected = fitted.predict_proba(X)
    results, errors = [], []

    def work(index):
        try:
            if index % 4 == 0:
                model = MLPStudent(max_iter=5, random_state=0).fit(X, y)
                results.append(model.predict_proba(X))
            else:
                results.append(fitted.predict_proba(X))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(results) == 16
    for result in results:
        np.testing.assert_array_equal(result, expected)


@pytest.mark.usefixtures("small_teachers")
@pytest.mark.parametrize("random_state", [None, 0])
def test_no_other_random_state_moves(random_state):
    X, y = load_wine(return_X_y=True)
    np.random.seed(1)
    random.seed(1)
    torch.manual_seed(1)
    before = np.random.get_state()[1].copy(), random.getstate(), torch.get_rng_state()
    model = DistilledClassifier(
        student=MLPStudent(max_iter=2),
        transfer=MungeSampler(500),
        random_state=random_state,
    )
    model.fit(X, y).predict(X)
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])
    assert random.getstate() == before[1]
    assert torch.equal(torch.get_rng_state(), before[2])


def test_seeds():
    assert as_seed(7) == 7
    assert as_seed(np.int64(7)) == 7
    assert as_seed(np.random.RandomState(0)) == as_seed(np.random.RandomState(0))
    assert as_seed(None) != as_seed(None)
    assert stream(0, 1).random() == stream(0, 1).random()
    assert stream(0, 1).random() != stream(0, 2).random()


def test_only_what_is_unset_is_seeded():
    from sklearn.ensemble import BaggingClassifier
    from sklearn.tree import DecisionTreeClassifier

    bag = BaggingClassifier(DecisionTreeClassifier(random_state=5))
    seed_unset(bag, 3)
    assert (bag.random_state, bag.estimator.random_state) == (3, 5)
    bag = seed_unset(BaggingClassifier(DecisionTreeClassifier()), 3)
    again = seed_unset(BaggingClassifier(DecisionTreeClassifier()), 3)
    assert bag.estimator.random_state == again.estimator.random_state is not None


def test_another_thread_keeps_its_random_stream_while_a_seeded_fit_runs():
    started = threading.Event()

    class Slow(LogisticRegression):
        __module__ = "sklearn.mine"

        def fit(self, X, y, sample_weight=None):
            started.set()
            return super().fit(X, y, sample_weight)

    np.random.seed(7)
    expected = np.random.random(200)
    np.random.seed(7)
    model = on_given_rows(Slow(max_iter=500), MLPStudent(max_iter=10), random_state=0)
    thread = threading.Thread(target=model.fit, args=load_iris(return_X_y=True))
    thread.start()
    assert started.wait(60)
    drawn = np.array([np.random.random() for _ in range(200)])
    thread.join()
    assert_array_equal(drawn, expected)


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_what_users_set_for_transformers_does_not_reach_the_student(output):
    X, y = load_iris(return_X_y=True)
    frame = pd.DataFrame(X, columns=list("abcd")).assign(e=y.astype(str))
    with sklearn.config_context(transform_output=output):
        sparse = MLPStudent(max_iter=2, random_state=0).fit(csr_matrix(X), y)
        mixed = on_given_rows(None, MLPStudent(max_iter=10)).fit(frame, y)
        assert_array_equal(mixed.teacher_.predict(frame), y)
        assert sparse.predict_proba(csr_matrix(X)).shape == (150, 3)
