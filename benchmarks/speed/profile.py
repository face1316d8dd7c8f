"""Where the time of a whole `DistilledClassifier.fit` goes, on a mixed table.

    python -m benchmarks.speed.profile [--rows 50000] [--out FILE]

50 000 rows, 20 numeric and 5 nominal columns, a forest of 100 trees as the fitted
teacher, everything else at its default. One thread, processor time, one run. A step is
timed without the steps inside it; its floor is what the same work takes bare.
"""

import argparse
import csv
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from threadpoolctl import threadpool_limits

from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER
from sklearn_kd import DistilledClassifier
from sklearn_kd.pool import _members as members
from sklearn_kd.students.mlp import _batches, _encoder_fit
from sklearn_kd.students.mlp._encoder_fit import ENCODER_ROWS
from sklearn_kd.students.mlp._training import Trainer
from sklearn_kd.teachers._sources import TeacherList
from sklearn_kd.teachers._teachers import FittedTeacher, Teachers
from sklearn_kd.teachers.out_of_sample import _out_of_bag as out_of_bag
from sklearn_kd.transfer import MungeSampler, munge

RESULTS = FOLDER / "profile.csv"

NUMERIC, NOMINAL, LEVELS, CLASSES = 20, 5, 8, 3

#: Where each step begins: an object, the name of its function, the name of the step.
STEPS = [
    (munge, "nearest_rows", "search for neighbours"),
    (MungeSampler, "sample", "making synthetic rows"),
    (TeacherList, "teach", "asking the teacher about the training rows"),
    (Teachers, "label", "labelling the synthetic rows"),
    (members, "fit_booster", "fitting the small booster"),
    (members, "_fit_on_labels", "training the students on labels"),
    (members.Member, "out_of_fold", "folds of booster and student on labels"),
    (FittedTeacher, "label", "asking all members of the pool"),
    (out_of_bag.OutOfBag, "label", "asking the trees out of the bag"),
    (_encoder_fit, "fit_encoder", "fitting the encoder"),
    (_batches, "encode", "encoding"),
    (Trainer, "train", "training"),
]

#: What is timed as a whole, steps inside it included.
WHOLE = {
    "training the students on labels",
    "folds of booster and student on labels",
}


def make_table(n_rows):
    """Draw a mixed table with labels."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(n_rows, NUMERIC))
    codes = rng.integers(LEVELS, size=(n_rows, NOMINAL))
    logits = np.tanh(numbers @ rng.normal(size=(NUMERIC, 8))) @ rng.normal(size=(8, 3))
    logits += rng.normal(size=(LEVELS, CLASSES))[codes[:, 0]]
    y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    frame = pd.DataFrame(numbers).add_prefix("x")
    for column in range(NOMINAL):
        frame[f"k{column}"] = pd.Categorical.from_codes(
            codes[:, column], [f"level {level}" for level in range(LEVELS)]
        )
    return frame, y


class Clock:
    """Processor time of each step, without that of the steps inside it."""

    def __init__(self):
        self.seconds, self.inside, self.whole = {}, [], False

    def wrap(self, function, step):
        """Give the function, timed."""

        def timed(*args, **kwargs):
            if self.whole:
                return function(*args, **kwargs)
            start = time.process_time()
            self.inside.append(0.0)
            self.whole = step in WHOLE
            try:
                return function(*args, **kwargs)
            finally:
                self.whole = False
                spent = time.process_time() - start
                own = spent - self.inside.pop()
                self.seconds[step] = self.seconds.get(step, 0.0) + own
                if self.inside:
                    self.inside[-1] += spent

        return timed

    @contextmanager
    def running(self):
        """Time all steps."""
        kept = [(place, name, getattr(place, name)) for place, name, _ in STEPS]
        try:
            for place, name, step in STEPS:
                setattr(place, name, self.wrap(getattr(place, name), step))
            yield
        finally:
            for place, name, function in kept:
                setattr(place, name, function)


def seconds(call):
    """Time one call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def products_floor(model):
    """Seconds of the bare matrix products of the training."""
    student = model.student_
    batch = 256
    rng = np.random.default_rng(0)
    weights = student.coefs_
    layers = [rng.normal(size=(batch, weights[0].shape[0])).astype(np.float32)]
    layers += [
        rng.normal(size=(batch, weight.shape[1])).astype(np.float32)
        for weight in weights
    ]
    start = time.process_time()
    for _ in range(200):
        for below, weight, above in zip(layers[:-1], weights, layers[1:], strict=True):
            below @ weight
            below.T @ above
        for weight, above in zip(weights[1:], layers[2:], strict=True):
            above @ weight.T
    return (time.process_time() - start) / 200 * student.n_steps_


