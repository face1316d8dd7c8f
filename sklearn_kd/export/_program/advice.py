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
    deciding = passed if deciding is None else deciding
    if isinstance(model, Pipeline):
        advice = (
            f"Export the last step, {caller}({path}{inner}), and convert the steps "
            f"before it, {path}[:-1], by skl2onnx."
        )
    else:
        alone = "" if "[-1]" not in inner else ", and the steps before it by skl2onnx"
        advice = f"Export the student inside, {caller}({path}{inner}){alone}."
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
        return "Use torch.onnx.export for the module of a net."
    if isinstance(model, BaseSearchCV):
        return f"This {name} keeps no model: fit it with refit=True."
    if hasattr(model, "calibrated_classifiers_") and _has_student(model):
        return (
            f"The calibration of a {name} is not covered, and a student inside it "
            "gives probabilities before calibration. Distil the whole into one "
            f"student, {distil}(FrozenEstimator(model)), or export a student that was "
            "fitted without it."
        )
    if _has_student(model):
        return (
            f"No single student inside predicts what this {name} does. Distil the "
            f"whole into one, {distil}(FrozenEstimator(model)), or export a student "
            "that was fitted by itself."
        )
    if isinstance(model, BaseEstimator):
        return (
            "Use skl2onnx for scikit-learn's own estimators, and torch.onnx.export "
            f"for the module of a net. Of a {distil} pass the whole or its student_, "
            "not its teacher."
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
