"""Adapters: what gives quantiles in its own way, behind ``predict_quantiles``."""

import numpy as np
from sklearn.base import BaseEstimator, clone

from sklearn_kd._compat import num_samples
from sklearn_kd._estimators.tags import takes_missing, takes_sparse
from sklearn_kd._messages import show
from sklearn_kd._run.random import seed_unset
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.taking import copy_rows
from sklearn_kd._task.regression.predictions import PredictingRegressorMixin
from sklearn_kd.teachers._fit import renamed_weights
from sklearn_kd.teachers.cache._key import hash_of, key_of_teacher
from sklearn_kd.teachers.given._fitted import hand_on, looks_fitted
from sklearn_kd.teachers.quantiles._levels import (
    opened,
    own_levels,
    places_of,
    takes,
    transformed,
)


class QuantileTeacher(VersionedMixin, PredictingRegressorMixin, BaseEstimator):
    """A regressor that predicts quantiles, made of one or several of the user's.

    What is fitted is used as it is, by reference; the rest is cloned and fitted.

    Parameters
    ----------
    teacher : object or list of object
        The user's.
    quantiles : tuple of float
        The levels that are wanted.

    Attributes
    ----------
    teacher_ : object or list of object
        Fitted.
    n_targets_ : int
        Number of columns of the targets.
    """

    def __init__(self, teacher, quantiles):
        self.teacher = teacher
        self.quantiles = quantiles

    @property
    def parts(self):
        """The user's regressors."""
        return self.teacher if isinstance(self.teacher, list) else [self.teacher]

    @property
    def cache_key(self):
        """What stands for it in a cache: keys of the user's, and what it adds."""
        fitted = self.teacher_ if isinstance(self.teacher_, list) else [self.teacher_]
        own = {n: v for n, v in vars(self).items() if n not in ("teacher", "teacher_")}
        return hash_of([own, [key_of_teacher(part) for part in fitted]])

    def fit(self, X, y, sample_weight=None):
        """Fit what is not fitted."""
        y = np.asarray(y)
        self.n_targets_ = y.shape[1] if y.ndim > 1 else 1
        fitted = [_fitted(part, X, y, sample_weight) for part in self._own_parts()]
        self.teacher_ = fitted if isinstance(self.teacher, list) else fitted[0]
        return self

    def _own_parts(self):
        return self.parts

    def predict_quantiles(self, X):
        """Predict quantiles; where those of a teacher cross, they are sorted.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_quantiles) or (n_samples, n_outputs, \
n_quantiles), float64
            In the order of the levels.
        """
        outputs = np.sort(self._of_targets(X), axis=2)
        return outputs[:, 0] if self.n_targets_ == 1 else outputs

    def predict(self, X):
        """Predict the quantile nearest to the median."""
        middle = int(np.abs(np.array(self.quantiles) - 0.5).argmin())
        return self.predict_quantiles(X)[..., middle]

    def _of_targets(self, X):
        """Give quantiles of shape (n_samples, n_targets, n_quantiles)."""
        raise NotImplementedError

    def _shaped(self, outputs, n_rows, name):
        """Bring what a teacher returned to (n_samples, n_targets, n_quantiles)."""
        outputs = np.asarray(outputs, dtype=float)
        wanted = n_rows, self.n_targets_, len(self.quantiles)
        if outputs.size != np.prod(wanted) or len(outputs) != n_rows:
            raise ValueError(
                f"{name} has shape {outputs.shape} for {n_rows} rows, "
                f"{self.n_targets_} outputs of y and the levels "
                f"{show(self.quantiles)}: expected {wanted}."
            )
        return outputs.reshape(wanted)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "teacher_")

    def __sklearn_clone__(self):
        params = self.get_params(deep=False)
        return type(self)(**params | {"teacher": hand_on(self.teacher)})

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = takes_sparse(self.parts)
        tags.input_tags.allow_nan = takes_missing(self.parts)
        return tags


def _fitted(teacher, X, y, sample_weight):
    """Give a fitted teacher itself, and a fitted clone of another."""
    if looks_fitted(teacher):
        return teacher
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    weights = renamed_weights(teacher, weights)
    return clone(teacher).fit(copy_rows(X), y, **weights)


class GivenQuantiles(QuantileTeacher):
    """A regressor that gives all quantiles by itself, in one of five ways.

    These are ``predict_quantiles`` of this package, ``predict(X, quantiles=...)``,
    ``predict`` of boosting with several levels, and the intervals of MAPIE:
    ``predict_interval(X)`` and ``predict(X, alpha=...)``.
    """

    def _of_targets(self, X):
        steps, inner = opened(self.teacher_)
        X = copy_rows(X)
        way = way_of(inner)
        if way is None:
            raise TypeError(f"{type(inner).__name__} gives no quantiles any more.")
        outputs = way(inner, transformed(steps, X), self.quantiles)
        return self._shaped(
            outputs, num_samples(X), f"the prediction of {type(inner).__name__}"
        )


