"""Metadata routing: which teacher gets the sample weights, and under which name."""

from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import MethodMapping

from sklearn_kd._compat import routing_enabled
from sklearn_kd._estimators.resampling import resampling_step
from sklearn_kd._estimators.weight_names import weight_parameter
from sklearn_kd._messages import warn
from sklearn_kd._tables.weights import in_rows
from sklearn_kd.students import resolve_student
from sklearn_kd.teachers import looks_fitted, users_teachers


def add_parts(routes, teacher, student, cv):
    """Return where the metadata of a distilled estimator's ``fit`` may go.

    Parameters
    ----------
    routes : MetadataRouter
        Of the estimator.
    teacher, student, cv
        Its parameters.

    Returns
    -------
    MetadataRouter
        The same, with each teacher that can be fitted, the student and the splitter.
    """
    to_fit = MethodMapping().add(caller="fit", callee="fit")
    to_split = MethodMapping().add(caller="fit", callee="split")
    for name, one in _named(teacher):
        if hasattr(one, "get_metadata_routing") and not looks_fitted(one):
            routes.add(method_mapping=to_fit, **{name: one})
    if _may_decline(student):
        routes.add(method_mapping=to_fit, student=student)
    if hasattr(cv, "get_metadata_routing"):
        routes.add(method_mapping=to_split, splitter=cv)
    return routes


def fit_parameters(
    route, teacher, teachers, sample_weight, weight, *, is_default=False
):
    """Name the row-wise ``fit`` parameters of each teacher.

    Parameters
    ----------
    route : callable
        ``process_routing`` for the ``fit`` of the estimator.
    teacher : object, list of object or None
        As the user passed it.
    teachers : sequence of object
        Those to fit and to use, if there are any.
    sample_weight : object or None
        As passed to ``fit``.
    weight : ndarray of shape (n_samples,), float64
        The weights of the labelled rows.
    is_default : bool, default=False
        Whether the teachers are those of the default ensemble.

    Returns
    -------
    list of dict
        The weights under the name by which each teacher takes them, or nothing.

    Warns
    -----
    UserWarning
        For an unfitted teacher that takes no weights.
    """
    if sample_weight is None or not teachers:
        return [{} for _ in teachers]
    if is_default:  # others get them as they came
        weight = in_rows(weight)
    names = [weight_parameter(one) for one in teachers]
    adapted = any(users_teachers(one) != [one] for one in teachers)
    if routing_enabled() and not (is_default or adapted):
        routed = route(sample_weight=weight)
        for index, (part, one) in enumerate(_named(teacher)):
            if _requests_count(one):
                names[index] = _routed_name(routed.get(part))
    if _is_trivial(weight):
        return [{} for _ in teachers]
    parts = [part for one in teachers for part in users_teachers(one)]
    for one in parts:
        name = weight_parameter(one)
        declined = routing_enabled() and _requests_count(one)
        if name is None and not looks_fitted(one) and not declined:
            warn(
                f"The teacher {type(one).__name__} takes no sample_weight: it is "
                "fitted without them.",
            )
    return [{} if name is None else {name: weight} for name in names]


def student_wants_weights(route, student, weight):
    """Return False where routing is on and the student declines sample weights."""
    if _is_trivial(weight) or not (routing_enabled() and _may_decline(student)):
        return True
    return _routed_name(route(sample_weight=weight).student) is not None


def _requests_count(teacher):
    """Return whether a teacher's requests count: not where rows are resampled in it."""
    return hasattr(teacher, "get_metadata_routing") and resampling_step(teacher) is None


def _may_decline(student):
    """Return whether a student has metadata requests: none with an adapter for it."""
    if not hasattr(student, "get_metadata_routing"):
        return False
    return isinstance(student, Pipeline) or resolve_student(student) is student


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
