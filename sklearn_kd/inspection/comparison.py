"""One table of several models, as it is printed."""

from dataclasses import dataclass

from sklearn_kd.inspection._writing.frames import to_frame
from sklearn_kd.inspection._writing.lines import lines_of_models
from sklearn_kd.inspection._writing.numbers import SCORES
from sklearn_kd.inspection._writing.tables import STYLE, as_html, as_text


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` found: ``print`` writes it as a table, a notebook as HTML.

    Parameters
    ----------
    rows : list of dict
        One a model, in the order given: its name under ``"model"``, and the numbers
        that :func:`compare` lists.
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

    def to_dict(self):
        """Give the numbers of each model.

        Returns
        -------
        dict of str to dict
            The measures of each model, by its name; plain Python values, which
            ``json.dumps`` writes.
        """
        return {
            row["model"]: {key: row[key] for key in row if key != "model"}
            for row in self.rows
        }

    def to_frame(self):
        """Give the numbers as a table of pandas.

        Returns
        -------
        pandas.DataFrame of shape (n_models, n_measures)
            A row for each model, whose names are the index.

        Raises
        ------
        ImportError
            Without pandas.
        """
        return to_frame(self.rows, "model")

    def __str__(self):
        return as_text(self._lines())

    def _repr_html_(self):
        return STYLE + as_html(self._lines())

    def _lines(self):
        return lines_of_models(self.rows, self.reference, self.score)
