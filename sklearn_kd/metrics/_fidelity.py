"""How far the numbers that a student predicts are from those of its teacher."""

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import r2_score

from sklearn_kd._messages import warn
from sklearn_kd._task.regression.reading import read_numbers
from sklearn_kd.metrics._arguments import (
    check_lengths,
    rows_that_count,
    weighted_mean,
)


def fidelity_r2_score(y_teacher, y_student, *, sample_weight=None):
    r"""Compute R² of a student's predictions for those of its teacher.

    The share of the variance of the teacher's predictions that the student's have: the
    twin of :func:`agreement_score` for regression. It needs no targets.

    Parameters
    ----------
    y_teacher, y_student : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted numbers of the same rows.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights; only their ratios count, and rows of weight 0 do not.

    Returns
    -------
    float
        1 for equal predictions, 0 for a student that is no nearer to the teacher than
        the mean of its predictions, and less than that without a bound. With several
        outputs their mean. NaN, with a warning, for fewer than two rows.

    Raises
    ------
    TypeError
        For what is no number, such as labels.
    ValueError
        For different numbers of rows or outputs, no rows, NaN and infinity.

    Warns
    -----
    UndefinedMetricWarning
        For fewer than two rows.

    See Also
    --------
    fidelity_r2_scorer : The same of two models, for ``scoring=``.
    prediction_difference : The mean difference, in units of the targets' deviation.
    sklearn.metrics.r2_score : Compares predictions with targets.

    Notes
    -----
    .. versionadded:: 0.1

    It is :math:`1 - \sum_i (t_i - s_i)^2 / \sum_i (t_i - \bar t)^2` with the teacher's
    predictions :math:`t` and the student's :math:`s`: the sides cannot be exchanged. As
    for :func:`sklearn.metrics.r2_score`, an output for which the teacher always
    predicts the same number counts 1 where the student predicts it too, and otherwise
    0. Two teachers that differ in nothing but their seed do not reach 1 either: compare
    the fidelity of a student with *theirs*.

    Examples
    --------
    >>> from sklearn_kd.metrics import fidelity_r2_score
    >>> fidelity_r2_score([1.0, 2.0, 3.0], [1.5, 2.0, 2.5])
    0.75
    >>> fidelity_r2_score([1.0, 2.0, 3.0], [1.5, 2.0, 2.5], sample_weight=[0, 1, 1])
    0.5
    """
    teacher, student = read_sides(y_teacher=y_teacher, y_student=y_student)
    score = r2(teacher, student, sample_weight)
    if np.isnan(score):
        _warn("R² needs at least two rows of a weight above 0.")
    return score


def prediction_difference(y_true, y_teacher, y_student, *, sample_weight=None):
    """Compute the mean absolute difference of predictions, by the targets' deviation.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The targets of the rows, whose standard deviation is the unit.
    y_teacher, y_student : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predictions for these rows.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights; only their ratios count, and rows of weight 0 do not.

    Returns
    -------
    float
        0 for equal predictions; 0.1 is a tenth of a standard deviation. With several
        outputs their mean. NaN, with a warning, where the targets of an output are all
        the same.

    Raises
    ------
    TypeError
        For what is no number, such as labels.
    ValueError
        For different numbers of rows or outputs, no rows, NaN and infinity.

    Warns
    -----
    UndefinedMetricWarning
        For targets that are all the same.

    See Also
    --------
    fidelity_r2_score : Compares squares, and needs no targets.
    prediction_difference_scorer : The same of two models, negative, for ``scoring=``.

    Notes
    -----
    .. versionadded:: 0.1

    Predictions of teacher and student may be exchanged. The unit is that of the targets
    and not of the teacher's predictions, which deviate less where targets are noisy:
    the difference can be compared between teachers and between data sets. For the one
    in the units of the targets, use :func:`sklearn.metrics.mean_absolute_error`.

    Examples
    --------
    >>> from sklearn_kd.metrics import prediction_difference
    >>> prediction_difference([10, 30], [12.0, 28.0], [13.0, 28.0])  # deviation 10
    0.05
    """
    sides = read_sides(y_true=y_true, y_teacher=y_teacher, y_student=y_student)
    value = difference(*sides, sample_weight)
    if np.isnan(value):
        _warn("All targets of an output are the same, and their deviation is the unit.")
    return value


def read_sides(**sides):
    """Read numbers of the same rows and outputs, by what messages call them.

    Returns a list of ndarray of shape (n_samples, n_outputs), float64.
    """
    numbers = {name: read_numbers(values, name) for name, values in sides.items()}
    check_lengths(**numbers)
    (first, some), *others = numbers.items()
    for name, other in others:
        if other.shape != some.shape:
            raise ValueError(
                f"{first} has {some.shape[1]} outputs a row and {name} "
                f"{other.shape[1]}, expected the same outputs in both."
            )
    return list(numbers.values())


def r2(truth, predicted, sample_weight=None):
    """Compute R² of numbers of shape (n_samples, n_outputs), the mean over outputs.

    Parameters
    ----------
    truth, predicted : ndarray of shape (n_samples, n_outputs), float64
        Finite.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights.

    Returns
    -------
    float
        NaN for fewer than two rows of a weight above 0.
    """
    weight, truth, predicted = rows_that_count(sample_weight, truth, predicted)
    if len(truth) < 2:
        return float("nan")
    # from one of them on: the mean of equal numbers may differ from them by a bit
    origin = truth[0]
    return float(r2_score(truth - origin, predicted - origin, sample_weight=weight))


def difference(truth, predicted, others, sample_weight=None):
    """Compute the mean absolute difference of two predictions by the truth's deviation.

    Parameters
    ----------
    truth, predicted, others : ndarray of shape (n_samples, n_outputs), float64
        Finite.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights.

    Returns
    -------
    float
        The mean over outputs; NaN where the true numbers of one are all the same.
    """
    weight, truth = rows_that_count(sample_weight, truth)
    truth = truth - truth[0]  # equal numbers are 0, and have no deviation of a bit
    mean = np.average(truth, axis=0, weights=weight)
    variance = np.average((truth - mean) ** 2, axis=0, weights=weight)
    if not variance.all():
        return float("nan")
    apart = weighted_mean(np.abs(predicted - others), sample_weight)
    return float(np.mean(apart / np.sqrt(variance)))


def _warn(reason):
    warn(f"The result is undefined and set to NaN: {reason}", UndefinedMetricWarning)
