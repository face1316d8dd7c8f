"""What an estimator is made of: last steps, what is frozen, and all parameters."""

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline


def last_step(estimator):
    """Give the last step of a pipeline, however nested, or the estimator itself."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator


def thawed(estimator):
    """Give the estimator inside a frozen one, or the estimator itself."""
    while isinstance(estimator, FrozenEstimator):
        estimator = estimator.estimator
    return estimator


def parts_of(estimator):
    """List an estimator and the values of its parameters, and of theirs."""
    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        return [estimator]
    return [estimator, *estimator.get_params(deep=True).values()]
