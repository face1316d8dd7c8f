"""Every private scikit-learn import of the package, so that one file breaks."""

import inspect
from numbers import Integral

import numpy as np
from sklearn import calibration
from sklearn.base import BaseEstimator, _clone_parametrized, _fit_context
from sklearn.linear_model._base import LinearClassifierMixin
from sklearn.metrics._pairwise_distances_reduction import ArgKmin
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import _safe_indexing
from sklearn.utils._metadata_requests import _MetadataRequester, _routing_enabled
from sklearn.utils._param_validation import HasMethods, RealNotInt, StrOptions
from sklearn.utils._param_validation import Interval as _Interval
from sklearn.utils.stats import _weighted_percentile
from sklearn.utils.validation import (
    _check_feature_names,
    _check_feature_names_in,
    _check_n_features,
    _check_sample_weight,
    _check_y,
    _get_feature_names,
    _num_samples,
)

from sklearn_kd._messages import printable, show
from sklearn_kd._parameters import MOST, is_number

try:
    from sklearn.utils._repr_html import estimator as _diagrams
except ImportError:  # before 1.7
    from sklearn.utils import _estimator_html_repr as _diagrams
try:
    from sklearn.utils._repr_html.fitted_attributes import AttrsDict
except ImportError:  # before 1.9 diagrams have no fitted attributes
    AttrsDict = None

__all__ = [
    "N_JOBS",
    "RANDOM_STATE",
    "VERBOSE",
    "AttrsDict",
    "BaseSearchCV",
    "HasMethods",
    "Interval",
    "LinearClassifierMixin",
    "MetadataRequester",
    "RealNotInt",
    "SigmoidCalibration",
    "StrOptions",
    "TemperatureScaling",
    "VisualBlock",
    "check_feature_names",
    "check_feature_names_in",
    "check_n_features",
    "check_sample_weight",
    "check_y",
    "clone_parametrized",
    "closest_rows",
    "drop_callbacks",
    "first_predictions",
    "fit_context",
    "fit_tree",
    "get_feature_names",
    "has_callbacks",
    "n_fitted_rows",
    "num_samples",
    "own_callbacks",
    "own_requests",
    "routing_enabled",
    "rows_of_trees",
    "safe_indexing",
    "scorer_sign",
    "takes_callbacks",
    "tuned_pos_label",
    "validate_all_params",
    "visual_block",
    "weighted_quantile",
]

MetadataRequester = _MetadataRequester
SigmoidCalibration = calibration._SigmoidCalibration
VisualBlock = _diagrams._VisualBlock
TemperatureScaling = getattr(calibration, "_TemperatureScaling", None)  # from 1.8 on
check_n_features = _check_n_features
check_y = _check_y
clone_parametrized = _clone_parametrized
fit_context = _fit_context
get_feature_names = _get_feature_names
num_samples = _num_samples
routing_enabled = _routing_enabled
safe_indexing = _safe_indexing
visual_block = _diagrams._get_visual_block


class Interval(_Interval):
    """An interval of numbers, in which booleans, durations and huge integers are not.

    Whole numbers without an upper bound end at the largest int32: nothing is counted
    or sized by more.
    """

    def __init__(self, type, left, right, *, closed):
        if type is Integral and right is None:
            right, closed = MOST, {"left": "both", "neither": "right"}[closed]
        super().__init__(type, left, right, closed=closed)

    def is_satisfied_by(self, val):
        """Return whether a value is such a number."""
        if not is_number(val, whole=self.type is Integral):
            return False
        if isinstance(val, Integral) and self.type is RealNotInt:
            return False
        return (int(val) if self.type is Integral else float(val)) in self


#: Constraints that scikit-learn has names for, and that let durations pass.
RANDOM_STATE = [
    Interval(Integral, 0, 2**32 - 1, closed="both"),
    np.random.RandomState,
    None,
]
VERBOSE = [Interval(Integral, 0, None, closed="left"), "boolean"]
N_JOBS = [
    Interval(Integral, -MOST, -1, closed="both"),
    Interval(Integral, 1, None, closed="left"),
    None,
]


def fit_tree(tree, X, y, sample_weight):
    """Fit a decision tree without checks: float32 X, float64 y in two dimensions."""
    tree._fit(X, y, sample_weight=sample_weight, check_input=False)


def rows_of_trees(model, X):
    """Check rows for a tree or a forest, and convert them, as its ``predict`` does."""
    check = model._validate_X_predict
    return check(X, True) if hasattr(model, "tree_") else check(X)


