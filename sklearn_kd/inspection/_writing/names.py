"""Names of columns, levels and models in tables, which may be of any length."""

from sklearn_kd._messages import printable

#: Most characters of a name.
_WIDTH = 40


def shorten(name, width=_WIDTH):
    """Write a name for a table, without the middle of one that would be too wide."""
    text, half = printable(name), width // 2
    return (
        text if len(text) <= width else f"{text[: half - 3]}...{text[half - width :]}"
    )
