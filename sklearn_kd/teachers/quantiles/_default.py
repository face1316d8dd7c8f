"""The default ensemble as a teacher of quantiles."""

from sklearn_kd.teachers.default._ensemble import default_teachers, fit_for_folds
from sklearn_kd.teachers.quantiles.residuals import ResidualQuantiles


def default_members(X, task):
    """Make the default ensemble, with its residuals where quantiles are learned."""
    if task.quantiles is None:
        return default_teachers(X, task)
    return [ResidualQuantiles(default_teachers(X, task.of_means()), task.quantiles)]


def members_for_folds(members, rows, splits):
    """Adapt the default ensemble to folds, as :func:`fit_for_folds` does."""
    if rows.task.quantiles is None:
        return fit_for_folds(members, rows, splits)
    (adapter,) = members
    parts = fit_for_folds(adapter.teacher, rows, splits)
    return [ResidualQuantiles(parts, adapter.quantiles)]
