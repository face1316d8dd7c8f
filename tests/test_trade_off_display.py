"""Scores of the candidates of a search over their costs; scorers of these costs."""

import pickle

import numpy as np
import pytest
import sklearn
from joblib import parallel_config
from matplotlib import pyplot as plt
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from wine import FOREST, X, distil, y

from sklearn_kd import CascadeClassifier, MLPStudent
from sklearn_kd.inspection import (
    CostScorer,
    TradeOffDisplay,
    latency_scorer,
    pickled_size,
    size_scorer,
)

pytestmark = pytest.mark.usefixtures("figures_closed")

TREE = DecisionTreeClassifier(random_state=0)
DEPTHS = {"max_depth": [1, 2, 3, 4]}
SCORING = {"accuracy": "accuracy", "size": size_scorer(), "log_loss": "neg_log_loss"}


@pytest.fixture(scope="module")
def search():
    search = GridSearchCV(TREE, DEPTHS, cv=3, scoring=SCORING, refit="accuracy")
    return search.fit(X, y)


def offsets(artist):
    """Give costs and scores of points."""
    return np.asarray(artist.get_offsets()).T


def legend(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def ticks(display):
    display.figure_.canvas.draw()
    texts = [label.get_text() for label in display.ax_.get_xticklabels()]
    return [text for text in texts if text]


def test_the_score_of_refit_is_drawn_over_the_first_cost(search):
    display, results = TradeOffDisplay.from_estimator(search), search.cv_results_
    cost, score = offsets(display.candidates_)
    np.testing.assert_array_equal(cost, -results["mean_test_size"])
    np.testing.assert_array_equal(score, results["mean_test_accuracy"])
    assert display.ax_.get_xlabel() == "pickled size"
    assert display.ax_.get_ylabel() == "accuracy"
    assert all(tick.endswith(" kB") for tick in ticks(display))


def test_the_chosen_candidate_is_marked_above_all_others(search):
    display, best = TradeOffDisplay.from_estimator(search), search.best_index_
    ((cost,), (score,)) = offsets(display.best_)
    assert score == search.best_score_
    assert cost == -search.cv_results_["mean_test_size"][best]
    others = [display.candidates_, display.front_, *display.ax_.lines]
    assert display.best_.zorder > max(each.zorder for each in others)
    assert legend(display)[2].startswith(f"chosen: {score:.4g}, ")


def test_the_front_has_the_candidates_that_no_other_beats():
    score = np.array([0.5, 0.9, 0.7, 0.8, 0.8, np.nan])
    cost = np.array([10.0, 70.0, 30.0, 20.0, 25.0, 1.0])
    front = TradeOffDisplay(score, cost).plot().front_
    assert front.get_xdata().tolist() == [10, 20, 70]
    assert front.get_ydata().tolist() == [0.5, 0.8, 0.9]
    assert front.get_drawstyle() == "steps-post"


def test_bars_are_standard_deviations_over_folds(search):
    display, results = TradeOffDisplay.from_estimator(search), search.cv_results_
    (bars,) = display.errorbars_
    across, up = (lines.get_segments() for lines in bars.lines[2])
    np.testing.assert_allclose(
        [np.ptp(segment[:, 1]) for segment in up], 2 * results["std_test_accuracy"]
    )
    np.testing.assert_allclose(
        [np.ptp(segment[:, 0]) for segment in across], 2 * results["std_test_size"]
    )


def test_of_many_candidates_only_the_front_and_the_chosen_one_have_bars():
    rng = np.random.default_rng(0)
    score, cost = rng.random(200), rng.uniform(1e3, 1e6, size=200)
    display = TradeOffDisplay(
        score, cost, score_std=score / 10, best_index=7, cost_unit="bytes"
    ).plot()
    (bars,) = display.errorbars_
    wanted = {*display.front_.get_xdata(), cost[7]}
    assert {segment[0, 0] for segment in bars.lines[2][0].get_segments()} == wanted
    assert len(offsets(display.candidates_)[0]) == 200
    assert display.candidates_.get_alpha() < 0.5
    assert display.ax_.get_xscale() == "log"


def test_candidates_that_failed_are_left_out_and_counted():
    search = GridSearchCV(
        TREE, {"max_depth": [1, -1, 2]}, cv=3, scoring=SCORING, refit="accuracy"
    )
    with pytest.warns(match="fits failed|non-finite"):
        search.fit(X, y)
    display = TradeOffDisplay.from_estimator(search)
    assert np.isfinite(offsets(display.candidates_)).all()
    assert legend(display)[0] == "2 candidates (1 failed)"


def test_without_a_scorer_of_costs_it_is_the_time_to_score_a_fold():
    search = GridSearchCV(DecisionTreeRegressor(), DEPTHS, cv=3)
    search.fit(*load_diabetes(return_X_y=True))
    display, results = TradeOffDisplay.from_estimator(search), search.cv_results_
    cost, score = offsets(display.candidates_)
    np.testing.assert_array_equal(cost, results["mean_score_time"])
    np.testing.assert_array_equal(score, results["mean_test_score"])
    assert display.ax_.get_xlabel().startswith("time to score a fold")
    assert all(tick[-2:] in ("ms", "µs") for tick in ticks(display))


def test_other_measures_are_drawn_by_their_names(search):
    display = TradeOffDisplay.from_estimator(search, cost="log_loss")
    expected = -search.cv_results_["mean_test_log_loss"]
    np.testing.assert_array_equal(offsets(display.candidates_)[0], expected)
    display = TradeOffDisplay.from_estimator(search, cost="fit_time", score="log_loss")
    np.testing.assert_array_equal(offsets(display.candidates_)[1], -expected)
    assert display.ax_.get_ylabel() == "log loss"
    assert display.cost_unit == "seconds"


def test_of_successive_halving_the_last_iteration_is_drawn():
    search = HalvingGridSearchCV(TREE, DEPTHS, cv=3, factor=2, random_state=0)
    search.fit(X, y)
    display = TradeOffDisplay.from_estimator(search)
    last = search.cv_results_["iter"] == max(search.cv_results_["iter"])
    assert 0 < last.sum() < len(last)
    assert len(display.score) == last.sum()
    assert offsets(display.best_)[1] == search.best_score_


def test_a_search_that_has_chosen_none_has_no_mark():
    scoring = {"accuracy": "accuracy", "size": size_scorer()}
    search = GridSearchCV(TREE, DEPTHS, cv=2, scoring=scoring, refit=False).fit(X, y)
    display = TradeOffDisplay.from_estimator(search)
    assert display.best_ is None
    assert display.ax_.get_ylabel() == "accuracy"


def test_keywords_of_matplotlib_go_over_our_own():
    display = TradeOffDisplay([0.1, 0.2], [1, 2]).plot(c=[1, 2], alpha=0.9, s=3)
    assert display.candidates_.get_alpha() == 0.9
    assert display.candidates_.get_sizes() == [3]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"score": "f1"}, "score='f1' is no measure of the search: it has"),
        ({"cost": "bytes"}, "cost='bytes' is no measure of the search: it has"),
        ({"cost": 3}, "cost=3 is no measure"),
    ],
)
def test_a_measure_that_the_search_lacks_is_refused(search, given, message):
    with pytest.raises(ValueError, match=message):
        TradeOffDisplay.from_estimator(search, **given)


