"""Which rows of one table occur in another."""

import numpy as np

# Odd, with bits all over: the constant of splitmix64 and the golden ratio.
_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_START = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)

# Rows hashed and compared at a time.
_CHUNK_ROWS = 65_536


def count_known(numbers, codes, known_numbers, known_codes):
    """Count the rows that equal some known row in all columns.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_numeric), float64
        Numbers; NaN equals NaN.
    codes : ndarray of shape (n_rows, n_nominal), int32
        Codes of levels.
    known_numbers : ndarray of shape (n_known, n_numeric), float64
        Numbers of the known rows.
    known_codes : ndarray of shape (n_known, n_nominal), int32
        Their codes, of the same levels.

    Returns
    -------
    int
        How many.
    """
    known, first = np.unique(_hashes(known_numbers, known_codes), return_index=True)
    hashes = _hashes(numbers, codes)
    place = np.searchsorted(known, hashes).clip(max=len(known) - 1)
    candidates = np.flatnonzero(known[place] == hashes)
    count = 0
    for start in range(0, len(candidates), _CHUNK_ROWS):
        rows = candidates[start : start + _CHUNK_ROWS]
        match = first[place[rows]]
        # equal hashes of rows that differ are all but impossible, and found out
        own, other = numbers[rows], known_numbers[match]
        same = (own == other) | (np.isnan(own) & np.isnan(other))
        equal = same.all(axis=1) & (codes[rows] == known_codes[match]).all(axis=1)
        count += int(equal.sum())
    return count


def _hashes(numbers, codes):
    """One 64-bit number a row, equal for equal rows."""
    hashes = np.full(len(numbers), _START)
    for start in range(0, len(numbers), _CHUNK_ROWS):
        part = slice(start, start + _CHUNK_ROWS)
        # a copy by columns, in which -0 is 0 and every NaN is the same
        block = np.add(numbers[part].T, 0.0, order="C")
        block[np.isnan(block)] = np.nan
        levels = codes[part].T.astype(np.uint64)
        for bits in (*block.view(np.uint64), *levels):
            hashes[part] ^= bits
            hashes[part] *= _FACTOR
            hashes[part] ^= hashes[part] >> _SHIFT
    return hashes
