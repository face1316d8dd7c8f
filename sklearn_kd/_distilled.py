"""DistilledClassifier: the recipe from a teacher to a compact student."""

from numbers import Real

from sklearn.base import BaseEstimator, MetaEstimatorMixin

from sklearn_kd._compat import (
    N_JOBS,
    RANDOM_STATE,
    VERBOSE,
    HasMethods,
    Interval,
    StrOptions,
    fit_context,
)
from sklearn_kd._estimators.scoring import ScoredClassifierMixin
from sklearn_kd._estimators.tags import takes_missing, takes_sparse, takes_text
from sklearn_kd._recipe.flagged import compared_rows, draw_compared
from sklearn_kd._recipe.preparation import (
    check_comparison,
    check_out_of_sample,
    draw_synthetic,
    find_rows,
    labelled_rows,
    make_student,
    make_teachers,
    read_lesson,
    rows_without_labels,
    split_folds,
    warn_of_unreadable,
)
from sklearn_kd._recipe.steps import (
    add_soft,
    add_synthetic,
    add_unlabeled,
    ask_teachers,
    make_context,
    soft_targets,
    train_student,
    wants_held_out,
    warn_if_plain_is_better,
)
from sklearn_kd._recipe.threshold import add_threshold
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._run.deadline import Deadline
from sklearn_kd._run.random import as_seed
from sklearn_kd._run.twins import as_public
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.nominal import already_warned
from sklearn_kd._tables.weights import weight_of_row
from sklearn_kd.losses import LOSSES
from sklearn_kd.students import (
    StudentPredictionMixin,
    check_readable,
    resolve_student,
    split_validation,
)
from sklearn_kd.targets import TEMPERATURES
from sklearn_kd.teachers import TeacherParameterMixin, router
from sklearn_kd.transfer import makes_sparse


