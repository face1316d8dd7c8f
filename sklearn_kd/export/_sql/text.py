"""Pieces of SQL that all three databases read alike."""

from sklearn_kd._messages import show


def quoted(name):
    """Quote a name of a column or table."""
    return '"' + name.replace('"', '""') + '"'


def string(text):
    """Quote a text; backslashes are plain characters."""
    return "'" + text.replace("'", "''") + "'"


def refuse_unwritable(text, what):
    """Refuse null characters and halves of surrogate pairs in a name or a value."""
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError(
            f"to_sql cannot write {what} {show(text)}: SQL has neither null characters "
            "nor halves of surrogate pairs. Replace it before fitting."
        )


def number(value):
    """Write a number in all its digits, as none but a double."""
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def total(terms, join="({} + {})"):
    """Put terms together in halves, so that few parentheses stand in each other."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return join.format(total(terms[:half], join), total(terms[half:], join))
