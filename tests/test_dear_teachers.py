"""Fewer synthetic rows where asking the teacher would cost more than training."""

import numpy as np
import pytest
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_wine
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler
from sklearn_kd._recipe import distilling
from sklearn_kd._recipe.labelling import label_synthetic, occurrences
from sklearn_kd._run import budget
from sklearn_kd._run.budget import most_for_trees
from sklearn_kd.teachers import count_trees

X, y = load_wine(return_X_y=True)
FOREST = RandomForestClassifier(7, random_state=0)
LIGHTGBM = LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1)


@pytest.mark.parametrize(
    ("teacher", "n_trees"),
    [
        (DecisionTreeClassifier(), 1),
        (FOREST, 7),
        (BaggingClassifier(n_estimators=4), 4),
        (BaggingClassifier(FOREST, n_estimators=2), 14),
        (GradientBoostingClassifier(n_estimators=5), 15),
        (HistGradientBoostingClassifier(max_iter=5), 15),
        (LIGHTGBM, 15),
        (XGBClassifier(n_estimators=5, n_jobs=1), 15),
        (CatBoostClassifier(5, verbose=False, allow_writing_files=False), 5),
        (make_pipeline(StandardScaler(), FOREST), 7),
        (VotingClassifier([("a", FOREST), ("b", LIGHTGBM)], voting="soft"), 22),
        (StackingClassifier([("a", FOREST)], DecisionTreeClassifier(), cv=2), 8),
        (CalibratedClassifierCV(FOREST, cv=2), 14),
        (OneVsRestClassifier(FOREST), 21),
        (GridSearchCV(FOREST, {"max_depth": [2]}, cv=2), 7),
        (LogisticRegression(max_iter=5000), 0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_trees_are_counted_wherever_they_are(teacher, n_trees):
    teacher = clone(teacher).fit(X, y)
    assert count_trees(teacher) == n_trees
    assert count_trees(FrozenEstimator(teacher)) == n_trees


def test_trees_of_numbers():
    assert count_trees(RandomForestRegressor(7).fit(X, y)) == 7
    two_classes = clone(LIGHTGBM).fit(X, y > 0)
    assert count_trees(two_classes) == 5


class Odd:
    """A teacher whose attributes raise, or hold themselves."""

    @property
    def estimators_(self):
        raise RuntimeError("not now")


class Circular:
    def __init__(self):
        self.estimators_ = [self]


@pytest.mark.parametrize("teacher", [Odd(), Circular(), object()])
def test_what_cannot_be_counted_counts_for_nothing(teacher):
    assert count_trees(teacher) == 0


def test_the_rows_fall_with_the_trees():
    rows = [most_for_trees(n) for n in (300, 600, 900, 1500, 7800, 20_000, 10**6)]
    assert rows == [600_000, 300_000, 200_000, 120_000, 120_000, 60_000, 60_000]
    assert most_for_trees(0) is None


@pytest.fixture
def dear(monkeypatch):
    """Pretend that seven trees are too many for more than 500 rows."""
    monkeypatch.setattr(budget, "TREES_A_FIT", 3500)
    monkeypatch.setattr(budget, "ROWS_OF_MANY_TREES", 100)
    monkeypatch.setattr(budget, "ROWS_OF_MOST_TREES", 50)


def fitted(transfer="auto", **params):
    student = MLPStudent((8,), max_iter=1)
    model = DistilledClassifier(
        clone(FOREST), student, objective="fidelity", transfer=transfer, random_state=0
    )
    return model.set_params(**params).fit(X, y)


@pytest.mark.usefixtures("dear")
def test_a_teacher_of_many_trees_labels_fewer_rows(capsys):
    model = fitted(verbose=1)
    assert model.n_transfer_rows_ == 500
    assert "7 trees are asked for each row: 500 synthetic rows" in (
        capsys.readouterr().out
    )
    again = fitted(teacher=FrozenEstimator(model.teacher_))
    assert again.n_transfer_rows_ == 500


@pytest.mark.usefixtures("dear")
def test_a_number_of_rows_that_the_user_has_chosen_stays():
    assert fitted(MungeSampler(800)).n_transfer_rows_ == 800


def test_occurrences_are_counted_in_order():
    values = np.array([2, 0, 2, 2, 1, 0])
    assert occurrences(values).tolist() == [0, 0, 1, 2, 0, 1]


@pytest.mark.usefixtures("dear")
def test_each_labelled_row_has_as_many_synthetic_ones(monkeypatch):
    kept = []

    def recorded(made, *rest):
        kept.append(made.origin)
        return label_synthetic(made, *rest)

    monkeypatch.setattr(distilling, "label_synthetic", recorded)
    fitted()
    (origin,) = kept
    counts = np.unique(origin, return_counts=True)[1]
    assert len(origin) == 500
    assert counts.max() - counts.min() <= 1
