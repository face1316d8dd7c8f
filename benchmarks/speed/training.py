"""What training costs: epochs, time to a loss, synthetic rows, labelling.

    python -m benchmarks.speed.training [--repeats 7] [--only epochs] [--out FILE]

Called by `benchmarks.speed` too, whose rows these join. One thread, processor time,
medians of the repeats; the sides take turns.
"""

import argparse
import csv
import os
import time
import warnings
from pathlib import Path
from statistics import median

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import NearestNeighbors
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from benchmarks.speed.scale import Watch, allocated
from sklearn_kd import MLPStudent, MungeSampler, compute_soft_targets
from sklearn_kd._native import SWITCH

ROWS, COLUMNS, CLASSES = 20_000, 30, 5

#: Units of both hidden layers, rows of a batch.
SIZES = [(width, batch) for width in (32, 64, 128) for batch in (64, 256, 1024)]
WIDE = (256, 256)

#: Epochs of the student whose validation loss the others have to reach, and the most
#: that they get.
TARGET_EPOCHS, MOST_EPOCHS = 10, 40


def make_rows(n_rows=ROWS):
    """Draw numeric rows with labels that have something to do with them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, COLUMNS)).astype(np.float32)
    y = (X[:, :CLASSES] * X[:, CLASSES : 2 * CLASSES]).argmax(axis=1)
    return X, y


class Student:
    """Our student on rows as they are, as the others have no encoder; or behind it."""

    def __init__(self, width, batch, encoder=None):
        self.params = {
            "hidden_layer_sizes": (width, width),
            "batch_size": batch,
            "encoder": encoder,
        }

    def epochs(self, X, y, n_epochs):
        """Fit for some epochs; give the model."""
        model = MLPStudent(
            **self.params,
            max_iter=n_epochs,
            early_stopping=False,
            random_state=0,
        )
        return model.fit(X, y)


class Sklearn:
    """scikit-learn's network."""

    def __init__(self, width, batch):
        self.params = {"hidden_layer_sizes": (width, width), "batch_size": batch}

    def epochs(self, X, y, n_epochs):
        """Fit for some epochs."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            MLPClassifier(
                **self.params,
                max_iter=n_epochs,
                tol=0,
                n_iter_no_change=n_epochs + 1,
                random_state=0,
            ).fit(X, y)

    def until(self, X, y, X_test, y_test, loss):
        """Give the seconds and epochs to a validation loss, its checks not counted."""
        model = MLPClassifier(**self.params, random_state=0)
        seconds, n_epochs = 0.0, 0
        for _ in range(MOST_EPOCHS):
            n_epochs += 1
            start = time.process_time()
            model.partial_fit(X, y, classes=np.arange(CLASSES))
            seconds += time.process_time() - start
            if test_loss(y_test, model.predict_proba(X_test)) <= loss:
                break
        return seconds, n_epochs


class Torch:
    """The same network in an eager torch loop, with fused Adam."""

    def __init__(self, width, batch):
        torch.manual_seed(0)
        self.batch = batch
        self.network = torch.nn.Sequential(
            torch.nn.Linear(COLUMNS, width),
            torch.nn.ReLU(),
            torch.nn.Linear(width, width),
            torch.nn.ReLU(),
            torch.nn.Linear(width, CLASSES),
        )
        parameters = self.network.parameters()
        self.optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=True)

    def epochs(self, X, y, n_epochs):
        """Train for some epochs."""
        loss = torch.nn.CrossEntropyLoss()
        X, y = torch.from_numpy(X), torch.from_numpy(y)
        for _ in range(n_epochs):
            for rows in torch.randperm(len(X)).split(self.batch):
                self.optimizer.zero_grad()
                loss(self.network(X[rows]), y[rows]).backward()
                self.optimizer.step()

    def until(self, X, y, X_test, y_test, loss):
        """Give the seconds and epochs to a validation loss, its checks not counted."""
        seconds, n_epochs = 0.0, 0
        for _ in range(MOST_EPOCHS):
            n_epochs += 1
            start = time.process_time()
            self.epochs(X, y, 1)
            seconds += time.process_time() - start
            with torch.inference_mode():
                proba = self.network(torch.from_numpy(X_test)).softmax(1).numpy()
            if test_loss(y_test, proba) <= loss:
                break
        return seconds, n_epochs


def test_loss(y, proba):
    """Log loss; that of scikit-learn warns of probabilities in float32."""
    return -np.log(proba[np.arange(len(y)), y]).mean()


def seconds(function, *args):
    """Processor time of one call."""
    start = time.process_time()
    function(*args)
    return time.process_time() - start


def in_turns(functions, repeats):
    """Medians of functions that take turns, after a first call that does not count."""
    times = {name: [] for name in functions}
    for function in functions.values():
        function()
    for _ in range(repeats):
        for name, function in functions.items():
            times[name].append(seconds(function))
    return {name: median(values) for name, values in times.items()}


def epoch_rows(repeats, sizes):
    """An epoch of each network, as a fit of three less one of one, halved."""
    X, y = make_rows()
    rows = []
    for width, batch in sizes:
        sides = [Student(width, batch), Sklearn(width, batch), Torch(width, batch)]
        times = {"student": [], "sklearn": [], "torch": []}
        for repeat in range(repeats + 1):
            for name, side in zip(times, sides, strict=True):
                long, short = (
                    seconds(side.epochs, X, y, 3),
                    seconds(side.epochs, X, y, 1),
                )
                if repeat:
                    times[name].append((long - short) / 2)
        times = {name: median(values) for name, values in times.items()}
        what = f"epoch {width}x{width}, batch {batch}, against"
        wide = (width, batch) == WIDE
        if not wide:
            rows.append((f"{what} MLPClassifier", times, "sklearn", 0.333))
        rows.append((f"{what} torch", times, "torch", 1.0 if wide else 0.5))
    return rows


def without_core(function, *args):
    """Call a function with the compiled core switched off."""
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = "0"
    try:
        return function(*args)
    finally:
        del os.environ[SWITCH]
        if before is not None:
            os.environ[SWITCH] = before


def encoder_rows(repeats):
    """Whole fits of five epochs behind the encoder, which the other does without."""
    X, y = make_rows()
    ours, theirs = Student(64, 256, "auto"), Sklearn(64, 256)
    times = in_turns(
        {
            "student": lambda: ours.epochs(X, y, 5),
            "numpy": lambda: without_core(ours.epochs, X, y, 5),
            "sklearn": lambda: theirs.epochs(X, y, 5),
        },
        repeats,
    )
    on_numpy = {"student": times["numpy"], "sklearn": times["sklearn"]}
    what = "5 epochs 64x64, batch 256, behind the encoder, against MLPClassifier"
    return [
        (what, times, "sklearn", 1.0),
        (f"{what}, without the core", on_numpy, "sklearn", None),
    ]


def loss_rows(repeats):
    """Time until the others have the validation loss of a short fit of the student."""
    X, y = make_rows(24_000)
    X, y, X_test, y_test = X[:20_000], y[:20_000], X[20_000:], y[20_000:]
    student = Student(64, 256)
    model = student.epochs(X, y, TARGET_EPOCHS)
    loss = test_loss(y_test, model.predict_proba(X_test))
    times = {"student": [], "sklearn": [], "torch": []}
    epochs = {}
    for _ in range(repeats):
        times["student"].append(seconds(student.epochs, X, y, TARGET_EPOCHS))
        for name, side in [("sklearn", Sklearn), ("torch", Torch)]:
            taken, epochs[name] = side(64, 256).until(X, y, X_test, y_test, loss)
            times[name].append(taken)
    times = {name: median(values) for name, values in times.items()}
    what = f"validation loss {loss:.3f} in {TARGET_EPOCHS} epochs, against"
    return [
        (f"{what} MLPClassifier in {epochs['sklearn']}", times, "sklearn", 1.0),
        (f"{what} torch in {epochs['torch']}", times, "torch", 1.0),
    ]


def munge_rows(repeats):
    """100 000 synthetic rows, against the bare search and a copy."""
    rows = []
    for n_rows in (5_000, 20_000):
        X = make_rows(n_rows)[0].astype(np.float64)

        def ours(X=X):
            MungeSampler(100_000, random_state=0).fit(X).sample()

        def bare(X=X):
            NearestNeighbors(n_neighbors=10).fit(X).kneighbors(return_distance=False)
            X[np.resize(np.arange(len(X)), 100_000)]

        times = in_turns({"student": ours, "bare": bare}, min(repeats, 3))
        what = f"100 000 rows made of {n_rows}, against a bare search and a copy"
        rows.append((what, times, "bare", 3.0))
    return rows


def labelling_rows(repeats):
    """Labelling in chunks, against one big call of the teacher, and its memory."""
    X, y = make_rows(200_000)
    teachers = {
        "forest": RandomForestClassifier(100, random_state=0),
        "MLPClassifier": MLPClassifier((64, 64), max_iter=2, random_state=0),
    }
    rows = []
    for name, teacher in teachers.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            teacher.fit(X[:20_000], y[:20_000])
        functions = {
            "student": lambda teacher=teacher: compute_soft_targets(teacher, X),
            "teacher": lambda teacher=teacher: teacher.predict_proba(X),
        }
        times = in_turns(functions, min(repeats, 5))
        what = f"labelling 200 000 rows in chunks, against one call of a {name}"
        rows.append((what, times, "teacher", 1 / 0.95))
        before, watch = allocated(), Watch()
        watch.start()
        out = compute_soft_targets(teacher, X)
        watch.done.set()
        watch.join()
        beyond = max(watch.peak - before - out.nbytes, 0)
        memory = {"student": beyond / 1e6, "allowed": 200.0}
        rows.append(
            (
                f"memory of it in MB beside input and output, {name}",
                memory,
                "allowed",
                1.0,
            )
        )
    return rows


PARTS = {
    "epochs": lambda repeats: epoch_rows(repeats, [*SIZES, WIDE]),
    "encoder": encoder_rows,
    "loss": loss_rows,
    "munge": munge_rows,
    "labelling": labelling_rows,
}


def measure(repeats, parts=tuple(PARTS)):
    """Measure, with BLAS and torch on one thread.

    Parameters
    ----------
    repeats : int
        How often the sides take turns; the long ones less often.
    parts : sequence of str
        Keys of `PARTS`.

    Returns
    -------
    list of (str, dict, str, float or None)
        What was measured, seconds of "student" and of the other, the name of the
        other, and the goal of their ratio, if there is one.
    """
    torch.set_num_threads(1)
    with threadpool_limits(1):
        return [row for part in parts for row in PARTS[part](repeats)]


def main():
    """Measure, print the goals, and write the results where requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--out", type=Path, help="a CSV file for the results")
    args = parser.parse_args()
    lines = []
    for what, times, other, goal in measure(args.repeats, args.only):
        ratio = times["student"] / times[other]
        verdict = "" if goal is None else "met" if ratio <= goal else "MISSED"
        lines.append([what, ratio, goal, verdict, times["student"], times[other]])
        aim = "" if goal is None else f"{goal:.3f}"
        print(
            f"{what:75s} ratio {ratio:.3f}  goal {aim:5s}  {verdict}  "
            f"({times['student']:.4f} / {times[other]:.4f})",
            flush=True,
        )
    if args.out:
        names = ["what", "ratio", "goal", "verdict", "ours_seconds", "theirs_seconds"]
        with args.out.open("w", newline="") as file:
            csv.writer(file).writerows([names, *lines])


if __name__ == "__main__":
    main()
