"""How much of its teacher a student keeps: metrics of arrays, and their scorers."""

from sklearn_kd.metrics._agreement import agreement_score
from sklearn_kd.metrics._divergence import kl_divergence
from sklearn_kd.metrics._fidelity import fidelity_r2_score, prediction_difference
from sklearn_kd.metrics._retention import retention_score
from sklearn_kd.metrics._scorers import (
    agreement_scorer,
    fidelity_r2_scorer,
    kl_divergence_scorer,
    prediction_difference_scorer,
    retention_scorer,
)
from sklearn_kd.metrics.scorer import TeacherScorer

__all__ = [
    "TeacherScorer",
    "agreement_score",
    "agreement_scorer",
    "fidelity_r2_score",
    "fidelity_r2_scorer",
    "kl_divergence",
    "kl_divergence_scorer",
    "prediction_difference",
    "prediction_difference_scorer",
    "retention_score",
    "retention_scorer",
]
