"""One knot table for all numeric columns: where a value lies, what is read there."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

# Values handled at a time: the work arrays of a block fit in the processor's cache.
_BLOCK_SIZE = 1 << 14

# Up to this many comparisons, comparing with all knots beats six rounds of a search.
_COMPARE_SIZE = 1 << 13


@dataclass(frozen=True, eq=False)
class KnotTable:
    """Knots of several columns, padded to one width, and the scores at the knots.

    A *cell* is the stretch from one knot to the next. Cells of all columns are counted
    through, column by column, so that one index reads any of the flat tables.

    Parameters
    ----------
    counts : ndarray of shape (n_columns,), intp
        Number of knots of each column.
    knots : ndarray of shape (n_columns, width), float64
        Increasing; padded with infinity to a width that is a power of two.
    widths : ndarray of shape (n_columns, width), float64
        Distance to the next knot; 1 where there is none.
    scores : ndarray of shape (n_columns, width), float64
        Normal score at the knot.
    rises : ndarray of shape (n_columns, width), float64
        Difference to the score at the next knot; 0 where there is none.
    """

    counts: np.ndarray
    knots: np.ndarray
    widths: np.ndarray
    scores: np.ndarray
    rises: np.ndarray

    def __getstate__(self):
        """Keep what the rest follows from, without the padding: a third."""
        real = np.arange(self.knots.shape[1]) < self.counts[:, None]
        kept = {"knots": self.knots[real], "scores": self.scores[real]}
        return {"counts": self.counts, **kept}

    def __setstate__(self, state):
        ends = np.cumsum(state["counts"])[:-1]
        columns = zip(
            np.split(state["knots"], ends),
            np.split(state["scores"], ends),
            strict=True,
        )
        # without columns, one empty part is left
        table = _lay_out(list(columns)[: len(state["counts"])])
        self.__dict__.update(table.__dict__)

    def locate(self, X):
        """Find the cell of each value and the position in it.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_columns), float64
            Values. NaN is allowed.

        Returns
        -------
        cell : ndarray of shape (n_samples, n_columns), intp
            Index into the flat tables; any cell of the column for NaN.
        position : ndarray of shape (n_samples, n_columns), float64
            Share of the cell that lies below the value, in [0, 1]; NaN for NaN. Values
            outside the training range lie at its ends.
        """
        n_columns, width = self.knots.shape
        first = np.arange(0, n_columns * width, width)
        knots = self.knots.ravel()
        # values at the ends keep the differences below finite, whatever comes
        X = np.maximum(X, knots.take(first))
        np.minimum(X, knots.take(first + self.counts - 1), out=X)
        if X.size * width <= _COMPARE_SIZE:
            below = np.add.reduce(self.knots <= X[:, :, None], axis=2, dtype=np.intp)
            # none is below NaN
            cell = first + np.maximum(below - 1, 0)
        else:
            cell = binary_search(knots, X, first, width)
        position = np.subtract(X, knots.take(cell), out=X)
        position /= self.widths.take(cell)
        return cell, position

    def normal_scores(self, X, out):
        """Read the normal scores of values, interpolated between the knots.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_columns), float64
            Values. NaN is allowed.
        out : ndarray of shape (n_samples, n_columns), float32 or float64
            Receives the scores; NaN for NaN. The rows go through in blocks, and what a
            row gets does not depend on the rows beside it.
        """
        n_rows = max(1, _BLOCK_SIZE // max(1, X.shape[1]))
        for start in range(0, len(X), n_rows):
            block = slice(start, start + n_rows)
            cell, score = self.locate(X[block])
            score *= self.rises.take(cell)
            score += self.scores.take(cell)
            out[block] = score


def binary_search(knots, X, first, width):
    """Find the last knot at or below each value, for all columns in step.

    Parameters
    ----------
    knots : ndarray of shape (n_columns * width,), float64
        Those of all columns, each padded with infinity to the width.
    X : ndarray, float64
        Values.
    first : ndarray, intp
        Index of the first knot of each value's column; broadcast to the shape of X.
    width : int
        A power of two.

    Returns
    -------
    ndarray of the shape of X, intp
        Index into `knots`; `first` for a value below all of them and for NaN.
    """
    cell = np.empty(X.shape, dtype=np.intp)
    cell[:] = first
    step = width // 2
    while step:
        # no branch: a comparison with NaN is False and leaves the first cell
        cell += step * (knots.take(cell + step) <= X)
        step //= 2
    return cell


def build_knots(X, sample_weight, n_knots):
    r"""Build the knot table of the columns of an array.

    The knots of a column are its weighted quantiles
    :math:`\min\{x : F(x) \ge q\}` at equally spaced :math:`q` from 0 to 1, or all its
    values where it has no more than `n_knots`. The score at a knot is

    .. math:: \Phi^{-1}\left(F(x^-) + P(X = x) / 2\right),

    the normal quantile of the rank of the middle of the rows that share the value.
    Missing values do not count. These quantiles are values of the data and depend on
    sums of weights only, so a row of weight 3 is three rows, bit for bit.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_columns), float64
        Finite values or NaN, at least one value in each column.
    sample_weight : ndarray of shape (n_samples,), float64, or None
        Positive weights; None stands for ones.
    n_knots : int
        Most knots a column may have, at least 2.

    Returns
    -------
    KnotTable
        The table.
    """
    return _lay_out([_column_knots(values, sample_weight, n_knots) for values in X.T])


def _lay_out(columns):
    """Make the table of knots and scores of each column."""
    counts = np.array([len(knots) for knots, _ in columns], dtype=np.intp)
    width = 1 << int(max(counts, default=1) - 1).bit_length()
    shape = (len(columns), width)
    table = KnotTable(
        counts, np.full(shape, np.inf), np.ones(shape), np.zeros(shape), np.zeros(shape)
    )
    for column, (knots, scores) in enumerate(columns):
        count = len(knots)
        table.knots[column, :count] = knots
        table.widths[column, : count - 1] = np.diff(knots)
        table.scores[column, :count] = scores
        table.rises[column, : count - 1] = _rises(scores)
    return table


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
    """Put a knot into the gap that is wider than float64 can say, if there is one."""
    with np.errstate(over="ignore"):
        wide = np.flatnonzero(np.isinf(np.diff(knots))) + 1
    middle = knots[wide] / 2 + knots[wide - 1] / 2
    knots = np.insert(knots, wide, middle)
    scores = np.insert(scores, wide, (scores[wide] + scores[wide - 1]) / 2)
    return knots, scores


def _rises(scores):
    """Differences that, added to a score, never pass the next one by rounding."""
    rises = np.diff(scores)
    past = scores[:-1] + rises > scores[1:]
    return np.where(past, np.nextafter(rises, -np.inf), rises)
