"""Measure a student beside its teacher, with how sure one can be of it."""

from collections.abc import Mapping

from sklearn_kd._messages import show
from sklearn_kd.inspection._costs.speed import check_timing
from sklearn_kd.inspection._measures.groups import rows_by
from sklearn_kd.inspection._measures.models import check_models, measure_costs, predict
from sklearn_kd.inspection._reading.baselines import fit_baselines, read_baselines
from sklearn_kd.inspection._reading.pair import read_models
from sklearn_kd.inspection._reading.rows import count_rows
from sklearn_kd.inspection.comparison import Comparison
from sklearn_kd.inspection.report import DistillationReport

_TEACHER, _STUDENT = "teacher", "student"


def distillation_report(
    estimator,
    X,
    y,
    *,
    sample_weight=None,
    baseline=None,
    by=None,
    n_calls=1000,
    time_limit=10.0,
    n_jobs=1,
):
    """Report what changes if the student takes the place of its teacher.

    Parameters
    ----------
    estimator : estimator or dict of str to estimator
        A fitted :class:`~sklearn_kd.DistilledClassifier` or
        :class:`~sklearn_kd.DistilledRegressor`, also as the last step of a pipeline, in
        a search, behind a threshold, frozen or in a TransformedTargetRegressor. A
        fitted :class:`~sklearn_kd.CascadeClassifier` is a third model beside its
        teacher and student. Or fitted models by their names, ``"teacher"`` and
        ``"student"`` among them.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows that neither was fitted on.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their labels, or the targets of one or several outputs.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights. Bounds and intervals are approximate with weights.
    baseline : tuple of (X_train, y_train), dict of str to estimator, or None, \
            default=None
        What the student is held against. With training rows, and perhaps their weights
        as a third, two models are fitted on the labels: the same student without a
        teacher ("without teacher"; where the pool has fitted it already, it is used as
        it is), and the better of two small boosters ("small booster": 60 rounds of 15
        leaves, or 100 of 31, whichever has the higher score on `X`, so that the
        comparison favours it), each with the threshold of the student if
        ``decision_threshold`` has put one on it. A dict has fitted models of your own.
    by : str, int, array-like of shape (n_samples,), dict of str to array-like, or \
            None, default=None
        Groups of rows that are measured on their own: a column of `X` by its name or
        position, a value for each row, or masks of shape (n_samples,) by the names of
        the slices, which may overlap. Numbers with more than 10 different values are
        cut into quarters.
    n_calls : int, default=1000
        Rows that are timed one by one.
    time_limit : float, default=10.0
        Seconds a model after which no more of them are timed.
    n_jobs : int or None, default=1
        Jobs, BLAS and OpenMP threads while the clock runs. None leaves everything as
        it is.

    Returns
    -------
    DistillationReport
        ``models`` has for each model what :func:`compare` lists, and besides:

        - of classifiers ``brier_score`` (the mean squared distance of probabilities and
          labels; half of it with two classes, as in scikit-learn),
          ``calibration_error`` (of the most probable label, expected over ten bins of
          equal weight) and ``agreement_bound`` (the one-sided lower Clopper-Pearson
          bound of the agreement, at 95 %);
        - of both ``score_change`` (accuracy or R² minus that of the teacher),
          ``score_change_interval`` and ``retention_interval``: 95 % intervals of a
          paired bootstrap.

        What compares a model with the teacher is not there for the teacher itself.

        ``by_class`` and ``by`` have for each group ``n_samples``, ``reference_score``
        and ``score`` (accuracy, or RMSE of regressors, of teacher and student), and
        ``agreement`` with its ``agreement_bound``, or of regressors ``difference`` (the
        mean absolute difference in the units of ``y``).

    Raises
    ------
    NotFittedError
        For an estimator before ``fit``.
    TypeError
        For an estimator without teacher and student, for groups by dates, and for
        arguments of other types.
    ValueError
        For a column that `X` does not have, for slices without rows, and what
        :func:`compare` refuses.

    Warns
    -----
    UserWarning
        Where there is no small booster: for texts, sparse rows, and more than 10
        classes or outputs.

    See Also
    --------
    compare : The small form, for any number of models.
    coverage : Which rows are unlike those that the student has seen.

    Notes
    -----
    .. versionadded:: 0.1

    The bootstrap draws the rows 2000 times with replacement, the same rows for both
    models, from a fixed seed: two reports of the same predictions are equal. With more
    than 10 000 rows, 10 000 random groups of rows are drawn, whose sums vary as much.
    For the accuracy two rows are added to those that are drawn, one that only the
    teacher gets right and one that only the other model gets right (Bonett and Price):
    where both are right on the same rows there is still a doubt about others. A ratio
    has no interval (NaN) where the score of the teacher is 0 or less in some draws, and
    R² has none with fewer than 20 rows.

    With weights the number of rows in a Clopper-Pearson bound is Kish's effective
    number.

    References
    ----------
    Bonett and Price, "Adjusted Wald Confidence Interval for a Difference of Binomial
    Proportions Based on Paired Data", 2012. :doi:`10.3102/1076998611411915`

    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the
    case of the binomial", 1934. :doi:`10.1093/biomet/26.4.404`

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993.
    :doi:`10.1201/9780429246593`

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_kd import DistilledClassifier
    >>> from sklearn_kd.inspection import distillation_report
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> forest = RandomForestClassifier(50, random_state=0).fit(X, y)
    >>> model = DistilledClassifier(forest, transfer=None, random_state=0).fit(X, y)
    >>> report = distillation_report(
    ...     model, X_test, y_test, baseline=(X, y), by="mean radius", n_calls=20
    ... )
    >>> print(report)
    143 rows
                         teacher       student     without teacher     small booster
    accuracy             ...
    Brier score          ...
    calibration error    ...
    agreement with teacher              1.0000 ...
      at least, with confidence 95 %         - ...
    accuracy, change from teacher            - ...
      95 % interval                          - ...
    retention (accuracy)                1.0000 ...
      95 % interval                          - ...
    ...
    <BLANKLINE>
    By class
    class   rows   accuracy of teacher   of student   agreement   at least (95 %)
    0         53 ...
    1         90 ...
    <BLANKLINE>
    By mean radius
    mean radius ...
    """
    timing = {"n_calls": n_calls, "time_limit": time_limit, "n_jobs": n_jobs}
    models = dict(read_models(estimator))
    for name in (_TEACHER, _STUDENT):
        if name not in models:
            raise ValueError(
                f"The models {show(list(models))} have no {name!r}, and the report is "
                "on teacher and student."
            )
    fitted, train = read_baselines(baseline, models)
    if train is not None and isinstance(estimator, Mapping):
        raise TypeError(
            "baseline=(X_train, y_train) needs a distilled estimator, whose student is "
            "fitted again without its teacher, and got a dict of models. Put what they "
            "are held against into the dict."
        )
    models |= fitted
    task = check_models({f"the model {show(name)}": models[name] for name in models})
    X, n_samples = count_rows(X, models.values())
    title, groups = (None, None) if by is None else rows_by(by, X, n_samples)
    check_timing(**timing)
    if train is not None:
        # y and weights are refused before anything is fitted
        fast = {_TEACHER: models[_STUDENT]}
        predict(task, fast, X, y, n_samples, _TEACHER, sample_weight)
        models |= fit_baselines(estimator, train, (X, y, sample_weight))
    found = predict(task, models, X, y, n_samples, _TEACHER, sample_weight)
    rows = [
        {
            "model": name,
            **found.measure(name),
            **found.measure_more(name),
            **measure_costs(model, X, timing),
        }
        for name, model in models.items()
    ]
    if groups is not None:
        groups = {name: mask[found.rows] for name, mask in groups.items()}
    return DistillationReport(
        Comparison(rows, _TEACHER),
        len(found.rows),
        by_class=_measure_groups(found, found.classes_of_rows()),
        by=_measure_groups(found, groups),
        by_title=title,
    )


def _measure_groups(found, groups):
    """Measure the student on each group of rows that has some; None for no groups."""
    if groups is None:
        return None
    return [
        {
            "group": str(name),
            "n_samples": int(rows.sum()),
            **found.measure_group(rows, _STUDENT),
        }
        for name, rows in groups.items()
        if rows.any()
    ]
