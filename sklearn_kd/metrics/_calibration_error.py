"""How far the confidence of a classifier is from how often it is right.

The expected calibration error (Naeini et al. 2015, :doi:`10.1609/aaai.v29i1.9602`) of
the most probable label, over bins that hold equally many rows (Nixon et al. 2019,
:arxiv:`1904.01685`). Two classes are no special case: the confidence is that of the
more probable one.
"""

from typing import NamedTuple

import numpy as np

#: Bins where a user names no number.
N_BINS = 10


class Bins(NamedTuple):
    """What rows are like on average in each bin that has one, all of shape (n_bins,).

    ``share`` is that of all weight, and ``n_effective`` the number of rows of equal
    weight that say as much as those of the bin: (sum of weights)² / sum of squares, as
    of Kish.
    """

    predicted: np.ndarray
    observed: np.ndarray
    share: np.ndarray
    n_effective: np.ndarray


def calibration_error(proba, codes, weights=None, n_bins=N_BINS):
    """Compute the expected calibration error of the most probable label.

    The mean over bins, by their rows (``weights``, or one each), of the absolute
    difference of mean confidence and accuracy; `codes` are the columns of the labels.
    """
    confidence, right = top_label(proba, codes)
    places = equal_mass_places(confidence, weights, n_bins)
    bins = average_in_bins(confidence, right, weights, places)
    return float(bins.share @ np.abs(bins.observed - bins.predicted))


def top_label(proba, codes):
    """Give the largest probability of each row, and whether its label is the right one.

    Of equal probabilities the first counts, as for ``predict`` of scikit-learn.
    """
    top = proba.argmax(axis=1)
    return proba[np.arange(len(proba)), top], top == codes


def equal_mass_places(values, weights, n_bins):
    """Place rows in bins of equal weight, by increasing value.

    Equal values are in one bin, that of the middle of their weight, whatever the order
    of the rows. A bin may then be empty: many rows of a forest have the probability 1.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        What is binned.
    weights : ndarray of shape (n_samples,) or None
        As for :func:`calibration_error`.
    n_bins : int
        Their number.

    Returns
    -------
    ndarray of shape (n_samples,), int
        Of each row its bin, from 0 to ``n_bins - 1``.
    """
    _, which = np.unique(values, return_inverse=True)
    mass = np.bincount(which, weights)
    ends = np.cumsum(mass)
    middles = (ends - mass / 2) / ends[-1]
    return np.minimum((middles * n_bins).astype(int), n_bins - 1)[which]


def average_in_bins(predicted, observed, weights, places):
    """Average predictions and outcomes of the rows of each bin.

    Parameters
    ----------
    predicted, observed : ndarray of shape (n_samples,)
        Probabilities, and whether what they are of has come true.
    weights : ndarray of shape (n_samples,) or None
        As for :func:`calibration_error`.
    places : ndarray of shape (n_samples,), int
        The bin of each row.

    Returns
    -------
    Bins
        Those without weight are left out.
    """
    weights = np.ones(len(predicted)) if weights is None else weights
    mass = np.bincount(places, weights)
    kept = mass > 0

    def total(values):
        return np.bincount(places, weights * values)[kept]

    mass = mass[kept]
    return Bins(
        predicted=total(predicted) / mass,
        observed=total(observed) / mass,
        share=mass / mass.sum(),
        n_effective=mass**2 / total(weights),
    )
