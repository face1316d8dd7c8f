"""What can be refused without the teacher is refused before it is used."""

import numpy as np
import pandas as pd
import pytest
import torch
from refusals import refused
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, PredefinedSplit
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from skorch import NeuralNetClassifier
from teacher_alone import alone
from untouched import Fitted, N, Unfitted, X, table, y

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MungeSampler,
    SkorchStudent,
    TabularEncoder,
    UnlabeledRows,
)


def with_one(values, odd, at=-1):
    """Replace one value of an object column."""
    column = np.array(values, dtype=object)
    column[at] = odd
    return column


JOBS = np.array(["cook", "nurse", "clerk"])[np.arange(N) % 3]
TABLES = {
    "dates": table(day=pd.date_range("2020", periods=N)),
    "dates with a zone": table(day=pd.date_range("2020", periods=N, tz="UTC")),
    "durations": table(span=pd.to_timedelta(np.arange(N), unit="h")),
    "periods": table(month=pd.period_range("2020-01", periods=N, freq="M")),
    "lists": table(path=[[1, 2]] * N),
    "one list": table(path=with_one(JOBS, ["a"])),
    "complex numbers": table(wave=X[:, 1] + 1j),
    "infinity": table(other=np.where(np.arange(N) == N - 1, np.inf, X[:, 1])),
    "infinity among objects": table(other=with_one(X[:, 1], -np.inf)),
    "a number beyond float64": table(other=with_one(np.arange(N), 10**400)),
    "durations in an array": np.array(
        [[np.timedelta64(i, "s"), 1.0] for i in range(N)], dtype=object
    ),
}


@pytest.mark.parametrize("teacher", [Unfitted(), Fitted()], ids=["unfitted", "fitted"])
@pytest.mark.parametrize("transfer", ["auto", None])
@pytest.mark.parametrize("name", TABLES)
def test_columns_that_the_encoder_does_not_take(name, transfer, teacher):
    students = [None, make_pipeline(TabularEncoder(), LogisticRegression())]
    for student in students:
        model = DistilledClassifier(teacher, student, transfer=transfer)
        with pytest.raises((TypeError, ValueError)):
            model.fit(TABLES[name], y)


@pytest.mark.parametrize("name", TABLES)
def test_columns_of_unlabelled_rows(name):
    rows = TABLES[name]
    good = rows.copy()
    if isinstance(rows, pd.DataFrame):
        good[rows.columns[1]] = X[:, 1]
    else:
        good = np.array(X[:, :2], dtype=object)
    for transfer in ("auto", None):
        model = DistilledClassifier(Unfitted(), transfer=transfer)
        with refused((TypeError, ValueError), "X_unlabeled"):
            model.fit(good, y, X_unlabeled=UnlabeledRows(rows))


def net(**params):
    return NeuralNetClassifier(torch.nn.Linear, module__out_features=2, **params)


STUDENTS = {
    "a class": MLPStudent,
    "no classifier": StandardScaler(),
    "widths": MLPStudent((0,)),
    "widths that are no numbers": MLPStudent(("a", 3)),
    "a bad parameter": MLPStudent(max_iter=0),
    "a bad parameter of the encoder": MLPStudent(encoder=TabularEncoder(n_knots=1)),
    "a bad parameter behind a scaler": make_pipeline(
        StandardScaler(), LogisticRegression(C=-1.0)
    ),
    "a bad parameter of the scaler": make_pipeline(
        StandardScaler(with_mean="no"), LogisticRegression()
    ),
    "a bad parameter in a search": GridSearchCV(
        LogisticRegression(tol=-1.0), {"C": [1.0]}
    ),
    "a module instance": NeuralNetClassifier(torch.nn.Linear(3, 2)),
    "a criterion's option": net(criterion__weight=torch.ones(2)),
    "no net": SkorchStudent(LogisticRegression()),
    "a net's class": SkorchStudent(NeuralNetClassifier),
    "validation rows": HistGradientBoostingClassifier(
        early_stopping=True, validation_fraction=1000
    ),
    "nothing below 0": MultinomialNB(),
}


@pytest.mark.parametrize("teacher", [Unfitted(), Fitted()], ids=["unfitted", "fitted"])
@pytest.mark.parametrize("name", STUDENTS)
def test_students(name, teacher):
    with pytest.raises((TypeError, ValueError)):
        DistilledClassifier(teacher, STUDENTS[name]).fit(X, y)


NOMINAL = table(job=JOBS)
READERS = {
    "numbers only": LogisticRegression(),
    "numbers behind a scaler": make_pipeline(StandardScaler(), LogisticRegression()),
    "numbers in a search": GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2),
    "a network without encoder": MLPStudent(encoder=None),
    "a network behind a scaler": MLPStudent(encoder=StandardScaler()),
    "another column": make_pipeline(
        make_column_transformer((OneHotEncoder(), ["town"])), LogisticRegression()
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_students_that_cannot_read_these_rows(name):
    for rows in (NOMINAL, table(job=with_one(np.arange(N), "none"))):
        with pytest.raises((TypeError, ValueError)):
            DistilledClassifier(Unfitted(), READERS[name]).fit(rows, y)


def test_students_that_can_read_these_rows_are_not_refused():
    """Few rows would be too few for the folds of this search."""
    encode = make_column_transformer(
        (OneHotEncoder(), ["job"]), remainder="passthrough"
    )
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=KFold(12))
    for last in (search, LogisticRegression()):
        student = make_pipeline(encode, last)
        with pytest.raises(AssertionError, match="the teacher was"):
            DistilledClassifier(Unfitted(), student).fit(NOMINAL, y)


