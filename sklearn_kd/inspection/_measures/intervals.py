"""Between which quantiles the targets of a row lie, as regressors predict it."""

import inspect

import numpy as np
from sklearn.pipeline import Pipeline

from sklearn_kd._messages import show
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd._tables.weights import read_floats
from sklearn_kd.metrics._arguments import weighted_mean


def predicted_intervals(models, X, shape):
    """Predict the lowest and the highest quantile of each row.

    Parameters
    ----------
    models : dict of str to regressor
        Fitted. One with ``quantiles`` and ``predict_quantiles`` predicts its own
        levels; one whose ``predict`` takes ``quantiles`` those of the first of these.
    X : object
        Rows, as they take them.
    shape : tuple of (int, int)
        Number of rows and of outputs.

    Returns
    -------
    dict of str to tuple or None
        Lowest and highest level, and the quantiles of shape (n_samples, n_outputs, 2).
        None for a model without quantiles, and with those of one level.

    Raises
    ------
    ValueError
        For quantiles of another shape.
    """
    own = {name: own_levels(model) for name, model in models.items()}
    given = next((levels for levels in own.values() if levels is not None), None)
    found = {}
    for name, model in models.items():
        levels, quantiles = own[name], None
        if levels is not None:
            quantiles = model.predict_quantiles(copy_rows(X))
        elif given is not None and _takes_quantiles(model):
            levels = given[0], given[-1]
            quantiles = model.predict(copy_rows(X), quantiles=list(levels))
        found[name] = None
        if quantiles is not None and len(levels) > 1:
            ends = _ends(show(name), quantiles, shape, len(levels))
            found[name] = (levels[0], levels[-1]), ends
    return found


def own_levels(model):
    """Give the levels whose quantiles a model predicts, or None."""
    levels = getattr(model, "quantiles", None)
    if levels is None or not callable(getattr(model, "predict_quantiles", None)):
        return None
    return tuple(levels)


def measure_interval(interval, y, sample_weight=None):
    """Measure an interval of :func:`predicted_intervals`; None throughout for none."""
    if interval is None:
        return dict.fromkeys(("interval", "coverage", "width"))
    levels, ends = interval
    low, high = ends[..., 0], ends[..., 1]
    inside = (low <= y) & (y <= high)
    return {
        "interval": levels,
        "coverage": float(np.mean(weighted_mean(inside, sample_weight))),
        "width": float(np.mean(weighted_mean(high - low, sample_weight))),
    }


def _takes_quantiles(model):
    """Return whether ``predict`` takes levels, as that of quantile-forest does."""
    while isinstance(model, Pipeline):  # hands them on to its last step
        model = model[-1]
    try:
        return "quantiles" in inspect.signature(model.predict).parameters
    except ValueError:  # some written in C have no signature
        return False


def _ends(name, quantiles, shape, n_levels):
    """Give the lowest and the highest quantile of each row and output."""
    quantiles = read_floats(quantiles, f"the quantiles of {name}")
    n_rows, n_outputs = shape
    expected = (n_rows, n_outputs, n_levels)
    if n_outputs == 1 and quantiles.shape == (n_rows, n_levels):
        quantiles = quantiles[:, None]
    if quantiles.shape != expected:
        raise ValueError(
            f"The quantiles of {name} have shape {quantiles.shape}, expected "
            f"{expected}: rows, outputs and levels."
        )
    return quantiles[..., [0, -1]]
