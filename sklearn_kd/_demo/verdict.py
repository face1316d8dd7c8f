"""The last lines of the demo: how much smaller, how much faster, at which cost."""

from sklearn_kd._messages import printable
from sklearn_kd.inspection._writing.numbers import (
    SCORES,
    format_range,
    format_seconds,
    format_size,
)


def verdict(comparison, student="student"):
    """Write what replacing the teacher changes.

    Parameters
    ----------
    comparison : Comparison
        The measures of the models of a report.
    student : str, default="student"
        The name of the one that replaces the teacher.

    Returns
    -------
    list of str, of length 3
        Its size, its speed on one row, and its score, each beside the teacher's.
    """
    teacher, row = comparison[comparison.reference], comparison[student]
    size = _ratio(teacher, row, "pickled_size", "small", "larg", format_size)
    speed = _ratio(teacher, row, "latency_median", "fast", "slow", format_seconds)
    return [
        f"The {student} is {size}.",
        f"On one row it is {speed}.",
        _cost(comparison, teacher, row),
    ]


def _ratio(teacher, row, key, more, less, write):
    """Write a ratio as '3.2 times smaller than the teacher (1.00 kB, not 3.20 kB)'."""
    ratio = teacher[key] / row[key]
    word = more if ratio >= 1 else less
    ratio = max(ratio, 1 / ratio)
    times = f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"
    values = f"{write(row[key])}, not {write(teacher[key])}"
    return f"{times} times {word}er than the teacher ({values})"


def _cost(comparison, teacher, row):
    """Write the change of the score, its interval, and the scores of the others."""
    key = comparison.score
    change, name = row["score_change"], SCORES[key]
    start = f"It {'costs' if change < 0 else 'gains'} {abs(change):.4f} of {name}"
    if f"{change:.4f}" in ("0.0000", "-0.0000"):
        start = f"It costs nothing in {name}"
    others = [one for one in comparison.rows if one not in (teacher, row)]
    also = "".join(f"; {printable(one['model'])} {one[key]:.4f}" for one in others)
    return (
        f"{start}: {row[key]:.4f}, not {teacher[key]:.4f} (95 % interval of the change "
        f"{format_range(row['score_change_interval'])}{also})."
    )