class Sampler(BaseEstimator):
    """Makes the rows that it was given."""

    def __init__(self, make):
        self.make = make

    def fit(self, X):
        self.X_ = X
        return self

    def sample(self):
        return self.make(self.X_)


def first(X):
    return X[:4]


SAMPLERS = {
    "no sampler": 7,
    "a class": MungeSampler,
    "a bad parameter": MungeSampler(0),
    "no source": Sampler(lambda X: X),
    "sources that are no rows": Sampler(lambda X: (X[:4], [0, 1, 2, 9_999])),
    "too few sources": Sampler(lambda X: (X[:4], [0, 1])),
    "another width": Sampler(lambda X: (X[:4, :1], [0, 1, 2, 3])),
    "infinity": Sampler(lambda X: (np.full((1, 3), np.inf), [0])),
    "a frame": Sampler(lambda X: (pd.DataFrame(X[:1]), [0])),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers(name):
    with pytest.raises((TypeError, ValueError)):
        DistilledClassifier(Unfitted(), transfer=SAMPLERS[name]).fit(X, y)


def test_samplers_of_frames():
    def make(rows):
        made = rows.iloc[:4].copy()
        made["number"] = np.inf
        return made, np.arange(4)

    with refused(ValueError, "rows made by the sampler.*infinity"):
        DistilledClassifier(Unfitted(), transfer=Sampler(make)).fit(NOMINAL, y)


HALVES = [(np.arange(30), np.arange(30, 60))]
PARAMETERS = {
    "alpha": {"alpha": 2.0},
    "a loss for more classes": {"loss": "kl_standardized"},
    "a temperature for weights": {
        "temperature": 2.0,
        "student": LogisticRegression(),
    },
    "weights of other teachers": {"teacher_weights": [1.0, 2.0]},
    "weights of nothing": {"teacher_weights": [0.0]},
    "an empty list": {"teacher": []},
    "a list with a class": {"teacher": [Unfitted(), LogisticRegression]},
    "a list with a bad parameter": {"teacher": [Unfitted(), LogisticRegression(C=-1)]},
    "rows never tested": {"cv": HALVES},
    "folds of more than there are": {"cv": 40},
    "folds of another length": {"cv": PredefinedSplit([0] * 50 + [-1] * 10)},
    "calibration without folds": {"objective": alone(calibration="sigmoid")},
    "calibration without cross-fitting": {
        "objective": alone(calibration="sigmoid", out_of_sample=False),
    },
    "cross-fitting without folds": {"objective": alone(out_of_sample=True)},
    "a threshold of a teacher without one": {"decision_threshold": "teacher"},
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name):
    params = {"teacher": Unfitted()} | PARAMETERS[name]
    with pytest.raises((TypeError, ValueError)):
        DistilledClassifier(**params).fit(X, y)


FIT = {
    "weights": {"sample_weight": -np.ones(N)},
    "another number of weights": {"sample_weight": np.ones(3)},
    "unlabelled rows that a fold would cut": {"X_unlabeled": X},
    "unlabelled rows of another width": {"X_unlabeled": X[:4, :2]},
    "unlabelled rows that are infinite": {"X_unlabeled": np.full((4, 3), np.inf)},
    "unlabelled rows that are strings": {"X_unlabeled": np.full((4, 3), "a")},
    "another number of groups": {"groups": np.ones(3)},
}


@pytest.mark.parametrize("name", FIT)
def test_arguments_of_fit(name):
    cv = 3 if name == "another number of groups" else None
    with pytest.raises((TypeError, ValueError)):
        DistilledClassifier(Unfitted(), cv=cv).fit(X, y, **FIT[name])


LABELS = {
    "one class": np.zeros(N),
    "missing": with_one(y, None),
    "mixed types": with_one(y, "one"),
    "a continuum": X[:, 0],
    "two outputs": np.c_[y, y],
    "too few": y[:-1],
}


@pytest.mark.parametrize("name", LABELS)
def test_labels(name):
    with pytest.raises((TypeError, ValueError)):
        DistilledClassifier(Unfitted()).fit(X, LABELS[name])


TEACHERS = {
    "no fit, beside folds": (Fitted(), {"cv": 3}),
    "classes twice": (Fitted(), {"teacher_classes": [0, 0]}),
    "classes in two dimensions": (Fitted(), {"teacher_classes": [[0, 1]]}),
    "other classes": (Fitted(), {"teacher_classes": ["a", "b"]}),
    "bagging of all rows": (
        BaggingClassifier(Unfitted(), bootstrap=False),
        {"objective": alone(out_of_sample=True)},
    ),
    "no jobs": (Unfitted(), {"n_jobs": 0}),
}


@pytest.mark.parametrize("name", TEACHERS)
def test_teachers_that_show_it_before_they_predict(name):
    teacher, params = TEACHERS[name]
    for teachers in (teacher, [Unfitted(), teacher]):
        with pytest.raises(ValueError):
            DistilledClassifier(teachers, **params).fit(X, y)


def test_a_student_with_wrong_parameters_is_refused_before_the_teacher_is_fitted():
    with refused(ValueError, "'batch_size' parameter of MLPStudent"):
        DistilledClassifier(Unfitted(), MLPStudent(batch_size=-1)).fit(X, y)
