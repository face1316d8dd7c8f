"""Reading numbers that are to be learned: targets, predictions, levels of quantiles."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from scipy.sparse import issparse

from sklearn_kd._compat import num_samples
from sklearn_kd._messages import show
from sklearn_kd._parameters import is_number
from sklearn_kd._tables.containers import as_column
from sklearn_kd._tables.weights import read_floats

#: Losses whose student predicts by a logarithmic link, and what targets they are for.
LOG_LINK = {"poisson": "not negative", "gamma": "above 0"}


def read_numbers(values, name):
    """Read finite numbers with a row a row, as an array of two dimensions.

    Parameters
    ----------
    values : array-like of shape (n_samples,) or (n_samples, n_columns)
        Anything.
    name : str
        What the messages call them.

    Returns
    -------
    ndarray of shape (n_samples, n_columns), float64
        The numbers.

    Raises
    ------
    TypeError
        For what is no number: strings (of digits, too), dates, complex numbers; and
        for a sparse matrix.
    ValueError
        For another number of dimensions, no column, NaN and infinity.
    """
    if issparse(values):
        raise TypeError(f"{name} is sparse, expected an array: pass {name}.toarray().")
    numbers = read_floats(as_column(values, name), name)
    if numbers.ndim not in (1, 2) or (numbers.ndim == 2 and not numbers.shape[1]):
        raise ValueError(
            f"{name} should be a 1d array, or have a column for each output, got an "
            f"array of shape {numbers.shape}."
        )
    numbers = numbers[:, None] if numbers.ndim == 1 else numbers
    wrong = ~np.isfinite(numbers).all(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        kind = "infinity or a value too large for dtype('float64')"
        if np.isnan(numbers).any():
            kind = "NaN"
        raise ValueError(
            f"Input {name} contains {kind}: {int(wrong.sum())} of {len(numbers)} rows "
            f"are not finite, first row {row}. Drop these rows, or give them numbers."
        )
    return numbers


def read_targets(estimator, X, y, name="y"):
    """Read the targets of a regression.

    Parameters
    ----------
    estimator : estimator
        Named in the messages.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Checked rows.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Targets.
    name : str, default="y"
        What the messages call them.

    Returns
    -------
    ndarray of shape (n_samples, n_targets), float64
        The targets.

    Raises
    ------
    TypeError, ValueError
        As :func:`read_numbers`, and for another number of rows.
    """
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target "
            f"{name} is None."
        )
    try:
        numbers = read_numbers(y, name)
    except TypeError as error:
        raise TypeError(
            f"{error} Labels need a classifier: DistilledClassifier, MLPStudent."
        ) from error
    if len(numbers) != num_samples(X):
        raise ValueError(
            f"{name} has {len(numbers)} targets, and X {num_samples(X)} rows: Found "
            "input variables with inconsistent numbers of samples. Pass one target a "
            "row."
        )
    return numbers


def check_quantiles(quantiles):
    """Check levels of quantiles.

    Parameters
    ----------
    quantiles : sequence of float or None
        As the user passed it.

    Returns
    -------
    tuple of float or None
        Increasing, each above 0 and below 1.

    Raises
    ------
    TypeError
        For what is no sequence of numbers.
    ValueError
        For none, repeated ones, an order that does not increase, and numbers outside
        (0, 1).
    """
    if quantiles is None:
        return None
    has_order = hasattr(quantiles, "__getitem__") and getattr(quantiles, "ndim", 1)
    if isinstance(quantiles, (str, bytes, Mapping)) or not has_order:
        raise TypeError(
            "quantiles must be a sequence of levels, such as (0.05, 0.5, 0.95), got "
            f"{show(quantiles)}."
        )
    levels = list(quantiles)
    if not all(map(is_number, levels)):
        raise TypeError(
            f"quantiles must be numbers, such as (0.05, 0.5, 0.95), got "
            f"{show(quantiles)}."
        )
    levels = [float(level) for level in levels]
    outside = [level for level in levels if not 0 < level < 1]
    if outside:
        raise ValueError(
            f"quantiles must lie between 0 and 1, both excluded, got {outside[0]:g} in "
            f"{show(quantiles)}."
        )
    if not levels or any(b <= a for a, b in pairwise(levels)):
        raise ValueError(
            "quantiles must be at least one level, increasing and each once, got "
            f"{show(quantiles)}. Write them as (0.05, 0.5, 0.95)."
        )
    return tuple(levels)


def check_loss_fits(loss, quantiles, name="loss"):
    """Refuse a loss for means beside quantiles, and that for quantiles without."""
    if quantiles is not None and loss != "pinball":
        raise ValueError(
            f"{name}={show(loss)} is for means, and quantiles={show(quantiles)} are "
            'learned with "pinball": leave one of the two out.'
        )
    if quantiles is None and loss == "pinball":
        raise ValueError(
            f'{name}="pinball" needs the levels to learn: pass quantiles=, such as '
            "(0.05, 0.5, 0.95)."
        )


def check_range(numbers, loss, name, counts=True):
    """Refuse targets that a loss with a logarithmic link has no value for.

    Parameters
    ----------
    numbers : ndarray of shape (n_samples, n_targets), float64
        Targets.
    loss : str
        Its name.
    name : str
        What the message calls the targets.
    counts : ndarray of shape (n_samples,), bool, or True, default=True
        The rows that are looked at.

    Raises
    ------
    ValueError
        For negative numbers with "poisson", and numbers that are not positive with
        "gamma".
    """
    if loss not in LOG_LINK:
        return
    wrong = numbers < 0 if loss == "poisson" else numbers <= 0
    wrong &= np.broadcast_to(counts, len(numbers))[:, None]
    if wrong.any():
        row = int(wrong.any(axis=1).argmax())
        raise ValueError(
            f"loss={loss!r} is for targets that are {LOG_LINK[loss]}, and {name} has "
            f"{int(wrong.sum())} others, first {show(numbers[wrong][0])} in row {row}: "
            'use loss="squared_error", or leave these rows out.'
        )
