"""Metadata routing: which teacher gets the sample weights, and under which name."""

import warnings

from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)

from sklearn_kd._compat import check_sample_weight, routing_enabled
from sklearn_kd._routing import weight_parameter
from sklearn_kd.teachers._fitted import looks_fitted


def router(owner):
    """Describe where the metadata of a distilled classifier's ``fit`` may go.

    Parameters
    ----------
    owner : DistilledClassifier
        With ``teacher``, ``student`` and ``cv``.

    Returns
    -------
    MetadataRouter
        To the owner, each teacher that can be fitted, the student and the splitter.
    """
    to_fit = MethodMapping().add(caller="fit", callee="fit")
    to_split = MethodMapping().add(caller="fit", callee="split")
    routes = MetadataRouter(owner=owner).add_self_request(owner)
    for name, teacher in _named(owner.teacher):
        if hasattr(teacher, "get_metadata_routing") and not looks_fitted(teacher):
            routes.add(method_mapping=to_fit, **{name: teacher})
    if owner.student is not None:
        routes.add(method_mapping=to_fit, student=owner.student)
    if owner.cv is not None:
        routes.add(method_mapping=to_split, splitter=check_cv(owner.cv))
    return routes


def fit_parameters(owner, teachers, sample_weight, X):
    """Name the row-wise ``fit`` parameters of each teacher.

    Parameters
    ----------
    owner : DistilledClassifier
        Whose ``fit`` was given the weights.
    teachers : list of object
        Its teachers.
    sample_weight : array-like of shape (n_samples,), float or None
        The weights.
    X : {ndarray, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The rows, for their number.

    Returns
    -------
    list of dict
        The weights under the name by which each teacher takes them, or nothing.

    Warns
    -----
    UserWarning
        For an unfitted teacher that takes no weights.
    """
    if sample_weight is None:
        return [{} for _ in teachers]
    weight = check_sample_weight(sample_weight, X)
    if not routing_enabled():
        names = [weight_parameter(teacher) for teacher in teachers]
    elif owner.teacher is None:
        names = ["sample_weight"] * len(teachers)
    else:
        routed = process_routing(owner, "fit", sample_weight=weight)
        wanted = [routed.get(name) for name, _ in _named(owner.teacher)]
        names = ["sample_weight" if part and part.fit else None for part in wanted]
    for teacher, name in zip(teachers, names, strict=True):
        if name is None and not looks_fitted(teacher) and not routing_enabled():
            warnings.warn(
                f"The teacher {type(teacher).__name__} takes no sample_weight: it is "
                "fitted without, and the weights act on the student only.",
                UserWarning,
                stacklevel=3,
            )
    return [{} if name is None else {name: weight} for name in names]


def _named(teacher):
    """Pair each teacher with its name in the router."""
    if isinstance(teacher, (list, tuple)):
        return [(f"teacher_{index}", one) for index, one in enumerate(teacher)]
    return [("teacher", teacher)]
