"""The results of labelling tables on disk, and the table of the docs."""

from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER

RESULTS = FOLDER / "machines.csv"
KEYS = ("n_rows", "way")


def lines(rows):
    """Make a line for each size of the table and way."""
    made = []
    for row in rows:
        seconds, size = float(row["seconds"]), float(row["bytes"])
        made.append(
            [
                f"{int(row['n_rows']):,}",
                row["way"],
                number(seconds, ".1f"),
                number(int(row["rows"]) / seconds, ",.0f"),
                number(size / 1e6, ",.0f"),
            ]
        )
    return table(["rows", "way", "seconds", "rows a second", "MB at most"], made)
