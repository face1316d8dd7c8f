"""Regressors' out-of-sample predictions, their cache, and rows without a target."""

import numpy as np
import pandas as pd
import pytest
from clocks import stopped
from numpy.testing import assert_allclose, assert_array_equal
from regressors import (
    FEW,
    SMALL,
    Learner,
    X,
    close,
    learner_of,
    on_given_rows,
    soft_predictions,
    y,
)
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from teacher_alone import alone

from sklearn_kd import MungeSampler, UnlabeledRows

TWO = np.column_stack([y, np.sqrt(y)])
GROUPS = np.arange(len(X)) // 5
BAGGED = {
    "forest": RandomForestRegressor(40, oob_score=True, random_state=0),
    "extra trees": ExtraTreesRegressor(
        40, bootstrap=True, oob_score=True, random_state=0
    ),
    "bagging": BaggingRegressor(
        DecisionTreeRegressor(), 40, oob_score=True, max_features=0.5, random_state=0
    ),
}
OUT_OF_SAMPLE = {"objective": alone(out_of_sample=True)}


# ---- out of bag


@pytest.mark.parametrize("name", BAGGED)
def test_out_of_bag_predictions_are_those_of_scikit_learn(name):
    teacher = clone(BAGGED[name]).fit(X, y)
    model = on_given_rows(teacher, transfer=FEW, **OUT_OF_SAMPLE)
    soft = soft_predictions(model, X, y)
    close(soft[: len(X)], teacher.oob_prediction_)


def test_out_of_bag_predictions_of_several_outputs():
    teacher = clone(BAGGED["forest"]).fit(X, TWO)
    model = on_given_rows(teacher, transfer=FEW, **OUT_OF_SAMPLE)
    close(soft_predictions(model, X, TWO)[: len(X)], teacher.oob_prediction_)


def test_out_of_bag_predictions_behind_a_pipeline():
    teacher = make_pipeline(StandardScaler(), clone(BAGGED["bagging"])).fit(X, y)
    model = on_given_rows(teacher, transfer=FEW, **OUT_OF_SAMPLE)
    expected = teacher[-1].oob_prediction_
    close(soft_predictions(model, X, y)[: len(X)], expected)


def test_rows_that_no_tree_left_out_have_the_prediction_of_all():
    teacher = RandomForestRegressor(3, random_state=0).fit(X, y)
    model = on_given_rows(teacher, transfer=FEW, **OUT_OF_SAMPLE)
    soft = soft_predictions(model, X, y)[: len(X)]
    assert np.isfinite(soft).all()
    within = np.isclose(soft[:, 0], teacher.predict(X), rtol=1e-6)
    drawn = [set(rows.tolist()) for rows in teacher.estimators_samples_]
    in_all = [all(row in rows for rows in drawn) for row in range(len(X))]
    assert 0 < sum(in_all) < len(X)
    assert within[in_all].all()


def test_a_teacher_without_members_has_no_out_of_bag_predictions():
    model = on_given_rows(Ridge().fit(X, y), transfer=FEW, **OUT_OF_SAMPLE)
    with pytest.raises(ValueError, match="out_of_sample=True, but no part"):
        model.fit(X, y)


# ---- out of fold


@pytest.mark.parametrize(
    ("cv", "groups"),
    [
        (3, None),
        (KFold(4, shuffle=True, random_state=1), None),
        (GroupKFold(3), GROUPS),
    ],
    ids=["int", "shuffled", "groups"],
)
def test_soft_targets_are_out_of_fold(cv, groups):
    teacher = DecisionTreeRegressor(max_depth=4, random_state=0)
    model = on_given_rows(teacher, cv=cv)
    expected = cross_val_predict(teacher, X, y, cv=cv, groups=groups)
    learner = learner_of(model, X, y, groups=groups)
    close(learner.soft_targets_.pred, expected)
    whole = model.fit(X, y, groups=groups).teacher_
    assert_array_equal(whole.predict(X), clone(teacher).fit(X, y).predict(X))


def test_synthetic_rows_are_labelled_by_the_teacher_of_their_fold():
    teacher = DecisionTreeRegressor(random_state=0)
    model = on_given_rows(teacher, cv=3, transfer=FEW, **OUT_OF_SAMPLE)
    learner = learner_of(model, X, y)
    whole = clone(teacher).fit(X, y).predict(learner.X_[len(X) :])
    soft = learner.soft_targets_.pred
    close(soft[: len(X)], cross_val_predict(teacher, X, y, cv=3))
    assert np.mean(soft[len(X) :, 0] == whole) < 0.2


def test_folds_may_be_lists_of_positions():
    splits = list(KFold(3).split(X))
    pair = [soft_predictions(on_given_rows(Ridge(), cv=cv), X, y) for cv in (3, splits)]
    assert_array_equal(*pair)