def measure(n_rows):
    """Profile one fit.

    Parameters
    ----------
    n_rows : int
        Training rows.

    Returns
    -------
    list of dict
        One a step, the longest first, and the whole.
    """
    X, y = make_table(n_rows)
    names = [f"k{column}" for column in range(NOMINAL)]
    codes = make_column_transformer((OrdinalEncoder(), names), remainder="passthrough")
    forest = RandomForestClassifier(100, min_samples_leaf=3, random_state=0)
    teacher = make_pipeline(codes, forest).fit(X, y)
    clock = Clock()
    model = DistilledClassifier(teacher, random_state=0)
    with threadpool_limits(1):
        start = time.process_time()
        with clock.running():
            model.fit(X, y)
        whole = time.process_time() - start
        made = MungeSampler(300_000, random_state=0).fit(X[:2000]).sample()[0]
        each = seconds(lambda: teacher.predict_proba(made[:50_000])) / 50_000
        width = model.student_.coefs_[0].shape[0]
        encoded = np.ones((50_000, width), np.float32)
        order = np.random.default_rng(0).integers(n_rows, size=model.n_transfer_rows_)
        learned = X.take(order).filter(like="x").to_numpy()[:ENCODER_ROWS]
        coded = pd.get_dummies(X).to_numpy(np.float64)
        search = NearestNeighbors(n_neighbors=10).fit(coded)
        floors = {
            "asking the teacher about the training rows": each * n_rows,
            "asking all members of the pool": each * model.n_transfer_rows_,
            # every tree about the rows that it was not drawn for
            "asking the trees out of the bag": each * n_rows * np.exp(-1),
            "training": products_floor(model),
            "encoding": seconds(encoded.copy) * model.n_transfer_rows_ / len(encoded),
            "making synthetic rows": seconds(lambda: X.take(order)),
            # quantiles need the order of each column
            "fitting the encoder": seconds(lambda: np.sort(learned, axis=0)),
            "search for neighbours": seconds(
                lambda: search.kneighbors(return_distance=False)
            ),
        }
    rest = whole - sum(clock.seconds.values())
    steps = sorted(clock.seconds.items(), key=lambda item: -item[1])
    rows = [*steps, ("the rest", rest), ("whole fit", whole)]
    return [
        {
            "step": step,
            "seconds": round(spent, 3),
            "share": round(spent / whole, 4),
            "floor_seconds": round(floors[step], 3) if step in floors else "",
        }
        for step, spent in rows
    ]


def lines(rows):
    """Make the lines of the table."""
    made = [
        [
            row["step"],
            number(float(row["seconds"]), ".1f"),
            number(float(row["share"]), ".0%"),
            number(float(row["floor_seconds"] or "nan"), ".1f"),
        ]
        for row in rows
        if float(row["seconds"]) > 0.01
    ]
    return table(("step", "seconds", "share", "floor"), made)


def main():
    """Profile, print, and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    args = parser.parse_args()
    rows = measure(args.rows)
    for row in rows:
        print("{step:45s} {seconds:9.3f} s {share:7.1%}  {floor_seconds}".format(**row))
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
