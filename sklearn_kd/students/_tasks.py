"""What a student of this package does for its task: how it reads targets."""

from sklearn_kd._messages import show
from sklearn_kd._task import Classification, Regression
from sklearn_kd._task.labels import stream_classes
from sklearn_kd._task.predictions import PredictingClassifierMixin
from sklearn_kd._task.regression.predictions import PredictingRegressorMixin
from sklearn_kd._task.regression.reading import check_loss_fits, check_quantiles
from sklearn_kd.losses._registry import check_loss
from sklearn_kd.targets import SoftPredictions, SoftTargets, SoftTerm


def follow_term(student, soft_term, task):
    """Set loss and levels of a student by those of the estimator that distils.

    Parameters
    ----------
    student : estimator
        Seeded; changed in place where it has a loss of its own.
    soft_term : SoftTerm
        With the loss.
    task : Classification or Regression
        With the levels.

    Raises
    ------
    ValueError
        Where the student has been given another loss, or other levels.
    """
    if not isinstance(student, LearnsNumbers):
        return
    wanted = {"loss": soft_term.loss, "quantiles": task.quantiles}
    for name, value in wanted.items():
        own = getattr(student, name)
        own = check_quantiles(own) if name == "quantiles" else own
        if own not in ("squared_error", None, value):
            raise ValueError(
                f"{name}={show(own)} of the student {type(student).__name__} is not "
                f"the {name} of the estimator that distils it, {show(value)}: set it "
                "there alone."
            )
    student.set_params(**wanted)


class LearnsLabels(PredictingClassifierMixin):
    """A student that learns from labels, and from class probabilities."""

    _soft_kind = SoftTargets
    _task_kind = Classification

    def _read(self, X, y, sample_weight, soft_targets):
        """Check labels and weights; classes are those of the soft targets, if any."""
        classes = None if soft_targets is None else soft_targets.classes
        return Classification.read(self, X, y, sample_weight, classes)

    def _read_batch(self, X, y, sample_weight, soft_targets, classes, first):
        """Check a batch of a stream, with the classes of all of it."""
        known = None if first else self.classes_
        given = None if soft_targets is None else soft_targets.classes
        classes = stream_classes(known, classes, given)
        return Classification.read(self, X, y, sample_weight, classes)

    def _hard_term(self):
        """Give how soft targets without a soft term are made: labels alone."""
        return SoftTerm(0.0, 1.0, "kl")

    def _follow(self, task):
        """Take the classes from a task, which is made again from them in a pickle."""
        self._task = task
        self.classes_ = task.classes

    def _remember_task(self):
        """Make the task again, where there was one."""
        if "classes_" in vars(self):
            self._task = Classification(self.classes_)


class LearnsNumbers(PredictingRegressorMixin):
    """A student that learns from numbers, and from a teacher's predictions of them.

    It predicts by ``_outputs(X)``, float64 of shape (n_samples, n_outputs).
    """

    _soft_kind = SoftPredictions
    _task_kind = Regression

    def _terms(self, soft_targets):
        """Give loss and levels: those of the soft targets where there are some."""
        if soft_targets is not None:
            return soft_targets.loss, soft_targets.quantiles
        levels = check_quantiles(self.quantiles)
        check_loss(self.loss, task=Regression.name)
        check_loss_fits(self.loss, levels)
        return self.loss, levels

    def _read(self, X, y, sample_weight, soft_targets):
        """Check targets and weights, and take the units from them."""
        loss, levels = self._terms(soft_targets)
        self._learned_loss = loss
        return Regression.read(self, X, y, sample_weight, loss, levels, soft_targets)

    def _read_batch(self, X, y, sample_weight, soft_targets, classes, first):
        """Check a batch of a stream; the units are those of its first rows."""
        if first:
            return self._read(X, y, sample_weight, soft_targets)
        begun = self._learned_loss, self._task.quantiles
        if soft_targets is not None and self._terms(soft_targets) != begun:
            raise ValueError(
                "soft_targets must have the loss and the quantiles that partial_fit "
                f"started with, {show(begun)}, got {show(self._terms(soft_targets))}."
            )
        return self._task.read_more(self, X, y, sample_weight, begun[0], soft_targets)

    def _hard_term(self):
        """Give how soft targets without a soft term are made: the loss of labels."""
        return SoftTerm(0.0, 1.0, self._learned_loss)

    def _follow(self, task):
        """Take the units from a task, which is made again from them in a pickle."""
        self._task = task
        self._units = task.units

    def _remember_task(self):
        """Make the task again, where there was one."""
        if "_units" in vars(self):
            self._task = Regression(*self._units)

    def _predict(self, X):
        """Give means, or the quantile nearest to the median."""
        outputs = self._outputs(X)
        task = self._task
        return task.labels(outputs if task.quantiles is None else task.harden(outputs))

    def _predict_quantiles(self, X):
        """Give quantiles, those of each target side by side."""
        outputs = self._outputs(X)
        return self._task.by_level(outputs)

    def _has_quantiles(self):
        """Return whether it learns levels, or has learned some from soft targets."""
        learned = getattr(self, "_task", None)
        return super()._has_quantiles() or bool(learned and learned.quantiles)
