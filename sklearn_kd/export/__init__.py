"""A fitted student as an ONNX model."""

from sklearn_kd.export._onnx.convert import to_onnx
from sklearn_kd.export._onnx.register import register_skl2onnx

__all__ = ["register_skl2onnx", "to_onnx"]
