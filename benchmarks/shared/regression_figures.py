"""What is measured of predictions of numbers and of quantiles."""

import numpy as np
from sklearn.metrics import (
    mean_absolute_error,
    mean_pinball_loss,
    r2_score,
    root_mean_squared_error,
)


def quality(y, predicted):
    """Compare predictions with targets, in means over the targets.

    Parameters
    ----------
    y, predicted : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Targets of the test rows, and predictions for them.

    Returns
    -------
    dict of str to float
        R2; root mean squared and mean absolute error in the units of the targets.
    """
    return {
        "r2": r2_score(y, predicted),
        "rmse": root_mean_squared_error(y, predicted),
        "mae": mean_absolute_error(y, predicted),
    }


def fidelity(y, outputs, teacher_outputs):
    """Compare predictions, or quantiles, with the teacher's.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Targets of the test rows.
    outputs, teacher_outputs : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Predictions for them; the outputs of a target stand side by side.

    Returns
    -------
    dict of str to float
        R2 of the predictions where the teacher's are the truth; their mean absolute
        difference in standard deviations of the targets.
    """
    gap = np.abs(outputs - teacher_outputs).reshape(len(y), -1).mean(axis=0)
    deviation = y.reshape(len(y), -1).std(axis=0)
    return {
        "fidelity": r2_score(teacher_outputs, outputs),
        "difference": float(np.mean(gap.reshape(len(deviation), -1).T / deviation)),
    }


def interval(y, quantiles, levels):
    """Judge quantiles, in means over the targets.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Targets of the test rows.
    quantiles : ndarray of shape (n_samples, n_targets * n_levels)
        Predictions, those of a target side by side.
    levels : tuple of float
        Ascending.

    Returns
    -------
    dict of str to float
        Share of targets between the outermost quantiles; their mean distance, and the
        mean pinball loss, both in standard deviations of the targets; share of rows
        with quantiles that cross.
    """
    y = y.reshape(len(y), -1)
    deviation = y.std(axis=0)
    quantiles = quantiles.reshape(*y.shape, len(levels))
    low, high = quantiles[..., 0], quantiles[..., -1]
    losses = [
        mean_pinball_loss(y / deviation, quantiles[..., place] / deviation, alpha=level)
        for place, level in enumerate(levels)
    ]
    return {
        "coverage": float(np.mean((low <= y) & (y <= high))),
        "width": float(np.mean((high - low) / deviation)),
        "pinball": float(np.mean(losses)),
        "crossing": float(np.mean((np.diff(quantiles, axis=-1) < 0).any(axis=(1, 2)))),
    }
