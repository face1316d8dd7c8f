"""Where rows lie outside the rows that a student was fitted on, column by column."""

from collections import Counter

import numpy as np
from sklearn.preprocessing import MaxAbsScaler

from sklearn_kd._compat import check_feature_names_in, num_samples, safe_indexing
from sklearn_kd._estimators.parts import thawed
from sklearn_kd._messages import show
from sklearn_kd._recipe.base import BaseDistilled
from sklearn_kd._tables.checks import check_rows, read_numbers
from sklearn_kd._tables.columns import nominal_codes
from sklearn_kd._tables.frames import column_names
from sklearn_kd._tables.level_types import occurring_levels
from sklearn_kd.inspection._reading.around import look_through, rows_inside
from sklearn_kd.inspection.column_coverage import ColumnCoverage
from sklearn_kd.students.encoder._encoding import RANGE_ROWS, ranges_of
from sklearn_kd.students.encoder.encoder import TabularEncoder

#: Unseen levels that are given of a column, the most frequent ones.
_EXAMPLES = 3


def coverage(student, X):
    """Compare the columns of rows with those that a student was fitted on.

    It needs no labels, and costs about as much as a prediction. What a model does with
    values that it was not fitted on is not in the rows it was tested on, and student
    and teacher may do different things there.

    Parameters
    ----------
    student : estimator
        Fitted, with a :class:`~sklearn_kd.TabularEncoder`, as by default: an
        :class:`~sklearn_kd.MLPStudent`, a :class:`~sklearn_kd.SkorchStudent`, or the
        same for regression; an estimator with such a ``student_``, such as
        :class:`~sklearn_kd.DistilledClassifier`; or the encoder itself. Also as the
        last step of a pipeline, whose steps transform the rows first, in a search, or
        behind a threshold.
    X : {array-like, DataFrame} of shape (n_samples, n_features)
        Rows with the columns of ``fit``.

    Returns
    -------
    ColumnCoverage
        ``columns`` has a dict for each column, those with the largest share outside
        first. Shares are of all rows; those that a kind of column cannot have are None.

        ``column`` (its name, or "x0", "x1", ... of an array), ``kind`` ("numeric" or
        "nominal"), ``below`` and ``above`` (share of the rows with a number below the
        least or above the greatest in training), ``unseen`` (share of the rows with a
        level that did not occur in training, or with a number where no row had any),
        ``newly_missing`` (share of the rows without a value, in a column that had one
        in every row of training), ``outside`` (the sum of these), ``least`` and
        ``greatest`` (of the numbers in training; None where there were none),
        ``n_levels`` (that occurred in training), ``n_unseen_levels``, and ``examples``
        (the three most frequent of these levels).

        ``rows_outside`` is the share of the rows that are outside in at least one
        column.

    Raises
    ------
    NotFittedError
        Before ``fit``.
    TypeError
        For a student without a ``TabularEncoder``: one of other estimators, of sparse
        rows or of texts, or with ``encoder=None``.
    ValueError
        For another number or order of columns than in ``fit``, for infinity, for no
        rows, and for a student out of a file that has no ranges in it.

    See Also
    --------
    compare : Quality and fidelity on rows with labels.
    sklearn_kd.TabularEncoder : What it does with values outside.

    Notes
    -----
    .. versionadded:: 0.1

    Training rows are those that the network learned from: those that were split off
    for early stopping, and those of weight 0, are not among them. A distilled student
    learns, by default, from synthetic rows in the place of the training rows
    (:class:`~sklearn_kd.MungeSampler`). Their levels are levels of the training rows,
    and their numbers lie between the least and the greatest of the column, so that a
    few of the training rows themselves may be outside.

    Levels are those of the rows that the encoder was fitted on: levels that came later
    in a stream (``partial_fit``), or not in the sample of a very long table, are
    unknown to the student, and count as unseen. With an encoder that was fitted before
    (``FrozenEstimator``) its own rows count, too.

    Each column is compared by itself. A row in which each value is ordinary and their
    combination is not, such as a widow of 17 years, is not outside.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn_kd import MLPStudent
    >>> from sklearn_kd.inspection import coverage
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> X = X[["alcohol", "ash", "hue"]].assign(cask=["oak", "steel"] * 89)
    >>> student = MLPStudent(early_stopping=False, random_state=0).fit(X, y)
    >>> print(coverage(student, X))
    0.0000 of 178 rows are outside in at least one column.
    4 columns have no value outside.

    A sensor that drifts, and a cask of another kind:

    >>> drifted = X.assign(alcohol=X["alcohol"] + 1).replace(
    ...     {"cask": {"steel": "clay"}}
    ... )
    >>> found = coverage(student, drifted)
    >>> print(found)
                 kind   outside    below    above   unseen   newly missing   ...
    cask      nominal    0.5000        -        -   0.5000          0.0000   ...
    alcohol   numeric    0.1685   0.0000   0.1685        -          0.0000   ...
    <BLANKLINE>
    0.5955 of 178 rows are outside in at least one column.
    2 other columns have no value outside.
    >>> found["cask"]["examples"]
    ['clay']
    """
    model, rows = _model_and_rows(student, X)
    ranges = _ranges_of(student, model)
    rows = check_rows(model, rows, reset=False)
    names = column_names(rows)
    if names is None:
        names = check_feature_names_in(model, None).tolist()
    found = _Outside(ranges)
    for start in range(0, num_samples(rows), RANGE_ROWS):
        found.see(safe_indexing(rows, slice(start, start + RANGE_ROWS)))
    columns = [found.column(place, name) for place, name in enumerate(names)]
    columns.sort(key=lambda column: -column["outside"])
    return ColumnCoverage(columns, found.n_rows, found.n_outside / found.n_rows)


