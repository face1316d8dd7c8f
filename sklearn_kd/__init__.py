"""Knowledge distillation for tabular data, as scikit-learn estimators."""

from sklearn_kd._distilled import DistilledClassifier
from sklearn_kd.students import MLPStudent, TabularEncoder
from sklearn_kd.targets import SoftTargets
from sklearn_kd.transfer import UnlabeledRows

__version__ = "0.1.0.dev0"

__all__ = [
    "DistilledClassifier",
    "MLPStudent",
    "SoftTargets",
    "TabularEncoder",
    "UnlabeledRows",
]
