"""Fitted estimators that are kept as files: ``python tests/kept/make.py`` writes them.

They go into the folder of the present version, beside the rows and what each estimator
predicts for them. A released folder is never written again: later versions load its
files and predict the same, or say why not (``LOADED`` and ``REFUSED`` in
``sklearn_kd/_run/versions.py``). When the version changes, run it once, and remove the
folder of a version that was not released.

The files are of skops and of ONNX, which are data. Pickles are no such promise: they
depend on the versions of NumPy and Python as well.
"""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from skorch import NeuralNetClassifier

import sklearn_kd
from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MLPStudentRegressor,
    SkorchStudent,
    TabularEncoder,
)
from sklearn_kd.export import to_onnx
from sklearn_kd.torch import TabularMLP

HERE = Path(__file__).parent
METHODS = ("predict", "predict_proba", "predict_quantiles")

#: Rows with missing values, unknown levels, and values beyond the ends.
ROWS = {
    "alcohol": [13.2, 14.1, None, 12.0, 99.0, -5.0, 13.0, 12.7],
    "acid": [1.7, None, 2.5, 4.1, 1.0, 5.9, 0.0, 2.2],
    "job": ["cook", "nurse's", None, "ünï", "none", "no such level", "cook", "ünï"],
    "floor": [0, 1, 2, 3, None, 0, 77, 1],
    "smoker": [True, False, True, False, True, False, True, False],
}


def frame(columns):
    """Make rows of ``ROWS`` into a table with the dtypes of ``fit``."""
    rows = pd.DataFrame(columns).astype(
        {"alcohol": float, "acid": float, "job": object}
    )
    floor = [None if pd.isna(level) else int(level) for level in columns["floor"]]
    return rows.assign(floor=pd.Categorical(floor))


def table():
    """Give the rows and the labels that all are fitted on."""
    X, y = load_wine(return_X_y=True)
    rng = np.random.default_rng(0)
    jobs = rng.choice(np.array(["nurse's", "clerk", "ünï", None], object), len(y))
    columns = {
        "alcohol": np.where(rng.random(len(y)) < 0.1, np.nan, X[:, 0]),
        "acid": np.where(rng.random(len(y)) < 0.1, np.nan, X[:, 1]),
        "job": np.where(X[:, 0] > 13, "cook", jobs),
        "floor": rng.integers(0, 4, len(y)),
        "smoker": rng.random(len(y)) < 0.5,
    }
    return frame(columns), y


def _student():
    encoder = TabularEncoder(n_knots=8, n_bins=4)
    return MLPStudent((8,), encoder=encoder, max_iter=5, random_state=0)


def student():
    X, y = table()
    return _student().fit(X, np.array(["b", "a", "ç"])[y])


def quantiles():
    X, y = table()
    encoder = TabularEncoder(n_knots=8, n_bins=4)
    levels = {"loss": "pinball", "quantiles": (0.1, 0.5, 0.9)}
    model = MLPStudentRegressor(
        (8,), encoder=encoder, max_iter=5, random_state=0, **levels
    )
    return model.fit(X, 100 * y + X["alcohol"].fillna(13))


def distilled():
    X, y = table()
    encoder = OneHotEncoder(handle_unknown="ignore")
    teacher = make_pipeline(encoder, LogisticRegression())
    model = DistilledClassifier(teacher, _student(), transfer=None, random_state=0)
    return model.fit(X, y).without_teacher()


def net():
    X, y = table()
    net = NeuralNetClassifier(
        TabularMLP, module__hidden_layer_sizes=(8,), max_epochs=3, verbose=0
    )
    encoder = TabularEncoder(n_knots=8, n_bins=4)
    model = SkorchStudent(net, encoder=encoder, random_state=0).fit(X, y)
    for epoch in model.net_.history:
        epoch["dur"] = 0.0  # its seconds
    return model


MODELS = {
    "student": student,
    "quantiles": quantiles,
    "distilled": distilled,
    "net": net,
}


def predictions(model):
    """Predict the rows, as lists."""
    rows = frame(ROWS)
    has = [method for method in METHODS if hasattr(model, method)]
    return {method: getattr(model, method)(rows).tolist() for method in has}


def skops_file(model):
    """Write a file of skops without addresses, random names and times in it."""
    made = zipfile.ZipFile(io.BytesIO(skops.io.dumps(model)))
    schema = json.loads(made.read("schema.json"))
    names, numbers = {}, {}

    def renamed(node):
        if isinstance(node, list):
            return [renamed(each) for each in node]
        if not isinstance(node, dict):
            return node
        node = {name: renamed(each) for name, each in node.items()}
        if "__id__" in node:
            node["__id__"] = numbers.setdefault(node["__id__"], len(numbers))
        if "__loader__" in node and "file" in node:
            ending = node["file"].rpartition(".")[2]
            node["file"] = names.setdefault(node["file"], f"{len(names)}.{ending}")
        return node

    content = {"schema.json": json.dumps(renamed(schema)).encode()}
    content |= {new: made.read(old) for old, new in names.items()}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        for name, data in content.items():
            info = zipfile.ZipInfo(name)  # of 1980
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, data)
    return written.getvalue()


def main():
    folder = HERE / sklearn_kd.__version__
    folder.mkdir(exist_ok=True)
    models = {name: make() for name, make in MODELS.items()}
    for name, model in models.items():
        (folder / f"{name}.skops").write_bytes(skops_file(model))
    (folder / "student.onnx").write_bytes(
        to_onnx(models["student"]).SerializeToString()
    )
    expected = {name: predictions(model) for name, model in models.items()}
    kept = json.dumps(
        {"rows": ROWS, "expected": expected}, indent=1, ensure_ascii=False
    )
    (folder / "predictions.json").write_text(kept + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
