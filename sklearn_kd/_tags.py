"""What input an estimator takes that is made of others."""

from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags


def takes_sparse(parts):
    """Say whether every part takes sparse rows; parts without tags have no say.

    Parameters
    ----------
    parts : list of object
        Teachers and student.

    Returns
    -------
    bool
        The tag of the whole.
    """
    return all(get_tags(part).input_tags.sparse for part in _tagged(parts))


def takes_missing(parts):
    """Say whether every part takes missing values; parts without tags have no say.

    Parameters
    ----------
    parts : list of object
        Teachers and student.

    Returns
    -------
    bool
        The tag of the whole.
    """
    return all(_allows_nan(part) for part in _tagged(parts))


def _tagged(parts):
    return [
        part
        for part in parts
        if hasattr(part, "__sklearn_tags__") and not isinstance(part, type)
    ]


def _allows_nan(part):
    if get_tags(part).input_tags.allow_nan:
        return True
    # the tag of a ColumnTransformer is False whatever is in it: let it say in fit
    inner = part.estimator if isinstance(part, FrozenEstimator) else part
    values = inner.get_params().values() if hasattr(inner, "get_params") else ()
    return any(isinstance(value, ColumnTransformer) for value in values)
