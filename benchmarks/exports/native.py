"""A C header on rows of a table: compiled for this machine and for WebAssembly."""

import subprocess
import sys
from shutil import which

import numpy as np
import pandas as pd

from sklearn_kd.export._c.levels import sorted_levels
from sklearn_kd.export._program import program_of

#: A program that predicts its rows in rounds, and prints the outputs of all of them
#: and the least nanoseconds that a row took.
_MAIN = """
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "student.h"

static const unsigned bits[] = {{{bits}}};

int main(void) {{
    static float rows[sizeof bits / sizeof bits[0]];
    const int n = sizeof bits / sizeof bits[0] / STUDENT_N_FEATURES;
    {kind} out[STUDENT_N_OUTPUTS];
    double least = 1e18, sum = 0;
    memcpy(rows, bits, sizeof rows);
    for (int round = 0; round < 100; round++) {{
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (int i = 0; i < n; i++) {{
            student_predict(rows + i * STUDENT_N_FEATURES, out);
            sum += out[0];
        }}
        clock_gettime(CLOCK_MONOTONIC, &end);
        const double took = (end.tv_sec - start.tv_sec) * 1e9
                            + (end.tv_nsec - start.tv_nsec);
        if (took / n < least)
            least = took / n;
    }}
    printf("%.9g %.9g\\n", least, sum);
    for (int i = 0; i < n; i++) {{
        student_predict(rows + i * STUDENT_N_FEATURES, out);
        for (int k = 0; k < STUDENT_N_OUTPUTS; k++)
            printf("%.17g ", (double)out[k]);
    }}
    return 0;
}}
"""


def as_floats(student, X):
    """Give rows as C takes them: numbers, and codes of levels.

    Parameters
    ----------
    student : MLPStudent or MLPStudentRegressor
        Fitted.
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    ndarray of shape (n_samples, n_features), float32
        NaN is a missing value, and -1 an unknown level.
    """
    X = pd.DataFrame(X)
    rows = np.empty(X.shape, dtype=np.float32)
    for place, column in enumerate(program_of(student, "to_c").inputs):
        values = X.iloc[:, place]
        if column.levels is not None:
            levels = sorted_levels(column)
            codes = {level: code for code, level in enumerate(levels)}
            values = [
                np.nan if pd.isna(value) else codes.get(value, -1) for value in values
            ]
        rows[:, place] = np.asarray(values, dtype=float)
    return rows


def run_header(header, rows, kind, folder, *, wasm=False):
    """Compile a header, and predict rows.

    Parameters
    ----------
    header : str
        Of a student whose names begin with "student".
    rows : ndarray of shape (n_samples, n_features), float32
        Rows, which become a part of the program.
    kind : {"float", "double"}
        Of the outputs.
    folder : Path
        For the files.
    wasm : bool, default=False
        Whether to compile to WebAssembly, and to run it by wasmtime.

    Returns
    -------
    seconds : float
        Of a row: that of the fastest of 100 rounds.
    outputs : ndarray of shape (n_samples, n_outputs)
        What is predicted.
    """
    bits = ",".join(map(str, np.ascontiguousarray(rows).view(np.uint32).ravel()))
    (folder / "student.h").write_text(header, encoding="utf-8")
    (folder / "main.c").write_text(_MAIN.format(bits=bits, kind=kind))
    program = folder / ("main.wasm" if wasm else "main")
    zig = [sys.executable, "-m", "ziglang", "cc"]
    compiler = [*zig, "-target", "wasm32-wasi", "-msimd128"] if wasm else ["cc"]
    if not wasm and not which("cc"):
        compiler = zig
    command = [
        *compiler,
        "-std=gnu99",
        "-Werror",
        "-O3",
        "main.c",
        "-o",
        program.name,
        "-lm",
    ]
    subprocess.run(command, cwd=folder, check=True)
    printed = _in_wasmtime(program) if wasm else _printed([program])
    figures = np.array(printed.split(), dtype=float)
    return figures[0] / 1e9, figures[2:].reshape(len(rows), -1)


def _printed(command):
    """Run a program and give what it prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _in_wasmtime(program):
    """Run a program of WebAssembly and give what it prints."""
    import wasmtime

    engine = wasmtime.Engine()
    linker, store = wasmtime.Linker(engine), wasmtime.Store(engine)
    linker.define_wasi()
    wasi, out = wasmtime.WasiConfig(), program.with_suffix(".out")
    wasi.stdout_file = str(out)
    store.set_wasi(wasi)
    module = wasmtime.Module.from_file(engine, str(program))
    start = linker.instantiate(store, module).exports(store)["_start"]
    try:
        start(store)
    except wasmtime.ExitTrap as stop:
        if stop.code:
            raise
    return out.read_text()
