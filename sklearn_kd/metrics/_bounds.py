"""Clopper-Pearson bounds on a share that was counted, also of weighted rows."""

import numpy as np
from scipy.special import betaincinv


def clopper_pearson_lower(n_events, n_rows, confidence=0.95):
    """Give the one-sided lower Clopper-Pearson bound on a share.

    Parameters
    ----------
    n_events : array-like of float
        In how many of the rows something happens; fractions are allowed, as weighted
        rows have them.
    n_rows : array-like of float
        How many rows there are, at least `n_events`.
    confidence : float, default=0.95
        How often the bound is to hold, in (0, 1).

    Returns
    -------
    ndarray of float64, or float64
        Bounds from 0 to 1, of the shape that `n_events` and `n_rows` broadcast to. It
        is 0 without events, and without rows.

    References
    ----------
    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the
    case of the binomial", 1934. :doi:`10.1093/biomet/26.4.404`
    """
    n_events, n_rows = np.asarray(n_events, float), np.asarray(n_rows, float)
    some = n_events > 0
    events = np.where(some, n_events, 1)
    bound = betaincinv(events, np.maximum(n_rows - events, 0) + 1, 1 - confidence)
    return np.where(some, bound, 0.0)[()]


def clopper_pearson_upper(n_events, n_rows, confidence=0.95):
    """Give the one-sided upper Clopper-Pearson bound on a share.

    It is 1 minus :func:`clopper_pearson_lower` of the rows without the event, and 1
    without rows; parameters and shapes are the same.
    """
    n_events, n_rows = np.asarray(n_events, float), np.asarray(n_rows, float)
    others = n_rows - n_events
    some = others > 0
    bound = betaincinv(n_events + 1, np.where(some, others, 1), confidence)
    return np.where(some, bound, 1.0)[()]


def effective_rows(weight):
    """Give Kish's effective number of weighted rows: as many equal ones tell as much.

    A bound takes it as the number of rows, and as that of events its product with their
    weighted share. Clopper-Pearson bounds are exact for equal weights and approximate
    for others.

    Parameters
    ----------
    weight : ndarray of shape (n_rows,), float
        Finite and not negative.

    Returns
    -------
    float
        ``sum(w)**2 / sum(w**2)``, from 1 to the number of rows of a weight above 0; 0.0
        where there are none.

    References
    ----------
    Kish, "Survey Sampling", 1965.

    Korn and Graubard, "Confidence Intervals for Proportions with Small Expected Number
    of Positive Counts Estimated from Survey Data", Survey Methodology 24, 1998.
    """
    largest = weight.max(initial=0)
    if largest == 0:
        return 0.0
    share = weight / largest  # squares of the weights may be no floats
    return float(share.sum() ** 2 / (share**2).sum())
