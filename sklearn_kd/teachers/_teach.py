"""The teacher stage: fit what is not fitted, ask everybody, average."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import clone

from sklearn_kd._messages import show
from sklearn_kd._run.random import seed_unset
from sklearn_kd._tables.weights import read_floats
from sklearn_kd._task.blending import average_proba
from sklearn_kd._task.match import check_match, fill_rows_without_prediction
from sklearn_kd.teachers._asked import AskedTeacher, Knowledge
from sklearn_kd.teachers._average import AveragedTeachers
from sklearn_kd.teachers._label import label_rows
from sklearn_kd.teachers.given._fitted import is_fitted
from sklearn_kd.teachers.out_of_sample._bags import bagged_members
from sklearn_kd.teachers.out_of_sample._folds import cross_fit, fit_teacher

#: Share of a time limit after which the members of a bagged teacher are left alone: to
#: ask them costs about as much as the whole.
_MEMBERS_SHARE = 0.2


@dataclass(frozen=True)
class Lesson:
    """The labelled rows that a teacher is fitted on or asked about.

    Parameters
    ----------
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Rows as they reached ``fit``.
    y : ndarray of shape (n_samples,)
        Labels.
    codes : ndarray of shape (n_samples,), int
        Their positions in ``classes``.
    weight : ndarray of shape (n_samples,), float64
        Their weights, all above 0.
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    given : ndarray of shape (n_samples,), int
        Their positions among the rows that ``fit`` got: those of weight 0 are left out.
    n_given : int
        How many rows that were.
    """

    X: object
    y: np.ndarray
    codes: np.ndarray
    weight: np.ndarray
    classes: np.ndarray
    given: np.ndarray
    n_given: int


def teach(
    teachers,
    lesson,
    *,
    fit_params,
    splits,
    weights,
    given_classes,
    held_out,
    seed,
    context,
):
    """Get soft targets from one or several teachers.

    Parameters
    ----------
    teachers : list of object
        Fitted and unfitted ones.
    lesson : Lesson
        Labelled rows.
    fit_params : list of dict
        For each teacher its row-wise ``fit`` parameters.
    splits : list of (train, test) or None
        For cross-fitting, as :func:`check_folds` gives them.
    weights : ndarray of shape (n_teachers,)
        Weight of each teacher in the mean.
    given_classes : array-like or None
        Column labels of fitted teachers that lack ``classes_``.
    held_out : bool or "auto"
        Whether out-of-sample predictions are needed, since rows will be made from the
        labelled ones; "auto" does without where little is left of a time limit.
    seed : int
        For what unfitted teachers leave unseeded.
    context : Context
        Cache, number of jobs, progress.

    Returns
    -------
    Knowledge
        Fitted teacher and soft targets.
    """
    fitted = [is_fitted(teacher, lesson.X, given_classes) for teacher in teachers]
    if splits is not None and any(fitted):
        raise no_folds(teachers[fitted.index(True)])
    asked = []
    for index, (teacher, ready) in enumerate(zip(teachers, fitted, strict=True)):
        if ready:
            one = _ask_fitted(teacher, lesson, given_classes, context)
        else:
            one = _fit_and_ask(
                _unfitted_copy(teacher, _own_seed(seed, index)),
                lesson,
                fit_params[index],
                splits,
                held_out,
                replace(context, seed=_own_seed(context.seed, index)),
            )
        hurry = held_out == "auto" and context.deadline.left(_MEMBERS_SHARE) < 0
        if held_out and one.held_out is None and not hurry:
            one = with_members(one, lesson, context, fitted_here=not ready)
        asked.append(one)
    if len(asked) == 1:
        teacher, name = (
            asked[0].teacher,
            f"The teacher {type(asked[0].teacher).__name__}",
        )
    else:
        teacher = AveragedTeachers(
            [one.teacher for one in asked],
            weights,
            lesson.classes,
            [one.given_classes for one in asked],
        )
        name = "Every teacher"
    proba = average_proba([one.proba for one in asked], weights)
    proba = fill_rows_without_prediction(proba, lesson.codes, name=name)
    return Knowledge(teacher, proba, tuple(asked), weights, context)


def _ask_fitted(teacher, lesson, given_classes, context):
    key = context.teacher_key(teacher)
    labels = label_rows(
        teacher,
        lesson.X,
        lesson.classes,
        given_classes=given_classes,
        context=context,
        key=key,
    )
    check_match(
        labels.proba,
        labels.outside,
        labels.known,
        lesson.codes,
        lesson.classes,
        name=f"The fitted teacher {type(teacher).__name__}",
    )
    return AskedTeacher(teacher, key, labels.proba, given_classes)


def with_members(one, lesson, context, *, fitted_here=False):
    """Get out-of-bag answers for the labelled rows from a bagged teacher.

    Parameters
    ----------
    one : AskedTeacher
        Without out-of-sample answers.
    lesson : Lesson
        The labelled rows.
    context : Context
        Cache, number of jobs, progress.
    fitted_here : bool, default=False
        Whether it is known to have been fitted on these rows.

    Returns
    -------
    AskedTeacher
        With out-of-bag answers, where there are such.
    """
    bag = bagged_members(
        one.teacher, lesson, one.given_classes, one.key, fitted_here=fitted_here
    )
    if bag is None:
        return one
    every = np.arange(len(lesson.codes))
    proba = bag.label(lesson.X, every, context)
    return replace(one, held_out=bag, held_out_proba=proba)


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


def _fit_and_ask(teacher, lesson, fit_params, splits, keep, context):
    rows = np.arange(len(lesson.y))
    with context.deadline.paused():
        fitted, key = fit_teacher(
            teacher, lesson.X, lesson.y, fit_params, rows, context, "teacher"
        )
        if splits is not None:
            labels, folds = cross_fit(
                teacher, lesson, fit_params, splits, context, keep=keep
            )
    if splits is not None:
        return AskedTeacher(fitted, key, labels.proba, None, folds, labels.proba)
    labels = label_rows(
        fitted, lesson.X, lesson.classes, given_classes=None, context=context, key=key
    )
    return AskedTeacher(fitted, key, labels.proba)


def no_folds(teacher):
    """Make the error for ``cv`` beside a fitted teacher."""
    return ValueError(
        f"cv was given, but the teacher {type(teacher).__name__} is fitted: "
        "cross-fitting needs teachers that have not seen the row they label, and a "
        "fitted one is never refitted. Pass it unfitted (sklearn.base.clone), or leave "
        "cv=None."
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
