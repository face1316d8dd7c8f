"""Each place where a student runs: what it takes, gives, weighs and loses."""

import pickle
import time
from statistics import median
from typing import NamedTuple

import numpy as np
import onnxruntime
import pandas as pd

from benchmarks.exports.databases import ask, connected, load
from benchmarks.exports.native import as_floats, run_header
from sklearn_kd.export import to_c, to_onnx, to_sklearn, to_sql
from sklearn_kd.inspection import pickled_size

#: Rows that are predicted one at a time, and rounds of all of them.
SINGLE, ROUNDS = 200, 5

_FLOAT32 = "digits beyond float32"
_INT8 = "float32, and weights of 8 bits"


class Target(NamedTuple):
    """A place where a student runs.

    Parameters
    ----------
    name : str
        What the tables call it.
    call : str
        What makes it, or predicts there.
    lost : str
        What the student can do that it cannot.
    measure : callable
        Gives for a student, rows and a folder the seconds of a row, the bytes of the
        file or of the tables, and what is predicted.
    """

    name: str
    call: str
    lost: str
    measure: object


def outputs_of(model, X):
    """Give probabilities, or numbers in two dimensions."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X)
    return np.reshape(model.predict(X), (len(X), -1))


def _one_by_one(predict, rows):
    """Give the median seconds of a row, of different ones, over some rounds."""
    predict(rows[0])
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for row in rows:
            predict(row)
        rounds.append((time.perf_counter() - start) / len(rows))
    return median(rounds)


def _cut(X):
    """Cut a table into rows of one each."""
    part = X.iloc if isinstance(X, pd.DataFrame) else X
    return [part[place : place + 1] for place in range(min(SINGLE, len(X)))]


def _python(student, X, folder):
    predict = getattr(student, "predict_proba", student.predict)
    seconds = _one_by_one(predict, _cut(X))
    return seconds, pickled_size(student), outputs_of(student, X)


def _scikit_learn(student, X, folder):
    alone = to_sklearn(student)
    predict = getattr(alone, "predict_proba", alone.predict)
    seconds = _one_by_one(predict, _cut(X))
    return seconds, len(pickle.dumps(alone)), outputs_of(alone, X)


def _feeds(session, X):
    """Give rows as the inputs of a model."""
    inputs = session.get_inputs()
    if len(inputs) == 1 and inputs[0].name == "X" and not isinstance(X, pd.DataFrame):
        return {"X": X.astype(np.float32)}
    feeds = {}
    for each, name in zip(inputs, X, strict=True):
        values = X[name]
        if each.type == "tensor(string)":
            values = values.astype(object).where(values.notna(), "")
            feeds[each.name] = values.to_numpy(object)[:, None]
        elif each.type == "tensor(int64)":
            values = values.fillna(np.iinfo(np.int64).min)
            feeds[each.name] = values.to_numpy(np.int64)[:, None]
        else:
            feeds[each.name] = values.to_numpy(np.float32)[:, None]
    return feeds


def _onnx(student, X, folder, **options):
    output = "probabilities" if hasattr(student, "classes_") else "prediction"
    model = to_onnx(student, outputs=[output], **options).SerializeToString()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model, settings, providers=["CPUExecutionProvider"]
    )
    rows = [_feeds(session, row) for row in _cut(X)]
    seconds = _one_by_one(lambda feeds: session.run(None, feeds), rows)
    given = session.run(None, _feeds(session, X))[0]
    return seconds, len(model), given.reshape(len(X), -1)


def _c(student, X, folder, *, wasm=False, **options):
    header = to_c(student, **options)
    kind = "float" if hasattr(student, "classes_") else "double"
    seconds, given = run_header(header, as_floats(student, X), kind, folder, wasm=wasm)
    return seconds, bytes_of(header), given


def bytes_of(header):
    """Read from a header how many bytes its tables take."""
    words = header.partition("A prediction reads ")[2].split()
    return int(words[0])


def _sql(dialect):
    def measure(student, X, folder):
        frame = pd.DataFrame(X)
        frame.columns = [
            name if isinstance(name, str) else f"x{name}" for name in frame
        ]
        query = to_sql(student, "rows", dialect)
        with connected(dialect) as (connection, mark):
            load(connection, mark, frame)
            found = ask(connection, query)
            start = time.perf_counter()
            ask(connection, query)
            seconds = (time.perf_counter() - start) / len(X)
        given = found.drop(columns=["id", *frame.columns, "label"], errors="ignore")
        return seconds, len(query.encode()), given.to_numpy(float)

    return measure


def _int8(measure):
    return lambda student, X, folder: measure(student, X, folder, quantize=True)


#: Places, in the order of the table.
TARGETS = [
    Target("Python, this package", "student.predict_proba(X)", "nothing", _python),
    Target(
        "Python, scikit-learn alone",
        "export.to_sklearn(student)",
        "time",
        _scikit_learn,
    ),
    Target("ONNX Runtime", "export.to_onnx(student, path)", _FLOAT32, _onnx),
    Target(
        "ONNX Runtime, int8",
        "export.to_onnx(student, path, quantize=True)",
        _INT8,
        _int8(_onnx),
    ),
    Target("C", "export.to_c(student, path=...)", _FLOAT32, _c),
    Target("C, int8", "export.to_c(student, quantize=True)", _INT8, _int8(_c)),
    Target(
        "WebAssembly",
        "examples/browser/build.py student.h page.html",
        _FLOAT32,
        lambda student, X, folder: _c(student, X, folder, wasm=True),
    ),
    *(
        Target(name, f'export.to_sql(student, table, "{own}")', "time", _sql(own))
        for name, own in [
            ("DuckDB", "duckdb"),
            ("SQLite", "sqlite"),
            ("PostgreSQL", "postgresql"),
        ]
    ),
]
