"""Students whose training diverges, or whose predictions are no probabilities."""

import numpy as np
import pytest
import torch
from given_rows import on_given_rows
from recorder import Recorder
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from skorch import NeuralNetClassifier
from skorch.callbacks import Checkpoint, LRScheduler
from torch import nn

from sklearn_kd import MLPStudent, SkorchStudent
from sklearn_kd.torch import TabularMLP

X = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)
TEACHER = LogisticRegression().fit(X, Y)


class Linear(nn.Module):
    def __init__(self, n_features, n_classes):
        super().__init__()
        self.layer = nn.Linear(n_features, n_classes)

    def forward(self, X):
        return self.layer(X)


class Cubed(Linear):
    def forward(self, X):
        return self.layer(X) ** 3


class LateRoot(Linear):
    """Weights stay finite; a row with a large first number gets NaN after training."""

    def forward(self, X):
        limit = 1e9 if self.training else 2.0
        return self.layer(X) + torch.sqrt(limit - X[:, :1])


def net(module=Cubed, lr=1e3, **params):
    params = {"max_epochs": 3, "verbose": 0} | params
    return NeuralNetClassifier(module, lr=lr, **params)


@pytest.mark.parametrize("train_split", ["default", None])
def test_a_net_that_diverges_is_refused_with_its_rate_and_epoch(train_split):
    params = {} if train_split == "default" else {"train_split": train_split}
    student = SkorchStudent(net(**params), encoder=None, random_state=0)
    message = (
        "lr=1000 the net predicts NaN for 2[0-9]+ of|of 300 .*from epoch [12] of 3 on"
    )
    with pytest.raises(ValueError, match=message):
        student.fit(X, Y)
    assert not hasattr(student, "net_")
    student.set_params(net__lr=0.01).fit(X, Y)
    with pytest.raises(ValueError, match="Training diverged"):
        student.set_params(net__lr=1e3).fit(X, Y)
    assert not hasattr(student, "net_")  # nor is one of an earlier fit left


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam])
def test_a_net_that_ends_far_worse_than_it_began_is_refused(optimizer):
    """Its units are dead or its weights are enormous, and every number is finite."""
    diverging = net(TabularMLP, optimizer=optimizer, module__hidden_layer_sizes=(8,))
    model = on_given_rows(TEACHER, diverging, random_state=0)
    with pytest.raises(ValueError, match="lr=1000 the loss of the first training rows"):
        model.fit(X, Y)
    model.set_params(student__lr=0.01).fit(X, Y)


def test_a_net_whose_loss_is_finite_and_whose_predictions_are_not_is_refused():
    student = SkorchStudent(net(LateRoot, 0.1), encoder=None, random_state=0)
    with pytest.raises(ValueError, match="rows, though its training loss is finite"):
        student.fit(X, Y)


@pytest.mark.parametrize("n_rows", [3, 1100])
def test_a_net_that_predicts_nan_has_no_label(n_rows):
    low = np.minimum(X, 1)
    student = SkorchStudent(net(LateRoot, 0.1), encoder=None, random_state=0)
    student.fit(low, Y)
    rows = np.repeat(low[:1], n_rows, axis=0)
    assert len(student.predict(rows)) == n_rows
    rows[2, 0] = 3
    for method in (student.predict, student.predict_proba, student.predict_log_proba):
        with pytest.raises(ValueError, match=f"1 of {n_rows} rows, first row 2"):
            method(rows)


def exploding(epoch):
    return 1e30 if epoch > 1 else 1.0


def test_a_net_whose_best_weights_were_put_back_is_kept(tmp_path):
    """The learning rate explodes in the last epochs; a callback loads the best ones."""
    best = Checkpoint(monitor="valid_loss_best", dirname=tmp_path, load_best=True)
    rates = LRScheduler(torch.optim.lr_scheduler.LambdaLR, lr_lambda=exploding)
    student = SkorchStudent(net(lr=0.01, callbacks=[rates, best]), random_state=0)
    student.fit(X, Y)
    assert student.n_iter_ < 3
    assert np.isfinite(student.predict_proba(X)).all()


@pytest.mark.parametrize("wrap", [lambda student: student, make_pipeline])
def test_a_distilled_net_that_diverges_is_refused(wrap):
    with pytest.raises(ValueError, match="Training diverged: at lr=1000"):
        on_given_rows(TEACHER, wrap(net()), random_state=0).fit(X, Y)


class Spoilt(ClassifierMixin, BaseEstimator):
    """A student that learns, and predicts nonsense from some row on."""

    def __init__(self, value=np.nan, after=0):
        self.value = value
        self.after = after

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        self.n_calls_ = 0
        return self

    def predict_proba(self, X):
        proba = np.full((len(X), 2), 0.5)
        if self.n_calls_ >= self.after:
            proba[1] = self.value
        self.n_calls_ += 1
        return proba

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        (np.nan, "NaN or infinity, .* row 1"),
        (3.0, "sum to 1"),
        (-1.0, "negative"),
    ],
)
def test_any_student_that_predicts_no_probabilities_is_refused(spoilt, message):
    with pytest.raises(ValueError, match=f"trained student Spoilt.*{message}"):
        on_given_rows(TEACHER, Spoilt(spoilt)).fit(X, Y)


@pytest.mark.parametrize("threshold", [None, 0.4])
def test_a_student_that_predicts_nan_later_gives_no_label_by_a_threshold(threshold):
    model = on_given_rows(TEACHER, Spoilt(after=1), decision_threshold=threshold)
    model.fit(X, Y)
    methods = [model.predict_proba] if threshold is None else [model.predict]
    for method in methods:
        with pytest.raises(
            ValueError, match=r"student Spoilt predicts NaN .* 1 of 300 rows"
        ):
            method(X)


def test_a_student_without_probabilities_is_still_one():
    assert on_given_rows(TEACHER, Recorder()).fit(X, Y).predict(X).shape == (300,)


# ---- the NumPy student


@pytest.mark.parametrize("rate", [1e10, 1e30])
def test_a_last_step_that_no_loss_has_seen_is_looked_at(rate):
    """One step: the loss is that of the first weights, and the outputs overflow."""
    student = MLPStudent((8, 8, 8, 8), learning_rate_init=rate, random_state=0)
    with pytest.raises(ValueError, match=r"Training diverged: .*init=1e"):
        student.partial_fit(X, Y, classes=[0, 1])
    assert not hasattr(student, "coefs_")
    student.set_params(early_stopping=False, max_iter=1, batch_size=300)
    with pytest.raises(ValueError, match="Training diverged"):
        student.fit(X, Y)


def test_a_batch_that_diverges_leaves_the_stream_as_it_was():
    student = MLPStudent((8, 8, 8, 8), random_state=0)
    student.partial_fit(X, Y, classes=[0, 1])
    before = student.predict_proba(X)
    student.set_params(learning_rate_init=1e30)
    with pytest.raises(ValueError, match="Training diverged"):
        student.partial_fit(X, Y)
    np.testing.assert_array_equal(student.predict_proba(X), before)


@pytest.mark.parametrize("n_rows", [1, 3, 1100])
def test_rows_that_overflow_have_no_label(n_rows):
    student = MLPStudent((8,), encoder=None, max_iter=3, random_state=0).fit(X, Y)
    rows = np.repeat(X[:1].astype(float), n_rows, axis=0)
    student.predict(rows)
    rows[-1] = 1.7e308
    for method in (student.predict, student.predict_proba, student.predict_log_proba):
        with pytest.raises(
            ValueError, match=f"MLPStudent predicts NaN .* 1 of {n_rows} rows"
        ):
            method(rows)
