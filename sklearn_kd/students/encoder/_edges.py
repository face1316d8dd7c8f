"""Where targets step along a numeric column: the edges of its components."""

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from sklearn_kd._compat import fit_tree
from sklearn_kd.students.encoder._knots import cumulated_weights

#: Quantile bins that a column is cut into before edges are looked for between them.
_N_CANDIDATES = 256

#: Least weight, in rows, between two edges: fewer would fit noise.
_MIN_WEIGHT = 5

#: Least mean squared change that an edge explains. Without it rounding would split
#: stretches on which targets are constant.
_MIN_GAIN = 1e-9


def learn_edges(values, targets, sample_weight, n_bins):
    """Find the values at which the mean of some targets changes most.

    The column is cut at its quantiles into at most 256 bins (or its distinct values).
    A regression tree on the mean targets of the bins, with the weight of each, chooses
    where to split them; that is the tree on the rows themselves, restricted to the cuts
    between bins. A row of weight 3 is three rows.

    Parameters
    ----------
    values : ndarray of shape (n_samples,), float64
        The column; NaN is left out.
    targets : ndarray of shape (n_samples, n_targets), float
        What is looked at along it, several targets pooled.
    sample_weight : ndarray of shape (n_samples,), float64, or None
        Positive weights; None stands for ones.
    n_bins : int
        Most stretches between edges.

    Returns
    -------
    ndarray of shape (n_edges,), float64
        Increasing: the least value, the splits, the greatest value.
    """
    present = ~np.isnan(values)
    if not present.all():
        values, targets = values[present], targets[present]
        sample_weight = None if sample_weight is None else sample_weight[present]
    cuts = _candidate_cuts(values, sample_weight)
    ends = values.min(), values.max()
    total = len(values) if sample_weight is None else sample_weight.sum()
    if not len(cuts) or total < 2 * _MIN_WEIGHT:
        return np.array(ends)
    position = np.searchsorted(cuts, values)
    n_cells = len(cuts) + 1
    weight = np.bincount(position, sample_weight, n_cells)
    means = np.empty((n_cells, targets.shape[1]))
    for target, column in zip(targets.T, means.T, strict=True):
        product = target if sample_weight is None else target * sample_weight
        # rounded, so that the order of the rows and whether a row of weight 2 is one
        # row or two decide no tie between two splits
        column[:] = np.round(np.bincount(position, product, n_cells) / weight, 9)
    tree = DecisionTreeRegressor(
        max_leaf_nodes=n_bins,
        min_weight_fraction_leaf=min(0.5, _MIN_WEIGHT / total),
        min_impurity_decrease=_MIN_GAIN,
        random_state=0,  # one column: nothing is drawn
    )
    cells = np.arange(n_cells, dtype=np.float32)[:, None]
    fit_tree(tree, cells, means, weight)
    splits = tree.tree_.threshold[tree.tree_.children_left >= 0]
    chosen = np.sort(splits.astype(int))  # threshold c + .5 parts cell c from c + 1
    return np.concatenate([ends[:1], cuts[chosen], ends[1:]])


def _candidate_cuts(values, sample_weight):
    """Middles between neighbouring values at which quantile bins meet."""
    values, cumulated = cumulated_weights(values, sample_weight)
    last = np.arange(len(values) - 1)
    if len(last) >= _N_CANDIDATES:
        goal = np.arange(1, _N_CANDIDATES) * cumulated[-1] / _N_CANDIDATES
        chosen = np.searchsorted(cumulated[:-1], goal)
        last = np.unique(np.minimum(chosen, len(last) - 1))
    # halved first: the sum of two large values may be too large
    cuts = values[last] / 2 + values[last + 1] / 2
    # a middle that rounds up to the greater value would not part the two
    return np.where(cuts < values[last + 1], cuts, values[last])
