"""What input an estimator takes that is made of others."""

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
    return all(_takes(part, "sparse") for part in parts)


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
    return all(_takes(part, "allow_nan") for part in parts)


def _takes(part, tag):
    if isinstance(part, type) or not hasattr(part, "__sklearn_tags__"):
        return True
    if getattr(get_tags(part).input_tags, tag):
        return True
    # Made of others, an estimator may say no whatever they do (a pipeline that imputes
    # first, a search, a threshold): then it is they who say it, in fit.
    inner = part.estimator if isinstance(part, FrozenEstimator) else part
    values = inner.get_params().values() if hasattr(inner, "get_params") else ()
    return any(
        hasattr(value, "get_params") and not isinstance(value, type) for value in values
    )
