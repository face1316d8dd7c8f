"""What a row costs in a real browser, beside Python and C, and the bytes of the page.

    python -m benchmarks.exports.browser [--table adult] [--out FILE]

The same student and rows as in `benchmarks.exports`. Chromium runs the module of
`examples/browser` on all rows in rounds, as the program in C does, and gives back what
it predicts. Writes `benchmarks/results/browser.csv`.
"""

import argparse
import base64
import csv
import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from shutil import which

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.exports.__main__ import fitted
from benchmarks.exports.native import as_floats
from benchmarks.exports.targets import TARGETS, outputs_of
from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER
from sklearn_kd.export import to_c

RESULTS = FOLDER / "browser.csv"
COLUMNS = ["where", "seconds", "bytes", "page", "largest"]
BUILD = Path(__file__).parents[2] / "examples" / "browser" / "build.py"

#: Predicts rows in rounds, and shows the least seconds of a row and all outputs.
_PAGE = """<!DOCTYPE html><title>time</title><body><script>
const bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
const module = new WebAssembly.Module(bytes("{module}"));
const student = new WebAssembly.Instance(module).exports;
const rows = new Float32Array(bytes("{rows}").buffer);
const {{ buffer }} = student.memory;
const row = new Float32Array(buffer, student.row(), {n_columns});
const outputs = new Float64Array(buffer, student.outputs(), {n_outputs});
const starts = Array.from({{ length: {n_rows} }}, (_, at) => at * {n_columns});
const predict = (start) => {{
  row.set(rows.subarray(start, start + {n_columns}));
  student.predict();
}};
let seconds = Infinity;
for (let round = 0; round < 100; round++) {{
  const start = performance.now();
  starts.forEach(predict);
  seconds = Math.min(seconds, (performance.now() - start) / 1000 / {n_rows});
}}
const given = starts.map((start) => (predict(start), Array.from(outputs)));
document.body.textContent = JSON.stringify({{ seconds, given }});
</script></body>"""

_FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--dump-dom"),
    *("--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--disable-dev-shm-usage"),
]


def in_chromium(student, X, folder, **options):
    """Run a student in Chromium.

    Parameters
    ----------
    student : MLPStudent
        Fitted.
    X : DataFrame of shape (n_samples, n_features)
        Rows.
    folder : Path
        For the files.
    **options : dict
        Of :func:`to_c`.

    Returns
    -------
    seconds : float
        Of a row: that of the fastest of 100 rounds.
    size, page_size : int
        The bytes of the module, and of the page of `examples/browser`.
    given : ndarray of shape (n_samples, n_outputs)
        What is predicted.
    """
    to_c(student, path=folder / "student.h", **options)
    sizes = []
    for name in ("page.html", "student.wasm"):
        command = [sys.executable, BUILD, folder / "student.h", folder / name]
        subprocess.run(command, check=True, capture_output=True)
        sizes.append((folder / name).stat().st_size)
    rows = as_floats(student, X)
    page = _PAGE.format(
        module=base64.b64encode((folder / "student.wasm").read_bytes()).decode(),
        rows=base64.b64encode(rows.tobytes()).decode(),
        n_rows=len(rows),
        n_columns=rows.shape[1],
        n_outputs=outputs_of(student, X[:1]).shape[1],
    )
    (folder / "time.html").write_text(page)
    browser = next(filter(None, map(which, ["chromium", "google-chrome"])))
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [browser, *_FLAGS, profile, (folder / "time.html").as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answer = json.loads(shown[shown.rindex("<body>") + 6 : shown.rindex("</body>")])
    return answer["seconds"], sizes[1], sizes[0], np.array(answer["given"])


def _elsewhere(name):
    """Measure a place of the other exports, which has no page."""
    measured = next(target.measure for target in TARGETS if target.name == name)

    def measure(student, X, folder):
        seconds, size, given = measured(student, X, folder)
        return seconds, size, None, given

    return measure


PLACES = {
    **{name: _elsewhere(name) for name in ("Python, this package", "C")},
    "Chromium": in_chromium,
    "Chromium, int8": partial(in_chromium, quantize=True),
}


def lines(rows):
    """Make the lines of the table."""
    made = [
        [
            row["where"],
            number(float(row["seconds"]) * 1e6, ",.1f"),
            number(float(row["bytes"]), ",.0f"),
            number(float(row["page"] or "nan"), ",.0f"),
            number(float(row["largest"]), ".1g"),
        ]
        for row in rows
    ]
    header = ("where", "µs a row", "bytes", "bytes of the page", "largest difference")
    return table(header, made)


def main():
    """Measure, and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", default="adult", help="of labels")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    args = parser.parse_args()
    student, X, _ = fitted(args.table)
    expected, rows = outputs_of(student, X), []
    with threadpool_limits(1):
        for name, measure in PLACES.items():
            with tempfile.TemporaryDirectory() as folder:
                *costs, given = measure(student, X, Path(folder))
            largest = np.abs(given - expected).max()
            rows.append(dict(zip(COLUMNS, [name, *costs, largest], strict=True)))
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    print("\n".join(lines(rows)))


if __name__ == "__main__":
    main()
