"""Which adapter a teacher of quantiles needs."""

from sklearn_kd._messages import show
from sklearn_kd.teachers.out_of_sample._bagged import may_be_bagged
from sklearn_kd.teachers.quantiles._levels import opened, own_levels, places_of
from sklearn_kd.teachers.quantiles.adapters import (
    GivenQuantiles,
    ListedQuantiles,
    QuantileTeacher,
    known_levels,
    way_of,
)
from sklearn_kd.teachers.quantiles.forests import FORESTS, LeafQuantiles
from sklearn_kd.teachers.quantiles.residuals import ResidualQuantiles


def adapted(teachers, quantiles):
    """Put an adapter around each teacher, or one around a list with one a level.

    Parameters
    ----------
    teachers : list of object
        The user's, checked.
    quantiles : tuple of float
        The levels that are wanted.

    Returns
    -------
    list of QuantileTeacher
        The adapters: one around all where all predict means.

    Raises
    ------
    ValueError
        For teachers that are known to predict other levels.
    """
    levels = [own_levels(one) for one in teachers]
    if any(each is not None and len(each) == 1 for each in levels):
        _check_list(teachers, levels, quantiles)
        return [ListedQuantiles(teachers, quantiles)]
    adapters = [_adapter(one, quantiles) for one in teachers]
    if len(adapters) > 1 and all(isinstance(a, ResidualQuantiles) for a in adapters):
        return [ResidualQuantiles(teachers, quantiles)]
    return adapters


def users_teachers(member):
    """List the user's regressors in a teacher."""
    return member.parts if isinstance(member, QuantileTeacher) else [member]


def may_leave_out(member):
    """Return whether a teacher, fitted or not, may predict rows without their source.

    As :func:`may_be_bagged`; a forest of quantiles leaves the target of the source out.
    """
    if isinstance(member, ResidualQuantiles):
        return all(map(may_be_bagged, member.parts))
    return isinstance(member, LeafQuantiles) or may_be_bagged(member)


def _check_list(teachers, levels, quantiles):
    """Refuse a list of regressors that are not those of the levels, in their order."""
    if len(teachers) != len(quantiles):
        raise ValueError(
            f"There are {len(teachers)} teachers, one of which predicts a quantile, "
            f"and {len(quantiles)} levels in quantiles={show(quantiles)}: pass a "
            "regressor for each level, in the order of the levels."
        )
    for place, (level, own) in enumerate(zip(quantiles, levels, strict=True)):
        if own is not None and (len(own) > 1 or places_of([level], own) is None):
            name = type(opened(teachers[place])[1]).__name__
            raise ValueError(
                f"Teacher {place} ({name}) predicts the quantile "
                f"{', '.join(f'{each:g}' for each in own)}, and level {place} of "
                f"quantiles={show(quantiles)} is {level:g}: pass a regressor for each "
                "level, in the order of the levels."
            )


def _adapter(teacher, quantiles):
    """Find the adapter of one teacher."""
    _, inner = opened(teacher)
    if way_of(inner) is not None:
        known = known_levels(inner)
        if known is not None and places_of(quantiles, known) is None:
            raise ValueError(
                f"quantiles={show(quantiles)} are wanted, and the teacher "
                f"{type(inner).__name__} has the levels {show(tuple(known))}: set "
                "quantiles to some of these, or fit it for the others."
            )
        return GivenQuantiles(teacher, quantiles)
    kind = LeafQuantiles if isinstance(inner, FORESTS) else ResidualQuantiles
    return kind(teacher, quantiles)
