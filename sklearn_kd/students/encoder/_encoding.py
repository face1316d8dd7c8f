"""Fitting and applying any encoder: from rows to an array or CSR matrix of numbers."""

from collections.abc import Mapping
from math import isfinite

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.preprocessing import MaxAbsScaler
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from sklearn_kd._compat import safe_indexing
from sklearn_kd._estimators.parts import thawed
from sklearn_kd._messages import show
from sklearn_kd._run.deadline import Deadline
from sklearn_kd._run.twins import as_public, below_hooks
from sklearn_kd._tables.checks import check_rows, read_numbers
from sklearn_kd._tables.columns import nominal_codes
from sklearn_kd._tables.level_types import TypeWatch
from sklearn_kd._tables.taking import copy_rows, read_rows
from sklearn_kd.students.encoder._layout import Layout
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.encoder.plain_numbers import PlainNumbers

#: Rows whose ranges are read at once: of a file on disk no more of them are in memory.
RANGE_ROWS = 65536

#: Up to this many, a sum of squares costs less than a check of each.
_FEW_VALUES = 4096


#: These read their rows only.
_OURS = (TabularEncoder, PlainNumbers)


def fit_encoder(encoder, train, dtype, deadline=None):
    """Fit an encoder on the training rows.

    Parameters
    ----------
    encoder : "auto", transformer or None
        As the user passed it.
    train : TransferSet
        The rows.
    dtype : str
        Of the network.
    deadline : Deadline or None, default=None
        "auto" learns no edges that there is no time for.

    Returns
    -------
    transformer or None
        The fitted encoder; None for rows that are taken as they are.
    """
    if encoder is None:
        return None
    automatic = isinstance(encoder, str)
    if not automatic:
        encoder = clone(encoder)
    elif issparse(train.X):
        scaler = below_hooks(MaxAbsScaler().set_output(transform="default"))
        return as_public(scaler.fit(train.X))
    else:
        encoder = TabularEncoder(dtype=dtype).set_output(transform="default")
    params = {}
    # ones change nothing, and a weighted quantile costs twice a plain one
    if (train.weight != 1).any() and has_fit_parameter(encoder, "sample_weight"):
        params["sample_weight"] = train.weight
    if has_fit_parameter(encoder, "soft_targets"):
        params["soft_targets"] = _blended(train)
    if automatic and isinstance(encoder, TabularEncoder):
        X = check_rows(encoder, train.X, reset=True)
        weight = params.get("sample_weight")
        scores = train.task.scores(params["soft_targets"].outputs)
        return encoder._learn(X, scores, weight, deadline or Deadline())
    X = train.X
    if type(encoder) not in _OURS:  # with copy=False it may write into them
        X = copy_rows(X)
    return encoder.fit(X, train.y, **params)


def _blended(train):
    """What the network is to learn, labels and soft targets in one."""
    soft = train.soft
    if (soft.row_alpha == 1).all():
        return soft
    blended = train.task.blend(soft.outputs, train.hard, soft.row_alpha)
    return soft.with_outputs(blended)


def encode(encoder, X, dtype, *, cast_integers=True, watched=False):
    """Encode rows that have been checked.

    Parameters
    ----------
    encoder : transformer or None
        Fitted.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    dtype : str
        Of the result.
    cast_integers : bool, default=True
        False lets integers be int64, and arrays in a dict stay there.
    watched : bool, default=False
        Whether to warn of nominal columns whose values are not of the types of fit.

    Returns
    -------
    {ndarray, CSR matrix} of shape (n_samples, n_inputs), dtype
        The encoded rows, an array C-contiguous.
    """
    if type(encoder) is TabularEncoder:
        # the rows have passed the same checks
        return encoder._encode(X, dtype, watched=watched)
    if encoder is not None:
        if type(encoder) is MaxAbsScaler:  # it may be the one of "auto"
            encoder = below_hooks(encoder)
        # with copy=False it writes into them
        X = encoder.transform(X if type(encoder) in _OURS else copy_rows(X))
    if issparse(X):
        return _finite(_cast(X.tocsr(), dtype), encoder)
    if cast_integers:
        return _finite(_cast(X, dtype), encoder)
    if isinstance(X, Mapping):
        return {name: _as_input(values, dtype) for name, values in X.items()}
    return _as_input(X, dtype)


