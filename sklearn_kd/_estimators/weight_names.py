"""Under which name sample weights reach an estimator, wherever it is nested."""

from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from sklearn_kd._compat import BaseSearchCV, routing_enabled
from sklearn_kd._estimators.resampling import resampling_step


def weight_parameter(estimator):
    """Name the ``fit`` parameter that carries sample weights to an estimator.

    With metadata routing an estimator's requests decide. Without, there is a
    convention: a pipeline hands ``step__sample_weight`` on, voting or stacking hands
    weights to all members, and a search to its estimator.

    Parameters
    ----------
    estimator : estimator
        Not fitted.

    Returns
    -------
    str or None
        The name; None when the estimator takes no weights, as a pipeline does not that
        resamples the rows before its last step: there would not be one a row.
    """
    if resampling_step(estimator) is not None:
        return None
    if routing_enabled():
        request = get_routing_for_object(estimator)
        if "sample_weight" in request.consumes("fit", ["sample_weight"]):
            return "sample_weight"
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = weight_parameter(last)
        return None if inner is None else f"{name}__{inner}"
    if has_fit_parameter(estimator, "sample_weight"):
        return "sample_weight"
    if isinstance(estimator, TransformedTargetRegressor):  # it hands all on by name
        inner = estimator.regressor
        return "sample_weight" if inner is None else weight_parameter(inner)
    if isinstance(estimator, BaseSearchCV):
        return weight_parameter(estimator.estimator)
    members = getattr(estimator, "estimators", None)
    if isinstance(members, (list, tuple)) and members:
        inner = [part[1] for part in members if part[1] != "drop"]
        if all(weight_parameter(part) == "sample_weight" for part in inner):
            return "sample_weight"
    return None
