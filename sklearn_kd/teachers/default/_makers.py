"""The classes that the models of the package are made of, by task."""

from dataclasses import dataclass
from functools import partial

from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sklearn_kd._task import Classification, Regression


@dataclass(frozen=True)
class Makers:
    """The classes of the models of a task, and what makes its linear one."""

    booster: type
    trees: type
    network: type
    linear: object


_MAKERS = {
    Classification.name: Makers(
        HistGradientBoostingClassifier,
        ExtraTreesClassifier,
        MLPClassifier,
        partial(LogisticRegression, C=0.1, max_iter=1000, tol=1e-3),
    ),
    Regression.name: Makers(
        HistGradientBoostingRegressor,
        ExtraTreesRegressor,
        MLPRegressor,
        partial(Ridge, 10.0),
    ),
}


def makers_of(task):
    """Give the makers of the models of a task."""
    return _MAKERS[task.name]
