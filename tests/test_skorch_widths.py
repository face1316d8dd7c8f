"""Modules of one width as students, and those that get the width of the rows."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from refusals import refused
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback, InputShapeSetter
from torch import nn
from torch.utils.data import (
    DataLoader,
    SequentialSampler,
    TensorDataset,
    default_collate,
)
from untouched import Unfitted

from sklearn_kd import SkorchStudent, TabularEncoder
from sklearn_kd.torch.loader import JoiningDataLoader

X = np.random.default_rng(0).normal(size=(120, 10))
y = X[:, :3].argmax(axis=1)
FRAME = pd.DataFrame(X, columns=list("abcdefghij"))
GAPS = FRAME.mask(FRAME > 2.4)
NOMINAL = FRAME.assign(c=np.where(X[:, 2] > 0, "up", "down"))
CODES = np.random.default_rng(1).integers(0, 5, size=X.shape)


class Fixed(nn.Module):
    """Ten columns, and a width inside that is the user's."""

    def __init__(self, width=8):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(10, width), nn.ReLU(), nn.Linear(width, 3)
        )

    def forward(self, X):
        return self.layers(X)


class Named(nn.Module):
    """Takes the width of its input by a name of its own."""

    def __init__(self, inputs=2):
        super().__init__()
        self.layer = nn.Linear(inputs, 3)

    def forward(self, X):
        return self.layer(X)


class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.Linear(8, 3))

    def forward(self, X):
        return self.layers(X)


class AnyWidth(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 3)

    def forward(self, X):
        return self.layer(torch.stack([X.mean(dim=1), X.std(dim=1)], dim=1))


class Embedded(nn.Module):
    def __init__(self):
        super().__init__()
        self.levels = nn.Embedding(5, 2)
        self.layer = nn.Linear(20, 3)

    def forward(self, X):
        return self.layer(self.levels(X).flatten(1))


class SetsWidth(Callback):
    """What users write: it looks at the rows when training begins."""

    def on_train_begin(self, net, X, y, **kwargs):
        assert np.asarray(X).shape == X.shape
        assert (X.ndim, X.dtype, len(X)) == (2, np.float32, len(y))
        assert X[:2].mean().shape == ()
        net.set_params(module__inputs=X.shape[1])


def sequential():
    return nn.Sequential(nn.Linear(10, 4), nn.ReLU(), nn.Linear(4, 3))


def net(module, **settings):
    return NeuralNetClassifier(module, max_epochs=1, verbose=0, **settings)


def distil(student, X, teacher=None):
    model = on_given_rows(teacher, student, random_state=0)
    if teacher is None:
        return model.fit(X, y, teacher_proba=np.full((len(X), 3), 1 / 3))
    return model.fit(X, y)


@pytest.mark.parametrize("rows", [X, X.astype(np.float32), CODES, FRAME])
@pytest.mark.parametrize(
    "module",
    [
        Fixed,
        sequential,
        partial(nn.Linear, 10),
        partial(nn.Linear, in_features=10),
        lambda **kwargs: nn.Linear(10, 3),
    ],
)
def test_a_module_of_one_width_learns_from_rows_as_they_are(module, rows):
    student = distil(net(module), rows).student_
    same = SkorchStudent(net(module), encoder=None, random_state=0)
    plain = np.asarray(rows, dtype=float)
    soft = np.full((len(X), 3), 1 / 3)
    model = on_given_rows(student=same, random_state=0)
    expected = model.fit(plain, y, teacher_proba=soft)
    assert_array_equal(student.predict_proba(rows), expected.predict_proba(plain))


def test_a_width_that_the_user_sets_is_that_of_the_rows_as_they_are():
    student = distil(net(nn.Linear, module__in_features=10), X).student_
    assert student.net_.module_.in_features == 10


def test_it_may_stand_behind_a_scaler_and_in_a_grid_over_its_width():
    student = make_pipeline(StandardScaler(), net(Fixed))
    fitted = distil(student, X * 100).student_
    assert_allclose(fitted[:-1].transform(X * 100).std(axis=0), 1, rtol=0.05)
    assert fitted[-1].net_.module_.layers[0].weight.shape == (8, 10)
    teacher = DecisionTreeClassifier(max_depth=2)
    model = on_given_rows(teacher, net(Fixed), random_state=0)
    search = GridSearchCV(model, {"student__module__width": [2, 5]}, cv=2).fit(X, y)
    width = search.best_params_["student__module__width"]
    net_ = search.best_estimator_.student_.net_
    assert net_.module_.layers[0].weight.shape == (width, 10)


def test_integers_reach_a_module_that_reads_nothing_else():
    student = distil(net(Embedded), CODES).student_
    assert student.predict_proba(CODES).shape == (120, 3)
    with refused(ValueError, "Embedded cannot read rows of 10 columns: .*Long"):
        distil(net(Embedded), X)


@pytest.mark.parametrize(
    "student",
    [
        net(nn.Linear),
        net(Lazy),
        net(AnyWidth),
        net(Named, callbacks=[InputShapeSetter(param_name="inputs")]),
        net(Named, callbacks=[SetsWidth()]),
    ],
)
@pytest.mark.parametrize("rows", [GAPS, NOMINAL], ids=["gaps", "nominal"])
def test_a_module_that_can_follow_has_encoded_rows(student, rows):
    fitted = distil(student, rows).student_
    assert type(fitted.encoder_) is TabularEncoder
    assert np.isfinite(fitted.predict_proba(rows)).all()


