"""The one table and the one picture of the README: pure functions of the results."""

from pathlib import Path
from statistics import median

from benchmarks.report.goals import pivot
from benchmarks.report.summary import MODELS, model_lines
from benchmarks.shared.markdown import number, table

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "headline.svg"

#: Rows of the quality table that the README has, and what they are called there.
SHOWN = {
    "teacher": "teacher",
    "student": "student",
    "no_teacher": "the same student without a teacher",
    "lightgbm_30": "LightGBM, 30 trees of 15 leaves",
    "lightgbm_100": "LightGBM, 100 trees of 31 leaves",
}

COLUMNS = ("score", "log loss", "kB", "µs a row")


def headline(rows, timed):
    """Collect the figures of the README's table.

    Parameters
    ----------
    rows : DataFrame
        Results of the quality benchmark.
    timed : list of dict
        Results of the speed benchmark.

    Returns
    -------
    dict of str to list of str
        Score, log loss, kB and µs of one row, by the name of the model. The compiled
        forest has the score and log loss of the forests among the teachers, and the
        median size and time of the tables on which one was compiled.
    """
    shown = rows[rows["model"].isin(SHOWN)]  # on all splits that have these
    header, _, *lines = model_lines(shown)
    places = [_cells(header).index(column) for column in COLUMNS]
    found = {
        cells[0]: [cells[place] for place in places] for cells in map(_cells, lines)
    }
    figures = {name: found[MODELS[model]] for model, name in SHOWN.items()}
    costs = {
        what: median(
            float(row["theirs_seconds"]) for row in timed if row["what"].endswith(what)
        )
        for what in ("ONNX file (MB): forest", "one row: forest in ONNX Runtime")
    }
    megabytes, seconds = costs.values()
    forests = rows[rows["teacher"] == "forest"]
    score, loss = (
        pivot(forests, column)["teacher"].mean() for column in ("score", "log_loss")
    )
    figures["forest of 300 trees, compiled (ONNX)"] = [
        number(score, ".4f"),
        number(loss, ".3f"),
        number(megabytes * 1e6 / 1024, ",.0f"),
        number(seconds * 1e6, ",.0f"),
    ]
    return figures


def lines(figures):
    """Make the lines of the README's table."""
    header = ("model", "score", "log loss (nats)", "size (kB)", "one row (µs)")
    return table(header, [(name, *cells) for name, cells in figures.items()])


def draw(figures, path=PICTURE):
    """Draw score over size and over the time of one row, on logarithmic axes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "sklearn_kd"  # the same file from the same figures
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for name, cells in figures.items():
        score, _, *costs = (float(cell.replace(",", "")) for cell in cells)
        for axis, cost in zip(panels, costs, strict=True):
            large = name == SHOWN["student"]
            axis.plot(cost, score, "o", markersize=12 if large else 8, label=name)
    for axis, label in zip(panels, ("size, kB", "one row, µs"), strict=True):
        axis.set_xscale("log")
        axis.set_xlabel(f"{label} (log scale)")
        axis.margins(x=0.15, y=0.2)
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("mean score of all tables")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path, metadata={"Date": None})


def _cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]
