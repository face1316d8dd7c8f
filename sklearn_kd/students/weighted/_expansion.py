"""Soft targets for students with sample weights: each row once per class."""

from numbers import Integral

import numpy as np
from sklearn.model_selection import PredefinedSplit

from sklearn_kd._compat import safe_indexing

#: Classes below this share of a row's target are left out of its copies.
MIN_MASS = 1e-3


def expand(transfer_set, min_mass=MIN_MASS):
    """Repeat each row once per class, weighted by the blended target.

    For a student that minimises a weighted log loss it is the same loss, but for the
    classes that are left out. They have together a mass of at most
    :math:`\\varepsilon = (K - 1) m` in a row, with :math:`m` the ``min_mass`` of
    :math:`K` classes: the row's target moves by no more than that in total variation,
    and the row's log loss under a student whose smallest probability is :math:`q` by
    no more than :math:`\\varepsilon \\log(1 / q)`.

    Parameters
    ----------
    transfer_set : TransferSet
        Rows with soft targets at temperature 1.
    min_mass : float, default=MIN_MASS
        A class with less in a row has no copy of it, and the others get its mass in
        proportion to theirs. The largest always has one. Below 1.

    Returns
    -------
    X : {ndarray, CSR matrix, DataFrame} of shape (n_expanded, n_features)
        Row i stands as often as classes have enough mass in it.
    y : ndarray of shape (n_expanded,)
        The label of each copy.
    weight : ndarray of shape (n_expanded,), float64
        Row weight times the mass of the class.
    rows : ndarray of shape (n_expanded,), int
        Which row each is a copy of, in ascending order.
    """
    soft = transfer_set.soft
    task = transfer_set.task
    rows, labels, mass = task.copies(
        soft.outputs, transfer_set.hard, soft.row_alpha, min_mass
    )
    X = safe_indexing(transfer_set.X, rows)
    return X, labels, mass * transfer_set.weight[rows], rows


def blended_numbers(transfer_set):
    """Blend soft and hard targets of numbers; repeat rows where that is not exact.

    The mean of both targets has the same optimum as two terms of a squared error. For
    another loss a row that has both stands twice, with the weights of the terms.

    Parameters
    ----------
    transfer_set : TransferSet
        Rows with soft targets of a regression.

    Returns
    -------
    X, y, weight, rows
        As from :func:`expand`.
    """
    soft, task, hard = transfer_set.soft, transfer_set.task, transfer_set.hard
    alpha, rows = soft.row_alpha, np.arange(len(transfer_set))
    both = (alpha > 0) & (alpha < 1)
    if soft.loss == "squared_error" or not both.any():
        y = task.labels(task.blend(soft.outputs, hard, alpha))
        return transfer_set.X, y, transfer_set.weight, rows
    rows = np.sort(np.r_[rows, np.flatnonzero(both)])
    is_second = np.r_[False, rows[1:] == rows[:-1]]
    share = np.where(both[rows], np.where(is_second, 1 - alpha[rows], alpha[rows]), 1)
    is_hard = is_second | (alpha[rows] == 0)
    y = np.where(is_hard[:, None], hard[rows], soft.outputs[rows])
    weight = transfer_set.weight[rows] * share
    return safe_indexing(transfer_set.X, rows), task.labels(y), weight, rows


def check_folds(student):
    """Refuse a student whose folds are positions, which refer to other rows.

    Parameters
    ----------
    student : estimator
        Its own ``cv`` is looked at, and that of every part.

    Raises
    ------
    ValueError
        Where one is neither None, a number, a name nor a splitter.
    """
    for name, cv in student.get_params(deep=True).items():
        if name.rpartition("__")[2] != "cv" or cv is None:
            continue
        makes_folds = hasattr(cv, "split") and not isinstance(cv, PredefinedSplit)
        if not (makes_folds or isinstance(cv, (Integral, float, str))):
            raise ValueError(
                f"{name} of the student {type(student).__name__} holds positions of "
                "rows of X, and the student learns from others: copies, synthetic and "
                "unlabelled rows. Pass a number of folds or a splitter, such as "
                f"{name}=5."
            )


def expand_folds(cv, transfer_set, rows):
    """Split rows into folds, and give the copies of a row the fold of that row.

    Parameters
    ----------
    cv : int, cross-validation generator or None
        As the student has it; classes are balanced by the most probable one.
    transfer_set : TransferSet
        The rows before their expansion.
    rows : ndarray of shape (n_expanded,), int
        Which of them each copy is of.

    Returns
    -------
    list of (ndarray of int, ndarray of int)
        Training and test positions among the copies, for each fold.
    """
    splitter = transfer_set.task.splitter(cv, transfer_set.hard)
    folds = []
    for train, test in splitter.split(transfer_set.X, transfer_set.hard):
        place = np.zeros(len(transfer_set), dtype=np.int8)
        place[train], place[test] = 1, 2
        copies = place[rows]
        folds.append((np.flatnonzero(copies == 1), np.flatnonzero(copies == 2)))
    return folds
