"""``DistilledRegressor`` in searches, pipelines and ensembles, cloned and pickled."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from regressors import FEW, SMALL, X, on_given_rows, y
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesRegressor,
    RandomForestRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_score,
    cross_validate,
)
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sklearn_kd import DistilledRegressor, MLPStudentRegressor, Pool

FOREST = RandomForestRegressor(5, random_state=0).fit(X, y)
TWO = np.column_stack([y, np.sqrt(y)])


@pytest.fixture(scope="module")
def fitted():
    return on_given_rows(FOREST).fit(X, y)


# ---- clones and parameters


def test_a_clone_shares_a_fitted_teacher():
    for teacher in (FOREST, [FOREST, Ridge()], FrozenEstimator(FOREST)):
        twin = clone(on_given_rows(teacher))
        if isinstance(teacher, list):
            assert twin.teacher[0] is FOREST
            assert twin.teacher[1] is not teacher[1]
        else:
            assert twin.teacher is teacher
    unfitted = on_given_rows(Ridge())
    assert clone(unfitted).teacher is not unfitted.teacher


def test_parameters_of_a_fitted_teacher_are_none_of_ours(fitted):
    assert not any(name.startswith("teacher__") for name in fitted.get_params())
    assert "student__max_iter" in fitted.get_params()
    with pytest.raises(ValueError, match="teacher__n_estimators cannot be set"):
        fitted.set_params(teacher__n_estimators=3)
    with pytest.raises(ValueError, match="there are several teachers"):
        on_given_rows([Ridge(), Ridge()]).set_params(teacher__alpha=1)
    model = on_given_rows(Ridge()).set_params(teacher__alpha=3.0)
    assert model.get_params()["teacher__alpha"] == 3
    assert model.fit(X, y).teacher_.alpha == 3


def test_the_default_student_has_a_name_where_its_parameters_are_set():
    with pytest.raises(ValueError, match=r"pass student=MLPStudentRegressor\(\)"):
        DistilledRegressor().set_params(student__max_iter=2)


def test_what_is_shown_is_short():
    assert repr(DistilledRegressor(alpha=0.5)) == "DistilledRegressor(alpha=0.5)"
    assert "MLPStudentRegressor" in repr(on_given_rows())


# ---- searches and cross-validation


def test_a_grid_over_teacher_and_student():
    grid = {
        "teacher": [Ridge(), FrozenEstimator(FOREST)],
        "student__max_iter": [1, 5],
        "loss": ["squared_error", "huber"],
    }
    search = GridSearchCV(on_given_rows(), grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 8
    assert search.score(X, y) == search.best_estimator_.score(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_no_test_fold_leaks_into_an_unfitted_teacher():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=len(X))
    tree = DecisionTreeRegressor(random_state=0)
    scores = cross_val_score(on_given_rows(tree, tree), X, noise, cv=3)
    assert scores.max() < 0


def test_cross_validation_gives_each_fold_its_own_students():
    found = cross_validate(
        on_given_rows(Ridge()), X, y, cv=KFold(3), return_estimator=True
    )
    models = found["estimator"]
    assert len({id(model.teacher_) for model in models}) == 3
    assert models[0].n_features_in_ == 10


# ---- inside of others


def test_in_a_pipeline():
    model = make_pipeline(StandardScaler(), on_given_rows(Ridge()))
    assert model.fit(X, y).score(X, y) > 0.3
    frame = pd.DataFrame(X, columns=list("abcdefghij"))
    columns = make_column_transformer(
        (StandardScaler(), list("abc")), verbose_feature_names_out=False
    ).set_output(transform="pandas")
    model = make_pipeline(columns, on_given_rows(Ridge())).fit(frame, y)
    assert list(model[-1].feature_names_in_) == list("abc")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda one: VotingRegressor([("ours", one), ("ridge", Ridge())]),
        lambda one: StackingRegressor([("ours", one), ("ridge", Ridge())], cv=2),
        lambda one: BaggingRegressor(one, 2, random_state=0),
        lambda one: GridSearchCV(one, {"alpha": [0.5, 1]}, cv=2),
    ],
    ids=["vote", "stack", "bagging", "search"],
)
@pytest.mark.parametrize("teacher", [FOREST, Ridge()], ids=["fitted", "unfitted"])
def test_in_ensembles_and_searches(wrap, teacher):
    model = wrap(on_given_rows(teacher)).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.score(X, y) > 0.2
    assert FOREST.random_state == 0


@pytest.mark.parametrize("wrap", [MultiOutputRegressor, RegressorChain])
def test_in_what_fits_one_an_output(wrap):
    assert wrap(on_given_rows(Ridge())).fit(X, TWO).predict(X).shape == TWO.shape


def test_a_chain_of_distillations():
    first = on_given_rows(FOREST, objective="generalization", transfer=FEW).fit(X, y)
    second = on_given_rows(first, LinearRegression(), objective="generalization")
    second.set_params(transfer=FEW).fit(X, y)
    assert second.teacher_ is first
    assert second.pool_weights_ == {"teacher": 1.0, "booster": 0.0, "student": 0.0}
    nested = DistilledRegressor(on_given_rows(Ridge()), SMALL, transfer=None)
    assert nested.set_params(objective="fidelity").fit(X, y).score(X, y) > 0.2


# ---- metadata routing


def test_weights_are_routed():
    weight = np.where(np.arange(len(y)) < 200, 1, 5)
    plain = on_given_rows(Ridge(), Ridge()).fit(X, y, sample_weight=weight)
    unweighted = Ridge().fit(X, y)
    with sklearn.config_context(enable_metadata_routing=True):
        asked = on_given_rows(
            Ridge().set_fit_request(sample_weight=True),
            Ridge().set_fit_request(sample_weight=True),
        )
        asked.fit(X, y, sample_weight=weight)
        declined = on_given_rows(
            Ridge().set_fit_request(sample_weight=False),
            Ridge().set_fit_request(sample_weight=True),
        )
        declined.fit(X, y, sample_weight=weight)
        routed = asked.set_fit_request(sample_weight=True, teacher_pred=False)
        routed.set_score_request(sample_weight=False)
        scores = cross_validate(routed, X, y, params={"sample_weight": weight}, cv=2)
    assert_allclose(asked.predict(X), plain.predict(X))
    assert_allclose(declined.teacher_.coef_, unweighted.coef_)
    assert len(scores["test_score"]) == 2


# ---- pickles, determinism, traces


def test_a_pickle_predicts_the_same(fitted, tmp_path):
    for model in (fitted, fitted.student_):
        again = pickle.loads(pickle.dumps(model))
        assert_array_equal(again.predict(X), fitted.predict(X))
        joblib.dump(model, tmp_path / "model")
        assert_array_equal(
            joblib.load(tmp_path / "model").predict(X), fitted.predict(X)
        )


def test_the_student_alone_is_a_file_without_the_teacher(fitted):
    file = pickle.dumps(fitted.student_)
    assert b"RandomForest" not in file
    assert len(file) < 40_000 < len(pickle.dumps(FOREST))
    assert type(fitted.student_) is MLPStudentRegressor


@pytest.mark.parametrize("objective", ["fidelity", Pool()], ids=["fidelity", "pool"])
def test_the_same_seed_gives_the_same_bits_whatever_n_jobs(objective):
    forest = ExtraTreesRegressor(20, bootstrap=True, n_jobs=2)
    models = [
        on_given_rows(
            forest, transfer=FEW, cv=2, objective=objective, n_jobs=n_jobs
        ).fit(X, y)
        for n_jobs in (1, 2)
    ]
    assert_array_equal(models[0].predict(X), models[1].predict(X))
    other = clone(models[0]).set_params(random_state=1, student__random_state=None)
    assert (other.fit(X, y).predict(X) != models[0].predict(X)).any()


def test_the_global_random_state_does_not_change():
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    on_given_rows(ExtraTreesRegressor(3), transfer=FEW, random_state=None).fit(X, y)
    assert np.random.random() == expected


def test_lines_of_progress_name_the_estimator(capsys):
    on_given_rows(Ridge(), verbose=1, transfer=FEW).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert all(line.startswith("[DistilledRegressor] ") for line in lines)


def test_a_fit_that_fails_leaves_no_student():
    model = on_given_rows(FOREST).fit(X, y)
    with pytest.raises(ValueError, match="contains NaN"):
        model.fit(X, np.where(np.arange(len(y)) == 3, np.nan, y))
    assert not hasattr(model, "student_")
    assert not hasattr(model, "teacher_")
