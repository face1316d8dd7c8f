"""Checks of a regressor's predictions: finite, of the right shape and scale."""

import math

import numpy as np

from sklearn_kd._messages import printable, warn
from sklearn_kd._tables.weights import read_floats

#: A teacher has other units where its squared error is above so many variances of the
#: targets, or above one with so many times narrower predictions than a regression on
#: them has; and where these correlate with the targets by more than the last number.
_TOO_FAR, _NARROW, _RELATED = 2.0, 5.0, 0.5

#: Deviation of predictions, in that of the targets, below which they are constant.
_ROUNDING = 1e-6

#: Standard errors below which a correlation is one by chance.
_CHANCE = 1.645


def check_predictions(returned, n_rows, n_outputs, name):
    """Check what a regressor returned.

    Parameters
    ----------
    returned : array-like of shape (n_rows,) or (n_rows, n_outputs)
        Its predictions.
    n_rows, n_outputs : int
        What is expected.
    name : str
        What the messages call them.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs), float64
        The predictions.

    Raises
    ------
    TypeError
        For anything but numbers.
    ValueError
        For another shape, NaN and infinity.
    """
    outputs = returned
    if not (type(outputs) is np.ndarray and outputs.dtype == np.float64):
        try:
            outputs = read_floats(returned, name)
        except TypeError as error:
            raise TypeError(
                f"{printable(error)} A regression needs a teacher and a student that "
                "predict numbers."
            ) from error
    if outputs.ndim == 1:
        outputs = outputs[:, None]
    if outputs.ndim > 2:
        outputs = outputs.reshape(len(outputs), -1)
    if outputs.shape != (n_rows, n_outputs):
        raise ValueError(
            f"{name} has shape {np.shape(returned)} for {n_rows} rows, expected "
            f"({n_rows}, {n_outputs}): one column for each output of y."
        )
    if not math.isfinite(np.vdot(outputs, outputs)):
        wrong = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
        if len(wrong):
            raise ValueError(
                f"{name} predicts NaN or infinity for {len(wrong)} of {len(outputs)} "
                f"rows, first row {wrong[0]}."
            )
    return outputs


def check_match(residuals, targets, *, name, is_middle=True):
    """Compare a teacher that was fitted elsewhere with the targets of the rows.

    Parameters
    ----------
    residuals, targets : ndarray of shape (n_samples, n_targets), float64
        Targets, as deviations from their mean in standard deviations, and what of
        them the predictions leave.
    name : str
        What the messages call the teacher.
    is_middle : bool, default=True
        Whether predictions are means, or quantiles near the median: others are apart
        from the targets.

    Raises
    ------
    ValueError
        Where the predictions correlate with the targets, and lie on another scale: a
        teacher of logarithms, or of other units.

    Warns
    -----
    UserWarning
        Where the predictions have no more to do with the targets than chance explains.
    """
    for output, (predicted, wanted) in enumerate(
        zip((targets - residuals).T, targets.T, strict=True)
    ):
        spread, variance = np.std(predicted), np.var(wanted)
        if spread <= _ROUNDING or not variance > 0:
            continue
        error = float(np.mean((wanted - predicted) ** 2))
        related = float(np.corrcoef(predicted, wanted)[0, 1])
        which = f" for output {output} of y" if targets.shape[1] > 1 else ""
        slope = related * math.sqrt(variance) / spread
        far = error > (_TOO_FAR if slope < _NARROW else 1) * variance
        if is_middle and abs(related) > _RELATED and far:
            raise ValueError(
                f"{name} predicts numbers that correlate with y ({related:+.2f})"
                f"{which} and lie on another scale: R² is {1 - error / variance:.3g}. "
                "Was y transformed, as by TransformedTargetRegressor? Inside it, use "
                "an unfitted teacher; or give y in the units of the teacher."
            )
        if related * math.sqrt(len(targets)) < _CHANCE:
            warn(
                f"{name} predicts numbers that have no more to do with y{which} than "
                f"chance explains (correlation {related:+.3f}). Are the rows of X and "
                "y in the same order?",
            )
