"""A student that keeps what it was given, so that tests can read it."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Recorder(ClassifierMixin, BaseEstimator):
    """Follows the rule for students: its ``fit`` takes ``soft_targets``."""

    def fit(self, X, y, sample_weight=None, soft_targets=None):
        self.X_, self.y_ = X, y
        self.weight_, self.soft_ = sample_weight, soft_targets
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.allow_nan = True
        return tags


class RecordingTeacher(Recorder):
    """A teacher that keeps what it was fitted on, and takes two classes for equal."""

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


class Validated(Recorder):
    """A student that keeps validation rows apart, as MLPStudent does."""

    def __init__(self, early_stopping=True, validation_fraction=0.2, random_state=None):
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.random_state = random_state

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
        self.X_val_, self.soft_val_ = X_val, soft_targets_val
        return super().fit(X, y, sample_weight, soft_targets)


def soft_targets(distilled, X, y, **fit_params):
    """Give the soft targets that a student of this estimator would learn from."""
    distilled = distilled.set_params(student=Recorder())
    return distilled.fit(X, y, **fit_params).student_.soft_.proba
