"""Measure several classifiers on the same rows: quality, fidelity, size, speed."""

from collections.abc import Hashable, Mapping

import numpy as np
from sklearn.metrics import roc_auc_score

from sklearn_kd._messages import show
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._tables.containers import as_column
from sklearn_kd._task.labels import refuse_missing_labels
from sklearn_kd.inspection._inputs import count_rows
from sklearn_kd.inspection._size import count_parameters, pickled_size
from sklearn_kd.inspection._speed import prediction_latency, throughput
from sklearn_kd.inspection.comparison import Comparison
from sklearn_kd.metrics import agreement_score, kl_divergence
from sklearn_kd.metrics._agreement import share_equal
from sklearn_kd.metrics._models import (
    check_model,
    in_one_order,
    predicted_labels,
    predicted_proba,
)
from sklearn_kd.metrics._retention import kept


def compare(
    models, X, y, *, reference="teacher", n_calls=1000, time_limit=10.0, n_jobs=1
):
    """Compare classifiers on held-out rows: quality, fidelity, size and speed.

    Parameters
    ----------
    models : dict of str to classifier
        Fitted, with ``predict`` and ``predict_proba``. Of a
        :class:`~sklearn_kd.DistilledClassifier` take ``teacher_`` and ``student_``: as
        a whole it contains its teacher.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows that none of them was fitted on.
    y : array-like of shape (n_samples,)
        Their labels.
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
        ``rows`` has a dict for each model: ``model`` (its name), ``accuracy``,
        ``roc_auc`` (with more than two classes the mean of each class against the
        rest, weighted by its rows; NaN where ``y`` has one class), ``log_loss`` (nats),
        ``agreement``, ``kl_divergence`` (nats, see
        :func:`sklearn_kd.metrics.kl_divergence`) and ``retention`` (accuracy / accuracy
        of the reference; NaN where that is 0), ``n_parameters`` and ``pickled_size``
        (bytes; both None for a model that cannot be pickled),
        ``latency_median`` and ``latency_p99`` (seconds for one row) and
        ``rows_per_second``.

    Raises
    ------
    TypeError
        For what is no dict of classifiers, and numbers that are none.
    ValueError
        When ``reference`` is not among the models, when the label of a column of
        probabilities is unknown, and for labels that cannot be sorted.

    See Also
    --------
    sklearn_kd.metrics.agreement_score : Share of rows with the same label.
    count_parameters : What counts as a parameter.
    prediction_latency : How one row is timed.
    throughput : How many rows are timed.

    Notes
    -----
    .. versionadded:: 0.1

    A class that a model lacks has probability 0. As in scikit-learn, the log loss takes
    the smallest probability to be that of the float rounding (2.2e-16), so that a row
    whose true label has probability 0 costs 36 nats.

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
    """
    _check_models(models, reference)
    X, n_samples = count_rows(X, models.values())
    y = refuse_missing_labels(as_column(y, "y"), "y")
    if y.dtype.kind == "f" and np.isnan(y).any():
        raise ValueError("Input y contains NaN: leave these rows out.")
    if y.shape != (n_samples,):
        raise ValueError(
            f"y has shape {y.shape}, expected one label for each of the {n_samples} "
            f"rows of X: ({n_samples},)."
        )
    with no_autologging():
        probas, labels = {}, {}
        for name, model in models.items():
            probas[name] = predicted_proba(show(name), model, X)
            labels[name] = predicted_labels(show(name), model, X)
    aligned, classes = in_one_order(list(probas.values()), y)
    probas = dict(zip(models, aligned, strict=True))
    timing = {"n_calls": n_calls, "time_limit": time_limit, "n_jobs": n_jobs}
    quality = {
        name: _quality(y, classes, labels[name], probas[name]) for name in models
    }
    rows = [
        {
            "model": name,
            **quality[name],
            "agreement": agreement_score(labels[reference], labels[name]),
            "kl_divergence": kl_divergence(probas[reference], probas[name]),
            "retention": kept(
                quality[reference]["accuracy"], quality[name]["accuracy"]
            ),
            **_cost(model, X, timing),
        }
        for name, model in models.items()
    ]
    return Comparison(rows, reference)


def _check_models(models, reference):
    """Refuse what is no dict of fitted classifiers with the reference in it."""
    if not isinstance(models, Mapping):
        raise TypeError(
            "models must be a dict from names to fitted classifiers, such as "
            f'{{"teacher": teacher, "student": student}}, got {show(models)}.'
        )
    if not isinstance(reference, Hashable) or reference not in models:
        raise ValueError(
            f"reference={show(reference)} is not among the models {show(list(models))}."
        )
    for name, model in models.items():
        check_model(f"models[{show(name)}]", model, "predict", "predict_proba")


def _quality(y, classes, labels, proba):
    """Compare the predictions of a model with the labels of the rows."""
    place = {label: code for code, label in enumerate(classes)}
    codes = np.array([place[label] for label in y.tolist()])
    return {
        "accuracy": share_equal(y=y, labels=labels),
        "roc_auc": _roc_auc(codes, proba),
        "log_loss": _log_loss(codes, proba),
    }


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


def _roc_auc(codes, proba):
    """Area under the ROC curve: of the second of two classes, or one against rest."""
    counts = np.bincount(codes, minlength=proba.shape[1])
    present = np.flatnonzero(counts)
    if len(present) < 2:
        return float("nan")
    if proba.shape[1] == 2:
        present = present[1:]
    areas = [roc_auc_score(codes == k, proba[:, k]) for k in present]
    return float(np.average(areas, weights=counts[present]))


def _log_loss(codes, proba):
    """Mean of minus the logarithm of the probability of the label, in nats."""
    right = proba[np.arange(len(codes)), codes]
    return float(-np.log(np.maximum(right, np.finfo(proba.dtype).eps)).mean())


def _if_pickled(measure, model):
    """Measure a model; None where it cannot be pickled."""
    try:
        return measure(model)
    except TypeError:
        return None  # a lambda in it, a local class, an open file
