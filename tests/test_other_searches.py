"""Searches that give candidates more and more epochs, and those of Optuna."""

import numpy as np
import optuna
import pytest
from numpy.testing import assert_array_equal
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna_integration import OptunaSearchCV
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV, HalvingRandomSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from wine import X, distil, y

from sklearn_kd import DistilledRegressor, MLPStudent, MLPStudentRegressor
from sklearn_kd.inspection import TradeOffDisplay

STUDENT = MLPStudent((8,), batch_size=32)
SIZES = [(1,), (4,), (8,), (16,)]
FITS = []


class CountedForest(RandomForestClassifier):
    def fit(self, X, y, sample_weight=None):
        FITS.append(len(X))
        return super().fit(X, y, sample_weight)


@pytest.fixture(autouse=True)
def forget():
    FITS.clear()


# ---- successive halving, with epochs as the resource


def halving(model, grid, prefix="", kind=HalvingGridSearchCV, **params):
    params = {"cv": 2, "random_state": 0, "factor": 2} | params
    resource = f"{prefix}student__max_iter"
    return kind(
        model,
        {f"{prefix}student__{name}": values for name, values in grid.items()},
        resource=resource,
        min_resources=2,
        max_resources=8,
        **params,
    )


def test_half_of_the_students_go_on_with_twice_the_epochs(tmp_path):
    model = distil(CountedForest(5), STUDENT, memory=tmp_path)
    search = halving(model, {"hidden_layer_sizes": SIZES}).fit(X, y)
    found = search.cv_results_
    assert found["n_resources"].tolist() == [2, 2, 2, 2, 4, 4, 8]
    assert search.best_estimator_.student_.max_iter == 8
    assert search.best_params_["student__max_iter"] == 8
    assert found["iter"][search.best_index_] == 2
    assert len(FITS) == 3  # a teacher a fold, and one at the end, for 7 candidates
    # a candidate is a student that was fitted with so many epochs
    sizes = search.best_params_["student__hidden_layer_sizes"]
    alone = distil(CountedForest(5), STUDENT).set_params(
        student__max_iter=8, student__hidden_layer_sizes=sizes
    )
    assert_array_equal(alone.fit(X, y).predict_proba(X), search.predict_proba(X))
    assert TradeOffDisplay.from_estimator(search).best_index == 0


def test_halving_in_a_pipeline_with_two_workers():
    model = make_pipeline(StandardScaler(), distil(RandomForestClassifier(5), STUDENT))
    prefix = "distilledclassifier__"
    one, two = (
        halving(model, {"hidden_layer_sizes": SIZES}, prefix, n_jobs=n_jobs).fit(X, y)
        for n_jobs in (1, 2)
    )
    scores = "mean_test_score"
    assert_array_equal(one.cv_results_[scores], two.cv_results_[scores])
    assert one.best_params_ == two.best_params_


def test_random_halving_of_a_regressor():
    model = DistilledRegressor(
        RandomForestRegressor(5),
        MLPStudentRegressor((8,), batch_size=32),
        transfer=None,
        objective="fidelity",
        random_state=0,
    )
    grid = {"hidden_layer_sizes": SIZES, "learning_rate_init": [1e-3, 1e-2]}
    search = halving(model, grid, kind=HalvingRandomSearchCV, n_candidates=4)
    search.fit(X, X[:, 0])
    assert search.best_estimator_.student_.max_iter == 8


# ---- Optuna

#: It warns of itself: OptunaSearchCV is experimental, and uses what it deprecates.
WARNS = pytest.mark.filterwarnings("ignore:.*optuna.terminator:FutureWarning")


@pytest.fixture
def optuna_search():
    """``OptunaSearchCV``, which warns that it is experimental."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def make(model, space, **params):
        params = {"cv": 2, "n_trials": 4, "random_state": 0} | params
        with pytest.warns(optuna.exceptions.ExperimentalWarning):
            return OptunaSearchCV(model, space, **params)

    yield make
    optuna.logging.set_verbosity(verbosity)


SPACE = {
    "alpha": FloatDistribution(0.2, 1.0),
    "student__learning_rate_init": FloatDistribution(1e-3, 1e-1, log=True),
    "student__activation": CategoricalDistribution(["relu", "tanh"]),
}


@WARNS
def test_trials_pay_for_one_teacher_a_fold(optuna_search, tmp_path):
    student = MLPStudent((8,), max_iter=4, batch_size=32)
    model = distil(CountedForest(5), student, memory=tmp_path)
    space = {name: SPACE[name] for name in ("alpha", "student__learning_rate_init")}
    search = optuna_search(model, space).fit(X, y)
    assert len(FITS) == 3
    assert len(search.trials_) == 4
    assert 0.2 <= search.best_params_["alpha"] <= 1.0
    assert search.best_estimator_.teacher_.n_estimators == 5
    assert_array_equal(search.predict(X), search.best_estimator_.predict(X))
    again = optuna_search(model.set_params(memory=None), space).fit(X, y)
    assert [t.value for t in again.trials_] == [t.value for t in search.trials_]


@WARNS
def test_a_study_in_threads(optuna_search, tmp_path):
    """They share the memory, and the thread limit of BLAS."""
    student = MLPStudent((8,), max_iter=4, batch_size=32)
    model = distil(CountedForest(5), student, memory=tmp_path)
    search = optuna_search(model, {"alpha": SPACE["alpha"]}, n_jobs=2).fit(X, y)
    assert len(FITS) == 3  # of two that want the same, one waits
    assert np.isfinite([trial.value for trial in search.trials_]).all()
