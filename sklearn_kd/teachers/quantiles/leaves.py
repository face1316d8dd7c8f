"""The targets in the leaves of a forest, and the quantiles that they give."""

import numpy as np
from scipy.sparse import csr_matrix

#: About how many targets the leaves of a row may hold in all: of larger leaves a random
#: part counts. And how many numbers are in memory at a time.
_MOST_OF_ROW, _CHUNK = 3000, 4_000_000

#: Most rows times trees whose leaves are kept: of more rows a random part counts.
_MOST_KEPT = 30_000_000


class LeafTargets:
    """The targets of labelled rows in the leaves of the trees of a forest.

    A row gives a weight to each labelled row: the mean over the trees of one over the
    size of the leaf that both are in, or 0. The quantiles of the row are those of the
    targets by these weights.

    Parameters
    ----------
    leaves : ndarray of shape (n_samples, n_trees), int
        The leaf of each labelled row in each tree, as ``apply`` of a forest gives it.
    targets : ndarray of shape (n_samples, n_targets), float64
        Their targets.
    weight : ndarray of shape (n_samples,) or None, default=None
        Their weights.

    References
    ----------
    Meinshausen, "Quantile Regression Forests", 2006.
    https://jmlr.org/papers/v7/meinshausen06a.html
    """

    def __init__(self, leaves, targets, weight=None):
        n_rows, n_trees = leaves.shape
        generator = np.random.default_rng(0)
        kept, most = np.arange(n_rows), max(_MOST_KEPT // n_trees, 1)
        if n_rows > most:
            kept = generator.choice(n_rows, most, replace=False)
        kept = generator.permutation(kept)  # the first of a leaf are any of them
        leaves, targets = leaves[kept].astype(np.int64), targets[kept]
        self.starts = np.r_[0, np.cumsum(leaves.max(axis=0) + 1)]
        by_leaf = self._visits(leaves).tocsc()  # in linear time
        rows, sizes = by_leaf.indices, np.diff(by_leaf.indptr)
        nodes = np.repeat(np.arange(len(sizes)), sizes)
        place = np.arange(len(nodes)) - np.repeat(by_leaf.indptr[:-1], sizes)
        counted = place < max(_MOST_OF_ROW // n_trees, 5)
        nodes, rows = nodes[counted], rows[counted]
        starts = np.searchsorted(nodes, np.arange(len(sizes) + 1))
        weight = np.ones(len(kept)) if weight is None else weight[kept]
        total = np.bincount(nodes, weights=weight[rows], minlength=self.starts[-1])
        values = (weight[rows] / total[nodes]).astype(np.float32)
        self.targets, self.ranks, self.tables = [], [], []
        for column in targets.T:
            by_target = np.argsort(column, kind="stable")
            rank = np.empty(len(kept), dtype=np.int32)
            rank[by_target] = np.arange(len(kept), dtype=np.int32)
            shape = self.starts[-1], len(kept)
            table = csr_matrix((values, rank[rows], starts), shape=shape)
            of_all = np.full(n_rows, -1, dtype=np.int32)
            of_all[kept] = rank
            self.targets.append(column[by_target])
            self.ranks.append(of_all)
            self.tables.append(table)

    def quantiles(self, leaves, levels, source=None):
        """Give the quantiles of rows.

        Parameters
        ----------
        leaves : ndarray of shape (n_new, n_trees), int
            As ``apply`` of the forest gives them.
        levels : sequence of float
            Which.
        source : ndarray of shape (n_new,), int, or None, default=None
            For each row the position of a labelled row whose target does not count,
            unless no other is in its leaves; -1 for none.

        Returns
        -------
        ndarray of shape (n_new, n_targets, n_levels), float64
            The quantiles. Rows in leaves without any target have those of all targets.
        """
        n_rows, n_trees = leaves.shape
        size = max(_CHUNK // min(_MOST_OF_ROW, n_trees * 5), 100)
        outputs = np.empty((n_rows, len(self.tables), len(levels)))
        for start in range(0, n_rows, size):
            rows = slice(start, start + size)
            part = self._visits(leaves[rows])
            for place, table in enumerate(self.tables):
                left_out = None if source is None else self.ranks[place][source[rows]]
                if source is not None:
                    left_out = np.where(source[rows] < 0, -1, left_out)
                outputs[rows, place] = _weighted_quantiles(
                    (part @ table).T.tocsr().T, self.targets[place], levels, left_out
                )
        return outputs

    def _visits(self, leaves):
        """Mark the leaves that rows are in, of those that hold a target."""
        n_rows, n_trees = leaves.shape
        known = leaves < np.diff(self.starts)
        nodes = np.where(known, leaves + self.starts[:-1], 0).ravel()
        starts = np.arange(0, n_rows * n_trees + 1, n_trees)
        values = known.ravel().astype(np.float32)
        return csr_matrix(
            (values, nodes, starts), shape=(n_rows, self.starts[-1]), copy=False
        )


def _weighted_quantiles(weights, targets, levels, left_out):
    """Give quantiles by weights: a table whose rows are sorted by target.

    A quantile is the least target up to which the share of the weights is the level.
    """
    weights = weights.tocsr()
    n_rows, columns = weights.shape[0], weights.indices
    row = np.repeat(np.arange(n_rows), np.diff(weights.indptr))
    values = weights.data.astype(np.float64)
    counted = values > 0
    if left_out is not None:
        others = counted & (columns != left_out[row])
        has_others = np.bincount(row[others], minlength=n_rows) > 0
        counted = np.where(has_others[row], others, counted)
    row, columns, values = row[counted], columns[counted], values[counted]
    whole = np.quantile(targets, levels)
    if not len(row):
        return np.tile(whole, (n_rows, 1))
    bounds = np.searchsorted(row, np.arange(n_rows + 1))
    total = np.bincount(row, weights=values, minlength=n_rows)
    summed = np.cumsum(values)
    before = np.r_[0.0, summed][bounds[:-1]]
    share = (summed - before[row]) / total[row]
    # ascending over all rows, so that one search finds the place in each
    keys = row + np.clip(share, 0, 1)
    last = np.maximum(bounds[1:] - 1, 0)
    outputs = np.empty((n_rows, len(levels)))
    for k, level in enumerate(levels):
        # a little below, since sums are rounded
        place = np.searchsorted(keys, np.arange(n_rows) + level * (1 - 1e-7))
        found = targets[columns[np.minimum(place, last)]]
        outputs[:, k] = np.where(total > 0, found, whole[k])
    return outputs
