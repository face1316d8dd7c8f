"""Fitted models side by side: quality, fidelity, size and speed."""

from sklearn_kd.inspection._compare import compare
from sklearn_kd.inspection._costs.size import count_parameters, pickled_size
from sklearn_kd.inspection._costs.speed import prediction_latency, throughput
from sklearn_kd.inspection._coverage import coverage
from sklearn_kd.inspection._report import distillation_report
from sklearn_kd.inspection.column_coverage import ColumnCoverage
from sklearn_kd.inspection.comparison import Comparison
from sklearn_kd.inspection.report import DistillationReport

__all__ = [
    "ColumnCoverage",
    "Comparison",
    "DistillationReport",
    "compare",
    "count_parameters",
    "coverage",
    "distillation_report",
    "pickled_size",
    "prediction_latency",
    "throughput",
]
