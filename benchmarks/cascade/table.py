"""The results of cascades, and the tables of the docs."""

from itertools import product

import numpy as np
import pandas as pd

from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER
from sklearn_kd.cascade._threshold import rows_needed

RESULTS = FOLDER / "cascade.csv"
KEYS = ("set", "teacher", "objective", "budget")
OBJECTIVES = ("generalization", "fidelity")

#: Shares of all rows for which the cascade may differ from its teacher.
BUDGETS = (0.01, 0.02, 0.05)


def lines(rows):
    """Make the lines of the summary: means over the tables, a budget each.

    Tables with too few rows to show the budget are left out: the teacher answers all.
    """
    frame = _read(rows)
    needed = frame["budget"].map(lambda budget: rows_needed(budget, 0.95))
    frame = frame[frame["n_held_out"] // 2 >= needed]
    made = []
    for objective, budget in product(OBJECTIVES, BUDGETS):
        chosen = (frame["objective"] == objective) & (frame["budget"] == budget)
        own = frame[chosen]
        gain = own["cascade_accuracy"] - own["teacher_accuracy"]
        made.append(
            (
                objective,
                f"{budget:g}",
                str(len(own)),
                number(own["draws_kept"].mean(), ".1%"),
                number(own["splits_kept"].mean(), ".1%"),
                number(own["student_share"].mean(), ".1%"),
                number(1 - own["splits_disagreement"].mean(), ".2%"),
                number(gain.mean(), "+.2%"),
                number(own["row_faster"].median(), ".1f"),
                number(own["batch_faster"].median(), ".1f"),
            )
        )
    header = (
        "objective,budget,tables,kept,kept on test halves,answered,agreement,"
        "accuracy gained,faster,2000 rows"
    )
    return table(header.split(","), made)


def set_lines(rows):
    """Make a line for each table, at two budgets: of the default student / the copy."""
    frame = _read(rows)
    ends = BUDGETS[0], BUDGETS[-1]
    made = []
    for name, own in frame.groupby("set", sort=False):
        own = own.set_index(["budget", "objective"])
        alone = own.loc[ends[0]]
        cells = [name, f"{alone['n_held_out'].iloc[0] // 2:,.0f}"]
        cells.append(_both(1 - alone["student_disagreement"], ".3f"))
        for budget in ends:
            at = own.loc[budget]
            cells.append(_both(at["draws_kept"], ".0%"))
            cells.append(_both(at["student_share"], ".1%"))
            cells.append(_both(at["row_faster"], ".0f"))
        made.append(cells)
    columns = [
        f"{what} at {budget:g}"
        for budget in ends
        for what in ("kept", "answered", "faster")
    ]
    return table(("set", "rows", "student agrees", *columns), made)


def _both(figures, style):
    return " / ".join(number(figures[objective], style) for objective in OBJECTIVES)


def _read(rows):
    """Read the figures, and compare the time of a row with the teacher's."""
    frame = pd.DataFrame(rows)
    numbers = [name for name in frame if name not in KEYS[:3]]
    frame[numbers] = frame[numbers].astype(float)
    share = frame["student_share"]
    # a row that the student does not answer costs both; none asks it at infinity
    asked = np.where(
        frame["answered_row_seconds"].notna(), frame["student_row_seconds"], 0
    )
    cost = share * frame["answered_row_seconds"].fillna(0)
    cost += (1 - share) * (asked + frame["teacher_row_seconds"])
    return frame.assign(
        row_faster=frame["teacher_row_seconds"] / cost,
        batch_faster=frame["teacher_batch_seconds"] / frame["batch_seconds"],
    )
