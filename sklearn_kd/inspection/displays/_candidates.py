"""What a search has kept of its candidates: one score of each, and one cost."""

from typing import NamedTuple

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd.inspection.cost_scorer import UNITS, CostScorer

#: Costs that every search keeps, in seconds, and what they are called.
_TIMES = {"score_time": "time to score a fold", "fit_time": "time to fit"}

#: What the costs of our own scorers are called.
_COSTS = {
    "size": "pickled size",
    "latency": "prediction of one row, median",
    "parameters": "parameters",
}


class Column(NamedTuple):
    """One measure of all candidates, over folds."""

    mean: np.ndarray
    std: np.ndarray
    name: str
    unit: str | None = None


class Candidates(NamedTuple):
    """Score and cost of all candidates, and the place of the one that was chosen."""

    score: Column
    cost: Column
    best_index: int | None


def read_candidates(search, score, cost):
    """Read score and cost of the candidates of a search.

    Parameters
    ----------
    search : estimator
        Fitted, with ``cv_results_``.
    score, cost : str or None
        As for :meth:`TradeOffDisplay.from_estimator`.

    Returns
    -------
    Candidates
        Of successive halving, those of the last iteration alone: the others were
        scored on fewer rows.

    Raises
    ------
    TypeError
        For what is no fitted search.
    ValueError
        For a name that the search has no column of, and where it is not clear which
        score is meant.
    """
    results = getattr(search, "cv_results_", None)
    if results is None:
        raise TypeError(
            "search must be a fitted search with cv_results_, such as a GridSearchCV, "
            f"got {show(search)}."
        )
    scorers = getattr(search, "scorer_", None)
    scorers = dict(scorers) if isinstance(scorers, dict) else {"score": scorers}
    if score is None:
        score = _default_score(search, scorers)
    if cost is None:
        own = (name for name, each in scorers.items() if isinstance(each, CostScorer))
        cost = next(own, "score_time")
    best = getattr(search, "best_index_", None)
    kept = np.arange(len(results["params"]))
    if "iter" in results:
        kept = np.flatnonzero(np.asarray(results["iter"]) == max(results["iter"]))
    if best is not None:
        best = int(np.flatnonzero(kept == best)[0]) if best in kept else None
    return Candidates(
        _column(results, "score", score, kept),
        _as_cost(_column(results, "cost", cost, kept), scorers.get(cost)),
        best,
    )


def _default_score(search, scorers):
    """Name the score that candidates were chosen by, or the only one there is."""
    if isinstance(getattr(search, "refit", None), str):
        return search.refit
    scores = [name for name, one in scorers.items() if not isinstance(one, CostScorer)]
    if not scores:
        raise ValueError(
            "The search has scored nothing but costs, and a trade-off needs a score: "
            'search with scoring={"accuracy": "accuracy", "size": size_scorer()}.'
        )
    if len(scores) > 1:
        raise ValueError(
            "score must be named where a search has several and its refit names none: "
            f"one of {show(scores)}."
        )
    return scores[0]


def _column(results, parameter, name, kept):
    """Give means and standard deviations of one measure."""
    for prefix in ("test_", ""):
        if isinstance(name, str) and f"mean_{prefix}{name}" in results:
            mean, std = (
                np.asarray(results[f"{kind}_{prefix}{name}"], dtype=float)[kept]
                for kind in ("mean", "std")
            )
            return Column(mean, std, name)
    means = [key.removeprefix("mean_") for key in results if key.startswith("mean_")]
    raise ValueError(
        f"{parameter}={show(name)} is no measure of the search: it has "
        f"{show([key.removeprefix('test_') for key in means])}."
    )


def _as_cost(column, scorer):
    """Give a cost as a positive number with a unit: scorers give negative ones."""
    mean, name, unit = column.mean, column.name, None
    if name in _TIMES:
        name, unit = _TIMES[name], "seconds"
    elif isinstance(scorer, CostScorer):
        mean, name, unit = -mean, _COSTS[scorer.cost], UNITS[scorer.cost]
    elif np.nanmax(mean, initial=-np.inf) <= 0:
        mean, name = -mean, name.removeprefix("neg_").replace("_", " ")
    return Column(mean, column.std, name, unit)
