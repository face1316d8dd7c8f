"""Measure several models on the same rows: quality, fidelity, size, speed."""

from collections.abc import Hashable, Mapping

from sklearn_kd._messages import show
from sklearn_kd.inspection._costs.speed import check_timing
from sklearn_kd.inspection._measures.models import check_models, measure_costs, predict
from sklearn_kd.inspection._reading.pair import read_models, without_teacher
from sklearn_kd.inspection._reading.rows import count_rows
from sklearn_kd.inspection.comparison import Comparison


def compare(
    models,
    *rows,
    X=None,
    y=None,
    reference="teacher",
    n_calls=1000,
    time_limit=10.0,
    n_jobs=1,
):
    """Compare models on held-out rows: quality, fidelity, size and speed.

    It is called in one of three ways: ``compare(distilled, X, y)``,
    ``compare(teacher, student, X, y)``, or ``compare(models, X, y)`` with any number of
    models in a dict. :func:`distillation_report` measures the same, and more.

    Parameters
    ----------
    models : estimator or dict of str to estimator
        A fitted :class:`~sklearn_kd.DistilledClassifier` or
        :class:`~sklearn_kd.DistilledRegressor`, whose ``teacher_`` and ``student_`` are
        compared; it may be the last step of a pipeline, in a search, behind a
        threshold, frozen or in a TransformedTargetRegressor. Or a fitted teacher,
        before its student. Or fitted models by their names: classifiers with
        ``predict`` and ``predict_proba``, or regressors with ``predict``. What has no
        tags of scikit-learn is a classifier if it has ``predict_proba``.
    *rows : student, X and y, or X and y
        The student is fitted, and passed where the first argument is its teacher. Of
        a distilled estimator the ``student_`` is taken, which does not contain it.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows that none of the models was fitted on.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their labels, or the targets of one or several outputs.
    reference : str, default="teacher"
        The name of the model that the others are held against.
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
        For what is none of these three calls, for an estimator without teacher and
        student, for classifiers and regressors together, for targets that are no
        numbers, and for other parameters that are none.
    NotFittedError
        For an estimator before ``fit``.
    ValueError
        When ``reference`` is not among the models, when the label of a column of
        probabilities is unknown, for labels that cannot be sorted or of which no model
        has a class, for targets that are missing or infinite, and for another number of
        rows or of outputs.

    See Also
    --------
    distillation_report : Confidence intervals, calibration and groups of rows, too.
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
    >>> result = compare(model, X_test, y_test, n_calls=20)
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
    models, X, y = _read_call(models, rows, {"X": X, "y": y})
    models = read_models(models)
    if not isinstance(reference, Hashable) or reference not in models:
        raise ValueError(
            f"reference={show(reference)} is not among the models {show(list(models))}."
        )
    task = check_models({f"models[{show(name)}]": models[name] for name in models})
    X, n_samples = count_rows(X, models.values())
    timing = {"n_calls": n_calls, "time_limit": time_limit, "n_jobs": n_jobs}
    check_timing(**timing)
    found = predict(task, models, X, y, n_samples, reference)
    rows = [
        {"model": name, **found.measure(name), **measure_costs(model, X, timing)}
        for name, model in models.items()
    ]
    return Comparison(rows, reference)


def _read_call(models, rows, named):
    """Tell the three calls apart, and give models, X and y."""
    missing = [name for name in named if named[name] is None]
    if len(rows) == len(missing):
        given = named | dict(zip(missing, rows, strict=True))
        return models, given["X"], given["y"]
    if len(rows) == len(missing) + 1 and not isinstance(models, Mapping):
        student, *rows = rows
        given = named | dict(zip(missing, rows, strict=True))
        pair = {"teacher": models, "student": without_teacher(student)}
        return pair, given["X"], given["y"]
    raise TypeError(
        "compare is called as compare(distilled, X, y), compare(teacher, student, X, "
        f"y) or compare(models, X, y), got {len(rows) + 1} arguments by place, the "
        f"first of type {type(models).__name__}"
        + "".join(f", and {name}" for name in named if name not in missing)
        + "."
    )
