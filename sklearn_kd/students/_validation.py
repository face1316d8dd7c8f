"""Which rows are kept apart to decide when training stops."""

import numpy as np

from sklearn_kd._random import as_seed, stream

#: Streams of a student's seed.
SPLIT, INITIALIZE, SHUFFLE = range(3)


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


def split(transfer_set, fraction, random_state):
    """Split validation rows off a transfer set.

    Parameters
    ----------
    transfer_set : TransferSet
        Labelled rows.
    fraction : float
        Share of the rows, in (0, 1).
    random_state : int, RandomState instance or None
        Decides which.

    Returns
    -------
    train : TransferSet
        The rows to learn from.
    validation : TransferSet or None
        The others; None where there are too few rows to keep any apart.
    """
    mask = validation_mask(transfer_set.codes, fraction, random_state)
    if not mask.any():
        return transfer_set, None
    return transfer_set.take(~mask), transfer_set.take(mask)
