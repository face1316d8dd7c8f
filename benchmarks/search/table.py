"""The results of searches, and the table of the docs."""

from benchmarks.shared.markdown import number, table
from benchmarks.shared.results import FOLDER

RESULTS = FOLDER / "searches.csv"

COLUMNS = ("part", "what", "rows", "fits", "before_seconds", "seconds", "goal")


def lines(rows):
    """Make the lines of the table: what a search takes without and with something."""
    made = []
    for row in rows:
        before, after = float(row["before_seconds"]), float(row["seconds"])
        goal = f"{float(row['goal']):g}" if row["goal"] else ""
        made.append(
            [
                row["what"],
                f"{int(row['rows']):,}",
                row["fits"],
                number(before, ".3g"),
                number(after, ".3g"),
                number(before / after, ".2g"),
                goal,
            ]
        )
    header = "what", "rows", "fits", "seconds before", "after", "times as fast", "goal"
    return table(header, made)
