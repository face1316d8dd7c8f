"""Mixing class probabilities: with labels, and those of several teachers."""

import numpy as np
from scipy.special import xlogy


def one_hot(codes, n_classes, dtype=np.float64):
    """Write class codes as rows of an identity matrix: (n_samples, n_classes)."""
    hot = np.zeros((len(codes), n_classes), dtype)
    hot[np.arange(len(codes)), codes] = 1
    return hot


def blend(proba, codes, row_alpha):
    """Mix soft and hard targets: ``row_alpha * proba + (1 - row_alpha) * onehot(y)``.

    At temperature 1, cross-entropy against the mix has the gradient of the blended
    loss. Codes must be valid, but do not count, where ``row_alpha`` is 1.
    """
    alpha = row_alpha.astype(proba.dtype, copy=False)
    mixed = proba * alpha[:, None]
    mixed[np.arange(len(codes)), codes] += 1 - alpha
    return mixed


def negative_entropy(proba):
    """Sum ``p log p`` over each row in float64: it turns a cross-entropy into a KL."""
    proba = proba.astype(np.float64, copy=False)
    return xlogy(proba, proba).sum(axis=1)


def average_proba(probas, weights):
    """Average the probabilities of several teachers.

    Parameters
    ----------
    probas : list of ndarray of shape (n_samples, n_classes), float
        Aligned probabilities. A row without any mass does not count.
    weights : ndarray of shape (n_teachers,)
        Non-negative.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), dtype of the first
        Rows that sum to 1; zero where no teacher has a prediction.
    """
    if len(probas) == 1:
        return probas[0]
    total = np.zeros(probas[0].shape)
    for proba, weight in zip(probas, weights, strict=True):
        total += weight * proba
    mass = total.sum(axis=1, keepdims=True)
    np.divide(total, mass, out=total, where=mass > 0)
    return total.astype(probas[0].dtype)


def class_copies(proba, codes, row_alpha, min_mass):
    """List for each row the classes of its blended target, with their mass.

    Parameters
    ----------
    proba, codes, row_alpha
        As for :func:`blend`.
    min_mass : float
        A class with less in a row is left out, and the others get its mass in
        proportion to theirs. The largest always stays. Below 1.

    Returns
    -------
    rows : ndarray of shape (n_copies,), int
        In ascending order.
    codes : ndarray of shape (n_copies,), int
        The class of each copy.
    mass : ndarray of shape (n_copies,), float64
        Adds up to 1 in each row.
    """
    targets = blend(proba.astype(np.float64), codes, row_alpha)
    kept = targets >= np.minimum(min_mass, targets.max(axis=1, keepdims=True))
    kept &= targets > 0
    targets[~kept] = 0
    targets /= targets.sum(axis=1, keepdims=True)
    rows, codes = np.nonzero(targets)
    return rows, codes, targets[rows, codes]


def nearly_hot(codes, n_classes):
    """Write codes as probabilities with a tenth on the next class, in float32."""
    proba = one_hot(codes, n_classes, np.float32)
    proba *= np.float32(0.9)
    proba[np.arange(len(proba)), (codes + 1) % n_classes] += np.float32(0.1)
    return proba
