"""Steps and ensembles that resample the rows of ``fit``, as imbalanced-learn's do."""

from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from sklearn_kd._compat import routing_enabled
from sklearn_kd._estimators.parts import parts_of


def resampling_step(estimator):
    """Find the step of a pipeline that resamples rows.

    Parameters
    ----------
    estimator : object
        Anything; only pipelines, and pipelines in them, have steps.

    Returns
    -------
    (str, object) or None
        The name of the first step with ``fit_resample``, that of a nested one as
        "outer__inner", and the step itself.
    """
    if not isinstance(estimator, Pipeline):
        return None
    for name, step in estimator.steps:
        if hasattr(step, "fit_resample"):
            return name, step
        inner = resampling_step(step)
        if inner is not None:
            return f"{name}__{inner[0]}", inner[1]
    return None


def resampling_part(estimator):
    """Find such a step in any part of an estimator, as :func:`resampling_step` does."""
    return next(filter(None, map(resampling_step, parts_of(estimator))), None)


def resampling_ensemble(estimator):
    """Find the part of an estimator that draws rows by their labels, or None."""
    return next(filter(draws_by_labels, parts_of(estimator)), None)


def draws_by_labels(estimator):
    """Return whether a predictor draws rows by their labels in ``fit``."""
    return hasattr(estimator, "sampling_strategy") and hasattr(estimator, "predict")


def resamples_all_rows(member):
    """Return whether a member of bagging resamples rows that are not in its sample.

    Parameters
    ----------
    member : estimator or None
        What :class:`~sklearn.ensemble.BaggingClassifier` fits on each sample.

    Returns
    -------
    bool
        True where it gets its sample as weights of all rows, which no step that
        resamples rows reads. Any other member gets the rows of its sample alone.
    """
    if resampling_part(member) is None:
        return False
    if routing_enabled():
        routing = get_routing_for_object(member)
        return bool(routing.consumes("fit", ("sample_weight",)))
    return has_fit_parameter(member, "sample_weight")
