"""Students as teachers: assistants in between, and generations of one kind."""

import pickle

import numpy as np
import pandas as pd
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder, soft_targets
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_wine, make_classification
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler
from sklearn_kd.inspection import pickled_size
from sklearn_kd.metrics import agreement_scorer

pytestmark = pytest.mark.usefixtures("small_teachers")

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
NAMES = np.array(["barbera", "barolo", "grignolino"])
FOREST = RandomForestClassifier(20, random_state=0)
MEDIUM = MLPStudent((16,), max_iter=20, batch_size=16)
SMALL = MLPStudent((6,), max_iter=60, batch_size=16, early_stopping=False)


def chain(teacher=FOREST, medium=MEDIUM, small=SMALL, **params):
    """Make teacher, assistant and student, none of them fitted."""
    assistant = on_given_rows(teacher, medium)
    return on_given_rows(assistant, small, **{"random_state": 0} | params)


# ---- an assistant between teacher and student


def test_the_student_learns_what_the_assistant_says():
    model = chain()
    told = soft_targets(model, X, y)
    assistant = model.teacher_
    assert_allclose(told, assistant.predict_proba(X), atol=1e-6)
    assert assistant.student_.hidden_layer_sizes == (16,)
    assert isinstance(assistant.teacher_, RandomForestClassifier)
    # and not the teacher's prediction
    assert np.abs(told - assistant.teacher_.predict_proba(X)).max() > 0.05


def test_a_chain_is_a_classifier_of_its_own():
    model = chain().fit(X, NAMES[y])
    assert model.score(X, NAMES[y]) > 0.9
    student = pickle.loads(pickle.dumps(model.student_))
    assert_array_equal(student.predict(X), model.predict(X))
    assert pickled_size(student) < pickled_size(model.teacher_.student_)
    assert pickled_size(model.teacher_) < pickled_size(model)
    assert not hasattr(model.teacher, "student_")  # it was cloned


def test_a_fitted_assistant_is_used_as_it_is():
    assistant = on_given_rows(FOREST, MEDIUM, random_state=0).fit(X, y)
    before = assistant.predict_proba(X)
    student = on_given_rows(assistant, SMALL, random_state=0)
    model = clone(student).fit(X, y)
    assert model.teacher_ is assistant
    assert_array_equal(assistant.predict_proba(X), before)
    # its student alone gives the same soft targets
    alone = on_given_rows(assistant.student_, SMALL, random_state=0).fit(X, y)
    assert_array_equal(alone.predict_proba(X), model.predict_proba(X))
    with pytest.raises(ValueError, match="teacher__alpha cannot be set"):
        student.set_params(teacher__alpha=0.5)


def test_one_seed_is_for_the_whole_chain():
    one, same, other = (
        chain(random_state=seed).fit(X, y).predict_proba(X) for seed in (0, 0, 1)
    )
    assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-3
    model = chain().fit(X, y)
    seeds = [
        part.random_state for part in (model.teacher_, model.teacher_.student_, SMALL)
    ]
    assert None not in seeds[:2]
    assert seeds[2] is None


