"""A fitted student outside this package."""

from sklearn_kd.export._c.convert import to_c
from sklearn_kd.export._onnx.convert import to_onnx

__all__ = ["to_c", "to_onnx"]
