"""``DistilledRegressor``: any teacher with ``predict``, as it is, fitted or given."""

import numpy as np
import pandas as pd
import pytest
from catboost import CatBoostRegressor
from lightgbm import LGBMRegressor
from numpy.testing import assert_allclose, assert_array_equal
from regressors import (
    FEW,
    Learner,
    X,
    close,
    learner_of,
    on_given_rows,
    soft_predictions,
    y,
)
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_validate, train_test_split
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor
from xgboost import XGBRegressor

from sklearn_kd import (
    DistilledRegressor,
    MLPStudentRegressor,
    MungeSampler,
    SoftPredictions,
)

TWO = np.column_stack([y, np.sqrt(y)])
RIDGE = Ridge().fit(X, y)


# ---- fitted and unfitted teachers


@pytest.mark.parametrize("wrap", [lambda one: one, FrozenEstimator, lambda one: [one]])
def test_a_fitted_teacher_is_used_as_it_is(wrap):
    forest = RandomForestRegressor(5, random_state=0).fit(X, y)
    state = dict(vars(forest))
    teacher = wrap(forest)
    model = on_given_rows(teacher).fit(X, y)
    assert model.teacher_ is (teacher[0] if isinstance(teacher, list) else teacher)
    assert vars(forest) == state
    close(soft_predictions(model, X, y), forest.predict(X))


def test_an_unfitted_teacher_is_cloned_and_fitted():
    tree = DecisionTreeRegressor(max_features=0.5)
    model = on_given_rows(tree).fit(X, y)
    assert model.teacher_ is not tree
    assert not hasattr(tree, "tree_")
    expected = clone(tree).set_params(random_state=model.teacher_.random_state)
    assert_array_equal(model.teacher_.predict(X), expected.fit(X, y).predict(X))


def test_several_teachers_are_averaged():
    forest = RandomForestRegressor(5, random_state=0)
    teachers, weights = [RIDGE, forest], [3, 1]
    model = on_given_rows(teachers, teacher_weights=weights).fit(X, y)
    expected = 0.75 * RIDGE.predict(X) + 0.25 * clone(forest).fit(X, y).predict(X)
    assert_allclose(model.teacher_.predict(X), expected)
    close(soft_predictions(model, X, y), expected)
    even = on_given_rows([RIDGE, RIDGE, forest]).fit(X, y).teacher_
    assert_allclose(even.weights, 1 / 3)
    assert even.score(X, y) == r2_score(y, even.predict(X))


class Told:
    """No estimator at all: it has ``predict`` and nothing else."""

    def predict(self, X):
        return [float(value) for value in RIDGE.predict(X)]


def test_any_object_that_predicts_is_a_teacher():
    model = on_given_rows(Told()).fit(X, y)
    close(soft_predictions(model, X, y), RIDGE.predict(X))
    assert clone(model).teacher is model.teacher


def test_a_pipeline_that_selects_columns_gets_the_frame():
    frame = pd.DataFrame(X, columns=list("abcdefghij"))
    steps = make_column_transformer((StandardScaler(), ["c", "i"]))
    teacher = make_pipeline(steps, LinearRegression())
    for one in (teacher, clone(teacher).fit(frame, y)):
        model = on_given_rows(one).fit(frame, y)
        close(soft_predictions(model, frame, y), model.teacher_.predict(frame))
        assert model.predict(frame).shape == y.shape


BOOSTERS = {
    "lightgbm": LGBMRegressor(n_estimators=5, verbose=-1, n_jobs=1),
    "xgboost": XGBRegressor(n_estimators=5, n_jobs=1),
    "catboost": CatBoostRegressor(5, verbose=0, allow_writing_files=False),
}


@pytest.mark.parametrize("name", BOOSTERS)
@pytest.mark.parametrize("fitted", [True, False])
def test_boosters_of_other_packages_teach(name, fitted):
    booster = clone(BOOSTERS[name])
    teacher = booster.fit(X, y) if fitted else booster
    model = on_given_rows(teacher, transfer=FEW).fit(X, y)
    assert (model.teacher_ is teacher) == fitted
    assert model.n_transfer_rows_ == 200
    learner = learner_of(model, X, y)
    close(learner.soft_targets_.pred, model.teacher_.predict(learner.X_))


def test_a_booster_of_lightgbm_without_its_wrapper_teaches():
    booster = clone(BOOSTERS["lightgbm"]).fit(X, y).booster_
    close(soft_predictions(on_given_rows(booster), X, y), booster.predict(X))


@pytest.mark.parametrize("fitted", [True, False])
def test_targets_may_be_transformed_inside_a_teacher(fitted):
    teacher = TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp)
    model = on_given_rows(teacher.fit(X, y) if fitted else teacher)
    weight = np.arange(len(y)) % 3 + 1
    expected = teacher if fitted else clone(teacher).fit(X, y, sample_weight=weight)
    close(soft_predictions(model, X, y, sample_weight=weight), expected.predict(X))