def test_which_of_several_scores_is_meant_has_to_be_said():
    search = GridSearchCV(TREE, DEPTHS, cv=2, scoring=SCORING, refit=False).fit(X, y)
    with pytest.raises(ValueError, match="score must be named where a search has"):
        TradeOffDisplay.from_estimator(search)


def test_what_is_no_fitted_search_is_refused():
    for wrong in (GridSearchCV(TREE, DEPTHS), FOREST):
        with pytest.raises(TypeError, match="search must be a fitted search"):
            TradeOffDisplay.from_estimator(wrong)


@pytest.mark.parametrize(
    ("score", "cost", "kwargs", "message"),
    [
        ([1, 2], [1], {}, r"score has shape \(2,\) and cost \(1,\)"),
        ([1, 2], [1, 2], {"score_std": [1]}, r"score_std \(1,\)"),
        ([1, 2], [1, 2], {"best_index": 2}, "best_index must be from 0 to 1"),
        ([1, 2], [1, 2], {"cost_unit": "kB"}, "cost_unit must be"),
        ([1, np.nan], [np.nan, 2], {}, "All of the 2 candidates failed"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(score, cost, kwargs, message):
    with pytest.raises(ValueError, match=message):
        TradeOffDisplay(score, cost, **kwargs).plot()
    assert not plt.get_fignums()


def test_the_size_is_that_of_the_student_alone():
    model = distil().fit(X, y)
    assert size_scorer()(model) == -pickled_size(model.student_)
    pipeline = make_pipeline(StandardScaler(), distil()).fit(X, y)
    alone = make_pipeline(pipeline[0], pipeline[-1].student_)
    size = -size_scorer()(pipeline)
    assert size == pytest.approx(pickled_size(alone), rel=0.01)
    assert size < pickled_size(pipeline) / 2


def test_a_model_without_a_student_is_measured_as_a_whole():
    assert size_scorer()(FOREST) == -pickled_size(FOREST)
    student = MLPStudent((4,), max_iter=5, random_state=0)
    cascade = CascadeClassifier(student, FOREST, max_disagreement=0.9).fit(X, y)
    assert -size_scorer()(cascade) > pickled_size(cascade.teacher_)


def test_the_latency_is_that_of_the_student_alone():
    model, scorer = distil().fit(X, y), latency_scorer(n_calls=20)
    assert scorer(FOREST, X) < scorer(model, X) < 0


@pytest.mark.parametrize("routing", [False, True])
def test_scorers_of_costs_go_with_others_in_a_search_of_two_jobs(routing):
    scoring = {"accuracy": "accuracy", "ms": latency_scorer(n_calls=1)}
    search = GridSearchCV(TREE, DEPTHS, cv=2, scoring=scoring, refit="accuracy")
    with (
        sklearn.config_context(enable_metadata_routing=routing),
        parallel_config("threading", n_jobs=2),
    ):
        results = search.fit(X, y).cv_results_
    assert (results["mean_test_ms"] < 0).all()
    assert TradeOffDisplay.from_estimator(search).cost_unit == "seconds"


def test_a_scorer_survives_clones_and_pickles():
    scorer = latency_scorer(n_calls=7, time_limit=2, n_jobs=None)
    assert clone(scorer) is scorer
    loaded = pickle.loads(pickle.dumps(scorer))
    text = "CostScorer('latency', n_calls=7, time_limit=2.0, n_jobs=None)"
    assert repr(loaded) == repr(scorer) == text


def test_costs_and_options_that_there_are_not_are_refused():
    with pytest.raises(ValueError, match="cost must be one of 'size', 'latency'"):
        CostScorer("rows")
    with pytest.raises(ValueError, match="n_calls must be at least 1"):
        latency_scorer(n_calls=0)
    with pytest.raises(TypeError, match="time_limit must be a number"):
        latency_scorer(time_limit="long")


def test_a_search_that_has_scored_nothing_but_costs_is_refused():
    search = GridSearchCV(TREE, DEPTHS, cv=2, scoring=size_scorer()).fit(X, y)
    with pytest.raises(ValueError, match="has scored nothing but costs"):
        TradeOffDisplay.from_estimator(search)
