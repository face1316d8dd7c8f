"""A fitted estimator as a model, and the one of a skops file. Needs sklearn_kd."""

from hashlib import sha256

import numpy as np
import pandas as pd
import skops.io

from sklearn_kd import MLPStudent, MLPStudentRegressor, __version__
from student_service.columns import Column
from student_service.predictions import of_classes, of_numbers

#: The classes of which a student consists, beside those that skops trusts by itself.
TRUSTED = [
    "sklearn_kd.students.encoder.encoder.TabularEncoder",
    "sklearn_kd.students.mlp.regressor.MLPStudentRegressor",
    "sklearn_kd.students.mlp.student.MLPStudent",
]


class EstimatorModel:
    """An estimator of scikit-learn's interface, such as a student.

    Parameters
    ----------
    estimator : estimator
        Fitted, on a frame if it has ``feature_names_in_``, otherwise on an array.
    columns : list of Column
        Those that it was fitted on.
    about : dict of str to str
        What ``/health`` says of it.
    """

    def __init__(self, estimator, columns, about):
        self._estimator, self.columns, self.about = estimator, columns, about
        self._named = hasattr(estimator, "feature_names_in_")
        self.classes = self.threshold = self.quantiles = None
        if hasattr(estimator, "classes_"):
            self.task, self.classes = "classification", estimator.classes_.tolist()
        else:
            self.task = "regression"
            if getattr(estimator, "quantiles", None) is not None:
                self.quantiles = list(estimator.quantiles)

    def predict(self, table):
        """Predict rows.

        Parameters
        ----------
        table : dict of str to list
            The values of each column.

        Returns
        -------
        list of dict
            The prediction of each row.
        """
        rows, estimator = self._rows(table), self._estimator
        if self.classes is not None:
            proba = estimator.predict_proba(rows)
            labels = estimator.classes_[proba.argmax(axis=1)]
            return of_classes(labels, proba, self.classes)
        if self.quantiles is None:
            return of_numbers(estimator.predict(rows))
        quantiles = estimator.predict_quantiles(rows)
        return of_numbers(estimator.predict(rows), quantiles, self.quantiles)

    def _rows(self, table):
        """Make the rows as in fit: a frame, an array of numbers or one of objects."""
        kinds = [float if each.levels is None else object for each in self.columns]
        values = {
            name: np.array(values, dtype=kind)
            for kind, (name, values) in zip(kinds, table.items(), strict=True)
        }
        if self._named:
            return pd.DataFrame(values)
        columns = [each.astype(object) for each in values.values()]
        return np.column_stack(columns).astype(float if object not in kinds else object)


def read_skops(name, content):
    """Load a student that skops has written.

    Parameters
    ----------
    name : str
        Of the file.
    content : bytes
        Of the file.

    Returns
    -------
    EstimatorModel
        Ready to predict.

    Raises
    ------
    ValueError
        For a file that skops does not read, that names other types than a student
        consists of, or that holds another object.
    """
    try:
        others = {*skops.io.get_untrusted_types(data=content)} - {*TRUSTED}
    except Exception as error:
        raise ValueError(f"skops cannot read {name}: {error}") from error
    if others:
        raise ValueError(
            f"{name} names types that no student consists of: {sorted(others)}. Save "
            "the student alone: skops.io.dump(distilled.student_, 'student.skops')."
        )
    student = skops.io.loads(content, trusted=TRUSTED)
    if not isinstance(student, MLPStudent | MLPStudentRegressor):
        raise ValueError(
            f"{name} must hold an MLPStudent or MLPStudentRegressor, got a "
            f"{type(student).__name__}. Save the student alone."
        )
    digest = sha256(content).hexdigest()
    about = {"model": name, "sha256": digest, "sklearn_kd_version": __version__}
    return EstimatorModel(student, columns_of(student), about)


def columns_of(student):
    """Read off a fitted student what its columns are.

    Parameters
    ----------
    student : MLPStudent or MLPStudentRegressor
        Fitted.

    Returns
    -------
    list of Column
        In the order of fit. Columns without names are called "x0", "x1", ...
    """
    n_columns, encoder = student.n_features_in_, student.encoder_
    kinds = getattr(encoder, "kinds_", ["numeric"] * n_columns)
    levels = getattr(encoder, "level_scores_", {})
    names = getattr(student, "feature_names_in_", [f"x{j}" for j in range(n_columns)])
    encoded = hasattr(encoder, "kinds_")  # scalers pass missing values on
    return [
        Column(str(name), nullable=encoded)
        if kind == "numeric"
        else Column(str(name), [_plain(each) for each in levels.get(j, [[]])[0]])
        for j, (name, kind) in enumerate(zip(names, kinds, strict=True))
    ]


def _plain(level):
    """Give a level as what JSON has."""
    return level.item() if isinstance(level, np.generic) else level
