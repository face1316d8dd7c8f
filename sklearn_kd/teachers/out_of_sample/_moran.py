"""Tests a teacher for memorised label noise, by the residuals of neighbouring rows.

A member that has memorised row j predicts for a neighbour i a probability nearer to the
label of j. With label noise, that is away from the label of i as often as towards it,
and the residuals of neighbours have opposite signs. On a clean table the residuals of
neighbours agree, and memorising reduces both.
"""

import numpy as np
from scipy.sparse import csr_array, triu

#: Autocorrelation and z-score below which label noise has been memorised. The threshold
#: is one of size rather than of significance: a stricter score loses what small noisy
#: tables gain, and in a large table even a negligible correlation is significant.
MAX_CORRELATION, MAX_SCORE = -0.03, -1.0

#: Pairs of rows whose residuals are multiplied at a time.
_BLOCK = 100_000


def morans_i(residuals, neighbors, weight=None):
    """Measure whether the residuals of neighbouring rows agree: Moran's I.

    Parameters
    ----------
    residuals : ndarray of shape (n_samples, n_classes), float
        ``onehot(y) - p``, with out-of-bag or out-of-fold probabilities ``p``.
    neighbors : ndarray of shape (n_samples, n_neighbors), int
        Positions of each row's nearest other rows.
    weight : ndarray of shape (n_samples,), float, or None, default=None
        Row weights; a row of weight 0 counts neither as a row nor as a neighbour.

    Returns
    -------
    correlation : float
        Within [-1, 1] but for rows that are neighbours of unusually many. 0 where all
        residuals are.
    score : float
        The same in standard errors, under the hypothesis that residuals of different
        rows are uncorrelated.

    Notes
    -----
    With residuals :math:`r_i`, neighbours :math:`N_i` and weights :math:`w_i`,

    .. math:: I = \\frac{\\sum_i |N_i|^{-1} \\sum_{j \\in N_i}
              \\sqrt{w_i w_j}\\, r_i \\cdot r_j}{\\sum_i w_i |r_i|^2}

    which is the statistic of Moran [1]_ for vectors that need no centring, as residuals
    have mean 0. It is also the slope, in units of the Brier score, at which out-of-bag
    probabilities improve as the mean residual of the neighbours is added to them. The
    standard error sums the squares of the products over unordered pairs of rows: it
    holds for residuals of unequal size.

    References
    ----------
    .. [1] Moran, P. A. P. (1950). Notes on continuous stochastic phenomena.
       Biometrika, 37(1-2), 17-23. https://doi.org/10.1093/biomet/37.1-2.17

    Examples
    --------
    >>> import numpy as np
    >>> residuals = np.array([[0.5], [0.4], [-0.5], [-0.4]])
    >>> neighbors = np.array([[1], [0], [3], [2]])
    >>> correlation, _ = morans_i(residuals, neighbors)
    >>> round(correlation, 3)
    0.976
    """
    residuals = residuals.astype(np.float32, copy=False)
    if weight is not None:
        residuals = residuals * np.sqrt(weight, dtype=np.float32)[:, None]
    size = float(np.einsum("ij,ij->", residuals, residuals, dtype=np.float64))
    pairs = _pairs(neighbors)
    if size == 0 or not pairs.nnz:
        return 0.0, 0.0
    total = squares = 0.0
    for start in range(0, pairs.nnz, _BLOCK):
        block = slice(start, start + _BLOCK)
        first, second = residuals[pairs.row[block]], residuals[pairs.col[block]]
        products = np.einsum("ij,ij->i", first, second).astype(np.float64)
        products *= pairs.data[block]
        total += products.sum()
        squares += products @ products
    score = total / np.sqrt(squares) if squares > 0 else 0.0
    return float(total / size), float(score)


def _pairs(neighbors):
    """Give each unordered pair of neighbours once, with twice the weight if mutual."""
    n_samples, n_neighbors = neighbors.shape
    weights = csr_array(
        (
            np.full(neighbors.size, 1 / n_neighbors, dtype=np.float32),
            neighbors.ravel(),
            np.arange(0, neighbors.size + 1, n_neighbors),
        ),
        shape=(n_samples, n_samples),
    )
    return triu(weights + weights.T, k=1, format="coo")


def has_memorised_noise(correlation, score):
    """Return whether residuals of neighbours contradict each other: memorised noise."""
    return correlation < MAX_CORRELATION and score < MAX_SCORE
