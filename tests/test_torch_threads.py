"""Skorch nets hold torch to one thread, and put back what they found."""

import os
import threading

import numpy as np
import pytest
import torch
from processes import printed_by
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback
from threadpoolctl import threadpool_limits

from sklearn_kd import MLPStudent, SkorchStudent
from sklearn_kd.students.skorch._threads import single_torch_thread
from sklearn_kd.torch import TabularMLP

X = np.random.default_rng(0).normal(size=(1100, 4))
y = X[:, :3].argmax(axis=1)
FEW = X[:60], y[:60]

SEEN = []


class Seeing(TabularMLP):
    """Writes down how many threads torch has when rows pass."""

    def forward(self, X):
        SEEN.append(torch.get_num_threads())
        return super().forward(X)


class Then(Callback):
    """Does something at the end of each epoch."""

    def __init__(self, action):
        self.action = action

    def on_epoch_end(self, net, **kwargs):
        self.action()


def student(*callbacks, **settings):
    settings = {"max_epochs": 1, "verbose": 0} | settings
    net = NeuralNetClassifier(Seeing, callbacks=list(callbacks), **settings)
    return SkorchStudent(net, encoder=None, random_state=0)


def seen(action, *args):
    """Give the numbers during the call, and the one after it."""
    SEEN.clear()
    action(*args)
    return set(SEEN), torch.get_num_threads()


def fail():
    raise LookupError


def stop():
    raise KeyboardInterrupt


def fit_in_threads():
    threads = [threading.Thread(target=student().fit, args=FEW) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def new_thread():
    """Give torch's number in a thread that uses it for the first time."""
    found = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    return found[0]


def check_default():
    """Everything that needs torch's own number: run in a process without limits."""
    many = torch.get_num_threads()
    assert many > 1
    fitted = student().fit(*FEW)
    assert seen(student().fit, *FEW) == ({1}, many)
    for n_rows in (1, 2, 60, 1100):
        assert seen(fitted.predict_proba, X[:n_rows]) == ({1}, many)
    with pytest.raises(LookupError):
        student(Then(fail)).fit(*FEW)
    assert torch.get_num_threads() == many
    student(Then(stop)).fit(*FEW)  # skorch ends training and goes on
    assert torch.get_num_threads() == many
    assert seen(fit_in_threads) == ({1}, many)
    during = []
    student(Then(lambda: during.append(new_thread()))).fit(*FEW)
    assert set(during) == {many}
    assert new_thread() == many
    inner = student()
    student(Then(lambda: inner.fit(*FEW))).fit(*FEW)
    assert torch.get_num_threads() == many
    sizes = {"module__n_features": 4, "module__hidden_layer_sizes": (1000, 1000)}
    large = NeuralNetClassifier(TabularMLP, module__n_classes=3, **sizes).initialize()
    with single_torch_thread(large):
        assert torch.get_num_threads() == many
    # last, since it cannot be taken back
    student(Then(lambda: torch.set_num_threads(1))).fit(*FEW)
    assert torch.get_num_threads() == 1
    if not torch.backends.mkl.is_available():
        return  # what has set the default is unknown
    torch.set_num_threads(many)  # the default, but now by the user
    assert seen(fitted.predict_proba, X[:2]) == ({many}, many)
    assert seen(student().fit, *FEW) == ({many}, many)
    student(Then(lambda: torch.set_num_threads(many + 1))).fit(*FEW)
    assert torch.get_num_threads() == many + 1


@pytest.mark.parametrize("limits", [("OMP",), ("OMP", "MKL")])
def test_a_fit_has_one_thread_unless_the_user_sets_another_number(limits):
    numbers = dict.fromkeys(
        (name for name in os.environ if name.endswith("_NUM_THREADS")), None
    )
    numbers |= {f"{name}_NUM_THREADS": "2" for name in limits}
    # a worker of joblib has both, and then MKL does not follow OpenMP
    check = "check_worker" if "MKL" in limits else "check_default"
    printed_by("-c", f"import test_torch_threads as t; t.{check}()", **numbers)


def check_worker():
    """MKL has a number of its own: it is held, too."""
    fitted = student()
    assert seen(fitted.fit, *FEW) == ({1}, 2)
    assert seen(fitted.predict_proba, X) == ({1}, 2)
    torch.set_num_threads(3)
    assert seen(fitted.predict_proba, X[:2]) == ({3}, 3)


def test_a_number_of_the_users_stays_in_new_threads_too():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert seen(student().fit, *FEW) == ({3}, 3)
        assert seen(fit_in_threads) == ({3}, 3)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("n_rows", "bound"), [(300, 1e-14), (1100, 1e-6)], ids=["float64", "float32"]
)
def test_blas_threads_change_the_last_digits_of_probabilities_only(n_rows, bound):
    wide = np.random.default_rng(1).normal(size=(1100, 30))
    model = MLPStudent(max_iter=2, random_state=0).fit(wide[:1000], y[:1000])
    answers = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            answers.append(model.predict_proba(wide[:n_rows]))
    assert np.abs(answers[0] - answers[1]).max() < bound
