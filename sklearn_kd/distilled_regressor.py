"""DistilledRegressor: the recipe from a teacher of numbers to a compact student."""

import numpy as np
from sklearn.exceptions import DataConversionWarning

from sklearn_kd._compat import StrOptions, fit_context
from sklearn_kd._estimators.tags import takes_outputs
from sklearn_kd._messages import warn
from sklearn_kd._recipe.distilling import Distilling
from sklearn_kd._task import Regression
from sklearn_kd._task.regression.predictions import PredictingRegressorMixin
from sklearn_kd._task.regression.reading import check_loss_fits, check_quantiles
from sklearn_kd.losses._registry import LossNames
from sklearn_kd.students import student_outputs
from sklearn_kd.targets import SoftTerm


class DistilledRegressor(PredictingRegressorMixin, Distilling):
    """Distil a teacher of numbers into a compact student.

    The student is trained on the predictions of a teacher (soft targets), blended with
    the targets ``y``: means or quantiles, of one or several outputs. The teacher may be
    of any size and needs ``predict``. After ``fit``, ``student_`` alone makes the
    predictions.

    Parameters
    ----------
    teacher : estimator, list of estimator or None, default=None
        - Fitted (also a :class:`~sklearn.frozen.FrozenEstimator`, or any object with
          ``predict`` and without ``fit``): used as it is, by reference. It is never
          refitted, cloned, copied or changed, and its parameters are not parameters of
          this estimator.
        - Unfitted: cloned, seeded and fitted inside ``fit``, so that no test fold leaks
          into it in cross-validation.
        - A list: the mean of their predictions is used. Fitted and unfitted teachers
          may be mixed.
        - With `quantiles`, whatever gives them, or a mean: see there. A list of
          regressors with a level of their own is one teacher, a regressor for each
          level in their order.
        - None: ``teacher_pred`` of :meth:`fit` is used, and without it a default
          ensemble: histogram gradient boosting, 100 extra trees and a network. It is
          cross-fitted, and the predictions are added with weights, none negative, that
          minimise the squared error of three out-of-fold predictions. Their mean is
          taken where there are no folds: above 50 000 rows, under a time limit, and
          where the student learns from the teacher alone. Below 200 rows there is no
          network; with more than 100 columns and less than 10 rows a column a ridge
          regression replaces it and boosting; sparse rows have extra trees alone.
    student : estimator or None, default=None
        None is ``MLPStudentRegressor()``; pass one to set or search its parameters.
        Otherwise an unfitted regressor: a skorch net, a regressor whose ``fit`` takes
        ``soft_targets`` (it receives :class:`SoftPredictions`), any other regressor (it
        receives the blend of soft and hard targets), or a pipeline that ends in one of
        these.
    alpha : float, default=1.0
        Weight of the SOFT term, in [0, 1]; the hard term has ``1 - alpha``. With 0 the
        student is trained on ``y`` alone, and no teacher is used.
    loss : {"auto", "squared_error", "absolute_error", "huber", "poisson", "gamma", \
"pinball"} or str, default="auto"
        The distance of the student from teacher and ``y`` alike, a key of
        ``sklearn_kd.losses.LOSSES``. "auto" is "squared_error", and "pinball" if there
        are `quantiles`. "poisson" and "gamma" are for counts, prices and durations:
        predictions are positive, ``y`` may not be negative or has to be positive, and
        predictions of a teacher below a thousandth of the mean of ``y`` count as that
        (with a warning if some are below 0). A student that is not of this
        package minimises the loss that it has.
    quantiles : sequence of float or None, default=None
        Levels of the quantiles to learn, increasing and in (0, 1), such as (0.05, 0.5,
        0.95). None learns means. The quantiles of a teacher come from

        - its ``predict_quantiles``, ``predict(X, quantiles=...)``, ``predict`` of
          boosting with several levels, or MAPIE's intervals (symmetric levels);
        - a regressor for each level, in a list;
        - of a random forest or extra trees, the targets of the labelled rows in the
          leaves;
        - of any other regressor, the residuals of the labels around its mean. They are
          out-of-fold with `cv` and for the default teacher, out-of-bag for bagging,
          and else the out-of-fold ones of a small booster. A forest of shallow trees
          on the residuals says how they spread where a row is, and each level is
          shifted so that its share of the residuals lies below it: split-conformal
          prediction in spirit, without its guarantee, since all rows serve both steps.

        Crossing quantiles of a teacher are sorted; those of the student cannot cross.
        The student then learns from the teacher alone, without a pool: models of the
        labels had narrower intervals, which covered less. Its intervals on targets with
        many ties, such as counts, cover less than those of a teacher that predicts
        these very numbers.
    transfer : {"auto", "munge"}, sampler or None, default="auto"
        The sampler that makes synthetic rows, for which the teacher predicts soft
        targets. It is fitted on the training rows (on 300 000 at most) after validation
        rows have been split off. "munge" is :class:`MungeSampler`. "auto" is the same,
        but makes no synthetic rows if the student is linear, rows are sparse or texts,
        or a column is neither numeric nor nominal (a warning names the column). If
        synthetic rows are made, the training rows keep their hard term, if ``alpha <
        1``. They keep their soft term only where the student learns from teachers alone
        that all have out-of-sample predictions for them.
    objective : {"generalization", "fidelity"} or Pool, default="generalization"
        What the student learns.

        - "generalization", the best predictions for new rows: the teacher is pooled
          with a small booster and with the student's own kind, both fitted on ``y``.
          The weights, none negative, come from predictions for rows that none of them
          was fitted on, see :class:`Pool`.
        - "fidelity", what the teacher predicts: the teacher alone and whole.
        - A :class:`Pool` sets the details.

        A teacher that has itself been distilled with a pool is not pooled again.
    cv : int, cross-validation generator, iterable or None, default=None
        Cross-fitting for unfitted teachers: the soft targets of the labelled rows are
        out-of-fold. ``teacher_`` is fitted on all rows. An error is raised with a
        fitted teacher, and for folds that train on a row that they test.
    teacher_weights : array-like of shape (n_teachers,) or None, default=None
        Weights of several teachers in the mean. None weighs them equally.
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
    teacher_ : object or None
        The fitted teacher: the object that was passed, if that was fitted. Several
        teachers are combined into one that predicts their mean. With `quantiles`, a
        regressor with ``predict_quantiles`` whose ``teacher_`` is the object that was
        passed, or a list of these. None with ``teacher_pred`` and at ``alpha=0``.
    student_ : estimator
        The fitted student, a complete regressor by itself. Loading a pickle of it runs
        code: for files from other sources use ONNX, see :ref:`files-run-code`.
    pool_weights_ : dict of str to float, or None
        Shares of "teacher", "booster" and "student" (trained on ``y``) in the soft
        targets, which add up to 1. None at ``alpha=0``.
    student_on_labels_ : estimator or None
        The network that was trained on ``y`` for the pool: the student without a
        teacher. None if it is not in the pool.
    labelling_kernel_ : {"compiled", "teacher"} or None
        What has predicted for the teacher: ``"compiled"`` where compiled code has
        walked trees, the first rows having been predicted in both ways, and
        ``"teacher"`` where each teacher has predicted in its own way. None without one.
    n_transfer_rows_ : int
        Number of synthetic and unlabelled rows in the transfer set.
    n_outputs_ : int
        Number of columns of ``y``.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where ``X`` had string names only.
    n_iter_ : int or ndarray
        ``n_iter_`` of the student, or of its last step, where it has one.

    See Also
    --------
    MLPStudentRegressor : The default student.
    DistilledClassifier : Its twin for classes.
    sklearn.frozen.FrozenEstimator : Keeps a fitted teacher fitted as a grid value.
    StoredTeacher : Keeps a fitted teacher in a file, for several processes.

    Notes
    -----
    .. versionadded:: 0.1

    With teacher :math:`t`, student :math:`s`, targets :math:`y` and the distance
    :math:`d` that `loss` names, a row costs

    .. math:: \\alpha \\, d(t, s) + (1 - \\alpha) \\, d(y, s).

    Targets are standardised in training, so that a loss does not depend on their units.

    References
    ----------
    Bucila, Caruana and Niculescu-Mizil, "Model compression", 2006.
    :doi:`10.1145/1150402.1150464`

    Breiman, "Stacked regressions", 1996 (the weights of the pool).
    :doi:`10.1007/BF00117832`

    Meinshausen, "Quantile Regression Forests", 2006 (quantiles of forests).
    https://jmlr.org/papers/v7/meinshausen06a.html

    Romano, Patterson and Candès, "Conformalized Quantile Regression", 2019 (quantiles
    around means). :doi:`10.48550/arXiv.1905.03222`

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_kd import DistilledRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    >>> teacher = RandomForestRegressor(100, random_state=0).fit(X, y)
    >>> student = DistilledRegressor(teacher, random_state=0).fit(X, y)
    >>> student.score(X_test, y_test) > 0.95 * teacher.score(X_test, y_test)
    True
    """

    _task_kind = Regression

    _parameter_constraints = Distilling._parameter_constraints | {
        "loss": [StrOptions({"auto"}), StrOptions(LossNames(Regression.name))],
        "quantiles": "no_validation",  # its own errors are clearer than a constraint's
    }

    def __init__(
        self,
        teacher=None,
        student=None,
        *,
        alpha=1.0,
        loss="auto",
        quantiles=None,
        transfer="auto",
        objective="generalization",
        cv=None,
        teacher_weights=None,
        time_limit=None,
        memory=None,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.teacher = teacher
        self.student = student
        self.alpha = alpha
        self.loss = loss
        self.quantiles = quantiles
        self.transfer = transfer
        self.objective = objective
        self.cv = cv
        self.teacher_weights = teacher_weights
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
        teacher_pred=None,
        X_unlabeled=None,
        groups=None,
    ):
        """Predict soft targets with the teacher, and train the student on them.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Labelled rows, or texts. They are passed to the teacher as they are, except
            that a table of Arrow is converted by its ``to_pandas``, and a tensor to an
            array.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets: finite numbers. Where all are equal, the student predicts that
            number, whatever the teacher predicts.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, for the student and for unfitted teachers that support them. A
            row of weight 0 counts as absent. Only the ratios of weights matter, except
            in a teacher or student from outside this package, which receives them
            unscaled.
        teacher_pred : array-like of shape (n_samples,), (n_samples, n_outputs) or \
                (n_samples, n_outputs * n_quantiles), default=None
            Soft targets instead of a teacher, in the units of ``y``. The quantiles of
            an output stand side by side.
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
        DistilledRegressor
            The same object.

        Raises
        ------
        ValueError, TypeError
            For invalid input. The message states what was expected and how to fix it.
        """
        return self._distil(
            X, y, sample_weight, teacher_pred, X_unlabeled=X_unlabeled, groups=groups
        )

    without_teacher = Distilling.without_teacher  # documented on the page of the class

    def _read(self, X, y, sample_weight):
        """Check targets and weights, and take the units from them."""
        levels = check_quantiles(self.quantiles)
        read = Regression.read(self, X, y, sample_weight, self._loss(), levels)
        is_column = getattr(y, "ndim", 1) == 2 and read[0].n_targets == 1
        if is_column and not takes_outputs(self._parts()):
            warn(
                "A column-vector y was passed when a 1d array was expected: teacher or "
                "student learns one output. Pass y.ravel().",
                DataConversionWarning,
            )
        return read

    def _loss(self):
        """Give the name of the loss, and refuse one that does not fit."""
        levels = check_quantiles(self.quantiles)
        if self.loss == "auto":
            return "squared_error" if levels is None else "pinball"
        check_loss_fits(self.loss, levels)
        return self.loss

    def _soft_term(self):
        """Give how soft targets count."""
        return SoftTerm(self.alpha, 1.0, self._loss())

    def _follow(self, task):
        """Keep the number of outputs."""
        self.n_outputs_ = task.n_targets

    def _predict(self, X):
        """Predict by the student."""
        student, X = self._student_and_rows(X)
        outputs = np.asarray(student_outputs(student, X, "predict"))
        return outputs[:, 0] if outputs.ndim == 2 and outputs.shape[1] == 1 else outputs

    def _predict_quantiles(self, X):
        """Predict quantiles by the student."""
        student, X = self._student_and_rows(X)
        return student_outputs(student, X, "predict_quantiles")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = takes_outputs(self._parts())
        return tags
