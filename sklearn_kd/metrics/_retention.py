"""Which share of its teacher's score a student reaches."""

import math

from sklearn.exceptions import UndefinedMetricWarning

from sklearn_kd._messages import warn
from sklearn_kd._tables.containers import as_column, as_values
from sklearn_kd._tables.weights import check_weight
from sklearn_kd.metrics._agreement import share_equal
from sklearn_kd.metrics._arguments import check_call, check_lengths


def retention_score(
    y_true,
    y_teacher,
    y_student,
    *,
    metric=None,
    greater_is_better=True,
    sample_weight=None,
):
    """Compute the score of the student divided by that of the teacher.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The labels or targets of rows that neither was fitted on.
    y_teacher, y_student : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predictions for these rows in the form that `metric` takes: labels,
        probabilities or numbers.
    metric : callable or None, default=None
        Called as ``metric(y_true, y_pred)``, with ``sample_weight=`` where weights are
        given. None is the accuracy; for regression pass
        :func:`sklearn.metrics.r2_score`, or a loss such as
        :func:`sklearn.metrics.root_mean_squared_error`.
    greater_is_better : bool, default=True
        False for a loss, as for :func:`sklearn.metrics.make_scorer`: then the loss of
        the teacher is divided by that of the student.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights.

    Returns
    -------
    float
        1 where both are equally good, and more where the student is better, for losses
        too. NaN, with a warning, where the score of the teacher is 0 or less, where a
        loss is below 0, and where both losses are 0.

    Raises
    ------
    TypeError
        For a `metric` that cannot be called so, such as a scorer, and without one for
        the predictions of regressors.
    ValueError
        For different numbers of rows, and what the metric refuses.

    Warns
    -----
    UndefinedMetricWarning
        Where the ratio has no meaning.

    See Also
    --------
    agreement_score : Compares the student with the teacher, not with the labels.
    retention_scorer : The same of two models, for ``scoring=``.

    Notes
    -----
    .. versionadded:: 0.1

    A ratio needs a metric whose zero is a zero of quality. For example, the area under
    the ROC curve is 0.5 by chance, so a student keeps at least half of a good teacher.

    Examples
    --------
    >>> from sklearn.metrics import log_loss
    >>> from sklearn_kd.metrics import retention_score
    >>> retention_score([0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 1])
    0.75
    >>> retention_score(
    ...     [0, 1],
    ...     [[0.8, 0.2], [0.2, 0.8]],
    ...     [[0.7, 0.3], [0.3, 0.7]],
    ...     metric=log_loss,
    ...     greater_is_better=False,
    ... )
    0.6256...
    """
    if metric is not None:
        check_call(
            "metric",
            metric,
            "y_true, y_pred",
            "Pass one such as sklearn.metrics.f1_score; a scorer, or the name of one, "
            'such as "f1_macro", is for retention_scorer(scoring=...).',
        )
    y_true = as_column(y_true, "y_true")
    y_teacher = as_values(y_teacher, "y_teacher")
    y_student = as_values(y_student, "y_student")
    check_lengths(y_true=y_true, y_teacher=y_teacher, y_student=y_student)
    sample_weight = as_column(sample_weight, "sample_weight")
    if metric is None:
        scores = [
            share_equal(sample_weight, y_true=y_true, y_teacher=y_teacher),
            share_equal(sample_weight, y_true=y_true, y_student=y_student),
        ]
    else:
        weighted = {}
        if sample_weight is not None:
            weighted["sample_weight"] = check_weight(sample_weight, y_true)
        scores = [metric(y_true, y, **weighted) for y in (y_teacher, y_student)]
    return warn_of_nan(kept(*scores, greater_is_better=greater_is_better), *scores)


def kept(score_teacher, score_student, *, greater_is_better=True):
    """Divide two scores, or two losses, so that more is better; NaN for no ratio.

    Parameters
    ----------
    score_teacher, score_student : float
        Scores, or losses.
    greater_is_better : bool, default=True
        False for losses.

    Returns
    -------
    float
        Infinite where the student alone has no loss.
    """
    if greater_is_better:
        return score_student / score_teacher if score_teacher > 0 else float("nan")
    if min(score_teacher, score_student) < 0 or score_teacher == score_student == 0:
        return float("nan")
    return score_teacher / score_student if score_student else float("inf")


def warn_of_nan(retention, score_teacher, score_student):
    """Give the retention, and warn where the scores have no ratio."""
    if math.isnan(retention):
        warn(
            f"Retention is undefined and set to NaN: the teacher's score or loss is "
            f"{score_teacher:.6g}, the student's {score_student:.6g}, and a ratio "
            "needs a score of the teacher above 0, or losses of at least 0 that are "
            "not both 0.",
            UndefinedMetricWarning,
        )
    return retention
