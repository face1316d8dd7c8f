"""Running ONNX models on arrays and on the columns of frames."""

import numpy as np
import onnx
import onnxruntime
import pandas as pd


def run(model, feeds):
    if isinstance(feeds, np.ndarray):
        feeds = {"X": feeds}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, feeds)


def frame_feeds(model, X):
    """Columns of a frame in the types of the model's inputs."""
    feeds = {}
    for column in model.graph.input:
        values = X[column.name]
        kind = column.type.tensor_type.elem_type
        if kind == onnx.TensorProto.STRING:
            values = values.astype(object).where(values.notna(), "").to_numpy(object)
        elif kind == onnx.TensorProto.INT64:
            missing = np.iinfo(np.int64).min
            values = np.array([missing if pd.isna(v) else int(v) for v in values])
        else:
            values = values.to_numpy(np.float32)
        feeds[column.name] = values[:, None]
    return feeds
