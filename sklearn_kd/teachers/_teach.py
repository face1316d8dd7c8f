"""The teacher stage: fit what is not fitted, ask everybody, average."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import clone

from sklearn_kd._random import seed_unset
from sklearn_kd.targets import average_proba
from sklearn_kd.teachers._average import AveragedTeachers
from sklearn_kd.teachers._fit import cross_fit, fit_teacher
from sklearn_kd.teachers._fitted import is_fitted
from sklearn_kd.teachers._label import label_rows
from sklearn_kd.teachers._trust import check_match, fill_silent_rows


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
    present : ndarray of shape (n_samples,), bool
        False for rows of weight 0.
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    """

    X: object
    y: np.ndarray
    codes: np.ndarray
    present: np.ndarray
    classes: np.ndarray


@dataclass(frozen=True)
class Knowledge:
    """What the teacher stage found out.

    Parameters
    ----------
    teacher : object or None
        The fitted teacher; None with precomputed probabilities.
    proba : ndarray of shape (n_samples, n_classes), float32
        Soft targets of the labelled rows.
    transfer_proba : ndarray of shape (n_transfer, n_classes), float32, or None
        Soft targets of the other rows. A row is zero where the teacher puts all mass
        on classes that are not ours.
    """

    teacher: object
    proba: np.ndarray
    transfer_proba: np.ndarray | None


def teach(
    teachers,
    lesson,
    X_transfer,
    *,
    fit_params,
    splits,
    teacher_weights,
    given_classes,
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
    X_transfer : {ndarray, CSR matrix, DataFrame} or None
        Rows without a label.
    fit_params : list of dict
        For each teacher its row-wise ``fit`` parameters.
    splits : list of (train, test) or None
        For cross-fitting.
    teacher_weights : array-like of shape (n_teachers,) or None
        Weight of each teacher in the mean.
    given_classes : array-like or None
        Column labels of fitted teachers that do not know their own.
    seed : int
        For what unfitted teachers leave unseeded.
    context : Context
        Cache, number of jobs, progress.

    Returns
    -------
    Knowledge
        Fitted teacher and soft targets.
    """
    weights = _check_weights(teacher_weights, len(teachers))
    fitted = [is_fitted(teacher, lesson.X, given_classes) for teacher in teachers]
    if splits is not None and any(fitted):
        name = type(teachers[fitted.index(True)]).__name__
        raise ValueError(
            f"cv was given, but the teacher {name} is fitted: cross-fitting needs "
            "teachers that have not seen the row they label, and a fitted one is never "
            "refitted. Pass it unfitted (sklearn.base.clone), or leave cv=None."
        )
    asked, answers, transfers = [], [], []
    for index, (teacher, ready) in enumerate(zip(teachers, fitted, strict=True)):
        if ready:
            key, labels = None, _ask_fitted(teacher, lesson, given_classes, context)
        else:
            teacher, key, labels = _fit_and_ask(
                _unfitted_copy(teacher, _own_seed(seed, index)),
                lesson,
                fit_params[index],
                splits,
                replace(context, seed=_own_seed(context.seed, index)),
            )
        asked.append(teacher)
        answers.append(labels.proba)
        if X_transfer is not None:
            labels = label_rows(
                teacher,
                X_transfer,
                lesson.classes,
                given_classes=given_classes,
                context=context,
                key=key,
            )
            transfers.append(labels.proba)
    if len(asked) == 1:
        teacher, name = asked[0], f"The teacher {type(asked[0]).__name__}"
    else:
        teacher = AveragedTeachers(asked, weights, lesson.classes, given_classes)
        name = "Every teacher"
    proba = fill_silent_rows(average_proba(answers, weights), lesson, name=name)
    transfer = average_proba(transfers, weights) if transfers else None
    return Knowledge(teacher, proba, transfer)


def _ask_fitted(teacher, lesson, given_classes, context):
    labels = label_rows(
        teacher, lesson.X, lesson.classes, given_classes=given_classes, context=context
    )
    check_match(labels, lesson, name=f"The fitted teacher {type(teacher).__name__}")
    return labels


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


def _fit_and_ask(teacher, lesson, fit_params, splits, context):
    rows = np.flatnonzero(lesson.present)
    fitted, key = fit_teacher(teacher, lesson.X, lesson.y, fit_params, rows, context)
    if splits is not None:
        labels = cross_fit(teacher, lesson, fit_params, splits, context)
    else:
        labels = label_rows(
            fitted,
            lesson.X,
            lesson.classes,
            given_classes=None,
            context=context,
            key=key,
        )
    return fitted, key, labels


def _check_weights(teacher_weights, n_teachers):
    if teacher_weights is None:
        return np.full(n_teachers, 1 / n_teachers)
    weights = np.asarray(teacher_weights, dtype=np.float64)
    if weights.shape != (n_teachers,):
        raise ValueError(
            f"teacher_weights has shape {weights.shape}, expected one weight for each "
            f"of the {n_teachers} teachers."
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise ValueError(
            f"teacher_weights must be finite, not negative and not all 0, got "
            f"{weights.tolist()}."
        )
    return weights / weights.sum()
