"""A fitted teacher is used as it is; one that only looks fitted is fitted."""

import warnings

import numpy as np
import pandas as pd
import pytest
import skorch
import torch
from fitted_teachers import FRAME, FittedModel, X, fingerprint, forest, y
from given_rows import on_given_rows
from lightgbm import LGBMClassifier
from numpy.testing import assert_allclose, assert_array_equal
from recorder import soft_targets
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted
from wine import STUDENT, distil
from xgboost import XGBClassifier


class Linear(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(13, 3)

    def forward(self, X):
        return torch.softmax(self.layer(X), dim=-1)


def net():
    return skorch.NeuralNetClassifier(
        Linear, max_epochs=5, lr=0.5, batch_size=16, train_split=None, verbose=0
    )


def named(proba):
    return pd.DataFrame(proba, columns=[2, 0, 1])


def column_pipeline():
    """It names its columns, so only a DataFrame will do, and scales what it takes."""
    columns = list(FRAME.columns[:8])
    steps = make_column_transformer((StandardScaler(), columns)), LogisticRegression()
    return make_pipeline(*steps)


FITTED = {
    "forest": lambda: (forest(), X, {}),
    "pipeline of a frame": lambda: (column_pipeline().fit(FRAME, y), FRAME, {}),
    "frozen": lambda: (FrozenEstimator(forest()), X, {}),
    "only predict_proba": lambda: (FittedModel(forest(), classes_=[2, 0, 1]), X, {}),
    "returns a frame": lambda: (FittedModel(forest(), form=named), X, {}),
    "classes given": lambda: (FittedModel(forest()), X, {"teacher_classes": [2, 0, 1]}),
    "skorch": lambda: (net().fit(X, y), X, {}),
    "lightgbm": lambda: (
        LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1).fit(X, y),
        X,
        {},
    ),
    "xgboost": lambda: (XGBClassifier(n_estimators=5, n_jobs=1).fit(X, y), X, {}),
    "calibrated svm": lambda: (CalibratedClassifierCV(LinearSVC()).fit(X, y), X, {}),
    "threshold": lambda: (
        FixedThresholdClassifier(forest(X, y == 1), threshold=0.9).fit(X, y == 1),
        X,
        {},
    ),
}
each_fitted = pytest.mark.parametrize("name", FITTED)


@pytest.mark.filterwarnings("ignore:.*predicts by a threshold:UserWarning")
@each_fitted
def test_a_fitted_teacher_is_asked_and_nothing_else(name, monkeypatch):
    teacher, rows, params = FITTED[name]()
    labels = y == 1 if name == "threshold" else y
    before = fingerprint(teacher)

    def refuse(*args, **kwargs):
        raise AssertionError("the teacher was fitted")

    if hasattr(teacher, "fit"):
        monkeypatch.setattr(type(teacher), "fit", refuse)
    distilled = clone(distil(teacher, alpha=1.0, **params)).fit(rows, labels)
    assert distilled.teacher is teacher
    assert distilled.teacher_ is teacher
    assert fingerprint(teacher) == before

    # the student learnt from it: classes are in their own order for each of them
    proba = np.asarray(teacher.predict_proba(rows))
    order = np.argsort(getattr(teacher, "classes_", [2, 0, 1]))
    proba = proba[:, order]
    assert_allclose(soft_targets(distilled, rows, labels), proba, atol=1e-6)
    teacher_labels = np.unique(labels)[proba.argmax(axis=1)]
    student = clone(distilled).set_params(student=STUDENT).fit(rows, labels)
    assert np.mean(student.predict(rows) == teacher_labels) > 0.9


@pytest.mark.filterwarnings("ignore:.*predicts by a threshold:UserWarning")
def test_a_threshold_moves_predict_and_no_probability():
    plain = forest(X, y == 1)
    strict = FixedThresholdClassifier(plain, threshold=0.9).fit(X, y == 1)
    distilled = distil(strict).fit(X, y == 1)
    assert (strict.predict(X) != plain.predict(X)).any()
    assert_array_equal(distilled.teacher_.predict(X), strict.predict(X))
    assert_allclose(
        soft_targets(distilled, X, y == 1), strict.predict_proba(X), atol=1e-7
    )