def test_cross_validation_fits_the_whole_chain_on_each_fold():
    rows_seen = []

    class Counting(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            rows_seen.append(len(X))
            self.forest_ = clone(FOREST).fit(X, y)
            self.classes_ = self.forest_.classes_
            return self

        def predict_proba(self, X):
            return self.forest_.predict_proba(X)

    scores = cross_val_score(chain(Counting()), X, y, cv=3)
    assert scores.min() > 0.85
    assert len(rows_seen) == 3
    assert max(rows_seen) < len(X)


def test_a_grid_reaches_every_part():
    grid = {
        "teacher__student__hidden_layer_sizes": [(2,), (16,)],
        "teacher__teacher__n_estimators": [5],
        "teacher__alpha": [0.5, 1.0],
        "student__hidden_layer_sizes": [(3,)],
    }
    search = GridSearchCV(chain(), grid, cv=2, scoring="neg_log_loss").fit(X, y)
    best = search.best_estimator_
    assert best.teacher_.teacher_.n_estimators == 5
    assert best.teacher_.alpha == search.best_params_["teacher__alpha"]
    assert best.student_.hidden_layer_sizes == (3,)
    assert search.best_params_["teacher__student__hidden_layer_sizes"] == (16,)
    spread = np.ptp(search.cv_results_["mean_test_score"])
    assert spread > 0.01  # the assistant's width does matter to the student


def test_a_list_of_assistants_to_choose_from():
    assistants = [on_given_rows(FOREST, MEDIUM), on_given_rows(FOREST, SMALL), FOREST]
    search = GridSearchCV(chain(), {"teacher": assistants}, cv=2).fit(X, y)
    assert len(search.cv_results_["mean_test_score"]) == 3
    assert search.best_score_ > 0.85


def test_cross_fitting_takes_whole_assistants():
    model = chain(cv=3)
    told = soft_targets(model, X, y)
    assert np.abs(told - model.teacher_.predict_proba(X)).max() > 0.05
    deep = chain(cv=3).set_params(teacher__cv=2, teacher__teacher__max_depth=3)
    assert deep.fit(X, y).score(X, y) > 0.9


def test_synthetic_rows_on_every_level():
    assistant = DistilledClassifier(FOREST, MEDIUM, transfer=MungeSampler(600))
    model = DistilledClassifier(
        assistant,
        SMALL,
        transfer=MungeSampler(400),
        objective="fidelity",
        random_state=0,
    ).fit(X, y)
    assert model.n_transfer_rows_ == 400
    assert model.teacher_.n_transfer_rows_ == 600
    assert agreement_scorer()(model, X) > 0.9


def test_row_weights_reach_the_end_of_the_chain():
    weight = np.where(y == 0, 0.0, 1.0)

    class Weighed(RandomForestClassifier):
        def fit(self, X, y, sample_weight=None):
            self.weight_ = sample_weight
            return super().fit(X, y, sample_weight)

    weight[::2] *= 3
    model = chain(Weighed(10)).fit(X, y, sample_weight=weight)
    assert_array_equal(model.classes_, [1, 2])
    assert_array_equal(model.teacher_.classes_, [1, 2])
    assert_array_equal(model.teacher_.teacher_.weight_, weight[weight > 0])


def test_unlabelled_rows_go_to_whom_they_are_given():
    few, rest, y_few, _ = train_test_split(X, y, train_size=60, stratify=y)
    model = chain().fit(few, y_few, X_unlabeled=rest)
    assert model.n_transfer_rows_ == len(rest)
    assert model.teacher_.n_transfer_rows_ == 0


def test_frames_with_levels_and_missing_values_pass_through():
    frame = pd.DataFrame(X[:, :4].copy(), columns=list("abcd"))
    frame["level"] = pd.Categorical(np.where(X[:, 4] > 0, "high", "low"))
    frame.loc[::7, "a"] = np.nan
    model = on_given_rows(
        on_given_rows(MLPStudent((32,), max_iter=10, batch_size=16), MEDIUM),
        SMALL,
        random_state=0,
    ).fit(frame, NAMES[y])
    assert list(model.teacher_.teacher_.feature_names_in_) == list(frame.columns)
    assert model.score(frame, NAMES[y]) > 0.8


def test_a_cache_is_shared_by_all_levels(tmp_path):
    model = chain(memory=str(tmp_path)).set_params(teacher__memory=str(tmp_path))
    first = model.fit(X, y).predict_proba(X)
    again = clone(model).fit(X, y).predict_proba(X)
    assert_array_equal(first, again)
    plain = chain().fit(X, y).predict_proba(X)
    assert_array_equal(first, plain)


def test_an_assistant_at_the_end_of_a_pipeline_and_in_a_vote():
    piped = make_pipeline(StandardScaler(), on_given_rows(FOREST, MEDIUM))
    vote = VotingClassifier(
        [
            ("assistant", on_given_rows(FOREST, MEDIUM)),
            ("linear", LogisticRegression()),
        ],
        voting="soft",
    )
    model = on_given_rows([piped, vote], SMALL, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9
    search = GridSearchCV(
        on_given_rows(piped, SMALL, random_state=0),
        {"teacher__distilledclassifier__student__max_iter": [1, 20]},
        cv=2,
        scoring="neg_log_loss",
    ).fit(X, y)
    name = "teacher__distilledclassifier__student__max_iter"
    assert search.best_params_[name] == 20


def test_a_chain_may_learn_by_weights_at_every_level():
    assistant = on_given_rows(FOREST, DecisionTreeClassifier(max_depth=6))
    model = on_given_rows(assistant, DecisionTreeClassifier(max_depth=2))
    model.set_params(random_state=0).fit(X, y)
    assert model.student_.get_depth() == 2
    assert model.score(X, y) > 0.85


# ---- generations of one kind


def test_generations_in_a_loop():
    """Each learns from the one before, which it does not need afterwards."""
    generation = clone(MEDIUM).set_params(random_state=0).fit(X, y)
    generations = [generation]
    for seed in (1, 2, 3):
        model = on_given_rows(generation, MEDIUM, random_state=seed).fit(X, y)
        assert model.teacher_ is generation
        generation = model.student_
        generations.append(generation)
    assert {type(one) for one in generations} == {MLPStudent}
    sizes = [pickled_size(one) for one in generations]
    assert max(sizes) < 1.2 * min(sizes)
    assert generations[-1].score(X, y) > 0.9
    together = VotingClassifier(
        [(f"g{i}", FrozenEstimator(one)) for i, one in enumerate(generations)],
        voting="soft",
    ).fit(X, y)
    assert together.score(X, y) > 0.9


def test_generations_that_are_not_fitted_yet_are_scored_without_a_leak():
    model = MEDIUM
    for _ in range(3):
        model = on_given_rows(model, MEDIUM)
    model.set_params(random_state=0)
    assert cross_val_score(model, X, y, cv=2).min() > 0.85
    fitted = clone(model).fit(X, y)
    oldest = fitted.teacher_.teacher_.teacher_
    assert isinstance(oldest, MLPStudent)
    seeds = {
        part.random_state
        for part in (oldest, fitted.student_, fitted.teacher_.student_)
    }
    assert len(seeds) == 3  # generations do not start from the same weights
    assert "teacher__teacher__teacher__max_iter" in model.get_params()


def test_a_second_generation_of_noisy_trees_is_better():
    """What a full tree has memorised is not handed on where rows are cross-fitted."""
    rows, labels = make_classification(
        1500, 10, n_informative=5, flip_y=0.3, random_state=0
    )
    rows, new, labels, truth = train_test_split(rows, labels, random_state=0)
    tree = DecisionTreeClassifier(min_samples_leaf=15, random_state=0)
    losses = [log_loss(truth, clone(tree).fit(rows, labels).predict_proba(new))]
    model = tree
    for _ in range(2):
        model = on_given_rows(model, tree, cv=3, random_state=0)
        losses.append(
            log_loss(truth, clone(model).fit(rows, labels).predict_proba(new))
        )
    assert max(losses[1:]) < losses[0]


def test_each_generation_is_fitted_on_the_soft_targets_of_the_one_before():
    first = clone(MEDIUM).set_params(random_state=0).fit(X, y)
    second = on_given_rows(first, MEDIUM, alpha=0.7, random_state=1).fit(X, y)
    third = on_given_rows(second.student_, Recorder(), alpha=0.7).fit(X, y)
    assert_allclose(third.student_.soft_.proba, second.predict_proba(X), atol=1e-6)
    assert_allclose(third.student_.soft_.row_alpha, 0.7)
