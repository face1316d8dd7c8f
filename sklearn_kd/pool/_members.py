"""The members of a pool beside the teacher: models that are fitted on labels."""

from dataclasses import dataclass, replace

import numpy as np
from joblib import parallel_config

from sklearn_kd._estimators.parts import last_step
from sklearn_kd.pool._booster import booster_of, fit_booster
from sklearn_kd.students import (
    OnLabels,
    is_own_network,
    reads_table,
    shortened,
    was_cut,
    without_teacher,
)
from sklearn_kd.teachers import FittedTeacher, cross_fit, fit_teacher, weights_for

#: What the members are called, the teacher first.
NAMES = ("teacher", "booster", "student")

#: What lines of progress call them.
_ROLES = {"booster": "small booster", "student": "student on labels"}

#: Students on labels that are pooled, which differ in their seed.
_STUDENTS = 2

#: Steps of the one student of a fold, over those of one on all rows.
_FOLD_STEPS = 0.5

#: Share of a time limit that the student on labels may be trained for, and the fewest
#: of its steps that are worth having.
_TIME, _WORTH = 0.15, 0.5

#: Share of a time limit after which the members make no more predictions.
_SHARE = 0.5

#: Rows whose prediction is timed.
_FEW_ROWS = 500


@dataclass(frozen=True, eq=False)
class Member:
    """A model of the labels.

    Parameters
    ----------
    name : str
        What progress calls it.
    fitted : FittedTeacher
        It predicts like a teacher.
    of_fold : estimator
        What is fitted in its place on the rows of a fold; not fitted.
    outputs : ndarray of shape (n_made, n_outputs), float32, or None
        Its predictions for the synthetic rows, where there are some.
    """

    name: str
    fitted: FittedTeacher
    of_fold: object
    outputs: np.ndarray | None

    def label(self, rows, context):
        """Predict rows that it was not fitted on."""
        return self.fitted.label(rows.X, rows.task, context)

    def out_of_fold(self, rows, splits, context):
        """Predict rows by models of its kind that were fitted on other folds."""
        weights = weights_for(self.of_fold, rows)
        outputs, _ = cross_fit(
            self.of_fold, rows, weights, splits, context, keep=False, role=self.name
        )
        return outputs


def fit_members(pool, student, train, held, made, real, seed, context):
    """Fit the models of the labels, and predict the synthetic rows by them.

    Parameters
    ----------
    pool : Pool
        Which there are.
    student : estimator
        The student, seeded and not fitted.
    train, held : TransferSet
        Rows to fit on, and rows that stop the student on labels; the latter may be
        None.
    made : TransferSet or None
        The synthetic rows.
    real : {ndarray, DataFrame} of shape (n_samples, n_features)
        All labelled rows.
    seed : int
        Of the models.
    context : Context
        Cache, progress and deadline.

    Returns
    -------
    dict of str to Member
        By name. One for which there is no time, or that cannot read the rows, is left
        out.
    """
    members = {}
    held = held and replace(held, soft=None)  # the labels alone, whatever the teacher
    if pool.booster:
        model = booster_of(train, seed)
        fitted = model and fit_booster(model, train, seed, context)
        _add(members, "booster", fitted, model, made, real, context)
    if pool.student:
        n_transfer = len(train if made is None else made)
        network = without_teacher(student, train, n_transfer, seed)
        several = 1 if context.deadline.limited else _STUDENTS
        model = OnLabels(network, held, train.task, several)
        of_fold = OnLabels(shortened(network, _FOLD_STEPS), held, train.task)
        if is_own_network(student) or reads_table(train.X):
            fitted = _fit_on_labels(model, train, context)
            _add(members, "student", fitted, of_fold, made, real, context)
    return members


def _add(members, name, fitted, of_fold, made, real, context):
    """Add a member that is there, and predicts the synthetic rows in time."""
    outputs = None
    if fitted and made:
        outputs = label_in_time(fitted, made, real, name, context)
    if fitted and (outputs is not None or made is None):
        members[name] = Member(_ROLES[name], fitted, of_fold, outputs)


def _fit_on_labels(model, train, context):
    """Train the student on labels; None where too little time is left."""
    weights = weights_for(model, train)
    if not context.deadline.limited:
        every, role = np.arange(len(train)), _ROLES["student"]
        with parallel_config(n_jobs=context.n_jobs):
            fitted, key = fit_teacher(model, train, weights, every, context, role)
        return FittedTeacher(fitted, key, None)
    network = last_step(model.student)
    seconds = min(_TIME * context.deadline.seconds, context.deadline.left(_SHARE))
    if seconds > 0:
        limits = [seconds, network.time_limit]
        network.set_params(time_limit=min(filter(None, limits)))
        model.fit(train.X, train.y, **weights)
        trained = last_step(model.students_[0])
        wanted = trained.max_iter * trained.n_steps_ / trained.n_iter_
        if not was_cut(trained) or trained.n_steps_ >= _WORTH * wanted:
            return FittedTeacher(model, None, None)
    context.report("no student on labels: there is no time to train it")
    return None


def label_in_time(fitted, made, real, name, context):
    """Predict synthetic rows, where there is time; None where there is too little."""
    what = f"The {name} of the pool (objective=Pool({name}=False) does without it)"

    def predict(rows):
        return fitted.label_synthetic(rows, real, context, name=what)

    deadline, n_rows = context.deadline, len(made)
    if deadline.limited and n_rows > _FEW_ROWS:
        began = deadline.elapsed()
        predict(made.first(_FEW_ROWS))
        each = (deadline.elapsed() - began) / _FEW_ROWS
        if each * n_rows > deadline.left(_SHARE):
            context.report(f"no {name} in the pool: its predictions take too long")
            return None
    return predict(made)
