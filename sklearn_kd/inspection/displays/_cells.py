"""The cells of a matrix: their colours, and texts that fit into them."""

import numpy as np

from sklearn_kd.inspection.displays._drawing import (
    is_dark,
    luminance,
    plain,
    short_texts,
)

#: Points of the smallest text that is readable.
SMALLEST = 5.5

#: Width of a character, and of a line of text, in its size.
CHARACTER, LINE = 0.62, 1.1


def color_scale(differ):
    """Give the colour scale: logarithmic where few cells would outshine the others."""
    from matplotlib import colors

    values = differ.compressed()
    if len(values) and values.max() / values.min() > 10:
        return colors.LogNorm(values.min(), values.max())
    return colors.Normalize(0, values.max() if len(values) else 1)


def default_cmap(ax):
    """Give shades of orange that begin near the background, and can be told from it."""
    from matplotlib import colormaps, colors

    oranges = colormaps["Oranges"](np.linspace(0.25, 0.95, 256))
    return colors.ListedColormap(oranges[::-1] if is_dark(ax) else oranges)


def contrast(color):
    """Give black on a light colour, and white on a dark one."""
    return "black" if luminance(color) > 0.45 else "white"


def cell_size(ax, n_classes):
    """Give the side of a cell in points, before anything is laid out."""
    extent = ax.get_window_extent()
    return 0.9 * min(extent.width, extent.height) * 72 / ax.figure.dpi / n_classes


def set_ticks(ax, labels, cell, rotation):
    """Name the classes, in letters that fit; of very many each second, third, ..."""
    texts = short_texts(labels)
    size = min(ax.xaxis.label.get_fontsize(), max(cell / LINE, SMALLEST))
    every = int(np.ceil(size * LINE / cell))
    at = np.arange(0, len(texts), every)
    kept = texts[::every]
    if rotation is None:
        fits = max(map(len, kept)) * size * CHARACTER <= cell * every
        rotation = "horizontal" if fits else "vertical"
    ax.set_xticks(at, kept, rotation=rotation, fontsize=size)
    ax.set_yticks(at, kept, fontsize=size)
    plain([*ax.get_xticklabels(), *ax.get_yticklabels()])


def write_count(value):
    """Write a number of rows, with decimals only where weights have some."""
    return f"{value:,.0f}" if value % 1 == 0 else f"{value:.3g}"


def write_share(value):
    """Write a share in percent, with as many digits as tell it from 0 and from 1."""
    rest = min(value, 1 - value)
    if 0 < rest < 5e-5:
        return "<0.01%" if value < 0.5 else ">99.99%"
    digits = 0 if rest == 0 or rest > 0.0995 else 1 if rest > 0.00095 else 2
    return f"{value:.{digits}%}"
