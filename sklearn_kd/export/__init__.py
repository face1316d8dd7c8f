"""Where a student goes: ONNX."""

from sklearn_kd.export._onnx import to_onnx

__all__ = ["to_onnx"]
