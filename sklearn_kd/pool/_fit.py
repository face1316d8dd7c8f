"""Fitting a pool: its members, their weights, and the targets that it makes."""

import warnings
from dataclasses import dataclass

import numpy as np

from sklearn_kd._estimators.parts import last_step
from sklearn_kd._tables.weights import in_rows
from sklearn_kd.pool._members import NAMES, fit_members, out_of_fold
from sklearn_kd.students import split

#: What the weights of teacher, booster and student on labels are without any row to
#: choose them by; and those of the latter two beside a teacher without out-of-sample
#: predictions.
CENTER, CENTER_OF_LABELS = (0.70, 0.15, 0.25), (0.50, 0.45)

#: Strength of the ridge towards these numbers: in general, and where validation rows
#: alone have to say what a teacher is worth. Fewer rows do not move the weights.
RIDGE, STRONG_RIDGE, FEWEST = 5.0, 15.0, 50

#: Part of the models of the labels where the teacher is in no loss.
SHARE_OF_LABELS = 0.6

#: Folds for the models of the labels, and the most rows with which there are any.
FOLDS, MOST_FOLDED = 3, 20_000

#: Share of the rows that stop the student on labels, where the student has none.
HELD = 0.1

#: A teacher with a smaller share of the pool adds nothing.
_NOTHING = 0.05


@dataclass(frozen=True, eq=False)
class FittedPool:
    """The members of a pool beside the teacher, and the weights of all.

    Parameters
    ----------
    members : dict of str to Member
        The models of the labels, by their names.
    weights : ndarray of shape (n_members + 1,) or (n_members,)
        Exponents: of the teacher and the members, or of the members alone where `share`
        is given.
    share : float or None, default=None
        Part of the members in a linear pool with the teacher.
    """

    members: dict
    weights: np.ndarray
    share: float | None = None

    @property
    def shares(self):
        """The weights as shares of the whole, by the names of all members."""
        shares = dict.fromkeys(NAMES, 0.0)
        weights = np.asarray(self.weights, dtype=float)
        if self.share is not None:
            weights = np.r_[1 - self.share, self.share * weights / weights.sum()]
        names = [NAMES[0], *self.members]
        total = weights.sum()
        shares |= {n: float(w / total) for n, w in zip(names, weights, strict=True)}
        return shares

    @property
    def student_on_labels(self):
        """The fitted student without a teacher, or None."""
        member = self.members.get(NAMES[2])
        return member and member.fitted.teacher.students_[0]

    def targets(self, outputs, rows, context):
        """Pool the outputs of the teacher for rows that no member was fitted on."""
        others = [one.label(rows, context) for one in self.members.values()]
        return self._mix(outputs, others, rows.task)

    def targets_made(self, outputs, task):
        """Pool the outputs of the teacher for the synthetic rows of the fit."""
        others = [one.outputs for one in self.members.values()]
        return self._mix(outputs, others, task)

    def _mix(self, outputs, others, task):
        """Pool outputs; a row without a prediction of the teacher stays one."""
        if not self.members:
            return outputs
        if self.share is None:
            return task.pool([outputs, *others], self.weights)
        labels = task.pool(others, self.weights)
        mean = task.mean([outputs, labels], [1 - self.share, self.share])
        return np.where(task.has_prediction(outputs)[:, None], mean, 0)


#: The pool of the teacher alone.
TEACHER_ALONE = FittedPool({}, np.ones(1))


