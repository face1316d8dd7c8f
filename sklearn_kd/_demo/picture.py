"""The picture that the demo writes: what quality costs in size and in time."""

import warnings

from matplotlib.figure import Figure

from sklearn_kd.inspection._format import format_seconds, format_size

_PANELS = (
    ("pickled_size", "pickled size", format_size),
    ("latency_median", "predict_proba of one row, median", format_seconds),
)
_STYLES = (("s", "#4c566a"), ("o", "#d1495b"), ("D", "#8fa3bf"), ("^", "#6a994e"))

#: What the accuracy axis spans at least, so that small differences look small.
_SPAN = 0.06

#: Most characters of a title.
_TITLE = 100


def draw(comparison, path, title):
    """Write a picture with accuracy over size and over latency.

    Parameters
    ----------
    comparison : Comparison
        Teacher, student, the same student without a teacher, small booster.
    path : str
        The file; its ending chooses the format.
    title : str
        The headline.
    """
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (key, label, write) in zip(panels, _PANELS, strict=True):
        _draw_panel(axes, comparison.rows, key, write)
        axes.set_xlabel(f"{label} (log scale)")
    panels[0].set_ylabel("accuracy on held-out rows")
    panels[0].set_ylim(*_limits([row["accuracy"] for row in comparison.rows]))
    handles = panels[0].get_legend_handles_labels()[0]
    labels = [_describe(row) for row in comparison.rows]
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    if len(title) > _TITLE:
        title = f"{title[:_TITLE]}..."
    figure.suptitle(title, parse_math=False)  # a column may have dollars in its name
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure.savefig(path, dpi=150)


def _draw_panel(axes, rows, key, write):
    for position, row in enumerate(rows):  # the student over its twin
        marker, color = _STYLES[position]
        axes.plot(
            row[key],
            row["accuracy"],
            marker,
            color=color,
            markersize=11,
            alpha=0.8,
            zorder=len(rows) - position,
            label=row["model"],
        )
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.xaxis.set_major_formatter(lambda value, _: _short(write(value)))
    axes.xaxis.set_minor_formatter("")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _limits(values):
    """Give the ends of an axis of shares, with room around the values."""
    middle, span = (min(values) + max(values)) / 2, max(values) - min(values)
    half = max(_SPAN, 1.4 * span) / 2
    top = min(middle + half, 1 + half / 10)  # a marker at 1 is whole
    return top - 2 * half, top


def _describe(row):
    """Write a model's quality and costs as text."""
    costs = ", ".join(write(row[key]) for key, _, write in _PANELS)
    quality = f"accuracy {row['accuracy']:.4f}\nlog loss {row['log_loss']:.4f}"
    return f"{row['model']}\n{quality}\n{costs}"


def _short(text):
    """Write a tick without zeros behind the point: 1.00 ms is 1 ms."""
    number, unit = text.split(" ")
    return f"{float(number):g} {unit}"
