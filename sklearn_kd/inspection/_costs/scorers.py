"""What makes the scorers of the costs of a student."""

from sklearn_kd.inspection._costs.speed import check_timing
from sklearn_kd.inspection.cost_scorer import CostScorer


def size_scorer():
    """Make a scorer of the negative size of a student.

    Returns
    -------
    CostScorer
        Called as ``scorer(estimator, X=None, y=None)``. The score is minus the bytes of
        :func:`pickled_size`: of the ``student_`` of a distilled estimator with what
        stands around it, such as the steps of a pipeline, and of another estimator as a
        whole.

    See Also
    --------
    latency_scorer : Seconds for one row.
    parameters_scorer : The numbers in it.
    TradeOffDisplay : Draws scores over costs.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_kd.inspection import size_scorer
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_depth": [1, 4]},
    ...     scoring={"accuracy": "accuracy", "size": size_scorer()},
    ...     refit="accuracy",
    ... ).fit(*load_iris(return_X_y=True))
    >>> small, large = -search.cv_results_["mean_test_size"]
    >>> bool(1000 < small < large)
    True
    """
    return CostScorer("size")


def parameters_scorer():
    """Make a scorer of the negative number of parameters of a student.

    Returns
    -------
    CostScorer
        Called as ``scorer(estimator, X=None, y=None)``. The score is minus the number
        of :func:`count_parameters`: of the student, as for :func:`size_scorer`.

    See Also
    --------
    size_scorer : Bytes of the student, of any kind.

    Notes
    -----
    .. versionadded:: 0.1

    Where they cannot be counted, as in boosters with a format of their own, the scorer
    raises a ValueError.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_kd.inspection import parameters_scorer
    >>> X, y = load_iris(return_X_y=True)
    >>> parameters_scorer()(LogisticRegression(max_iter=200).fit(X, y))
    -19.0
    """
    return CostScorer("parameters")


def latency_scorer(*, n_calls=100, time_limit=1.0, n_jobs=1):
    """Make a scorer of the negative latency of a student.

    Parameters
    ----------
    n_calls : int, default=100
        Rows that are timed one by one.
    time_limit : float, default=1.0
        Seconds after which no more of them are timed.
    n_jobs : int or None, default=1
        Jobs, BLAS and OpenMP threads while the clock runs. None leaves everything as it
        is.

    Returns
    -------
    CostScorer
        Called as ``scorer(estimator, X, y=None)``. The score is minus the median of
        :func:`prediction_latency`, in seconds: of the student, as for
        :func:`size_scorer`.

    Raises
    ------
    TypeError
        For numbers that are none.
    ValueError
        For numbers outside their range.

    See Also
    --------
    size_scorer : Bytes of the student.
    TradeOffDisplay : Draws scores over costs.

    Notes
    -----
    .. versionadded:: 0.1

    Candidates that a search scores at the same time, with ``n_jobs`` above 1, slow each
    other down. Rank them by a search with one job.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_kd.inspection import latency_scorer
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier().fit(X, y)
    >>> -0.1 < latency_scorer()(tree, X) < 0
    True
    """
    n_calls, time_limit, n_jobs = check_timing(n_calls, time_limit, n_jobs)
    return CostScorer("latency", n_calls=n_calls, time_limit=time_limit, n_jobs=n_jobs)
