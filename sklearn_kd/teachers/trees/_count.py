"""How many trees a fitted teacher asks for each row, where that can be counted."""

import numpy as np
from sklearn.pipeline import Pipeline

from sklearn_kd._estimators.parts import thawed
from sklearn_kd.teachers.quantiles._find import users_teachers

#: Attributes of fitted estimators that hold others, each of which is asked.
_INSIDE = (
    "estimators_",
    "estimator_",
    "best_estimator_",
    "final_estimator_",
    "calibrated_classifiers_",
    "estimator",
    "regressor_",
)


def count_trees(teacher):
    """Count the trees that a fitted teacher, or any part of it, asks for a row."""
    try:
        return sum(_count(part, set()) for part in users_teachers(teacher))
    except Exception:  # attributes of other people's classes may raise anything
        return 0


def _count(model, seen):
    """Count the trees of a model whose parts have not been seen yet."""
    model = thawed(model)
    if id(model) in seen:
        return 0
    seen.add(id(model))
    if isinstance(model, Pipeline):
        return _count(model.steps[-1][1], seen)
    for count in (_of_scikit_learn, _of_boosters):
        n_trees = count(model)
        if n_trees:
            return n_trees
    for name in _INSIDE:
        found = [one for one in _parts(model, name) if not isinstance(one, str)]
        n_trees = sum(_count(one, seen) for one in found)
        if n_trees:  # the outermost attribute is asked; what it was made of is not
            return n_trees + _final(model, name, seen)
    return 0


def _parts(model, name):
    """List what an attribute of a model holds, and nothing where it has none."""
    value = getattr(model, name, None)
    if value is None or isinstance(value, type):
        return []
    if isinstance(value, np.ndarray):
        return value.ravel().tolist()
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _final(model, name, seen):
    """Count the trees of what is stacked on a model's members."""
    final = getattr(model, "final_estimator_", None)
    return _count(final, seen) if final is not None and name == "estimators_" else 0


def _of_scikit_learn(model):
    """Count a single tree, and the trees of histogram boosting."""
    if hasattr(model, "tree_"):
        return 1
    return sum(map(len, getattr(model, "_predictors", None) or []))


def _of_boosters(model):
    """Count the trees of LightGBM, XGBoost and CatBoost."""
    booster = getattr(model, "booster_", model)
    if hasattr(booster, "num_trees"):  # LightGBM
        return int(booster.num_trees())
    if hasattr(model, "get_booster"):
        rounds = int(model.get_booster().num_boosted_rounds())
        n_classes = getattr(model, "n_classes_", 2)
        return rounds * (n_classes if n_classes > 2 else 1)
    return int(getattr(model, "tree_count_", None) or 0)
