"""Scikit-learn's estimators as ONNX, by skl2onnx."""

import warnings
from importlib import import_module

import numpy as np
from sklearn.pipeline import Pipeline

from sklearn_kd._messages import show
from sklearn_kd.export._onnx.graph import ML_OPSET, OPSET
from sklearn_kd.export._onnx.levels import input_kind
from sklearn_kd.export._onnx.others.columns import (
    Unknown,
    by_column,
    labels_in,
    read_columns,
)
from sklearn_kd.export._onnx.others.trees import follow_missing
from sklearn_kd.export._onnx.parts import Converted, Estimated, Front, Given
from sklearn_kd.export._program.levels import plain_labels
from sklearn_kd.export._program.program import Program
from sklearn_kd.export._program.steps import (
    Greatest,
    Middle,
    Threshold,
    Unscale,
    Widen,
)
from sklearn_kd.export._program.unwrap import read_decision

_TWO_CALLS = (
    "Call sklearn_kd.export.register_skl2onnx(), and then skl2onnx.to_onnx(model, "
    "X[:1]) with the model and rows of fit, from which skl2onnx reads what the "
    "columns hold."
)


def skl2onnx_for(caller):
    """Import skl2onnx, or say how to install it."""
    try:
        return import_module("skl2onnx")
    except ImportError as error:
        raise ImportError(
            f"{caller} needs the package skl2onnx for estimators of scikit-learn. "
            "Install it with `pip install sklearn-kd[onnx]`."
        ) from error


def convert_front(steps, model, program):
    """Convert the steps of a pipeline in front of a student.

    Parameters
    ----------
    steps : list of (str, transformer)
        Fitted.
    model : estimator
        The whole.
    program : Program
        Of the student.

    Returns
    -------
    Front
        The steps, and the columns of the rows that they read.

    Raises
    ------
    TypeError
        For steps that skl2onnx does not convert, or whose columns are not known to be
        numbers or strings, and for a student with nominal columns behind steps.
    """
    nominal = [each.label for each in program.inputs if each.levels is not None]
    if nominal:
        raise TypeError(
            f"to_onnx does not cover steps in front of a student with the nominal "
            f"columns {show(nominal[:4])}: what such steps hand on is one table of "
            "numbers in ONNX. Fit the student on the rows as they come; its encoder "
            "reads levels and missing values."
        )
    part = steps[0][1] if len(steps) == 1 else Pipeline(steps)
    inputs = _inputs(part, model)
    opsets = [s.model.opset_import for s in program.steps if isinstance(s, Converted)]
    versions = [each.version for own in opsets for each in own if not each.domain]
    return Front(_convert(part, inputs, {}, max([OPSET, *versions])), inputs)


def estimator_program(student, deciding, model):
    """Give the program of a distilled student of scikit-learn.

    Parameters
    ----------
    student : estimator
        Fitted.
    deciding : estimator or None
        What decides the label by a threshold.
    model : estimator
        The whole.

    Returns
    -------
    Program
        One step, of what skl2onnx has converted, and those of its task.
    """
    inputs = _inputs(student, model)
    if not hasattr(model, "classes_"):
        return _numbers(student, inputs)
    if not hasattr(student, "predict_proba"):
        raise TypeError(
            f"to_onnx writes labels and probabilities, and the student "
            f"{type(student).__name__} has no predict_proba. Call skl2onnx.to_onnx("
            "model.student_, X[:1]), or choose a student that has."
        )
    classes, known = model.classes_, student.classes_
    threshold = read_decision(deciding, classes)
    kind = plain_labels(classes, "to_onnx").dtype.kind
    if threshold is not None:
        decision = Threshold(*threshold)
    else:
        # skl2onnx gives all labels but strings as whole numbers
        decision = Given() if kind in "iO" else Greatest()
    converted = _convert(student, inputs, {id(student): {"zipmap": False}})
    steps = [Estimated(converted, len(known))]
    if len(known) < len(classes):
        steps.append(Widen(np.searchsorted(classes, known), len(classes)))
    return Program(inputs, tuple(steps), decision, classes)


def _numbers(student, inputs):
    """Give the program of a regressor."""
    # one that skl2onnx converts has as many outputs as it predicts for a row
    converted = _convert(student, inputs, {})
    shape = converted.graph.output[0].type.tensor_type.shape.dim
    ones = np.ones(shape[1].dim_value or 1 if len(shape) > 1 else 1)
    steps = Estimated(converted, len(ones)), Unscale(ones, np.zeros_like(ones))
    return Program(inputs, steps, Middle(None, 0, ones), None)


def _inputs(part, model):
    """Describe the columns of rows; refuse where fitted steps do not tell."""
    try:
        return read_columns(part)
    except Unknown as error:
        raise TypeError(
            f"to_onnx cannot tell what the columns of {type(model).__name__} hold: "
            f"{error} {_TWO_CALLS}"
        ) from None


def _convert(estimator, inputs, options, opset=OPSET):
    """Have skl2onnx convert an estimator, with its own outputs."""
    from sklearn_kd.export._onnx.others.register import register_skl2onnx

    skl2onnx = skl2onnx_for("to_onnx")
    register_skl2onnx()
    kinds = [input_kind(column) for column in inputs]
    types = import_module("skl2onnx.common.data_types")
    made = {
        "FLOAT": types.FloatTensorType,
        "INT64": types.Int64TensorType,
        "STRING": types.StringTensorType,
    }
    if by_column(estimator) or set(kinds) != {"FLOAT"}:
        held = {
            column.label: made[kind] for column, kind in zip(inputs, kinds, strict=True)
        }
        columns = [
            (label, held.get(label, made["FLOAT"])([None, 1]))
            for label in labels_in(estimator)
        ]
    else:
        columns = [("X", made["FLOAT"]([None, len(inputs)]))]
    try:
        with warnings.catch_warnings():  # of its own use of other packages
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            model = skl2onnx.convert_sklearn(
                estimator,
                "part",
                columns,
                target_opset={"": opset, "ai.onnx.ml": ML_OPSET},
                options=options,
            )
    except Exception as error:  # what it raises is of many kinds
        lines = str(error).strip().splitlines() or [type(error).__name__]
        missing = type(error).__name__.startswith("Missing")
        reason = lines[0 if missing else -1][-300:].rstrip(".")
        raise TypeError(
            f"to_onnx writes {type(estimator).__name__} by skl2onnx, which does not "
            f"convert it: {reason}. Where another package has a converter, as "
            "onnxmltools has those of XGBoost, LightGBM and CatBoost, pass it to "
            "skl2onnx.update_registered_converter and call to_onnx again."
        ) from error
    follow_missing(model, estimator)
    return model
