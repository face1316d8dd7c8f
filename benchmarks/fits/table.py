"""The results of fits, and the tables of the docs."""

import numpy as np
import pandas as pd

from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER

RESULTS = FOLDER / "fits.csv"
KEYS = ("set", "teacher", "seed", "arm")

#: The states of the package that are compared; the first is what others are held to.
BEFORE, NUMPY, COMPILED = "before", "NumPy alone", "compiled core"
ARMS = (BEFORE, NUMPY, COMPILED)

#: What a fit may cost at most, over that before.
GOALS = {NUMPY: 0.7, COMPILED: 0.4}

#: Rows from which a fit may cost no more than that of its teacher.
LARGE = 30_000


def lines(rows):
    """Make the lines of the summary: an arm each, over all tables and teachers."""
    frame = _read(rows)
    made = []
    for arm in ARMS:
        own, before = frame.loc[arm], frame.loc[BEFORE]
        before, own = before.align(own, join="inner", axis=0)
        if own.empty:
            continue
        ratio = own["seconds"] / before["seconds"]
        divergence = np.exp(np.log(own["kl"] / before["kl"]).mean())
        large = own["n_train"] >= LARGE
        large &= own.index.get_level_values("teacher") != "boosting"
        over = (own["seconds"] / own["teacher_seconds"])[large]
        made.append(
            [
                arm,
                str(len(own)),
                number(own["seconds"].median(), ".1f"),
                number(ratio.median(), ".2f"),
                number(divergence, ".3f"),
                number((own["agreement"] - before["agreement"]).mean(), "+.4f"),
                number((own["score"] - before["score"]).mean(), "+.4f"),
                number((own["log_loss"] - before["log_loss"]).mean(), "+.4f"),
                number(over.median(), ".2f"),
                number(over.max(), ".2f"),
            ]
        )
    header = (
        "fit,pairs,median s,times as long,KL,agreement,score,log loss,"
        "over its teacher's fit,at most"
    )
    return table(header.split(","), made)


def set_lines(rows):
    """Make a line for each table: seconds of each arm, of each teacher."""
    frame = _read(rows)
    teachers = frame.index.get_level_values("teacher").unique()
    made = []
    for name in frame.index.get_level_values("set").unique():
        cells = [name]
        for teacher in teachers:
            seconds = []
            for arm in ARMS:
                own = frame.xs((arm, name, teacher), level=("arm", "set", "teacher"))
                seconds.append(number(own["seconds"].mean(), ".1f"))
            cells.append(" / ".join(seconds))
        made.append(cells)
    return table(("set", *teachers), made)


def verdicts(rows):
    """Compare with the goals, as text."""
    frame = _read(rows)
    for arm, goal in GOALS.items():
        both = frame.loc[[BEFORE, arm]]["seconds"].unstack("arm").dropna()
        ratio = (both[arm] / both[BEFORE]).median()
        yield f"{arm}: {ratio:.2f} of the time before, goal {goal} or less"


def _read(rows):
    frame = pd.DataFrame(rows).drop_duplicates(list(KEYS), keep="last")
    figures = frame.columns.difference(KEYS[:2] + KEYS[3:])
    frame[figures] = frame[figures].astype(float)
    return frame.set_index(["arm", "set", "teacher", "seed"])
