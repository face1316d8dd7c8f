"""A fitted pool: the soft targets that it makes of the teacher's."""

from dataclasses import dataclass, field

import numpy as np

from sklearn_kd.pool._members import NAMES


@dataclass(frozen=True, eq=False)
class FittedPool:
    """The members of a pool beside the teacher, and the weights of all.

    Without arguments it is the pool of the teacher alone.

    Parameters
    ----------
    members : dict of str to Member, default={}
        The models of the labels, by their names.
    weights : ndarray of shape (n_members + 1,) or (n_members,), or None, default=None
        Exponents: of the teacher and the members, or of the members alone where `share`
        is given.
    share : float or None, default=None
        Part of the members in a linear pool with the teacher.
    power : float, default=1.0
        Exponent of the teacher in that pool.
    of_labelled : list of ndarray of shape (n_samples, n_outputs), or None, default=None
        For each member its out-of-sample predictions for all labelled rows; None where
        there are no folds.
    shares : dict of str to float
        What the teacher and all possible members have of the whole.
    """

    members: dict = field(default_factory=dict)
    weights: np.ndarray | None = None
    share: float | None = None
    power: float = 1.0
    of_labelled: list | None = None
    shares: dict = field(default_factory=lambda: whole([1.0], {}))

    @property
    def student_on_labels(self):
        """The fitted student without a teacher, or None."""
        member = self.members.get(NAMES[2])
        return member and member.fitted.teacher.students_[0]

    def over(self, rows, context):
        """Pool the soft targets of rows that no member was fitted on."""
        others = [one.label(rows, context) for one in self.members.values()]
        return self._mix(rows, others)

    def over_made(self, made):
        """Pool the soft targets of the synthetic rows."""
        return self._mix(made, [one.outputs for one in self.members.values()])

    def over_train(self, train):
        """Pool the soft targets of training rows, out of sample."""
        return self._mix(train, [each[train.origin] for each in self.of_labelled or []])

    def _mix(self, rows, others):
        """Pool soft targets; a row without a prediction of the teacher stays one."""
        if not self.members:
            return rows
        task, outputs = rows.task, rows.soft.outputs
        if self.share is None:
            return rows.with_outputs(task.pool([outputs, *others], self.weights))
        labels = task.pool(others, self.weights)
        if self.power != 1:
            outputs = task.pool([outputs], [self.power])
        mean = task.mean([outputs, labels], [1 - self.share, self.share])
        there = task.has_prediction(outputs)[:, None]
        mean = np.where(there, mean, task.no_prediction)
        return rows.with_outputs(mean.astype(task.dtype, copy=False))


def whole(parts, members):
    """Write parts of the teacher and some members as shares that add up to 1."""
    parts = np.asarray(parts, dtype=float)
    if not parts.any():  # of noise, of which nobody knows anything
        parts = np.ones_like(parts)
    names = [NAMES[0], *members]
    there = zip(names, (parts / parts.sum()).tolist(), strict=True)
    return dict.fromkeys(NAMES, 0.0) | dict(there)
