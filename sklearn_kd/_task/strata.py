"""Rows that are chosen by their classes: for validation, and a few of each class."""

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from sklearn_kd._run.random import HOLD_OUT, SPLIT, as_seed, stream


def validation_mask(codes, fraction, random_state):
    """Choose validation rows, spread evenly over the classes.

    Rows are put in an order that is random within each class, and every
    ``1 / fraction``-th is taken. The first of each class is never taken, so that no
    class is missing from training; very few rows give no validation row at all.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), int
        Class codes.
    fraction : float
        Share of the rows, in (0, 1).
    random_state : int, RandomState instance or None
        Decides which.

    Returns
    -------
    ndarray of shape (n_samples,), bool
        True for validation rows.
    """
    generator = stream(as_seed(random_state), SPLIT)
    order = np.lexsort([generator.random(len(codes)), codes])
    first = np.r_[True, np.diff(codes[order]) != 0]
    eligible = order[~first]
    # fraction of all rows, taken from the eligible ones in equal steps
    step = min(fraction * len(codes) / max(len(eligible), 1), 1.0)
    passed = np.floor(np.arange(len(eligible) + 1) * step + 0.5 * step)
    mask = np.zeros(len(codes), dtype=bool)
    mask[eligible[np.diff(passed) > 0]] = True
    return mask


def held_out_mask(codes, n_held_out, seed):
    """Choose rows at random, as new ones would come: not spread over the classes.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), int
        Class codes.
    n_held_out : int
        How many.
    seed : int
        Decides which.

    Returns
    -------
    ndarray of shape (n_samples,), bool
        True for the rows chosen, without the first of each class of which there would
        be no other row.
    """
    chosen = stream(seed, HOLD_OUT).permutation(len(codes))[:n_held_out]
    mask = np.zeros(len(codes), dtype=bool)
    mask[chosen] = True
    classes, first = np.unique(codes, return_index=True)
    mask[first[~np.isin(classes, codes[~mask])]] = False
    return mask


def group_mask(codes, groups, fraction, random_state):
    """Choose validation rows so that no group has rows on both sides.

    Groups are gone through in random order. One is taken where it brings the number of
    validation rows of each class closer to its share, and leaves rows of each of its
    classes to learn from. Where that takes none, the best is taken that leaves half of
    the rows or more, if there is one.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), int
        Class codes.
    groups : ndarray of shape (n_samples,), int
        Group codes 0, 1, 2, ...
    fraction : float
        Share of the rows, in (0, 1).
    random_state : int, RandomState instance or None
        Decides which.

    Returns
    -------
    ndarray of shape (n_samples,), bool
        True for validation rows; for none where no group can be spared.
    """
    n_groups, n_classes = groups.max() + 1, codes.max() + 1
    rows_of = np.split(
        codes[np.argsort(groups, kind="stable")],
        np.cumsum(np.bincount(groups, minlength=n_groups))[:-1],
    )
    left = np.bincount(codes, minlength=n_classes)
    missing, unit = fraction * left, np.maximum(left, 1)
    taken = np.zeros(n_groups, dtype=bool)
    least, best = np.inf, None
    for group in stream(as_seed(random_state), SPLIT).permutation(n_groups):
        rows = np.bincount(rows_of[group], minlength=n_classes)
        if ((rows > 0) & (rows == left)).any():
            continue  # a class would be missing from training
        # how much farther from the wanted counts, each class in shares of its rows
        farther = (rows * (rows - 2 * missing) / unit).sum()
        if farther < 0:
            taken[group] = True
            left, missing = left - rows, missing - rows
            if (missing <= 0.5).all():
                break
        elif farther < least and 2 * rows.sum() <= len(codes):
            least, best = farther, group
    if not taken.any() and best is not None and fraction * len(codes) >= 0.5:
        taken[best] = True
    return taken[groups]


def shuffled_folds(codes, groups, most, seed):
    """Split rows into stratified folds; groups stay whole.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,), int
        Class codes.
    groups : ndarray of shape (n_samples,), int, or None
        Group codes.
    most : int
        The number of folds, where each class has so many rows; else those of the
        smallest class.
    seed : int
        Decides which rows are together.

    Returns
    -------
    list of (ndarray of int, ndarray of int) or None
        Positions of the rows to train on and to test. None where a class would be
        missing from a training part.
    """
    present = np.unique(codes)
    n_folds = min(most, np.bincount(codes)[present].min())
    if groups is not None:
        n_folds = min(n_folds, len(np.unique(groups)))
    if n_folds < 2:
        return None
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = kind(n_folds, shuffle=True, random_state=seed)
    splits = list(splitter.split(codes, codes, groups))
    if any(len(np.unique(codes[train])) < len(present) for train, _ in splits):
        return None
    return [(train, test) for train, test in splits if len(test)]


def first_of_each(codes, each, at_least):
    """Give positions of the first `each` rows of a class, and the first of all."""
    order = np.argsort(codes, kind="stable")
    place = np.arange(len(codes)) - np.searchsorted(codes[order], codes[order])
    return np.union1d(order[place < each], np.arange(min(len(codes), at_least)))
