"""Skorch nets as students: they learn the teacher, by the seed and nothing else."""

import copy
import pickle
import random
import re

import numpy as np
import pytest
import sklearn
import torch
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from processes import printed_by
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skorch.callbacks import EarlyStopping
from skorch_nets import P, Shaped, Truth, X, agreement, fitted, net, soft, y
from teacher_alone import distil
from torch import nn
from torch_data import DEVICES

from sklearn_kd import DistilledClassifier, MungeSampler, SkorchStudent
from sklearn_kd._run.random import contained_draws
from sklearn_kd.losses import distillation_loss
from sklearn_kd.losses._registry import LossNames
from sklearn_kd.torch import DistillationLoss

# --- the loss ---------------------------------------------------------------------


@pytest.mark.parametrize("loss", LossNames("classification"))
@pytest.mark.parametrize(("alpha", "temperature"), [(1.0, 1.0), (0.5, 3.0), (0.0, 1.0)])
@pytest.mark.parametrize("device", DEVICES)
def test_the_validation_loss_is_that_of_numpy(loss, alpha, temperature, device):
    weight = np.random.default_rng(3).uniform(0.5, 2, len(X))
    targets = soft(alpha=alpha, temperature=temperature, loss=loss)
    held = np.arange(len(X)) % 5 == 0
    student = SkorchStudent(
        net(device=device, max_epochs=5), encoder=None, random_state=0
    ).fit(
        X[~held],
        y[~held],
        weight[~held],
        targets[~held],
        X_val=X[held],
        y_val=y[held],
        sample_weight_val=weight[held],
        soft_targets_val=targets[held],
    )
    history = student.net_.history
    expected, _ = distillation_loss(
        student.predict_log_proba(X[held]), y[held], targets[held], weight[held]
    )
    assert_allclose(history[-1, "valid_loss"], expected, rtol=2e-4)
    assert history[-1, "train_loss"] < history[0, "train_loss"]
    assert isinstance(student.net_.criterion_, DistillationLoss)
    assert agreement(student, Truth()) > 0.8


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_it_learns_from_unlabelled_and_synthetic_rows(alpha):
    few = slice(0, 60)
    rest = np.random.default_rng(4).normal(size=(500, 4))
    model = DistilledClassifier(
        Truth(),
        net(max_epochs=15),
        alpha=alpha,
        temperature=2.0,
        transfer=MungeSampler(400),
        objective="fidelity",
        random_state=0,
    ).fit(X[few], y[few], X_unlabeled=rest)
    assert model.n_transfer_rows_ == 900
    assert agreement(model, Truth(), X[60:]) > 0.93
    plain = clone(model).set_params(alpha=0).fit(X[few], y[few])
    assert agreement(plain, Truth(), X[60:]) < agreement(model, Truth(), X[60:])


def test_weights_are_rows_and_reach_a_bare_net_by_routing():
    weight = np.arange(len(X)) % 3.0
    model = distil(student=net(), random_state=0)
    weighted = clone(model).fit(X, y, weight, teacher_proba=P).predict_proba(X)
    without = clone(model).fit(X, y, teacher_proba=P).predict_proba(X)
    assert np.abs(weighted - without).max() > 1e-3
    with sklearn.config_context(enable_metadata_routing=True):
        asking = clone(model).set_fit_request(sample_weight=True)
        pipeline = make_pipeline(FunctionTransformer(), asking)
        asking.set_fit_request(teacher_proba=True)
        routed = pipeline.fit(X, y, sample_weight=weight, teacher_proba=P)
        assert_array_equal(routed.predict_proba(X), weighted)


# --- copies, seeds, state ---------------------------------------------------------


def test_a_pickle_is_small_and_predicts_alike_in_a_new_process(tmp_path):
    wide = np.random.default_rng(0).normal(size=(4000, 30))
    labels = (wide[:, 0] > 0).astype(int)
    proba = np.column_stack([1 - labels, labels]).astype(float)
    model = distil(student=net(max_epochs=1), random_state=0)
    student = model.fit(wide, labels, teacher_proba=proba).student_
    expected = student.predict_proba(wide[:5])
    bare = net(max_epochs=1, callbacks=[EarlyStopping(load_best=True)])
    bare = SkorchStudent(bare, encoder=None, random_state=0)
    bare.fit(wide, labels)
    assert len(pickle.dumps(bare)) < 40_000  # the rows would be 480 000
    assert_array_equal(copy.deepcopy(student).predict_proba(wide[:5]), expected)
    epoch = pickle.loads(pickle.dumps(bare)).net_.history[-1]
    assert epoch["valid_loss"] == bare.net_.history[-1, "valid_loss"]
    assert epoch["batches"] == []
    assert len(bare.net_.history[-1, "batches"]) > 50
    path = tmp_path / "student.pkl"
    path.write_bytes(pickle.dumps((student, wide[:5], expected)))
    code = (
        "import pickle, sys, numpy as np\n"
        "student, X, expected = pickle.load(open(sys.argv[1], 'rb'))\n"
        "np.testing.assert_array_equal(student.predict_proba(X), expected)\n"
        "print(student.predict(X).tolist())"
    )
    printed = printed_by("-c", code, path)
    assert printed.strip() == str(student.predict(wide[:5]).tolist())


