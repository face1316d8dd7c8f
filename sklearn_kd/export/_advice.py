"""Which part of a model to export, where the whole cannot be."""

from sklearn.base import BaseEstimator
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from sklearn_kd.students._mlp import MLPStudent

#: Where wrappers keep what they have fitted.
_INSIDE = ("best_estimator_", "estimator_", "estimator", "student_")


def what_to_pass(model, path):
    """Say which part of a model to export, or what exports it.

    Parameters
    ----------
    model : object
        Fitted, and no MLPStudent.
    path : str
        How the user writes it.

    Returns
    -------
    str
        One sentence.
    """
    inner = _path_inside(model)
    if inner is not None and isinstance(model, Pipeline):
        return (
            f"Export the last step, to_onnx({path}{inner}), and convert the steps "
            f"before it, {path}[:-1], by skl2onnx."
        )
    if inner is not None:
        alone = "" if "[-1]" not in inner else ", and the steps before it by skl2onnx"
        return f"Export the student inside, to_onnx({path}{inner}){alone}."
    if hasattr(model, "module"):
        return "Use torch.onnx.export for the module of a net."
    if isinstance(model, BaseEstimator):
        return (
            "Use skl2onnx for scikit-learn's own classifiers, and torch.onnx.export "
            "for the module of a net. Of a DistilledClassifier pass the whole or its "
            "student_, not its teacher."
        )
    return "Pass a fitted MLPStudent, or a DistilledClassifier with one."


def _path_inside(model):
    """Write how to get from a model to the student inside; None where there is none.

    A DistilledClassifier is exported itself, with its threshold.
    """
    student = getattr(model, "student_", None)
    thresholded = isinstance(student, FixedThresholdClassifier)
    if type(model) is MLPStudent or type(student) is MLPStudent or thresholded:
        return ""
    if isinstance(model, Pipeline):
        return _joined("[-1]", model.steps[-1][1])
    calibrated = getattr(model, "calibrated_classifiers_", None)
    if calibrated:
        return _joined(".calibrated_classifiers_[0].estimator", calibrated[0].estimator)
    for name in _INSIDE:
        part = getattr(model, name, None)
        if hasattr(part, "fit"):
            return _joined(f".{name}", part)
    return None


def _joined(step, part):
    inner = _path_inside(part)
    return None if inner is None else step + inner
