"""Metadata routing: which teacher gets the sample weights, and under which name."""

import warnings

from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)

from sklearn_kd._compat import routing_enabled
from sklearn_kd._estimators.nets import is_skorch_net
from sklearn_kd._estimators.resampling import resampling_step
from sklearn_kd._estimators.routing import weight_parameter
from sklearn_kd._tables.weights import in_rows
from sklearn_kd.teachers.given._fitted import looks_fitted


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
    if _may_decline(owner.student):
        routes.add(method_mapping=to_fit, student=owner.student)
    if hasattr(owner.cv, "get_metadata_routing"):
        routes.add(method_mapping=to_split, splitter=owner.cv)
    return routes


def fit_parameters(owner, teachers, weight):
    """Name the row-wise ``fit`` parameters of each teacher.

    Parameters
    ----------
    owner : DistilledClassifier
        Whose ``fit`` was given the weights.
    teachers : list of object
        Its teachers.
    weight : ndarray of shape (n_samples,), float64, or None
        The weights of the labelled rows; None where ``fit`` was given none.

    Returns
    -------
    list of dict
        The weights under the name by which each teacher takes them, or nothing.

    Warns
    -----
    UserWarning
        For an unfitted teacher that takes no weights.
    """
    if weight is None:
        return [{} for _ in teachers]
    if owner.teacher is None:  # the default ensemble; others get them as they came
        weight = in_rows(weight)
    names = [weight_parameter(teacher) for teacher in teachers]
    if routing_enabled() and owner.teacher is not None:
        routed = process_routing(owner, "fit", sample_weight=weight)
        for index, (part, teacher) in enumerate(_named(owner.teacher)):
            if _is_asked(teacher):
                names[index] = _routed_name(routed.get(part))
    if _is_trivial(weight):
        return [{} for _ in teachers]
    for teacher, name in zip(teachers, names, strict=True):
        declined = routing_enabled() and _is_asked(teacher)
        if name is None and not looks_fitted(teacher) and not declined:
            warnings.warn(
                f"The teacher {type(teacher).__name__} takes no sample_weight: it is "
                "fitted without, and the weights act on the student only.",
                UserWarning,
                stacklevel=3,
            )
    return [{} if name is None else {name: weight} for name in names]


def student_wants_weights(owner, weight):
    """Say whether the sample weights go to the student too.

    Parameters
    ----------
    owner : DistilledClassifier
        With ``student``.
    weight : ndarray of shape (n_samples,), float64
        The weights.

    Returns
    -------
    bool
        False where metadata routing is on and the student declines them.
    """
    routed_at_all = routing_enabled() and _may_decline(owner.student)
    if _is_trivial(weight) or not routed_at_all:
        return True
    routed = process_routing(owner, "fit", sample_weight=weight)
    return _routed_name(routed.student) is not None


def _is_asked(teacher):
    """Say whether a teacher's requests count: not where rows are resampled in it."""
    return hasattr(teacher, "get_metadata_routing") and resampling_step(teacher) is None


def _may_decline(student):
    """Say whether a student can be asked; a bare net has nowhere to put an answer."""
    return hasattr(student, "get_metadata_routing") and not is_skorch_net(student)


def _routed_name(part):
    return "sample_weight" if part and "sample_weight" in part.fit else None


def _is_trivial(weight):
    """With ones, many fits round otherwise than without."""
    return bool((weight == 1).all())


def _named(teacher):
    """Pair each teacher with its name in the router."""
    if isinstance(teacher, (list, tuple)):
        return [(f"teacher_{index}", one) for index, one in enumerate(teacher)]
    return [("teacher", teacher)]
