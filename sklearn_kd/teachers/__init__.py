"""Resolving, fitting and cross-fitting teachers, and computing their predictions."""

from sklearn_kd._task.match import check_known
from sklearn_kd.teachers._asked import Knowledge, label_until, no_cross_fit
from sklearn_kd.teachers._compute import compute_soft_targets
from sklearn_kd.teachers._routing import fit_parameters, router, student_wants_weights
from sklearn_kd.teachers._teach import (
    Lesson,
    check_weights,
    no_folds,
    teach,
    with_members,
)
from sklearn_kd.teachers.cache._cache import check_memory, usable_memory
from sklearn_kd.teachers.cache._context import Context
from sklearn_kd.teachers.default._booster import ask_booster, fit_booster, smooth
from sklearn_kd.teachers.default._ensemble import default_teachers
from sklearn_kd.teachers.given._fitted import (
    check_teacher,
    is_surely_fitted,
    looks_fitted,
    no_refit,
    search_without_refit,
)
from sklearn_kd.teachers.given._leaf import TeacherParameterMixin
from sklearn_kd.teachers.given._proba import check_index, read_teacher_proba
from sklearn_kd.teachers.out_of_sample._bags import may_be_bagged
from sklearn_kd.teachers.out_of_sample._calibration import (
    fit_calibrator,
    no_calibration,
)
from sklearn_kd.teachers.out_of_sample._folds import check_folds, fold_positions

__all__ = [
    "Context",
    "Knowledge",
    "Lesson",
    "TeacherParameterMixin",
    "ask_booster",
    "check_folds",
    "check_index",
    "check_known",
    "check_memory",
    "check_teacher",
    "check_weights",
    "compute_soft_targets",
    "default_teachers",
    "fit_booster",
    "fit_calibrator",
    "fit_parameters",
    "fold_positions",
    "is_surely_fitted",
    "label_until",
    "looks_fitted",
    "may_be_bagged",
    "no_calibration",
    "no_cross_fit",
    "no_folds",
    "no_refit",
    "read_teacher_proba",
    "router",
    "search_without_refit",
    "smooth",
    "student_wants_weights",
    "teach",
    "usable_memory",
    "with_members",
]