def _cast(X, dtype):
    """Bring rows to a dtype; what is too large for it becomes infinite."""
    with np.errstate(over="ignore"):  # infinity is refused
        if issparse(X):
            return X.astype(dtype, copy=False)
        return np.ascontiguousarray(X, dtype=dtype)


def _finite(X, encoder):
    """Refuse NaN and infinity, which scalers pass on and a network makes NaN of."""
    values = X.data if issparse(X) else X
    if values.size <= _FEW_VALUES and isfinite(np.vdot(values, values)):
        return X
    if not np.isfinite(values).all():
        read = "X" if encoder is None else f"what {show(encoder)} makes of X"
        raise ValueError(
            f"Input X contains NaN or infinity: {read} is not finite in {X.dtype}, and "
            'a network reads finite numbers only. Use encoder="auto", which takes '
            "missing values, or impute and scale X."
        )
    return X


def _as_input(values, dtype):
    """Make an array of integers in int64, and of any other values in the dtype."""
    values = np.asarray(values)
    return np.ascontiguousarray(values, "int64" if values.dtype.kind in "iu" else dtype)


def encoder_tags(input_tags, encoder):
    """Return what rows a student takes, by its encoder.

    Parameters
    ----------
    input_tags : InputTags
        Of the student; changed in place.
    encoder : "auto", transformer or None
        As the user passed it.

    Returns
    -------
    InputTags
        The same object.
    """
    input_tags.sparse = True
    if isinstance(encoder, str):
        input_tags.allow_nan = True
    elif encoder is not None:
        inner = get_tags(encoder).input_tags
        input_tags.allow_nan = inner.allow_nan
        input_tags.sparse = inner.sparse
        input_tags.string = inner.string
    return input_tags


def check_types(encoder, X):
    """Warn of columns of rows whose levels are not of the types that occurred in fit.

    Parameters
    ----------
    encoder : transformer or None
        Fitted. TabularEncoder is checked; others warn for themselves, or not at all.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Checked rows that it was not fitted on.
    """
    layout = getattr(encoder, "layout_", None)
    if not isinstance(layout, Layout) or not layout.known_levels:
        return
    X, watch = read_rows(X), TypeWatch()
    for column, known in layout.known_levels.items():
        watch.see(column, *nominal_codes(X, column), known)
    watch.warn(X)


def wider_ranges(encoder, X, ranges=None):
    """Add the numbers of more rows to the ranges of those that an encoder has seen.

    Its levels stay: any others are unknown to it, whatever the network has learned.

    Parameters
    ----------
    encoder : transformer or None
        Fitted.
    X : {ndarray, CSR matrix, DataFrame, RowsInPlace} of shape (n_samples, n_features)
        Checked rows that a network has learned from.
    ranges : Ranges or None, default=None
        With rows that it has learned from before; None where the encoder has seen all
        of them.

    Returns
    -------
    Ranges or None
        With these rows, or `ranges` where they hold nothing new. None also for encoders
        that keep no ranges.
    """
    before = ranges or ranges_of(encoder)
    if before is None:
        return None
    wider, numeric = before.copy(), before.numeric
    for start in range(0, X.shape[0], RANGE_ROWS):
        rows = read_rows(safe_indexing(X, slice(start, start + RANGE_ROWS)))
        wider.see_numbers(numeric, read_numbers(rows, numeric, "TabularEncoder"))
    return ranges if before.holds(wider) else wider


def ranges_of(encoder):
    """Give the ranges of the rows that an encoder was fitted on, or None."""
    encoder = thawed(encoder)
    known = isinstance(encoder, TabularEncoder)
    return vars(encoder).get("_ranges") if known else None
