"""Handing sample weights to a student that is made of other estimators."""

from contextlib import contextmanager

from sklearn import config_context
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from sklearn_kd._compat import BaseSearchCV, own_requests, routing_enabled
from sklearn_kd._estimators.parts import parts_of
from sklearn_kd._estimators.weight_names import weight_parameter


def weights_reach(student):
    """Return whether sample weights reach every classifier that a student is made of.

    Where it is made of others, metadata routing decides: a threshold, a search or
    voting may hand on what its own ``fit`` does not name, and what takes weights by
    itself may have a part inside that takes none. Where a part has no requests, as
    routing needs them, what meta-estimators do without routing decides.

    Parameters
    ----------
    student : estimator
        Not fitted.

    Returns
    -------
    bool
        False where some classifier would learn without.
    """
    if routing_enabled():  # the user chooses what gets weights
        return weight_parameter(student) is not None
    parts = _predictors_in(student)
    if not parts:
        return has_fit_parameter(student, "sample_weight")
    if not all(map(weights_reach, _learning(parts))):
        return False
    if _without_requests(student):
        return _handed_on(student)
    with config_context(enable_metadata_routing=True):
        requested = routes(ask_for(clone(student), "sample_weight"), "sample_weight")
    return requested or has_fit_parameter(student, "sample_weight")


def unroutable(student):
    """Find what takes weights inside a student, and has no way to request them.

    Parameters
    ----------
    student : estimator
        Not fitted.

    Returns
    -------
    estimator or None
        One of CatBoost, for instance; None where there is none, and for one that is
        made of no others.
    """
    parts = _learning(_predictors_in(student))
    missed = [part for part in parts if not weights_reach(part)]
    if missed:
        return unroutable(missed[0])
    unasked = _without_requests(student) if parts else []
    return next((p for p in unasked if has_fit_parameter(p, "sample_weight")), None)


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
    if routing_enabled():  # weights go where the user sends them
        ask_for(student, *[name for name in names if name != "sample_weight"])
        yield False
        return
    on = False
    if _predictors_in(student):
        with config_context(enable_metadata_routing=True):
            ask_for(student, *names)
            # some take weights themselves, and cannot route
            on = all(routes(student, name) for name in names)
            on = on and not _without_requests(student)
    with config_context(enable_metadata_routing=on):
        yield on


def ask_for(estimator, *names):
    """Request parameters for every part that takes them and has no request yet.

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
    for part in _own_parts(estimator):
        if isinstance(part, type):
            continue
        for scorer in _explicit_scorers(part):
            _request(scorer, "score", names)
        for method in ("fit", "score", "split"):
            _request(part, method, names)
    return estimator


def routes(estimator, name):
    """Return whether metadata routing hands a parameter of ``fit`` to some part.

    Parameters
    ----------
    estimator : estimator
        With the requests of its parts; metadata routing has to be on.
    name : str
        The parameter.

    Returns
    -------
    bool
        False for meta-estimators that cannot route, too.
    """
    try:
        router = get_routing_for_object(estimator)
    except NotImplementedError:  # adaptive boosting, for one
        return False
    return name in router.consumes("fit", [name])


def _own_parts(estimator):
    """Leave out what is the user's: clones share fitted teachers and frozen parts."""
    parts, copies = parts_of(estimator), parts_of(clone(estimator))
    shared = set(map(id, copies))
    return [part for part in parts if id(part) not in shared]


def _explicit_scorers(part):
    """Put scorers, which can request, in the place of names, and give them."""
    scoring = getattr(part, "scoring", None)
    if isinstance(part, LogisticRegressionCV) and scoring in (None, "warn"):
        scoring = "accuracy"  # which is what it makes of these, for each call anew
    if isinstance(scoring, (list, tuple)):
        scoring = {name: name for name in scoring}
    if isinstance(scoring, dict):
        part.scoring = {name: _as_scorer(one) for name, one in scoring.items()}
        return list(part.scoring.values())
    scorer = _as_scorer(scoring)
    if scorer is scoring:  # also "loss" of histogram boosting, which names no scorer
        return []
    part.scoring = scorer
    return [scorer]


def _as_scorer(scoring):
    known = isinstance(scoring, str) and scoring in get_scorer_names()
    return get_scorer(scoring) if known else scoring


def _request(part, method, names):
    setter = getattr(part, f"set_{method}_request", None)
    if setter is None:
        return
    requests = own_requests(part, method)
    unset = [name for name in names if requests.get(name, "") is None]
    if unset:
        setter(**dict.fromkeys(unset, True))


def _without_requests(estimator):
    """Give the parts that learn, and that have no metadata requests."""
    found = [] if hasattr(estimator, "get_metadata_routing") else [estimator]
    for part in _learning(_predictors_in(estimator)):
        found += _without_requests(part)
    return found


def _handed_on(student):
    """Return whether every part gets the weights without metadata routing, too.

    A search would hand them on, but not to the ``score`` of just any estimator.
    """
    if isinstance(student, BaseSearchCV):
        return False
    if weight_parameter(student) != "sample_weight":
        return False
    return all(map(_handed_on, _learning(_predictors_in(student))))


def _learning(parts):
    return [part for part in parts if not isinstance(part, FrozenEstimator)]


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
