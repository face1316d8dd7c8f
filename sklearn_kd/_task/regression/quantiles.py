"""Quantiles that never cross: the lowest, and what each further one adds to it."""

import numpy as np
from scipy.special import expit


def increasing(z, n_quantiles):
    """Turn the outputs of a network into quantiles that do not decrease.

    The first output of each target is its lowest quantile, and each further one adds
    its softplus, ``log(1 + exp(z))``, to the quantile before. It does not overflow.

    Parameters
    ----------
    z : ndarray of shape (n_samples, n_targets * n_quantiles), float32 or float64
        The outputs; those of one target stand side by side. Not changed.
    n_quantiles : int
        Number of quantiles of each target.

    Returns
    -------
    ndarray of the shape and dtype of z
        The quantiles of each target in ascending order, also where rounding makes two
        equal.
    """
    quantiles = np.logaddexp(z, 0, dtype=z.dtype)
    quantiles[:, ::n_quantiles] = z[:, ::n_quantiles]
    for k in range(1, n_quantiles):
        quantiles[:, k::n_quantiles] += quantiles[:, k - 1 :: n_quantiles]
    return quantiles


def increasing_gradient(z, gradient, n_quantiles):
    """Turn a gradient by what :func:`increasing` returned into one by ``z``, in place.

    Both have the shape and dtype of ``z``, which is not changed.
    """
    for k in range(n_quantiles - 1, 0, -1):  # an output moves all quantiles above it
        gradient[:, k - 1 :: n_quantiles] += gradient[:, k::n_quantiles]
        gradient[:, k::n_quantiles] *= expit(z[:, k::n_quantiles])
    return gradient
