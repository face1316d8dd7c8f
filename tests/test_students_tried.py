"""A student is tried on a few rows before its teacher is fitted or predicts."""

import warnings

import numpy as np
import pytest
import torch
from lightgbm import LGBMClassifier
from refusals import refused
from scipy.sparse import csr_array
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    StandardScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNetClassifier
from skorch.callbacks import Initializer
from teacher_alone import distil
from untouched import N, Unfitted, X, table, y
from xgboost import XGBClassifier

from sklearn_kd import MLPStudent, SkorchStudent
from sklearn_kd.students import _rehearsal

JOBS = np.array(["cook", "nurse", "clerk"])[np.arange(N) % 3]
NOMINAL = table(job=JOBS)


def net(**params):
    return NeuralNetClassifier(torch.nn.Linear, module__out_features=2, **params)


GAPS = np.where(np.arange(N)[:, None] == N - 1, np.nan, X)
TRIALS = {
    "missing values behind a scaler": (
        make_pipeline(StandardScaler(), LogisticRegression()),
        GAPS,
    ),
    "numbers beyond float32": (
        DecisionTreeClassifier(),
        np.where(np.arange(N)[:, None] == N - 1, 1e300, X),
    ),
    "parameters that contradict each other": (LogisticRegression(dual=True), X),
    "weights of other classes": (LogisticRegression(class_weight={5: 1.0}), X),
    "more directions than columns": (
        make_pipeline(PCA(50), LogisticRegression()),
        X,
    ),
    "a column that is not there": (
        HistGradientBoostingClassifier(categorical_features=["nope"]),
        table(other=X[:, 1]),
    ),
    "an encoder's range": (MLPStudent(encoder=MinMaxScaler((2, 1))), X),
    "names of a grid": (GridSearchCV(LogisticRegression(), {"nope": [1]}), X),
    "an objective of LightGBM": (LGBMClassifier(objective="nope", verbose=-1), X),
    "a depth of XGBoost": (XGBClassifier(max_depth=-3), X),
    "an argument of a module": (net(module__nope=1), X),
    "an argument of an optimizer": (net(optimizer__nope=1), X),
    "outputs of a module": (
        NeuralNetClassifier(torch.nn.Linear, module__out_features=7),
        X,
    ),
    "negative numbers, sparse": (MultinomialNB(), csr_array(X)),
    "words that none has": (
        make_pipeline(TfidfVectorizer(min_df=50), LogisticRegression()),
        ["one two three"] * 30 + ["four five six"] * 30,
    ),
}


class Texts(Unfitted):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags


@pytest.mark.parametrize("name", TRIALS)
def test_students_are_tried_on_a_few_rows(name):
    student, rows = TRIALS[name]
    teacher = Texts() if isinstance(rows, list) else Unfitted()
    with pytest.raises(Exception) as caught:  # whatever the package raises
        distil(teacher, student).fit(rows, y)
    assert not isinstance(caught.value, AssertionError)


@pytest.mark.parametrize(
    "rows",
    [np.full((4, 3), np.nan), np.full((4, 3), 1e300)],
    ids=["missing", "beyond float32"],
)
def test_students_are_tried_on_rows_without_a_label(rows):
    student = ExtraTreesClassifier()
    if np.isnan(rows).any():
        student = make_pipeline(StandardScaler(), LogisticRegression())
    with refused(ValueError, "X_unlabeled"):
        distil(Unfitted(), student).fit(X, y, X_unlabeled=rows)


def test_a_search_is_tried_with_its_candidates():
    """The default of what it searches over need not fit."""
    searches = [
        GridSearchCV(
            Pipeline([("encode", "passthrough"), ("last", LogisticRegression())]),
            {"encode": [OneHotEncoder(handle_unknown="ignore")]},
            cv=2,
        ),
        GridSearchCV(MLPStudent(encoder=None), {"encoder": [None, "auto"]}, cv=2),
    ]
    for search in searches:
        with pytest.raises(AssertionError, match="the teacher was"):
            distil(Unfitted(), search).fit(NOMINAL, y)


class Counting(DecisionTreeClassifier):
    """A class of the user's own, whose fits may be counted."""

    n_fits = 0

    def fit(self, X, y, sample_weight=None):
        Counting.n_fits += 1
        return super().fit(X, y, sample_weight)


def test_classes_of_the_users_own_are_not_tried_on_numbers():
    distil(LogisticRegression(), Counting()).fit(X, y)
    assert Counting.n_fits == 1


# ---- and what the trial must not refuse, nor leave behind

RARE = np.r_[np.zeros(200), np.ones(98), 2, 3]
WIDE = np.random.default_rng(1).normal(size=(300, 3))
GIVEN = {"transfer": None, "random_state": 0}


def teacher_of(X, y):
    return LogisticRegression(max_iter=300).fit(X, y)


@pytest.mark.parametrize(
    "student",
    [
        GradientBoostingClassifier(n_estimators=10, n_iter_no_change=2),
        SGDClassifier(loss="log_loss", early_stopping=True),
        LGBMClassifier(objective="multiclassova", n_estimators=5, verbose=-1),
    ],
    ids=lambda student: type(student).__name__,
)
def test_rare_classes_are_no_reason_to_refuse(student):
    model = distil(teacher_of(WIDE, RARE), student, **GIVEN)
    assert model.fit(WIDE, RARE).predict_proba(WIDE).shape == (300, 4)


def test_a_search_with_many_candidates_that_fail_is_not_refused():
    grid = [
        {"dual": [True], "C": np.logspace(-3, 3, 12)},
        {"C": [1.0]},
    ]
    search = GridSearchCV(LogisticRegression(), grid, cv=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the candidates that fail
        model = distil(teacher_of(X, y), search, **GIVEN).fit(X, y)
    assert "dual" not in model.student_.best_params_


def test_weights_that_callbacks_set_are_no_divergence():
    start = Initializer(
        "*weight", fn=lambda weight: torch.nn.init.normal_(weight, 0, 9)
    )
    short = net(callbacks=[start], max_epochs=2, verbose=0)
    student = SkorchStudent(short, encoder=None, random_state=0)
    student.fit(X.astype(np.float32), y)


def test_the_trial_leaves_the_global_generators_alone(monkeypatch):
    """Also where a part draws from them because nothing seeds it."""
    student = make_pipeline(TargetEncoder(cv=2), LogisticRegression())
    model = distil(teacher_of(X, y), student, **GIVEN)
    draws = []
    for tried in (True, False):
        if not tried:
            monkeypatch.setattr(_rehearsal, "_rehearse", lambda *args: None)
        np.random.seed(5)
        proba = model.fit(X, y).predict_proba(X)
        draws.append([np.random.rand(), *proba.ravel()])
    assert draws[0] == draws[1]


def test_the_trial_prints_nothing(capsys):
    student = HistGradientBoostingClassifier(max_iter=3, verbose=1)
    distil(teacher_of(X, y), student, **GIVEN).fit(X, y)
    assert capsys.readouterr().out.count("Binning") == 1
