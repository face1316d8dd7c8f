"""Scorers that compare a student with a teacher, for ``scoring=`` of a search."""

from sklearn.base import is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.metrics import get_scorer
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import UNUSED

from sklearn_kd._compat import MetadataRequester, scorer_sign
from sklearn_kd._messages import show
from sklearn_kd._parameters import check_number
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd.metrics._agreement import agreement_score, share_equal
from sklearn_kd.metrics._arguments import check_call
from sklearn_kd.metrics._divergence import FLOOR, kl_divergence
from sklearn_kd.metrics._models import (
    check_model,
    in_one_order,
    predicted_labels,
    predicted_proba,
    read_rows,
)
from sklearn_kd.metrics._retention import kept, warn_of_nan
from sklearn_kd.teachers.given._fitted import looks_fitted

#: The options of each metric, and their defaults.
_OPTIONS = {
    "agreement": {},
    "kl_divergence": {"floor": FLOOR},
    "retention": {"scoring": None},
}


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


def retention_scorer(teacher=None, *, scoring=None):
    """Make a scorer of the student's score divided by the teacher's on the same rows.

    Parameters
    ----------
    teacher : classifier or None, default=None
        As for :func:`agreement_scorer`, with what `scoring` needs.
    scoring : str, callable or None, default=None
        A scorer of scikit-learn, by its name or from
        :func:`sklearn.metrics.make_scorer`, or any function of ``(estimator, X, y)``.
        None is the accuracy.

    Returns
    -------
    TeacherScorer
        Called as ``scorer(estimator, X, y, sample_weight=None)``.

    Raises
    ------
    TypeError
        For a teacher without ``predict``, for a regressor, and for a `scoring` that
        cannot be called so, such as a metric.
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

    For a loss, such as ``"neg_log_loss"``, the loss of the teacher is divided by that
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


class TeacherScorer(VersionedMixin, MetadataRequester):
    """Score a student by its teacher, for ``scoring=`` of a search.

    Made by :func:`agreement_scorer`, :func:`kl_divergence_scorer` and
    :func:`retention_scorer`.

    Parameters
    ----------
    metric : {"agreement", "kl_divergence", "retention"}
        What is computed.
    teacher : classifier or None, default=None
        Fitted; None is the ``teacher_`` of the estimator that is scored.
    **options : dict
        ``floor`` of the divergence, ``scoring`` of the retention; the functions above
        have their defaults.

    Raises
    ------
    TypeError, ValueError
        As by these functions, for another `metric`, and for an option that it lacks.
    NotFittedError
        For a teacher that is not fitted.

    See Also
    --------
    sklearn.metrics.make_scorer : Makes scorers that compare with the labels.

    Notes
    -----
    .. versionadded:: 0.1

    A clone of a scorer, as :func:`sklearn.base.clone` makes it for a search, is the
    scorer itself: the teacher is neither copied nor fitted again. With metadata
    routing, ``set_score_request(sample_weight=True)`` requests the weights of rows.

    Examples
    --------
    >>> from sklearn_kd.metrics import agreement_scorer
    >>> agreement_scorer()
    TeacherScorer('agreement', teacher=None)
    """

    __metadata_request__score = {"estimator": UNUSED}

    def __init__(self, metric, teacher=None, **options):
        if not isinstance(metric, str) or metric not in _OPTIONS:
            raise ValueError(
                f"metric must be one of {', '.join(map(repr, _OPTIONS))}, got "
                f"{show(metric)}."
            )
        for name in options.keys() - _OPTIONS[metric].keys():
            known = ", ".join(_OPTIONS[metric]) or "none"
            raise TypeError(
                f"The metric {metric!r} has no option {name} (those that it has: "
                f"{known}), got {name}={show(options[name])}."
            )
        self.metric = metric
        self.teacher = teacher
        self.options = _OPTIONS[metric] | options
        if teacher is not None:
            self._check("teacher", teacher)
            if not looks_fitted(teacher):
                raise NotFittedError(
                    f"The teacher {type(teacher).__name__} is not fitted. Fit it, or "
                    "leave teacher=None, so that the teacher_ of the "
                    "DistilledClassifier that is scored is used."
                )
        if metric == "retention":
            _check_scoring(self.options["scoring"])
        if metric == "kl_divergence":
            check_number("floor", self.options["floor"], least=0, most=1)

    def __repr__(self):
        options = "".join(f", {name}={each!r}" for name, each in self.options.items())
        return f"TeacherScorer({self.metric!r}, teacher={self.teacher!r}{options})"

    def __sklearn_clone__(self):
        return self

    def __call__(self, estimator, X, y=None, sample_weight=None):
        return self.score(estimator, X, y, sample_weight=sample_weight)

    def score(self, estimator, X, y=None, sample_weight=None):
        """Score a fitted estimator.

        Parameters
        ----------
        estimator : classifier
            The student, or what contains it.
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows that neither was fitted on.
        y : array-like of shape (n_samples,), default=None
            Their labels, for the retention.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.

        Returns
        -------
        float
            Greater is better.
        """
        self._check("estimator", estimator)
        with no_autologging():
            while self.teacher is None and isinstance(estimator, Pipeline):
                X = estimator[:-1].transform(X) if len(estimator) > 1 else X
                estimator = estimator[-1]
            teacher = self.teacher
            if teacher is None:
                teacher = getattr(estimator, "teacher_", None)
            if teacher is None:
                raise TypeError(
                    f"{type(estimator).__name__} has no teacher_ to be compared with: "
                    "pass a fitted teacher to the scorer. With teacher=None it scores "
                    "a DistilledClassifier that was fitted with a teacher."
                )
            if self.metric == "retention":
                return self._retention(teacher, estimator, X, y, sample_weight)
            X = read_rows(X, [teacher, estimator])
            if self.metric == "agreement":
                return agreement_score(
                    predicted_labels("the teacher", teacher, X),
                    predicted_labels("the student", estimator, X),
                    sample_weight=sample_weight,
                )
            probas, _ = in_one_order(
                [
                    predicted_proba("the teacher", teacher, X),
                    predicted_proba("the student", estimator, X),
                ]
            )
            return -kl_divergence(*probas, sample_weight=sample_weight, **self.options)

    def _retention(self, teacher, estimator, X, y, sample_weight):
        """Divide the scores of both by labels; the accuracy is that of ``predict``."""
        if y is None:
            raise TypeError("retention needs the labels y of the rows, got None.")
        scoring, sign = self.options["scoring"], 1
        if scoring is None:
            X = read_rows(X, [teacher, estimator])
            sides = {"the teacher": teacher, "the student": estimator}
            scores = [
                share_equal(sample_weight, y=y, y_pred=predicted_labels(name, one, X))
                for name, one in sides.items()
            ]
        else:
            scorer = get_scorer(scoring)
            sign = scorer_sign(scorer)
            given = sample_weight is not None
            weighted = {"sample_weight": sample_weight} if given else {}
            scores = [
                sign * scorer(model, X, y, **weighted) for model in (teacher, estimator)
            ]
        return warn_of_nan(kept(*scores, greater_is_better=sign > 0), *scores)

    def _check(self, name, model):
        """Refuse what has no predictions of the kind that are compared."""
        proba = self.metric == "kl_divergence"
        check_model(name, model, "predict_proba" if proba else "predict")
        if hasattr(model, "__sklearn_tags__") and is_regressor(model):
            raise TypeError(
                f"{name} must be a classifier, got the regressor "
                f"{type(model).__name__}: its predict gives numbers and no labels."
            )


def _check_scoring(scoring):
    """Refuse what is neither the name of a scorer nor a function like one."""
    if isinstance(scoring, str):
        get_scorer(scoring)
    elif scoring is not None:
        check_call(
            "scoring",
            scoring,
            "estimator, X, y",
            'Pass the name of a scorer, such as "f1_macro", or for a metric '
            "sklearn.metrics.make_scorer(metric).",
        )
