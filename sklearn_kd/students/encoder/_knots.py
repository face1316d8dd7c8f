"""Where the knots of a numeric column lie: weighted quantiles and normal scores."""

import numpy as np
from scipy.special import ndtri

from sklearn_kd.students.encoder._forms import Curves


def build_knots(X, sample_weight, n_knots):
    r"""Find the knots of the columns of an array, and the normal scores at them.

    The knots of a column are its weighted quantiles
    :math:`\min\{x : F(x) \ge q\}` at equally spaced :math:`q` from 0 to 1, or all its
    values where it has no more than `n_knots`. The score at a knot is

    .. math:: \Phi^{-1}\left(F(x^-) + P(X = x) / 2\right),

    the normal quantile of the rank of the middle of the rows that share the value.
    Missing values do not count. These quantiles are values of the data and depend on
    sums of weights only, so a row of weight 3 is three rows, bit for bit.
    """
    columns = [_column_knots(values, sample_weight, n_knots) for values in X.T]
    return Curves([knots for knots, _ in columns], [scores for _, scores in columns])


def _column_knots(values, sample_weight, n_knots):
    """Knots of one column and the scores at them."""
    present = ~np.isnan(values)
    if not present.all():
        values = values[present]
        sample_weight = None if sample_weight is None else sample_weight[present]
    values, cumulated = cumulated_weights(values, sample_weight)
    before = np.append(0.0, cumulated[:-1])
    if len(values) > n_knots:
        # multiplied first: a whole goal is met exactly and not missed by rounding
        goal = np.arange(n_knots) * cumulated[-1] / (n_knots - 1)
        chosen = np.searchsorted(cumulated, goal)
        # a last value too light to change the sum is a knot all the same
        chosen[-1] = len(values) - 1
        chosen = np.unique(chosen)
    else:
        chosen = np.arange(len(values))
    rank = (before[chosen] + cumulated[chosen]) / (2 * cumulated[-1])
    # rounding may put a feather of a weight at 0 or 1, where the score is infinite
    tiny = np.finfo(np.float64).eps / 2
    scores = ndtri(np.clip(rank, tiny, 1 - tiny))
    return _split_overflow(values[chosen], scores)


def cumulated_weights(values, sample_weight):
    """Distinct values in increasing order, and the weight up to each, in some unit."""
    if sample_weight is None:
        values = np.sort(values)
        cumulated = np.arange(1.0, len(values) + 1)
    else:
        order = np.argsort(values, kind="stable")
        values = values[order]
        # up to the greatest, of which a sum cannot overflow; a power of two loses no
        # bit, so that a weight of 3 is still three rows
        exponent = np.frexp(sample_weight.max())[1]
        cumulated = np.cumsum(np.ldexp(sample_weight[order], -exponent))
    last = np.append(values[1:] != values[:-1], True)
    return values[last], cumulated[last]


def _split_overflow(knots, scores):
    """Put a knot into the gap that is wider than float64 can hold, if there is one."""
    with np.errstate(over="ignore"):
        wide = np.flatnonzero(np.isinf(np.diff(knots))) + 1
    middle = knots[wide] / 2 + knots[wide - 1] / 2
    knots = np.insert(knots, wide, middle)
    scores = np.insert(scores, wide, (scores[wide] + scores[wide - 1]) / 2)
    return knots, scores
