"""Measure several models on the same rows: quality, fidelity, size, speed."""

from collections.abc import Hashable, Mapping

from sklearn_kd._messages import show
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd.inspection._costs.size import count_parameters, pickled_size
from sklearn_kd.inspection._costs.speed import prediction_latency, throughput
from sklearn_kd.inspection._inputs import count_rows
from sklearn_kd.inspection._measures.classification import measure_classifiers
from sklearn_kd.inspection._measures.regression import measure_regressors
from sklearn_kd.inspection.comparison import Comparison
from sklearn_kd.metrics._tasks import check_model, common_task

#: What is measured of the models of a task, besides their costs.
_MEASURES = {
    "classification": measure_classifiers,
    "regression": measure_regressors,
}


def compare(
    models, X, y, *, reference="teacher", n_calls=1000, time_limit=10.0, n_jobs=1
):
    """Compare models on held-out rows: quality, fidelity, size and speed.

    Parameters
    ----------
    models : dict of str to classifier, or of str to regressor
        Fitted: classifiers with ``predict`` and ``predict_proba``, or regressors with
        ``predict``. What has no tags of scikit-learn is a classifier if it has
        ``predict_proba``. Of a :class:`~sklearn_kd.DistilledClassifier` or a
        :class:`~sklearn_kd.DistilledRegressor` take ``teacher_`` and ``student_``: as a
        whole it contains its teacher.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows that none of them was fitted on.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their labels, or the targets of one or several outputs.
    reference : str, default="teacher"
        The key in ``models`` that the others are held against.
    n_calls : int, default=1000
        Rows that are timed one by one.
    time_limit : float, default=10.0
        Seconds a model after which no more of them are timed.
    n_jobs : int or None, default=1
        Jobs, BLAS and OpenMP threads while the clock runs. None leaves everything as
        it is.

    Returns
    -------
    Comparison
        ``rows`` has a dict for each model, with its name as ``model``.

        Of classifiers: ``accuracy``, ``roc_auc`` (with more than two classes the mean
        of each class against the rest, weighted by its rows; NaN where ``y`` has one
        class), ``log_loss`` (nats), ``agreement``, ``kl_divergence`` (nats, see
        :func:`sklearn_kd.metrics.kl_divergence`) and ``retention`` (accuracy / accuracy
        of the reference; NaN where that is 0).

        Of regressors: ``r2``, ``rmse`` and ``mae`` (in the units of ``y``; of several
        outputs all three are the mean over outputs, as in scikit-learn), ``fidelity``
        (R² of the predictions for those of the reference, see
        :func:`sklearn_kd.metrics.fidelity_r2_score`), ``difference`` (mean absolute
        difference from the predictions of the reference, in standard deviations of
        ``y``, see :func:`sklearn_kd.metrics.prediction_difference`) and ``retention``
        (R² / R² of the reference; NaN where that is not above 0). With quantiles:
        ``interval`` (the lowest and the highest level), ``coverage`` (the share of
        targets from the one quantile to the other) and ``width`` (their mean distance,
        in the units of ``y``); all three are None for models without.

        Of both: ``n_parameters`` and ``pickled_size`` (bytes; both None for a model
        that cannot be pickled), ``latency_median`` and ``latency_p99`` (seconds for one
        row) and ``rows_per_second``.

    Raises
    ------
    TypeError
        For what is no dict of models, for classifiers and regressors together, for
        targets that are no numbers, and for other parameters that are none.
    ValueError
        When ``reference`` is not among the models, when the label of a column of
        probabilities is unknown, for labels that cannot be sorted, for targets that are
        missing or infinite, and for another number of rows or of outputs.

    See Also
    --------
    sklearn_kd.metrics.agreement_score : Share of rows with the same label.
    sklearn_kd.metrics.fidelity_r2_score : R² of predictions for those of a teacher.
    count_parameters : What counts as a parameter.
    prediction_latency : How one row is timed.
    throughput : How many rows are timed.

    Notes
    -----
    .. versionadded:: 0.1

    A class that a model lacks has probability 0. As in scikit-learn, the log loss takes
    the smallest probability to be that of the float rounding (2.2e-16), so that a row
    whose true label has probability 0 costs 36 nats.

    A regressor has quantiles where it has ``predict_quantiles`` and their levels as
    ``quantiles``, such as ours. One whose ``predict`` takes ``quantiles=``, such as
    those of the package quantile-forest, is asked for the outer levels of the first
    model that has levels of its own. Only two quantiles or more are an interval.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_kd import DistilledClassifier
    >>> from sklearn_kd.inspection import compare
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    >>> forest = RandomForestClassifier(n_estimators=300, random_state=0).fit(X, y)
    >>> model = DistilledClassifier(forest, transfer=None, random_state=0).fit(X, y)
    >>> result = compare(
    ...     {"teacher": forest, "student": model.student_}, X_test, y_test, n_calls=20
    ... )
    >>> result["student"]["retention"] > 0.95
    True
    >>> print(result)
                                teacher   student
    accuracy                     0.9...    0.9...
    ROC AUC                      0.9...    0.9...
    ...
    pickled size                 ... ...
    one row, median              ...
    ...

    Regressors are compared in the same way:

    >>> from sklearn.datasets import make_friedman1
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklearn.linear_model import Ridge
    >>> X, y = make_friedman1(n_samples=800, noise=1.0, random_state=0)
    >>> X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    >>> forest = RandomForestRegressor(n_estimators=50, random_state=0).fit(X, y)
    >>> models = {"teacher": forest, "ridge": Ridge().fit(X, y)}
    >>> print(compare(models, X_test, y_test, n_calls=20))
                                     teacher       ridge
    R²                                0.8...      0.7...
    RMSE                              2.1...      2.5...
    MAE                               1.7...      1.9...
    fidelity to teacher (R²)          1.0000      0.8...
    mean difference from teacher   0.0000 SD   0.2... SD
    retention (R²)                    1.0000      0.9...
    ...
    one row, median                   ...
    ...
    """
    task = _check_models(models, reference)
    X, n_samples = count_rows(X, models.values())
    with no_autologging():
        found = _MEASURES[task](models, X, y, n_samples, reference)
    timing = {"n_calls": n_calls, "time_limit": time_limit, "n_jobs": n_jobs}
    rows = [
        {"model": name, **measured, **_cost(models[name], X, timing)}
        for name, measured in zip(models, found, strict=True)
    ]
    return Comparison(rows, reference)


