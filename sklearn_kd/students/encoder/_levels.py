"""The levels of a nominal column: which get a column, and their mean targets."""

from numbers import Integral

import numpy as np

from sklearn_kd._tables.columns import nominal_codes
from sklearn_kd._tables.level_types import TypeWatch
from sklearn_kd._tables.taking import read_rows

#: Rows that a level's mean is smoothed by.
PRIOR_WEIGHT = 20


def level_weights(codes, levels, sample_weight):
    """Total weight of each level that occurs; None is the missing one."""
    totals = np.bincount(codes + 1, weights=sample_weight, minlength=len(levels) + 1)
    weights = {}
    for level, total in zip([None, *levels], totals.tolist(), strict=True):
        if total:
            weights[level] = weights.get(level, 0) + total
    return weights


def kept_levels(weights, min_frequency, max_categories):
    """Levels with a column of their own, in order, and whether others share one."""
    if min_frequency is None:
        threshold = 0
    elif isinstance(min_frequency, Integral):
        threshold = min_frequency
    else:
        threshold = min_frequency * sum(weights.values())
    present = [level for level in weights if level is not None]
    kept = [level for level in present if weights[level] >= threshold]
    if max_categories is not None:
        n_columns = len(kept) + (len(kept) < len(present))
        if n_columns > max_categories:
            kept.sort(key=lambda level: (-weights[level], order(level)))
            del kept[max_categories - 1 :]
    grouped = len(kept) < len(present)
    kept.sort(key=order)
    # missing is a level of its own however rare: it is not one of a group
    return kept + [None] * (None in weights), grouped


def order(level):
    """Numbers before strings before bytes, as values of different types have none."""
    return (isinstance(level, str) + 2 * isinstance(level, bytes), level)


def hot_positions(codes, found, levels, grouped):
    """Position of the 1 of each row among the columns of its feature; -1 for none."""
    position = {level: index for index, level in enumerate(levels)}
    unknown = len(levels) if grouped else -1
    # the last entry is what code -1, a missing value, reads
    hot = np.array([position.get(level, unknown) for level in [*found, None]])
    return hot[codes]


def level_scores(codes, levels, targets, sample_weight):
    """Mean targets of the rows of each level, drawn towards the mean of all rows.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), int
        Position in `levels`; -1 for a missing value.
    levels : list
        The levels found.
    targets : ndarray of shape (n_samples, n_targets), float
        What to take means of.
    sample_weight : ndarray of shape (n_samples,), float, or None
        Positive weights; None stands for ones.

    Returns
    -------
    levels : list
        Those found, with None for missing values where there are any.
    scores : ndarray of shape (n_levels, n_targets), float64
        As if each level had 20 more rows with the mean targets of all, minus that mean.
    """
    n_cells = len(levels) + 1
    weight = np.bincount(codes + 1, sample_weight, n_cells)
    sums = np.empty((n_cells, targets.shape[1]))
    for target, column in zip(targets.T, sums.T, strict=True):
        product = target if sample_weight is None else target * sample_weight
        column[:] = np.bincount(codes + 1, product, n_cells)
    mean = sums.sum(axis=0) / weight.sum()
    scores = (sums - weight[:, None] * mean) / (weight[:, None] + PRIOR_WEIGHT)
    found = np.flatnonzero(weight)
    return [[None, *levels][cell] for cell in found], scores[found]


def read_scores(codes, found, levels, scores):
    """Look the scores of the levels of rows up; 0 for a level never seen."""
    position = {level: index for index, level in enumerate(levels)}
    table = np.vstack([scores, np.zeros(scores.shape[1])])
    place = np.array([position.get(level, -1) for level in [*found, None]])
    return table[place[codes]]


def known_levels(encoder, column):
    """List the levels that an encoder tells from unknown ones.

    Parameters
    ----------
    encoder : TabularEncoder
        Fitted.
    column : int
        Position of a nominal column.

    Returns
    -------
    dict
        Its keys, in order; None stands for missing values.
    """
    kept = encoder.levels_.get(column, [])
    scored = encoder.level_scores_.get(column, ([], None))[0]
    return dict.fromkeys([*kept, *scored])


def check_types(encoder, X):
    """Warn of columns of rows whose levels are not of the types that occurred in fit.

    Parameters
    ----------
    encoder : transformer or None
        Fitted. Others than TabularEncoder warn for themselves, or do not know.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Checked rows that it was not fitted on.
    """
    levels = getattr(encoder, "levels_", None)
    if not levels:
        return
    X, watch = read_rows(X), TypeWatch()
    for column in levels:
        watch.see(column, *nominal_codes(X, column), known_levels(encoder, column))
    watch.warn(X)


def level_vectors(encoder, coef):
    """Multiply what each level is encoded as with the first layer.

    Parameters
    ----------
    encoder : TabularEncoder
        Fitted.
    coef : ndarray of shape (n_inputs, n_units)
        Weights of the first layer.

    Yields
    ------
    column : int
        Position of the column.
    levels : list
        Its levels.
    vectors : ndarray of shape (n_levels + 1, n_units), float64
        The vector of each; the last is an unknown level's.
    """
    coef = coef.astype(np.float64, copy=False)
    start = encoder._n_numbers()
    scored = len(coef) - sum(
        each.shape[1] for _, each in encoder.level_scores_.values()
    )
    for column, kept in encoder.levels_.items():
        grouped = column in encoder.grouped_columns_
        levels = list(known_levels(encoder, column))
        vectors = np.zeros((len(levels) + 1, coef.shape[1]))
        if grouped:
            vectors[:] = coef[start + len(kept)]
        place = {level: index for index, level in enumerate(levels)}
        vectors[[place[level] for level in kept]] = coef[start : start + len(kept)]
        if None not in place:  # a missing value that was never seen is unknown
            levels = [*levels, None]
            vectors = np.vstack([vectors, vectors[-1:]])
        start += len(kept) + grouped
        if column in encoder.level_scores_:
            found, scores = encoder.level_scores_[column]
            weights = coef[scored : scored + scores.shape[1]]
            vectors[[place[level] for level in found]] += scores @ weights
            scored += scores.shape[1]
        yield column, levels, vectors
