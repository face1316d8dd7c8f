"""The units in which a network learns targets, and the way back from its outputs."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._task.regression.link import Link
from sklearn_kd._task.scores import few_targets

#: Share of the mean below which a teacher's predictions count as that share, where the
#: link is the logarithm.
_LEAST = 1e-3


def units_of(hard, weight):
    """Give mean and deviation of each target, by weight; 0 where all are equal.

    Parameters
    ----------
    hard : ndarray of shape (n_samples, n_targets), float64
        Targets, of any size and with any offset.
    weight : ndarray of shape (n_samples,), float64
        Row weights; at least one is positive.

    Returns
    -------
    center, scale : ndarray of shape (n_targets,), float64
        Exactly the target where all are equal.

    Raises
    ------
    ValueError
        Where the difference of two targets is no float.
    """
    present = weight > 0
    hard, weight = hard[present], weight[present]
    first = hard[0]
    with np.errstate(over="ignore"):
        apart = hard - first  # of large numbers the differences are exact
    most = np.abs(apart).max(axis=0)
    if not np.isfinite(most).all():
        raise ValueError(
            f"y holds {show(hard.min())} and {show(hard.max())}, whose difference is "
            "beyond float64: divide y by a number."
        )
    unit = np.ldexp(1.0, np.frexp(most)[1] - 1)  # squares are neither infinite nor 0
    apart /= unit
    weight = weight / weight.max()
    center = np.average(apart, axis=0, weights=weight)
    scale = np.sqrt(np.average((apart - center) ** 2, axis=0, weights=weight))
    equal = most == 0
    center, scale = first + center * unit, scale * unit
    return np.where(equal, first, center), np.where(equal, 0.0, scale)


@dataclass(frozen=True, eq=False)
class Units:
    """The units of the targets, those of a network, and the link between them.

    A network computes in units in which targets have mean 0 and deviation 1 or, where
    its link is the logarithm, mean 1. Its outputs vary by about 1 either way: those
    that stand for the logarithms of targets that vary little have a unit too, `factor`.

    Parameters
    ----------
    center : ndarray of shape (n_targets,), float64
        Mean of the targets.
    scale : ndarray of shape (n_targets,), float64
        Their deviation; 0 where all are equal.
    link_name : {"identity", "log"}, default="identity"
        How the outputs of a network become predictions.
    quantiles : tuple of float or None, default=None
        Levels, where quantiles are learned and no means: K is then their number times
        that of the targets. Those of a target stand side by side.
    """

    center: np.ndarray
    scale: np.ndarray
    link_name: str = "identity"
    quantiles: tuple | None = None

    @property
    def out_activation(self):
        """What scikit-learn calls the link, as ``out_activation_``."""
        return "identity" if self.link_name == "identity" else "exp"

    @property
    def n_targets(self):
        """Number of columns of ``y``."""
        return len(self.center)

    @property
    def n_levels(self):
        """Number of outputs for each column of ``y``."""
        return 1 if self.quantiles is None else len(self.quantiles)

    @property
    def n_outputs(self):
        """Number of columns of the outputs."""
        return self.n_targets * self.n_levels

    @cached_property
    def middle_level(self):
        """Position of the level nearest to the median."""
        return int(np.abs(np.array(self.quantiles or [0.5]) - 0.5).argmin())

    @cached_property
    def _middle(self):
        """Center of each output, and what its deviations are divided by."""
        wide = np.where(self.scale > 0, self.scale, 1.0)
        return np.repeat(self.center, self.n_levels), np.repeat(wide, self.n_levels)

    @cached_property
    def factor(self):
        """What a network's logarithms are multiplied by; None without logarithms.

        For each target it is the deviation as a share of the mean, and 1 at most.
        """
        if self.link_name != "log":
            return None
        varies = (self.center > 0) & (self.scale > 0)
        share = np.minimum(self.scale / np.where(varies, self.center, 1), 1)
        # others are predicted exactly, whatever their output is
        return np.where(varies, share, share[varies].min() if varies.any() else 1)

    @property
    def units(self):
        """What makes the task again, as a pickle keeps it."""
        return self.center, self.scale, self.link_name, self.quantiles

    def widened(self, center, scale):
        """Give targets that were all equal the units of more rows, where these differ.

        A network has learned to predict what they were equal to, and does so still.
        """
        apart = np.hypot(scale, center - self.center)
        scale = np.where(self.scale == 0, apart, self.scale)
        unset = (self.center == 0) & (self.scale == 0) & (self.link_name == "log")
        center = np.where(unset, center, self.center)
        return replace(self, center=center, scale=scale)

    def encode(self, y):
        """Write targets, as :meth:`labels` gives them, in two dimensions."""
        return np.asarray(y, dtype=float).reshape(len(y), self.n_targets)

    def labels(self, hard):
        """Give targets as users write them: in one dimension where there is one."""
        return hard[:, 0] if self.n_targets == 1 else hard

    def by_level(self, outputs):
        """Give quantiles of shape (n, n_levels), or (n, n_targets, n_levels)."""
        if self.n_targets == 1:
            return outputs
        return outputs.reshape(len(outputs), self.n_targets, self.n_levels)

    def hot(self, hard, dtype):
        """Write hard targets as outputs of shape (n_samples, n_outputs)."""
        return np.repeat(hard, self.n_levels, axis=1).astype(dtype, copy=False)

    def harden(self, outputs):
        """Give the hard targets that stand for outputs: of quantiles the middle one."""
        return outputs[:, self.middle_level :: self.n_levels]

    def total(self, hard, weight):
        """Sum hard targets by weight: one number an output."""
        return np.repeat(weight @ hard, self.n_levels)

    def _z(self, numbers):
        """Bring outputs or hard targets to deviations from their means."""
        step = self.n_levels if numbers.shape[1] == self.n_targets else 1
        center, wide = (each[::step] for each in self._middle)
        return (numbers - center) / wide

    def for_network(self, hard, soft):
        """Give hard and soft targets in the units of a network."""
        if self.link_name == "log":
            mean = np.where(self.center > 0, self.center, 1.0)
            outputs = np.maximum(soft.outputs / mean, _LEAST)
            return hard / mean, soft.with_outputs(outputs)
        return self._z(hard), soft.with_outputs(self._z(soft.outputs))

    @cached_property
    def link(self):
        """The :class:`Link`, from outputs of a network to predictions."""
        return Link(self.center, self.scale, self.factor, self.n_levels)

    def start(self, mean_target):
        """Give the outputs of a network that predict the mean target for each row."""
        center, wide = self._middle
        if self.link_name == "log":
            mean = np.maximum(mean_target / np.where(center > 0, center, 1), _LEAST)
            return np.log(mean) / self.factor
        return (mean_target - center) / wide

    def scores(self, outputs):
        """Give a few numbers a row, close together for rows with like predictions."""
        if not (self.scale > 0).any() and not outputs.std(axis=0).any():
            return None
        if self.link_name == "log":
            mean = np.where(self.center > 0, self.center, 1.0)
            return few_targets(np.log(np.maximum(outputs / mean, _LEAST)))
        return few_targets(self._z(outputs))