@pytest.mark.parametrize(
    ("student", "rows", "message"),
    [
        (
            net(Fixed),
            X[:, :7],
            "Fixed takes rows of 10 columns, by its Linear.*got rows",
        ),
        (
            net(sequential),
            X[:, :7],
            "sequential takes rows of 10 .*got rows of 7.*n_fea",
        ),
        (
            net(nn.Linear, module__in_features=9),
            X,
            "of 9 columns.*of 10. Leave module__in",
        ),
        (net(Named), NOMINAL, "Named takes rows of one width.*OneHotEncoder"),
        (
            net(Fixed),
            GAPS,
            "contains NaN, in columns? '.*Fixed has rows.*SimpleImputer",
        ),
        (net(Fixed), csr_matrix(X[:, :7]), "takes rows of 10 columns.*got rows of 7"),
        (SkorchStudent(net(Fixed), encoder=None), X[:, :7], "of 10 columns.*of 7"),
        (make_pipeline(StandardScaler(), net(Fixed)), X[:, :7], "of 10 columns.*of 7"),
        (make_pipeline(OneHotEncoder(), net(Fixed)), NOMINAL[["c"]], "10 .*of 2"),
    ],
)
def test_what_it_cannot_read_is_refused_before_the_teacher_is_fitted(
    student, rows, message
):
    with refused(ValueError, message):
        distil(student, rows, Unfitted())


def test_values_missing_at_prediction_are_refused():
    fitted = distil(net(Fixed), FRAME)
    with refused(ValueError, "contains NaN, in columns? 'a'.*SimpleImputer"):
        fitted.predict(FRAME.assign(a=np.nan))


def test_input_shape_setter_does_what_it_does_in_plain_skorch():
    callback = InputShapeSetter(param_name="inputs")
    plain = net(Named, callbacks=[callback]).fit(X.astype(np.float32), y)
    own = SkorchStudent(clone(net(Named, callbacks=[callback])), encoder=None)
    assert own.fit(X, y).net_.module_.layer.in_features == 10
    assert plain.module_.layer.in_features == 10


# --- batches of one row -----------------------------------------------------------


class Normalized(nn.Module):
    def __init__(self, n_features, n_classes):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_features, 8), nn.BatchNorm1d(8), nn.Linear(8, n_classes)
        )

    def forward(self, X):
        return self.layers(X)


@pytest.mark.parametrize("encoder", [None, "auto"])
@pytest.mark.parametrize("rows", [X[:91], csr_matrix(X[:91])], ids=["dense", "sparse"])
@pytest.mark.parametrize("batch_size", [2, 9, 90])
def test_a_last_batch_of_one_row_is_joined_to_the_one_before(rows, encoder, batch_size):
    sizes = []

    class Sizes(Callback):
        def on_batch_begin(self, net, batch, training, **kwargs):
            sizes.append(len(batch[0]))

    student = SkorchStudent(
        net(Normalized, batch_size=batch_size, train_split=None, callbacks=[Sizes()]),
        encoder=encoder,
        random_state=0,
    ).fit(rows, y[:91])
    assert sum(sizes) == 91
    assert sizes == [batch_size] * (len(sizes) - 1) + [batch_size + 1]
    assert np.isfinite(student.predict_proba(rows)).all()


def test_batches_of_one_row_are_refused_before_the_teacher_where_two_are_needed():
    with refused(
        ValueError, r"Normalized cannot learn from a batch of one .*batch_size"
    ):
        distil(net(Normalized, batch_size=1), X, Unfitted())
    single = SkorchStudent(net(nn.Linear, batch_size=1), random_state=0)
    assert single.fit(X[:9], y[:9]).n_iter_ == 1


@pytest.mark.parametrize(
    "option",
    [
        {"num_workers": 0},
        {"pin_memory": False, "shuffle": False},
        {"sampler": SequentialSampler(X[:91])},
        {"collate_fn": default_collate, "drop_last": True},
    ],
    ids=["workers", "memory", "sampler", "dropped"],
)
def test_a_loader_with_options_of_the_users_joins_it_too(option):
    sizes = []

    class Sizes(Callback):
        def on_batch_begin(self, net, batch, training, **kwargs):
            sizes.append(len(batch[0]))

    options = {f"iterator_train__{name}": value for name, value in option.items()}
    settings = {"batch_size": 9, "train_split": None, "callbacks": [Sizes()]}
    student = SkorchStudent(net(Normalized, **settings, **options), random_state=0)
    student.fit(X[:91], y[:91])
    assert sizes[-1] == (9 if "drop_last" in option else 10)
    assert sum(sizes) == (90 if "drop_last" in option else 91)
    assert len(sizes) == len(student.net_.history[0, "batches"])


def test_other_batches_are_those_of_torch():
    rows = TensorDataset(torch.arange(20))
    for size in (3, 20, 1, 7):
        torch.manual_seed(0)
        plain = [b[0].tolist() for b in DataLoader(rows, batch_size=size, shuffle=True)]
        torch.manual_seed(0)
        ours = list(JoiningDataLoader(rows, batch_size=size, shuffle=True))
        assert [batch[0].tolist() for batch in ours] == plain
    assert len(JoiningDataLoader(rows, batch_size=19)) == 1
