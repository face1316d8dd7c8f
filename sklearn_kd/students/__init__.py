"""Students: the NumPy networks with their encoder, skorch nets, and all others."""

from sklearn_kd.students._dispatch import (
    check_student,
    check_weighted,
    default_student,
    fit_student,
    follow,
    is_linear,
    own_rows,
    resolve_student,
    split_validation,
    student_outputs,
    without_adapter,
)
from sklearn_kd.students._on_labels import (
    OnLabels,
    is_own_network,
    reads_table,
    shortened,
    was_cut,
    without_teacher,
)
from sklearn_kd.students._rehearsal import check_dates, check_readable
from sklearn_kd.students._split import split
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.mlp.regressor import MLPStudentRegressor
from sklearn_kd.students.mlp.student import MLPStudent
from sklearn_kd.students.skorch.regressor import SkorchStudentRegressor
from sklearn_kd.students.skorch.student import SkorchStudent

__all__ = [
    "MLPStudent",
    "MLPStudentRegressor",
    "OnLabels",
    "SkorchStudent",
    "SkorchStudentRegressor",
    "TabularEncoder",
    "check_dates",
    "check_readable",
    "check_student",
    "check_weighted",
    "default_student",
    "fit_student",
    "follow",
    "is_linear",
    "is_own_network",
    "own_rows",
    "reads_table",
    "resolve_student",
    "shortened",
    "split",
    "split_validation",
    "student_outputs",
    "was_cut",
    "without_adapter",
    "without_teacher",
]
