"""Labels of any type for classifiers whose ``fit`` accepts only 0, 1, 2, ..."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._compat import num_samples
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._task.predictions import PredictingClassifierMixin

# One refuses any other labels; the other predicts objects, and a column where
# there are more than two classes.
_REFUSES, _CHANGES = "xgboost", "catboost"


def decoded(estimator, labels):
    """Wrap classifiers that cannot take labels, or predict them: these are encoded.

    Parameters
    ----------
    estimator : estimator
        Not fitted, with whatever it is made of; parts are wrapped in place.
    labels : ndarray of shape (n_samples,)
        Those that its ``fit`` will get.

    Returns
    -------
    estimator
        The same object, or a :class:`DecodedClassifier` of it. Classifiers of CatBoost
        are wrapped; those of XGBoost too, unless they get the int64 0, 1, 2, ...
        without a gap. Within voting, a search or bagging of scikit-learn all are
        wrapped, since these encode labels, or fit on some of the rows; a class of the
        user's own may check the types of its parts, and keeps them as they are then.
    """
    if _takes_codes(estimator):
        if _package(estimator) == _REFUSES and _are_codes(labels):
            return estimator
        return DecodedClassifier(estimator)
    if isinstance(estimator, Pipeline):
        steps = [(name, decoded(step, labels)) for name, step in estimator.steps]
        estimator.steps = steps
    elif _has_parts(estimator) and not (_are_codes(labels) and _is_own(estimator)):
        for name, value in estimator.get_params(deep=False).items():
            wrapped = _wrap(value)
            if wrapped is not value:
                setattr(estimator, name, wrapped)
    return estimator


def _wrap(value):
    """Wrap the parts of a parameter: an estimator, or some in lists and in grids."""
    if _takes_codes(value):
        return DecodedClassifier(value)
    if type(value) in (list, tuple):
        parts = [_wrap(part) for part in value]
        same = all(one is other for one, other in zip(parts, value, strict=True))
        return value if same else type(value)(parts)
    if type(value) is dict:
        parts = {name: _wrap(part) for name, part in value.items()}
        return value if all(parts[n] is value[n] for n in value) else parts
    if _has_parts(value):
        # strings are no codes, so that parts of pipelines are wrapped too
        return decoded(value, np.array(["label"]))
    return value


def _has_parts(value):
    """Return whether to look inside: not where a clone may share fitted parts."""
    if isinstance(value, (type, DecodedClassifier)) or not hasattr(value, "get_params"):
        return False
    usual = BaseEstimator.__sklearn_clone__
    return getattr(type(value), "__sklearn_clone__", usual) is usual


def _is_own(estimator):
    """Return whether a class is the user's, beside the bases of any estimator."""
    modules = [base.__module__.split(".") for base in type(estimator).__mro__]
    usual = {"base", "utils"}
    return all(m[0] != "sklearn" or m[1] in usual for m in modules)


def _takes_codes(part):
    """Return whether an estimator is a classifier of one of the two packages."""
    return _package(part) is not None and hasattr(part, "predict_proba")


def _package(part):
    """Name the package of the two that the class of a part, or a base of it, is of."""
    if isinstance(part, type):
        return None
    packages = {base.__module__.partition(".")[0] for base in type(part).__mro__}
    return next((name for name in (_REFUSES, _CHANGES) if name in packages), None)


def _are_codes(labels):
    """Return whether labels are 0, 1, ..., of a width that comes back as it went in."""
    classes = np.unique(labels)
    several = len(classes) > 1 and classes.dtype == np.int64
    return several and np.array_equal(classes, np.arange(len(classes)))


class DecodedClassifier(VersionedMixin, PredictingClassifierMixin, BaseEstimator):
    """A classifier that is fitted on codes of the sorted labels, and predicts labels.

    What it does not have itself, parameters too, is that of the classifier inside, so
    that ``clf__max_depth`` in a grid still finds its parameter.

    Parameters
    ----------
    estimator : estimator
        Fitted in place: this is what a teacher or a student becomes, and none to pass.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def __getattr__(self, name):
        own = name.startswith("_") or name in ("estimator", "classes_")
        if own or "estimator" not in vars(self):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}.")
        return getattr(self.estimator, name)

    def get_params(self, deep=True):
        """Get the parameters; deep ones are those of the classifier inside."""
        inner = self.estimator.get_params(deep=True) if deep else {}
        return {**inner, "estimator": self.estimator}

    def set_params(self, **params):
        """Set the classifier inside, or parameters of it."""
        self.estimator = params.pop("estimator", self.estimator)
        if params:
            plain = {name.removeprefix("estimator__"): params[name] for name in params}
            self.estimator.set_params(**plain)
        return self

    def get_metadata_routing(self):
        """Return which metadata the classifier inside requests."""
        if hasattr(self.estimator, "get_metadata_routing"):
            return self.estimator.get_metadata_routing()
        return super().get_metadata_routing()

    def fit(self, X, y, sample_weight=None, **params):
        """Fit the estimator on the positions of labels.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Handed on, unless None.
        **params : dict
            Handed on.

        Returns
        -------
        DecodedClassifier
            The same object.
        """
        self.classes_, codes = np.unique(y, return_inverse=True)
        if sample_weight is not None:
            params["sample_weight"] = sample_weight
        self.estimator.fit(X, codes.ravel(), **params)
        return self

    def _labels(self, X):
        codes = np.ravel(self.estimator.predict(X)).astype(np.intp)
        return self.classes_[codes]

    def _proba(self, X):
        if len(self.classes_) == 1:  # XGBoost predicts two
            return np.ones((num_samples(X), 1))
        return self.estimator.predict_proba(X)

    def _log_proba(self, X):
        return self.estimator.predict_log_proba(X)

    predict_log_proba = available_if(
        lambda self: hasattr(self.estimator, "predict_log_proba")
    )(PredictingClassifierMixin.predict_log_proba)

    def __sklearn_is_fitted__(self):
        check_is_fitted(self.estimator)
        return hasattr(self, "classes_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags
