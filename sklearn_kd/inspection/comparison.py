"""One table of several models, as it is printed."""

from dataclasses import dataclass

from sklearn_kd._messages import printable
from sklearn_kd.inspection._writing.numbers import (
    SCORES,
    format_levels,
    format_number,
    format_seconds,
    format_size,
)

#: The lines of the printed table: a key, what it is called, how it is written.
_LINES = (
    ("accuracy", "accuracy", "{:.4f}".format),
    ("roc_auc", "ROC AUC", "{:.4f}".format),
    ("log_loss", "log loss", "{:.4f}".format),
    ("r2", "R²", "{:.4f}".format),
    ("rmse", "RMSE", format_number),
    ("mae", "MAE", format_number),
    ("agreement", "agreement with {reference}", "{:.4f}".format),
    ("kl_divergence", "KL divergence from {reference}", "{:.4f}".format),
    ("fidelity", "fidelity to {reference} (R²)", "{:.4f}".format),
    ("difference", "mean difference from {reference}", "{:.4f} SD".format),
    ("retention", "retention ({score})", "{:.4f}".format),
    ("interval", "interval, levels", format_levels),
    ("coverage", "interval, coverage", "{:.4f}".format),
    ("width", "interval, mean width", format_number),
    ("n_parameters", "parameters", "{:,}".format),
    ("pickled_size", "pickled size", format_size),
    ("latency_median", "one row, median", format_seconds),
    ("latency_p99", "one row, 99th percentile", format_seconds),
    ("rows_per_second", "rows per second", "{:,.0f}".format),
)


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` found; ``print`` writes it as a table.

    Parameters
    ----------
    rows : list of dict
        One a model, in the order given: its name under ``"model"``, and the numbers
        that :func:`compare` lists. ``pandas.DataFrame(rows)`` makes a frame of it.
    reference : str
        Name of the model that agreement or fidelity, the differences and the retention
        refer to.

    See Also
    --------
    compare : Makes it.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn_kd.inspection import Comparison
    >>> rows = [{"model": "teacher", "accuracy": 0.91, "pickled_size": 179_000_000}]
    >>> comparison = Comparison(rows, reference="teacher")
    >>> comparison["teacher"]["accuracy"]
    0.91
    >>> print(comparison)
                   teacher
    accuracy        0.9100
    pickled size    179 MB
    """

    rows: list
    reference: str

    def __getitem__(self, name):
        for row in self.rows:
            if row["model"] == name:
                return row
        raise KeyError(name)

    @property
    def score(self):
        """Key of the score that retention is of: "accuracy", or "r2" of regressors."""
        found = (key for key in SCORES if any(key in row for row in self.rows))
        return next(found, "accuracy")

    def __str__(self):
        lines = [["", *(printable(row["model"]) for row in self.rows)]]
        words = {
            "reference": printable(self.reference),
            "score": SCORES[self.score],
        }
        for key, title, write in _LINES:
            values = [row.get(key) for row in self.rows]
            if any(value is not None for value in values):
                cells = ["-" if value is None else write(value) for value in values]
                lines.append([title.format(**words), *cells])
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "   ".join(
                [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]
            )
            for line in lines
        )
