"""The names of measures of models and of groups of rows, and how each is written."""

import math

from sklearn_kd.inspection._writing.names import shorten
from sklearn_kd.inspection._writing.numbers import (
    SCORES,
    format_change,
    format_levels,
    format_number,
    format_range,
    format_seconds,
    format_size,
)

_FOUR = "{:.4f}".format

#: The lines of a table of models: a key, what it is called, how it is written.
_LINES = (
    ("accuracy", "accuracy", _FOUR),
    ("roc_auc", "ROC AUC", _FOUR),
    ("log_loss", "log loss", _FOUR),
    ("brier_score", "Brier score", _FOUR),
    ("calibration_error", "calibration error", _FOUR),
    ("r2", "R²", _FOUR),
    ("rmse", "RMSE", format_number),
    ("mae", "MAE", format_number),
    ("agreement", "agreement with {reference}", _FOUR),
    ("agreement_bound", "  at least, with confidence 95 %", _FOUR),
    ("kl_divergence", "KL divergence from {reference}", _FOUR),
    ("fidelity", "fidelity to {reference} (R²)", _FOUR),
    ("difference", "mean difference from {reference}", "{:.4f} SD".format),
    ("score_change", "{score}, change from {reference}", format_change),
    ("score_change_interval", "  95 % interval", format_range),
    ("retention", "retention ({score})", _FOUR),
    ("retention_interval", "  95 % interval", format_range),
    ("interval", "interval, levels", format_levels),
    ("coverage", "interval, coverage", _FOUR),
    ("width", "interval, mean width", format_number),
    ("n_parameters", "parameters", "{:,}".format),
    ("pickled_size", "pickled size", format_size),
    ("latency_median", "one row, median", format_seconds),
    ("latency_p99", "one row, 99th percentile", format_seconds),
    ("rows_per_second", "rows per second", "{:,.0f}".format),
)

#: The columns of a table of groups of rows, in the same way.
_GROUP_COLUMNS = (
    ("n_samples", "rows", "{:,}".format),
    ("reference_score", "{score} of teacher", None),
    ("score", "of student", None),
    ("agreement", "agreement", _FOUR),
    ("agreement_bound", "at least (95 %)", _FOUR),
    ("difference", "mean difference", format_number),
)

#: The score of groups, by the one that retention is of: its name, how it is written.
_GROUP_SCORES = {"accuracy": ("accuracy", _FOUR), "r2": ("RMSE", format_number)}

#: Groups that are written; those of a column of names may be thousands.
_MOST_GROUPS = 30


def lines_of_models(rows, reference, score):
    """Make the cells of a table with a column for each model.

    Parameters
    ----------
    rows : list of dict
        The measures of each model, with its name under "model".
    reference : str
        The model that the others are held against.
    score : {"accuracy", "r2"}
        What retention is of.

    Returns
    -------
    list of list of str
        The header and a line for each measure that a model has.
    """
    lines = [["", *(shorten(row["model"]) for row in rows)]]
    words = {"reference": shorten(reference), "score": SCORES[score]}
    for key, title, write in _LINES:
        values = [row.get(key) for row in rows]
        if any(value is not None for value in values):
            lines.append([title.format(**words), *_cells(values, write)])
    return lines


def lines_of_groups(groups, title, score):
    """Make the cells of a table with a line for each group of rows.

    Parameters
    ----------
    groups : list of dict
        The measures of each group, with its name under "group".
    title : str
        What the rows are grouped by.
    score : {"accuracy", "r2"}
        What retention is of; groups of numbers have the RMSE.

    Returns
    -------
    list of list of str
        The header and the lines, the largest groups if there are many.
    """
    shown = groups
    if len(groups) > _MOST_GROUPS:
        largest = sorted(groups, key=lambda group: -group["n_samples"])[:_MOST_GROUPS]
        shown = [group for group in groups if any(group is one for one in largest)]
    named, as_score = _GROUP_SCORES[score]
    columns = [column for column in _GROUP_COLUMNS if column[0] in groups[0]]
    header = [name.format(score=named) for _, name, _ in columns]
    lines = [[shorten(title), *header]]
    for group in shown:
        cells = [_cell(group[key], write or as_score) for key, _, write in columns]
        lines.append([shorten(group["group"]), *cells])
    if len(shown) < len(groups):
        rest = f"and {len(groups) - len(shown):,} smaller groups"
        lines.append([rest, *[""] * len(columns)])
    return lines


def _cells(values, write):
    return [_cell(value, write) for value in values]


def _cell(value, write):
    """Write a value; None is a dash, and what has no value is undefined."""
    if value is None:
        return "-"
    undefined = isinstance(value, float) and math.isnan(value)
    return "undefined" if undefined else write(value)
