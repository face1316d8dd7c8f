"""The report on a student, as it is printed."""

from dataclasses import dataclass

from sklearn_kd._messages import show
from sklearn_kd.inspection._writing.frames import to_frame
from sklearn_kd.inspection._writing.lines import lines_of_groups
from sklearn_kd.inspection._writing.tables import STYLE, as_html, as_text
from sklearn_kd.inspection.comparison import Comparison

#: What the parts of a report are called.
_PARTS = "models", "by_class", "by"


@dataclass(frozen=True)
class DistillationReport:
    """What :func:`distillation_report` found: printed as tables, HTML in notebooks.

    Parameters
    ----------
    models : Comparison
        The measures of teacher, student and what they are held against.
    n_samples : int
        Rows of a weight above 0.
    by_class : list of dict or None
        One a class of the rows: its name under ``"group"``, and what
        :func:`distillation_report` lists. None of regressors.
    by : list of dict or None
        The same of the groups that were asked for.
    by_title : str or None
        What these are groups of.

    See Also
    --------
    distillation_report : Makes it.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn_kd.inspection import Comparison, DistillationReport
    >>> rows = [
    ...     {"model": "teacher", "accuracy": 0.91},
    ...     {"model": "student", "accuracy": 0.9, "agreement": 0.97},
    ... ]
    >>> report = DistillationReport(Comparison(rows, "teacher"), n_samples=200)
    >>> report["student"]["agreement"]
    0.97
    >>> print(report)
    200 rows
                             teacher   student
    accuracy                  0.9100    0.9000
    agreement with teacher         -    0.9700
    """

    models: Comparison
    n_samples: int
    by_class: list | None = None
    by: list | None = None
    by_title: str | None = None

    def __getitem__(self, name):
        return self.models[name]

    def to_dict(self):
        """Give all numbers.

        Returns
        -------
        dict
            ``"n_samples"``; ``"models"``, ``"by_class"`` and ``"by"`` (the last two
            None where there are none), each a dict of the measures by the name of the
            model, of the class or of the group. Plain Python values, which
            ``json.dumps`` writes.
        """
        groups = {name: _by_name(getattr(self, name)) for name in _PARTS[1:]}
        return {
            "n_samples": self.n_samples,
            "models": self.models.to_dict(),
            **groups,
        }

    def to_frame(self, part="models"):
        """Give one of the tables as a frame of pandas.

        Parameters
        ----------
        part : {"models", "by_class", "by"}, default="models"
            Which of them.

        Returns
        -------
        pandas.DataFrame
            A row for each model, class or group, whose names are the index.

        Raises
        ------
        ImportError
            Without pandas.
        ValueError
            For another name, and a part that the report does not have.
        """
        if part not in _PARTS:
            expected = ", ".join(map(repr, _PARTS))
            raise ValueError(f"part must be one of {expected}, got {show(part)}.")
        if part == "models":
            return self.models.to_frame()
        groups = getattr(self, part)
        if groups is None:
            raise ValueError(
                f"The report has no part {part!r}: regressors have no classes, and "
                "other groups are asked for by distillation_report(..., by=...)."
            )
        return to_frame(groups, "group")

    def __str__(self):
        tables = [f"{self._title()}\n{self.models}"]
        tables += [f"{caption}\n{as_text(lines)}" for caption, lines in self._groups()]
        return "\n\n".join(tables)

    def _repr_html_(self):
        tables = [as_html(self.models._lines(), self._title())]
        tables += [as_html(lines, caption) for caption, lines in self._groups()]
        return STYLE + "".join(tables)

    def _title(self):
        return f"{self.n_samples:,} row{'s' if self.n_samples != 1 else ''}"

    def _groups(self):
        """Give caption and cells of each table of groups."""
        score = self.models.score
        if self.by_class:
            yield "By class", lines_of_groups(self.by_class, "class", score)
        if self.by:
            title = self.by_title or "group"
            yield f"By {title}", lines_of_groups(self.by, title, score)


def _by_name(groups):
    """Give the measures of groups by their names; None for none."""
    if groups is None:
        return None
    return {
        group["group"]: {key: group[key] for key in group if key != "group"}
        for group in groups
    }
