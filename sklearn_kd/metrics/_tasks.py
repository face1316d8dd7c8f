"""Whether a fitted model is a classifier or a regressor, and what it has to have."""

from typing import NamedTuple

from sklearn_kd._estimators.unusable_parts import read_tags
from sklearn_kd._messages import show
from sklearn_kd.teachers.dropped import refuse_dropped


class _Kind(NamedTuple):
    """What models of a task are called, what gives their outputs, and what these are.

    The last is said of a model of the one task where one of the other is wanted.
    """

    noun: str
    method: str
    outputs: str


_KINDS = {
    "classification": _Kind("classifier", "predict_proba", "labels and no numbers"),
    "regression": _Kind("regressor", "predict", "numbers and no labels"),
}

#: A model of which nothing is known.
_ANY = _Kind("model", "predict", "")


def known_task(model):
    """Name the task of a model: as its tags declare it, or by ``predict_proba``.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    {"classification", "regression"} or None
        None for what has neither such tags nor ``predict_proba``.
    """
    tags = read_tags(model)
    for task, kind in _KINDS.items():
        if tags is not None and tags.estimator_type == kind.noun:
            return task
    return "classification" if hasattr(model, "predict_proba") else None


def common_task(models):
    """Name the task of several models.

    Parameters
    ----------
    models : dict of str to object
        By what messages call them.

    Returns
    -------
    {"classification", "regression"}
        Regression where nothing is known of any.

    Raises
    ------
    TypeError
        For classifiers and regressors together.
    """
    found = {}
    for name, model in models.items():
        found.setdefault(known_task(model), f"{name} ({type(model).__name__})")
    found.pop(None, None)
    if len(found) > 1:
        both = " and ".join(
            f"the {_KINDS[task].noun} {name}" for task, name in found.items()
        )
        raise TypeError(
            "Models that are compared must be all classifiers or all regressors, got "
            f"{both}. Compare those of each kind on their own."
        )
    return next(iter(found), "regression")


def check_model(name, model, task, *methods):
    """Refuse what cannot predict, or predicts something else.

    Parameters
    ----------
    name : str
        Of the parameter.
    model : object
        What was passed.
    task : {"classification", "regression"} or None
        What it has to be for; None is any.
    *methods : str
        What it has to have; where none are named, what gives the outputs of its task.

    Returns
    -------
    str
        The last of these methods.

    Raises
    ------
    TypeError
        For a class instead of an instance, for a model of another task, and without one
        of the methods.
    ValueError
        For what stands in the place of a teacher that was dropped.
    """
    refuse_dropped(model, name, "pass the teacher itself.")
    if isinstance(model, type):
        raise TypeError(
            f"{name} must be a fitted instance, got the class {model.__name__}. Write "
            f"{model.__name__}().fit(X, y)."
        )
    known = known_task(model)
    if None not in (known, task) and known != task:
        raise TypeError(
            f"{name} must be a {_KINDS[task].noun}, got the {_KINDS[known].noun} "
            f"{type(model).__name__}: its predict gives {_KINDS[known].outputs}."
        )
    kind = _KINDS.get(task or known, _ANY)
    methods = methods or (kind.method,)
    for method in methods:
        if not callable(getattr(model, method, None)):
            raise TypeError(
                f"{name} must be a fitted {kind.noun} with {method}, got {show(model)} "
                f"of type {type(model).__name__}."
            )
    return methods[-1]
