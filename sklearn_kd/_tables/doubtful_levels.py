"""Nominal columns that hold numbers as text, dates or keys in place of levels."""

import re
from contextlib import contextmanager
from contextvars import ContextVar

from sklearn_kd._messages import show, warn
from sklearn_kd._tables.columns import nominal_codes
from sklearn_kd._tables.frames import column_name, is_pandas, is_polars
from sklearn_kd._tables.level_types import occurring_levels, sample_rows

#: Up to so many different values, a column of numbers as text is one of levels.
FEW_LEVELS = 20

#: A column has mostly different values where these are more than this share of the
#: rows. A smaller share is enough for numbers with a fraction or an exponent: names of
#: levels seldom have one.
MOST_DIFFER, FRACTIONS_DIFFER = 0.5, 0.05

#: Up to so many whole numbers may be codes, most of which differ where rows are few.
_FEW_CODES = 100

#: Up to so many words beside numbers, in up to this share of the rows, stand for a
#: missing value or a number that was not measured.
_FEW_WORDS, _WORDS_SHARE = 3, 0.25

#: Columns that a message names, of more.
_NAMED = 5

#: What stands for a missing value among numbers that were written as text.
_MARKS = frozenset(
    ["", "nan", "na", "n/a", "<na>", "#n/a", "nat", "none", "null", "?", "-", "--", "."]
)

_NUMBER = re.compile(
    "[+\\-\u2212]?"
    "(?:\\d+(?:[.,](?P<decimals>\\d*))?|[.,](?P<only>\\d+)"  # 12, 1.5, 1,5 and .5
    "|\\d{1,3}(?:,\\d{3})+(?:\\.(?P<point>\\d*))?"  # 1,234.5
    "|\\d{1,3}(?:\\.\\d{3})+,(?P<comma>\\d+)"  # 1.234,5
    "|\\d{1,3}(?:[ '\u2019\u00a0\u202f]\\d{3})+(?:[.,](?P<space>\\d*))?)"  # 1 234.5
    "(?P<power>[eE][+-]?\\d+)?"
)

#: Names of the columns that need no further warning.
_warned = ContextVar("_warned", default=frozenset())


@contextmanager
def already_warned(columns):
    """Warn no more of some columns inside, and inside what it calls.

    Parameters
    ----------
    columns : frozenset
        What :func:`check_levels` gave.
    """
    token = _warned.set(_warned.get() | columns)
    try:
        yield
    finally:
        _warned.reset(token)


def check_levels(X, kinds):
    """Refuse numbers as text, and warn of nominal columns in which most values differ.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        A table.
    kinds : list of {"numeric", "nominal"}
        What the columns are.

    Returns
    -------
    frozenset
        Names of the columns that were warned of.

    Raises
    ------
    ValueError
        For a column that is not of dtype category, whose values are numbers as text,
        but for a few words, and too many of them different.

    Warns
    -----
    UserWarning
        Where more than half of the values of a column are different.
    """
    numbers, keys = _find_suspects(X, kinds)
    _refuse_numbers(X, numbers)
    warned = _warned.get()
    keys = {j: n for j, n in keys.items() if column_name(X, j) not in warned}
    if keys:
        warn(_keys_message(X, keys))
    return frozenset(column_name(X, column) for column in keys)


def has_numbers_as_text(X, kinds):
    """Return whether :func:`check_levels` would refuse a table."""
    return bool(_find_suspects(X, kinds)[0])


@contextmanager
def without_warnings_of_levels(X):
    """Warn of no column of a table inside."""
    n_columns = X.shape[1] if len(getattr(X, "shape", ())) == 2 else 0
    with already_warned(frozenset(column_name(X, j) for j in range(n_columns))):
        yield


def _find_suspects(X, kinds):
    """Find the columns of numbers as text, with their levels, and those of keys."""
    numbers, keys = {}, {}
    nominal = [column for column, kind in enumerate(kinds) if kind == "nominal"]
    sample = sample_rows(X) if nominal else X
    for column in nominal:
        declared = _is_declared(X, column)
        found = _suspicion(sample, column, declared)
        # one column that is refused is enough; the others are judged by the sample
        if found and sample is not X and not (numbers and found[0] == "numbers"):
            found = _suspicion(X, column, declared)
        if found:
            (numbers if found[0] == "numbers" else keys)[column] = found[1]
    return numbers, keys


