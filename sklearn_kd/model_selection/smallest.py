"""The smallest student that keeps a share of its teacher's score."""

import numpy as np

from sklearn_kd._messages import show, warn
from sklearn_kd._parameters import check_number
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd.inspection import latency_scorer, parameters_scorer, size_scorer
from sklearn_kd.metrics import retention_scorer

#: The scorers of what may be small, by the names of their columns.
_COSTS = {
    "bytes": size_scorer,
    "latency": latency_scorer,
    "parameters": parameters_scorer,
}

#: Retention that stands for any above.
_MOST = 1e6


class SmallestStudent(VersionedMixin):
    """Choose the smallest student that keeps a share of its teacher's score.

    Made by :func:`smallest_student`, for ``refit=`` of a search.

    Parameters
    ----------
    retention : float
        The share, in (0, 1].
    by : {"bytes", "latency", "parameters"}
        What is to be small.
    scoring : str, callable or None
        The score.
    teacher : classifier, regressor or None
        With what candidates are compared; None is the teacher of each.
    latency_budget : float or None
        Most microseconds for one row.

    Raises
    ------
    TypeError, ValueError, NotFittedError
        As by :func:`smallest_student`.

    See Also
    --------
    sklearn.model_selection.GridSearchCV : Takes it as ``refit=``.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn_kd.model_selection import smallest_student
    >>> smallest = smallest_student(by="parameters", latency_budget=50)
    >>> sorted(smallest.scoring)
    ['latency', 'parameters', 'retention']
    """

    def __init__(self, retention, by, scoring, teacher, latency_budget):
        self.retention = check_number("retention", retention, least=0, most=1)
        if self.retention == 0:
            raise ValueError(
                f"retention must be above 0, and at most 1, got {show(retention)}."
            )
        if not isinstance(by, str) or by not in _COSTS:
            raise ValueError(
                f"by must be one of {', '.join(map(repr, _COSTS))}, got {show(by)}."
            )
        self.by = by
        self.scorer = retention_scorer(teacher, scoring=scoring)
        if latency_budget is not None:
            latency_budget = check_number("latency_budget", latency_budget, least=0)
            if latency_budget == 0:
                raise ValueError(
                    "latency_budget must be above 0 microseconds, or None, got 0."
                )
        self.latency_budget = latency_budget

    def __repr__(self):
        budget = self.latency_budget
        budget = "" if budget is None else f", latency_budget={budget:g}"
        return f"smallest_student({self.retention:g}, by={self.by!r}{budget})"

    def __sklearn_clone__(self):
        return self

    @property
    def scoring(self):
        """The scorers by the names of their columns, a dict for ``scoring=``.

        Others may be added: ``scoring=smallest.scoring | {"auc": "roc_auc"}``.
        """
        costs = {self.by} if self.latency_budget is None else {self.by, "latency"}
        return {"retention": self.scorer} | {
            name: _COSTS[name]() for name in sorted(costs)
        }

    def __call__(self, cv_results):
        """Choose a candidate.

        Parameters
        ----------
        cv_results : dict of str to array-like of shape (n_candidates,)
            ``cv_results_`` of a search with this ``scoring``.

        Returns
        -------
        int
            Its place. Candidates with a NaN, such as those that could not be fitted,
            are left out.

        Raises
        ------
        ValueError
            For results without the columns of ``scoring``, where all candidates are
            left out, and where none is within the latency budget.

        Warns
        -----
        UserWarning
            Where no candidate keeps the share: the one that retains most is chosen.
        """
        # infinite where the student alone has no loss
        kept = np.minimum(_folds(cv_results, "retention"), _MOST)
        cost = np.median(-_folds(cv_results, self.by), axis=0)
        usable = ~np.isnan(kept.sum(axis=0) + cost)
        if not usable.any():
            raise ValueError(
                f"None of the {len(usable)} candidates has a retention and a cost "
                f"({self.by}): their fits or scorers failed, or the teacher's score is "
                "0 or less, so that no share can be kept. Pass error_score='raise' to "
                "the search to see the error, or another scoring."
            )
        if self.latency_budget is not None:
            usable &= self._within_budget(cv_results, usable)
        n_folds = len(kept)
        mean = kept.mean(axis=0)
        error = kept.std(axis=0, ddof=1) / np.sqrt(n_folds) if n_folds > 1 else 0.0
        enough = usable & (mean + error >= self.retention)
        if not enough.any():
            best = int(np.where(usable, mean, -np.inf).argmax())
            warn(
                f"No candidate keeps {self.retention:g} of its teacher's score within "
                f"the standard error: the one that retains most, {mean[best]:.4g}, is "
                "chosen. Search over larger students, or pass a lower retention.",
            )
            return best
        places = np.flatnonzero(enough)
        return int(min(places, key=lambda place: (cost[place], -mean[place])))

    def _within_budget(self, cv_results, usable):
        """Return which candidates predict a row in time."""
        latency = 1e6 * np.median(-_folds(cv_results, "latency"), axis=0)
        fast = usable & (latency <= self.latency_budget)
        if not fast.any():
            fastest = np.nanmin(latency[usable])
            raise ValueError(
                f"No candidate predicts a row within latency_budget="
                f"{self.latency_budget:g} microseconds: the fastest takes "
                f"{fastest:.4g}. Search over smaller students, or pass a higher "
                "budget. With refit=False a search keeps its results, and "
                "smallest_student(...)(search.cv_results_) chooses afterwards."
            )
        return fast


