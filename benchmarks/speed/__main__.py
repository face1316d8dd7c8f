"""What an epoch of a student and the import of the package cost.

    python -m benchmarks.speed [--repeats 7]

Ratios within one run: the two sides take turns, the medians are compared, BLAS has one
thread. Writes `benchmarks/results/speed.csv` and prints each goal as met or missed.
"""

import argparse
import csv
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path
from statistics import median

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from benchmarks.shared.results import FOLDER
from benchmarks.speed import inference as speed_inference
from benchmarks.speed import nets as speed_torch
from benchmarks.speed import training as speed_training
from sklearn_kd import MLPStudent

RESULTS = FOLDER / "speed.csv"

#: What the cost of an import is compared with.
SKLEARN = "import sklearn.ensemble, sklearn.neural_network"

#: An epoch as users set it: two hidden layers, float32 input, no early stopping.
ROWS, COLUMNS, CLASSES, HIDDEN, BATCH = 20_000, 30, 5, (64, 64), 256


def make_rows():
    """Draw numeric rows with labels that have something to do with them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, COLUMNS)).astype(np.float32)
    y = (X[:, :CLASSES] + rng.normal(size=(ROWS, CLASSES))).argmax(axis=1)
    return X, y


def student_fit(X, y, epochs):
    """Fit our student on rows as they are: the others have no encoder either."""
    MLPStudent(
        HIDDEN,
        batch_size=BATCH,
        max_iter=epochs,
        early_stopping=False,
        encoder=None,
        random_state=0,
    ).fit(X, y)


def sklearn_fit(X, y, epochs):
    """Fit scikit-learn's network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        MLPClassifier(
            HIDDEN,
            batch_size=BATCH,
            max_iter=epochs,
            tol=0,
            n_iter_no_change=epochs + 1,
            random_state=0,
        ).fit(X, y)


def torch_fit(X, y, epochs):
    """Fit the same network in an eager torch loop, with fused Adam."""
    torch.manual_seed(0)
    layers, width = [], COLUMNS
    for n_units in HIDDEN:
        layers += [torch.nn.Linear(width, n_units), torch.nn.ReLU()]
        width = n_units
    network = torch.nn.Sequential(*layers, torch.nn.Linear(width, CLASSES))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    loss = torch.nn.CrossEntropyLoss()
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    for _ in range(epochs):
        for batch in torch.randperm(ROWS).split(BATCH):
            optimizer.zero_grad()
            loss(network(X[batch]), y[batch]).backward()
            optimizer.step()


def seconds(function, *args):
    """Time one call."""
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def epoch_seconds(fits, repeats):
    """Time an epoch of each: a long fit minus a short one, without the set-up.

    Parameters
    ----------
    fits : dict of str to callable
        Each takes X, y and a number of epochs.
    repeats : int
        How often the sides take turns.

    Returns
    -------
    dict of str to float
        Medians.
    """
    X, y = make_rows()
    times = {name: [] for name in fits}
    for fit in fits.values():
        fit(X, y, 1)
    for _ in range(repeats):
        for name, fit in fits.items():
            times[name].append((seconds(fit, X, y, 6) - seconds(fit, X, y, 1)) / 5)
    return {name: median(values) for name, values in times.items()}


def import_seconds(statements, repeats):
    """Time import statements in processes of their own, less an empty one's time."""
    times = {name: [] for name in statements}
    # byte code as after an ordinary installation: the first round writes it
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(repeats + 1):
        for name, statement in statements.items():
            # the rest is what is left to load after scikit-learn, in one process:
            # two whole imports differ by a tenth from noise alone
            before = SKLEARN if name == "rest" else "pass"
            code = (
                f"{before}; import time; t = time.perf_counter(); {statement}; "
                "print(time.perf_counter() - t)"
            )
            output = subprocess.run(
                [sys.executable, "-c", code],
                capture_output=True,
                text=True,
                check=True,
                env=env,
            ).stdout
            times[name].append(float(output))
    return {name: median(values[1:]) for name, values in times.items()}


def main():
    """Measure, write the results file and print the goals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    args = parser.parse_args()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        epoch = epoch_seconds(
            {"student": student_fit, "sklearn": sklearn_fit, "torch": torch_fit},
            args.repeats,
        )
        nets = speed_torch.measure(*make_rows(), CLASSES, HIDDEN, BATCH, args.repeats)
    loading = import_seconds(
        {
            "sklearn": SKLEARN,
            "package": "import sklearn_kd",
            "rest": "from sklearn_kd import DistilledClassifier",
        },
        args.repeats,
    )
    package = {"student": loading["package"], "sklearn": loading["sklearn"]}
    name = {**package, "student": loading["sklearn"] + loading["rest"]}
    rows = [
        _row("epoch against MLPClassifier", epoch, "sklearn", 0.5),
        _row("epoch against an eager torch loop", epoch, "torch", None),
        *[_row(*net) for net in nets],
        *[_row(*each) for each in speed_inference.measure(args.repeats)],
        *[_row(*each) for each in speed_training.measure(args.repeats)],
        _row("import sklearn_kd", package, "sklearn", 1.1),
        _row("from sklearn_kd import DistilledClassifier", name, "sklearn", 1.1),
    ]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        goal = "no goal yet" if row["goal"] == "" else f"goal {row['goal']}"
        print(
            f"{row['what']:50s} ratio {row['ratio']:.3f}  {goal}  {row['verdict']}  "
            f"({row['ours_seconds']:.4f} s / {row['theirs_seconds']:.4f} s)"
        )


def _row(what, times, other, goal):
    ratio = times["student"] / times[other]
    verdict = "" if goal is None else ("met" if ratio <= goal else "MISSED")
    return {
        "what": what,
        "ratio": ratio,
        "goal": "" if goal is None else goal,
        "verdict": verdict,
        "ours_seconds": times["student"],
        "theirs_seconds": times[other],
    }


if __name__ == "__main__":
    main()
