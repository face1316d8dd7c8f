"""Names of columns, levels and models in tables, which may be of any length."""

from sklearn_kd._messages import printable

#: Most characters of a name.
_WIDTH = 40


def shorten(name, width=_WIDTH):
    """Write a name for a table, and cut one that would make the table too wide."""
    text = printable(name)
    return text if len(text) <= width else f"{text[: width - 3]}..."
