"""A fitted student outside this package."""

from sklearn_kd.export._c.convert import to_c
from sklearn_kd.export._onnx.convert import to_onnx
from sklearn_kd.export._trusted import trusted_types

__all__ = ["to_c", "to_onnx", "trusted_types"]
