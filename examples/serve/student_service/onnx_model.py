"""A student as an ONNX model. Needs ONNX Runtime and NumPy, and no sklearn_kd."""

import json
from hashlib import sha256
from itertools import count

import numpy as np
import onnxruntime

from student_service.columns import Column
from student_service.predictions import of_classes, of_numbers

#: What stands for a missing value in an input of levels.
MISSING = {"tensor(string)": "", "tensor(int64)": np.iinfo(np.int64).min}

#: The outputs of each task.
OUTPUTS = {
    "classification": ["label", "probabilities"],
    "regression": ["prediction"],
}


class OnnxModel:
    """A model in ONNX Runtime.

    Parameters
    ----------
    name : str
        Of the file.
    content : bytes
        Of the file, which ``sklearn_kd.export.to_onnx`` has written.
    """

    def __init__(self, name, content):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # requests are many, and small
        options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # they have no class in common
            raise ValueError(
                f"ONNX Runtime {onnxruntime.__version__} cannot read {name}: {error}"
            ) from error
        said = self._session.get_modelmeta().custom_metadata_map
        if "sklearn_kd_version" not in said:
            raise ValueError(
                f"{name} does not name its columns, as a file of "
                "sklearn_kd.export.to_onnx does. Export the student again by to_onnx."
            )
        self.task = said["task"]
        self.classes, self.threshold, self.quantiles = (
            json.loads(said.get(key, "null"))
            for key in ("classes", "threshold", "quantiles")
        )
        self._outputs = OUTPUTS[self.task] + ["quantiles"] * bool(self.quantiles)
        lacking = {*self._outputs} - {each.name for each in self._session.get_outputs()}
        if lacking:
            raise ValueError(
                f"{name} lacks the outputs {sorted(lacking)}. Export the student again "
                "by to_onnx, without outputs=."
            )
        levels = json.loads(said["feature_levels"])
        names = json.loads(said["feature_names"])
        self.columns = [Column(each, levels.get(each)) for each in names]
        self.about = {
            "model": name,
            "sha256": sha256(content).hexdigest(),
            "sklearn_kd_version": said["sklearn_kd_version"],
        }
        self._codes = self._read_codes() if levels else None

    def _read_codes(self):
        """Give for each nominal column what stands for a level, and for others."""
        codes = {}
        for column, entry in zip(self.columns, self._session.get_inputs(), strict=True):
            if column.levels is None:
                continue
            text = entry.type == "tensor(string)"
            missing = MISSING[entry.type]
            known = {
                level: missing if level is None else level if text else int(level)
                for level in column.levels
            }
            free = (f"unknown {i}" if text else i for i in count())
            other = next(each for each in free if each not in known)
            codes[column.name] = known, other, object if text else np.int64
        return codes

    def predict(self, table):
        """Predict rows.

        Parameters
        ----------
        table : dict of str to list
            The values of each column.

        Returns
        -------
        list of dict
            The prediction of each row.
        """
        if self._codes is None:
            rows = np.array(list(table.values()), dtype=np.float32)
            feeds = {"X": np.ascontiguousarray(rows.T)}
        else:
            feeds = {name: self._feed(name, values) for name, values in table.items()}
        given = self._session.run(self._outputs, feeds)
        if self.classes is not None:
            return of_classes(*given, self.classes)
        return of_numbers(*given, *[self.quantiles] * bool(self.quantiles))

    def _feed(self, name, values):
        """Make the input of a column: None is NaN in a column of numbers."""
        if name not in self._codes:
            return np.array(values, dtype=np.float32)[:, None]
        known, other, dtype = self._codes[name]
        return np.array([[known.get(value, other)] for value in values], dtype=dtype)
