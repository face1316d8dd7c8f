"""Which part of a model to export, where the whole cannot be."""

from sklearn.base import BaseEstimator, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from sklearn_kd._compat import BaseSearchCV
from sklearn_kd._estimators.thresholds import read_threshold
from sklearn_kd.export._program.unwrap import unwrap
from sklearn_kd.students.mlp.regressor import MLPStudentRegressor
from sklearn_kd.students.mlp.student import MLPStudent
from sklearn_kd.students.skorch.regressor import SkorchStudentRegressor
from sklearn_kd.students.skorch.student import SkorchStudent

#: What can be exported; the latter two with a module that is a program.
NETWORKS = (MLPStudent, MLPStudentRegressor, SkorchStudent, SkorchStudentRegressor)

#: What else there is for models that skl2onnx knows, with a student inside.
_REGISTER = (
    "For ONNX skl2onnx converts the whole, once register_skl2onnx() has been called."
)


def what_to_pass(model, path, caller, deciding=None):
    """Return which part of a model to export, or what exports it.

    Parameters
    ----------
    model : object
        Fitted, and none of ``NETWORKS``.
    path : str
        How the user writes it.
    caller : str
        The function that exports.
    deciding : estimator or None, default=None
        What makes labels of its probabilities by a threshold.

    Returns
    -------
    str
        One sentence or two.
    """
    inner, passed = _path_inside(model)
    if inner is None:
        return _instead(model)
    before, transformed, _ = inner.partition(".regressor_")
    if transformed and caller == "to_onnx":  # it takes pipelines and searches
        inner = before + transformed
    deciding = passed if deciding is None else deciding
    part = "student inside" if "[-1]" not in inner else "last step"
    advice = f"Export the {part}, {caller}({path}{inner})."
    if "[-1]" in inner:
        steps = f"{path}{inner.partition('[-1]')[0]}[:-1]"
        by_onnx = "" if transformed else ", or write all of them by to_onnx"
        advice = (
            f"{advice[:-1]}, and apply the steps before it, {steps}, to its rows "
            f"yourself{by_onnx}."
        )
    if ".regressor_" in inner:
        advice += (
            " That model predicts the transformed targets: apply the inverse of the "
            "transformer to its predictions yourself."
        )
    if deciding is not None:
        threshold = read_threshold(deciding)
        advice += (
            f" The threshold of the {type(deciding).__name__}, {threshold.value:.6g}, "
            "is not in that model: hold its probabilities against it yourself."
        )
    return advice


def _instead(model):
    """Return what to do where no part of a model predicts what the whole does."""
    name = type(model).__name__
    distil = "DistilledRegressor" if is_regressor(model) else "DistilledClassifier"
    if hasattr(model, "module"):
        return (
            "Use torch.onnx.export for the module of a net, or fit the net in a "
            "SkorchStudent or SkorchStudentRegressor, which to_onnx covers."
        )
    if isinstance(model, BaseSearchCV):
        return f"This {name} keeps no model: fit it with refit=True."
    if hasattr(model, "calibrated_classifiers_") and _has_student(model):
        return (
            f"The calibration of a {name} is not covered, and a student inside it "
            "gives probabilities before calibration. Distil the whole into one "
            f"student, {distil}(FrozenEstimator(model)), or export a student that was "
            f"fitted without it. {_REGISTER}"
        )
    if _has_student(model):
        return (
            f"No single student inside predicts what this {name} does. Distil the "
            f"whole into one, {distil}(FrozenEstimator(model)), or export a student "
            f"that was fitted by itself. {_REGISTER}"
        )
    if isinstance(model, BaseEstimator):
        return (
            f"Use to_onnx for a {distil} with such a student, skl2onnx for "
            "scikit-learn's own estimators, and torch.onnx.export for the module of a "
            f"net. Of a {distil} pass the whole, not its teacher."
        )
    return (
        "Pass a fitted MLPStudent or MLPStudentRegressor, or a DistilledClassifier or "
        "DistilledRegressor with one."
    )


def _has_student(model):
    """Return whether a model was made of a student, however deep."""
    if not hasattr(model, "get_params"):
        return False
    return any(
        isinstance(part, NETWORKS) for part in model.get_params(deep=True).values()
    )


def _path_inside(model):
    """Write how to get from a model to the fitted student that predicts for it.

    None where there is none; with it a threshold that decides behind the student, where
    it cannot be exported with it.
    """
    part, deciding, path = unwrap(model)
    if type(part) in NETWORKS:
        return "", None  # exported with its threshold
    if isinstance(part, Pipeline):
        step, part = "[-1]", part.steps[-1][1]
    elif isinstance(part, FrozenEstimator):
        step, part = ".estimator", part.estimator
    elif isinstance(part, TransformedTargetRegressor) and hasattr(part, "regressor_"):
        step, part = ".regressor_", part.regressor_
    elif hasattr(part, "best_estimator_"):
        step, part = ".best_estimator_", part.best_estimator_
    else:
        return None, None
    inner, passed = _path_inside(part)
    deciding = passed if deciding is None else deciding
    return None if inner is None else f"{path}{step}{inner}", deciding
