"""Models for cascades that answer what is written in the rows, and real ones."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from sklearn_kd import MLPStudent

DIGITS, LABELS = load_digits(return_X_y=True)
FIT, NEW = slice(None, 600), slice(600, None)
X, Y, X_NEW, Y_NEW = DIGITS[FIT], LABELS[FIT], DIGITS[NEW], LABELS[NEW]
FOREST = RandomForestClassifier(30, random_state=0).fit(X, Y)
STUDENT = MLPStudent((16,), max_iter=20, random_state=0).fit(X, Y)
LOGISTIC = LogisticRegression(max_iter=50, tol=0.1)


class Written:
    """A student: the first column is how sure it is of its second class."""

    def __init__(self, classes=(0, 1)):
        self.classes_ = np.array(classes)

    def predict(self, X):
        return np.repeat(self.classes_[1:], len(X))

    def predict_proba(self, X):
        return np.column_stack([1 - X[:, 0], X[:, 0]])


class Differing:
    """A teacher without probabilities and classes: it differs where a row says so."""

    def __init__(self, labels=(0, 1)):
        self.labels = labels

    def predict(self, X):
        return np.where(X[:, 1] > 0, *self.labels)


class Asked:
    """A fitted classifier that keeps what it is asked, and answers as another does."""

    def __init__(self, model):
        self.model, self.classes_, self.asked = model, model.classes_, []

    def predict(self, X):
        self.asked.append(X)
        return self.model.predict(X)

    def predict_proba(self, X):
        self.asked.append(X)
        return self.model.predict_proba(X)


def written(certainty, differs):
    """Give the rows of `Written` and `Differing`."""
    columns = np.broadcast_arrays(certainty, np.asarray(differs, float))
    return np.column_stack(columns)
