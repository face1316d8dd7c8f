"""A kind of student that the package has never seen is one class in its registry."""

import numpy as np
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from untouched import Unfitted

from sklearn_kd.students import _kinds

X = np.random.default_rng(0).normal(size=(300, 3))
y = np.where(X[:, 0] + X[:, 1] > 0.5, "up", "down")
TEACHER = LogisticRegression(C=0.1)


class Learner:
    """Least squares on probabilities: no scikit-learn, no labels, no ``fit``."""

    def __init__(self, most_columns=9):
        self.most_columns = most_columns

    def learn(self, X, proba, weight):
        if X.shape[1] > self.most_columns:
            raise ValueError(f"{X.shape[1]} columns are too many")
        root = np.sqrt(weight)[:, None]
        self.coef = np.linalg.lstsq(root * np.c_[X, np.ones(len(X))], root * proba)[0]

    def proba(self, X):
        proba = np.clip(np.c_[X, np.ones(len(X))] @ self.coef, 1e-6, None)
        return proba / proba.sum(axis=1, keepdims=True)


class Adapter(ClassifierMixin, BaseEstimator):
    """What learns in the place of a Learner."""

    def __init__(self, learner, validation_fraction=0.2, random_state=None):
        self.learner = learner
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    early_stopping = True

    def fit(
        self,
        X,
        y,
        sample_weight=None,
        soft_targets=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        soft_targets_val=None,
    ):
        self.classes_, codes = np.unique(y, return_inverse=True)
        target = np.eye(len(self.classes_))[codes]
        if soft_targets is not None:
            alpha = soft_targets.row_alpha[:, None]
            target = alpha * soft_targets.proba + (1 - alpha) * target
        weight = np.ones(len(X)) if sample_weight is None else sample_weight
        self.rows_, self.weight_, self.rows_val_ = X, weight, X_val
        self.learner_ = clone(self.learner, safe=False)
        self.learner_.learn(X, target, weight)
        return self

    def predict_proba(self, X):
        return self.learner_.proba(X)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class LearnerKind(_kinds.SoftKind):
    """All that the package has to be told."""

    @staticmethod
    def is_one(student):
        return isinstance(student, (Adapter, Learner))

    @staticmethod
    def adapt(student, task):
        return Adapter(student) if isinstance(student, Learner) else student

    @staticmethod
    def try_out(student, rows):
        student.learner.learn(rows.X, rows.soft.proba, rows.weight)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setattr(_kinds, "KINDS", (LearnerKind, *_kinds.KINDS))


def distil(student, **params):
    return on_given_rows(TEACHER, student, random_state=0, **params)


def test_it_learns_the_probabilities_and_is_given_validation_rows():
    learner = Learner()
    model = distil(learner, alpha=1.0).fit(X, y)
    teacher = model.teacher_.predict_proba(X)
    assert abs(model.predict_proba(X) - teacher).mean() < 0.1
    student = model.student_
    assert type(student) is Adapter
    assert (len(student.rows_), len(student.rows_val_)) == (240, 60)
    assert vars(learner) == {"most_columns": 9}  # the user's own has learned nothing
    softer = distil(learner, alpha=1.0).set_params(teacher=LogisticRegression(C=1e-3))
    assert softer.fit(X, y).predict_proba(X).max() < model.predict_proba(X).max()


def test_it_learns_at_the_end_of_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), Learner())
    model = distil(pipeline, transfer="auto").fit(X, y)
    assert type(model.student_[-1]) is Adapter
    assert type(pipeline[-1]) is Learner
    assert model.n_transfer_rows_ > 0
    assert_allclose(model.student_[-1].rows_val_.mean(), 0, atol=0.3)
    assert model.score(X, y) > 0.85


def test_weights_reach_it():
    weight = np.where(X[:, 0] > 0, 3.0, 1.0)
    student = distil(Learner()).fit(X, y, sample_weight=weight).student_
    assert_allclose(student.weight_, np.where(student.rows_[:, 0] > 0, 3, 1))


def test_it_is_cloned_searched_and_given_a_threshold():
    model = clone(distil(Learner(), decision_threshold=0.3))
    assert cross_val_score(model, X, y, cv=2).min() > 0.7
    up = model.fit(X, y).predict(X) == "up"
    assert up.mean() > (model.predict_proba(X)[:, 1] > 0.5).mean()


def test_it_is_tried_before_any_teacher_is_fitted():
    model = distil(Learner(most_columns=2)).set_params(teacher=Unfitted())
    with pytest.raises(ValueError, match=r"before any teacher.*3 columns are too many"):
        model.fit(X, y)


def test_without_its_kind_it_is_refused(monkeypatch):
    monkeypatch.setattr(_kinds, "KINDS", _kinds.KINDS[1:])
    with pytest.raises(TypeError, match="must be a scikit-learn classifier, got"):
        distil(Learner()).fit(X, y)
