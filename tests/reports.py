"""A distilled model and its rows, of which tests write reports."""

from functools import cache

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from sklearn_kd import DistilledClassifier, MLPStudent
from sklearn_kd.inspection import distillation_report


def report_on(*args, **params):
    """A report in which next to nothing is timed."""
    return distillation_report(*args, **{"n_calls": 10, "time_limit": 0.0} | params)


@cache
def cancer_rows():
    """Training rows, held-out rows and the labels of both; not to be changed."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return train_test_split(X, y, stratify=y, test_size=0.5, random_state=0)


@cache
def cancer_model():
    """A fitted model; not to be changed."""
    X, _, y, _ = cancer_rows()
    forest = RandomForestClassifier(20, max_depth=3, random_state=0).fit(X, y)
    student = MLPStudent((8,), max_iter=20)
    model = DistilledClassifier(forest, student, transfer=None, random_state=0)
    return model.fit(X, y)