def _check_models(models, reference):
    """Give the task of fitted models with the reference among them; refuse others."""
    if not isinstance(models, Mapping):
        raise TypeError(
            "models must be a dict from names to fitted models, such as "
            f'{{"teacher": teacher, "student": student}}, got {show(models)}.'
        )
    if not isinstance(reference, Hashable) or reference not in models:
        raise ValueError(
            f"reference={show(reference)} is not among the models {show(list(models))}."
        )
    named = {f"models[{show(name)}]": model for name, model in models.items()}
    task = common_task(named)
    methods = ("predict", "predict_proba") if task == "classification" else ("predict",)
    for name, model in named.items():
        check_model(name, model, task, *methods)
    return task


def _cost(model, X, timing):
    """Measure size and speed of a model."""
    median, p99 = prediction_latency(model, X, **timing)
    return {
        "n_parameters": _if_pickled(count_parameters, model),
        "pickled_size": _if_pickled(pickled_size, model),
        "latency_median": median,
        "latency_p99": p99,
        "rows_per_second": throughput(model, X, n_jobs=timing["n_jobs"]),
    }


def _if_pickled(measure, model):
    """Measure a model; None where it cannot be pickled."""
    try:
        return measure(model)
    except TypeError:
        return None  # a lambda in it, a local class, an open file
