"""The units in which a network learns targets: their mean and deviation."""

import numpy as np

from sklearn_kd._messages import show


def units_of(hard, weight):
    """Give mean and deviation of each target, by weight; 0 where all are equal.

    Parameters
    ----------
    hard : ndarray of shape (n_samples, n_targets), float64
        Targets, of any size and with any offset.
    weight : ndarray of shape (n_samples,), float64
        Row weights; at least one is positive.

    Returns
    -------
    center, scale : ndarray of shape (n_targets,), float64
        Exactly the target where all are equal.

    Raises
    ------
    ValueError
        Where the difference of two targets is no float.
    """
    present = weight > 0
    hard, weight = hard[present], weight[present]
    first = hard[0]
    with np.errstate(over="ignore"):
        apart = hard - first  # of large numbers the differences are exact
    most = np.abs(apart).max(axis=0)
    if not np.isfinite(most).all():
        raise ValueError(
            f"y holds {show(hard.min())} and {show(hard.max())}, whose difference is "
            "beyond float64: divide y by a number."
        )
    unit = np.ldexp(1.0, np.frexp(most)[1] - 1)  # squares are neither infinite nor 0
    apart /= unit
    weight = weight / weight.max()
    center = np.average(apart, axis=0, weights=weight)
    scale = np.sqrt(np.average((apart - center) ** 2, axis=0, weights=weight))
    equal = most == 0
    center, scale = first + center * unit, scale * unit
    return np.where(equal, first, center), np.where(equal, 0.0, scale)
