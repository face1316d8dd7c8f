"""Parts of an estimator that scikit-learn cannot work with, and tags despite them."""

from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

#: Parameters in which estimators hold others, alone or in a list with names.
_PARTS = ("estimator", "estimators", "final_estimator", "steps")

#: What a part has to have one of: the first where it is fitted here.
_METHODS = ("fit", "predict_proba", "transform")


def read_tags(estimator):
    """Read the tags of an estimator.

    Parameters
    ----------
    estimator : object
        Anything.

    Returns
    -------
    Tags or None
        None for a class, for what has no tags, and for what is made of such.
    """
    if isinstance(estimator, type) or not hasattr(estimator, "__sklearn_tags__"):
        return None
    try:
        return get_tags(estimator)
    except (AttributeError, IndexError, TypeError, ValueError):
        return None


def refuse_unusable_parts(estimator, role, advise):
    """Refuse an estimator that holds what scikit-learn cannot use.

    Parameters
    ----------
    estimator : object
        Teacher or student.
    role : {"teacher", "student"}
        What it is to be.
    advise : callable
        Gives the sentence on what to do about such a part.

    Raises
    ------
    TypeError
        For a pipeline without steps, and for a class or an object without ``fit`` and
        the like inside, such as a ``Booster``; where tags cannot be read, for a model
        without tags.
    """
    found = _find(estimator)
    if found is None:
        return
    (part,) = found
    holds = f"The {role} {type(estimator).__name__} holds"
    name = type(part).__name__
    if isinstance(part, Pipeline):
        begins = f"The {role} is" if part is estimator else holds
        raise TypeError(
            f"{begins} a Pipeline without steps. Its last step has to be a model."
        )
    if isinstance(part, type):
        raise TypeError(f"{holds} the class {part.__name__}: pass an instance.")
    if any(hasattr(part, method) for method in _METHODS):
        raise TypeError(
            f"{holds} {name}, which has no __sklearn_tags__, which scikit-learn needs "
            f"inside its own. Pass the {name} by itself, or derive its class from "
            "sklearn.base.BaseEstimator, and ClassifierMixin or RegressorMixin before."
        )
    raise TypeError(f"{holds} {name}, which is no estimator. {advise(part)}")


def _find(estimator):
    """Find a part that scikit-learn cannot use: a tuple of it, or None."""
    if isinstance(estimator, Pipeline) and not estimator.steps:
        return (estimator,)
    needs_tags = hasattr(estimator, "__sklearn_tags__") and not read_tags(estimator)
    for part in _parts(estimator):
        usable = any(hasattr(part, method) for method in _METHODS)
        tagged = hasattr(part, "__sklearn_tags__") or not needs_tags
        if isinstance(part, type) or not (usable and tagged):
            return (part,)
        found = _find(part)
        if found is not None:
            return found
    return None


def _parts(estimator):
    """List what an estimator of scikit-learn's is made of."""
    if isinstance(estimator, type) or not type(estimator).__module__.startswith(
        "sklearn."
    ):
        return []
    params = estimator.get_params(deep=False)
    values = []
    for name in _PARTS:
        value = params.get(name)
        if isinstance(value, (list, tuple)):
            values += [each[1] for each in value if _is_pair(each)]
        else:
            values.append(value)
    # "drop", "passthrough", "deprecated"
    return [v for v in values if v is not None and not isinstance(v, str)]


def _is_pair(value):
    return isinstance(value, (list, tuple)) and len(value) == 2
