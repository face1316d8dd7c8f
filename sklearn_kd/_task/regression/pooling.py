"""Linear pools: one prediction of those of several regressors."""

import numpy as np
from scipy.optimize import nnls

#: Strength of the ridge that draws weights to their centre, in rows.
RIDGE = 5.0


def linear(outputs, weights, middle):
    """Add up the deviations of predictions from a middle, by weight.

    A sum of weights below 1 draws predictions towards the middle; NaN stays.
    """
    parts = zip(weights, outputs, strict=True)
    return middle + sum(weight * (each - middle) for weight, each in parts)


def fit_linear(outputs, hard, weight, center, ridge=RIDGE):
    """Find the weights of a linear pool that fit targets best, none negative.

    Parameters
    ----------
    outputs : list of ndarray of shape (n_samples, n_outputs), float64
        Predictions of each member for rows that it was not fitted on, with mean 0 and
        in units of the targets' deviation.
    hard : ndarray of shape (n_samples, n_outputs), float64
        Targets, in the same units.
    weight : ndarray of shape (n_samples,)
        Of each row, as a number of rows.
    center : ndarray of shape (n_members,)
        What the weights are without any row.
    ridge : float, default=5.0
        What a weight that is one away from its centre costs, twice, in units of the
        squared error over its mean under the weights of `center`.

    Returns
    -------
    ndarray of shape (n_members,), float64
        Not negative.

    References
    ----------
    Breiman, "Stacked regressions", 1996. :doi:`10.1007/BF00117832`
    """
    if not len(hard):
        return center
    stacked = np.stack([each.ravel() for each in outputs], axis=1)
    root = np.repeat(np.sqrt(weight), hard.shape[1])
    residual = root * (hard.ravel() - stacked @ center)
    error = residual @ residual / (root @ root)
    if not error > 0:
        return center
    rows = np.vstack(
        [
            root[:, None] * stacked / np.sqrt(error),
            np.sqrt(ridge) * np.eye(len(center)),
        ]
    )
    wanted = np.r_[root * hard.ravel() / np.sqrt(error), np.sqrt(ridge) * center]
    # the normal equations have as many rows as members
    q, r = np.linalg.qr(rows)
    return nnls(r, q.T @ wanted)[0]


def fit_share(outputs, other, hard, weight):
    """Find the share of the second of two predictions in a mean that fits best.

    Parameters
    ----------
    outputs, other, hard : ndarray of shape (n_samples, n_outputs), float64
        Predictions for the same rows, and their targets, in the same units.
    weight : ndarray of shape (n_samples,)
        Of each row.

    Returns
    -------
    float
        From 0 to 1.
    """
    apart = other - outputs
    square = weight @ (apart**2).sum(axis=1)
    if not square > 0:
        return 0.0
    share = weight @ (apart * (hard - outputs)).sum(axis=1) / square
    return float(np.clip(share, 0, 1))
