"""``warn_if_worse=``: the check by a second fit."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from teacher_alone import X, distil, make_table, y

from sklearn_kd import MLPStudent
from sklearn_kd.transfer import MungeSampler

# ---- warn_if_worse


class Lots(ClassifierMixin, BaseEstimator):
    """A teacher that draws lots."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = np.random.default_rng(len(X)).random(len(X))
        return np.c_[p, 1 - p]


CHECKED = distil(
    student=MLPStudent((32,), max_iter=30, validation_fraction=0.3),
    transfer=MungeSampler(1000),
    warn_if_worse=True,
    random_state=0,
)
WORSE = "log loss of the same student without a teacher is lower by"


def test_a_useless_teacher_is_reported():
    distilled = clone(CHECKED).set_params(teacher=Lots())
    with pytest.warns(UserWarning, match=rf"On \d+ validation rows the {WORSE} \d"):
        distilled.fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        distilled.set_params(warn_if_worse=False).fit(X, y)


def test_the_check_changes_no_student():
    distilled = clone(CHECKED).set_params(teacher=Lots())
    with pytest.warns(UserWarning, match=WORSE):
        checked = distilled.fit(X, y).predict_proba(X)
    plain = clone(distilled).set_params(warn_if_worse=False).fit(X, y)
    assert_array_equal(plain.predict_proba(X), checked)


class Truth:
    """A fitted teacher that knows how the labels were made."""

    classes_ = (0, 1)

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-2 * (X[:, 0] + X[:, 1] ** 2 - 0.7)))
        return np.c_[1 - p, p]


@pytest.mark.parametrize("transfer", [None, MungeSampler(2000)], ids=type)
def test_a_good_teacher_is_not(transfer):
    rows, _ = make_table(1000)
    labels = np.random.default_rng(0).random(1000) < Truth().predict_proba(rows)[:, 1]
    distilled = clone(CHECKED).set_params(teacher=Truth(), transfer=transfer)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        distilled.fit(rows, labels)


@pytest.mark.parametrize(
    "student",
    [LogisticRegression(), MLPStudent((8,), max_iter=2, early_stopping=False)],
)
def test_the_check_needs_validation_rows(student):
    distilled = clone(CHECKED).set_params(
        teacher=RandomForestClassifier(5), student=student
    )
    with pytest.raises(ValueError, match="compares log losses on validation rows"):
        distilled.fit(X, y)
