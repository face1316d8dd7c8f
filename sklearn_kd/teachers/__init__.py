"""Where soft targets come from: fitting, cross-fitting and using teachers."""

from sklearn_kd.teachers._compute import compute_soft_targets
from sklearn_kd.teachers._fit import fit_teacher, weights_for
from sklearn_kd.teachers._sources import find_source
from sklearn_kd.teachers._teach import with_out_of_bag
from sklearn_kd.teachers._teachers import FittedTeacher
from sklearn_kd.teachers.cache._cache import check_memory
from sklearn_kd.teachers.cache._context import Context
from sklearn_kd.teachers.default._ensemble import BOOSTER_SIZES, small_booster
from sklearn_kd.teachers.given._fitted import (
    hand_on,
    looks_fitted,
    no_refit,
    search_without_refit,
)
from sklearn_kd.teachers.given._targets import check_index
from sklearn_kd.teachers.given.stored import StoredTeacher
from sklearn_kd.teachers.out_of_sample._calibration import fit_calibrator
from sklearn_kd.teachers.out_of_sample._out_of_fold import cross_fit
from sklearn_kd.teachers.out_of_sample._splits import check_folds, fold_positions
from sklearn_kd.teachers.quantiles._find import users_teachers
from sklearn_kd.teachers.trees import count_trees

__all__ = [
    "BOOSTER_SIZES",
    "Context",
    "FittedTeacher",
    "StoredTeacher",
    "check_folds",
    "check_index",
    "check_memory",
    "compute_soft_targets",
    "count_trees",
    "cross_fit",
    "find_source",
    "fit_calibrator",
    "fit_teacher",
    "fold_positions",
    "hand_on",
    "looks_fitted",
    "no_refit",
    "search_without_refit",
    "small_booster",
    "users_teachers",
    "weights_for",
    "with_out_of_bag",
]