def test_what_has_memorised_noise_labels_out_of_sample_by_itself(capsys):
    """Labels of neighbours differ by noise alone: Moran's I of residuals tells."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 2))
    targets = rows[:, 0] + rng.normal(size=400)
    chosen = {}
    for leaf in (1, 100):
        forest = ExtraTreesRegressor(
            60, bootstrap=True, min_samples_leaf=leaf, random_state=0
        )
        model = on_given_rows(
            forest, transfer=MungeSampler(400), objective=alone(), verbose=1
        )
        model.fit(rows, targets)
        chosen[leaf] = "labelled out of sample" in capsys.readouterr().out
    assert chosen == {1: True, 100: False}


# ---- rows without a target


def test_unlabelled_rows_are_labelled_by_the_teacher():
    more = X[:50] + 1
    model = on_given_rows(Ridge(), alpha=0.4)
    learner = learner_of(model, X, y, X_unlabeled=UnlabeledRows(more))
    assert model.fit(X, y, X_unlabeled=UnlabeledRows(more)).n_transfer_rows_ == 50
    rows = np.vstack([X, more])
    order = np.lexsort(learner.X_.T)
    expected = Ridge().fit(X, y).predict(rows)[np.lexsort(rows.T)]
    close(learner.soft_targets_.pred[order], expected)
    alphas = learner.soft_targets_.row_alpha
    assert (np.sum(alphas == 1), np.sum(alphas == 0.4)) == (50, len(X))
    assert_allclose(
        learner.weight_, alphas.clip(max=1) * (alphas == 1) * 0.4 + (alphas < 1)
    )


def test_made_rows_replace_the_training_rows_of_a_teacher_alone():
    learner = learner_of(on_given_rows(Ridge(), transfer=FEW), X, y)
    assert learner.X_.shape == (200, 10)
    assert not (learner.X_[:, None] == X[None]).all(axis=2).any()
    close(learner.soft_targets_.pred, Ridge().fit(X, y).predict(learner.X_))
    assert_array_equal(learner.y_, learner.soft_targets_.pred[:, 0])


# ---- the cache, and time


class Counted(RegressorMixin, BaseEstimator):
    """A teacher that counts its fits, in all processes of a test by a class."""

    fits = 0

    def __init__(self, fails=False):
        self.fails = fails

    def fit(self, X, y):
        type(self).fits += 1
        self.model_ = Ridge().fit(X, y)
        return self

    def predict(self, X):
        return self.model_.predict(X)


def test_a_cached_teacher_is_not_fitted_again(tmp_path, monkeypatch):
    monkeypatch.setattr(Counted, "fits", 0)
    model = on_given_rows(Counted(), memory=tmp_path, cv=2)
    first = clone(model).fit(X, y)
    assert Counted.fits == 3
    second = clone(model).fit(X, y)
    assert Counted.fits == 3
    assert_array_equal(first.predict(X), second.predict(X))
    other = y.copy()
    other[0] += 1
    clone(model).fit(X, other)
    assert Counted.fits == 5  # one fold is without that row


class Killed(Learner):
    """A student whose training is killed."""

    def fit(self, X, y, sample_weight=None, soft_targets=None):
        raise KeyboardInterrupt


def test_a_job_that_was_killed_goes_on_with_the_teachers_that_were_fitted(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(Counted, "fits", 0)
    model = on_given_rows(Counted(), memory=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        clone(model).set_params(student=Killed()).fit(X, y)
    clone(model).fit(X, y)
    assert Counted.fits == 1


def test_losses_of_one_search_share_a_teacher(tmp_path, monkeypatch):
    monkeypatch.setattr(Counted, "fits", 0)
    for params in ({}, {"loss": "huber"}, {"alpha": 0.5}, {"loss": "gamma"}):
        on_given_rows(Counted(), memory=tmp_path, **params).fit(X, y)
    assert Counted.fits == 1


def test_under_a_time_limit_there_is_a_student(monkeypatch):
    stopped(monkeypatch)
    teacher = GradientBoostingRegressor(n_estimators=20, random_state=0).fit(X, y)
    student = clone(SMALL).set_params(max_iter=30)
    model = on_given_rows(
        teacher, student, time_limit=30, transfer=FEW, objective="generalization"
    )
    model.fit(X, y)
    assert model.n_transfer_rows_ == 200
    assert model.score(X, y) > 0.2


def test_given_frames_stay_frames_for_the_teacher():
    frame = pd.DataFrame(X, columns=[f"column {i}" for i in range(10)])
    teacher = RandomForestRegressor(5, random_state=0).fit(frame, y)
    model = on_given_rows(teacher, transfer=FEW).fit(frame, y)
    assert list(model.feature_names_in_) == list(frame.columns)
