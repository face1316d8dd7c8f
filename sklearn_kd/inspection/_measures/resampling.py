"""How far scores of models may be from those of all rows: a paired bootstrap."""

import numpy as np

from sklearn_kd.metrics._retention import kept

#: Times that rows are drawn, and the share of them that an interval holds.
_N_DRAWS, _LEVEL = 2000, 0.95

#: More rows than this are drawn in so many groups, whose sums vary as much.
_MOST_GROUPS = 10_000

#: Numbers drawn at once.
_AT_ONCE = 10_000_000


class Resampled:
    """Scores of several models on rows drawn with replacement, the same for each.

    Parameters
    ----------
    statistics : ndarray of shape (n_samples, n_statistics), float64
        Of each row what adds up to what the scores are computed of.
    scores : callable
        Takes sums of shape (n_draws, n_statistics), and gives the scores, of shape
        (n_draws, n_models).
    names : list of str, of length n_models
        The models.
    """

    def __init__(self, statistics, scores, names):
        sums = statistics.sum(axis=0, keepdims=True)
        self.all_rows = dict(zip(names, scores(sums)[0], strict=True))
        self.drawn = dict(zip(names, scores(_draw(statistics)).T, strict=True))

    def against(self, reference, name):
        """Give the change of the score from the reference, and intervals.

        Parameters
        ----------
        reference, name : str
            Two of the models.

        Returns
        -------
        dict
            ``retention_interval``, ``score_change`` and ``score_change_interval``, all
            None for the reference itself. The ends of an interval are NaN where a ratio
            has no meaning in some of the draws that it holds.
        """
        if name == reference:
            names = "retention_interval", "score_change", "score_change_interval"
            return dict.fromkeys(names)
        pairs = np.stack([self.drawn[reference], self.drawn[name]], axis=1)
        return {
            "retention_interval": _interval([kept(*pair) for pair in pairs.tolist()]),
            "score_change": float(self.all_rows[name] - self.all_rows[reference]),
            "score_change_interval": _interval(pairs[:, 1] - pairs[:, 0]),
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