def _model_and_rows(student, X):
    """Give the student or encoder inside of a model, and rows as they reach it."""
    while True:
        student, around = look_through(student)
        X = rows_inside(X, around)
        if isinstance(student, BaseDistilled):
            student, X = student._student_and_rows(X)
        elif hasattr(student, "teacher_") and hasattr(student, "student_"):
            student = student.student_  # of a cascade
        else:
            return student, X


def _ranges_of(passed, model):
    """Give the ranges of the rows that a student has learned from, or refuse it."""
    encoder = model if isinstance(model, TabularEncoder) else _encoder_of(model)
    ranges = vars(model).get("_ranges") or ranges_of(encoder)
    if ranges is None:
        raise ValueError(
            f"This {type(encoder).__name__} comes out of a file of a version that kept "
            "no ranges of the training rows. Fit it again."
        )
    return ranges


def _encoder_of(student):
    """Give the encoder of a student, which has to be one that keeps ranges."""
    name, encoder = type(student).__name__, getattr(student, "encoder_", student)
    if isinstance(thawed(encoder), TabularEncoder):
        return thawed(encoder)
    instead = (
        "TabularEncoder().fit(X_train) keeps them, too, and can be passed by itself."
    )
    if encoder is student:
        reason = f"{show(student)} of type {name} does not"
    elif encoder is None:
        reason = f"with encoder=None this {name} keeps nothing of its rows"
    elif student._takes["text"]:
        reason = f"this {name} was fitted on texts, which have no columns"
        instead = "Pass a model of columns."
    elif isinstance(encoder, MaxAbsScaler):
        reason = f"this {name} was fitted on sparse rows, with a MaxAbsScaler"
        instead = "Of a dense table, " + instead
    else:
        reason = f"this {name} has the encoder {show(encoder)}"
    raise TypeError(
        "coverage needs a student with a TabularEncoder, which keeps the ranges and "
        f"levels of the training rows: {reason}. {instead}"
    )


class _Outside:
    """Counts of what is outside of ranges, over blocks of rows.

    Parameters
    ----------
    ranges : Ranges
        Of the training rows.
    """

    def __init__(self, ranges):
        self.ranges = ranges
        self.n_rows = self.n_outside = 0
        self.counts = {
            name: np.zeros(len(ranges.missing), dtype=int)
            for name in ("below", "above", "unseen", "newly_missing")
        }
        self.levels = {column: Counter() for column in ranges.levels}

    def see(self, X):
        """Count in a block of checked rows."""
        outside = np.zeros(num_samples(X), dtype=bool)
        for columns, found in self._marks(X):
            for name, marks in found.items():
                self.counts[name][columns] += marks.sum(axis=0)
                outside |= marks.any(axis=1)
        self.n_rows += len(outside)
        self.n_outside += int(outside.sum())

    def _marks(self, X):
        """Give columns, and by the kind of what is outside masks of (rows, columns)."""
        known = self.ranges
        columns = known.numeric
        numbers = read_numbers(X, columns, TabularEncoder.__name__)
        least, missing = known.least[columns], np.isnan(numbers)
        yield (
            columns,
            {
                "below": numbers < least,
                "above": numbers > known.greatest[columns],
                "unseen": ~missing & np.isnan(least),
                "newly_missing": missing & ~known.missing[columns],
            },
        )
        for column, levels in known.levels.items():
            codes, found = nominal_codes(X, column)
            occurring = occurring_levels(codes, found).items()
            new = {level: count for level, count in occurring if level not in levels}
            self.levels[column].update(new)
            # the last entry is what code -1, a missing value, reads
            is_unseen = np.array([*(level in new for level in found), False])
            missing = (codes < 0) & ~known.missing[column]
            yield (
                [column],
                {"unseen": is_unseen[codes, None], "newly_missing": missing[:, None]},
            )

    def column(self, place, name):
        """Give what was found in one column, None for what its kind cannot have."""
        ranges, levels = self.ranges, self.levels.get(place)
        counts = {key: int(each[place]) for key, each in self.counts.items()}
        share = {key: count / self.n_rows for key, count in counts.items()}
        numeric, ends = levels is None, (ranges.least[place], ranges.greatest[place])
        unseen = sorted(levels or (), key=lambda level: (-levels[level], str(level)))
        ranged = not np.isnan(ends[0])
        least, greatest = map(float, ends) if ranged else (None, None)
        return {
            "column": name,
            "kind": "numeric" if numeric else "nominal",
            "outside": sum(counts.values()) / self.n_rows,
            "below": share["below"] if ranged else None,
            "above": share["above"] if ranged else None,
            "unseen": None if ranged else share["unseen"],
            "newly_missing": share["newly_missing"],
            "least": least,
            "greatest": greatest,
            "n_levels": None if numeric else len(ranges.levels[place]),
            "n_unseen_levels": None if numeric else len(levels),
            "examples": unseen[:_EXAMPLES],
        }
