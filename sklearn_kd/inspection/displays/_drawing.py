"""What all displays do: find axes, set styles, and shorten texts."""

from importlib import import_module
from itertools import takewhile

import numpy as np

from sklearn_kd._messages import printable, show

#: Colours of Okabe and Ito, which colour-blind people tell apart, on a light background
#: and on a dark one: of the teacher, of the student, and of what is neither.
_LIGHT = {"teacher": "#D55E00", "student": "#0072B2", "other": "#009E73"}
_DARK = {"teacher": "#E69F00", "student": "#56B4E9", "other": "#2BC59A"}

#: Most characters of a label.
_LABEL = 18

#: From this ratio of the largest to the smallest value on, an axis is logarithmic.
_LOG_FROM = 20


def check_matplotlib(caller):
    """Refuse to draw without matplotlib, before anything is computed."""
    try:
        import_module("matplotlib")
    except ImportError as error:
        raise ImportError(
            f"{caller} needs matplotlib, which is not installed: pip install matplotlib"
        ) from error


def axes_for(ax, caller, figsize=None):
    """Give the axes that were passed, or those of a new figure.

    Parameters
    ----------
    ax : matplotlib Axes or None
        What was passed.
    caller : str
        What draws, for the error where matplotlib is not installed.
    figsize : tuple of float or None, default=None
        Inches of a new figure; None is the default of matplotlib.

    Returns
    -------
    matplotlib Axes
        Where to draw.

    Raises
    ------
    ImportError
        Without matplotlib.
    TypeError
        For several axes, and what is none.
    """
    check_matplotlib(caller)
    if ax is None:
        from matplotlib import pyplot

        return pyplot.subplots(figsize=figsize, layout="compressed")[1]
    if not hasattr(ax, "get_window_extent") or not hasattr(ax, "errorbar"):
        raise TypeError(
            f"ax must be one Axes of matplotlib, such as plt.gca(), got {show(ax)} of "
            f"type {type(ax).__name__}."
        )
    return ax


def styled(defaults, given, artist):
    """Put keywords of the user's over our own, whatever alias they are named by."""
    from matplotlib import cbook

    return defaults | cbook.normalize_kwargs(given, artist)


def palette(ax):
    """Give the colours of "teacher", "student" and "other" in the style that is on."""
    return _DARK if is_dark(ax) else _LIGHT


def is_dark(ax):
    """Return whether the background is darker than what is drawn on it has to be."""
    from matplotlib.colors import to_rgb

    return luminance(to_rgb(ax.get_facecolor())) < 0.5


def luminance(color):
    """Give the brightness that red, green and blue are seen with, 0 to 1."""
    return float(np.dot(color[:3], [0.299, 0.587, 0.114]))


def text_color():
    """Give the colour of text in the style that is on, which a dark notebook sets."""
    from matplotlib import rcParams

    return rcParams["text.color"]


def short_texts(labels):
    """Write labels on one line each, long ones shortened.

    They lose as much of their common beginning, and then of their common end, as it
    takes, and then their middle.
    """
    texts = [printable(label) for label in labels]
    texts = [text[::-1] for text in _without_beginning(texts)]
    texts = [text[::-1] for text in _without_beginning(texts)]
    return [short(text, _LABEL) for text in texts]


def short(text, most):
    """Leave the middle of a text out where it has more characters than so many."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}…{text[1 - half :]}"


def _without_beginning(texts):
    """Shorten texts to what fits, by what all of them begin with."""
    pairs = zip(min(texts), max(texts), strict=False)  # what they share, all share
    n_common = len([*takewhile(lambda pair: pair[0] == pair[1], pairs)])
    n_left_out = min(n_common, 1 + max(map(len, texts)) - _LABEL)
    if n_left_out < 2 or len(texts) == 1:
        return texts
    return [f"…{text[n_left_out:]}" for text in texts]


def plain(texts):
    """Show dollars in texts as they are; they would begin a formula."""
    for text in texts:
        text.set_parse_math(False)


def wants_log(values):
    """Return whether values span so much that a logarithmic axis shows them better."""
    return bool(values.min() > 0 and values.max() / values.min() >= _LOG_FROM)
