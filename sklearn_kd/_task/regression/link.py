"""From the outputs of a network to predictions in the units of the targets."""

from math import exp, isfinite, log1p

import numpy as np

from sklearn_kd._task.link import finite
from sklearn_kd._task.regression.quantiles import increasing

#: Up to so many outputs, a row in Python costs less than some calls of NumPy.
_FEW_OUTPUTS = 16


class Link:
    """The function of a network's outputs that gives predictions.

    Quantiles are added up from the lowest, or logarithms are undone, and the result is
    multiplied by a scale and shifted, in float64: a mean may have more digits than
    float32.

    Parameters
    ----------
    center, scale : ndarray of shape (n_targets,), float64
        Mean and deviation of each target; a deviation of 0 means equal targets.
    factor : ndarray of shape (n_targets,), float64, or None
        Where outputs are logarithms, of multiples of the mean, what they have to be
        multiplied by first; None for other outputs.
    n_levels : int
        Number of quantiles of each target, 1 for means.

    Attributes
    ----------
    scale, shift : ndarray of shape (n_targets * n_levels,), float64
        Of each output.
    """

    def __init__(self, center, scale, factor, n_levels):
        if factor is not None:
            equal = scale == 0
            scale, center = np.where(equal, 0, center), np.where(equal, center, 0)
        self.scale = np.repeat(scale, n_levels)
        self.shift = np.repeat(center, n_levels)
        self._factor = factor
        self._factors = None if factor is None else factor.tolist()
        self._n_levels = n_levels
        units = zip(self.scale.tolist(), self.shift.tolist(), strict=True)
        self._units = list(units) if len(self.scale) <= _FEW_OUTPUTS else None

    def __call__(self, outputs, model):
        """Turn outputs into predictions.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, n_outputs), float64
            Overwritten.
        model : object
            The error names its class.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), float64
            Predictions.

        Raises
        ------
        ValueError
            For outputs, or predictions, that are NaN or infinite.
        """
        if len(outputs) == 1 and self._units is not None:
            predicted = self._row(outputs)
            if predicted is not None:
                return predicted
        if self._n_levels > 1:
            outputs = increasing(outputs, self._n_levels)
        if self._factor is not None:
            outputs *= self._factor
            with np.errstate(over="ignore"):  # infinity is refused
                np.exp(outputs, out=outputs)
        with np.errstate(invalid="ignore"):
            outputs *= self.scale
        outputs += self.shift
        return finite(outputs, model)

    def _row(self, outputs):
        """Turn the outputs of one row into predictions; None where some are none."""
        values = outputs.tolist()[0]
        if self._n_levels > 1:
            for k in range(len(values)):
                if k % self._n_levels:
                    values[k] = values[k - 1] + _softplus(values[k])
        try:
            if self._factors is not None:
                each = zip(values, self._factors, strict=True)
                values = [exp(value * factor) for value, factor in each]
        except OverflowError:
            return None
        for k, (scale, shift) in enumerate(self._units):
            value = values[k] * scale + shift
            if not isfinite(value):
                return None
            outputs[0, k] = value
        return outputs


def _softplus(value):
    """Give ``log(1 + exp(value))``, which does not overflow."""
    return max(value, 0.0) + log1p(exp(-abs(value)))