def fit_pool(pool, student, teachers, rows, train, validation, made, seed):
    """Fit the members of a pool on labels, and their weights.

    Parameters
    ----------
    pool : Pool
        Which members there are.
    student : estimator
        The student, seeded and not fitted.
    teachers : Teachers
        Fitted.
    rows : TransferSet
        All labelled rows.
    train, validation : TransferSet
        The labelled rows on either side of the student's split; the latter may be None.
    made : TransferSet
        The synthetic rows.
    seed : int
        For the members and the folds.

    Returns
    -------
    FittedPool
        The pool; of the teacher alone where there are no members.

    Warns
    -----
    UserWarning
        Where the teacher has next to no weight.
    """
    context, task = teachers.context, rows.task
    if any(_is_pooled(one.teacher) for one in teachers.members):
        context.report("the teacher has learned from a pool: there is no other")
        return TEACHER_ALONE
    held = validation
    if held is None:
        train, held = split(train, HELD, seed)
    members = fit_members(pool, student, train, held, made, rows.X, seed, context)
    if not members:
        return TEACHER_ALONE
    of_teacher = teachers.out_of_sample_outputs(task)
    if of_teacher is None:
        center = _center(CENTER_OF_LABELS, members)
        weights = _by_held_rows(members, held, None, center, RIDGE, context)
        fitted = FittedPool(members, weights, SHARE_OF_LABELS)
    else:
        center = np.r_[CENTER[0], _center(CENTER[1:], members)]
        folds = _folds(train, seed, context)
        if folds is None:
            weights = _by_held_rows(
                members, held, of_teacher, center, STRONG_RIDGE, context
            )
        else:
            others = out_of_fold(members, train, folds, context)
            weights = _by_all_rows(
                members, train, others, held, of_teacher, center, context
            )
        fitted = FittedPool(members, weights)
    shares = fitted.shares
    context.report(
        "weights in the pool: "
        + ", ".join(f"{name} {share:.2f}" for name, share in shares.items())
    )
    if shares[NAMES[0]] < _NOTHING:
        warnings.warn(
            f"The teacher's weight in the pool is {shares[NAMES[0]]:.2f}: on this "
            "table it adds next to nothing to what models of the labels predict, and "
            'the student learns from these. objective="fidelity" makes it learn from '
            "the teacher alone.",
            UserWarning,
            stacklevel=5,
        )
    return fitted


def _is_pooled(teacher):
    """Return whether a teacher has learned from a pool: a chain pools once."""
    shares = getattr(last_step(teacher), "pool_weights_", None)
    return bool(shares) and shares[NAMES[0]] < 1


def _center(center, members):
    """Give the centres of the members that there are the sum of all."""
    all_of = dict(zip(NAMES[1:], center, strict=True))
    there = np.array([all_of[name] for name in members])
    return there * (sum(center) / there.sum())


def _folds(train, seed, context):
    """Split the training rows for the models of the labels; None for no folds."""
    if context.deadline.limited or len(train) > MOST_FOLDED:
        return None
    return train.task.folds(train.hard, train.groups, FOLDS, seed)


def _by_all_rows(members, train, others, held, of_teacher, center, context):
    """Fit weights to out-of-fold predictions, and to those of validation rows."""
    hard, weight, origin = train.hard, in_rows(train.weight), train.origin
    if held is not None:
        of_held = [one.label(held, context) for one in members.values()]
        others = [np.vstack(pair) for pair in zip(others, of_held, strict=True)]
        hard, origin = np.r_[hard, held.hard], np.r_[origin, held.origin]
        weight = in_rows(np.r_[train.weight, held.weight])
    return _fit(train.task, of_teacher[origin], others, hard, weight, center, RIDGE)


def _by_held_rows(members, held, of_teacher, center, ridge, context):
    """Fit weights to predictions of validation rows, drawn to a centre."""
    if held is None or len(held) < FEWEST:
        return center
    others = [one.label(held, context) for one in members.values()]
    if of_teacher is not None:
        of_teacher = of_teacher[held.origin]
    weight = in_rows(held.weight)
    return _fit(held.task, of_teacher, others, held.hard, weight, center, ridge)


def _fit(task, of_teacher, others, hard, weight, center, ridge):
    """Fit the weights of a pool to labels, by rows that the teacher has predicted."""
    outputs = others
    if of_teacher is not None:
        predicted = task.has_prediction(of_teacher)
        outputs = [each[predicted] for each in (of_teacher, *others)]
        hard, weight = hard[predicted], weight[predicted]
    weights = task.fit_pool(outputs, hard, weight, center, ridge)
    return weights if weights.any() else center
