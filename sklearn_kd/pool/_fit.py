"""Fitting a pool: its members, their weights, and the targets that it makes."""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from sklearn_kd._tables.taking import is_large
from sklearn_kd._tables.texts import is_text
from sklearn_kd._tables.weights import in_rows
from sklearn_kd.pool._members import NAMES, fit_members
from sklearn_kd.students import is_linear, split

#: What the weights of teacher, booster and student on labels are without any row to
#: choose them by; and those of the latter two beside a teacher without out-of-sample
#: predictions.
CENTER, CENTER_OF_LABELS = (0.70, 0.15, 0.25), (0.50, 0.45)

#: Strength of the ridge towards these numbers where validation rows alone show what a
#: teacher is worth. Fewer of them do not move the weights.
STRONG_RIDGE, FEWEST = 15.0, 50

#: Part of the models of the labels where the teacher is in no loss: without synthetic
#: rows, and beside them for a teacher that is as sure as these are, with what is added
#: for one that is e times less or more sure, and the most.
WITHOUT_ROWS, AS_SURE, FOR_SURENESS, MOST_SHARE = 0.5, 0.4, 0.5, 0.7

#: Synthetic rows by which that is found out.
_COMPARED = 5000

#: Folds for the models of the labels, and the most rows with which there are any beside
#: synthetic rows.
FOLDS, MOST_FOLDED = 3, 20_000

