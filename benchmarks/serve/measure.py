"""Services of a student and of its teacher, which are asked in turns, and the table.

A forest of 300 trees on 5000 rows of Adult is distilled. The student is served by
`examples/serve`, from ONNX and from skops, its teacher by the same application. Each
is asked on loopback by 64 clients, of which each sends its next request when it has the
answer to the last; the services take turns.
"""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import joblib
import numpy as np
import skops.io

from benchmarks.serve.client import drive, request
from benchmarks.serve.service import running
from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER
from benchmarks.shared.teachers import forest
from sklearn_kd import DistilledClassifier
from sklearn_kd.datasets import load_adult
from sklearn_kd.export import to_onnx

RESULTS = FOLDER / "serve.csv"

N_TRAIN, N_CLIENTS, N_REQUESTS = 5000, 64, 50

#: Rows of a request; with 0 the path is /health, which computes nothing.
ROWS = (0, 1, 100)

#: The student in ONNX is to answer so many times the requests of the teacher, and its
#: 99th percentile is to be so much shorter.
GOAL = 5.0


def make_files(folder):
    """Write teacher and student.

    Parameters
    ----------
    folder : Path
        Where.

    Returns
    -------
    services : dict of str to tuple
        The command of each service.
    rows : DataFrame
        Rows that no model was fitted on.
    """
    data = load_adult()
    rows, labels = data.data.iloc[:N_TRAIN], data.target.iloc[:N_TRAIN]
    teacher = forest(0, mixed=True).fit(rows, labels)
    distilled = DistilledClassifier(teacher, random_state=0).fit(rows, labels)
    to_onnx(distilled, folder / "student.onnx")
    skops.io.dump(distilled.student_, folder / "student.skops")
    joblib.dump(teacher, folder / "teacher.joblib")
    services = {
        "student, ONNX": ("student_service", folder / "student.onnx"),
        "student, skops": ("student_service", folder / "student.skops"),
        "teacher": ("benchmarks.serve.service", folder),
    }
    return services, data.data.iloc[N_TRAIN : N_TRAIN + 5000]


def make_requests(rows, n_rows):
    """Make different requests of so many rows each."""
    if n_rows == 0:
        return [request("/health")]
    contents = [
        rows.iloc[start : start + n_rows].to_json(orient="records")
        for start in range(0, N_REQUESTS * n_rows, n_rows)
    ]
    return [request("/predict", f'{{"rows": {each}}}') for each in contents]


def measure(seconds, n_rounds):
    """Ask all services in turns.

    Parameters
    ----------
    seconds : float
        After so long no request is sent, in each turn.
    n_rounds : int
        Turns of each.

    Returns
    -------
    list of dict
        One for each service and number of rows.
    """
    with TemporaryDirectory() as folder, ExitStack() as stack:
        services, rows = make_files(Path(folder))
        ports = {
            name: stack.enter_context(running(*command))[0]
            for name, command in services.items()
        }
        found = {}
        for n_rows in ROWS:
            requests = make_requests(rows, n_rows)
            for port in ports.values():
                drive(port, requests, N_CLIENTS, seconds / 8)  # lazy imports, caches
            for _ in range(n_rounds):
                for name, port in ports.items():
                    turn = drive(port, requests, N_CLIENTS, seconds)
                    found.setdefault((n_rows, name), []).append(turn)
    made = [_summary(*key, turns) for key, turns in found.items()]
    return [row | _ratios(row, made) for row in made]


def _summary(n_rows, name, turns):
    """Summarise the turns of a service."""
    latencies = np.concatenate([latencies for _, latencies in turns])
    rates = [len(latencies) / took for took, latencies in turns]
    return {
        "service": name,
        "rows": n_rows,
        "requests": len(latencies),
        "requests_per_second": float(np.median(rates)),
        "median_ms": 1e3 * float(np.median(latencies)),
        "p99_ms": 1e3 * float(np.quantile(latencies, 0.99)),
    }


def _ratios(row, rows):
    """Compare a row of the student with that of the teacher."""
    (teacher,) = (
        each
        for each in rows
        if each["rows"] == row["rows"] and each["service"] == "teacher"
    )
    return {
        "times_requests": row["requests_per_second"] / teacher["requests_per_second"],
        "times_shorter_p99": teacher["p99_ms"] / row["p99_ms"],
    }


def verdict(row):
    """Return whether a row of the results meets the goal; nothing if it has none."""
    if row["service"] != "student, ONNX" or int(row["rows"]) == 0:
        return ""
    least = min(float(row["times_requests"]), float(row["times_shorter_p99"]))
    return "met" if least >= GOAL else "MISSED"


def _ratio(row, name):
    """Give a ratio to the teacher's; none for /health, and for the teacher."""
    compared = row["rows"] != "0" and row["service"] != "teacher"
    return float(row[name]) if compared else None


def lines(rows):
    """Make the lines of the table."""
    header = (
        "service",
        "rows a request",
        "requests a second",
        "median, ms",
        "99th percentile, ms",
        "requests, of the teacher's",
        "99th percentile, teacher's over it",
        f"both {GOAL:.0f} or more",
    )
    styles = {"requests_per_second": ",.0f", "median_ms": ",.0f", "p99_ms": ",.0f"}
    ratios = {"times_requests": ".3g", "times_shorter_p99": ".3g"}
    made = [
        [
            row["service"],
            row["rows"] if row["rows"] != "0" else "none: /health",
            *(number(float(row[name]), style) for name, style in styles.items()),
            *(number(_ratio(row, name), style) for name, style in ratios.items()),
            verdict(row),
        ]
        for row in rows
    ]
    return table(header, made)
