"""What makes the scorers that compare a student with its teacher."""

from sklearn_kd.metrics._divergence import FLOOR
from sklearn_kd.metrics.scorer import TeacherScorer


def agreement_scorer(teacher=None):
    """Make a scorer of the share of rows with the label that the teacher predicts.

    Parameters
    ----------
    teacher : classifier or None, default=None
        Fitted, with ``predict``. None is the ``teacher_`` of the
        :class:`~sklearn_kd.DistilledClassifier` that is scored, or of one that is the
        last step of a pipeline, nested or not.

    Returns
    -------
    TeacherScorer
        Called as ``scorer(estimator, X, y=None, sample_weight=None)``; `y` does not
        count.

    Raises
    ------
    TypeError
        For a teacher without ``predict``, and for a regressor.
    NotFittedError
        For a teacher that is not fitted.

    See Also
    --------
    agreement_score : The metric.
    kl_divergence_scorer : Compares probabilities, not labels.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn_kd import DistilledClassifier, MLPStudent
    >>> from sklearn_kd.metrics import agreement_scorer
    >>> X, y = load_wine(return_X_y=True)
    >>> model = DistilledClassifier(
    ...     RandomForestClassifier(random_state=0),
    ...     MLPStudent(max_iter=50),
    ...     transfer=None,
    ...     random_state=0,
    ... )
    >>> scores = cross_val_score(model, X, y, scoring=agreement_scorer(), cv=3)
    >>> bool(scores.min() > 0.8)
    True
    """
    return TeacherScorer("agreement", teacher)


def kl_divergence_scorer(teacher=None, *, floor=FLOOR):
    """Make a scorer of the negative divergence from the teacher's probabilities.

    Parameters
    ----------
    teacher : classifier or None, default=None
        As for :func:`agreement_scorer`, with ``predict_proba``.
    floor : float, default=2.2e-16
        As for :func:`kl_divergence`.

    Returns
    -------
    TeacherScorer
        Called as ``scorer(estimator, X, y=None, sample_weight=None)``; `y` does not
        count. The score is minus the mean divergence in nats, at most 0: greater is
        better.

    Raises
    ------
    TypeError
        For a teacher without ``predict_proba``, and for a regressor.
    NotFittedError
        For a teacher that is not fitted.
    ValueError
        For a `floor` outside [0, 1].

    See Also
    --------
    agreement_scorer : Compares labels, not probabilities.
    kl_divergence : The metric.

    Notes
    -----
    .. versionadded:: 0.1

    Columns are compared by their label, in whatever order the two models have them. A
    class that a model lacks has probability 0 there.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_kd.metrics import kl_divergence_scorer
    >>> X, y = load_wine(return_X_y=True)
    >>> forest = RandomForestClassifier(random_state=0).fit(X[::2], y[::2])
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"min_samples_leaf": [1, 10]},
    ...     scoring=kl_divergence_scorer(forest),
    ... )
    >>> search.fit(X[1::2], y[1::2]).best_params_
    {'min_samples_leaf': 10}
    """
    return TeacherScorer("kl_divergence", teacher, floor=floor)


def fidelity_r2_scorer(teacher=None):
    """Make a scorer of R² of the predictions for those of the teacher.

    Parameters
    ----------
    teacher : regressor or None, default=None
        Fitted, with ``predict``. None is the ``teacher_`` of the distilled regressor
        that is scored, or of one that is the last step of a pipeline, nested or not.

    Returns
    -------
    TeacherScorer
        Called as ``scorer(estimator, X, y=None, sample_weight=None)``; `y` does not
        count.

    Raises
    ------
    TypeError
        For a teacher without ``predict``, and for a classifier.
    NotFittedError
        For a teacher that is not fitted.

    See Also
    --------
    agreement_scorer : Its twin for classifiers.
    fidelity_r2_score : The metric.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from sklearn_kd.metrics import fidelity_r2_scorer
    >>> X, y = load_diabetes(return_X_y=True)
    >>> forest = RandomForestRegressor(random_state=0).fit(X[::2], y[::2])
    >>> search = GridSearchCV(
    ...     DecisionTreeRegressor(random_state=0),
    ...     {"min_samples_leaf": [1, 10]},
    ...     scoring=fidelity_r2_scorer(forest),
    ... )
    >>> search.fit(X[1::2], y[1::2]).best_params_
    {'min_samples_leaf': 10}
    """
    return TeacherScorer("fidelity_r2", teacher)


def prediction_difference_scorer(teacher=None):
    """Make a scorer of the negative mean difference from the teacher's predictions.

    Parameters
    ----------
    teacher : regressor or None, default=None
        As for :func:`fidelity_r2_scorer`.

    Returns
    -------
    TeacherScorer
        Called as ``scorer(estimator, X, y, sample_weight=None)``. The score is minus
        the mean absolute difference in units of the standard deviation of `y`, at most
        0: greater is better.

    Raises
    ------
    TypeError
        For a teacher without ``predict``, and for a classifier.
    NotFittedError
        For a teacher that is not fitted.

    See Also
    --------
    fidelity_r2_scorer : Compares squares, and needs no targets.
    prediction_difference : The metric.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn_kd.metrics import prediction_difference_scorer
    >>> X, y = make_friedman1(n_samples=400, random_state=0)
    >>> forest = RandomForestRegressor(random_state=0).fit(X[::2], y[::2])
    >>> ridge = Ridge().fit(X[::2], y[::2])
    >>> prediction_difference_scorer(forest)(ridge, X[1::2], y[1::2])
    -0.2...
    """
    return TeacherScorer("prediction_difference", teacher)


def retention_scorer(teacher=None, *, scoring=None):
    """Make a scorer of the student's score divided by the teacher's on the same rows.

    Parameters
    ----------
    teacher : classifier, regressor or None, default=None
        As for :func:`agreement_scorer`, with what `scoring` needs. It is for the task
        of the students that are scored.
    scoring : str, callable or None, default=None
        A scorer of scikit-learn, by its name or from
        :func:`sklearn.metrics.make_scorer`, or any function of ``(estimator, X, y)``.
        None is the accuracy of classifiers and R² of regressors.

    Returns
    -------
    TeacherScorer
        Called as ``scorer(estimator, X, y, sample_weight=None)``.

    Raises
    ------
    TypeError
        For a teacher without ``predict``, for a teacher and a student of two tasks, and
        for a `scoring` that cannot be called so, such as a metric.
    NotFittedError
        For a teacher that is not fitted.
    ValueError
        For a `scoring` that scikit-learn lacks.

    See Also
    --------
    retention_score : The metric.

    Notes
    -----
    .. versionadded:: 0.1

    For a loss, such as ``"neg_log_loss"`` or
    ``"neg_root_mean_squared_error"``, the loss of the teacher is divided by that
    of the student, so that more is better there, too. Where the ratio has no meaning
    (see :func:`retention_score`) the score is NaN, with a warning, and a search ranks
    such a candidate last.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_kd.metrics import retention_scorer
    >>> X, y = load_wine(return_X_y=True)
    >>> forest = RandomForestClassifier(random_state=0).fit(X[::2], y[::2])
    >>> tree = DecisionTreeClassifier(random_state=0).fit(X[::2], y[::2])
    >>> scorer = retention_scorer(forest, scoring="f1_macro")
    >>> 0.8 < scorer(tree, X[1::2], y[1::2]) < 1
    True
    """
    return TeacherScorer("retention", teacher, scoring=scoring)
