"""Which models have trees that can be walked, and what may be around them."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline

from sklearn_kd._estimators.thresholds import THRESHOLDED
from sklearn_kd.teachers.trees._lightgbm import LightGBMWalker
from sklearn_kd.teachers.trees._sklearn import (
    TREES,
    HistogramWalker,
    MeanWalker,
    StagesWalker,
)
from sklearn_kd.teachers.trees._walker import public_class

#: What walks the models of each class. Classes of packages that may not be there, here
#: and below, are named, and so are those of modules that import this one.
_WALKERS = {
    MeanWalker: (
        *TREES,
        RandomForestClassifier,
        RandomForestRegressor,
        ExtraTreesClassifier,
        ExtraTreesRegressor,
    ),
    StagesWalker: (GradientBoostingClassifier, GradientBoostingRegressor),
    HistogramWalker: (HistGradientBoostingClassifier, HistGradientBoostingRegressor),
    LightGBMWalker: (
        "lightgbm.sklearn.LGBMClassifier",
        "lightgbm.sklearn.LGBMRegressor",
    ),
}
_WALKER_OF = {kind: walker for walker, kinds in _WALKERS.items() for kind in kinds}

#: What asks the models inside for their predictions, and does nothing else with them.
_WRAPPERS = {
    BaggingClassifier,
    BaggingRegressor,
    CalibratedClassifierCV,
    FrozenEstimator,
    GridSearchCV,
    MultiOutputRegressor,
    Pipeline,
    RandomizedSearchCV,
    StackingClassifier,
    StackingRegressor,
    TransformedTargetRegressor,
    VotingClassifier,
    VotingRegressor,
    *THRESHOLDED,
    "sklearn.calibration._CalibratedClassifier",
    "sklearn_kd.decoded.DecodedClassifier",
    "sklearn_kd.teachers.average.AveragedRegressors",
    "sklearn_kd.teachers.average.AveragedTeachers",
    "sklearn_kd.teachers.quantiles.adapters.ListedQuantiles",
}


def walker_of(model):
    """Give what can stand in for the trees of a model; None for any other value.

    A class that derives from one of these may predict in another way.
    """
    kind = _find(model, _WALKER_OF)
    walker = kind and _WALKER_OF[kind](model)
    return walker if walker and walker.can_walk() else None


def is_wrapper(model):
    """Return whether a model may hold others, and asks them for predictions alone."""
    return _find(model, _WRAPPERS) is not None


def _find(model, kinds):
    """Find the very class of a model, or its name, in a collection, or give None."""
    kind = public_class(model)
    name = f"{kind.__module__}.{kind.__qualname__}"
    return kind if kind in kinds else name if name in kinds else None
