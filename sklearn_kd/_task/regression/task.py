"""Regression as one object: all that depends on ``y`` being numbers."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import check_cv

from sklearn_kd._compat import num_samples
from sklearn_kd._messages import warn
from sklearn_kd._tables.weights import check_weight
from sklearn_kd._task.outputs import Predictions, ask
from sklearn_kd._task.regression.match import check_match, check_predictions
from sklearn_kd._task.regression.pooling import fit_linear, fit_share, linear
from sklearn_kd._task.regression.predictions import predicts_numbers
from sklearn_kd._task.regression.reading import (
    LOG_LINK,
    check_range,
    read_numbers,
    read_targets,
)
from sklearn_kd._task.regression.units import Units, units_of
from sklearn_kd._task.strata import (
    first_of_each,
    group_mask,
    shuffled_folds,
    validation_mask,
)

#: How far from the median a level may be whose predictions are held against targets.
_MIDDLE = 0.2

#: Parts of the rows, ordered by their targets, that validation rows are spread over.
_STRATA = 10


@dataclass(frozen=True, eq=False)
class Regression(Units):
    """The units of the targets, and all that depends on ``y`` being numbers.

    Rows carry numbers of shape (n, n_targets) as hard targets, and a teacher's
    predictions, of shape (n, K), as soft ones. Both are float64 and in the units of
    ``y``. The parameters are those of :class:`Units`.
    """

    #: What a loss calls the task that it is for, as ``task``, and who does it.
    name, kind = "regression", "regressor"

    #: The parameter of ``fit`` for outputs that the user has.
    given = "teacher_pred"

    #: The dtype of outputs outside a network, and what stands for none.
    dtype, no_prediction = np.float64, np.nan

    #: A network's units are those of the rows that it has learned.
    has_units = True

    #: What the outputs are where nothing is learned from any row.
    baseline = "the mean of the targets"

    is_made_by = staticmethod(predicts_numbers)

    @classmethod
    def read(cls, estimator, X, y, sample_weight, loss, quantiles, soft=None):
        """Check targets and weights of training rows, and take the units from them.

        Parameters
        ----------
        estimator, X, y
            As for :func:`read_targets`.
        sample_weight : array-like of shape (n_samples,), float or None
            Row weights. Rows of weight 0 have no part in the units.
        loss : str
            "poisson" and "gamma" mean a logarithmic link.
        quantiles : tuple of float or None
            Levels to learn.
        soft : SoftPredictions of length n_samples or None, default=None
            Where a row has nothing but a soft term, its prediction counts.

        Returns
        -------
        task : Regression
            The task.
        hard : ndarray of shape (n_samples, n_targets), float64
            The targets.
        weight : ndarray of shape (n_samples,), float64
            The weights.
        """
        hard = read_targets(estimator, X, y)
        weight = check_weight(sample_weight, X)
        link = "log" if loss in LOG_LINK else "identity"
        task = cls(*units_of(hard, weight), link, quantiles)
        if soft is not None:
            task._check_columns(soft)
            task = task.of_rows(hard, soft, weight)
        check_range(hard, loss, "y", _counting(weight, soft))
        return task, hard, weight

    def of_rows(self, hard, soft, weight):
        """Take the units from other rows of the same targets."""
        units = units_of(self._blended(hard, soft), weight)
        return Regression(*units, self.link_name, self.quantiles)

    def read_more(self, estimator, X, y, sample_weight, loss, soft=None):
        """Check the rows of a later batch of a stream.

        The units stay, but those of targets that were equal so far and are no longer.
        """
        hard = self._checked(read_targets(estimator, X, y), "y")
        weight = check_weight(sample_weight, X)
        check_range(hard, loss, "y", _counting(weight, soft))
        if soft is not None:
            self._check_columns(soft)
        if self.scale.all() or not weight.any():
            return self, hard, weight
        targets = hard if soft is None else self._blended(hard, soft)
        return self.widened(*units_of(targets, weight)), hard, weight

    def _blended(self, hard, soft):
        """Give what is learned of each target, of quantiles the middle one."""
        return self.harden(self.blend(soft.outputs, hard, soft.row_alpha))

    def _check_columns(self, soft):
        """Refuse soft targets of another number of columns."""
        if soft.shape[1] != self.n_outputs:
            raise ValueError(
                f"soft_targets have {soft.shape[1]} columns, expected "
                f"{self.n_outputs} for {self.n_targets} outputs of y."
            )

    def read_validation(self, estimator, X, y, sample_weight):
        """Check ``y_val`` and ``sample_weight_val``; give targets and weights."""
        hard = self._checked(read_targets(estimator, X, y, "y_val"), "y_val")
        return hard, check_weight(sample_weight, X, "sample_weight_val")

    def _checked(self, hard, name):
        if hard.shape[1] != self.n_targets:
            raise ValueError(
                f"{name} has {hard.shape[1]} outputs, expected {self.n_targets}, as y "
                "has."
            )
        return hard

    @property
    def method(self):
        """The method of a teacher that gives its outputs."""
        return "predict" if self.quantiles is None else "predict_quantiles"

    def of_means(self):
        """Give the task of predicting means of the same targets."""
        return replace(self, quantiles=None)

    def __reduce__(self):
        """Leave out what has been computed: keys of a cache are made of the state."""
        return Regression, self.units

    def nearly_hot(self, hard):
        """Write hard targets as soft ones, for a trial."""
        return self.hot(hard, self.dtype)

    def neutral(self, n_rows):
        """Give soft targets that are alike, for a trial."""
        center, _ = self._middle
        return np.tile(center, (n_rows, 1))

    def residuals(self, hard, outputs):
        """Subtract predictions from targets, in deviations: (n_samples, n_targets)."""
        wide = np.where(self.scale > 0, self.scale, 1.0)
        return (hard - self.harden(outputs)) / wide

    def hits(self, outputs, hard):
        """Give for each row 1 minus its squared error in variances: 1 is right."""
        return 1 - (self.residuals(hard, outputs) ** 2).mean(axis=1)

    def has_prediction(self, outputs):
        """Mark the rows for which a teacher has a prediction."""
        return ~np.isnan(outputs[:, 0])

    def check_outputs(self, student, X, name):
        """Refuse a fitted student that predicts anything but finite numbers."""
        outputs, name = ask(student, self.method, X), f"{self.method} of {name}"
        check_predictions(outputs, num_samples(X), self.n_outputs, name)

    # teachers

    def predict_by(self, teacher, X, given_classes=None, dtype=np.float64):
        """Predict a copy of the rows with a teacher: outputs for :meth:`align`."""
        returned = ask(teacher, self.method, X)
        name = f"{self.method} of the teacher {type(teacher).__name__}"
        return check_predictions(returned, num_samples(X), self.n_outputs, name), None

    def align(self, outputs, columns):
        """Round outputs, so that the order of sums in a teacher does not show.

        They keep the digits of float32 in units of the targets' deviation, beside the
        center: in float64 the last bits of a forest's sums depend on its threads.
        """
        center, wide = self._middle
        rounded = ((outputs - center) / wide).astype(np.float32).astype(np.float64)
        # where all targets are equal, so are predictions, whatever a teacher's noise
        rounded[:, np.repeat(self.scale == 0, self.n_levels)] = 0
        # a sum in float64 gives the same numbers each time
        return Predictions(center + wide * rounded, np.zeros(len(outputs)), None)

    def read_given(self, values):
        """Read predictions that the user has, as aligned outputs."""
        outputs = read_numbers(values, self.given)
        if outputs.shape[1] != self.n_outputs:
            raise ValueError(
                f"{self.given} has {outputs.shape[1]} columns, expected "
                f"{self.n_outputs}: one for each output of y"
                + ("." if self.quantiles is None else " and level of quantiles.")
            )
        return self.align(outputs, None)

    def check_known(self, teacher, given_classes):
        """A teacher of numbers has nothing to compare before it predicts."""

    def check_match(self, predictions, hard, *, name, absent=None):
        """Refuse or warn where a teacher's predictions do not fit the hard targets."""
        level = (self.quantiles or (0.5,))[self.middle_level]
        check_match(
            self.residuals(hard, predictions.outputs),
            self._z(hard),
            name=name,
            is_middle=abs(level - 0.5) <= _MIDDLE,
        )

    def fill(self, outputs, hard, name):
        """Give predictions as they are, and warn of those that a loss has no room for.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, n_outputs), float64
            Predictions for labelled rows.
        hard : ndarray of shape (n_samples, n_targets), float64
            Their targets.
        name : str
            What the warning calls the teacher.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), float64
            The same predictions.

        Warns
        -----
        UserWarning
            With a logarithmic link, for predictions below 0.
        """
        below = int((outputs < 0).any(axis=1).sum())
        if self.link_name == "log" and below:
            warn(
                f"{name} predicts numbers below 0 for {below} of {len(outputs)} rows, "
                "and the loss is for positive ones: they count as a thousandth of the "
                "mean of y. Use a teacher that was fitted with such a loss, or "
                'loss="squared_error".',
            )
        return outputs

    def mean(self, outputs, weights):
        """Average the predictions of several teachers, of those that have one."""
        if len(outputs) == 1:
            return outputs[0]
        weights = np.asarray(weights, dtype=float)[:, None, None]
        stacked = np.stack(outputs)
        there = ~np.isnan(stacked)
        total = (weights * np.where(there, stacked, 0)).sum(axis=0)
        mass = (weights * there).sum(axis=0)
        return np.divide(total, mass, out=np.full_like(total, np.nan), where=mass > 0)

    def blend(self, outputs, hard, row_alpha):
        """Mix soft and hard targets: the optimum of both under the squared error."""
        alpha = row_alpha[:, None]
        return alpha * outputs + (1 - alpha) * self.hot(hard, self.dtype)

    def pool(self, outputs, weights):
        """Pool predictions linearly, as deviations from the mean of the targets."""
        return linear(outputs, weights, self._middle[0])

    def fit_pool(self, outputs, hard, weight, center, **ridge):
        """Fit the weights of :meth:`pool` to targets, none negative."""
        outputs = [self._z(each) for each in outputs]
        hard = self._z(self.hot(hard, self.dtype))
        return fit_linear(outputs, hard, weight, center, **ridge)

    def fit_share(self, outputs, other, hard, weight):
        """Find the share of the second of two predictions that fits targets best."""
        hard = self._z(self.hot(hard, self.dtype))
        return fit_share(self._z(outputs), self._z(other), hard, weight)

    def matching_exponent(self, outputs, other):
        """Give the factor at which predictions vary as much as others; at most 1.

        An overfitted teacher follows noise, and so varies more between rows.
        """
        outputs = outputs[self.has_prediction(outputs)]
        own = self.spread(outputs) if len(outputs) else 0.0
        return min(max(self.spread(other) / own, 0.1), 1.0) if own > 0 else 1.0

    def spread(self, outputs):
        """Measure how much predictions differ between rows, in deviations."""
        return float(self._z(outputs).std(axis=0).mean())

    # splits

    def splitter(self, cv, targets):
        """Make a splitter of ``cv``: a number means folds of neighbouring rows."""
        return check_cv(cv, classifier=False)

    def validation_mask(self, hard, groups, fraction, random_state):
        """Mark a share of the rows, spread evenly over targets; groups stay whole."""
        if groups is not None:
            every = np.zeros(len(hard), dtype=int)
            return group_mask(every, groups, fraction, random_state)
        order = np.argsort(hard[:, 0], kind="stable")
        strata = np.empty(len(hard), dtype=int)
        strata[order] = np.arange(len(hard)) * _STRATA // max(len(hard), 1)
        if len(hard) < 2 * _STRATA:
            strata[:] = 0
        return validation_mask(strata, fraction, random_state)

    def folds(self, hard, groups, most, seed):
        """Split rows into shuffled folds, as that of labels does."""
        return shuffled_folds(np.zeros(len(hard), dtype=int), groups, most, seed)

    def some_of_each(self, hard, each, at_least):
        """Give positions of the first rows."""
        return first_of_each(np.zeros(len(hard), dtype=int), each, at_least)

    def least_rows(self, hard):
        """Count the rows that training cannot do without."""
        return 1

    def can_hold_out(self, hard, share):
        """Return whether a share of the rows can be held out: two at least."""
        return share * len(hard) >= 2


def _counting(weight, soft):
    """Mark the rows whose hard targets are learned."""
    return (weight > 0) & (True if soft is None else soft.row_alpha < 1)
