"""What the tests of refusals have in common."""

import pytest
from given_rows import on_given_rows
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from wine import X, y

from sklearn_kd import MLPStudent

STUDENT = MLPStudent((4,), max_iter=2, batch_size=64)
LOGISTIC = LogisticRegression()


def distil(teacher=None, student=STUDENT, **params):
    return on_given_rows(teacher, student, random_state=0, **params)


def refused(error, match):
    """Give the context in which a message, however long its lines, is expected."""
    return pytest.raises(error, match=f"(?s){match}")


class Answering:
    """A fitted teacher, and what it makes of the probabilities of a good one."""

    def __init__(self, change, classes=(0, 1, 2)):
        self.change, self.classes_ = change, classes
        self.model = RandomForestClassifier(5, random_state=0).fit(X, y)

    def predict_proba(self, X):
        return self.change(self.model.predict_proba(X))


def forest():
    return RandomForestClassifier(5, random_state=0).fit(X, y)
