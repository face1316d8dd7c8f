"""A fitted student as an ONNX model."""

from sklearn_kd.export._onnx import to_onnx

__all__ = ["to_onnx"]
