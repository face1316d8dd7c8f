"""Models in machine code: a student by its C header, LightGBM's trees by tl2cgen.

Both can be timed in a loop in C over different rows, without what a call from Python
costs.
"""

import ctypes
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import numpy as np

from sklearn_kd.export import to_c

#: Boosters of more trees are not compiled: it takes a minute a thousand.
MOST_TREES = 2000

#: What a program that cares for speed is compiled with. Without -march=native, which
#: lets the compiler add eight numbers at a time, a student takes half as long again.
_FLAGS = ["-std=c99", "-O3", "-march=native", "-shared", "-fPIC"]

_STUDENT_LOOP = """
#include "student.h"

void predict_rows(const float *rows, long n, float *out) {
    for (long i = 0; i < n; i++)
        student_predict(rows + i * STUDENT_N_FEATURES, out + i * STUDENT_N_OUTPUTS);
}
"""

_BOOSTER_LOOP = """
void predict_rows(void (*predict)(double *, int, double *), double *rows, long n,
                  long n_columns, double *out, long n_outputs) {
    for (long i = 0; i < n; i++)
        predict(rows + i * n_columns, 0, out + i * n_outputs);
}
"""


def has_compiler():
    """Whether there is a C compiler."""
    return which("cc") is not None


def _library(sources):
    """Compile C sources by their names, and load them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in sources.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        library, files = Path(folder, "loop.so"), [Path(folder, "loop.c")]
        subprocess.run(["cc", *_FLAGS, *files, "-lm", "-o", library], check=True)
        return ctypes.CDLL(library)  # it stays when the file is gone


def student_in_c(model, X, quantize=False):
    """Give a call that predicts rows in a loop in C, and check what it gives.

    Parameters
    ----------
    model : DistilledClassifier
        With numeric columns.
    X : ndarray of shape (n_rows, n_features)
        The rows.
    quantize : bool, default=False
        Whether weights are of eight bits.

    Returns
    -------
    callable
        Without arguments.
    """
    header = to_c(model, quantize=quantize)
    loop = _library({"student.h": header, "loop.c": _STUDENT_LOOP}).predict_rows
    rows = np.ascontiguousarray(X, dtype=np.float32)
    out = np.empty((len(rows), len(model.classes_)), dtype=np.float32)
    loop.argtypes = ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p

    def call():
        loop(rows.ctypes.data, len(rows), out.ctypes.data)

    call()
    expected = model.predict_proba(rows.astype(np.float64))
    assert np.abs(out - expected).max() < (0.2 if quantize else 1e-5)
    return call


def compiled_booster(booster, folder):
    """Compile LightGBM's trees to machine code.

    Parameters
    ----------
    booster : LGBMClassifier
        Fitted.
    folder : Path
        Where the library may be.

    Returns
    -------
    Path or None
        The library; None for too many trees, and without a compiler or tl2cgen.
    """
    if booster.booster_.num_trees() > MOST_TREES:
        return None
    if not all(map(find_spec, ["tl2cgen", "treelite"])) or not all(
        map(which, ["cmake", "gcc"])
    ):
        print("tl2cgen, cmake or gcc not installed, no compiled booster")
        return None
    import tl2cgen
    import treelite

    model = treelite.frontend.from_lightgbm(booster.booster_)
    library = folder / "booster.so"
    tl2cgen.export_lib(
        model, toolchain="gcc", libpath=str(library), params={"parallel_comp": 8}
    )
    return library


def booster_from_python(library):
    """Give the prediction of rows by tl2cgen's own package."""
    import tl2cgen

    predictor = tl2cgen.Predictor(str(library), nthread=1)
    return lambda X: predictor.predict(tl2cgen.DMatrix(X))


def booster_in_c(library, booster, X):
    """Give a call that predicts rows in a loop in C, and check what it gives.

    Parameters
    ----------
    library : Path
        The compiled trees.
    booster : LGBMClassifier
        What they are of.
    X : ndarray of shape (n_rows, n_features)
        The rows, without missing values.

    Returns
    -------
    callable
        Without arguments.
    """
    loop = _library({"loop.c": _BOOSTER_LOOP}).predict_rows
    predict = ctypes.cast(ctypes.CDLL(library).predict, ctypes.c_void_p)
    rows = np.ascontiguousarray(X, dtype=np.float64)
    expected = booster.booster_.predict(rows)
    out = np.empty_like(expected)
    pointer, long = ctypes.c_void_p, ctypes.c_long
    loop.argtypes = pointer, pointer, long, long, pointer, long
    n_outputs = out.size // len(rows)
    sizes = len(rows), rows.shape[1]

    def call():
        out[...] = 0  # trees are added to what is there
        loop(predict, rows.ctypes.data, *sizes, out.ctypes.data, n_outputs)

    call()
    assert np.abs(out - expected).max() < 1e-5
    return call
