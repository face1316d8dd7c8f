"""Tensors, and arrays of other libraries, are read as arrays of NumPy."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from recorder import RecordingTeacher
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from teacher_alone import distil
from untouched import N, Unfitted, X, y

from sklearn_kd import (
    MLPStudent,
    MungeSampler,
    SoftTargets,
    TabularEncoder,
    UnlabeledRows,
    compute_soft_targets,
)
from sklearn_kd.metrics import agreement_scorer, kl_divergence

STUDENT = MLPStudent((4,), max_iter=2, random_state=0)
WEIGHT = np.linspace(0.5, 2, N)
PROBA = np.column_stack([1 - 0.8 * y - 0.1, 0.8 * y + 0.1])


class OnDevice:
    """An array that follows the standard of arrays, as of JAX or CuPy."""

    def __init__(self, values):
        self.values = np.asarray(values)
        self.shape = self.values.shape

    def __array_namespace__(self, api_version=None):
        raise AssertionError("nothing is computed in it")

    def __len__(self):
        return len(self.values)


class Exchanged(OnDevice):
    """One that is handed over by DLPack, and refuses NumPy's own ways."""

    def __dlpack__(self, **params):
        return self.values.__dlpack__(**params)

    def __dlpack_device__(self):
        return self.values.__dlpack_device__()

    def __array__(self, dtype=None, copy=None):
        raise TypeError("implicit conversion is not allowed")


class OnGPU(OnDevice):
    """One whose values have to be requested."""

    def get(self):
        return self.values

    def __array__(self, dtype=None, copy=None):
        raise TypeError("implicit conversion is not allowed")


class Implicit(OnDevice):
    def __array__(self, dtype=None, copy=None):
        return self.values


def trained(values):
    return torch.tensor(values, requires_grad=values.dtype.kind == "f")


KINDS = {
    "tensor": torch.tensor,
    "tensor of a graph": trained,
    "list of tensors": lambda values: list(trained(values)),
    "exchanged": Exchanged,
    "on a GPU": OnGPU,
    "implicit": Implicit,
}


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_fit_takes(kind):
    read = KINDS[kind]
    given = {"sample_weight": WEIGHT, "groups": np.arange(N) // 2}
    model = distil(
        RecordingTeacher(), STUDENT, transfer=MungeSampler(100), random_state=0
    )
    expected = model.fit(X, y, X_unlabeled=UnlabeledRows(X[:9]), **given)
    proba = expected.predict_proba(X)
    model.fit(
        read(X),
        read(y),
        X_unlabeled=UnlabeledRows(read(X[:9])),
        **{name: read(values) for name, values in given.items()},
    )
    assert type(model.teacher_.X_) is np.ndarray
    assert_array_equal(model.teacher_.X_, X)
    assert_array_equal(model.predict_proba(X), proba)
    assert_array_equal(model.predict_proba(read(X)), proba)
    assert_array_equal(model.predict(read(X)), model.predict(X))


@pytest.mark.parametrize("kind", KINDS)
def test_students_encoder_and_sampler_by_themselves(kind):
    read = KINDS[kind]
    alone = MLPStudent((4,), max_iter=2, random_state=0)
    proba = alone.fit(X, y, X_val=X, y_val=y).predict_proba(X)
    alone.fit(read(X), read(y), X_val=read(X), y_val=read(y))
    assert_array_equal(alone.predict_proba(read(X)), proba)
    streamed = [
        MLPStudent((4,), random_state=0).partial_fit(rows, labels, classes=[0, 1])
        for rows, labels in ((X, y), (read(X), read(y)))
    ]
    assert_array_equal(*[one.predict_proba(X) for one in streamed])
    encoder = TabularEncoder().fit(read(X))
    assert_array_equal(encoder.transform(read(X)), encoder.transform(X))
    samplers = [MungeSampler(9, random_state=0).fit(one) for one in (X, read(X))]
    assert_array_equal(*[sampler.sample()[0] for sampler in samplers])


@pytest.mark.parametrize("kind", KINDS)
def test_scores(kind):
    read = KINDS[kind]
    alone = clone(STUDENT).fit(X, y)
    model = on_given_rows(RecordingTeacher(), STUDENT)
    for one in (alone, model.fit(X, y)):
        expected = one.score(X, y, sample_weight=WEIGHT)
        assert one.score(read(X), read(y), sample_weight=read(WEIGHT)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_models_of_scikit_learn_are_asked_about_arrays(kind):
    tree = DecisionTreeClassifier(max_depth=2).fit(X, y)
    student = clone(STUDENT).fit(X, y)
    rows = KINDS[kind](X)
    assert_array_equal(compute_soft_targets(tree, rows), compute_soft_targets(tree, X))
    agreement = agreement_scorer(tree)(student, X)
    assert agreement_scorer(tree)(student, rows) == agreement


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities(kind):
    proba = KINDS[kind](PROBA)
    model = on_given_rows(None, STUDENT, random_state=0)
    expected = model.fit(X, y, teacher_proba=PROBA).predict_proba(X)
    assert_array_equal(model.fit(X, y, teacher_proba=proba).predict_proba(X), expected)
    assert_array_equal(SoftTargets(proba, [0, 1]).proba, PROBA)
    assert kl_divergence(proba, PROBA) == 0


def test_half_precision_that_numpy_lacks_is_widened():
    rows = torch.tensor(X, dtype=torch.bfloat16)
    model = on_given_rows(RecordingTeacher(), STUDENT)
    model.fit(rows, y)
    assert model.teacher_.X_.dtype == np.float32
    assert_allclose(model.teacher_.X_, X, rtol=0.01)


def test_what_is_no_dense_array_is_refused_by_name():
    model = distil(Unfitted(), STUDENT)
    with pytest.raises(TypeError, match=re.escape("pass X.to_dense()")):
        model.fit(torch.tensor(X).to_sparse(), y)
    with pytest.raises(ValueError, match="X is a tensor that cannot be read"):
        model.fit(torch.tensor(X, device="meta"), y)
    with pytest.raises(ValueError, match=r"X is of type .*OnDevice.*cannot be read"):
        model.fit(OnDevice(X), y)


def test_a_teacher_of_tensors_is_asked_about_tensors():
    class Net:
        classes_ = np.array([0, 1])

        def predict_proba(self, X):
            return torch.softmax(torch.stack([X[:, 0], X[:, 1]], dim=1), dim=1)

    soft = compute_soft_targets(Net(), torch.tensor(X), batch_size=25)
    assert soft.shape == (N, 2)


def test_with_dispatch_switched_on_the_predictions_are_the_same():
    model = on_given_rows(LogisticRegression(), STUDENT, random_state=0)
    expected = model.fit(X, y, WEIGHT).predict_proba(X)
    with config_context(array_api_dispatch=True):
        for read in (torch.tensor, np.asarray, lambda values: values.tolist()):
            for labels in (read(y), pd.Series(y), pd.Index(y), pd.Categorical(y)):
                model.fit(read(X), labels, read(WEIGHT))
                assert_array_equal(model.predict_proba(read(X)), expected)
            assert type(model.predict(read(X))) is np.ndarray
            assert 0 <= model.score(read(X), read(y)) <= 1
