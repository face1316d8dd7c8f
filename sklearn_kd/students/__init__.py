"""Who learns: the NumPy network with its encoder, and any scikit-learn classifier."""

from sklearn_kd.students._dispatch import (
    check_student,
    fit_student,
    is_linear,
    last_step,
    resolve_student,
    split_validation,
)
from sklearn_kd.students._prediction import StudentPredictionMixin
from sklearn_kd.students._rehearsal import check_dates, check_readable
from sklearn_kd.students._skorch import SkorchStudent
from sklearn_kd.students._transfer_set import TransferSet
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.mlp._mlp import MLPStudent

__all__ = [
    "MLPStudent",
    "SkorchStudent",
    "StudentPredictionMixin",
    "TabularEncoder",
    "TransferSet",
    "check_dates",
    "check_readable",
    "check_student",
    "fit_student",
    "is_linear",
    "last_step",
    "resolve_student",
    "split_validation",
]
