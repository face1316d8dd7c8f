"""Who learns: the NumPy network with its encoder, and any scikit-learn classifier."""

from sklearn_kd.students._dispatch import (
    TransferSet,
    check_student,
    fit_student,
    split_validation,
)
from sklearn_kd.students._encoder import TabularEncoder
from sklearn_kd.students._mlp import MLPStudent

__all__ = [
    "MLPStudent",
    "TabularEncoder",
    "TransferSet",
    "check_student",
    "fit_student",
    "split_validation",
]
