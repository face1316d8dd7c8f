"""``transfer=``: seeds, memory, and scikit-learn's other tools."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from synthetic_rows import (
    FEW,
    FOREST,
    SMALL,
    Seeded,
    Shifted,
    X,
    noisy_table,
    rows_of,
    y,
)
from teacher_alone import alone, distil

from sklearn_kd import MLPStudent

# ---- same seed, same bits


@pytest.mark.parametrize("cv", [None, 3])
def test_same_seed_same_bits_for_any_number_of_jobs(cv):
    def fit(seed, n_jobs=None):
        distilled = distil(
            RandomForestClassifier(10),
            SMALL,
            transfer=FEW,
            cv=cv,
            n_jobs=n_jobs,
            random_state=seed,
        )
        return distilled.fit(X, y).predict_proba(X)

    first = fit(0)
    assert_array_equal(fit(0), first)
    assert_array_equal(fit(0, n_jobs=2), first)
    assert np.abs(fit(1) - first).max() > 1e-3


@pytest.mark.parametrize("transfer", ["munge", Seeded(200), Shifted()], ids=type)
def test_global_random_state_is_left_alone(transfer):
    few = X[:60], y[:60]
    before = np.random.get_state()
    distil(FOREST, SMALL, transfer=transfer).fit(*few)
    after = np.random.get_state()
    assert_array_equal(after[1], before[1])
    assert after[2] == before[2]


class Drawing(Shifted):
    """It draws from the global generator."""

    def sample(self):
        X_new, source = super().sample()
        X_new[:, 1] += np.random.normal(size=len(X_new))
        return X_new, source


def test_a_sampler_that_draws_globally_is_contained():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    first = rows_of(transfer=Drawing())[0].X_
    assert_array_equal(np.random.get_state()[1], before)
    np.random.seed(1)
    assert_array_equal(rows_of(transfer=Drawing())[0].X_, first)


# ---- memory


ASKED = []


class CountedTree(DecisionTreeClassifier):
    def predict_proba(self, X, check_input=True):
        ASKED.append(len(X))
        return super().predict_proba(X, check_input)


class CountedForest(RandomForestClassifier):
    def predict_proba(self, X):
        ASKED.append(len(X))
        return super().predict_proba(X)


@pytest.mark.parametrize("out_of_sample", [True, False])
@pytest.mark.parametrize("cv", [None, 3])
def test_a_second_fit_asks_nothing_about_synthetic_rows(cv, out_of_sample, tmp_path):
    """Neither the whole teacher, nor those of the folds, nor out-of-bag members."""
    if cv is None:
        teacher = BaggingClassifier(CountedTree(), 10, random_state=0).fit(X, y)
    else:
        teacher = CountedForest(5)

    def fit(memory):
        ASKED.clear()
        distilled = distil(
            teacher,
            SMALL,
            transfer=FEW,
            cv=cv,
            objective=alone(out_of_sample=out_of_sample),
            memory=memory,
            random_state=0,
        )
        return distilled.fit(X, y).predict_proba(X), sum(n for n in ASKED if n > 1)

    plain, _ = fit(None)
    first, n_rows = fit(tmp_path)
    assert n_rows >= 500
    second, n_rows = fit(tmp_path)
    # whether the members have memorised X is tested once more
    evidence = 10 * len(X) if cv is None and out_of_sample else 0
    assert n_rows <= evidence
    assert_array_equal(first, plain)
    assert_array_equal(second, plain)


# ---- among scikit-learn's other tools


def test_as_the_last_step_of_a_pipeline():
    distilled = distil(RandomForestClassifier(20), SMALL, transfer=FEW, random_state=0)
    model = make_pipeline(StandardScaler(), distilled).fit(X, y)
    assert model[-1].n_transfer_rows_ == 500
    assert model.score(X, y) > 0.6


GRID = {
    "alpha": [0.5, 1.0],
    "objective__out_of_sample": [True, False],
    "transfer": [None, "munge"],
}


def search(labels, seed):
    X, y = noisy_table(120, flipped=0.2, seed=seed)
    y = y if labels == "noisy" else np.random.default_rng(seed).permutation(y)
    distilled = distil(
        RandomForestClassifier(15),
        MLPStudent((8,), max_iter=3, learning_rate_init=0.02),
        objective=alone(),
        random_state=0,
    )
    return GridSearchCV(distilled, GRID, cv=StratifiedKFold(3)).fit(X[:, 1:], y)


def test_a_search_finds_alpha_labels_and_transfer():
    found = search("noisy", seed=0)
    assert set(found.best_params_) == set(GRID)
    assert found.best_score_ > 0.6
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()
    assert found.best_estimator_.score(*noisy_table_columns(seed=9)) > 0.6


def noisy_table_columns(seed):
    X, y = noisy_table(400, seed=seed)
    return X[:, 1:], y


def test_a_search_has_no_leak():
    """On labels drawn by lot no student of an unfitted teacher looks good."""
    scores = np.concatenate(
        [search("lots", seed).cv_results_["mean_test_score"] for seed in (0, 1)]
    )
    assert 0.38 < scores.mean() < 0.6
    assert scores.max() < 0.68