def _is_declared(X, column):
    """Return whether a column has levels by its dtype: category, or Enum in polars."""
    if is_pandas(X):
        return X.dtypes.iloc[column].name == "category"
    return is_polars(X) and str(X.dtypes[column].base_type()) in ("Categorical", "Enum")


def _suspicion(X, column, declared):
    """What a nominal column may be instead, and what shows it; None for levels."""
    counts = occurring_levels(*nominal_codes(X, column))
    if len(counts) <= FEW_LEVELS:
        return None
    if not declared and _are_numbers(counts):
        return "numbers", counts
    n_rows = sum(counts.values())
    if len(counts) > MOST_DIFFER * n_rows:
        return "keys", (len(counts), n_rows)
    return None


def _are_numbers(counts):
    """Return whether levels are numbers, text or not, too many of them different."""
    n_levels = n_rows = n_words = in_words = 0
    fractions = False
    for level, count in counts.items():
        form = _form(level)
        if form == "mark":
            continue
        if form == "code" or isinstance(level, bool):
            return False
        if form == "word":
            n_words, in_words = n_words + 1, in_words + count
            if n_words > _FEW_WORDS:
                return False
            continue
        fractions |= form == "fraction"
        n_levels, n_rows = n_levels + 1, n_rows + count
    if in_words > _WORDS_SHARE * sum(counts.values()):
        return False
    least, share = FEW_LEVELS, FRACTIONS_DIFFER
    if not fractions:
        least, share = _FEW_CODES, MOST_DIFFER
    return n_levels > least and n_levels > share * n_rows


def _form(level):
    """Name the form of a level: whole number, fraction, code, missing mark or word.

    A code is a number with zeros in front, which a number would lose.
    """
    if isinstance(level, bool):
        return "word"
    if isinstance(level, (int, float)):
        return "whole" if level % 1 == 0 else "fraction"
    text = level.decode("latin-1") if isinstance(level, bytes) else level
    text = text.strip()
    if text.lower().lstrip("+-") in ("inf", "infinity"):
        return "fraction"
    match = _NUMBER.fullmatch(text)
    if match is None:
        return "mark" if text.lower() in _MARKS else "word"
    parts = match.groupdict()
    if parts.pop("power") or any(part and part.strip("0") for part in parts.values()):
        return "fraction"
    return "code" if re.match("[+-]?0\\d", text) else "whole"


def _refuse_numbers(X, found):
    if not found:
        return
    column, counts = next(iter(found.items()))
    levels = {"mark": [], "word": [], "whole": [], "fraction": []}
    for level in counts:
        levels[_form(level)].append(level)
    numbers = levels["whole"] + levels["fraction"]
    texts = [level for level in numbers if isinstance(level, (str, bytes))]
    example = f"numbers as text, such as {show((texts or numbers)[0])}"
    if not texts:
        beside = (levels["mark"] + levels["word"])[0]
        example = (
            f"numbers beside text, such as {show(numbers[0])} beside {show(beside)}"
        )
    n_rows = sum(counts[level] for level in numbers)
    fix = "Convert what is a number: X.astype(float)"
    if texts and not all(map(_floats_read, texts)):
        fix += ", with a point before the decimals and nothing between thousands"
    if levels["mark"]:
        mark = show(levels["mark"][0])
        fix += f", and what marks a missing value, such as {mark}, to NaN"
    if levels["word"]:
        words = ", ".join(map(show, levels["word"]))
        fix += f". Clean what is no number, {words}: NaN for what marks a missing value"
    raise ValueError(
        f"{_names(X, found, 'holds', 'hold')} {example}, with {len(numbers)} "
        f"different ones in {n_rows} rows of {show(column_name(X, column))}: taken as "
        f"levels they would lose their order. {fix}. Leave out an id. Where each is "
        "the name of a level, give it the dtype category."
    )


def _floats_read(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _keys_message(X, found):
    n_levels, n_rows = max(found.values(), key=lambda pair: pair[0] / pair[1])
    return (
        f"{_names(X, found, 'is', 'are')} nominal with mostly different values "
        f"({n_levels} of {n_rows}, {n_levels / n_rows:.0%}): next to nothing can be "
        "learned from a level of one row, and new rows will have new levels. "
        "Make features of a date or time, such as hour, weekday and days since a "
        "start, in front of both teacher and student; turn numbers in text into "
        "numbers; leave out an id or a key."
    )


def _names(X, columns, verb, verbs):
    names = [repr(column_name(X, column)) for column in columns]
    if len(names) == 1:
        return f"Column {names[0]} {verb}"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"Columns {', '.join(names[:_NAMED])}{more} {verbs}"