def test_a_fitted_pipeline_that_selects_columns_takes_wider_frames():
    teacher = column_pipeline().fit(FRAME[FRAME.columns[:8]], y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        distilled = distil(teacher).fit(FRAME, y)
    assert distilled.teacher_ is teacher
    assert cross_val_score(distil(teacher), FRAME, y, cv=2).mean() > 0.8


# ---- what only looks fitted, and what is not


def test_a_pipeline_with_a_frozen_last_step_is_fitted():
    """scikit-learn's check is of the last step only."""
    inner = forest()
    teacher = make_pipeline(StandardScaler(), FrozenEstimator(inner))
    check_is_fitted(teacher)
    distilled = distil(teacher).fit(X, y)
    assert distilled.teacher_ is not teacher
    assert distilled.teacher_[-1].estimator is inner
    with pytest.raises(NotFittedError):
        check_is_fitted(teacher[0])
    assert distilled.teacher_.score(X, y) > 0.9


@pytest.mark.parametrize("initialized", [False, True])
def test_a_net_that_has_seen_no_label_is_fitted(initialized):
    """An initialised net passes scikit-learn's check, and predicts."""
    teacher = net().initialize() if initialized else net()
    before = fingerprint(teacher)
    distilled = distil(teacher).fit(X, y)
    assert distilled.teacher_ is not teacher
    assert fingerprint(teacher) == before
    assert distilled.teacher_.score(X, y) > 0.9
    assert distilled.score(X, y) > 0.8


UNFITTED = {
    "forest": RandomForestClassifier(10),
    "pipeline": make_pipeline(SimpleImputer(), LogisticRegression()),
    "lightgbm": LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1),
    "xgboost": XGBClassifier(n_estimators=5, n_jobs=1),
    "calibrated svm": CalibratedClassifierCV(LinearSVC()),
    "search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
    "soft vote": VotingClassifier([("a", RandomForestClassifier(5))], voting="soft"),
    "stack": StackingClassifier(
        [("a", RandomForestClassifier(5))], final_estimator=LogisticRegression(), cv=2
    ),
}


@pytest.mark.parametrize("name", UNFITTED)
def test_an_unfitted_teacher_is_cloned_and_fitted(name):
    teacher = UNFITTED[name]
    before = fingerprint(teacher)
    distilled = distil(teacher).fit(X, y)
    assert distilled.teacher is teacher
    assert type(distilled.teacher_) is type(teacher)
    assert fingerprint(teacher) == before
    with pytest.raises(NotFittedError):
        check_is_fitted(teacher)
    assert distilled.score(X, y) > 0.8


def test_a_teacher_is_seeded_where_its_user_left_it_open():
    open_teacher = make_pipeline(StandardScaler(), RandomForestClassifier(5))
    chosen = RandomForestClassifier(5, random_state=7)
    first = distil([open_teacher, chosen]).fit(X, y).teacher_.teachers
    second = distil([open_teacher, chosen]).fit(X, y).teacher_.teachers
    other = distil([open_teacher, chosen]).set_params(random_state=1).fit(X, y)
    assert first[1].random_state == 7
    assert isinstance(first[0][-1].random_state, int)
    answers = [teachers[0].predict_proba(X) for teachers in (first, second)]
    assert_array_equal(*answers)
    assert (answers[0] != other.teacher_.teachers[0].predict_proba(X)).any()


class Foreign:
    """An estimator of another library: it can be cloned, and has no tags."""

    def __init__(self, C=1.0):
        self.C = C

    def get_params(self, deep=True):
        return {"C": self.C}

    def set_params(self, **params):
        vars(self).update(params)
        return self

    def fit(self, X, y):
        self.model_ = LogisticRegression(C=self.C).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


