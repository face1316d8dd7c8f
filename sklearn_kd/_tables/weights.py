"""Row weights as numbers of rows: only their ratios count."""

import numpy as np

#: The lightest row may stand for up to so many rows, and rows on average for so many,
#: for weights to be repetitions: what has no small common unit is no count.
_MOST_OF_LIGHTEST, _MOST_ON_AVERAGE = 3, 100

#: How far a multiple may be from a whole number: by the rounding of float32, but not
#: so far that fractions of large multiples pass.
_RELATIVE, _ABSOLUTE = 2.5e-7, 0.01

#: No weight counts for less of the heaviest: what it is divided by stays finite.
_LEAST_SHARE = 1e-290

#: Other people's estimators square sums of weights, and multiply them with squares: up
#: to so large a weight, and down to so small a largest one, that is a number.
_MOST = 1e30


def in_rows(weight):
    """Scale weights so that they are numbers of rows, whatever their scale was.

    Weights that are whole multiples of the lightest (or of a half or a third of it)
    become these multiples: a row of weight 3 is three rows. All others are divided by
    their mean, so that a row counts as one row on average.

    Parameters
    ----------
    weight : ndarray of shape (n_samples,), float64
        Finite weights, none negative and at least one positive.

    Returns
    -------
    ndarray of shape (n_samples,), float64
        Positive where `weight` is, with finite sums and squares of sums. The same for
        `weight` and a multiple of it, to rounding.
    """
    positive = weight > 0
    # by the largest first: the sum may be too large for a float, or the mean too small
    share = weight / weight.max()
    np.maximum(share, _LEAST_SHARE, out=share, where=positive)
    lightest, mean = share.min(where=positive, initial=1), share.mean(where=positive)
    for of_lightest in range(1, _MOST_OF_LIGHTEST + 1):
        if mean * of_lightest / lightest > _MOST_ON_AVERAGE:
            break
        multiples = share * of_lightest / lightest
        whole = np.rint(multiples)
        allowed = np.minimum(_RELATIVE * whole, _ABSOLUTE)
        if (np.abs(multiples - whole) <= allowed).all():
            return whole
    return _rounded(share / mean)


def _rounded(values):
    """Round to 26 bits: trees may part rows by the last bits, which the scale moves."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.rint(np.ldexp(mantissa, 26)), exponent - 26)


def with_finite_sums(weight):
    """Keep weights as they are, unless the largest is beyond 1e30 or 1e-30: in rows.

    Parameters
    ----------
    weight : ndarray of shape (n_samples,), float64
        As for :func:`in_rows`.

    Returns
    -------
    ndarray of shape (n_samples,), float64
        With sums and products that neither overflow nor vanish.
    """
    return weight if 1 / _MOST <= weight.max() <= _MOST else in_rows(weight)


def weight_of_row(weight):
    """Give the weight that stands for one row, among weights of any scale.

    Parameters
    ----------
    weight : ndarray of shape (n_samples,), float64
        As for :func:`in_rows`.

    Returns
    -------
    float
        1 where the weights are whole numbers without a common divisor.
    """
    heaviest = weight.argmax()
    return weight[heaviest] / in_rows(weight)[heaviest]
