"""Students of ``DistilledRegressor``: ours, anyone's, and the blended target."""

import numpy as np
import pytest
from catboost import CatBoostRegressor
from lightgbm import LGBMRegressor
from numpy.testing import assert_allclose, assert_array_equal
from regressors import FEW, SMALL, Learner, X, close, learner_of, on_given_rows, y
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, QuantileRegressor, Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils._testing import ignore_warnings
from xgboost import XGBRegressor

from sklearn_kd import MLPStudentRegressor, MungeSampler, SoftPredictions

TWO = np.column_stack([y, np.sqrt(y)])
TEACHER = RandomForestRegressor(10, random_state=0).fit(X, y)
PRED = TEACHER.predict(X)
TREE = DecisionTreeRegressor(max_leaf_nodes=8, random_state=0)
STUDENTS = {
    "ridge": Ridge(),
    "ridge with a search": RidgeCV(),
    "least squares": LinearRegression(),
    "neighbours": KNeighborsRegressor(),
    "tree": TREE,
    "boosting that stops": HistGradientBoostingRegressor(
        max_iter=5, early_stopping=True
    ),
    "lightgbm": LGBMRegressor(n_estimators=5, verbose=-1, n_jobs=1),
    "xgboost": XGBRegressor(n_estimators=5, n_jobs=1),
    "catboost": CatBoostRegressor(5, verbose=0, allow_writing_files=False),
    "support vectors": SVR(),
    "network": MLPRegressor(hidden_layer_sizes=(5,), max_iter=20),
    "pipeline": make_pipeline(StandardScaler(), KNeighborsRegressor()),
    "pipeline to ours": make_pipeline(MinMaxScaler(), SMALL),
    "vote": VotingRegressor([("ridge", Ridge()), ("tree", TREE)]),
    "stack": StackingRegressor([("ridge", Ridge()), ("tree", TREE)], Ridge(), cv=3),
    "search": GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, cv=3),
    "search of a pipeline": GridSearchCV(
        make_pipeline(StandardScaler(), TREE),
        {"decisiontreeregressor__max_leaf_nodes": [4, 8]},
        cv=3,
    ),
    "search of ours": GridSearchCV(SMALL, {"max_iter": [2, 5]}, cv=2),
    "transformed target": TransformedTargetRegressor(
        TREE, func=np.sqrt, inverse_func=np.square
    ),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", STUDENTS)
def test_any_regressor_learns_predictions(name):
    """At alpha 1 it is fitted on the teacher's predictions in the place of y."""
    student = STUDENTS[name]
    if "random_state" in student.get_params():
        student = clone(student).set_params(random_state=0)
    model = on_given_rows(TEACHER, student).fit(X, y)
    direct = clone(student).fit(X, PRED)
    if "ours" in name or "stops" in name:  # by rows that are split off before
        assert model.student_.score(X, PRED) > 0
        return
    assert_allclose(model.predict(X), direct.predict(X), rtol=1e-4)
    made = on_given_rows(TEACHER, student, transfer=FEW).fit(X, y)
    assert made.n_transfer_rows_ == 200
    assert np.isfinite(made.predict(X)).all()


# ---- both terms


def test_the_blend_is_exact_for_a_squared_error():
    """Two terms have the optimum of one from the mean of both targets."""
    blended = 0.3 * PRED + 0.7 * y
    model = on_given_rows(TEACHER, Ridge(), alpha=0.3).fit(X, y)
    assert_allclose(model.student_.coef_, Ridge().fit(X, blended).coef_, rtol=1e-6)
    pair = clone(model.student_).fit(
        np.vstack([X, X]), np.r_[PRED, y], np.repeat([0.3, 0.7], len(X))
    )
    assert_allclose(model.student_.coef_, pair.coef_, rtol=1e-6)


class Kept(RegressorMixin, BaseEstimator):
    """A regressor with weights that keeps what it is fitted on."""

    def fit(self, X, y, sample_weight=None):
        self.X_, self.y_, self.weight_ = X, y, sample_weight
        return self

    def predict(self, X):
        return np.zeros((len(X), *self.y_.shape[1:]))


def test_other_losses_have_each_row_twice():
    weight = np.arange(len(X)) % 2 + 1.0
    model = on_given_rows(TEACHER, Kept(), alpha=0.3, loss="absolute_error")
    kept = model.fit(X, y, sample_weight=weight).student_
    assert_array_equal(kept.X_, np.repeat(X, 2, axis=0))
    close(kept.y_, np.column_stack([PRED, y]).ravel())
    expected = weight[:, None] * [0.3, 0.7]
    assert_allclose(kept.weight_ / kept.weight_[0] * 0.3, expected.ravel())


