"""A fitted student as an ONNX model, and what skops is to trust in its files."""

from sklearn_kd.export._onnx.convert import to_onnx
from sklearn_kd.export._trusted import trusted_types

__all__ = ["to_onnx", "trusted_types"]
