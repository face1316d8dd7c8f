"""Numbers of synthetic rows: exchanged, drawn among those that occur, or any."""

from typing import NamedTuple

import numpy as np

#: A column with at most so many values holds codes, where they repeat: they are
#: exchanged without noise. Measured on sixteen tables with two teachers, noise that ends
#: at a value that occurs costs nothing elsewhere, and no noise costs 4 to 9 % of the
#: divergence in columns of many whole numbers that are sparse in their range.
MOST_CODES = 12

#: Values repeat where there are so many rows to one of them on average.
ROWS_PER_VALUE = 5

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
        Whether how far apart they are means nothing.
    """

    levels: np.ndarray
    rows: np.ndarray
    are_codes: bool


def keep_values(values):
    """Find the values of a column that must get no others: whole ones, or repeated.

    Parameters
    ----------
    values : ndarray of shape (n_samples,), float64
        The column, NaN where missing, with at least one number.

    Returns
    -------
    KeptValues or None
        None for fractions that do not repeat: any number may stand between them.
    """
    present = np.flatnonzero(~np.isnan(values))
    numbers = values[present]
    levels, first = np.unique(numbers, return_index=True)
    whole = np.array_equal(levels, np.rint(levels))
    repeated = len(numbers) >= ROWS_PER_VALUE * len(levels)
    if not whole and not repeated:
        return None
    few = len(levels) <= MOST_CODES
    return KeptValues(levels, present[first], repeated and few)


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