def test_an_absolute_error_has_its_median_between_both():
    rows = np.ones((30, 1))
    targets = np.r_[np.zeros(20), np.ones(10)]
    given = np.full(30, 0.25)
    student = QuantileRegressor(quantile=0.5, alpha=0, fit_intercept=False)
    for alpha, median in [(0.1, 0.0), (0.6, 0.25)]:
        model = on_given_rows(None, student, alpha=alpha, loss="absolute_error")
        model.fit(rows, targets, teacher_pred=given)
        assert_allclose(model.predict(rows[:1]), median, atol=1e-6)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_hard_targets_count_by_alpha(alpha):
    learner = learner_of(on_given_rows(TEACHER, alpha=alpha), X, y)
    assert_array_equal(learner.y_, y)
    soft = learner.soft_targets_
    if alpha == 0:
        assert soft is None
        return
    assert isinstance(soft, SoftPredictions)
    assert_array_equal(soft.row_alpha, alpha)
    assert (soft.loss, soft.quantiles) == ("squared_error", None)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(
    "loss", ["squared_error", "absolute_error", "huber", "poisson", "gamma"]
)
def test_every_loss_is_learned_by_our_student(loss, alpha):
    student = MLPStudentRegressor((16,), max_iter=60, early_stopping=False)
    model = on_given_rows(TEACHER, student, loss=loss, alpha=alpha).fit(X, y)
    assert model.student_.loss == loss
    assert model.student_.out_activation_ == (
        "exp" if loss in ("poisson", "gamma") else "identity"
    )
    assert model.score(X, y) > 0.4
    if loss in ("poisson", "gamma"):
        assert (model.predict(100 * X) > 0).all()


# ---- own classes


def test_a_class_without_tags_gets_soft_targets():
    model = on_given_rows(TEACHER, Learner(), transfer=MungeSampler(50), alpha=0.2)
    learner = model.fit(X, y).student_
    soft = learner.soft_targets_
    assert len(soft) == len(learner.X_) == len(X) + 50
    made = learner.y_[len(X) :]
    close(soft.pred[len(X) :], made)
    is_made = np.arange(len(X) + 50) >= len(X)  # others have their hard term alone
    assert_allclose(learner.weight_ / learner.weight_[0], np.where(is_made, 0.25, 1))
    assert_array_equal(soft.row_alpha, is_made)


class Plain:
    """A class of no package, which takes targets alone."""

    def get_params(self, deep=True):
        return {}

    def set_params(self, **params):
        return self

    def fit(self, X, y):
        self.y_ = np.asarray(y)
        return self

    def predict(self, X):
        return np.resize(self.y_, (len(X), *self.y_.shape[1:]))


def test_a_class_that_takes_targets_alone_learns_blended_ones():
    model = on_given_rows(TEACHER, Plain(), alpha=0.5).fit(X, y)
    close(model.student_.y_, (PRED + y) / 2)


def test_students_of_several_outputs():
    teacher = Ridge().fit(X, TWO)
    for student in (
        Ridge(),
        KNeighborsRegressor(),
        TREE,
        MLPRegressor(hidden_layer_sizes=(5,), max_iter=5),
    ):
        with ignore_warnings(category=ConvergenceWarning):
            model = on_given_rows(teacher, clone(student)).fit(X, TWO)
        assert model.predict(X).shape == TWO.shape
        assert model.n_outputs_ == 2
    kept = on_given_rows(teacher, Kept()).fit(X, TWO).student_
    close(kept.y_, teacher.predict(X))


class Nothing(Kept):
    """A regressor that diverges."""

    def predict(self, X):
        return np.full(len(X), np.nan)


def test_a_student_that_predicts_no_numbers_is_refused():
    with pytest.raises(ValueError, match="trained student Nothing predicts NaN"):
        on_given_rows(TEACHER, Nothing()).fit(X, y)


def test_parameters_of_a_student_can_be_set():
    model = on_given_rows(TEACHER).set_params(student__max_iter=2)
    assert model.fit(X, y).n_iter_ == 2
    assert SMALL.max_iter == 5
    assert model.student.loss == "squared_error"


def test_the_parameters_that_were_passed_stay_as_they_were():
    student = clone(SMALL)
    model = on_given_rows(TEACHER, student, loss="huber").fit(X, y)
    assert (student.loss, model.student_.loss) == ("squared_error", "huber")
    assert model.student is student
    assert not hasattr(student, "coefs_")