def first_predictions(boosting, X):
    """Give what gradient boosting adds its trees to, of shape (n_rows, n_outputs)."""
    return boosting._raw_predict_init(X)


def closest_rows(points, n_neighbors):
    """Compare all pairs of rows, as ``NearestNeighbors`` does without a tree.

    Parameters
    ----------
    points : ndarray of shape (n_rows, n_columns), float64, C-contiguous
        Finite.
    n_neighbors : int
        How many rows; the row itself counts.

    Returns
    -------
    ndarray of shape (n_rows, n_neighbors), intp
        Positions, the nearest first.
    """
    return ArgKmin.compute(
        X=points,
        Y=points,
        k=n_neighbors,
        metric="euclidean",
        metric_kwargs={},
        strategy="auto",
        return_distance=False,
    )


def check_feature_names(estimator, X, *, reset):
    """Set ``feature_names_in_`` (`reset`, in ``fit``), or compare it with that of X."""
    try:
        _check_feature_names(estimator, X, reset=reset)
    except ValueError as error:
        raise ValueError(printable(error, lines=True)) from error


def check_feature_names_in(estimator, input_features):
    """Check the names that ``get_feature_names_out`` was given, or take the own ones.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    input_features : array-like of shape (n_features,) of str, or None
        The names.

    Returns
    -------
    ndarray of shape (n_features,), object
        The names.
    """
    if input_features is not None and np.asarray(input_features).ndim != 1:
        raise ValueError(
            "input_features must be None or one name for each column, got "
            f"{show(input_features)}."
        )
    return _check_feature_names_in(estimator, input_features)


def n_fitted_rows(ensemble):
    """Give the number of rows an ensemble was fitted on; None where it is not kept."""
    return getattr(ensemble, "_n_samples", None)


def check_sample_weight(sample_weight, X):
    """Check weights: float64, one a row, none negative, not all zero.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), float or None
        The weights; None stands for ones.
    X : array-like of shape (n_samples, n_features)
        The rows, for their number.

    Returns
    -------
    ndarray of shape (n_samples,), float64
        The weights.
    """
    weight = _check_sample_weight(
        sample_weight, X, dtype="float64", ensure_non_negative=True
    )
    # scikit-learn 1.7 has no such check of its own
    if not (weight > 0).any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight


def has_callbacks(estimator):
    """Return whether callbacks are set on an estimator itself (scikit-learn 1.9)."""
    return isinstance(estimator, BaseEstimator) and hasattr(estimator, "_skl_callbacks")


def own_callbacks(estimator):
    """Give the callbacks that are set on an estimator."""
    return getattr(estimator, "_skl_callbacks", [])


def takes_callbacks(estimator):
    """Return whether callbacks are set on an estimator, or on what it is fitted in."""
    return bool(own_callbacks(estimator)) or hasattr(estimator, "_parent_callback_ctx")


def drop_callbacks(parts):
    """Take the user's callbacks off all parts of an estimator."""
    for part in parts:
        if has_callbacks(part):
            del part._skl_callbacks


def tuned_pos_label(tuned):
    """Give the label that a fitted threshold is for; None is the second class."""
    return tuned._curve_scorer._get_pos_label()


def scorer_sign(scorer):
    """Give -1 for a scorer that ``make_scorer`` made of a loss, and else 1."""
    return getattr(scorer, "_sign", 1)


def own_requests(estimator, method):
    """Give what an estimator itself requests for a method, whatever is inside it.

    Parameters
    ----------
    estimator : estimator
        One of scikit-learn's base class.
    method : str
        Such as "fit".

    Returns
    -------
    dict
        True, False or None (not set) by the name of each parameter.
    """
    requests = getattr(estimator._get_metadata_request(), method).requests
    # before scikit-learn 1.8 a scorer does not list the parameters of its metric
    metric = getattr(estimator, "_score_func", None)
    if metric is not None:
        requests = dict.fromkeys(inspect.signature(metric).parameters) | requests
    return requests


def validate_all_params(parts):
    """Check the parameters of parts with constraints, as each ``fit`` would."""
    for part in parts:
        known = isinstance(part, BaseEstimator)
        if known and hasattr(part, "_parameter_constraints"):
            part._validate_params()


def weighted_quantile(values, weight, level):
    """Give the least value of each column at which weights add up to that share."""
    # NumPy takes weights from 2.0 on
    weight = np.ones(len(values)) if weight is None else weight
    return _weighted_percentile(values, weight, 100 * level)
