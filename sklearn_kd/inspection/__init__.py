"""Fitted models side by side: quality, fidelity, size and speed."""

from sklearn_kd.inspection._compare import compare
from sklearn_kd.inspection._costs.scorers import (
    latency_scorer,
    parameters_scorer,
    size_scorer,
)
from sklearn_kd.inspection._costs.size import count_parameters, pickled_size
from sklearn_kd.inspection._costs.speed import prediction_latency, throughput
from sklearn_kd.inspection._coverage import coverage
from sklearn_kd.inspection._report import distillation_report
from sklearn_kd.inspection.column_coverage import ColumnCoverage
from sklearn_kd.inspection.comparison import Comparison
from sklearn_kd.inspection.cost_scorer import CostScorer
from sklearn_kd.inspection.displays.agreement import AgreementDisplay
from sklearn_kd.inspection.displays.reliability import ReliabilityDisplay
from sklearn_kd.inspection.displays.trade_off import TradeOffDisplay
from sklearn_kd.inspection.displays.training_curve import TrainingCurveDisplay
from sklearn_kd.inspection.report import DistillationReport

__all__ = [
    "AgreementDisplay",
    "ColumnCoverage",
    "Comparison",
    "CostScorer",
    "DistillationReport",
    "ReliabilityDisplay",
    "TradeOffDisplay",
    "TrainingCurveDisplay",
    "compare",
    "count_parameters",
    "coverage",
    "distillation_report",
    "latency_scorer",
    "parameters_scorer",
    "pickled_size",
    "prediction_latency",
    "size_scorer",
    "throughput",
]
