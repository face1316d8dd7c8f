"""What is measured of regressors: the quality of predicted numbers and intervals."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._task.regression.reading import read_numbers
from sklearn_kd.inspection._measures.intervals import (
    measure_interval,
    predicted_intervals,
)
from sklearn_kd.metrics._fidelity import difference, r2, read_sides
from sklearn_kd.metrics._models import predicted_numbers
from sklearn_kd.metrics._retention import kept


def measure_regressors(models, X, y, n_samples, reference):
    """Measure quality and fidelity of regressors, and the intervals of those with some.

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

    Returns
    -------
    list of dict
        For each model what :func:`compare` lists of its quality and fidelity.

    Raises
    ------
    TypeError
        For targets and predictions that are no numbers.
    ValueError
        For those that are not finite, or of another shape.
    """
    y = read_numbers(y, "y")
    if len(y) != n_samples:
        raise ValueError(
            f"y has {len(y)} targets, expected one for each of the {n_samples} rows of "
            "X."
        )
    numbers = {name: predicted_numbers(show(name), models[name], X) for name in models}
    for name, predicted in numbers.items():
        read_sides(**{"y": y, f"predict of {show(name)}": predicted})
    intervals = predicted_intervals(models, X, y.shape)
    score = {name: r2(y, predicted) for name, predicted in numbers.items()}
    return [
        {
            "r2": score[name],
            "rmse": float(np.sqrt(((predicted - y) ** 2).mean(axis=0)).mean()),
            "mae": float(np.abs(predicted - y).mean()),
            "fidelity": r2(numbers[reference], predicted),
            "difference": difference(y, numbers[reference], predicted),
            "retention": kept(score[reference], score[name]),
            **measure_interval(intervals[name], y),
        }
        for name, predicted in numbers.items()
    ]
