"""The values of a few rows of a table, read without a look at each column's dtype.

What is not of a plain type is left to ``columns``, with its checks and its errors.
"""

import numpy as np

from sklearn_kd._tables.columns import MISSING_TYPES, is_missing
from sklearn_kd._tables.frames import is_pandas, is_polars

# Values of these types need no check; frames return NumPy's beside Python's.
_PLAIN_NUMBERS = frozenset(
    [float, int, *(np.dtype(code).type for code in "bhilqBHILQfd")]
)
_PLAIN_LEVELS = _PLAIN_NUMBERS | {str, bool, np.bool_}


def few_rows(X):
    """Read a few rows as Python values.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        A table of few rows.

    Returns
    -------
    list of sequence
        The values of each column.
    """
    if is_pandas(X):
        # a row at once costs a tenth of a column at a time
        rows = [X.iloc[place] for place in range(len(X))]
        if all(row.dtype.kind == "O" for row in rows):
            return list(zip(*[row.tolist() for row in rows], strict=True))
        # a common dtype may have rounded large numbers
        return [series.tolist() for _, series in X.items()]
    if is_polars(X):
        return [series.to_list() for series in X.get_columns()]
    return X.T.tolist()


def plain_numbers(columns):
    """Turn values into floats where they are of the types that need no check.

    Parameters
    ----------
    columns : list of sequence
        As :func:`few_rows` gives them.

    Returns
    -------
    ndarray of shape (n_samples, n_columns), float64, or None
        NaN for a missing value. None where a value is infinite or of another type than
        float and int.
    """
    plain = [_plain_column(values) for values in columns]
    if None in plain:
        return None
    try:
        numbers = np.array(plain, dtype=np.float64).T
    except OverflowError:  # an int that float64 does not hold
        return None
    return None if np.isinf(numbers).any() else numbers


def _plain_column(values):
    """Floats and ints, NaN for what is missing; None where there is anything else."""
    kinds = set(map(type, values))
    if kinds <= _PLAIN_NUMBERS:
        return values
    gaps = {kind for kind in kinds if kind.__name__ in MISSING_TYPES}
    if not kinds - gaps <= _PLAIN_NUMBERS:
        return None
    return [np.nan if type(value) in gaps else value for value in values]


def plain_codes(values, place):
    """Turn values into places of a table where they are of types that need no check.

    Parameters
    ----------
    values : sequence
        One column, as :func:`few_rows` gives it.
    place : dict
        The place of each level, with None for missing values.

    Returns
    -------
    list of int or None
        -1 for an unknown level. None where a value is neither missing nor a string, a
        bool, an int or a float.
    """
    codes = []
    for value in values:
        kind = type(value)
        if kind in _PLAIN_LEVELS and value == value:
            codes.append(place.get(value, -1))
        elif is_missing(value):
            codes.append(place[None])
        else:
            return None
    return codes
