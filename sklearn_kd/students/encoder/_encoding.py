"""From rows of any kind to the array or CSR matrix that the network reads."""

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.preprocessing import MaxAbsScaler
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from sklearn_kd._messages import show
from sklearn_kd._run.deadline import Deadline
from sklearn_kd._run.twins import as_public, below_hooks
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.frames import column_name
from sklearn_kd._tables.rows import read_numbers
from sklearn_kd._tables.taking import copy_rows, read_rows
from sklearn_kd._task.blending import blend
from sklearn_kd.students.encoder._encoder import TabularEncoder

#: Up to this many, a sum of squares costs less than a look at each.
_FEW_VALUES = 4096


class PlainNumbers(VersionedMixin, BaseEstimator):
    """Numbers as they are, for a module that takes rows of one width.

    Parameters
    ----------
    module : str
        Its name, for messages.
    integers : bool, default=False
        Whether it reads integers.
    """

    def __init__(self, module, *, integers=False):
        self.module = module
        self.integers = integers

    def fit(self, X, y=None):
        """Refuse rows that cannot be handed on."""
        self.transform(X)
        return self

    def transform(self, X):
        """Give all columns as an array.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_samples, n_features)
            Checked rows.

        Returns
        -------
        ndarray of shape (n_samples, n_features), float64 or int64
            It may share memory with X.
        """
        numbers = read_numbers(read_rows(X), range(X.shape[1]), self.module)
        missing = np.flatnonzero(np.isnan(numbers).any(axis=0)).tolist()
        if missing:
            names = ", ".join(repr(column_name(X, column)) for column in missing[:5])
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            columns = "column" if len(missing) == 1 else "columns"
            raise ValueError(
                f"Input X contains NaN, in {columns} {names}{more}, and the "
                f"module {self.module} has rows as they are, since it takes rows of "
                "one width and cannot follow an encoder. Put a SimpleImputer before "
                "it in a pipeline, or let its constructor take the width as "
                "n_features: then rows are encoded, and missing values with them."
            )
        if not self.integers:
            return numbers
        if not (np.trunc(numbers) == numbers).all():
            raise ValueError(
                f"The module {self.module} reads integers, and X has others."
            )
        return numbers.astype(np.int64)


#: These read their rows only.
_OURS = (TabularEncoder, PlainNumbers)


def fit_encoder(encoder, train, dtype, deadline=None):
    """Fit an encoder on the training rows.

    Parameters
    ----------
    encoder : "auto", transformer or None
        What the user asked for.
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
    # ones say nothing, and a weighted quantile costs twice a plain one
    if (train.weight != 1).any() and has_fit_parameter(encoder, "sample_weight"):
        params["sample_weight"] = train.weight
    if has_fit_parameter(encoder, "soft_targets"):
        params["soft_targets"] = _blended(train)
    if automatic and isinstance(encoder, TabularEncoder):
        weight = params.pop("sample_weight", None)
        deadline = deadline or Deadline()
        return encoder._fit(train.X, train.y, weight, **params, deadline=deadline)
    X = train.X
    if type(encoder) not in _OURS:  # with copy=False it may write into them
        X = copy_rows(X)
    return encoder.fit(X, train.y, **params)


def _blended(train):
    """What the network is to learn, labels and soft targets in one."""
    soft = train.soft
    if (soft.row_alpha == 1).all():
        return soft
    return replace(soft, proba=blend(soft.proba, train.codes, soft.row_alpha))


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
        return encoder._encode(
            X, dtype, watched=watched
        )  # the rows have passed the same checks
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
    values = np.asarray(values)
    return np.ascontiguousarray(values, "int64" if values.dtype.kind in "iu" else dtype)


def encoder_tags(input_tags, encoder):
    """Say what rows a student takes, by its encoder.

    Parameters
    ----------
    input_tags : InputTags
        Of the student; changed in place.
    encoder : "auto", transformer or None
        What the user asked for.

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
