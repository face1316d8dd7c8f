"""What a regressor predicts, as it is: the task of labelling without a ``y``."""

from dataclasses import dataclass

import numpy as np

from sklearn_kd._compat import num_samples
from sklearn_kd._task import Predictions
from sklearn_kd._task.outputs import ask
from sklearn_kd._task.regression.match import check_predictions

_METHOD = "predict"


@dataclass(frozen=True)
class Numbers:
    """Predictions of a regressor, to the last bit.

    A :class:`Regression` rounds them in the units of ``y``, when a student is fitted.

    Parameters
    ----------
    n_outputs : int
        Columns that it predicts: outputs, quantiles, or one.
    """

    n_outputs: int

    method, dtype, no_prediction = _METHOD, np.float64, np.nan

    @property
    def names(self):
        """What the columns are called in a file."""
        if self.n_outputs == 1:
            return ["prediction"]
        return [f"prediction_{place}" for place in range(self.n_outputs)]

    def predict_by(self, teacher, X, given_classes=None):
        """Predict a copy of the rows, of shape (n_samples, n_outputs), float64."""
        returned = ask(teacher, _METHOD, X)
        name = f"{_METHOD} of the teacher {type(teacher).__name__}"
        return check_predictions(returned, num_samples(X), self.n_outputs, name), None

    def align(self, outputs, columns):
        """Give predictions as they are."""
        return Predictions(outputs, np.zeros(len(outputs)), None)


def n_numbers(teacher, X):
    """Ask a teacher about a row, to see how many numbers it predicts."""
    returned = np.asarray(ask(teacher, _METHOD, X))
    return 1 if returned.ndim < 2 else int(np.prod(returned.shape[1:]))
