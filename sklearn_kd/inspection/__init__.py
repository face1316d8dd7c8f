"""What came out: fidelity, size and speed of a student beside its teacher."""

from sklearn_kd.inspection._compare import Comparison, compare
from sklearn_kd.inspection._fidelity import agreement_score, mean_kl_divergence
from sklearn_kd.inspection._size import count_parameters, pickled_size
from sklearn_kd.inspection._speed import prediction_latency, throughput

__all__ = [
    "Comparison",
    "agreement_score",
    "compare",
    "count_parameters",
    "mean_kl_divergence",
    "pickled_size",
    "prediction_latency",
    "throughput",
]
