"""What all displays do: find axes, set styles, and shorten texts."""

import os

from sklearn_kd._messages import printable, show

#: How teacher and student are drawn wherever both are: colours of Okabe and Ito, which
#: colour-blind people tell apart, each with a contrast above 4 to white and to black.
STYLES = {
    "teacher": {"color": "#D55E00", "marker": "s", "linestyle": "--"},
    "student": {"color": "#0072B2", "marker": "o", "linestyle": "-"},
}

#: Most characters of a label.
_LABEL = 18

#: From this ratio of the largest to the smallest value on, an axis is logarithmic.
_LOG_FROM = 20


def check_matplotlib(caller):
    """Refuse to draw without matplotlib, before anything is computed."""
    try:
        import matplotlib  # noqa: F401
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

        return pyplot.subplots(figsize=figsize, layout="constrained")[1]
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


def text_color():
    """Give the colour of text in the style that is on, which a dark notebook sets."""
    from matplotlib import rcParams

    return rcParams["text.color"]


def short_texts(labels):
    """Write labels on one line each, long ones without what they have in common.

    Parameters
    ----------
    labels : iterable of object
        Of classes.

    Returns
    -------
    list of str
        Where one is too long, all are without as much of their common beginning, and
        then of their common end, as it takes; the middle is left out if that is not
        enough.
    """
    texts = [printable(label) for label in labels]
    texts = [text[::-1] for text in _without_beginning(texts)]
    texts = [text[::-1] for text in _without_beginning(texts)]
    half = _LABEL // 2
    return [
        text if len(text) <= _LABEL else f"{text[:half]}…{text[1 - half :]}"
        for text in texts
    ]


def _without_beginning(texts):
    """Shorten texts to what fits, by what all of them begin with."""
    n_common = len(os.path.commonprefix(texts))  # noqa: RUF071
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
