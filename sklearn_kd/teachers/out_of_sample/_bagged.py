"""Recognising bagged teachers, and whether they have memorised their rows."""

import numpy as np
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import Pipeline

from sklearn_kd._compat import n_fitted_rows
from sklearn_kd._estimators.resampling import (
    draws_by_labels,
    resamples_all_rows,
)
from sklearn_kd._estimators.thresholds import THRESHOLDED
from sklearn_kd._task.outputs import classes_of
from sklearn_kd.teachers.out_of_sample._out_of_bag import OutOfBag, pack, unwrap

#: What records the rows that each of its members was fitted on.
FORESTS = (
    RandomForestClassifier,
    ExtraTreesClassifier,
    RandomForestRegressor,
    ExtraTreesRegressor,
)
BAGGING = BaggingClassifier, BaggingRegressor

#: Rows on which members are tested for having memorised what they were fitted on.
EVIDENCE_ROWS = 2_000

#: By how many standard errors the true label of a row must be more probable to members
#: that were fitted on the row, and which share of the others' error they must have
#: memorised: measured 1 for full trees, .45 with 5 rows in a leaf, .07 with 50 and
#: below .05 with 200, on clean and on noisy tables alike.
MIN_SCORE, MIN_SHARE = 3.0, 0.05


def may_be_bagged(teacher):
    """Return whether a teacher, fitted or not, may have out-of-bag members.

    Parameters
    ----------
    teacher : object
        One teacher.

    Returns
    -------
    bool
        True for a forest that draws bootstrap samples, for bagging and for what ends in
        one, unless a step before it resamples the rows.
    """
    ensemble = unwrap(teacher)[1]
    if not _records_samples(ensemble):
        return False
    if isinstance(ensemble, BAGGING):
        # without bootstrap, members that get all rows leave none out
        return bool(ensemble.bootstrap or ensemble.max_samples != 1.0)
    return bool(ensemble.bootstrap)


def bagged_members(
    teacher, rows, present, given_classes, key=None, *, fitted_here=False
):
    """Find the members of a bagged teacher, if it was fitted on X.

    Parameters
    ----------
    teacher : object
        A fitted teacher: a forest or ``BaggingClassifier``, as it is, frozen, behind a
        threshold or as the last step of a pipeline. Anything else has no members
        that predict alone.
    rows : TransferSet
        The labelled rows.
    present : Present
        Which these are of the rows that ``fit`` got: a teacher that came fitted may
        have been fitted on those of weight 0, too.
    given_classes : array-like of shape (n_classes,) or None
        ``teacher_classes`` of the user.
    key : str or None, default=None
        What stands for the teacher in the cache.
    fitted_here : bool, default=False
        Whether it is known that the teacher was fitted on these rows in this order.

    Returns
    -------
    OutOfBag or None
        None where no member predicts alone, where each was fitted on every row, and
        where the teacher was fitted on another number of rows. Where it came fitted,
        None too if its members do not predict the labels of their own rows better than
        the other members do: then X is another table or in another order, or nothing
        has been memorised.
    """
    _, ensemble = unwrap(teacher)
    if not _has_members(ensemble) or rows.task.quantiles is not None:
        return None
    n_rows, n_fitted = len(rows), n_fitted_rows(ensemble)
    if n_fitted not in (n_rows, present.n_rows):
        return None
    labels = None
    if hasattr(ensemble, "classes_"):
        labels = classes_of(teacher, None, given_classes)
        if labels is None or len(labels) != len(ensemble.classes_):
            return None
    in_bag, left_out = pack(ensemble.estimators_samples_, n_fitted)
    if n_fitted != n_rows:
        in_bag, left_out = present.take(in_bag), present.take(left_out)
    if not left_out.any():
        return None
    found = OutOfBag(teacher, ensemble, in_bag, left_out, labels, rows.task, key)
    if fitted_here and _keeps_rows(teacher):
        return found
    return found if _has_memorised(found, rows) else None


def _keeps_rows(teacher):
    """Return whether what is fitted on rows hands these very rows to its ensemble.

    A subclass with a ``fit`` of its own may not, and what is frozen was fitted
    elsewhere.
    """
    while isinstance(teacher, (Pipeline, *THRESHOLDED)):
        if isinstance(teacher, THRESHOLDED):
            if not getattr(teacher, "refit", True):
                return False
            teacher = teacher.estimator_
            continue
        teacher = teacher.steps[-1][1]
    return any(type(teacher).fit is one.fit for one in FORESTS + BAGGING)


def _records_samples(ensemble):
    """Whether a class of ensembles records the rows each member was fitted on.

    The trees of a balanced forest are fitted on rows that were resampled first.
    """
    if isinstance(ensemble, FORESTS):
        return not draws_by_labels(ensemble)
    return isinstance(ensemble, BAGGING) and not resamples_all_rows(ensemble.estimator)


def _has_members(ensemble):
    if not _records_samples(ensemble):
        return False
    if isinstance(ensemble, BaggingRegressor):
        return True
    if isinstance(ensemble, BaggingClassifier):
        return all(hasattr(member, "predict_proba") for member in ensemble.estimators_)
    several = hasattr(ensemble, "classes_") and ensemble.n_outputs_ > 1
    return ensemble.bootstrap and not several


def _has_memorised(members, labelled):
    """Return whether members predict their own rows better than other members do."""
    n_rows = len(members.left_out)
    rows = np.random.default_rng(0).permutation(n_rows)[:EVIDENCE_ROWS]
    inside, outside = members.compare(labelled.X, labelled.hard, np.sort(rows))
    if len(inside) < 2:
        return False
    gain = inside.astype(np.float64) - outside
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    missed = 1 - outside.mean(dtype=np.float64)
    return gain.mean() > max(MIN_SCORE * error, MIN_SHARE * missed)