@pytest.mark.parametrize("device", DEVICES)
def test_the_seed_decides_everything(device):
    same = [fitted(device=device, module__dropout=0.3) for _ in range(2)]
    first, second = (student.predict_proba(X) for student in same)
    assert_array_equal(first, second)
    other = fitted(device=device, module__dropout=0.3, random_state=1)
    assert np.abs(first - other.predict_proba(X)).max() > 1e-3


def test_a_seed_of_the_students_own_counts_inside_another():
    student = SkorchStudent(net(train_split=None), encoder=None, random_state=7)
    alone = clone(student).fit(X, y, soft_targets=soft()).predict_proba(X)
    model = distil(student=student, random_state=0)
    inside = model.fit(X, y, teacher_proba=P)
    # it hands soft targets on in float32; other draws would differ by far more
    assert_allclose(inside.predict_proba(X), alone, atol=1e-5)


@pytest.mark.parametrize("device", DEVICES)
def test_draws_inside_leave_no_trace(device):
    foreign = net(device=device)
    before = torch.rand(3, device=device) if device != "cpu" else None
    state = torch.get_rng_state()
    with contained_draws(1, foreign):
        outer = [torch.rand(1, device=device).item()]
        with contained_draws(2, foreign):
            inner = torch.rand(2, device=device)
        outer.append(torch.rand(1, device=device).item())
    with contained_draws(1, foreign):
        assert torch.rand(2, device=device).tolist() == outer
    with contained_draws(2, foreign):
        assert torch.equal(torch.rand(2, device=device), inner)
    assert torch.equal(torch.get_rng_state(), state)
    assert before is None or not torch.equal(torch.rand(3, device=device), before)


@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
def test_generators_of_gpus_are_asked_where_a_net_is_set_to_one(device, monkeypatch):
    asked = []

    def answer(name, value):
        monkeypatch.setattr(
            torch.cuda, name, lambda *args: asked.append((name, *args)) or value
        )

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    answer("is_available", True)
    answer("get_rng_state_all", ["state"])
    answer("manual_seed_all", None)
    answer("set_rng_state_all", None)
    pipeline = make_pipeline(FunctionTransformer(), net(device=device))
    with contained_draws(3, pipeline):
        pass
    if device == "cpu":  # and nothing makes a CUDA context
        assert asked == []
    else:
        assert [name for name, *_ in asked[:2]] == ["is_available", "get_rng_state_all"]
        assert asked[2:] == [("manual_seed_all", 3), ("set_rng_state_all", ["state"])]


def test_global_state_does_not_change():
    def state():
        kind, keys, *rest = np.random.get_state()
        return (
            (kind, keys.tolist(), *rest),
            random.getstate(),
            torch.get_rng_state().tolist(),
            torch.get_default_dtype(),
            torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(),
            torch.is_grad_enabled(),
        )

    before = state()
    student = fitted(module__dropout=0.2, max_epochs=1)
    student.predict(X)
    assert state() == before


# torch hides this one of its own from users, but not from an "error" filter
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")
@pytest.mark.parametrize("form", ["logits", "probabilities"])
def test_a_compiled_net_predicts_as_a_plain_one(form):
    plain, compiled = (
        fitted(net(Shaped, module__form=form, max_epochs=2, **params))
        for params in ({}, {"compile": True, "compile__backend": "eager"})
    )
    assert_allclose(compiled.predict_proba(X), plain.predict_proba(X), rtol=1e-4)
    assert compiled.net_.predict_nonlinearity.output == form


def test_nets_may_teach_nets():
    single = X.astype(np.float32)
    teacher = net(
        lr=0.05, max_epochs=15, train_split=None, criterion=nn.CrossEntropyLoss
    )
    teacher.set_params(module__n_features=4, module__n_classes=3)
    student = net(max_epochs=10)
    fresh = on_given_rows(teacher, student, random_state=0)
    fresh.fit(single, y)
    assert agreement(fresh, fresh.teacher_, single) > 0.8
    known = distil(
        fresh.teacher_, student, transfer=MungeSampler(300), random_state=0
    ).fit(single, y)
    assert known.teacher_ is fresh.teacher_
    assert agreement(known, known.teacher_, single) > 0.85


def test_it_is_a_step_of_a_pipeline_and_is_cross_validated():
    model = distil(
        Truth(), net(max_epochs=8), transfer=MungeSampler(300), random_state=0
    )
    pipeline = make_pipeline(FunctionTransformer(), model)
    assert cross_val_score(pipeline, X, y, cv=2).mean() > 0.5
    assert re.search("TabularMLP", repr(pipeline))
