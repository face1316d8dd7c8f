"""Checking the splits of ``cv``: each row is tested, and by no teacher fitted on it."""

import numpy as np

from sklearn_kd._messages import printable, show


def fold_positions(splits, n_samples):
    """Write splits as positions of rows.

    Parameters
    ----------
    splits : iterable of (train, test)
        Positions of rows, negative ones from the end, or masks.
    n_samples : int
        Number of rows that they are for.

    Returns
    -------
    list of (ndarray of int, ndarray of int)
        Positions from 0 on.

    Raises
    ------
    ValueError
        For what is no pair of positions or masks, for positions that no row has, and
        for masks of another length.
    """
    try:
        splits = list(splits)
    except TypeError as error:  # an array without dimensions
        raise TypeError(
            f"cv has to give pairs (train, test), got {show(splits)}: pass an int, a "
            "splitter such as StratifiedKFold, or a list of pairs."
        ) from error
    found = []
    for number, fold in enumerate(splits, start=1):
        pair = _pair(fold)
        if pair is None:
            raise ValueError(
                f"cv has to give a pair (train, test) for each fold, both of them "
                f"positions of rows of X or masks with one value a row. Fold {number} "
                f"of {len(splits)} is {show(fold)}. Pass such pairs, or a "
                "splitter such as StratifiedKFold."
            )
        try:
            found.append(tuple(_positions(rows, n_samples) for rows in pair))
        except IndexError as error:
            raise ValueError(
                f"Fold {number} of {len(splits)} of cv is not for {n_samples} rows: "
                f"{printable(error)}. Pass positions of rows of X, or masks with one "
                "value a row."
            ) from error
    return found


def _pair(fold):
    """Read a fold as two arrays of one dimension; None where it is none."""
    try:
        train, test = map(np.asarray, fold)
    except (TypeError, ValueError):
        return None
    return (train, test) if train.ndim == test.ndim == 1 else None


def _positions(rows, n_samples):
    # an empty list has floats
    return np.arange(n_samples)[rows if rows.size else rows.astype(np.intp)]


def check_folds(splits, n_samples):
    """Refuse splits by which a teacher would label rows that it was fitted on, or none.

    Parameters
    ----------
    splits : iterable of (train, test)
        As for :func:`fold_positions`.
    n_samples : int
        Number of labelled rows.

    Returns
    -------
    list of (ndarray of int, ndarray of int)
        Positions from 0 on; without folds that test no row.

    Raises
    ------
    ValueError
        Where a fold trains on a row that it tests, or has no row to train on, and
        where some row is in no test set.
    """
    splits = fold_positions(splits, n_samples)
    for number, (train, test) in enumerate(splits, start=1):
        name = f"Fold {number} of {len(splits)} of cv"
        both = np.intersect1d(train, test)
        if len(both):
            raise ValueError(
                f"{name} has {len(both)} of {n_samples} rows in both its train and its "
                f"test indices, the first of them row {both[0]}: the teacher would be "
                "fitted on rows that it labels. Use a splitter whose train and test "
                "sets share no row, such as StratifiedKFold."
            )
        if not len(train):
            raise ValueError(f"{name} has no train indices: there is nothing to fit.")
    splits = [(train, test) for train, test in splits if len(test)]
    n_missed = int((count_tests(splits, n_samples) == 0).sum())
    if n_missed:
        raise ValueError(
            f"cv leaves {n_missed} of {n_samples} rows without an out-of-fold soft "
            "target. Use a splitter whose test sets cover all rows, such as "
            "StratifiedKFold, GroupKFold or RepeatedStratifiedKFold."
        )
    return splits


def count_tests(splits, n_samples):
    """Count in how many test sets each row is."""
    tested = np.zeros(n_samples, dtype=int)
    for _, test in splits:
        tested[test] += 1
    return tested
