"""What a model gives for rows, as JSON has it."""

import numpy as np

from student_service.body import Refused, problem


def of_classes(labels, proba, classes):
    """Make the predictions of a classifier.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
        What is predicted.
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities.
    classes : list
        The labels of their columns.

    Returns
    -------
    list of dict
        One a row.
    """
    check_finite(proba)
    return [
        {"label": label, "probabilities": dict(zip(classes, row, strict=True))}
        for label, row in zip(labels.tolist(), proba.tolist(), strict=True)
    ]


def of_numbers(predicted, quantiles=None, levels=()):
    """Make the predictions of a regressor.

    Parameters
    ----------
    predicted : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Numbers.
    quantiles : ndarray of shape (n_rows, [n_targets,] n_levels), default=None
        Quantiles, where there are any.
    levels : list of float
        Their levels.

    Returns
    -------
    list of dict
        One a row.
    """
    check_finite(predicted)
    made = [{"prediction": each} for each in predicted.tolist()]
    if quantiles is not None:
        check_finite(quantiles)
        for each, row in zip(made, quantiles, strict=True):
            each["quantiles"] = dict(zip(levels, row.T.tolist(), strict=True))
    return made


def check_finite(values):
    """Refuse rows for which a model computes no number: JSON has no NaN."""
    finite = np.isfinite(values.reshape(len(values), -1)).all(axis=1)
    if not finite.all():
        message = (
            "No finite prediction: a value is missing, or too far from those of fit"
        )
        raise Refused(
            422,
            *(
                problem(["rows", int(row)], message, "prediction_not_finite")
                for row in np.flatnonzero(~finite)
            ),
        )
