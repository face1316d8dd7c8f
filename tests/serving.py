"""The service of `examples/serve`, around fitted students, and requests to it."""

import asyncio
import json
import sys
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest
import skops.io
from exported import exported

from benchmarks.serve.service import EXAMPLE
from sklearn_kd.export import to_onnx

sys.path.insert(0, str(EXAMPLE))

from student_service import make_app
from student_service.estimator_model import read_skops
from student_service.onnx_model import OnnxModel

JSON = {"content-type": "application/json"}


def onnx_bytes(student):
    return to_onnx(student).SerializeToString()


def served(student, kind):
    """The service of a student whose file is of a kind."""
    if kind == "onnx":
        return make_app(OnnxModel("student.onnx", onnx_bytes(student)))
    return make_app(read_skops("student.skops", skops.io.dumps(student)))


@cache
def service(name, kind="onnx"):
    """The service of a model of `exported`; not to be changed."""
    return served(exported(name)[0], kind)


@dataclass
class Answer:
    status_code: int
    headers: dict
    content: bytes

    def json(self):
        return json.loads(self.content, parse_constant=pytest.fail)  # NaN, Infinity


def ask(app, content=b"", path="/predict", headers=JSON):
    """Send a request; an exception inside the service is raised here."""
    method = "POST" if path == "/predict" else "GET"
    if isinstance(content, str):
        content = content.encode()
    scope = {"type": "http", "method": method, "path": path, "query_string": b""}
    scope["headers"] = [(name.encode(), headers[name].encode()) for name in headers]
    sent = []

    async def receive():
        return {"type": "http.request", "body": content}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    start, *rest = sent
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], found, b"".join(each["body"] for each in rest))


def as_json(rows):
    """Rows of a frame or array as dictionaries of what JSON has."""
    if isinstance(rows, np.ndarray):
        rows = pd.DataFrame(rows, columns=[f"x{j}" for j in range(rows.shape[1])])
    table = rows.astype(object).where(rows.notna(), None)
    return [dict(zip(table, row, strict=True)) for row in table.to_numpy().tolist()]


def body(rows):
    """A request for rows of a frame or array."""
    return json.dumps({"rows": as_json(rows)})


def numbers(predictions):
    """All probabilities, or all numbers, as `exported.outputs` has them."""
    first = predictions[0]
    if "probabilities" in first:
        return np.array([[*each["probabilities"].values()] for each in predictions])
    if "quantiles" not in first:
        values = np.array([each["prediction"] for each in predictions])
    else:
        levels = [[*each["quantiles"].values()] for each in predictions]
        values = np.moveaxis(np.array(levels), 1, -1)
    return values.reshape(len(predictions), -1)
