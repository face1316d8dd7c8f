"""Fit the teachers that are not fitted, label the labelled rows by all, average."""

from dataclasses import replace

import numpy as np
from sklearn.base import clone

from sklearn_kd._estimators.parts import last_step
from sklearn_kd._messages import show
from sklearn_kd._run.random import seed_unset
from sklearn_kd._tables.weights import in_rows, read_floats
from sklearn_kd.teachers._fit import fit_teacher, renamed_weights
from sklearn_kd.teachers._label import label_rows
from sklearn_kd.teachers._teachers import FittedTeacher, Teachers
from sklearn_kd.teachers.average import average_of
from sklearn_kd.teachers.given._fitted import is_fitted
from sklearn_kd.teachers.out_of_sample._bagged import bagged_members
from sklearn_kd.teachers.out_of_sample._out_of_fold import cross_fit
from sklearn_kd.teachers.quantiles import _fit as quantiles
from sklearn_kd.teachers.quantiles._find import users_teachers
from sklearn_kd.teachers.quantiles.adapters import QuantileTeacher
from sklearn_kd.teachers.quantiles.residuals import ResidualQuantiles

#: Share of a time limit after which no out-of-bag predictions are made: they take about
#: as long as those of the whole teacher.
_MEMBERS_SHARE = 0.2


def teach(
    teachers,
    rows,
    present,
    *,
    fit_params,
    splits,
    weights,
    given_classes,
    out_of_sample,
    seed,
    context,
    pooled=False,
):
    """Get soft targets from one or several teachers.

    Parameters
    ----------
    teachers : list of object
        Fitted and unfitted ones.
    rows : TransferSet
        Labelled rows.
    present : Present
        Which these are of the rows that ``fit`` got.
    fit_params : list of dict
        For each teacher its row-wise ``fit`` parameters.
    splits : list of (train, test) or None
        For cross-fitting, as :func:`check_folds` gives them.
    weights : ndarray of shape (n_teachers,)
        Weight of each teacher in the mean.
    given_classes : array-like or None
        Column labels of fitted teachers that lack ``classes_``.
    out_of_sample : bool or "auto"
        Whether out-of-sample predictions are needed, since rows will be made from the
        labelled ones; "auto" does without where little is left of a time limit.
    seed : int
        For what unfitted teachers leave unseeded.
    context : Context
        Cache, number of jobs, progress.
    pooled : bool, default=False
        Whether predictions are pooled, with weights that are fitted to the labels on
        out-of-fold predictions, where there are folds.

    Returns
    -------
    Teachers
        Fitted, with the soft targets of the labelled rows.
    """
    task = rows.task
    fitted = [
        [is_fitted(part, rows.X, given_classes, task) for part in users_teachers(one)]
        for one in teachers
    ]
    if splits is not None and any(map(any, fitted)):
        index = [any(parts) for parts in fitted].index(True)
        place = fitted[index].index(True)
        raise no_folds(users_teachers(teachers[index])[place])
    members = []
    for index, (teacher, parts) in enumerate(zip(teachers, fitted, strict=True)):
        own_seed = _own_seed(seed, index)
        own = replace(context, seed=_own_seed(context.seed, index))
        common = fit_params[index], splits, given_classes, out_of_sample
        if isinstance(teacher, ResidualQuantiles):
            shared = weights if len(teachers) == 1 else np.ones(1)
            one = _around_means(
                teacher, rows, present, own_seed, own, *common, shared, pooled
            )
        else:
            one = _one(teacher, rows, present, all(parts), own_seed, own, *common)
        members.append(one)
    if len(members) == 1:
        weights = np.ones(1)
    pooled = pooled and splits is not None and len(members) > 1
    if pooled:
        weights = _fitted_weights(members, rows, context)
    if len(members) == 1:
        (teacher,) = (one.teacher for one in members)
        name = f"The teacher {type(teacher).__name__}"
    else:
        teacher = average_of(
            [one.teacher for one in members],
            weights,
            task,
            [one.given_classes for one in members],
            pooled=pooled,
        )
        name = "Every teacher"
    teachers = Teachers(teacher, None, tuple(members), weights, context, pooled=pooled)
    outputs = teachers.combined([one.outputs for one in members], task)
    return replace(teachers, outputs=task.fill(outputs, rows.hard, name))


def _one(
    teacher,
    rows,
    present,
    ready,
    seed,
    context,
    weights,
    splits,
    given_classes,
    out_of_sample,
):
    """Fit one teacher if it is not ready, and label the labelled rows by it."""
    if ready:
        if isinstance(teacher, QuantileTeacher):
            teacher = quantiles.around_rows(teacher, rows, weights)
        one = _label_by_fitted(teacher, rows, given_classes, context)
    else:
        copy = _unfitted_copy(teacher, seed)
        one = _fit_and_label(copy, rows, weights, splits, out_of_sample, context)
    hurry = out_of_sample == "auto" and context.deadline.left(_MEMBERS_SHARE) < 0
    if not out_of_sample or one.out_of_sample is not None or hurry:
        return one
    if isinstance(one.teacher, QuantileTeacher):
        return quantiles.with_leaves(one, rows, context)
    return with_out_of_bag(one, rows, present, context, fitted_here=not ready)


