"""The scorer that compares a student with a teacher, for ``scoring=`` of a search."""

from sklearn.exceptions import NotFittedError
from sklearn.metrics import get_scorer
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import UNUSED

from sklearn_kd._compat import MetadataRequester
from sklearn_kd._messages import show
from sklearn_kd._parameters import check_number
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._run.threads import share_of_the_cores
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd.metrics._arguments import check_call
from sklearn_kd.metrics._tasks import check_model
from sklearn_kd.metrics._two_models import METRICS
from sklearn_kd.teachers.dropped import refuse_dropped
from sklearn_kd.teachers.given._fitted import looks_fitted


class TeacherScorer(VersionedMixin, MetadataRequester):
    """Score a student by its teacher, for ``scoring=`` of a search.

    Made by :func:`agreement_scorer` and :func:`kl_divergence_scorer` for classifiers,
    by :func:`fidelity_r2_scorer` and :func:`prediction_difference_scorer` for
    regressors, and by :func:`retention_scorer` for both.

    Parameters
    ----------
    metric : str
        What is computed: "agreement", "kl_divergence", "fidelity_r2",
        "prediction_difference" or "retention".
    teacher : classifier, regressor or None, default=None
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
        if not isinstance(metric, str) or metric not in METRICS:
            raise ValueError(
                f"metric must be one of {', '.join(map(repr, METRICS))}, got "
                f"{show(metric)}."
            )
        defaults = METRICS[metric].options
        for name in options.keys() - defaults.keys():
            known = ", ".join(defaults) or "none"
            raise TypeError(
                f"The metric {metric!r} has no option {name} (those that it has: "
                f"{known}), got {name}={show(options[name])}."
            )
        self.metric = metric
        self.teacher = teacher
        self.options = defaults | options
        if teacher is not None:
            self._check("teacher", teacher)
            if not looks_fitted(teacher):
                raise NotFittedError(
                    f"The teacher {type(teacher).__name__} is not fitted. Fit it, or "
                    "leave teacher=None, so that the teacher_ of the "
                    "distilled model that is scored is used."
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
        estimator : classifier or regressor
            The student, or what contains it.
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows that neither was fitted on.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Their labels or targets, for the retention and the difference.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.

        Returns
        -------
        float
            Greater is better.
        """
        self._check("estimator", estimator)
        with no_autologging(), share_of_the_cores():
            while self.teacher is None and isinstance(estimator, Pipeline):
                X = estimator[:-1].transform(X) if len(estimator) > 1 else X
                estimator = estimator[-1]
            teacher = self.teacher
            if teacher is None:
                teacher = getattr(estimator, "teacher_", None)
            if teacher is None:
                own = getattr(estimator, "teacher", None)
                refuse_dropped(own, self.metric, "pass the teacher to the scorer.")
                raise TypeError(
                    f"{type(estimator).__name__} has no teacher_ to be compared with: "
                    "pass a fitted teacher to the scorer. With teacher=None it scores "
                    "a DistilledClassifier or DistilledRegressor that was fitted with "
                    "a teacher."
                )
            metric = METRICS[self.metric]
            if metric.needs_y and y is None:
                raise TypeError(
                    f"{self.metric} needs the labels or targets y of the rows, got "
                    "None."
                )
            models = [teacher, estimator]
            return metric.compute(models, X, y, sample_weight, **self.options)

    def _check(self, name, model):
        """Refuse what has no predictions of the kind that are compared."""
        metric = METRICS[self.metric]
        check_model(name, model, metric.task, metric.method)


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
