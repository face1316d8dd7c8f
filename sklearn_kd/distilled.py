"""DistilledClassifier: the recipe from a teacher to a compact student."""

from numbers import Real

import numpy as np

from sklearn_kd._compat import Interval, StrOptions, fit_context
from sklearn_kd._recipe.base import available_with, labels_by_threshold
from sklearn_kd._recipe.distilling import Distilling
from sklearn_kd._task import Classification
from sklearn_kd._task.predictions import PredictingClassifierMixin
from sklearn_kd._task.proba import widen
from sklearn_kd.losses._registry import LossNames
from sklearn_kd.students import own_rows, student_outputs
from sklearn_kd.targets import TEMPERATURES, SoftTerm


class DistilledClassifier(PredictingClassifierMixin, Distilling):
    """Distil a teacher into a compact student.

    The student is trained on the class probabilities of a teacher (soft targets),
    blended with the labels. The teacher may be of any size and needs ``predict_proba``.
    After ``fit``, ``student_`` alone makes the predictions.

    Parameters
    ----------
    teacher : estimator, list of estimator or None, default=None
        - Fitted (also a :class:`~sklearn.frozen.FrozenEstimator`, or any object with
          ``predict_proba`` and without ``fit``): used as it is, by reference. It is
          never refitted, cloned, copied or changed, and its parameters are not
          parameters of this estimator.
        - Unfitted: cloned, seeded and fitted inside ``fit``, so that no test fold leaks
          into it in cross-validation. XGBoost and CatBoost are wrapped where they do
          not support the labels as they are.
        - A list: the mean of their probabilities is used. Fitted and unfitted teachers
          may be mixed.
        - None: ``teacher_proba`` of :meth:`fit` is used, and without it a default
          ensemble: histogram gradient boosting, 100 extra trees and a network. It is
          cross-fitted, and the logarithms of its probabilities are added with weights
          that minimise the log loss of three out-of-fold predictions. Their mean is
          taken where there are no folds: above 50 000 rows, under a time limit, with a
          class of one row, and where the student learns from the teacher alone. Below
          200 rows there is no network; with more than 100 columns and less than 10 rows
          a column logistic regression replaces it and boosting; sparse rows and more
          than 30 classes have extra trees alone. Texts need a teacher of their own.
    student : estimator or None, default=None
        None is ``MLPStudent()``; pass one to set or search its parameters. Otherwise an
        unfitted classifier: a skorch net, a classifier whose ``fit`` takes
        ``soft_targets`` (it receives a :class:`SoftTargets`), a classifier that
        supports ``sample_weight`` (it receives each row once per class, weighted by the
        soft targets), or a pipeline that ends in one of these.
    alpha : float, default=1.0
        Weight of the SOFT term, in [0, 1]; the hard term has ``1 - alpha``. With 0 the
        student is trained on the labels alone, and no teacher is used.
    temperature : float, default=1.0
        Divides the logits of teacher and student in the soft term, which is multiplied
        by its square; from 0.001 to 1000.
    loss : {"kl", "mse_logit", "dkd", "kl_standardized"} or str, default="kl"
        The soft term, a key of ``sklearn_kd.losses.LOSSES``, where a loss of your own
        can be registered. Students that learn by sample weights support "kl" only.
    transfer : {"auto", "munge"}, sampler or None, default="auto"
        The sampler that makes synthetic rows, for which the teacher predicts soft
        targets. It is fitted on the training rows (on 300 000 at most) after validation
        rows have been split off. "munge" is :class:`MungeSampler`. "auto" is the same,
        but makes no synthetic rows if the student is linear, rows are sparse or texts,
        or a column is neither numeric nor nominal (a warning names the column). A
        sampler has ``fit(X)`` and ``sample()``, which returns rows and the position of
        the one that each was made from, see :class:`TransferSampler`. If synthetic rows
        are made, the training rows keep their hard term, if ``alpha < 1``. They keep
        their soft term only where the student learns from teachers alone that all have
        out-of-sample predictions for them (out-of-fold with ``cv``, or out-of-bag).
    objective : {"generalization", "fidelity"} or Pool, default="generalization"
        What the student learns.

        - "generalization", the best predictions for new rows: the teacher is pooled
          with a small booster and with the student's own kind, both fitted on the
          labels. The weights come from predictions for rows that none of them was
          fitted on, see :class:`Pool`.
        - "fidelity", what the teacher predicts: the teacher alone and whole.
        - A :class:`Pool` sets the details.

        A teacher that has itself been distilled with a pool is not pooled again.
    decision_threshold : float, "teacher" or None, default=None
        With two classes, predict ``classes_[1]`` from this probability on. "teacher" is
        for a teacher that ends in a fixed or tuned threshold classifier: the threshold
        is chosen so that student and teacher predict the class of that threshold for
        the same share of rows. ``student_`` is then a
        :class:`~sklearn.model_selection.FixedThresholdClassifier`. With None the most
        probable class is predicted. A warning is given if the teacher predicts by
        another threshold.
    cv : int, cross-validation generator, iterable or None, default=None
        Cross-fitting for unfitted teachers: the soft targets of the labelled rows are
        out-of-fold. ``teacher_`` is fitted on all rows. An error is raised with a
        fitted teacher, and for folds that train on a row that they test.
    teacher_weights : array-like of shape (n_teachers,) or None, default=None
        Weights of several teachers in the mean. None weighs them equally.
    teacher_classes : array-like of shape (n_teacher_classes,) or None, default=None
        Labels of a fitted teacher's columns, in the order of its ``classes_`` if it has
        any. They are needed if the teacher has no ``classes_`` and returns no
        DataFrame, or was fitted on encoded labels. They take precedence over both.
    time_limit : float or None, default=None
        Seconds for everything but the fits of unfitted teachers. As many synthetic rows
        are made as the student can be trained on in that time. Labelling them stops
        after 40 % of it. A member of the pool for which there is no time is left out,
        and its weights are fitted without folds. The default student completes its
        training in the rest. The training of other students is not limited. A warning
        states what was cut, and whether too few steps were left to learn.
    memory : str, path-like, joblib.Memory or None, default=None
        A folder that caches every teacher fit and every labelled chunk of rows, so that
        a search fits a teacher once and an interrupted job can resume. The key of an
        entry is a hash of all that it depends on: the teacher's parameters or fitted
        state, rows, labels, weights, ``teacher_classes``, seed, versions of packages,
        settings of scikit-learn. Set ``random_state``, so that the seed is the same in
        the next run. The hash does not cover code, attributes of classes or globals:
        when they change, change the attribute ``cache_key`` of the teacher (user
        guide). The files are pickles, which run code when they are loaded: use no
        folder that others may write to.
    n_jobs : int or None, default=None
        Number of jobs for folds (processes) and for chunks of rows (threads).
    random_state : int, RandomState instance or None, default=None
        Seeds every ``random_state`` that unfitted teachers, the student and the
        splitter leave at None; an int is passed to the student unchanged. None takes
        entropy from the operating system.
    verbose : int, default=0
        Above 0, prints what was found and done, and the progress of labelling,
        cross-fitting and training: a line a second at most, which is written over on a
        terminal (user guide). With scikit-learn 1.9 ``set_callbacks`` has bars.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    teacher_ : object or None
        The fitted teacher: the object that was passed, if that was fitted. Several
        teachers are combined into one that predicts their mean. None with
        ``teacher_proba`` and at ``alpha=0``.
    student_ : estimator
        The fitted student, a complete classifier by itself. Loading a pickle of it runs
        code: for files from other sources use ONNX, see :ref:`files-run-code`.
    pool_weights_ : dict of str to float, or None
        Shares of "teacher", "booster" and "student" (trained on the labels) in the soft
        targets, which add up to 1. None at ``alpha=0``.
    student_on_labels_ : estimator or None
        The network that was trained on the labels for the pool: the student without a
        teacher. None if it is not in the pool.
    labelling_kernel_ : {"compiled", "teacher"} or None
        What has predicted for the teacher: ``"compiled"`` where compiled code has
        walked trees, the first rows having been predicted in both ways, and
        ``"teacher"`` where each teacher has predicted in its own way. None without one.
    n_transfer_rows_ : int
        Number of synthetic and unlabelled rows in the transfer set.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where ``X`` had string names only.
    n_iter_ : int or ndarray
        ``n_iter_`` of the student, or of its last step, where it has one.

    See Also
    --------
    MLPStudent : The default student.
    DistilledRegressor : Its twin for numbers.
    sklearn.frozen.FrozenEstimator : Keeps a fitted teacher fitted as a grid value.
    StoredTeacher : Keeps a fitted teacher in a file, for several processes.

    Notes
    -----
    .. versionadded:: 0.1

    With teacher :math:`p`, student :math:`q`, labels :math:`y` and temperature
    :math:`T` on the logits of both sides, a row costs

    .. math:: \\alpha T^2 \\, KL(p_T \\,\\|\\, q_T) + (1 - \\alpha) \\, CE(y, q_1).

    At ``alpha=1`` the optimum is the teacher's distribution at any temperature.

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
    >>> X, y = load_digits(n_class=5, return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    >>> teacher = RandomForestClassifier(300, random_state=0).fit(X, y)
    >>> student = DistilledClassifier(teacher, random_state=0).fit(X, y)
    >>> student.score(X_test, y_test) > 0.98 * teacher.score(X_test, y_test)
    True
    """

    _task_kind = Classification

    _parameter_constraints = Distilling._parameter_constraints | {
        "temperature": [Interval(Real, *TEMPERATURES, closed="both")],
        "loss": [StrOptions(LossNames(Classification.name))],
        "decision_threshold": [
            StrOptions({"teacher"}),
            Interval(Real, 0, 1, closed="both"),
            None,
        ],
        "teacher_classes": ["array-like", None],
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
        objective="generalization",
        decision_threshold=None,
        cv=None,
        teacher_weights=None,
        teacher_classes=None,
        time_limit=None,
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
        self.objective = objective
        self.decision_threshold = decision_threshold
        self.cv = cv
        self.teacher_weights = teacher_weights
        self.teacher_classes = teacher_classes
        self.time_limit = time_limit
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
        """Compute soft targets with the teacher, and train the student on them.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Labelled rows, or texts. They are passed to the teacher as they are, except
            that a table of Arrow is converted by its ``to_pandas``, and a tensor to an
            array.
        y : array-like of shape (n_samples,)
            Labels of any type that can be sorted.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, for the student and for unfitted teachers that support them. A
            row of weight 0 counts as absent. Only the ratios of weights matter, except
            in a teacher or student from outside this package, which receives them
            unscaled.
        teacher_proba : array-like or DataFrame of shape (n_samples, n_classes), \
                default=None
            Soft targets instead of a teacher: an array with columns in sorted class
            order, or a DataFrame (or a :class:`SoftTargets`) with columns named by the
            classes. The mass of classes that are not in ``y``, as in a fold that lacks
            a class, is redistributed to the others in proportion. If its mean is above
            25 %, a warning names these classes. The soft target of a row that has all
            its mass there is its label, with a warning.
        X_unlabeled : UnlabeledRows, array-like or DataFrame, default=None
            Unlabelled rows, for which the teacher predicts soft targets. A bare array
            with exactly as many rows as ``X`` is refused, since cross-validation would
            slice it.
        groups : array-like of shape (n_samples,), default=None
            Group of each row, such as the patient of a visit. All rows of a group are
            on the same side when validation rows are split off. The groups are also
            passed to the splitter of ``cv``.

        Returns
        -------
        DistilledClassifier
            The same object.

        Raises
        ------
        ValueError, TypeError
            For invalid input. The message states what was expected and how to fix it.
        """
        return self._distil(
            X, y, sample_weight, teacher_proba, X_unlabeled=X_unlabeled, groups=groups
        )

    without_teacher = Distilling.without_teacher  # documented on the page of the class
    predict_proba = available_with("predict_proba")(
        PredictingClassifierMixin.predict_proba
    )
    predict_log_proba = available_with("predict_log_proba")(
        PredictingClassifierMixin.predict_log_proba
    )

    def _read(self, X, y, sample_weight):
        """Check labels and weights."""
        return Classification.read(self, X, y, sample_weight)

    def _soft_term(self):
        """Give how soft targets count."""
        return SoftTerm(self.alpha, self.temperature, self.loss)

    def _follow(self, task):
        """Keep the classes."""
        self.classes_ = task.classes

    def _labels(self, X):
        student, X = self._student_and_rows(X)
        if student is not self.student_:
            proba = student_outputs(student, X)
            return labels_by_threshold(self.student_, student.classes_, proba)
        return student.predict(own_rows(student, X))

    def _proba(self, X):
        student, X = self._student_and_rows(X)
        return self._widen(student_outputs(student, X), 0.0)

    def _log_proba(self, X):
        student, X = self._student_and_rows(X)
        return self._widen(student.predict_log_proba(own_rows(student, X)), -np.inf)

    def _widen(self, values, absent):
        """Add columns for classes in which the teacher left no mass to learn from."""
        if values.shape[1] == len(self.classes_):
            return values
        return widen(values, self.student_.classes_, self.classes_, absent)
