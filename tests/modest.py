"""A teacher that is never sure, and students of its rows."""

import numpy as np
from given_rows import on_given_rows
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

X = np.random.default_rng(0).normal(size=(1500, 3))
LABELS = np.array(["hot", "mild"])


def truth(X):
    positive = expit(1.2 * np.asarray(X)[:, 0])
    return np.column_stack([1 - positive, positive])


class Modest:
    """A teacher that is never sure, and whose most probable class is always right."""

    classes_ = LABELS

    def predict_proba(self, X):
        return truth(X)

    def predict(self, X):
        return LABELS[truth(X).argmax(axis=1)]


y = Modest().predict(X)
LINEAR = LogisticRegression()


def distil(student, teacher=None, **params):
    teacher = Modest() if teacher is None else teacher
    return on_given_rows(teacher, student, random_state=0, **params)
