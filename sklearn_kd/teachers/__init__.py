"""Where soft targets come from: fitting, cross-fitting and using teachers."""

from sklearn_kd.teachers._compute import compute_soft_targets
from sklearn_kd.teachers._sources import find_source
from sklearn_kd.teachers._teach import with_out_of_bag
from sklearn_kd.teachers.cache._cache import check_memory
from sklearn_kd.teachers.cache._context import Context
from sklearn_kd.teachers.default._booster import fit_booster, label_by_booster, smooth
from sklearn_kd.teachers.given._fitted import (
    looks_fitted,
    no_refit,
    search_without_refit,
)
from sklearn_kd.teachers.given._probabilities import check_index
from sklearn_kd.teachers.out_of_sample._calibration import fit_calibrator
from sklearn_kd.teachers.out_of_sample._splits import check_folds, fold_positions

__all__ = [
    "Context",
    "check_folds",
    "check_index",
    "check_memory",
    "compute_soft_targets",
    "find_source",
    "fit_booster",
    "fit_calibrator",
    "fold_positions",
    "label_by_booster",
    "looks_fitted",
    "no_refit",
    "search_without_refit",
    "smooth",
    "with_out_of_bag",
]
