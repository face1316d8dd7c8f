"""Goals and table of the benchmark of quantiles: pure functions of its results."""

from functools import partial

from benchmarks.report.goals import as_text, goal_line, paired, pivot
from benchmarks.report.summary import goal_lines
from benchmarks.shared.markdown import number, table

#: How much coverage may differ from the teacher's.
MARGIN = 0.02

NAMES = ("teacher", "student", "fidelity")


def goals(rows):
    """Compute the goals of quantiles, and what was reached.

    Parameters
    ----------
    rows : DataFrame
        Results.

    Returns
    -------
    list of (str, str, str, str)
        As of :func:`benchmarks.report.goals.goals`.
    """
    lines = []
    for name, prefix in (("student", ""), ("fidelity", "fidelity: ")):
        coverage = paired(rows, "coverage", "teacher", name)
        gap = (coverage[name] - coverage["teacher"]).abs()
        what = f"{prefix}coverage within {MARGIN} of the teacher's: share of sets"
        share = (gap <= MARGIN).mean() if len(gap) else None
        lines += goal_line(what, share, 1.0, ".0%")
        kept = paired(rows, "retention", name)[name]
        what = f"{prefix}mean pinball loss of the teacher / student's"
        lines += goal_line(what, kept.mean(), None, ".4f")
        crossing = rows.loc[rows["model"] == name, "crossing"].max()
        what = f"{prefix}most rows with quantiles that cross"
        lines += goal_line(what, crossing, 0.0, ".0%", at_least=False)
    return lines


def report(rows):
    """Make the lines that the benchmark prints at its end."""
    return [*as_text(goals(rows), rows), "", *set_lines(rows)]


def set_lines(rows):
    """Every set and teacher: coverage, width and loss, in means over seeds."""
    columns = {
        column: pivot(rows, column).reindex(columns=NAMES)
        for column in ("coverage", "width", "pinball", "fidelity", "crossing")
    }
    lines = [
        (
            *pair,
            *(
                number(columns[column][name][pair], ".3f")
                for column in ("coverage", "width", "pinball")
                for name in NAMES
            ),
            number(columns["fidelity"]["student"][pair], ".3f"),
            number(columns["fidelity"]["fidelity"][pair], ".3f"),
            number(columns["crossing"]["teacher"][pair], ".1%"),
        )
        for pair in columns["coverage"].index
    ]
    header = (
        "set,teacher,coverage: teacher,student,with fidelity,width in sd: teacher,"
        "student,with fidelity,pinball loss in sd: teacher,student,with fidelity,"
        "R2 against the teacher,with fidelity,rows where the teacher's cross"
    )
    return table(header.split(","), lines)


#: Tables by the name of their file.
TABLES = {
    "quantiles": set_lines,
    "quantiles_goals": partial(goal_lines, goals=goals),
}