def smallest_student(
    retention=0.99, *, by="bytes", scoring=None, teacher=None, latency_budget=None
):
    """Make a choice of the smallest student that keeps a share of its teacher's score.

    Parameters
    ----------
    retention : float, default=0.99
        The share, in (0, 1]: of each fold the student's score divided by the teacher's,
        as by :func:`~sklearn_kd.metrics.retention_score`. A candidate keeps it if its
        mean over the folds is at most one standard error below.
    by : {"bytes", "latency", "parameters"}, default="bytes"
        What is to be small: the bytes of a pickle, the seconds for one row, or the
        numbers that are stored, as by :func:`~sklearn_kd.inspection.size_scorer`,
        :func:`~sklearn_kd.inspection.latency_scorer` and
        :func:`~sklearn_kd.inspection.parameters_scorer`.
    scoring : str, callable or None, default=None
        The score, as for :func:`~sklearn_kd.metrics.retention_scorer`. None is the
        accuracy of classifiers and R² of regressors.
    teacher : classifier, regressor or None, default=None
        Fitted. None is the ``teacher_`` of each candidate.
    latency_budget : float or None, default=None
        Microseconds that the prediction of one row may take, in a call of its own.
        Candidates over it are not chosen.

    Returns
    -------
    SmallestStudent
        For ``refit=`` of a search, whose ``scoring=`` are its ``scoring``.

    Raises
    ------
    TypeError
        For numbers that are none, and as by
        :func:`~sklearn_kd.metrics.retention_scorer`.
    ValueError
        For a `retention` outside (0, 1], another `by`, a budget of 0 or less, and a
        `scoring` that scikit-learn lacks.
    NotFittedError
        For a teacher that is not fitted.

    See Also
    --------
    sklearn_kd.inspection.TradeOffDisplay : Draws the candidates of a search.
    sklearn_kd.metrics.retention_score : What is kept.

    Notes
    -----
    .. versionadded:: 0.1

    The standard error is that of the mean of the folds; with one fold there is none. Of
    candidates of equal size the one that retains most is chosen.

    With a loss, such as ``"neg_log_loss"`` or ``"neg_root_mean_squared_error"``, the
    share is the loss of the teacher divided by that of the student: at 0.99 the loss
    may be larger by a hundredth.

    Each candidate is compared with its own teacher. Do not search over parameters of
    the teacher with it: beside a worse teacher more is kept. With `teacher`, all are
    compared with that one; it must not have been fitted on the rows of the search.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn_kd import DistilledClassifier, MLPStudent
    >>> from sklearn_kd.model_selection import smallest_student
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = DistilledClassifier(
    ...     RandomForestClassifier(random_state=0),
    ...     MLPStudent(max_iter=20),
    ...     transfer=None,
    ...     random_state=0,
    ... )
    >>> smallest = smallest_student(retention=0.97)
    >>> search = GridSearchCV(
    ...     model,
    ...     {"student__hidden_layer_sizes": [(4,), (64, 64)]},
    ...     scoring=smallest.scoring,
    ...     refit=smallest,
    ...     cv=3,
    ... ).fit(X, y)
    >>> search.best_params_
    {'student__hidden_layer_sizes': (4,)}
    """
    return SmallestStudent(retention, by, scoring, teacher, latency_budget)


def _folds(cv_results, name):
    """Give one measure of all candidates, of shape (n_folds, n_candidates)."""
    found = []
    while f"split{len(found)}_test_{name}" in cv_results:
        found.append(cv_results[f"split{len(found)}_test_{name}"])
    if not found:
        tests = [key for key in cv_results if key.startswith("mean_test_")]
        raise ValueError(
            f"cv_results_ has no split0_test_{name}, only {show(tests)}: pass the "
            "scorers of the choice to the search, as scoring=smallest.scoring. Halving "
            "searches take one scorer, and choose by that."
        )
    return np.asarray(found, dtype=float)
