"""A fitted student outside this package: ONNX, C, SQL, or scikit-learn alone."""

from sklearn_kd.export._c.convert import to_c
from sklearn_kd.export._onnx.convert import to_onnx
from sklearn_kd.export._onnx.others.register import register_skl2onnx
from sklearn_kd.export._sklearn.convert import to_sklearn
from sklearn_kd.export._sql.convert import to_sql
from sklearn_kd.export._trusted import trusted_types

__all__ = [
    "register_skl2onnx",
    "to_c",
    "to_onnx",
    "to_sklearn",
    "to_sql",
    "trusted_types",
]