def test_an_estimator_of_another_library():
    """Only its learned attributes show whether it is fitted."""
    fitted, unfitted = Foreign().fit(X, y), Foreign()
    assert clone(distil(fitted)).fit(X, y).teacher_ is fitted
    teacher = distil(unfitted).fit(X, y).teacher_
    assert type(teacher) is Foreign
    assert not hasattr(unfitted, "model_")
    distilled = distil(unfitted).set_params(teacher__C=0.5)
    assert distilled.fit(X, y).teacher_.model_.C == 0.5


# ---- several, none


def test_several_teachers_are_averaged_by_weight():
    fitted, unfitted = forest(), LogisticRegression()
    distilled = distil([fitted, unfitted], teacher_weights=[1, 3])
    soft = soft_targets(distilled, X, y)
    expected = 0.25 * fitted.predict_proba(X)
    expected += 0.75 * clone(unfitted).fit(X, y).predict_proba(X)
    assert_allclose(soft, expected, atol=1e-6)

    teacher = distilled.teacher_
    assert teacher.teachers[0] is fitted
    assert_allclose(teacher.predict_proba(X), expected, atol=1e-6)
    assert_array_equal(teacher.predict(X), expected.argmax(axis=1))
    assert_array_equal(teacher.classes_, [0, 1, 2])
    even = soft_targets(distil((fitted, unfitted)), X, y)
    twice = soft_targets(distil([fitted, unfitted], teacher_weights=[2, 2]), X, y)
    assert_array_equal(even, twice)


def test_several_fitted_teachers_come_through_a_clone():
    fitted, unfitted = forest(), LogisticRegression()
    twin = clone(distil([fitted, unfitted]))
    assert twin.teacher[0] is fitted
    assert twin.teacher[1] is not unfitted


def test_equal_unfitted_teachers_are_not_the_same_one_twice():
    pair = [RandomForestClassifier(5), RandomForestClassifier(5)]
    one, two = distil(pair).fit(X, y).teacher_.teachers
    assert (one.predict_proba(X) != two.predict_proba(X)).any()
    one, two = distil([net(), net()]).fit(X, y).teacher_.teachers
    assert (one.predict_proba(X) != two.predict_proba(X)).any()


@pytest.mark.parametrize("sparse", [False, True])
def test_without_a_teacher_an_ensemble_is_fitted(sparse):
    distilled = on_given_rows(student=STUDENT, random_state=0)
    teacher = distilled.fit(csr_array(X) if sparse else X, y).teacher_
    if sparse:
        assert isinstance(teacher, ExtraTreesClassifier)
    else:
        types = [HistGradientBoostingClassifier, ExtraTreesClassifier]
        assert [type(one) for one in teacher.teachers] == types
    assert distilled.score(csr_array(X) if sparse else X, y) > 0.8


class Duck:
    """Has what a teacher needs, and nothing of scikit-learn's."""

    def __init__(self, depth=3):
        self.depth = depth
        self.n_fits = 0

    def get_params(self, deep=True):
        return {"depth": self.depth}

    def fit(self, X, y):
        self.n_fits += 1
        self.model_ = RandomForestClassifier(5, random_state=0).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


def test_a_fitted_teacher_of_no_library_is_not_refitted():
    duck = Duck().fit(X, y)
    model = distil(duck)
    assert clone(model).teacher is duck
    assert model.fit(X, y).teacher_ is duck
    assert duck.n_fits == 1


def test_a_fitted_teacher_without_classes_is_not_refitted_but_asked_about():
    wine_forest = forest()

    class Silent(BaseEstimator):
        def fit(self, X, y):
            self.n_fits_ = getattr(self, "n_fits_", 0) + 1
            return self

        def predict_proba(self, X):
            return wine_forest.predict_proba(X)

    teacher = Silent().fit(X, y)
    with pytest.raises(ValueError, match=r"Pass teacher_classes=\[...\]"):
        distil(teacher).fit(X, y)
    assert teacher.n_fits_ == 1
    assert distil(teacher, teacher_classes=[0, 1, 2]).fit(X, y).teacher_ is teacher
