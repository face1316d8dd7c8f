"""Which quantiles an estimator predicts, as far as that can be read off it."""

import inspect
from collections.abc import Iterable

from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline

from sklearn_kd._compat import BaseSearchCV
from sklearn_kd._estimators.resampling import resampling_step
from sklearn_kd._parameters import is_number

#: How near two levels have to be to be the same.
_NEAR = 1e-9

#: The losses of gradient boosting, by the names of parameters that hold them.
_LOSSES = "loss", "objective", "loss_function"

#: The level of LightGBM where none is set, and that of CatBoost.
_OF_LIGHTGBM, _OF_CATBOOST = 0.9, 0.5


def opened(estimator):
    """Take off what hands rows on: frozen shells, pipelines and searches.

    Returns
    -------
    steps : list
        The transformers that rows pass through, in order.
    inner : object
        What predicts; a pipeline with a step that resamples rows stays as it is.
    """
    steps = []
    while True:
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif isinstance(estimator, BaseSearchCV):
            estimator = getattr(estimator, "best_estimator_", estimator.estimator)
        elif isinstance(estimator, Pipeline) and resampling_step(estimator) is None:
            steps += [step for _, step in estimator.steps[:-1]]
            estimator = estimator.steps[-1][1]
        else:
            return [step for step in steps if hasattr(step, "transform")], estimator


def transformed(steps, X):
    """Hand rows through fitted transformers."""
    for step in steps:
        X = step.transform(X)
    return X


def own_levels(estimator):
    """Read the levels that ``predict`` of an estimator gives; None where it cannot.

    Returns
    -------
    tuple of float or None
        Of scikit-learn's quantile regressors and of boosting with a quantile loss, also
        LightGBM's, XGBoost's and CatBoost's.
    """
    _, inner = opened(estimator)
    while isinstance(inner, (MultiOutputRegressor, TransformedTargetRegressor)):
        of_targets = isinstance(inner, TransformedTargetRegressor)
        _, inner = opened(inner.regressor if of_targets else inner.estimator)
    if not hasattr(inner, "get_params") or isinstance(inner, type):
        return None
    params = inner.get_params(deep=False)
    names = [params[name] for name in _LOSSES if isinstance(params.get(name), str)]
    for name in names:
        if name == "quantile":
            value = params.get("quantile", params.get("alpha", _OF_LIGHTGBM))
            return _as_levels(value)
        if name == "reg:quantileerror":
            return _as_levels(params.get("quantile_alpha"))
        if name.startswith(("Quantile", "MultiQuantile")):
            _, _, text = name.partition("alpha=")
            parts = text.partition(";")[0].split(",") if text else [_OF_CATBOOST]
            return _as_levels([float(part) for part in parts])
    if not names and is_number(params.get("quantile")):  # QuantileRegressor
        return _as_levels(params["quantile"])
    return None


def _as_levels(value):
    """Write one level or several as a tuple; None for what is no level."""
    values = list(value) if isinstance(value, Iterable) else [value]
    if not values or not all(map(is_number, values)):
        return None
    return tuple(float(each) for each in values)


def places_of(wanted, levels):
    """Find wanted levels among others: their places, or None where one is missing."""
    places = []
    for level in wanted:
        near = [k for k, own in enumerate(levels) if abs(own - level) < _NEAR]
        if not near:
            return None
        places.append(near[0])
    return places


def takes(function, name):
    """Return whether a function has a parameter of a name."""
    try:
        return name in inspect.signature(function).parameters
    except (TypeError, ValueError):  # a builtin
        return False
