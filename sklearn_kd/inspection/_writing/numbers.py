"""Numbers as people read them."""

import math

#: What the score is called that retention is of, by its key: one a task.
SCORES = {"accuracy": "accuracy", "r2": "R²"}

_SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_TIMES = ((1, "s"), (1e-3, "ms"), (1e-6, "µs"))


def format_size(n_bytes):
    """Write a number of bytes with three digits and a decimal unit, such as 17.9 MB."""
    return _scaled(n_bytes, _SIZES) or f"{n_bytes} B"


def format_seconds(seconds):
    """Write a duration with three digits and a unit, such as 25.3 ms."""
    return _scaled(seconds, _TIMES) or f"{seconds * 1e6:.2f} µs"


def format_tick(text):
    """Write a number with a unit without zeros behind the point: 1.00 ms is 1 ms."""
    number, unit = text.split(" ")
    return f"{float(number):g} {unit}"


def format_number(value):
    """Write a number in units of its own with five digits, and all before the point."""
    if 1e4 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:#.5g}".rstrip(".")


def format_bound(value):
    """Write an end of a range with six digits at most, a whole number with all."""
    whole = abs(value) < 1e15 and value == int(value)
    return f"{value:.0f}" if whole else f"{value:.6g}"


def format_share(share):
    """Write a share with four digits; one that is not 0 does not look like 0."""
    return "<.0001" if 0 < share < 5e-5 else f"{share:.4f}"


def format_levels(levels):
    """Write the levels between which an interval lies, such as 0.05 to 0.95."""
    return " to ".join(f"{level:g}" for level in levels)


def format_range(ends):
    """Write the two ends of an interval, such as 0.9862 to 1.0041."""
    if any(map(math.isnan, ends)):
        return "undefined"
    return " to ".join(f"{end:.4f}" for end in ends)


def format_change(value):
    """Write a difference of scores with its sign, such as +0.0031."""
    return f"{value:+.4f}"


def _scaled(value, units):
    """Write a value in the largest unit of which it is one or more; None for none."""
    for factor, unit in units:
        number = value / factor
        if number >= 1:
            digits = 0 if number >= 100 else 1 if number >= 10 else 2
            return f"{number:.{digits}f} {unit}"
    return None
