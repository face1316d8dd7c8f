"""Handing sample weights to a student that is made of other estimators."""

from contextlib import contextmanager

from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from sklearn_kd._compat import own_requests, routing_enabled
from sklearn_kd._routing import weight_parameter


def weights_reach(student):
    """Say whether sample weights reach every classifier that a student is made of.

    Where it is made of others, by metadata routing: a threshold, a search or a vote
    may hand on what its own ``fit`` does not name, and what takes weights by itself
    may have a part inside that takes none.

    Parameters
    ----------
    student : estimator
        Not fitted.

    Returns
    -------
    bool
        False where some classifier would learn without.
    """
    if routing_enabled():  # who gets what is the user's choice
        return weight_parameter(student) is not None
    parts = _predictors_in(student)
    if not parts:
        return has_fit_parameter(student, "sample_weight")
    if not all(map(weights_reach, parts)):
        return False
    with config_context(enable_metadata_routing=True):
        requested = _routes(ask_for(clone(student), "sample_weight"), "sample_weight")
    return requested or has_fit_parameter(student, "sample_weight")


@contextmanager
def routed(student, *names):
    """Let a student made of others get row-wise parameters under their plain names.

    Parameters
    ----------
    student : estimator
        Changed in place: pass a clone.
    *names : str
        Parameters of ``fit``.

    Yields
    ------
    bool
        Whether it is by routing, where the user has none, that they get there.
    """
    if routing_enabled():  # weights go where the user wants them
        ask_for(student, *[name for name in names if name != "sample_weight"])
        yield False
        return
    on = False
    if _predictors_in(student):
        with config_context(enable_metadata_routing=True):
            ask_for(student, *names)
            # some take weights themselves, and cannot route
            on = all(_routes(student, name) for name in names)
    with config_context(enable_metadata_routing=on):
        yield on


def ask_for(estimator, *names):
    """Request parameters for every part that takes them and has not said otherwise.

    Parameters
    ----------
    estimator : estimator
        Changed in place: pass a clone. Metadata routing has to be on.
    *names : str
        Parameters of ``fit``; where ``score`` or a scorer takes them too, of these.

    Returns
    -------
    estimator
        The same object.
    """
    parts = [estimator]
    if hasattr(estimator, "get_params"):
        parts += estimator.get_params(deep=True).values()
    for part in parts:
        if isinstance(part, type):
            continue
        if isinstance(getattr(part, "scoring", None), str):
            part.scoring = get_scorer(part.scoring)
            _request(part.scoring, "score", names)
        for method in ("fit", "score", "split"):
            _request(part, method, names)
    return estimator


def _request(part, method, names):
    setter = getattr(part, f"set_{method}_request", None)
    if setter is None:
        return
    requests = own_requests(part, method)
    unset = [name for name in names if requests.get(name, "") is None]
    if unset:
        setter(**dict.fromkeys(unset, True))


def _routes(estimator, name):
    try:
        router = get_routing_for_object(estimator)
    except NotImplementedError:  # adaptive boosting, for one
        return False
    return name in router.consumes("fit", [name])


def _predictors_in(estimator):
    """Give the classifiers and regressors that an estimator holds as parameters."""
    if not hasattr(estimator, "get_params"):
        return []
    found = []
    for value in estimator.get_params(deep=False).values():
        for member in value if isinstance(value, (list, tuple)) else [value]:
            parts = member if isinstance(member, tuple) else [member]  # ("name", part)
            found += [part for part in parts if _is_predictor(part)]
    # of a pipeline's steps the last one counts
    return found[-1:] if hasattr(estimator, "steps") else found


def _is_predictor(part):
    return hasattr(part, "get_params") and hasattr(part, "predict")
