"""How far scores of models may be from those of all rows: a paired bootstrap."""

import numpy as np

from sklearn_kd.metrics._retention import kept

#: Times that rows are drawn, and the share of them that an interval holds.
_N_DRAWS, _LEVEL = 2000, 0.95

_UNDEFINED = float("nan"), float("nan")

#: What :func:`compare_scores` gives, where there is no score to compare.
NO_SCORES = {
    "score_change": float("nan"),
    "score_change_interval": _UNDEFINED,
    "retention_interval": _UNDEFINED,
}

#: More rows than this are drawn in so many groups, whose sums vary as much.
_MOST_GROUPS = 10_000

#: Numbers drawn at once.
_AT_ONCE = 10_000_000


def compare_scores(statistics, scores, added=()):
    """Give the change from the one score to the other, and 95 % intervals.

    Parameters
    ----------
    statistics : ndarray of shape (n_samples, n_statistics), float64
        Of each row what adds up to what the two scores are computed of.
    scores : callable
        Takes sums of shape (n_draws, n_statistics), and gives the scores, of shape
        (n_draws, 2), that of the reference first.
    added : sequence of ndarray of shape (n_statistics,), default=()
        Rows that are drawn with the others, and that the change itself has not.

    Returns
    -------
    dict
        ``score_change``, ``score_change_interval`` and ``retention_interval``. The ends
        of the last are NaN where a ratio has no meaning in some of the draws.
    """
    reference, score = scores(statistics.sum(axis=0, keepdims=True))[0].tolist()
    pairs = scores(_draw(np.vstack([statistics, *added])))
    return {
        "score_change": score - reference,
        "score_change_interval": _interval(pairs[:, 1] - pairs[:, 0]),
        "retention_interval": _interval([kept(*pair) for pair in pairs.tolist()]),
    }


def _interval(values):
    """Give the ends of the middle 95 % of values."""
    tail = (1 - _LEVEL) / 2
    return tuple(np.quantile(values, [tail, 1 - tail]).tolist())


def _draw(statistics):
    """Draw as many rows as there are, again and again, and add up their statistics."""
    draw = np.random.default_rng(0)
    distinct, counts = np.unique(statistics, axis=0, return_counts=True)
    if len(distinct) < len(statistics) / 10:  # as of labels, which are right or wrong
        shares = counts / counts.sum()
        return draw.multinomial(counts.sum(), shares, size=_N_DRAWS) @ distinct
    groups = statistics
    if len(statistics) > _MOST_GROUPS:
        member = draw.permutation(len(statistics)) % _MOST_GROUPS
        groups = np.column_stack(
            [np.bincount(member, column) for column in statistics.T]
        )
    n_groups, sums = len(groups), []
    for start in range(0, _N_DRAWS, at_once := max(1, _AT_ONCE // n_groups)):
        n_draws = min(at_once, _N_DRAWS - start)
        chosen = draw.integers(n_groups, size=(n_draws, n_groups))
        chosen += n_groups * np.arange(n_draws)[:, None]
        times = np.bincount(chosen.ravel(), minlength=n_draws * n_groups)
        sums.append(times.reshape(n_draws, n_groups) @ groups)
    return np.concatenate(sums)