class ListedQuantiles(QuantileTeacher):
    """A regressor for each level.

    Parameters
    ----------
    teacher : list of object
        In the order of the levels.
    quantiles : tuple of float
        The levels.
    random_state : int or None, default=None
        Seeds what those leave unseeded that are not fitted.
    """

    def __init__(self, teacher, quantiles, random_state=None):
        super().__init__(teacher, quantiles)
        self.random_state = random_state

    def _own_parts(self):
        """Give each a seed: without one, no fit could be repeated."""
        if self.random_state is None:
            return self.teacher
        return [
            part if looks_fitted(part) else seed_unset(clone(part), self.random_state)
            for part in self.teacher
        ]

    def _of_targets(self, X):
        n_rows, outputs = num_samples(X), []
        for part in self.teacher_:
            one = np.asarray(part.predict(copy_rows(X)), dtype=float)
            if one.size != n_rows * self.n_targets_:
                raise ValueError(
                    f"{type(part).__name__}.predict returned an array of shape "
                    f"{one.shape}, expected ({n_rows}, {self.n_targets_}): one level "
                    "a regressor."
                )
            outputs.append(one.reshape(n_rows, self.n_targets_))
        return np.stack(outputs, axis=2)


def way_of(estimator):
    """Find the way in which an estimator gives all quantiles by itself, or None."""
    if hasattr(estimator, "predict_quantiles"):
        return _by_method
    if len(own_levels(estimator) or ()) > 1:
        return _by_levels
    if hasattr(estimator, "predict_interval"):
        return _by_intervals
    predict = getattr(estimator, "predict", None)
    if predict is not None and takes(predict, "quantiles"):
        return _by_argument
    if predict is not None and takes(predict, "alpha"):
        return _by_alpha
    return None


def known_levels(estimator):
    """Give the levels that an estimator has by itself; None where it takes any."""
    way = way_of(estimator)
    if way is _by_method:
        levels = getattr(estimator, "quantiles", None)
        learned = getattr(estimator, "_learned_levels", None)
        return levels if levels is not None or learned is None else learned()
    if way is _by_levels:
        return own_levels(estimator)
    if way is _by_intervals:
        outside = [(1 - each) / 2 for each in _confidence(estimator) or ()]
        return (*outside, 0.5, *(1 - each for each in outside)) if outside else None
    return None


def _by_method(estimator, X, levels):
    """Ask an estimator of this package, or one like these."""
    outputs = np.asarray(estimator.predict_quantiles(X), dtype=float)
    known = known_levels(estimator)
    if known is None:
        return outputs
    outputs = outputs.reshape(len(outputs), -1, len(known))
    return outputs[:, :, places_of(levels, known)]


def _by_levels(estimator, X, levels):
    """Ask boosting that was fitted for several levels at once."""
    outputs = np.asarray(estimator.predict(X), dtype=float)
    return outputs[..., places_of(levels, own_levels(estimator))]


def _by_argument(estimator, X, levels):
    """Ask a forest of quantiles; of several outputs it gives (n, outputs, levels)."""
    return estimator.predict(X, quantiles=list(levels))


def _by_intervals(estimator, X, levels):
    """Ask a conformal regressor for its intervals."""
    middle, intervals = estimator.predict_interval(X)
    return _ends(middle, intervals, _confidence(estimator), levels)


def _by_alpha(estimator, X, levels):
    """Ask an older conformal regressor, which takes the levels here."""
    outside = sorted({2 * min(each, 1 - each) for each in levels if each != 0.5})
    if not outside:
        return estimator.predict(X)
    middle, intervals = estimator.predict(X, alpha=outside)
    return _ends(middle, intervals, [1 - each for each in outside], levels)


def _ends(middle, intervals, confidence, levels):
    """Pick the ends of intervals, of shape (n_samples, 2, n_intervals)."""
    intervals, columns = np.asarray(intervals, dtype=float), []
    for level in levels:
        if level == 0.5:
            columns.append(np.ravel(middle))
            continue
        inside = 1 - 2 * min(level, 1 - level)
        (place,) = places_of([inside], confidence)
        columns.append(intervals[:, int(level > 0.5), place])
    return np.stack(columns, axis=1)


def _confidence(estimator):
    """Read the confidence levels of a conformal regressor; None where it has none."""
    levels = getattr(estimator, "confidence_level", None)
    if levels is None and hasattr(estimator, "_alphas"):
        levels = [1 - each for each in estimator._alphas]
    return None if levels is None else [float(each) for each in np.ravel(levels)]
