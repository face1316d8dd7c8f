"""What stands around a fitted model: pipelines, searches, thresholds."""

from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._compat import BaseSearchCV
from sklearn_kd._estimators.thresholds import THRESHOLDED
from sklearn_kd._tables.taking import copy_rows


def look_through(estimator):
    """Look through what hands rows on to a model inside.

    Parameters
    ----------
    estimator : object
        Fitted: a model, also as the last step of a pipeline, in a search, behind a
        threshold, frozen or in a TransformedTargetRegressor.

    Returns
    -------
    part : object
        The model inside, the first that is none of these.
    around : list of estimator
        From the outside in, those that change rows, targets or predictions.

    Raises
    ------
    NotFittedError
        Before ``fit``.
    """
    around, part = [], estimator
    while True:
        if hasattr(part, "__sklearn_tags__"):
            check_is_fitted(part)
        if isinstance(part, BaseSearchCV) and hasattr(part, "best_estimator_"):
            part = part.best_estimator_
        elif isinstance(part, FrozenEstimator):
            part = part.estimator
        elif isinstance(part, Pipeline):
            around.append(part)
            part = part[-1]
        elif isinstance(part, TransformedTargetRegressor):
            around.append(part)
            part = part.regressor_
        elif isinstance(part, THRESHOLDED) and hasattr(part, "estimator_"):
            around.append(part)
            part = part.estimator_
        else:
            return part, around


def rows_inside(X, around):
    """Give rows as they reach the model inside; the rows passed stay as they are."""
    for outer in around:
        if isinstance(outer, Pipeline) and len(outer) > 1:
            X = outer[:-1].transform(copy_rows(X))
    return X
