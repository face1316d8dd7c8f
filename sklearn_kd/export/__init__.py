"""A fitted student as an ONNX model."""

from sklearn_kd.export._onnx.convert import to_onnx

__all__ = ["to_onnx"]
