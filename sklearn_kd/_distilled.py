"""DistilledClassifier: the recipe from a teacher to a compact student."""

import copy
import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.model_selection import check_cv

from sklearn_kd._compat import (
    HasMethods,
    Interval,
    StrOptions,
    fit_context,
    safe_indexing,
)
from sklearn_kd._random import as_seed, contained_draws, seed_unset
from sklearn_kd._tags import takes_missing, takes_sparse
from sklearn_kd._validation import check_labels, check_rows, encode_labels
from sklearn_kd.losses import LOSSES
from sklearn_kd.students import (
    MLPStudent,
    StudentPredictionMixin,
    TransferSet,
    check_student,
    fit_student,
    split_validation,
)
from sklearn_kd.targets import SoftTargets
from sklearn_kd.teachers import (
    Context,
    Knowledge,
    Lesson,
    TeacherParameterMixin,
    check_teacher,
    default_teachers,
    fit_parameters,
    read_teacher_proba,
    router,
    student_wants_weights,
    teach,
)
from sklearn_kd.transfer import check_unlabeled


class DistilledClassifier(
    TeacherParameterMixin,
    StudentPredictionMixin,
    MetaEstimatorMixin,
    ClassifierMixin,
    BaseEstimator,
):
    """Train a compact student on what a teacher knows.

    A teacher with ``predict_proba``, however large, says how probable each class is
    for each row; a small student learns that, blended with the labels. Afterwards
    ``student_`` alone does the predicting.

    Parameters
    ----------
    teacher : estimator, list of estimator or None, default=None
        - Fitted (also a :class:`~sklearn.frozen.FrozenEstimator`, or any object with
          ``predict_proba`` and without ``fit``): used as it is, by reference. It is
          never refitted, cloned, copied or changed, and its parameters are not
          parameters of this estimator.
        - Unfitted: cloned, seeded and fitted inside ``fit``, so that cross-validation
          is honest.
        - A list: the mean of their probabilities; fitted and unfitted may mix.
        - None: ``teacher_proba`` of :meth:`fit`, and without it an ensemble of
          histogram gradient boosting (100 rounds) and extra trees (100 trees with
          bootstrap and at least 3 rows a leaf); extra trees alone for sparse rows.
    student : estimator or None, default=None
        None is ``MLPStudent()``, which has to be passed where its parameters are to be
        set or searched. Else an unfitted classifier whose ``fit`` takes
        ``soft_targets`` (it gets a :class:`SoftTargets`) or ``sample_weight`` (it gets
        each row once per class, weighted), or a pipeline that ends in one.
    alpha : float, default=0.95
        Weight of the SOFT term, in [0, 1]; the hard term has ``1 - alpha``. 0 learns
        from the labels alone and asks no teacher.
    temperature : float, default=1.0
        Divides the logits of teacher and student in the soft term, which is multiplied
        by its square.
    loss : {"kl"}, default="kl"
        The soft term.
    cv : int, cross-validation generator, iterable or None, default=None
        Cross-fitting for unfitted teachers: each labelled row gets its soft target
        from a teacher that did not see it. ``teacher_`` is fitted on all rows. An
        error with a fitted teacher.
    teacher_weights : array-like of shape (n_teachers,) or None, default=None
        Weights of several teachers in the mean; None weighs them alike.
    teacher_classes : array-like of shape (n_teacher_classes,) or None, default=None
        Labels of a fitted teacher's columns: where it has no ``classes_`` and returns
        no DataFrame, or where it was fitted on encoded labels. They count before both.
    transfer_weight : float, default=1.0
        Rows without a label have the soft term only, at weight
        ``alpha * transfer_weight``.
    memory : str, path-like, joblib.Memory or None, default=None
        Keeps every finished teacher fit and every labelled chunk of rows, so that a
        search pays for a teacher once and a killed job goes on where it was. That
        takes a seed: with ``random_state=None`` an unseeded teacher is another one
        each time. A fitted teacher is known by its hash, or by its attribute
        ``cache_key`` where it has one.
    n_jobs : int or None, default=None
        Jobs for folds (processes) and for chunks of rows (threads).
    random_state : int, RandomState instance or None, default=None
        Seeds every ``random_state`` that unfitted teachers, the student and the
        splitter leave at None; an int reaches the student as it is. None takes entropy
        from the operating system.
    verbose : int, default=0
        Above 0, prints a line for each finished piece of work.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    teacher_ : object or None
        The fitted teacher, the one that was passed where that was fitted; several
        answer as one. None with ``teacher_proba`` and at ``alpha=0``.
    student_ : estimator
        The fitted student, a complete classifier by itself.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where ``X`` had string names only.
    n_iter_ : int or ndarray
        ``n_iter_`` of the student, or of its last step, where it has one.

    See Also
    --------
    MLPStudent : The default student.
    sklearn.frozen.FrozenEstimator : Keeps a fitted teacher fitted as a grid value.

    Notes
    -----
    .. versionadded:: 0.1

    With teacher :math:`p`, student :math:`q`, labels :math:`y` and temperature
    :math:`T` on the logits of both sides, a row costs

    .. math:: \\alpha T^2 \\, KL(p_T \\,\\|\\, q_T) + (1 - \\alpha) \\, CE(y, q_1).

    At ``alpha=1`` its optimum is the teacher's distribution whatever the temperature.

    References
    ----------
    Bucila, Caruana and Niculescu-Mizil, "Model compression", 2006.
    :doi:`10.1145/1150402.1150464`

    Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015.
    :doi:`10.48550/arXiv.1503.02531`

    Dao et al., "Knowledge Distillation as Semiparametric Inference", 2021 (``cv``).
    :doi:`10.48550/arXiv.2104.09732`

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_kd import DistilledClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    >>> teacher = RandomForestClassifier(300, random_state=0).fit(X, y)
    >>> student = DistilledClassifier(teacher, random_state=0).fit(X, y)
    >>> student.score(X_test, y_test) > 0.98 * teacher.score(X_test, y_test)
    True
    """

    _parameter_constraints = {
        "teacher": "no_validation",  # its errors say more than a constraint could
        "student": "no_validation",
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "loss": [StrOptions(set(LOSSES))],
        "cv": ["cv_object"],
        "teacher_weights": ["array-like", None],
        "teacher_classes": ["array-like", None],
        "transfer_weight": [Interval(Real, 0, None, closed="neither")],
        "memory": [str, HasMethods(["__fspath__"]), HasMethods(["cache"]), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        teacher=None,
        student=None,
        *,
        alpha=0.95,
        temperature=1.0,
        loss="kl",
        cv=None,
        teacher_weights=None,
        teacher_classes=None,
        transfer_weight=1.0,
        memory=None,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.teacher = teacher
        self.student = student
        self.alpha = alpha
        self.temperature = temperature
        self.loss = loss
        self.cv = cv
        self.teacher_weights = teacher_weights
        self.teacher_classes = teacher_classes
        self.transfer_weight = transfer_weight
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        teacher_proba=None,
        X_unlabeled=None,
        groups=None,
    ):
        """Ask the teacher, and train the student.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Labelled rows. The teacher sees them as they are, a DataFrame as one.
        y : array-like of shape (n_samples,)
            Labels of any type that sorts.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, for the student and for unfitted teachers that take them. A
            row of weight 0 counts as absent.
        teacher_proba : array-like or DataFrame of shape (n_samples, n_classes), \
                default=None
            Soft targets instead of a teacher: columns in sorted class order, or a
            DataFrame with columns named by the classes.
        X_unlabeled : UnlabeledRows, array-like or DataFrame, default=None
            Further rows to ask the teacher about. A bare array with exactly as many
            rows as ``X`` is refused, since cross-validation would have cut it.
        groups : array-like of shape (n_samples,), default=None
            For the splitter of ``cv``.

        Returns
        -------
        DistilledClassifier
            The same object.

        Raises
        ------
        ValueError, TypeError
            For bad input, saying what was expected and what to do.
        """
        seed = as_seed(self.random_state)
        lesson, weight = self._check_lesson(X, y, sample_weight)
        student = self._make_student(seed, weighted=(weight[lesson.present] != 1).any())
        teachers = self._make_teachers(lesson.X, teacher_proba)
        knowledge, X_transfer = Knowledge(None, None, None), None
        if self.alpha > 0:
            X_transfer = self._check_transfer(lesson.X, X_unlabeled, teacher_proba)
            if teacher_proba is not None:
                knowledge = read_teacher_proba(teacher_proba, lesson)
            else:
                knowledge = teach(
                    teachers,
                    lesson,
                    X_transfer,
                    fit_params=fit_parameters(self, teachers, sample_weight, lesson.X),
                    splits=self._split(lesson, groups, seed),
                    teacher_weights=self.teacher_weights,
                    given_classes=self.teacher_classes,
                    seed=seed,
                    context=Context(
                        self.memory,
                        self.n_jobs,
                        self.verbose,
                        seed=None if self.random_state is None else seed,
                    ),
                )
        labelled = self._transfer_set(lesson, weight, knowledge.proba)
        train, validation = split_validation(student, labelled)
        train = self._extend(train, X_transfer, knowledge.transfer_proba)
        self.teacher_ = knowledge.teacher
        with contained_draws(seed, student):
            self.student_ = fit_student(student, train, validation)
        return self

    def _check_lesson(self, X, y, sample_weight):
        X = check_rows(self, X, reset=True)
        y, weight, self.classes_ = check_labels(self, X, y, sample_weight)
        codes = encode_labels(y, self.classes_)
        return Lesson(X, y, codes, weight > 0, self.classes_), weight

    def _make_student(self, seed, weighted):
        student = MLPStudent() if self.student is None else self.student
        check_student(
            student,
            learns_softly=self.alpha > 0,
            temperature=self.temperature,
            weighted=weighted,
        )
        return seed_unset(clone(student), seed)

    def _make_teachers(self, X, teacher_proba):
        names = ["teacher", "cv", "teacher_weights", "teacher_classes"]
        given = [name for name in names if getattr(self, name) is not None]
        if teacher_proba is not None and given:
            raise ValueError(
                "teacher_proba already says what the teacher knows: leave "
                f"{' and '.join(given)} at None, or do not pass teacher_proba."
            )
        if self.teacher is None:
            return default_teachers(X)
        several = isinstance(self.teacher, (list, tuple))
        teachers = list(self.teacher) if several else [self.teacher]
        if not teachers:
            raise ValueError("teacher is an empty list: pass at least one teacher.")
        for teacher in teachers:
            check_teacher(teacher)
        return teachers

    def _check_transfer(self, X, X_unlabeled, teacher_proba):
        rows = check_unlabeled(X_unlabeled, X)
        if rows is None:
            return None
        if teacher_proba is not None:
            raise ValueError(
                "X_unlabeled needs a teacher to ask, and teacher_proba answers for X "
                "only: pass the teacher, or leave X_unlabeled out."
            )
        try:
            return check_rows(self, rows, reset=False)
        except ValueError as error:
            raise ValueError(f"X_unlabeled: {error}") from error

    def _split(self, lesson, groups, seed):
        if self.cv is None:
            if groups is not None:
                raise ValueError("groups are for the splitter of cv, and cv is None.")
            return None
        splitter = check_cv(self.cv, lesson.y, classifier=True)
        if getattr(splitter, "random_state", seed) is None:
            splitter = copy.copy(splitter)
            splitter.random_state = seed
        return list(splitter.split(lesson.X, lesson.y, groups))

    def _transfer_set(self, lesson, weight, proba):
        """Put the labelled rows together; those of weight 0 are left out."""
        if not student_wants_weights(self, weight):
            weight = np.ones_like(weight)
        soft = None
        if proba is not None:
            soft = SoftTargets(
                proba, self.classes_, self.alpha, self.temperature, self.loss
            )
        rows = TransferSet(lesson.X, lesson.codes, weight, self.classes_, soft)
        return rows.take(lesson.present)

    def _extend(self, train, X, proba):
        """Add the rows without a label, which have the soft term only."""
        if X is None:
            return train
        told = np.flatnonzero(proba.sum(axis=1) > 0)
        if len(told) < len(proba):
            warnings.warn(
                f"The teacher puts all mass on classes that are not in y for "
                f"{len(proba) - len(told)} of {len(proba)} rows of X_unlabeled: they "
                "are left out.",
                UserWarning,
                stacklevel=3,
            )
        return train.append(
            safe_indexing(X, told), proba[told], self.alpha * self.transfer_weight
        )

    def get_metadata_routing(self):
        """Say which parts want which metadata.

        Returns
        -------
        MetadataRouter
            This estimator itself, its unfitted teachers, its student and its splitter.
        """
        return router(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        several = isinstance(self.teacher, (list, tuple))
        teachers = self.teacher if several else [self.teacher]
        parts = [*teachers, MLPStudent() if self.student is None else self.student]
        tags.input_tags.sparse = takes_sparse(parts)
        tags.input_tags.allow_nan = takes_missing(parts)
        return tags
