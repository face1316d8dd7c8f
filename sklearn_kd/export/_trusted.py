"""The names of this package that files have in them."""

#: All classes of which objects are saved, and the one function among them.
#: StoredTeacher is left out: a forged file could name any pickle as that of a teacher.
_NAMES = (
    "sklearn_kd.cascade.cascade.CascadeClassifier",
    "sklearn_kd.decoded.DecodedClassifier",
    "sklearn_kd.distilled.DistilledClassifier",
    "sklearn_kd.distilled_regressor.DistilledRegressor",
    "sklearn_kd.inspection.column_coverage.ColumnCoverage",
    "sklearn_kd.inspection.comparison.Comparison",
    "sklearn_kd.inspection.cost_scorer.CostScorer",
    "sklearn_kd.inspection.report.DistillationReport",
    "sklearn_kd.losses.decoupled.DecoupledKL",
    "sklearn_kd.losses.kl.KLDivergence",
    "sklearn_kd.losses.logit_mse.LogitMSE",
    "sklearn_kd.losses.means.GammaDeviance",
    "sklearn_kd.losses.means.PoissonDeviance",
    "sklearn_kd.losses.means.SquaredError",
    "sklearn_kd.losses.medians.AbsoluteError",
    "sklearn_kd.losses.medians.Huber",
    "sklearn_kd.losses.medians.Pinball",
    "sklearn_kd.losses.standardized.StandardizedKL",
    "sklearn_kd.metrics.scorer.TeacherScorer",
    "sklearn_kd.model_selection.smallest.SmallestStudent",
    "sklearn_kd.pool.pool.Pool",
    "sklearn_kd.students.encoder.encoder.TabularEncoder",
    "sklearn_kd.students.encoder.plain_numbers.PlainNumbers",
    "sklearn_kd.students.mlp.regressor.MLPStudentRegressor",
    "sklearn_kd.students.mlp.student.MLPStudent",
    "sklearn_kd.students.skorch.criterion.NetLoss",
    "sklearn_kd.students.skorch.criterion.NumberLoss",
    "sklearn_kd.students.skorch.criterion.Numbers",
    "sklearn_kd.students.skorch.criterion.Probabilities",
    "sklearn_kd.students.skorch.criterion.labels_of",
    "sklearn_kd.students.skorch.regressor.SkorchStudentRegressor",
    "sklearn_kd.students.skorch.student.SkorchStudent",
    "sklearn_kd.targets.SoftPredictions",
    "sklearn_kd.targets.SoftTargets",
    "sklearn_kd.teachers.average.AveragedRegressors",
    "sklearn_kd.teachers.average.AveragedTeachers",
    "sklearn_kd.teachers.dropped.DroppedTeacher",
    "sklearn_kd.teachers.quantiles.adapters.GivenQuantiles",
    "sklearn_kd.teachers.quantiles.adapters.ListedQuantiles",
    "sklearn_kd.teachers.quantiles.forests.LeafQuantiles",
    "sklearn_kd.teachers.quantiles.leaves.LeafTargets",
    "sklearn_kd.teachers.quantiles.residuals.ResidualQuantiles",
    "sklearn_kd.torch.loader.TensorBatchLoader",
    "sklearn_kd.torch.loss.DistillationLoss",
    "sklearn_kd.torch.modules.TabularMLP",
    "sklearn_kd.torch.regression.RegressionDistillationLoss",
    "sklearn_kd.transfer.munge.MungeSampler",
    "sklearn_kd.transfer.unlabeled.UnlabeledRows",
)


def trusted_types():
    """List the names of this package that skops is to trust.

    skops loads no class that it does not know, unless its name is in
    ``trusted=``. What ``skops.io.get_untrusted_types`` gives for a file is a list that
    you have to read before you trust it. Of the names that begin with ``sklearn_kd.``
    this is the whole list. Those of other packages, and your own, are yours to add.

    Returns
    -------
    list of str
        Names of classes and functions, sorted.

    See Also
    --------
    sklearn_kd.DistilledClassifier.without_teacher : Leaves the teacher out of a file.
    to_onnx : Writes a student as ONNX, which needs no trust.

    Notes
    -----
    .. versionadded:: 0.1

    A student with the default encoder needs no other names. :ref:`saved-names` has what
    other files need. None of these names makes skops unpickle anything: a skorch net in
    a student is kept as its parameters and arrays. The names of skorch's own nets are
    not among them, since skorch unpickles what such a net has in a file.

    Examples
    --------
    >>> import os
    >>> from tempfile import mkdtemp
    >>> import skops.io
    >>> from sklearn.datasets import load_wine
    >>> from sklearn_kd import MLPStudent
    >>> from sklearn_kd.export import trusted_types
    >>> X, y = load_wine(return_X_y=True)
    >>> student = MLPStudent((16,), max_iter=5, random_state=0).fit(X, y)
    >>> file = os.path.join(mkdtemp(), "student.skops")
    >>> skops.io.dump(student, file)
    >>> loaded = skops.io.load(file, trusted=trusted_types())
    >>> bool((loaded.predict_proba(X) == student.predict_proba(X)).all())
    True
    """
    return list(_NAMES)
