"""The log-linear pool: one distribution of the predictions of several classifiers."""

import numpy as np
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.stats import entropy

#: Probabilities are raised to it, as logarithms are taken: a forest can predict 0. With
#: very many classes it is a tenth of an equal share.
_FLOOR, _OF_EQUAL = 1e-3, 0.1

#: Strength of the ridge that draws weights to their centre.
RIDGE = 5.0

#: Iterations for two or three weights.
_MOST_ITERATIONS = 50


def raised(proba):
    """Raise probabilities to a floor, and renormalise the rows, in float64."""
    floor = min(_FLOOR, _OF_EQUAL / proba.shape[1])
    proba = np.maximum(proba, floor, dtype=np.float64)
    return proba / proba.sum(axis=1, keepdims=True)


def log_linear(probas, weights):
    """Pool probabilities by weights of their logarithms.

    Parameters
    ----------
    probas : list of ndarray of shape (n_samples, n_classes), float
        The predictions of each member. Where a row of the first has no mass, the pool
        has none.
    weights : ndarray of shape (n_members,)
        Not negative. That of one member alone is an inverse temperature.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float32
        ``softmax(sum(weight * log(proba)))``.

    References
    ----------
    Genest and Zidek, "Combining Probability Distributions: A Critique and an Annotated
    Bibliography", 1986. :doi:`10.1214/ss/1177013825`
    """
    logits = sum(
        weight * np.log(raised(proba))
        for weight, proba in zip(weights, probas, strict=True)
    )
    logits -= logits.max(axis=1, keepdims=True)
    pooled = np.exp(logits, out=logits)
    pooled /= pooled.sum(axis=1, keepdims=True)
    pooled[probas[0].sum(axis=1) == 0] = 0
    return pooled.astype(np.float32)


def matching_exponent(proba, other):
    """Find the exponent at which probabilities are as sure as others, in the mean.

    Parameters
    ----------
    proba, other : ndarray of shape (n_samples, n_classes), float
        Predictions of two classifiers for the same rows.

    Returns
    -------
    float
        From 0.1 to 10: where the mean entropy of ``proba ** exponent``, renormalised,
        is that of `other`. Below 1, `proba` is the surer of the two.
    """
    proba = proba[proba.sum(axis=1) > 0]
    if not len(proba):
        return 1.0
    logs, wanted = np.log(raised(proba)), entropy(raised(other), axis=1).mean()

    def surplus(power):
        odds = np.exp(power * (logs - logs.max(axis=1, keepdims=True)))
        return entropy(odds, axis=1).mean() - wanted

    low, high = -np.log(10), np.log(10)
    if surplus(np.exp(low)) <= 0 or surplus(np.exp(high)) >= 0:
        return float(np.exp(low if surplus(np.exp(low)) <= 0 else high))
    return float(np.exp(brentq(lambda x: surplus(np.exp(x)), low, high, xtol=1e-3)))


def fit_share(proba, other, codes, weight):
    """Find the share of the second of two predictions in a mean that fits labels best.

    Parameters
    ----------
    proba, other : ndarray of shape (n_samples, n_classes), float
        Predictions for the same rows.
    codes : ndarray of shape (n_samples,), int
        The labels of the rows.
    weight : ndarray of shape (n_samples,)
        Of each row.

    Returns
    -------
    float
        From 0 to 1.
    """
    every = np.arange(len(codes))
    first, second = (raised(each)[every, codes] for each in (proba, other))

    def loss(share):
        return -weight @ np.log((1 - share) * first + share * second)

    found = minimize_scalar(loss, bounds=(0, 1), method="bounded")
    return float(min([found.x, 0.0, 1.0], key=loss))


def spread(proba):
    """Measure how much the logits of predictions differ between rows."""
    logs = np.log(raised(proba))
    logs -= logs.mean(axis=1, keepdims=True)
    return float(logs.std(axis=0).mean())


def fit_log_linear(probas, codes, weight, center, ridge=RIDGE):
    """Find the weights of a log-linear pool that fit labels best.

    It is a convex problem: multinomial logistic regression with a coefficient a member.

    Parameters
    ----------
    probas : list of ndarray of shape (n_samples, n_classes), float
        Predictions of each member for rows that it was not fitted on.
    codes : ndarray of shape (n_samples,), int
        The labels of the rows.
    weight : ndarray of shape (n_samples,)
        Of each row, as a number of rows.
    center : ndarray of shape (n_members,)
        What the weights are without any row.
    ridge : float, default=5.0
        How many units of log loss, summed over the rows, a weight that is one away from
        its centre costs, twice.

    Returns
    -------
    ndarray of shape (n_members,), float64
        Not negative.
    """
    if not len(codes):
        return center
    logs = np.stack([np.log(raised(proba)) for proba in probas])
    logs -= logs.max(axis=2, keepdims=True)
    at_label = logs[:, np.arange(len(codes)), codes]

    def loss(coefficients):
        logits = np.tensordot(coefficients, logs, 1)
        highest = logits.max(axis=1, keepdims=True)
        odds = np.exp(logits - highest)
        total = odds.sum(axis=1, keepdims=True)
        value = weight @ (np.log(total) + highest)[:, 0]
        value -= coefficients @ (at_label @ weight)
        expected = np.einsum("mnk,nk->mn", logs, odds / total) @ weight
        apart = coefficients - center
        value += ridge / 2 * apart @ apart
        scale = 1 / weight.sum()
        return scale * value, scale * (expected - at_label @ weight + ridge * apart)

    found = minimize(
        loss,
        center,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * len(center),
        options={"maxiter": _MOST_ITERATIONS},
    )
    return found.x
