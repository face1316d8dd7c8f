"""The numbers of synthetic rows of ``MungeSampler``: exchanged, or drawn with noise."""

from typing import NamedTuple

import numpy as np

#: A column of codes has at most so many values. Such columns lose nothing by being
#: exchanged without noise; columns of more whole numbers did, by 7 to 9 % of the
#: divergence where these are sparse in their range, and not by noise that ends at the
#: nearest number that occurs.
MOST_CODES = 12

#: And with at least so many rows to one of them on average.
ROWS_PER_CODE = 5

#: No place, and no number there.
NOTHING = np.empty(0, dtype=np.intp), np.empty(0)


class KeptValues(NamedTuple):
    """The numbers of a column that gets no others.

    Parameters
    ----------
    levels : ndarray of shape (n_levels,), float64
        Those that occur, ascending.
    rows : ndarray of shape (n_levels,), intp
        A training row that has each.
    are_codes : bool
        Whether they are exchanged without noise.
    """

    levels: np.ndarray
    rows: np.ndarray
    are_codes: bool


def keep_values(values):
    """Find the values of a column that gets no others: whole ones, or codes.

    Parameters
    ----------
    values : ndarray of shape (n_samples,), float64
        The column, NaN where missing, with at least one number.

    Returns
    -------
    KeptValues or None
        None where any number may stand between those that occur.
    """
    present = np.flatnonzero(~np.isnan(values))
    numbers = values[present]
    levels, first = np.unique(numbers, return_index=True)
    repeated = len(numbers) >= ROWS_PER_CODE * len(levels)
    are_codes = repeated and len(levels) <= MOST_CODES
    if not are_codes and not np.array_equal(levels, np.rint(levels)):
        return None
    return KeptValues(levels, present[first], are_codes)


def draw_numbers(values, source, partner, swapped, local_variance, rng):
    """Change the numbers of one column to, or around, those of the partners.

    Parameters
    ----------
    values : ndarray of shape (n_samples,), float64
        The column of the training rows, NaN where missing.
    source, partner : ndarray of shape (n_new,), intp
        Positions of the training rows.
    swapped : ndarray of shape (n_new,), bool
        Where the number is changed.
    local_variance : float
        Divides the distance of the two numbers.
    rng : numpy.random.Generator
        The stream.

    Returns
    -------
    rows : ndarray of shape (n_new,), intp
        The training row whose value each new row takes.
    noisy : (ndarray of shape (n_drawn,), intp, ndarray of shape (n_drawn,), float64)
        Where another number stands instead, and which: between the least and the
        greatest of the column. Nowhere in a column whose values are kept.
    """
    rows = np.where(swapped, partner, source)
    places = np.flatnonzero(swapped)
    own, other = values[source[places]], values[partner[places]]
    # a missing value is exchanged like a level
    differ = (own != other) & ~np.isnan(own) & ~np.isnan(other)
    places, own, other = places[differ], own[differ], other[differ]
    if len(places) == 0:
        return rows, NOTHING
    kept = keep_values(values)
    if kept is not None and kept.are_codes:
        return rows, NOTHING
    with np.errstate(over="ignore"):  # the range bounds it
        spread = np.abs(own - other) / local_variance
        drawn = other + spread * rng.standard_normal(len(places))
    if kept is None:
        return rows, (places, np.clip(drawn, np.nanmin(values), np.nanmax(values)))
    # halved one by one: the sum of two large numbers may overflow
    middle = kept.levels[:-1] / 2 + kept.levels[1:] / 2
    # a row instead of its number, since not all integers are a float64
    rows[places] = kept.rows[np.searchsorted(middle, drawn)]
    return rows, NOTHING
