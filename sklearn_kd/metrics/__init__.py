"""How much of its teacher a student keeps: metrics of arrays, and their scorers."""

from sklearn_kd.metrics._agreement import agreement_score
from sklearn_kd.metrics._divergence import kl_divergence
from sklearn_kd.metrics._retention import retention_score
from sklearn_kd.metrics.scorer import (
    TeacherScorer,
    agreement_scorer,
    kl_divergence_scorer,
    retention_scorer,
)

__all__ = [
    "TeacherScorer",
    "agreement_score",
    "agreement_scorer",
    "kl_divergence",
    "kl_divergence_scorer",
    "retention_score",
    "retention_scorer",
]