def _around_means(
    adapter,
    rows,
    present,
    seed,
    context,
    params,
    splits,
    given_classes,
    out_of_sample,
    weights,
    pooled,
):
    """Make one teacher of quantiles of those of means, and of their residuals.

    Residuals need predictions that are out of sample, whatever else does.
    """
    parts, means = users_teachers(adapter), quantiles.of_means(rows)
    teachers = teach(
        parts,
        means,
        present,
        fit_params=[renamed_weights(part, params) for part in parts],
        splits=splits,
        weights=weights,
        given_classes=given_classes,
        out_of_sample=out_of_sample or True,
        seed=seed,
        context=context,
        pooled=pooled,
    )
    one = quantiles.with_residuals(adapter, teachers, rows, seed, context)
    if out_of_sample or splits is not None:
        return one
    return replace(one, out_of_sample=None, out_of_sample_outputs=None)


def _fitted_weights(members, rows, context):
    """Fit the weights of teachers in their pool to the labels, out of fold."""
    outputs = [one.outputs for one in members]
    center = np.full(len(members), 1 / len(members))
    weights = rows.task.fit_pool(outputs, rows.hard, in_rows(rows.weight), center)
    if not weights.any():
        weights = center
    kinds = [type(last_step(one.teacher)).__name__ for one in members]
    named = zip(kinds, weights, strict=True)
    context.report(
        "weights in the default ensemble: "
        + ", ".join(f"{kind} {weight:.2f}" for kind, weight in named)
    )
    return weights


def _label_by_fitted(teacher, rows, given_classes, context):
    key = context.teacher_key(teacher)
    predictions = label_rows(
        teacher,
        rows.X,
        rows.task,
        given_classes=given_classes,
        context=context,
        key=key,
    )
    name = f"The fitted teacher {type(users_teachers(teacher)[0]).__name__}"
    rows.task.check_match(predictions, rows.hard, name=name)
    return FittedTeacher(teacher, key, predictions.outputs, given_classes)


def with_out_of_bag(one, rows, present, context, *, fitted_here=False):
    """Add out-of-bag predictions of the labelled rows, where a teacher has them.

    Parameters
    ----------
    one : FittedTeacher
        Without out-of-sample predictions.
    rows : TransferSet
        The labelled rows.
    present : Present
        Which these are of the rows that ``fit`` got.
    context : Context
        Cache, number of jobs, progress.
    fitted_here : bool, default=False
        Whether it is known to have been fitted on these rows.

    Returns
    -------
    FittedTeacher
        With out-of-bag predictions, if it is a bagged teacher.
    """
    members = bagged_members(
        one.teacher, rows, present, one.given_classes, one.key, fitted_here=fitted_here
    )
    if members is None:
        return one
    outputs = members.label(rows.X, np.arange(len(rows)), context)
    # no member left these rows out
    outputs[members.left_out == 0] = rows.task.no_prediction
    return replace(one, out_of_sample=members, out_of_sample_outputs=outputs)


def _own_seed(seed, index):
    """Give each teacher a seed: several must not be the same one several times."""
    if not index or seed is None:
        return seed
    return int(np.random.default_rng([seed, index]).integers(2**31 - 1))


def _unfitted_copy(teacher, seed):
    if not hasattr(teacher, "get_params"):
        raise TypeError(
            f"The teacher {type(teacher).__name__} is not fitted and cannot be cloned: "
            "it has no get_params. Fit it first, or derive it from "
            "sklearn.base.BaseEstimator."
        )
    return seed_unset(clone(teacher), seed)


def _fit_and_label(teacher, rows, fit_params, splits, keep, context):
    every = np.arange(len(rows))
    with context.deadline.paused():
        fitted, key = fit_teacher(teacher, rows, fit_params, every, context, "teacher")
        if splits is not None:
            outputs, folds = cross_fit(
                teacher, rows, fit_params, splits, context, keep=keep
            )
    if splits is not None:
        return FittedTeacher(fitted, key, outputs, None, folds, outputs)
    predictions = label_rows(
        fitted, rows.X, rows.task, given_classes=None, context=context, key=key
    )
    return FittedTeacher(fitted, key, predictions.outputs)


def no_folds(teacher):
    """Make the error for ``cv`` beside a fitted teacher."""
    return ValueError(
        f"cv was given, but the teacher {type(teacher).__name__} is fitted: "
        "cross-fitting needs teachers that were not fitted on the row they label, "
        "and a fitted one is never refitted. Pass it unfitted (sklearn.base.clone), or "
        "leave cv=None."
    )


def check_weights(teacher_weights, n_teachers):
    """Bring the weights of teachers to a sum of 1.

    Parameters
    ----------
    teacher_weights : array-like of shape (n_teachers,) or None
        As the user gave them; None weighs all alike.
    n_teachers : int
        How many there have to be.

    Returns
    -------
    ndarray of shape (n_teachers,), float64
        The weights.

    Raises
    ------
    ValueError
        For another number of weights, and for some that are no weights.
    """
    if teacher_weights is None:
        return np.full(n_teachers, 1 / n_teachers)
    weights = read_floats(teacher_weights, "teacher_weights", each="teacher")
    if weights.shape != (n_teachers,):
        raise ValueError(
            f"teacher_weights has shape {weights.shape}, expected one weight for each "
            f"of the {n_teachers} teachers."
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise ValueError(
            f"teacher_weights must be finite, not negative and not all 0, got "
            f"{show(weights)}."
        )
    weights = weights / weights.max()  # the sum of huge ones is infinite
    return weights / weights.sum()
