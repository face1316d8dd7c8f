"""How much of some rows lies outside the training rows, as a table of columns."""

from dataclasses import asdict, dataclass
from html import escape

from sklearn_kd._messages import show
from sklearn_kd.inspection._writing.frames import to_frame
from sklearn_kd.inspection._writing.names import shorten
from sklearn_kd.inspection._writing.numbers import format_bound, format_share
from sklearn_kd.inspection._writing.tables import STYLE, as_html, as_text

#: The shares of a column, and what they are called in the table.
_SHARES = {
    "outside": "outside",
    "below": "below",
    "above": "above",
    "unseen": "unseen",
    "newly_missing": "newly missing",
}

#: Columns that are written; a table may have thousands.
_MOST_COLUMNS = 30

#: Characters that are written of a level.
_WIDTH = 24


@dataclass(frozen=True)
class ColumnCoverage:
    """What :func:`coverage` found; ``print`` writes it as a table.

    Parameters
    ----------
    columns : list of dict
        One a column, those with the largest share outside first: its name under
        ``"column"``, and what :func:`coverage` lists.
    n_rows : int
        Number of rows.
    rows_outside : float
        Share of the rows that are outside in at least one column.

    See Also
    --------
    coverage : Makes it.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn_kd import TabularEncoder
    >>> from sklearn_kd.inspection import coverage
    >>> X = load_wine(as_frame=True).data[["alcohol", "ash", "hue"]]
    >>> drifted = X.assign(alcohol=X["alcohol"] + 1)
    >>> found = coverage(TabularEncoder().fit(X), drifted)
    >>> round(found["alcohol"]["above"], 3)
    0.169
    >>> round(found.rows_outside, 3)
    0.169
    """

    columns: list
    n_rows: int
    rows_outside: float

    def __getitem__(self, name):
        for column in self.columns:
            if column["column"] == name:
                return column
        raise KeyError(name)

    def to_dict(self):
        """Give all of it as a dict of plain values.

        Returns
        -------
        dict
            With ``columns``, ``n_rows`` and ``rows_outside``.
        """
        return asdict(self)

    def to_frame(self):
        """Give the columns as a frame of pandas.

        Returns
        -------
        pandas.DataFrame
            One row a column, named by the index.

        Raises
        ------
        ImportError
            Without pandas.
        """
        return to_frame(self.columns, "column")

    def __str__(self):
        table = [as_text(self._lines()), ""] if self._shown else []
        return "\n".join([*table, *self._remarks()])

    def _repr_html_(self):
        table = as_html(self._lines()) if self._shown else ""
        remarks = "".join(f"<p>{escape(remark)}</p>" for remark in self._remarks())
        return f"{STYLE}{table}{remarks}"

    @property
    def _shown(self):
        outside = [column for column in self.columns if column["outside"]]
        return outside[:_MOST_COLUMNS]

    def _lines(self):
        """Make the cells of the table: the columns that are outside at all."""
        header = ["", "kind", *_SHARES.values(), "unseen levels", "in training"]
        return [header, *map(_cells, self._shown)]

    def _remarks(self):
        """Say what holds of all rows, and of the columns that are not shown."""
        yield (
            f"{format_share(self.rows_outside)} of {self.n_rows:,} rows are outside in "
            "at least one column."
        )
        outside = sum(column["outside"] > 0 for column in self.columns)
        shown, within = len(self._shown), len(self.columns) - outside
        if shown < outside:
            yield f"{outside - shown:,} more columns have values outside."
        if within:
            columns = "column has" if within == 1 else "columns have"
            others = "other " if outside else ""
            yield f"{within:,} {others}{columns} no value outside."


def _cells(column):
    """Write one column: a share that its kind cannot have is a dash."""
    shares = [column[name] for name in _SHARES]
    examples = [shorten(show(level), _WIDTH) for level in column["examples"]]
    if len(examples) < (column["n_unseen_levels"] or 0):
        examples.append("...")
    return [
        shorten(column["column"]),
        column["kind"],
        *("-" if share is None else format_share(share) for share in shares),
        ", ".join(examples) or "-",
        _in_training(column),
    ]


def _in_training(column):
    """Write the range of a numeric column, and the number of levels of another."""
    if column["kind"] == "nominal":
        n_levels = column["n_levels"]
        return f"{n_levels:,} level{'' if n_levels == 1 else 's'}"
    if column["least"] is None:
        return "no value"
    return f"{format_bound(column['least'])} to {format_bound(column['greatest'])}"
