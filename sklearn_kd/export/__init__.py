"""A fitted student outside this package."""

from sklearn_kd.export._c.convert import to_c
from sklearn_kd.export._onnx.convert import to_onnx
from sklearn_kd.export._onnx.others.register import register_skl2onnx

__all__ = ["register_skl2onnx", "to_c", "to_onnx"]
