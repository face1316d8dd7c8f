"""What a row costs in Python, in C and in WebAssembly in Chromium, and their bytes.

    python -m benchmarks.speed.browser [--repeats 30] [--out FILE]

The student is the default one, fitted on the Adult data, of which 1000 rows that it has
not seen are predicted. Times are the best of the repeats, on one thread, and the three
run one after the other. Needs a C compiler, `ziglang` or clang, and Chromium.
"""

import argparse
import base64
import csv
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from shutil import which

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER
from sklearn_kd import MLPStudent
from sklearn_kd.datasets import load_adult
from sklearn_kd.export import to_c
from sklearn_kd.inspection import pickled_size

RESULTS = FOLDER / "browser.csv"
BUILD = Path(__file__).parents[2] / "examples" / "browser" / "build.py"

ROWS, EPOCHS = 1000, 5

_PROGRAM = """
#include <stdio.h>
#include <time.h>
#include "student.h"

static float rows[{rows}][STUDENT_N_FEATURES];

int main(void) {{
    float proba[STUDENT_N_OUTPUTS];
    double best = 1e9;
    volatile float sum = 0.0f;
    FILE *file = fopen("rows", "rb");
    if (file == NULL || fread(rows, sizeof rows, 1, file) != 1)
        return 1;
    for (int turn = 0; turn < {repeats}; turn++) {{
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (int i = 0; i < {rows}; i++) {{
            student_predict(rows[i], proba);
            sum += proba[0];
        }}
        clock_gettime(CLOCK_MONOTONIC, &end);
        const double took = (double)(end.tv_sec - start.tv_sec)
            + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
        best = took < best ? took : best;
    }}
    printf("%g", best / {rows});
    return 0;
}}
"""

_PAGE = """<!DOCTYPE html><title>time</title><body><script>
const bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
const module = new WebAssembly.Module(bytes("{module}"));
const student = new WebAssembly.Instance(module).exports;
const rows = new Float32Array(bytes("{rows}").buffer);
const width = rows.length / {n_rows};
const row = new Float32Array(student.memory.buffer, student.row(), width);
let best = Infinity;
for (let turn = 0; turn < {repeats}; turn++) {{
  const start = performance.now();
  for (let at = 0; at < rows.length; at += width) {{
    row.set(rows.subarray(at, at + width));
    student.predict();
  }}
  best = Math.min(best, performance.now() - start);
}}
document.body.textContent = `{{"seconds": ${{best / 1000 / {n_rows}}}}}`;
</script></body>"""

_FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--dump-dom"),
    *("--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--disable-dev-shm-usage"),
]


def rows_in_c(X):
    """Give rows as the header takes them: levels by their place among sorted ones."""

    def column(own):
        if own.dtype != "category":
            return own.to_numpy(float)
        levels = sorted(own.cat.categories)
        codes = own.cat.set_categories(levels).cat.codes
        return codes.replace(-1, np.nan)

    return np.column_stack([column(X[name]) for name in X]).astype(np.float32)


def in_python(student, X, repeats):
    """Give the seconds of a row, one at a time and all at once."""
    ones = [X.iloc[[at]] for at in range(100)]
    single, whole = [], []
    for _ in range(max(repeats // 5, 1)):
        start = time.perf_counter()
        for one in ones:
            student.predict_proba(one)
        single.append((time.perf_counter() - start) / len(ones))
        start = time.perf_counter()
        student.predict_proba(X)
        whole.append((time.perf_counter() - start) / len(X))
    return min(single), min(whole)


def in_c(folder, rows, repeats):
    """Give the seconds of a row, and the bytes of the compiled code and tables."""
    (folder / "rows").write_bytes(rows.tobytes())
    program = _PROGRAM.format(rows=len(rows), repeats=repeats)
    (folder / "time.c").write_text(program)
    (folder / "student.c").write_text(
        '#include "student.h"\n'
        "int give(const float *x, float *proba) {\n"
        "    student_predict(x, proba);\n    return student_class(proba);\n}\n"
    )
    options = ["cc", "-std=gnu99", "-O3", "-s"]
    for command in (
        [*options, "time.c", "-o", "time", "-lm"],
        [*options, "-c", "student.c", "-o", "student.o"],
    ):
        subprocess.run(command, cwd=folder, check=True)
    took = subprocess.run(
        [folder / "time"], cwd=folder, capture_output=True, check=True
    )
    return float(took.stdout), (folder / "student.o").stat().st_size


def in_chromium(folder, rows, repeats):
    """Give the seconds of a row, and the bytes of the module and of the page."""
    for name in ("student.wasm", "page.html"):
        command = [sys.executable, BUILD, folder / "student.h", folder / name]
        subprocess.run(command, check=True, capture_output=True)
    module = (folder / "student.wasm").read_bytes()
    page = _PAGE.format(
        module=base64.b64encode(module).decode(),
        rows=base64.b64encode(rows.tobytes()).decode(),
        n_rows=len(rows),
        repeats=repeats,
    )
    (folder / "time.html").write_text(page)
    browser = next(filter(None, map(which, ["chromium", "google-chrome"])))
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [browser, *_FLAGS, profile, (folder / "time.html").as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answer = shown[shown.rindex('{"seconds"') : shown.rindex("</body>")]
    page_size = (folder / "page.html").stat().st_size
    return json.loads(answer)["seconds"], len(module), page_size


def measure(repeats):
    """Fit, export and time.

    Parameters
    ----------
    repeats : int
        How often all rows are predicted.

    Returns
    -------
    list of dict
        One a place, with microseconds a row and bytes.
    """
    X, y = load_adult(return_X_y=True)
    student = MLPStudent(max_iter=EPOCHS, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        student.fit(X[:-ROWS], y[:-ROWS])
    X = X[-ROWS:]
    rows = rows_in_c(X)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        to_c(student, path=folder / "student.h")
        single, whole = in_python(student, X, repeats)
        compiled, compiled_size = in_c(folder, rows, repeats)
        module, module_size, page_size = in_chromium(folder, rows, repeats)
    size = pickled_size(student)
    found = [
        ("Python, a row a call", single, size, "a pickle"),
        (f"Python, {ROWS} rows a call", whole, size, "a pickle"),
        ("C, by cc -O3", compiled, compiled_size, "code and tables"),
        ("WebAssembly in Chromium", module, module_size, "the module"),
        ("the page", None, page_size, "one file"),
    ]
    names = ("where", "microseconds", "bytes", "of")
    return [
        dict(zip(names, (place, took and round(took * 1e6, 2), *rest), strict=True))
        for place, took, *rest in found
    ]


def lines(rows):
    """Make the lines of the table."""
    made = [
        [
            row["where"],
            number(float(row["microseconds"] or "nan"), ",.1f"),
            f"{int(row['bytes']):,}",
            row["of"],
        ]
        for row in rows
    ]
    return table(("where", "µs a row", "bytes", "of"), made)


def main():
    """Measure, and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    args = parser.parse_args()
    rows = measure(args.repeats)
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    print("\n".join(lines(rows)))


if __name__ == "__main__":
    main()
