"""Teacher and student of a fitted estimator, whatever stands around it."""

import copy
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline

from sklearn_kd._messages import show
from sklearn_kd._recipe.base import BaseDistilled
from sklearn_kd.inspection._reading.around import look_through, rows_inside
from sklearn_kd.teachers.dropped import is_dropped, refuse_dropped


class Found(NamedTuple):
    """A distilled estimator, and the way of rows, targets and predictions around it.

    ``wrap(model)`` puts a fitted model in its place, and gives the outer estimator.
    ``rows(X)`` are the rows that reach it, and ``targets(y)`` the targets.
    """

    distilled: object
    wrap: Callable
    rows: Callable
    targets: Callable


def teacher_and_student(estimator):
    """Give teacher and student of a fitted estimator, as models of its own rows.

    Parameters
    ----------
    estimator : estimator
        A fitted DistilledClassifier or DistilledRegressor, or another with
        ``teacher_`` and ``student_``; also as the last step of a pipeline, in a search,
        behind a threshold, frozen or in a TransformedTargetRegressor.

    Returns
    -------
    teacher, student : object
        Fitted. What stands around the estimator stands around both of them.

    Raises
    ------
    NotFittedError
        Before ``fit``.
    TypeError
        For an estimator without teacher and student, and one that was fitted without a
        teacher.
    ValueError
        For one whose teacher was dropped.
    """
    found = find_distilled(estimator)
    distilled = found.distilled
    refuse_dropped(
        getattr(distilled, "teacher", None),
        "A comparison of teacher and student",
        'pass both in a dict, such as {"teacher": teacher, "student": student}.',
    )
    if distilled.teacher_ is None:
        raise TypeError(
            f"This {type(distilled).__name__} was fitted without a teacher (teacher_ "
            "is None): on predictions that were passed to fit, or with alpha=0. Pass "
            'fitted models in a dict, such as {"teacher": teacher, "student": student}.'
        )
    return found.wrap(distilled.teacher_), found.wrap(distilled.student_)


def read_models(models):
    """Give models by their names: those of a dict, or teacher and student of one.

    What has both and answers by both, a cascade, is the third.
    """
    if isinstance(models, Mapping):
        return models
    if isinstance(models, type):
        raise TypeError(
            f"models must be fitted, got the class {models.__name__}. Pass what its "
            "fit has returned."
        )
    teacher, student = teacher_and_student(models)
    named = {"teacher": teacher, "student": student}
    if not isinstance(find_distilled(models).distilled, BaseDistilled):
        named["cascade"] = models
    return named


def without_teacher(student):
    """Give the ``student_`` of a fitted distilled estimator, or any other as it is."""
    if isinstance(look_through(student)[0], BaseDistilled):
        found = find_distilled(student)
        return found.wrap(found.distilled.student_)
    return student


def find_distilled(estimator):
    """Find the distilled estimator in a fitted one.

    Parameters and errors are those of :func:`teacher_and_student`, which may also be
    given one without a teacher, also one that ``without_teacher()`` has made.

    Returns
    -------
    Found
        Named values.
    """
    part, around = look_through(estimator)
    has_teacher = hasattr(part, "teacher_") or is_dropped(
        getattr(part, "teacher", None)
    )
    if not (has_teacher and hasattr(part, "student_")):
        raise TypeError(
            f"{show(estimator)} has no teacher_ and student_: pass a fitted "
            "DistilledClassifier or DistilledRegressor, also in a pipeline or a "
            'search, or fitted models in a dict, such as {"teacher": teacher, '
            '"student": student}.'
        )
    return Found(
        part,
        lambda model: _wrapped(model, around),
        lambda X: rows_inside(X, around),
        lambda y: _with_transformed_targets(y, around),
    )


def _wrapped(model, around):
    """Put a fitted model into what stands around, from the inside out."""
    for outer in reversed(around):
        twin = copy.copy(outer)
        if isinstance(outer, Pipeline):
            twin.steps = [*outer.steps[:-1], (outer.steps[-1][0], model)]
        elif isinstance(outer, TransformedTargetRegressor):
            twin.regressor_ = model
        else:
            twin.estimator_ = model
        model = twin
    return model


def _with_transformed_targets(y, around):
    """Give targets as they reach what is inside."""
    for outer in around:
        if isinstance(outer, TransformedTargetRegressor):
            y = np.asarray(y)
            column = y.reshape(-1, 1) if y.ndim == 1 else y
            y = outer.transformer_.transform(column).reshape(y.shape)
    return y