#: Of more rows the members are fitted on a random sample; without synthetic rows there
#: are no members then, nor where the rows are too large to be copied.
MOST = 400_000

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
    of_labelled : list of ndarray of shape (n_samples, n_outputs), or None, default=None
        For each member its out-of-sample predictions for all labelled rows; None where
        there are no folds.
    """

    members: dict
    weights: np.ndarray
    share: float | None = None
    of_labelled: list | None = None

    @property
    def shares(self):
        """The weights as shares of the whole, by the names of all members."""
        weights = np.asarray(self.weights, dtype=float)
        if self.share is not None:
            weights = np.r_[1 - self.share, self.share * weights / weights.sum()]
        names, total = [NAMES[0], *self.members], weights.sum()
        return dict.fromkeys(NAMES, 0.0) | {
            name: float(weight / total)
            for name, weight in zip(names, weights, strict=True)
        }

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
        task, outputs = rows.task, rows.soft.proba
        if self.share is None:
            return rows.with_outputs(task.pool([outputs, *others], self.weights))
        labels = task.pool(others, self.weights)
        mean = task.mean([outputs, labels], [1 - self.share, self.share])
        has_prediction = task.has_prediction(outputs)[:, None]
        return rows.with_outputs(np.where(has_prediction, mean, 0).astype(np.float32))


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
    made : TransferSet or None
        The synthetic rows. Without any, the training rows keep their soft targets, and
        the members need folds.
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
    if not (pool.booster or pool.student) or not _can_pool(teachers, rows.X):
        return TEACHER_ALONE
    rest, held = (train, validation) if validation else split(train, HELD, seed)
    of_teacher = teachers.out_of_sample_outputs(task)
    if made is not None:
        rest = _some(rest, seed)
    splits = None
    if made is None or (of_teacher is not None and len(rest) <= MOST_FOLDED):
        splits = _folds(rest, seed, context)
    if made is None and (
        splits is None or is_linear(student) or is_large(rows.X) or len(rest) > MOST
    ):
        return TEACHER_ALONE
    members = fit_members(pool, student, rest, held, made, rows.X, seed, context)
    if not members:
        return TEACHER_ALONE
    center = _center(CENTER_OF_LABELS, members)
    if of_teacher is not None:
        center = np.r_[CENTER[0], _center(CENTER[1:], members)]
    of_labelled = None
    if splits is not None:
        of_labelled = _predict_labelled(members, rest, held, splits, len(rows), context)
        weights = _fit([rest, held], of_teacher, of_labelled, center)
    elif held is None or len(held) < FEWEST:
        weights = center
    else:
        of_held = _predict_held(members, held, len(rows), context)
        ridge = {} if of_teacher is None else {"ridge": STRONG_RIDGE}
        weights = _fit([held], of_teacher, of_held, center, **ridge)
    share = None
    if of_teacher is None:
        share = _share_of_labels(members, weights, made)
    fitted = FittedPool(members, weights, share, of_labelled)
    _tell(fitted.shares, context)
    return fitted


def _can_pool(teachers, X):
    """Return whether there is a teacher to be pooled, and rows that members read."""
    if teachers.outputs is None or is_text(X) or issparse(X):
        return False
    if any(_is_pooled(one.teacher) for one in teachers.members):
        teachers.context.report("the teacher is pooled: there is no second pool")
        return False
    return True


def _some(rows, seed):
    """Draw rows for the members from very many."""
    if len(rows) <= MOST:
        return rows
    drawn = np.random.default_rng(seed).choice(len(rows), MOST, replace=False)
    return rows.at(np.sort(drawn))


def _is_pooled(teacher):
    """Return whether a teacher has learned from a pool: a chain pools once."""
    while True:
        if isinstance(teacher, Pipeline):
            teacher = teacher.steps[-1][1]
        elif isinstance(teacher, FrozenEstimator):
            teacher = teacher.estimator
        elif hasattr(teacher, "best_estimator_"):
            teacher = teacher.best_estimator_
        else:
            break
    shares = getattr(teacher, "pool_weights_", None)
    return bool(shares) and shares[NAMES[0]] < 1


def _folds(rows, seed, context):
    """Split rows for the models of the labels; None for no folds."""
    if context.deadline.limited:
        return None
    return rows.task.folds(rows.hard, rows.groups, FOLDS, seed)


def _center(center, members):
    """Give the centres of the members that there are the sum of all."""
    all_of = dict(zip(NAMES[1:], center, strict=True))
    there = np.array([all_of[name] for name in members])
    return there * (sum(center) / there.sum())


def _share_of_labels(members, weights, made):
    """Choose the part of the models of the labels beside a teacher in no loss.

    Whether the teacher is overconfident or underconfident shows without any label: in
    how sure it is of synthetic rows, compared with the models of the labels.
    """
    if made is None:
        return WITHOUT_ROWS
    few = slice(None, None, -(-len(made) // _COMPARED))
    labels = made.task.pool([one.outputs[few] for one in members.values()], weights)
    power = made.task.matching_exponent(made.soft.proba[few], labels)
    return min(AS_SURE + FOR_SURENESS * abs(np.log(power)), MOST_SHARE)


def _predict_labelled(members, rest, held, splits, n_rows, context):
    """Predict the labelled rows out of sample: out-of-fold, or as validation rows."""
    if held is None:
        predicted = [None] * len(members)
    else:
        predicted = _predict_held(members, held, n_rows, context)
    for place, one in enumerate(members.values()):
        if predicted[place] is None:
            predicted[place] = np.zeros((n_rows, rest.task.n_outputs), np.float32)
        predicted[place][rest.origin] = one.out_of_fold(rest, splits, context)
    return predicted


def _predict_held(members, held, n_rows, context):
    """Predict validation rows, as rows of arrays for all labelled ones."""
    predicted = []
    for one in members.values():
        outputs = np.zeros((n_rows, held.task.n_outputs), np.float32)
        outputs[held.origin] = one.label(held, context)
        predicted.append(outputs)
    return predicted


def _fit(parts, of_teacher, others, center, **ridge):
    """Fit the weights of a pool to the labels of rows that have all predictions.

    Parameters
    ----------
    parts : list of TransferSet or None
        The rows.
    of_teacher : ndarray of shape (n_samples, n_outputs) or None
        The teacher's out-of-sample predictions for all labelled rows. Where there are
        none, the teacher has no weight.
    others : list of ndarray of shape (n_samples, n_outputs)
        Those of the members.
    center, ridge
        As for :meth:`Classification.fit_pool`.

    Returns
    -------
    ndarray of shape (n_weights,), float64
        Not negative.
    """
    parts = [part for part in parts if part is not None]
    task, origin = parts[0].task, np.concatenate([part.origin for part in parts])
    hard = np.concatenate([part.hard for part in parts])
    weight = in_rows(np.concatenate([part.weight for part in parts]))
    outputs = [each[origin] for each in others]
    if of_teacher is not None:
        outputs = [of_teacher[origin], *outputs]
        predicted = task.has_prediction(outputs[0])
        outputs = [each[predicted] for each in outputs]
        hard, weight = hard[predicted], weight[predicted]
    weights = task.fit_pool(outputs, hard, weight, center, **ridge)
    return weights if weights.any() else center


def _tell(shares, context):
    """Print the weights, and warn where the teacher has next to none."""
    parts = [f"{name} {share:.2f}" for name, share in shares.items()]
    context.report("weights in the pool: " + ", ".join(parts))
    of_teacher = shares[NAMES[0]]
    if of_teacher < _NOTHING:
        warnings.warn(
            f"The teacher's weight in the pool is {of_teacher:.2f}: on this table it "
            "adds next to nothing to what models of the labels predict, and the "
            'student learns from these. objective="fidelity" makes it learn from the '
            "teacher alone.",
            UserWarning,
            stacklevel=6,
        )
