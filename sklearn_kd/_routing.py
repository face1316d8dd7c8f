"""Under which name sample weights reach an estimator, wherever it is nested."""

from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter


def weight_parameter(estimator):
    """Name the ``fit`` parameter that carries sample weights to an estimator.

    This is the convention without metadata routing: a pipeline hands
    ``step__sample_weight`` on, a vote or a stack hands weights to all its members,
    and a search to its estimator.

    Parameters
    ----------
    estimator : estimator
        Not fitted.

    Returns
    -------
    str or None
        The name; None when the estimator takes no weights.
    """
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = weight_parameter(last)
        return None if inner is None else f"{name}__{inner}"
    if has_fit_parameter(estimator, "sample_weight"):
        return "sample_weight"
    if isinstance(estimator, (GridSearchCV, RandomizedSearchCV)):
        return weight_parameter(estimator.estimator)
    members = getattr(estimator, "estimators", None)
    if isinstance(members, (list, tuple)) and members:
        inner = [part[1] for part in members if part[1] != "drop"]
        if all(weight_parameter(part) == "sample_weight" for part in inner):
            return "sample_weight"
    return None
