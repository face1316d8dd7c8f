"""The picture that the demo writes: what quality costs in size and in time."""

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from sklearn_kd.inspection._format import format_seconds, format_size

_PANELS = (
    ("pickled_size", "pickled size", format_size),
    ("latency_median", "one row, median of predict_proba", format_seconds),
)
_STYLES = (("s", "#4c566a"), ("o", "#d1495b"), ("o", "#8fa3bf"))


def draw(comparison, path, title):
    """Write a picture with accuracy over size and over latency.

    Parameters
    ----------
    comparison : Comparison
        Teacher, student, the same student without a teacher.
    path : str
        The file; its ending chooses the format.
    title : str
        The headline.
    """
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (key, label, write) in zip(panels, _PANELS, strict=True):
        for row, (marker, color) in zip(comparison.rows, _STYLES, strict=True):
            axes.plot(
                row[key],
                row["accuracy"],
                marker,
                color=color,
                markersize=11,
                label=f"{row['model']}",
            )
            axes.annotate(
                write(row[key]),
                (row[key], row["accuracy"]),
                xytext=(0, 10),
                textcoords="offset points",
                ha="center",
            )
        axes.set_xscale("log")
        axes.margins(x=0.15, y=0.25)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _, w=write: w(x)))
        axes.xaxis.set_minor_formatter("")
        axes.set_xlabel(f"{label} (log scale)")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("accuracy on held-out rows")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(title)
    figure.savefig(path, dpi=150)
