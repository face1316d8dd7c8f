"""How fast a model predicts: one row at a time, and many at once."""

import gc
from contextlib import contextmanager
from time import perf_counter
from types import ModuleType

import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_kd._compat import safe_indexing
from sklearn_kd._parameters import MOST, check_number
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd.inspection._reading.rows import count_rows
from sklearn_kd.metrics._tasks import check_model
from sklearn_kd.teachers import StoredTeacher

#: Calls before those that count: caches fill, and lazy imports happen.
_WARM_UP = 5

#: Calls that are made however long they take.
_AT_LEAST = 10


def prediction_latency(model, X, *, n_calls=1000, time_limit=10.0, n_jobs=1):
    """Measure how long a prediction of one row takes.

    It is timed by ``predict_proba`` of a classifier and by ``predict`` of a regressor.
    Each call is given another row, since the path of a row through a model, and what is
    in the caches of the processor, depend on the row.

    Parameters
    ----------
    model : classifier or regressor
        Fitted. What has no tags of scikit-learn is a classifier if it has
        ``predict_proba``.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows to draw from, evenly over their whole length; with fewer than ``n_calls``,
        they are used again. A DataFrame is passed as one-row DataFrames.
    n_calls : int, default=1000
        Calls that are timed.
    time_limit : float, default=10.0
        Seconds after which no more calls begin. Ten are made in any case.
    n_jobs : int or None, default=1
        Number of jobs and of BLAS and OpenMP threads during the calls. None leaves
        everything as it is.

    Returns
    -------
    median, p99 : float
        Median and 99th percentile, in seconds.

    Raises
    ------
    TypeError
        For a classifier without ``predict_proba``, a model without ``predict``, and
        numbers that are none.
    ValueError
        For no rows and for numbers outside their range.

    See Also
    --------
    throughput : Rows per second, many at once.

    Notes
    -----
    .. versionadded:: 0.1

    ``n_jobs`` is set on every part of the model that has it, fitted parts included, and
    set back before the function returns: do not use the model from another thread
    meanwhile. One job is the fair setting and mostly the fastest one: on one row, a
    forest with several jobs spends its time on its thread pool. The garbage collector
    is off during the calls, as in :mod:`timeit`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn_kd.inspection import prediction_latency
    >>> X, y = load_iris(return_X_y=True)
    >>> forest = RandomForestClassifier(n_jobs=2).fit(X, y)
    >>> median, p99 = prediction_latency(forest, X, n_calls=20)
    >>> 0 < median <= p99
    True
    """
    predict = getattr(model, check_model("model", model, None))
    X, n_samples = count_rows(X, [model])
    n_calls, time_limit, n_jobs = check_timing(n_calls, time_limit, n_jobs)
    places = np.linspace(0, n_samples, num=n_calls, endpoint=False)
    places = places.astype(int).tolist()  # NumPy's integers do not slice every Series
    with no_autologging(), _jobs(model, n_jobs), _no_garbage_collection():
        for start in places[:_WARM_UP]:
            _time(predict, safe_indexing(X, slice(start, start + 1)))
        times = []
        end = perf_counter() + time_limit
        for start in places:
            times.append(_time(predict, safe_indexing(X, slice(start, start + 1))))
            if len(times) >= _AT_LEAST and perf_counter() > end:
                break
    median, p99 = np.percentile(times, [50, 99])
    return float(median), float(p99)


def throughput(model, X, *, n_repeats=3, n_jobs=1):
    """Measure how many rows per second are predicted in one call.

    As by :func:`prediction_latency`, a classifier predicts probabilities.

    Parameters
    ----------
    model : classifier or regressor
        As for :func:`prediction_latency`.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows of one call.
    n_repeats : int, default=3
        Calls. The fastest counts: what makes another slower is the machine.
    n_jobs : int or None, default=1
        As for :func:`prediction_latency`.

    Returns
    -------
    float
        Rows per second.

    Raises
    ------
    TypeError
        For a classifier without ``predict_proba``, a model without ``predict``, and
        numbers that are none.
    ValueError
        For no rows and for numbers outside their range.

    See Also
    --------
    prediction_latency : Seconds for one row.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_kd.inspection import throughput
    >>> X, y = load_iris(return_X_y=True)
    >>> throughput(LogisticRegression(max_iter=200).fit(X, y), X) > 1000
    True
    """
    predict = getattr(model, check_model("model", model, None))
    X, n_samples = count_rows(X, [model])
    n_repeats = check_number("n_repeats", n_repeats, least=1, most=MOST, whole=True)
    n_jobs = _check_jobs(n_jobs)
    with no_autologging(), _jobs(model, n_jobs), _no_garbage_collection():
        _time(predict, safe_indexing(X, slice(0, 1)))
        return n_samples / min(_time(predict, X) for _ in range(n_repeats))


def check_timing(n_calls, time_limit, n_jobs):
    """Check, and give, the parameters of :func:`prediction_latency`."""
    n_calls = check_number("n_calls", n_calls, least=1, most=MOST, whole=True)
    time_limit = check_number("time_limit", time_limit, least=0)
    return n_calls, time_limit, _check_jobs(n_jobs)


def _check_jobs(n_jobs):
    """Check the number of jobs; None stays None."""
    if n_jobs is None:
        return None
    return check_number("n_jobs", n_jobs, least=1, most=MOST, whole=True)


def _time(predict, X):
    """Time one call of a method that predicts, in seconds."""
    X = copy_rows(X)  # the model may write into its rows
    start = perf_counter()
    predict(X)
    return perf_counter() - start


@contextmanager
def _no_garbage_collection():
    """Switch the garbage collector off for a while."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _jobs(model, n_jobs):
    """Set ``n_jobs`` all over a model, and BLAS and OpenMP threads, for a while."""
    if n_jobs is None:
        yield
        return
    before = [(state, state["n_jobs"]) for state in _states_with_jobs(model)]
    try:
        for state, _ in before:
            state["n_jobs"] = n_jobs
        with threadpool_limits(limits=n_jobs):
            yield
    finally:
        for state, value in before:
            state["n_jobs"] = value


def _states_with_jobs(model):
    """Attributes of every object in a model that has an ``n_jobs`` among them.

    ``get_params`` would not do: of voting or stacking it gives the classifiers as they
    were handed in, and those that predict are fitted clones in other attributes.
    """
    states, seen, waiting = [], set(), [model]
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, (type, ModuleType)):
            continue
        seen.add(id(part))
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, (list, tuple)):
            waiting += part
        elif isinstance(part, np.ndarray):
            if part.dtype == object:  # gradient boosting keeps its trees in one
                waiting += part.ravel().tolist()
        elif isinstance(part, StoredTeacher):
            waiting.append(part.estimator)
        elif hasattr(part, "__dict__"):
            if "n_jobs" in vars(part):
                states.append(vars(part))
            waiting += vars(part).values()
    return states
