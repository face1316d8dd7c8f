"""CascadeClassifier: the student where it is sure, the teacher for all other rows."""

from numbers import Real

import numpy as np
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._compat import RANDOM_STATE, Interval, fit_context, num_samples
from sklearn_kd._messages import show
from sklearn_kd._parameters import check_number
from sklearn_kd._recipe.routing import add_parts
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._tables.checks import check_rows
from sklearn_kd._tables.taking import take_rows
from sklearn_kd._task.predictions import PredictingClassifierMixin
from sklearn_kd._task.proba import widen
from sklearn_kd.cascade._answers import (
    labels_of_teacher,
    of_student,
    proba_of_teacher,
)
from sklearn_kd.cascade._base import BaseCascade
from sklearn_kd.inspection import prediction_latency
from sklearn_kd.teachers import looks_fitted


class CascadeClassifier(PredictingClassifierMixin, BaseCascade):
    """Let the student answer where it is sure, and the teacher all other rows.

    A row is answered by the student if its probability of the label that it predicts is
    at least a threshold. The threshold is calibrated on held-out rows, so that the
    cascade predicts another label than the teacher with a probability of at most
    ``max_disagreement``.

    Parameters
    ----------
    student : classifier or None, default=None
        None is ``DistilledClassifier(teacher)``. A fitted one is used as it is, by
        reference; of a :class:`DistilledClassifier` that is its ``student_``. An
        unfitted one is cloned, seeded and fitted inside ``fit`` on a part of the rows;
        a DistilledClassifier without a teacher is given that of the cascade.
    teacher : classifier or None, default=None
        With ``predict``; used or fitted as the student is. None is the teacher of the
        student, which must be a DistilledClassifier then.
    max_disagreement : float, default=0.01
        The budget, in (0, 1): the share of all rows for which the cascade may predict
        another label than the teacher.
    confidence : float, default=0.95
        How often a calibration is to keep within the budget, in (0, 1).
    random_state : int, RandomState instance or None, default=None
        Decides which rows calibrate where something has to be fitted, and seeds every
        ``random_state`` that unfitted models leave at None.

    Attributes
    ----------
    student_ : classifier
        The fitted student; of a DistilledClassifier its ``student_``.
    teacher_ : classifier
        The fitted teacher.
    classes_ : ndarray of shape (n_classes,)
        The labels of student and teacher together, sorted.
    threshold_ : float
        From which probability of its label on the student answers: 0 where it answers
        every row, infinity where it answers none.
    student_share_ : float
        Share of the calibration rows that the student answers.
    disagreement_ : float
        Share of all calibration rows for which the cascade predicts another label than
        the teacher.
    disagreement_bound_ : float
        Upper bound on the probability of such a row, at most ``max_disagreement``.
    student_disagreement_ : float
        The same share of those calibration rows alone that the student answers: an
        estimate, which no bound is promised for. NaN where it answers none.
    n_calibration_rows_ : int
        Number of calibration rows with a weight above 0.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where ``X`` had string names only.

    See Also
    --------
    DistilledClassifier : Makes the student.
    sklearn_kd.metrics.agreement_score : How often a student alone agrees.
    sklearn_kd.inspection.prediction_latency : What a row costs.

    Notes
    -----
    .. versionadded:: 0.1

    The threshold is chosen from a fixed grid, the same for all data: from infinity
    downwards, as long as the one-sided Clopper-Pearson bound on the disagreement at
    that threshold, at level ``confidence``, is at most ``max_disagreement``. Since the
    disagreement can only grow as the threshold falls, a wrong choice needs a wrong
    bound at one particular threshold, the highest one on the grid whose true
    disagreement is above the budget, and that has a probability of at most
    ``1 - confidence``. So the choice among many thresholds needs no correction.

    This is a statement on repeated calibrations: of all sets of calibration rows that
    could have been drawn, at most a share of ``1 - confidence`` give a cascade whose
    probability of disagreement is above the budget. It holds for rows that come from
    the distribution of the calibration rows, independently of each other, and for
    calibration rows that neither model was fitted on. It does not hold once the
    distribution drifts, nor for a part of the rows, such as one class. It is a
    statement on the teacher's labels, not on the true ones.

    The budget is for the disagreement in all rows. That among the rows that the student
    answers is larger by ``1 / student_share_``.

    With row weights, bounds take Kish's effective number of rows, and hold
    approximately.

    If student or teacher is fitted inside ``fit``, a random quarter of the rows is held
    out for the calibration (20 000 rows at most, and up to a half where the budget
    needs more). It takes ``log(1 - confidence) / log(1 - max_disagreement)`` rows, 299
    at the defaults, to show the budget where the two agree on all of them.

    References
    ----------
    Bates et al., "Distribution-Free, Risk-Controlling Prediction Sets", 2021.
    :doi:`10.1145/3478535`

    Angelopoulos et al., "Learn then Test: Calibrating Predictive Algorithms to Achieve
    Risk Control", 2021. :doi:`10.48550/arXiv.2110.01052`

    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the
    case of the binomial", 1934. :doi:`10.1093/biomet/26.4.404`

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_kd import CascadeClassifier, DistilledClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X, X_new, y, y_new = train_test_split(X, y, test_size=0.5, random_state=0)
    >>> teacher = RandomForestClassifier(100, random_state=0).fit(X, y)
    >>> student = DistilledClassifier(teacher, transfer=None, random_state=0).fit(X, y)
    >>> cascade = CascadeClassifier(student, max_disagreement=0.02).fit(X_new)
    >>> bool(cascade.disagreement_bound_ <= 0.02), cascade.student_share_ > 0.5
    (True, True)
    """

    _parameter_constraints = {
        "student": "no_validation",  # as of the distilled estimators
        "teacher": "no_validation",
        "max_disagreement": [Interval(Real, 0, 1, closed="neither")],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        student=None,
        teacher=None,
        *,
        max_disagreement=0.01,
        confidence=0.95,
        random_state=None,
    ):
        self.student = student
        self.teacher = teacher
        self.max_disagreement = max_disagreement
        self.confidence = confidence
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, sample_weight=None):
        """Fit what is not fitted yet on a part of the rows, and calibrate on the rest.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows, or texts. Where student and teacher are fitted, all of them calibrate:
            pass rows that neither was fitted on.
        y : array-like of shape (n_samples,) or None, default=None
            Labels. They are needed where something has to be fitted, and not read
            otherwise.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, for the calibration, and for unfitted models that support them.
            A row of weight 0 counts as absent.

        Returns
        -------
        CascadeClassifier
            The same object.

        Raises
        ------
        ValueError, TypeError
            For invalid input, and where the labels of student and teacher can never be
            equal. The message states what was expected and how to fix it.

        Warns
        -----
        UserWarning
            Where the student answers no row: the calibration rows are too few to show
            the budget, or it differs from the teacher too often.
        """
        with no_autologging():
            self._fit(X, y, sample_weight)
        return self

    def student_answers(self, X):
        """Tell for which rows the student predicts, without asking the teacher.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,), bool
            False for the rows that the teacher would predict.
        """
        return self._by_student(self._checked(X))[1]

    def expected_cost(self, X, *, costs=None):
        """Give what a row costs if rows come as these do.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows. The teacher predicts none of them, unless it is timed.
        costs : tuple of (float, float) or None, default=None
            What a prediction of one row by the student and by the teacher costs, in any
            unit. With None both are timed on these rows, one row at a time: the medians
            of :func:`~sklearn_kd.inspection.prediction_latency`, in seconds.

        Returns
        -------
        dict of str to float
            "student_share", the share of the rows that the student answers; "student"
            and "teacher", the costs; and "cascade": every row costs the student, and
            those that it does not answer the teacher, too.

        Raises
        ------
        ValueError, TypeError
            For costs that are not two finite numbers of at least 0, and without them
            for a teacher without ``predict_proba``, which is what is timed.
        """
        if costs is None:
            models = self._fitted_models()
            costs = [prediction_latency(m, X, n_calls=200)[0] for m in models]
        elif not isinstance(costs, (list, tuple)) or len(costs) != 2:
            raise TypeError(
                "costs must be the costs of student and teacher, such as (1, 50), got "
                f"{show(costs)}."
            )
        student, teacher = (
            float(check_number(f"costs[{place}]", cost, least=0))
            for place, cost in enumerate(costs)
        )
        share = float(self.student_answers(X).mean())
        asked = student if np.isfinite(self.threshold_) else 0.0
        return {
            "student_share": share,
            "student": student,
            "teacher": teacher,
            "cascade": asked + (1 - share) * teacher,
        }

    def _teacher_has_proba(self):
        """Return whether the teacher, fitted or not, predicts probabilities."""
        teacher = getattr(self, "teacher_", self.teacher)
        several = teacher is None or isinstance(teacher, (list, tuple))
        return several or hasattr(teacher, "predict_proba")

    predict_proba = available_if(_teacher_has_proba)(
        PredictingClassifierMixin.predict_proba
    )
    predict_log_proba = available_if(_teacher_has_proba)(
        PredictingClassifierMixin.predict_log_proba
    )

    def _fitted_models(self):
        """Give student and teacher, of a cascade that is fitted."""
        check_is_fitted(self)
        return self.student_, self.teacher_

    def _checked(self, X):
        """Give checked rows, of a cascade that is fitted."""
        if not hasattr(self, "threshold_"):  # it costs more than a small student
            check_is_fitted(self)
        return check_rows(self, X, reset=False)

    def _by_student(self, X):
        """Give the student's labels, which of them count, and its probabilities."""
        if self.threshold_ == np.inf:
            return None, np.zeros(num_samples(X), dtype=bool), None
        labels, certainty, proba = of_student(self.student_, X)
        return labels, certainty >= self.threshold_, proba

    def _labels(self, X):
        X = self._checked(X)
        labels, answered, _ = self._by_student(X)
        dtype = self.classes_.dtype
        if answered.all():
            return labels.astype(dtype, copy=False)
        rest, X = _others(X, answered)
        theirs = labels_of_teacher(self.teacher_, X)
        if not hasattr(self.teacher_, "classes_"):  # it may have labels of its own
            dtype = np.result_type(dtype, theirs)
        filled = np.empty(len(answered), dtype)
        filled[rest] = theirs
        if labels is not None:
            filled[answered] = labels[answered]
        return filled

    def _proba(self, X):
        X = self._checked(X)
        _, answered, proba = self._by_student(X)
        if proba is not None and proba.shape[1] < len(self.classes_):
            proba = widen(proba, self.student_.classes_, self.classes_, 0.0)
        if answered.all():
            return proba
        rest, X = _others(X, answered)
        filled = np.empty((len(answered), len(self.classes_)))
        filled[rest] = proba_of_teacher(self.teacher_, X, self.classes_)
        if proba is not None:
            filled[answered] = proba[answered]
        return filled

    def get_metadata_routing(self):
        """Get the metadata routing of this estimator and its parts.

        Returns
        -------
        MetadataRouter
            This estimator itself, and student and teacher where they are unfitted.
        """
        routes = MetadataRouter(owner=self).add_self_request(self)
        return add_parts(routes, self.teacher, self._student_to_fit(), None)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # two fitted models need no labels
        tags.target_tags.required = not all(map(looks_fitted, self._parts()))
        return tags


def _others(X, answered):
    """Give the positions of rows that are not answered yet, and these rows."""
    if not answered.any():
        return slice(None), X
    rest = np.flatnonzero(~answered)
    return rest, take_rows(X, rest)
