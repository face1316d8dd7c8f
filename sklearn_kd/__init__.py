"""Knowledge distillation for tabular data, as scikit-learn estimators."""

from importlib import import_module

__version__ = "0.1.0.dev0"

#: Where each public name lives. They are imported at their first use, so that a
#: program that only names the package does not wait for scikit-learn.
_HOMES = {
    "CascadeClassifier": "cascade",
    "DistilledClassifier": "distilled",
    "DistilledRegressor": "distilled_regressor",
    "LabelledDataset": "files",
    "MLPStudent": "students",
    "MLPStudentRegressor": "students",
    "MungeSampler": "transfer",
    "Pool": "pool",
    "SkorchStudent": "students",
    "SkorchStudentRegressor": "students",
    "SoftPredictions": "targets",
    "SoftTargets": "targets",
    "StoredTeacher": "teachers",
    "TabularEncoder": "students",
    "TransferSampler": "transfer",
    "UnlabeledRows": "transfer",
    "compute_soft_targets": "teachers",
    "label_dataset": "files",
}
_SUBPACKAGES = (
    "datasets",
    "export",
    "inspection",
    "losses",
    "metrics",
    "model_selection",
    "torch",
    "transfer",
)

__all__ = [
    "CascadeClassifier",
    "DistilledClassifier",
    "DistilledRegressor",
    "LabelledDataset",
    "MLPStudent",
    "MLPStudentRegressor",
    "MungeSampler",
    "Pool",
    "SkorchStudent",
    "SkorchStudentRegressor",
    "SoftPredictions",
    "SoftTargets",
    "StoredTeacher",
    "TabularEncoder",
    "TransferSampler",
    "UnlabeledRows",
    "compute_soft_targets",
    "label_dataset",
]


def __getattr__(name):
    if name in _SUBPACKAGES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted([*__all__, *_SUBPACKAGES, "__version__"])