class DistilledClassifier(
    VersionedMixin,
    TeacherParameterMixin,
    StudentPredictionMixin,
    MetaEstimatorMixin,
    ScoredClassifierMixin,
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
          is honest. XGBoost and CatBoost learn any labels, in a wrapper if need be.
        - A list: the mean of their probabilities; fitted and unfitted may mix.
        - None: ``teacher_proba`` of :meth:`fit`, and without it an ensemble of
          histogram gradient boosting (100 rounds) and extra trees (100 trees with
          bootstrap and at least 3 rows a leaf); extra trees alone for sparse rows and
          above 30 classes; with more than 100 columns and less than 10 rows a column,
          logistic regression in the place of boosting.
    student : estimator or None, default=None
        None is ``MLPStudent()``, which has to be passed where its parameters are to be
        set or searched. Else an unfitted classifier: a skorch net, one whose ``fit``
        takes ``soft_targets`` (it gets a :class:`SoftTargets`), one that sample weights
        reach (it gets each row once per class, weighted), or a pipeline that ends so.
    alpha : float, default=1.0
        Weight of the SOFT term, in [0, 1]; the hard term has ``1 - alpha``. 0 learns
        from the labels alone and asks no teacher.
    temperature : float, default=1.0
        Divides the logits of teacher and student in the soft term, which is multiplied
        by its square; from 0.001 to 1000.
    loss : {"kl", "mse_logit", "dkd", "kl_standardized"}, default="kl"
        The soft term; see :mod:`sklearn_kd.losses`. Students that know sample weights
        only take "kl".
    transfer : {"auto", "munge"}, sampler or None, default="auto"
        Synthetic rows to ask the teacher about, made from the training rows (of 300 000
        at most) after validation rows have been split off. "munge" is
        :class:`MungeSampler`; so is "auto", unless the student is linear, rows are
        sparse or texts, or a column is neither a number nor a level (a warning names
        it). A sampler has ``fit(X)`` and ``sample()``, which returns rows
        and the position of the one that each was made from. With synthetic rows a
        training row itself is kept only where its soft target comes from somebody who
        did not see it (``cv``, or the out-of-bag trees of a forest), and for the hard
        term at ``alpha < 1``.
    cross_fit : bool or "auto", default="auto"
        Whether a synthetic row is labelled by the part of the teacher that did not see
        its source: the teacher of its fold with ``cv``, the members of a forest or
        :class:`~sklearn.ensemble.BaggingClassifier` that it was out of the bag of.
        "auto" does it where the teacher's memory is noise, which is when residuals of
        such soft targets contradict each other between neighbouring rows. True is an
        error where a teacher has no such part.
    booster_weight : float or "auto", default="auto"
        Weight, in the soft targets of synthetic rows, of a small histogram gradient
        boosting that is fitted on the labels of the training rows; the teacher has the
        rest. It counteracts overconfident teachers. Above 40 classes it is 60 extra
        trees, and for a table with more than 100 columns and less than 10 rows a column
        a logistic regression. "auto" is 0.2 if some teacher has no out-of-sample
        predictions, and otherwise 0. With 0 the student learns from the teacher alone.
    calibration : {"temperature", "sigmoid", "isotonic", "prior"} or None, default=None
        Calibrate the teacher's answers before the student learns from them, by the
        method of :class:`~sklearn.calibration.CalibratedClassifierCV`, on what the part
        of the teacher that did not see a labelled row says of it (``cv``, or out of
        bag). "prior" multiplies each class by a number, so that the mean answer is the
        share of the class: for teachers with class weights or resampled rows. Row
        weights do not count in that. An error where there is no such part.
        ``teacher_`` stays as it is.
    decision_threshold : float, "teacher" or None, default=None
        With two classes, predict ``classes_[1]`` from this probability on. "teacher"
        takes the one from which on the student flags the share of rows that a teacher
        flags which ends in a fixed or tuned threshold classifier. ``student_`` is then
        a :class:`~sklearn.model_selection.FixedThresholdClassifier`. None predicts the
        most probable class, and warns where that loses a threshold of the teacher.
    cv : int, cross-validation generator, iterable or None, default=None
        Cross-fitting for unfitted teachers: each labelled row gets its soft target
        from a teacher that did not see it. ``teacher_`` is fitted on all rows. An
        error with a fitted teacher, and for folds that train on a row that they test.
    teacher_weights : array-like of shape (n_teachers,) or None, default=None
        Weights of several teachers in the mean; None weighs them alike.
    teacher_classes : array-like of shape (n_teacher_classes,) or None, default=None
        Labels of a fitted teacher's columns, in the order of its ``classes_`` if any:
        where it has none and returns no DataFrame, or was fitted on encoded labels.
        They count before both.
    transfer_weight : float, default=1.0
        Rows without a label have the soft term only, at weight
        ``alpha * transfer_weight``.
    time_limit : float or None, default=None
        Seconds for everything but the fits of unfitted teachers. As many synthetic
        rows are made as can be learned from in that time, and labelled during at most
        .4 of it; the small booster is left out where it does not fit into half; and the
        default student brings its training to an end in the rest. A warning says what
        was cut, and whether that left too few steps to learn. Other students take the
        time they take.
    warn_if_worse : bool, default=False
        Fit the student a second time, without a teacher and behind ``time_limit``, and
        warn if that has the lower log loss on validation rows, beyond their noise. It
        takes a student that stops by validation rows.
    memory : str, path-like, joblib.Memory or None, default=None
        A folder that keeps every teacher fit and every labelled chunk of rows, so that
        a search pays for a teacher once and a killed job goes on where it was. Each is
        known by all that it depends on: the teacher's parameters or fitted state, rows,
        labels, weights, ``teacher_classes``, seed, versions of packages, settings of
        scikit-learn. That takes a seed, and a hash does not see code, attributes of
        classes or globals: change the attribute ``cache_key`` with them (user guide).
        Its files are pickles, which run code when they are loaded: use no folder that
        others may write to.
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
        The fitted student, a complete classifier by itself. A pickle of it runs code
        when it is loaded: for files from elsewhere there is ONNX (user guide).
    n_transfer_rows_ : int
        Number of synthetic and unlabelled rows among those the student learned from.
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
        "temperature": [Interval(Real, *TEMPERATURES, closed="both")],
        "loss": [StrOptions(set(LOSSES))],
        "transfer": [
            StrOptions({"auto", "munge"}),
            HasMethods(["fit", "sample"]),
            None,
        ],
        "cross_fit": [StrOptions({"auto"}), "boolean"],
        "calibration": [
            StrOptions({"temperature", "sigmoid", "isotonic", "prior"}),
            None,
        ],
        "decision_threshold": [
            StrOptions({"teacher"}),
            Interval(Real, 0, 1, closed="both"),
            None,
        ],
        "booster_weight": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
        "cv": ["cv_object"],
        "teacher_weights": ["array-like", None],
        "teacher_classes": ["array-like", None],
        "transfer_weight": [Interval(Real, 0, None, closed="neither")],
        "time_limit": [Interval(Real, 0, None, closed="neither"), None],
        "warn_if_worse": ["boolean"],
        "memory": [str, HasMethods(["__fspath__"]), HasMethods(["cache"]), None],
        "n_jobs": N_JOBS,
        "random_state": RANDOM_STATE,
        "verbose": VERBOSE,
    }

    def __init__(
        self,
        teacher=None,
        student=None,
        *,
        alpha=1.0,
        temperature=1.0,
        loss="kl",
        transfer="auto",
        cross_fit="auto",
        booster_weight="auto",
        calibration=None,
        decision_threshold=None,
        cv=None,
        teacher_weights=None,
        teacher_classes=None,
        transfer_weight=1.0,
        time_limit=None,
        warn_if_worse=False,
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
        self.transfer = transfer
        self.cross_fit = cross_fit
        self.booster_weight = booster_weight
        self.calibration = calibration
        self.decision_threshold = decision_threshold
        self.cv = cv
        self.teacher_weights = teacher_weights
        self.teacher_classes = teacher_classes
        self.transfer_weight = transfer_weight
        self.time_limit = time_limit
        self.warn_if_worse = warn_if_worse
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
            Labelled rows, or texts. The teacher sees them as they are; a table of Arrow
            as its ``to_pandas`` makes it, and tensors as arrays.
        y : array-like of shape (n_samples,)
            Labels of any type that sorts.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, for the student and for unfitted teachers that take them. A
            row of weight 0 counts as absent. The ratios count and not the scale, unless
            in a teacher or student of yours, which gets them as they are.
        teacher_proba : array-like or DataFrame of shape (n_samples, n_classes), \
                default=None
            Soft targets instead of a teacher: columns in sorted class order, or a
            DataFrame (or a :class:`SoftTargets`) with columns named by the classes. The
            mass of classes that are not in ``y`` goes to the others in proportion, as
            in a fold that lacks a class; above a quarter, a warning names them. A row
            with nothing but such mass has its label for soft target, with a warning.
        X_unlabeled : UnlabeledRows, array-like or DataFrame, default=None
            Further rows to ask the teacher about. A bare array with exactly as many
            rows as ``X`` is refused, since cross-validation would have cut it.
        groups : array-like of shape (n_samples,), default=None
            Which rows belong together, such as visits of a patient. All of a group are
            on one side when validation rows are split off; for the splitter of ``cv``.

        Returns
        -------
        DistilledClassifier
            The same object.

        Raises
        ------
        ValueError, TypeError
            For bad input, saying what was expected and what to do.
        """
        with no_autologging():
            seed = as_seed(self.random_state)
            deadline = Deadline(self.time_limit)
            # no half of an earlier fit, if this fails
            self.__dict__.pop("student_", None)
            lesson = read_lesson(self, X, y, sample_weight, teacher_proba)
            student = make_student(self, lesson, seed)
            teachers = make_teachers(self, lesson, sample_weight, teacher_proba)
            sampler, X_unlabeled, unreadable = find_rows(
                self, student, lesson, X_unlabeled, teacher_proba, seed
            )
            check_out_of_sample(self, teachers, sampler)
            labelled = labelled_rows(self, lesson, groups)
            splits = split_folds(self, lesson, groups, seed)
            train, validation = split_validation(student, labelled, self.alpha > 0)
            check_comparison(self, validation)
            made = draw_synthetic(self, train, sampler, seed)
            drawn = draw_compared(self, labelled, made, X_unlabeled, seed)
            more = rows_without_labels(X_unlabeled, made)
            warned = check_readable(
                student,
                labelled,
                (train, validation),
                more,
                seed,
                rehearsed=bool(teachers.members),
            )
            # only from here on is a teacher fitted or asked
            knowledge = ask_teachers(
                self,
                teachers,
                lesson,
                teacher_proba,
                splits=splits,
                held_out=wants_held_out(self, sampler),
                seed=seed,
                context=make_context(self, seed, deadline),
            )
            warn_of_unreadable(unreadable)
            soft = soft_targets(self, lesson, knowledge)
            train, validation = add_soft(soft, train, validation)
            rows, stop = add_synthetic(
                self, train, validation, made, knowledge, lesson, seed
            )
            rows = add_unlabeled(
                self, rows, X_unlabeled, knowledge, seed, weight_of_row(labelled.weight)
            )
            self.n_transfer_rows_ = int((rows.origin < 0).sum())
            self.teacher_ = as_public(knowledge.teacher)
            compared = compared_rows(rows, labelled, drawn, knowledge, lesson)
            with already_warned(warned):
                trained = train_student(student, rows, stop, seed, deadline)
                self.student_ = add_threshold(self, trained, knowledge, compared)
                if self.warn_if_worse and self.alpha > 0:
                    warn_if_plain_is_better(self, student, train, validation, seed)
        return self

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
        parts = [*teachers, resolve_student(self.student)]
        made = self.alpha == 0 or makes_sparse(self.transfer)
        tags.input_tags.sparse = made and takes_sparse(parts)
        tags.input_tags.allow_nan = takes_missing(parts)
        tags.input_tags.string = takes_text(parts)
        return tags
