"""The picture that the demo writes: what quality costs in size and in time."""

import warnings

from matplotlib.figure import Figure

from sklearn_kd.inspection._writing.numbers import (
    SCORES,
    format_number,
    format_seconds,
    format_size,
    format_tick,
)

_PANELS = (
    ("pickled_size", "pickled size", format_size),
    ("latency_median", "prediction of one row, median", format_seconds),
)

#: The loss beside each score in the legend: its key, what it is called, how written.
_LOSSES = {
    "accuracy": ("log_loss", "log loss", "{:.4f}".format),
    "r2": ("rmse", "RMSE", format_number),
}
_STYLES = (("s", "#4c566a"), ("o", "#d1495b"), ("D", "#8fa3bf"), ("^", "#6a994e"))

#: What the axis of scores spans at least, so that small differences look small.
_SPAN = 0.06

#: Most characters of a title.
_TITLE = 100


def draw(comparison, path, title):
    """Write the picture of :func:`figure_of` to a file; the ending is its format."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure_of(comparison, title).savefig(path, dpi=150)


def figure_of(comparison, title):
    """Draw accuracy or R² over size and over latency.

    Parameters
    ----------
    comparison : Comparison
        Teacher, student, the same student without a teacher, small booster.
    title : str
        The headline.

    Returns
    -------
    matplotlib.figure.Figure
        One that pyplot does not know of.
    """
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    panels, score = figure.subplots(1, 2, sharey=True), comparison.score
    for axes, (key, label, write) in zip(panels, _PANELS, strict=True):
        _draw_panel(axes, comparison.rows, key, score, write)
        axes.set_xlabel(f"{label} (log scale)")
    panels[0].set_ylabel(f"{SCORES[score]} on held-out rows")
    panels[0].set_ylim(*_limits([row[score] for row in comparison.rows]))
    handles = panels[0].get_legend_handles_labels()[0]
    labels = [_describe(row, score) for row in comparison.rows]
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    if len(title) > _TITLE:
        title = f"{title[:_TITLE]}..."
    figure.suptitle(title, parse_math=False)  # a column may have dollars in its name
    return figure


def _draw_panel(axes, rows, key, score, write):
    for position, row in enumerate(rows):  # the student over its twin
        marker, color = _STYLES[position]
        axes.plot(
            row[key],
            row[score],
            marker,
            color=color,
            markersize=11,
            alpha=0.8,
            zorder=len(rows) - position,
            label=row["model"],
        )
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.xaxis.set_major_formatter(lambda value, _: format_tick(write(value)))
    axes.xaxis.set_minor_formatter("")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _limits(values):
    """Give the ends of an axis of scores up to 1, with room around the values."""
    middle, span = (min(values) + max(values)) / 2, max(values) - min(values)
    half = max(_SPAN, 1.4 * span) / 2
    top = min(middle + half, 1 + half / 10)  # a marker at 1 is whole
    return top - 2 * half, top


def _describe(row, score):
    """Write a model's quality and costs as text."""
    loss, title, as_text = _LOSSES[score]
    costs = ", ".join(write(row[key]) for key, _, write in _PANELS)
    quality = f"{SCORES[score]} {row[score]:.4f}\n{title} {as_text(row[loss])}"
    return f"{row['model']}\n{quality}\n{costs}"
