"""Fitted models side by side: quality, fidelity, size and speed."""

from sklearn_kd.inspection._compare import Comparison, compare
from sklearn_kd.inspection._size import count_parameters, pickled_size
from sklearn_kd.inspection._speed import prediction_latency, throughput

__all__ = [
    "Comparison",
    "compare",
    "count_parameters",
    "pickled_size",
    "prediction_latency",
    "throughput",
]