def test_targets_may_be_transformed_around_an_estimator_with_an_unfitted_teacher():
    model = TransformedTargetRegressor(
        on_given_rows(Ridge(), LinearRegression()), func=np.log, inverse_func=np.exp
    )
    direct = TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp)
    pair = model.fit(X, y).predict(X), direct.fit(X, y).predict(X)
    assert r2_score(pair[1], pair[0]) > 0.99


# ---- no teacher: the default one, and predictions from elsewhere


def test_without_a_teacher_there_is_a_default_ensemble():
    model = on_given_rows(objective="generalization").fit(X, y)
    assert model.teacher_.score(X, y) > 0.5
    assert set(model.pool_weights_) == {"teacher", "booster", "student"}
    assert_allclose(sum(model.pool_weights_.values()), 1)
    members = [type(one).__name__ for one in model.teacher_.teachers]
    assert members[:2] == ["HistGradientBoostingRegressor", "ExtraTreesRegressor"]
    assert len(members) == 3


def test_at_alpha_0_there_is_no_teacher():
    model = on_given_rows(alpha=0.0).fit(X, y)
    assert model.teacher_ is model.pool_weights_ is None
    teacher = Ridge(alpha=1e9)  # of no use
    again = on_given_rows(teacher, alpha=0.0, objective="generalization").fit(X, y)
    assert_array_equal(model.predict(X), again.predict(X))
    assert model.score(X, y) > 0.3


@pytest.mark.parametrize(
    "make",
    [
        np.asarray,
        list,
        lambda given: given[:, None],
        lambda given: pd.Series(given, index=np.arange(len(given)) + 7),
        lambda given: pd.DataFrame({"prediction": given}),
        SoftPredictions,
        lambda given: given.astype(np.float32),
    ],
    ids=["array", "list", "column", "series", "frame", "soft", "float32"],
)
def test_predictions_from_elsewhere(make):
    given = RIDGE.predict(X)
    model = (
        on_given_rows()
        .set_params(student=Learner())
        .fit(X, y, teacher_pred=make(given))
    )
    assert model.teacher_ is None
    close(model.student_.soft_targets_.pred, given)


def test_predictions_from_elsewhere_of_two_outputs():
    given = Ridge().fit(X, TWO).predict(X)
    model = (
        on_given_rows().set_params(student=Learner()).fit(X, TWO, teacher_pred=given)
    )
    soft = model.student_.soft_targets_
    assert soft.pred.shape == (len(X), 2)
    close(soft.pred, given)


def test_cross_validation_slices_predictions_from_elsewhere():
    given = RIDGE.predict(X)
    params = {"teacher_pred": given, "groups": np.arange(len(X)) // 4}
    found = cross_validate(
        on_given_rows(None, Learner()),
        X,
        y,
        params=params,
        cv=3,
        return_estimator=True,
        return_indices=True,
    )
    for model, rows in zip(found["estimator"], found["indices"]["train"], strict=True):
        close(model.student_.soft_targets_.pred, given[rows])


# ---- what it is for


def test_a_student_is_about_as_good_as_its_teacher():
    train, test, y_train, y_test = train_test_split(X, y, random_state=0)
    teacher = ExtraTreesRegressor(50, min_samples_leaf=3, random_state=0)
    student = MLPStudentRegressor((32,), max_iter=40)
    model = DistilledRegressor(
        teacher, student, transfer=MungeSampler(2000), random_state=0
    ).fit(train, y_train)
    assert model.score(test, y_test) > 0.9 * model.teacher_.score(test, y_test)
    assert r2_score(model.teacher_.predict(test), model.predict(test)) > 0.8
    assert model.student_on_labels_.score(test, y_test) > 0.2


@pytest.mark.parametrize(
    "teacher",
    [
        Ridge(),
        RandomForestRegressor(3, random_state=0),
        MultiOutputRegressor(SVR()),
        None,
        [Ridge(), DecisionTreeRegressor(max_depth=3)],
    ],
    ids=str,
)
def test_several_outputs_share_a_network(teacher):
    model = on_given_rows(teacher, transfer=FEW).fit(X, TWO)
    assert model.n_outputs_ == 2
    assert model.predict(X).shape == TWO.shape
    assert [weights.shape[1] for weights in model.student_.coefs_] == [8, 2]
    assert model.score(X, TWO) == r2_score(TWO, model.predict(X))
    learner = learner_of(model, X, TWO)
    assert learner.y_.shape == (200, 2)
    close(learner.soft_targets_.pred, model.teacher_.predict(learner.X_))
