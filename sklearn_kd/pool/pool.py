"""``Pool``: what is pooled with the teacher's predictions, and which of them count."""

from sklearn.base import BaseEstimator

from sklearn_kd._compat import StrOptions, validate_all_params
from sklearn_kd._messages import show
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._task import Classification


class Pool(VersionedMixin, BaseEstimator):
    """What the soft targets are made of, for experts: a value of ``objective``.

    Two models are fitted on the labels of the training rows and pooled with the
    teacher: a small booster, and the student's own kind. The better a model predicts
    labels of rows that it was not fitted on, the more it counts. Where quantiles
    are learned neither is a member: the student learns from the teacher alone.

    Parameters
    ----------
    booster : bool, default=True
        Whether a small histogram gradient boosting is a member (60 rounds of 15
        leaves). For a table with more than 100 columns and less than 10 rows a column
        it is a logistic regression, and for numbers a ridge regression. Above 10
        classes or outputs it is left out.
    student : bool, default=True
        Whether the student's own kind is a member: a network with the parameters of the
        student, if that is an :class:`MLPStudent` or :class:`MLPStudentRegressor`, and
        else a default one. Two that differ in their seed are trained on the labels for
        4000 steps, or as many as the student takes where its ``max_iter`` is set, in
        100 epochs at most, and stopped by validation rows.
    out_of_sample : bool or "auto", default="auto"
        Whether the teacher's soft targets of synthetic rows are out-of-sample
        predictions with respect to the training row that each was made from (its
        source). With ``cv`` they are out-of-fold: predicted by the teacher of the fold
        that tests the source. For a forest, a
        :class:`~sklearn.ensemble.BaggingClassifier` or a
        :class:`~sklearn.ensemble.BaggingRegressor` they are out-of-bag: predicted by
        the members whose bootstrap sample lacks the source. "auto" uses them for a
        teacher that has memorised label noise. Its sign is a negative autocorrelation
        of the out-of-sample residuals of neighbouring rows; a warning is given if the
        sampler has no ``neighbors_``. With True an error is raised if a teacher has no
        out-of-sample predictions, and ``teacher_proba`` or ``teacher_pred`` counts as
        such predictions. With False none are made, for the weights neither.
    calibration : {"temperature", "sigmoid", "isotonic", "prior"} or None, default=None
        Calibrate the teacher's probabilities before they are pooled. The calibrator is
        fitted on out-of-sample predictions for the labelled rows (out-of-fold with
        ``cv``, or out-of-bag), by the method of
        :class:`~sklearn.calibration.CalibratedClassifierCV`. "prior" multiplies the
        probability of each class by a factor, so that its mean is the share of the
        class among the labels; it is meant for teachers with class weights or resampled
        rows. Row weights are not used in the calibration. An error is raised if there
        are no out-of-sample predictions, and in a regression.

    See Also
    --------
    DistilledClassifier, DistilledRegressor : Take it as ``objective``.

    Notes
    -----
    .. versionadded:: 0.1

    With the predictions :math:`p_T` of the teacher, :math:`p_H` of the booster and
    :math:`p_M` of the student on labels, all raised to 0.001, the target is

    .. math:: softmax(w_T \\log p_T + w_H \\log p_H + w_M \\log p_M), \\quad w \\ge 0

    where the teacher has out-of-sample predictions for the labelled rows. The weights
    minimise the log loss of the labels, given those predictions and out-of-fold
    predictions of the other two (three folds), plus
    :math:`\\frac{5}{2} \\|w - (0.70, 0.15, 0.25)\\|^2`. With more than 20 000 rows, a
    time limit or a class of a single row there are no folds: the weights minimise the
    log loss on the student's validation rows, with 15 in the place of 5.

    For a teacher without such predictions the target is

    .. math:: (1 - a) \\, p_T + a \\, softmax(b_H \\log p_H + b_M \\log p_M),

    where b minimises the log loss on validation rows plus
    :math:`\\frac{5}{2} \\|b - (0.50, 0.45)\\|^2`. Below 50 validation rows the weights
    are these numbers. With c such that :math:`p_T^c`, renormalised, has the mean
    entropy of the models of the labels over the synthetic rows, the part is
    :math:`a = \\min(0.4 + 0.5 \\max(-\\log c, 0), 0.7)`, or more where the log loss on
    validation rows is lower with more. An underconfident teacher (:math:`c > 1`) is
    replaced by :math:`p_T^c`. Without synthetic rows, a is 0.5 and c is 1.

    In a regression the members predict numbers t, h and s. With the mean m of the
    targets, the two targets are

    .. math:: m + w_T (t - m) + w_H (h - m) + w_M (s - m), \\quad w \\ge 0,

    .. math:: (1 - a) \\, t + a \\, (m + b_H (h - m) + b_M (s - m)).

    The weights w and b are found on the same rows, with the same ridge, by non-negative
    least squares: half the squared error takes the place of the log loss, in units of
    its mean under the weights (0.70, 0.15, 0.25), or (0.50, 0.45). In the formula for
    a, c is the standard deviation of what the models of the labels predict for the
    synthetic rows, divided by that of the teacher's predictions, and 1 at most: an
    overfitted teacher varies more. The teacher's predictions are not changed by it. The
    part is larger where the squared error on validation rows is lower with more.

    Without synthetic rows, the training rows have out-of-fold predictions of the two
    models in their targets. Linear students, sparse rows and texts then have the
    teacher alone.

    References
    ----------
    Genest and Zidek, "Combining Probability Distributions: A Critique and an Annotated
    Bibliography", 1986. :doi:`10.1214/ss/1177013825`

    Breiman, "Stacked regressions", 1996. :doi:`10.1007/BF00117832`

    Examples
    --------
    >>> from sklearn_kd import DistilledClassifier, Pool
    >>> model = DistilledClassifier(objective=Pool(booster=False))
    >>> model.set_params(objective__student=False).objective
    Pool(booster=False, student=False)
    """

    _parameter_constraints = {
        "booster": ["boolean"],
        "student": ["boolean"],
        "out_of_sample": [StrOptions({"auto"}), "boolean"],
        "calibration": [
            StrOptions({"temperature", "sigmoid", "isotonic", "prior"}),
            None,
        ],
    }

    def __init__(
        self, booster=True, student=True, *, out_of_sample="auto", calibration=None
    ):
        self.booster = booster
        self.student = student
        self.out_of_sample = out_of_sample
        self.calibration = calibration


#: What ``objective`` may name.
OBJECTIVES = {
    "generalization": Pool(),
    "fidelity": Pool(booster=False, student=False, out_of_sample=False),
}


def find_pool(objective, task):
    """Give the pool that an objective names, with checked parameters."""
    pool = OBJECTIVES[objective] if isinstance(objective, str) else objective
    validate_all_params([pool])
    if pool.calibration is not None and task.name != Classification.name:
        raise ValueError(
            f"calibration={show(pool.calibration)} of Pool is for class probabilities, "
            "and a regression has none: leave it at None."
        )
    if task.quantiles is not None:
        return Pool(False, False, out_of_sample=pool.out_of_sample)
    return pool


def pools_out_of_sample(pool):
    """Return whether out-of-sample predictions of the teacher are pooled."""
    return bool((pool.booster or pool.student) and pool.out_of_sample)
