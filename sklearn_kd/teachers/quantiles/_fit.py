"""Fitting teachers of quantiles: what takes rows, and what is out of sample."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import clone

from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._run.random import seed_unset
from sklearn_kd._run.twins import below_hooks
from sklearn_kd._tables.weights import in_rows
from sklearn_kd.teachers._fit import weights_for
from sklearn_kd.teachers._teachers import FittedTeacher
from sklearn_kd.teachers.cache._key import Keyed
from sklearn_kd.teachers.default._ensemble import small_booster
from sklearn_kd.teachers.out_of_sample._out_of_fold import cross_fit
from sklearn_kd.teachers.quantiles.forests import LeafQuantiles

#: Folds of the models whose residuals stand for those of a teacher, and the most rows
#: whose residuals are learned.
_FOLDS, _MOST = 5, 30_000

#: Rows that are predicted at a time.
_CHUNK = 10_000


def of_means(rows):
    """Give the same rows with the task of predicting means."""
    return replace(rows, task=rows.task.of_means())


def around_rows(adapter, rows, weights):
    """Fit what an adapter around fitted teachers learns of the rows, in a clone."""
    return clone(adapter).fit(rows.X, rows.y, *weights.values())


def with_leaves(one, rows, context):
    """Add predictions without the target of a row itself, where a teacher has them.

    Parameters
    ----------
    one : FittedTeacher
        Of quantiles.
    rows : TransferSet
        The labelled rows that it was fitted on.
    context : Context
        Cache and progress.

    Returns
    -------
    FittedTeacher
        With out-of-sample predictions, if it is a forest.
    """
    if not isinstance(one.teacher, LeafQuantiles):
        return one
    without = WithoutSource(one.teacher, one.key, rows.task)
    outputs = without.label(rows.X, np.arange(len(rows)), context)
    return replace(one, out_of_sample=without, out_of_sample_outputs=outputs)


def with_residuals(adapter, teachers, rows, seed, context):
    """Make a teacher of quantiles of fitted teachers of means.

    Parameters
    ----------
    adapter : ResidualQuantiles
        Not fitted.
    teachers : Teachers
        Of means, with out-of-sample predictions if there are any.
    rows : TransferSet
        The labelled rows.
    seed : int
        Of what it draws.
    context : Context
        Cache and progress.

    Returns
    -------
    FittedTeacher
        Of quantiles. Its predictions are out of sample where those of means are.

    Raises
    ------
    ValueError
        Where there are no residuals of rows that were left out of a fit.
    """
    task, kept = rows.task, np.arange(len(rows))
    of_all = means = teachers.out_of_sample_outputs(task.of_means())
    if means is not None:
        kept = np.flatnonzero(task.of_means().has_prediction(means))
    if len(kept) > _MOST:
        drawn = np.random.default_rng(seed).choice(kept, _MOST, replace=False)
        kept = np.sort(drawn)
    some = rows if len(kept) == len(rows) else rows.at(kept)
    means = _stand_in(teachers, some, seed, context) if means is None else means[kept]
    fitted = clone(adapter).around(
        teachers.teacher, some.X, means, some.hard, in_rows(some.weight), seed
    )
    key = context.teacher_key(fitted)
    place = np.full(len(rows), -1)
    place[kept] = np.arange(len(kept))
    spread = Spread(fitted, key, task, place, teachers)
    every, outside = np.arange(len(rows)), None
    if of_all is not None:
        outside = spread.around(rows.X, of_all, every, context)
    inside = spread.around(rows.X, teachers.outputs, every, context)
    able = all(one.out_of_sample is not None for one in teachers.members)
    return FittedTeacher(fitted, key, inside, None, spread if able else None, outside)


def _stand_in(teachers, rows, seed, context):
    """Predict the rows out of fold by a small booster in the place of a teacher."""
    means, name = of_means(rows), type(teachers.teacher).__name__
    booster = small_booster(rows.X, means.task)
    splits = means.task.folds(rows.hard, rows.groups, _FOLDS, seed)
    if booster is None or splits is None:
        raise ValueError(
            f"quantiles need residuals of rows that the teacher {name} was not fitted "
            "on, and there are none: it came without out-of-sample predictions, and no "
            "small booster can be fitted to these rows. Pass the teacher unfitted, "
            "with cv=5."
        )
    context.report(
        f"{name} has no out-of-sample predictions: residuals are those of a booster"
    )
    booster = below_hooks(seed_unset(booster, seed))
    outputs, _ = cross_fit(
        booster,
        means,
        weights_for(booster, rows),
        splits,
        context,
        keep=False,
        role="booster of a fold",
    )
    return outputs


@dataclass(frozen=True, eq=False)
class WithoutSource:
    """A forest that predicts rows without the target of their source.

    Parameters
    ----------
    teacher : LeafQuantiles
        Fitted on the labelled rows.
    key : str or None
        What stands for it in the cache.
    task : Regression
        With the levels.
    """

    teacher: object
    key: str | None
    task: object

    def label(self, X, source, context):
        """Predict rows, as :meth:`OutOfBag.label` does."""
        keyed = Keyed(self.teacher, self.key)
        return _in_chunks(
            lambda rows: context.call(
                _without, keyed, safe_indexing(X, rows), source[rows], self.task
            ).result(),
            num_samples(X),
        )


@dataclass(frozen=True, eq=False)
class Spread:
    """Quantiles around means that are out of sample for the source of a row.

    Parameters
    ----------
    teacher : ResidualQuantiles
        Fitted.
    key : str or None
        What stands for it in the cache.
    task : Regression
        With the levels.
    place : ndarray of shape (n_samples,), int
        For each labelled row its place among those whose residuals were learned, or -1.
    means : Teachers
        Of the means.
    """

    teacher: object
    key: str | None
    task: object
    place: np.ndarray
    means: object

    def label(self, X, source, context):
        """Predict rows, as :meth:`OutOfBag.label` does."""
        outputs = [
            one.out_of_sample.label(X, source, context) for one in self.means.members
        ]
        means = self.means.combined(outputs, self.task.of_means())
        return self.around(X, means, source, context)

    def around(self, X, means, source, context):
        """Give quantiles around means; a row without a mean has none."""
        keyed, place = Keyed(self.teacher, self.key), self.place[source]
        return _in_chunks(
            lambda rows: context.call(
                _around,
                keyed,
                safe_indexing(X, rows),
                means[rows],
                place[rows],
                self.task,
            ).result(),
            num_samples(X),
        )


def _in_chunks(predict, n_rows):
    """Predict some rows at a time."""
    starts = range(0, n_rows, _CHUNK)
    return np.vstack([predict(slice(start, start + _CHUNK)) for start in starts])


def _without(teacher, X, source, task):
    """Predict a chunk without sources: a function of its own, for the cache."""
    return _aligned(teacher.without(X, source), task)


def _around(teacher, X, means, place, task):
    """Give the quantiles of a chunk around means."""
    there = ~np.isnan(means).any(axis=1)
    outputs = teacher.spread(X, np.where(there[:, None], means, 0.0), place)
    outputs[~there] = task.no_prediction
    return _aligned(outputs, task)


def _aligned(outputs, task):
    """Sort quantiles, of shape (n_samples, n_targets, n_levels), and round them."""
    outputs = np.sort(outputs, axis=2).reshape(len(outputs), -1)
    return task.align(outputs, None).outputs
