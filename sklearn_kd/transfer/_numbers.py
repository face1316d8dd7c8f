"""Numbers of synthetic rows: exchanged, drawn among those that occur, or any."""

import numpy as np

#: A column of whole numbers with at most so many values holds codes.
MOST_CODES = 12

#: So does one that takes less than this share of the whole numbers in its range.
DENSE = 0.5

#: No place, and no number there.
NOTHING = np.empty(0, dtype=np.intp), np.empty(0)


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
        greatest of the column. Nowhere in a column of whole numbers.
    """
    rows = np.where(swapped, partner, source)
    places = np.flatnonzero(swapped)
    own, other = values[source[places]], values[partner[places]]
    # a missing value is exchanged like a level
    differ = (own != other) & ~np.isnan(own) & ~np.isnan(other)
    places, own, other = places[differ], own[differ], other[differ]
    if len(places) == 0:
        return rows, NOTHING
    occurring = occurring_numbers(values)
    if occurring is not None and holds_codes(occurring[0]):
        return rows, NOTHING
    with np.errstate(over="ignore"):  # the range bounds it
        spread = np.abs(own - other) / local_variance
        drawn = other + spread * rng.standard_normal(len(places))
    if occurring is None:
        return rows, (places, np.clip(drawn, np.nanmin(values), np.nanmax(values)))
    levels, first = occurring
    # halved one by one: the sum of two large numbers may overflow
    middle = levels[:-1] / 2 + levels[1:] / 2
    rows[places] = first[np.searchsorted(middle, drawn)]
    return rows, NOTHING


def occurring_numbers(values):
    """Distinct numbers of a whole column, and a row of each; None for fractions."""
    present = np.flatnonzero(~np.isnan(values))
    numbers = values[present]
    if not np.array_equal(numbers, np.rint(numbers)):
        return None
    levels, first = np.unique(numbers, return_index=True)
    return levels, present[first]


def holds_codes(levels):
    """Say whether whole numbers are few or sparse, and so names rather than numbers."""
    if len(levels) <= MOST_CODES:
        return True
    return len(levels) < DENSE * (levels[-1] - levels[0] + 1)
