"""Tables and numbers as lines of Markdown."""

import numpy as np
import pandas as pd


def table(header, lines):
    """Make a table; the first cell of a line is text and the others are figures."""
    rule = "|---|" + "---:|" * (len(header) - 1)
    rows = ["| " + " | ".join(cells) + " |" for cells in (header, *lines)]
    return [rows[0], rule, *rows[1:]]


def number(value, style):
    """Format a figure; nothing for one that is missing."""
    if value is None or pd.isna(value):
        return ""
    return "∞" if np.isinf(value) else format(value, style)
