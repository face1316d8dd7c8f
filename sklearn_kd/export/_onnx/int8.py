"""Weights in eight bits, by ONNX Runtime's quantiser, and what they change."""

import os
from importlib import import_module
from tempfile import TemporaryDirectory

import numpy as np

from sklearn_kd.export._onnx.build import build
from sklearn_kd.export._onnx.levels import MISSING, input_kind
from sklearn_kd.export._onnx.nodes import EXACT
from sklearn_kd.export._onnx.parts import Estimated
from sklearn_kd.export._program.rows import change_of, draw_rows

#: Rows on which the change of predictions is measured.
_ROWS = 1024


def to_int8(model, program):
    """Round the weights of a model to eight bits, and write down what that changes.

    Parameters
    ----------
    model : onnx.ModelProto
        Of the program, or of a pipeline that ends in it.
    program : Program
        Of the student.

    Returns
    -------
    onnx.ModelProto
        With the metadata properties ``int8_mean_change`` and ``int8_largest_change``.

    Raises
    ------
    ImportError
        Without the package ``onnxruntime``.
    TypeError
        For an estimator that is no network.
    """
    if isinstance(program.steps[0], Estimated):
        raise TypeError(
            "quantize=True rounds the weights of a network, and this student is none. "
            "Leave it at False."
        )
    last = program.outputs[-1:]
    before = build(program, last)
    rows = _feeds(program, draw_rows(program, _ROWS))
    change = change_of(
        program, *[_run(each, rows) for each in (before, _quantized(before))]
    )
    small = _quantized(model)
    for name in ("mean", "largest"):
        value = f"{getattr(change, name):.3g}"
        small.metadata_props.add(key=f"int8_{name}_change", value=value)
    return small


def _quantized(model):
    """Have ONNX Runtime round the weights of all layers."""
    onnx, quantization = import_module("onnx"), _runtime("onnxruntime.quantization")
    given = onnx.ModelProto()
    given.CopyFrom(model)
    # without it the quantiser advises to simplify the model first
    given.metadata_props.add(key="onnx.quant.pre_process", value="onnxruntime.quant")
    exact = [node.name for node in given.graph.node if node.name.startswith(EXACT)]
    with TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        quantization.quantize_dynamic(
            given,
            path,
            op_types_to_quantize=["MatMul"],
            nodes_to_exclude=exact,
            per_channel=True,
            # products of signed weights overflow on processors without VNNI
            weight_type=quantization.QuantType.QUInt8,
        )
        small = onnx.load(path)
    small.producer_name, small.producer_version = model.producer_name, ""
    del small.metadata_props[:]
    small.metadata_props.extend(model.metadata_props)
    onnx.checker.check_model(small, full_check=True)
    return small


def _feeds(program, rows):
    """Give drawn rows as the inputs of the model of a program."""
    kinds = [input_kind(column) for column in program.inputs]
    if set(kinds) == {"FLOAT"}:
        return {"X": rows.astype(np.float32)}
    feeds = {}
    for column, kind, values in zip(program.inputs, kinds, rows.T, strict=True):
        dtype = {"FLOAT": np.float32, "INT64": np.int64, "STRING": object}[kind]
        if kind != "FLOAT":
            values = [MISSING[kind] if value is None else value for value in values]
        feeds[column.label] = np.array(values, dtype=object).astype(dtype)[:, None]
    return feeds


def _run(model, feeds):
    """Compute the only output of a model, in two dimensions."""
    runtime = _runtime("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    (output,) = session.run(None, feeds)
    return output.reshape(len(output), -1)


def _runtime(module):
    """Import ONNX Runtime, or say how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            "quantize=True needs the package onnxruntime. Install it with "
            "`pip install sklearn-kd[onnx]`."
        ) from error
