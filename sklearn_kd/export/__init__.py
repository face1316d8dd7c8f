"""A fitted student outside this package."""

from sklearn_kd.export._c.convert import to_c
from sklearn_kd.export._onnx.convert import to_onnx
from sklearn_kd.export._sklearn.convert import to_sklearn

__all__ = ["to_c", "to_onnx", "to_sklearn"]
