"""The results of the exports, and the table of the docs."""

import pandas as pd

from benchmarks.exports.targets import TARGETS
from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER

RESULTS = FOLDER / "exports.csv"
COLUMNS = ["set", "target", "columns", "seconds", "bytes", "largest", "mean"]


def lines(rows):
    """Make the lines of the table: medians, and the largest difference."""
    frame = pd.DataFrame(rows).astype({"seconds": float, "bytes": float})
    frame = frame.astype({"largest": float})
    made = []
    for target in TARGETS:
        own = frame[frame["target"] == target.name]
        if len(own):
            made.append(
                [
                    target.name,
                    f"``{target.call}``",
                    number(own["seconds"].median() * 1e6, ".3g"),
                    number(own["bytes"].median(), ",.0f"),
                    number(own["largest"].max(), ".1g"),
                    target.lost,
                ]
            )
    header = ("where", "call", "µs a row", "bytes", "largest difference", "lost")
    return table(header, made)
