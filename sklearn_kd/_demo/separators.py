"""Find out how the fields of a text file are separated, from all of its lines."""

import csv
import io
from dataclasses import dataclass
from itertools import islice

#: The names that --separator takes.
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " "}

_TRIED = [",", ";", "\t", "|"]
_SAMPLE = 200


@dataclass(frozen=True)
class Layout:
    """How the lines of a text file are cut into fields.

    Parameters
    ----------
    separator : str
        One character.
    spaces : bool
        Whether a space follows each separator, and is no part of the field.
    skipped : int
        Lines before the header: 1 for the line ``sep=;`` of Excel, else 0.
    names : list of str
        The fields of the header.
    """

    separator: str
    spaces: bool
    skipped: int
    names: list

    def rows(self, text):
        """Read rows as lists of strings, with the number of their last line."""
        lines = io.StringIO(text, newline=None)
        for _ in range(self.skipped):
            next(lines)
        reader = csv.reader(
            lines, delimiter=self.separator, skipinitialspace=self.spaces
        )
        for row in reader:
            if len(row) > 1 or (row and row[0].strip()):
                yield self.skipped + reader.line_num, row


@dataclass(frozen=True)
class Widths:
    """What the lengths of all rows say.

    Parameters
    ----------
    n_short : int
        Rows with fewer fields than the header.
    first_short : int
        The line of the first of them.
    row_names : bool
        Whether each row has one field more than the header, in front.
    empty_end : bool
        Whether each row ends in a separator, and the header does not.
    question_marks : bool
        Whether some field is a question mark and nothing else.
    """

    n_short: int
    first_short: int
    row_names: bool
    empty_end: bool
    question_marks: bool


def find_layout(text, target, suffix, given=None):
    """Choose the separator.

    Parameters
    ----------
    text : str
        The whole file, not blank.
    target : str
        A column that it should have: what cuts the header such that it has it is right.
    suffix : str
        The ending of the file; ".tsv" and ".tab" prefer a tab.
    given : str or None
        The separator, where the user named it.

    Returns
    -------
    Layout
        The one whose header has the target; else that by which the most of the first
        rows are as long as the header. One column where no separator cuts the header.

    Raises
    ------
    ValueError
        Where a quote swallows the lines behind it.
    """
    tried = [given] if given else list(_TRIED)
    if suffix in (".tsv", ".tab") and not given:
        tried.sort(key=lambda one: one != "\t")
    first = text.lstrip("\n\r").partition("\n")[0].rstrip("\r")
    skipped = 0
    if first.lower().startswith("sep=") and len(first) == 5:
        tried, skipped = [given or first[4]], 1
    found = []
    for separator in tried:
        header = text.split("\n", skipped + 1)[skipped]
        parts = header.split(separator)[1:]
        spaces = separator != " " and bool(parts)
        spaces = spaces and all(part.startswith(" ") for part in parts)
        layout = Layout(separator, spaces, skipped, [])
        try:
            sample = [row for _, row in islice(layout.rows(text), _SAMPLE)]
        except csv.Error:
            continue
        if not sample:
            continue
        names, rows = sample[0], sample[1:]
        widths = [len(row) for row in rows]
        fitting = max(
            sum(width == len(names) + more for width in widths) for more in (0, 1)
        )
        share = fitting / max(len(widths), 1)
        rank = (len(names) > 1, target in names, share)
        found.append((rank, Layout(separator, spaces, skipped, names)))
    if not found:
        raise ValueError("a quote is never closed, or a field is far too long")
    return max(found, key=lambda pair: pair[0])[1]


def check_widths(text, layout):
    """Look at the length of every row.

    Parameters
    ----------
    text : str
        The whole file.
    layout : Layout
        How it is cut.

    Returns
    -------
    Widths
        What is there to be told, or to be mended.

    Raises
    ------
    ValueError
        For a row that is longer than the header, unless all are by one field.
    """
    wanted, n_rows, n_longer, n_empty = len(layout.names), 0, 0, 0
    n_short = first_short = 0
    longest, marks = None, False
    rows = layout.rows(text)
    try:
        next(rows)
        for line, row in rows:
            n_rows += 1
            marks = marks or "?" in row
            if len(row) == wanted:
                continue
            if len(row) < wanted:
                n_short += 1
                first_short = first_short or line
            else:
                n_longer += len(row) == wanted + 1
                n_empty += len(row) == wanted + 1 and not row[-1].strip()
                longest = longest or (line, len(row))
    except csv.Error as error:
        raise ValueError(f"{error}: is there a quote that is never closed?") from error
    one_more = 0 < n_rows == n_longer
    if longest and not one_more:
        line, width = longest
        raise ValueError(
            f"line {line} has {width} fields, and the header has {wanted}. Put fields "
            f"that contain {layout.separator!r} in double quotes, or name another "
            "separator by --separator"
        )
    empty_end = one_more and n_empty == n_rows
    return Widths(n_short, first_short, one_more and not empty_end, empty_end, marks)
