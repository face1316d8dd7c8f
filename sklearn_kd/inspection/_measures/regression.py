"""What is measured of regressors: the quality of predicted numbers and intervals."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._task.regression.reading import read_numbers
from sklearn_kd.inspection._measures.intervals import (
    measure_interval,
    predicted_intervals,
)
from sklearn_kd.inspection._measures.resampling import NO_SCORES, compare_scores
from sklearn_kd.metrics._arguments import rows_that_count, weighted_mean
from sklearn_kd.metrics._fidelity import difference, r2, read_sides
from sklearn_kd.metrics._models import predicted_numbers
from sklearn_kd.metrics._retention import kept

#: With fewer rows a bootstrap of R² promises too much, and there are no intervals.
_FEWEST = 20

#: Of a draw of equal targets the squares that are left are a rounding of their sum.
_ROUNDING = 1e-12


class Regressors:
    """The predictions of regressors for the same rows, and what is measured of them.

    Parameters
    ----------
    models : dict of str to regressor
        Fitted, with ``predict``.
    X : object
        Rows, as they take them.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        What was passed as targets.
    n_samples : int
        The number of rows.
    reference : str
        The key of the model that the others are held against.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights.

    Attributes
    ----------
    rows : ndarray of shape (n_counting,), int
        Positions of the rows of a weight above 0: the others are not measured.

    Raises
    ------
    TypeError
        For targets and predictions that are no numbers.
    ValueError
        For those that are not finite, or of another shape.
    """

    def __init__(self, models, X, y, n_samples, reference, sample_weight=None):
        y = read_numbers(y, "y")
        if len(y) != n_samples:
            raise ValueError(
                f"y has {len(y)} targets, expected one for each of the {n_samples} "
                "rows of X."
            )
        numbers = {
            name: predicted_numbers(show(name), models[name], X) for name in models
        }
        for name, predicted in numbers.items():
            read_sides(**{"y": y, f"predict of {show(name)}": predicted})
        intervals = predicted_intervals(models, X, y.shape)
        weight, self.rows = rows_that_count(sample_weight, np.arange(n_samples))
        self.weight = None if sample_weight is None else weight
        self.y, self.reference = y[self.rows], reference
        self.numbers = {name: each[self.rows] for name, each in numbers.items()}
        self.intervals = {
            name: each and (each[0], each[1][self.rows])
            for name, each in intervals.items()
        }

    def measure(self, name):
        """Measure quality, and fidelity to the reference, as :func:`compare` has it."""
        predicted, reference = self.numbers[name], self.numbers[self.reference]
        scores = [r2(self.y, each, self.weight) for each in (reference, predicted)]
        return {
            "r2": scores[1],
            "rmse": self._rmse(name),
            "mae": self._mean(np.abs(predicted - self.y)),
            "fidelity": r2(reference, predicted, self.weight),
            "difference": difference(self.y, reference, predicted, self.weight),
            "retention": kept(*scores),
            **measure_interval(self.intervals[name], self.y, self.weight),
        }

    def measure_more(self, name):
        """Measure what :func:`distillation_report` has besides."""
        if name == self.reference:
            return {}
        if len(self.y) < 2:  # as R² itself
            return NO_SCORES
        weight = np.ones(len(self.y)) if self.weight is None else self.weight
        y = self.y - self.y[0]  # equal numbers are 0
        y -= np.average(y, axis=0, weights=weight)
        pair = self.numbers[self.reference], self.numbers[name]
        errors = [each - self.y for each in pair]
        # sums of squares are numbers in any units
        scale = np.max(np.abs([y, *errors]), axis=(0, 1))
        y, *errors = (each / np.where(scale > 0, scale, 1) for each in (y, *errors))
        columns = [np.ones((len(y), 1)), y, y**2, *(each**2 for each in errors)]
        found = compare_scores(
            weight[:, None] * np.hstack(columns),
            lambda sums: _r2_of_sums(sums, y.shape[1]),
        )
        if len(y) >= _FEWEST:
            return found
        return NO_SCORES | {"score_change": found["score_change"]}

    def classes_of_rows(self):
        """Give nothing: numbers have no classes."""

    def measure_group(self, rows, name):
        """Measure a model beside the reference on the rows of a mask."""
        apart = np.abs(self.numbers[name] - self.numbers[self.reference])
        return {
            "reference_score": self._rmse(self.reference, rows),
            "score": self._rmse(name, rows),
            "difference": self._mean(apart, rows),
        }

    def _rmse(self, name, rows=slice(None)):
        squares = (self.numbers[name] - self.y) ** 2
        return float(np.sqrt(self._mean_of_outputs(squares, rows)).mean())

    def _mean(self, values, rows=slice(None)):
        return float(self._mean_of_outputs(values, rows).mean())

    def _mean_of_outputs(self, values, rows=slice(None)):
        weight = None if self.weight is None else self.weight[rows]
        return weighted_mean(values[rows], weight)


def _r2_of_sums(sums, n_outputs):
    """Compute R² of two models in each draw, the mean over outputs, as scikit-learn.

    The columns of `sums` are the weight, and of each output the targets, their squares,
    and for each model its squared errors.
    """
    ends = 1, 1 + n_outputs, 1 + 2 * n_outputs
    weight, y, squares, errors = np.split(sums, ends, axis=1)
    total = (squares - y**2 / weight)[:, None]
    errors = errors.reshape(len(sums), -1, n_outputs)
    varies = total > _ROUNDING * squares[:, None]
    unexplained = np.divide(errors, total, out=(errors > 0) * 1.0, where=varies)
    return (1 - unexplained).mean(axis=2)
